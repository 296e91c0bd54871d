// How is MacridVAE fitted, stored, and asked for scores?

import DenseMath
import Fitting
import Interchange
import Recommending
import Training

/// `fit --model macridvae`.
package enum MacridVAEFamily: ModelFamily {
  package static let name = "macridvae"
  package static let summary = "variational autoencoder disentangled by concepts (Ma et al., 2019)"
  private static let usualBatch = 500
  package static let trainsInEpochs = true
  package static let rules = [TrainingPlan.batchRule(usualBatch)]
  package static let withdrawn = TrainingPlan.withdrawn
  package static let options =
    [
      ModelOption("concepts", .integer(7, 1...1000), "Concepts K that items belong to"),
      ModelOption("latent", .integer(100, 1...10_000), "Latent dimensions of each concept"),
      ModelOption("temperature", .number(0.1, 0.012...100), "tau of memberships and scores"),
      ModelOption("deviation", .number(0.075, 1e-6...10), "Prior standard deviation"),
      ModelOption("dropout", .number(0.5, 0...0.99), "Share of the input dropped in training"),
      ModelOption("beta", .number(0.2, 0...1000), "Weight of the KL divergence when annealed"),
    ] + TrainingPlan.options(epochs: 200, batch: usualBatch, rate: 1e-3, anneal: 1)

  package static func fit(
    _ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor
  ) throws -> FittedModel {
    let settings = try resolve(Evidence(data.shape, settings)).boundingBatch(data.rows.rowCount)
    monitor.settingsResolved(settings)
    let network = MacridVAENetwork<Float>(
      items: data.rows.columnCount, options: networkOptions(settings.json), seed: data.seed)
    try data.startNetwork(network)
    let plan = TrainingPlan(settings, seed: data.seed)
    let run = try Trainer(network: network, plan: plan, data: data, monitor: monitor).run()
    return FittedModel(
      NetworkModel(network, settings: settings.json(keeping: run)), settings.ending(run),
      run.outcome)
  }

  private static func networkOptions(_ json: JSONValue) -> MacridVAENetwork<Float>.Options {
    var options = MacridVAENetwork<Float>.Options()
    options.concepts = json["concepts"]?.int ?? options.concepts
    options.latent = json["latent"]?.int ?? options.latent
    options.temperature = json["temperature"]?.double ?? options.temperature
    options.deviation = json["deviation"]?.double ?? options.deviation
    options.dropout = json["dropout"]?.double ?? options.dropout
    options.beta = json["beta"]?.double ?? options.beta
    options.batch = json["batch"]?.int ?? options.batch
    return options
  }

  package static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    let settings = stored.description["settings"] ?? .object([:])
    var options = networkOptions(settings)
    options.batch = 100
    let items = stored.items.ids.count
    guard (1...1000).contains(options.concepts), (1...10_000).contains(options.latent),
      options.temperature > 0
    else { throw ModelError(.badData, "the model's settings are unusable; fit the model again") }
    try stored.demand(
      numbers: Double(options.latent) * Double(2 * items + options.concepts + options.latent))
    let network = MacridVAENetwork<Float>(items: items, options: options, seed: 0)
    try stored.fill(network.parameters)
    return NetworkModel(network, settings: settings)
  }
}
