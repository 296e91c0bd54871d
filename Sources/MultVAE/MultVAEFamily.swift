// How is Mult-VAE fitted, stored, and asked for scores?

import DenseMath
import Fitting
import Interchange
import Recommending
import Training

/// `fit --model mult-vae`.
package enum MultVAEFamily: ModelFamily {
  package static let name = "mult-vae"
  package static let summary =
    "variational autoencoder with multinomial likelihood (Liang et al., 2018)"
  package static let cutsItems = true
  private static let usualBatch = 250
  package static let trainsInEpochs = true
  package static let rules = [TrainingPlan.batchRule(usualBatch)]
  package static let withdrawn = TrainingPlan.withdrawn
  package static let options =
    [
      ModelOption("width", .integer(600, 1...100_000), "Units of the hidden layers"),
      ModelOption("latent", .integer(200, 1...100_000), "Latent dimensions"),
      ModelOption("dropout", .number(0.5, 0...0.99), "Share of the input dropped in training"),
      ModelOption("beta", .number(0.2, 0...1000), "Weight of the KL divergence when annealed"),
    ] + TrainingPlan.options(epochs: 100, batch: usualBatch, rate: 1e-3, anneal: 30)

  package static func fit(
    _ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor
  ) throws -> FittedModel {
    let settings = try resolve(Evidence(data.shape, settings)).boundingBatch(data.rows.rowCount)
    monitor.settingsResolved(settings)
    let plan = TrainingPlan(settings, seed: data.seed)
    guard data.itemRanks.count == 1 else { return try fitCut(data, settings, plan, monitor) }
    let network = MultVAENetwork<Float>(
      items: data.rows.columnCount, width: settings.integer("width"),
      latent: settings.integer("latent"), dropout: settings.number("dropout"),
      beta: settings.number("beta"), batch: settings.integer("batch"), seed: data.seed)
    try data.startNetwork(network)
    let run = try Trainer(network: network, plan: plan, data: data, monitor: monitor).run()
    return FittedModel(
      NetworkModel(network, settings: settings.json(keeping: run)), settings.ending(run),
      run.outcome)
  }

  /// With the items cut, which they stay.
  private static func fitCut(
    _ data: TrainingData, _ settings: ModelSettings, _ plan: TrainingPlan,
    _ monitor: TrainingMonitor
  ) throws -> FittedModel {
    try data.refuseTooManyItemRanks()
    let cut = CutMultVAENetwork<Float>(
      items: data.rows.columnCount, width: settings.integer("width"),
      latent: settings.integer("latent"),
      dropout: settings.number("dropout"), beta: settings.number("beta"),
      batch: settings.integer("batch"), seed: data.seed, cut: data.itemRanks)
    try data.startNetwork(cut)
    let run = try Trainer(network: cut, plan: plan, data: data, monitor: monitor).run()
    return FittedModel(
      CutMultVAEModel(cut, settings: settings.json(keeping: run)), settings.ending(run),
      run.outcome)
  }

  package static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    let items = stored.items.ids.count
    let width = try stored.floats("encoder.weights", [items, nil]).columns
    let latent = try stored.floats("hidden.weights", [nil, width]).rows
    try stored.demand(numbers: Double(width) * Double(2 * items + 3 * latent))
    let network = MultVAENetwork<Float>(
      items: items, width: width, latent: latent, dropout: 0, beta: 0, batch: 250, seed: 0)
    try stored.fill(network.parameters)
    return NetworkModel(network, settings: stored.description["settings"] ?? .object([:]))
  }
}
