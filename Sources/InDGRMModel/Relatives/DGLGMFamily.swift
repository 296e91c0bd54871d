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
    let network = DGLGMNetwork<Float>(
      items: data.rows.columnCount, users: data.rows.rowCount, options: sizes(settings.json),
      penalty: settings.number("penalty"), seed: data.seed)
    try data.startNetwork(network)
    let plan = TrainingPlan(settings, seed: data.seed)
    let run = try Trainer(network: network, plan: plan, data: data, monitor: monitor).run()
    return FittedModel(
      NetworkModel(network, settings: settings.json(keeping: run)), settings.ending(run),
      run.outcome)
  }

  private static func sizes(_ json: JSONValue) -> InDGRMOptions {
    var options = InDGRMOptions()
    options.width = json["width"]?.int ?? 0
    options.depth = json["depth"]?.int ?? 0
    options.latent = json["latent"]?.int ?? 0
    options.clusters = json["clusters"]?.int ?? 0
    options.dropout = json["dropout"]?.double ?? 0
    options.usesARD = json["ard"]?.bool ?? true
    options.ardEpoch = json["ard-epoch"]?.int ?? 0
    options.concentration = json["concentration"]?.double ?? 1
    options.batch = json["batch"]?.int ?? options.batch
    return options
  }

  package static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    let settings = stored.description["settings"] ?? .object([:])
    var options = sizes(settings)
    options.batch = 250
    let items = stored.items.ids.count
    guard (1...100_000).contains(options.width), (0...32).contains(options.depth),
      (1...10_000).contains(options.latent), (1...256).contains(options.clusters)
    else { throw ModelError(.badData, "the model's settings are unusable; fit the model again") }
    let heads = 2 * (1 + options.clusters) * options.latent + 4 * options.latent
    try stored.demand(
      numbers: Double(options.width) * Double(2 * items + options.depth * options.width + heads))
    let network = DGLGMNetwork<Float>(
      items: items, users: 1, options: options, penalty: 0, seed: 0)
    try stored.fill(network.parameters)
    return NetworkModel(network, settings: settings)
  }
}
