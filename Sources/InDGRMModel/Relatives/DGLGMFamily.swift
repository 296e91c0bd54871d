// How is the deep global and local generative model fitted and brought back?

import DenseMath
import Fitting
import Interchange
import Recommending
import Training

/// `fit --model dglgm`.
package enum DGLGMFamily: ModelFamily {
  package static let name = "dglgm"
  package static let summary = "deep global and local generative model (Liu et al., WWW 2020)"
  private static let usualBatch = 250
  package static let trainsInEpochs = true
  package static let rules = [TrainingPlan.batchRule(usualBatch)]
  package static let withdrawn = TrainingPlan.withdrawn
  package static let options =
    [
      ModelOption("width", .integer(600, 1...100_000), "Units of the hidden layers"),
      ModelOption("depth", .integer(0, 0...32), "Dense layers of the encoder after the first"),
      ModelOption("latent", .integer(100, 1...10_000), "Dimensions of each of the two parts"),
      ModelOption("clusters", .integer(6, 1...256), "Local components"),
      ModelOption("dropout", .number(0.5, 0...0.99), "Share of the input dropped in training"),
      ModelOption("penalty", .number(10, 0...1e6), "lambda, the weight of the discrepancies"),
      ModelOption("ard", .flag(true), "Learn how many dimensions each component needs"),
      ModelOption(
        "ard-epoch", .integer(10, 0...1_000_000), "Epochs before the ARD variances are learnt"),
      ModelOption("concentration", .number(1, 1e-6...1e6), "alpha of the stick-breaking prior"),
    ] + TrainingPlan.options(epochs: 100, batch: usualBatch, rate: 1e-3)

  package static func fit(
    _ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor
  ) throws -> FittedModel {
    let settings = try resolve(Evidence(data.shape, settings)).boundingBatch(data.rows.rowCount)
    monitor.settingsResolved(settings)
    let shape = NetworkShape(
      width: settings.integer("width"), depth: settings.integer("depth"),
      latent: settings.integer("latent"), clusters: settings.integer("clusters"),
      batch: settings.integer("batch"))
    let objective = DGLGMObjective(
      dropout: settings.number("dropout"), penalty: settings.number("penalty"),
      ardEpoch: settings.flag("ard") ? settings.integer("ard-epoch") : nil,
      concentration: settings.number("concentration"))
    let network = DGLGMNetwork<Float>(
      items: data.rows.columnCount, users: data.rows.rowCount, shape: shape,
      objective: objective, seed: data.seed)
    try data.startNetwork(network)
    let plan = TrainingPlan(settings, seed: data.seed)
    let run = try Trainer(network: network, plan: plan, data: data, monitor: monitor).run()
    return FittedModel(
      NetworkModel(network, settings: settings.json(keeping: run)), settings.ending(run),
      run.outcome)
  }

  package static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    let settings = stored.description["settings"] ?? .object([:])
    let shape = try NetworkShape.encoder(stored: settings)
    let items = stored.items.ids.count
    let heads = 2 * (1 + shape.clusters) * shape.latent + 4 * shape.latent
    try stored.demand(
      numbers: Double(shape.width) * Double(2 * items + shape.depth * shape.width + heads))
    let network = DGLGMNetwork<Float>(
      items: items, users: 1, shape: shape, objective: DGLGMObjective(), seed: 0)
    try stored.fill(network.parameters)
    return NetworkModel(network, settings: settings)
  }
}
