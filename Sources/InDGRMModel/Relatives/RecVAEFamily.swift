// How is RecVAE, InDGRM's strongest relative, fitted and brought back?

import DenseMath
import Fitting
import Interchange
import Recommending
import Training

/// `fit --model recvae` (Shenbin et al., WSDM 2020): a deep encoder, one Gaussian a user, a composite
/// prior, a KL weight for each interaction, a linear decoder, and passes that update encoder and decoder
/// in turn, the decoder without dropout.
///
/// In terms of InDGRM: one cluster, no item groups, inner product, no ARD.
package enum RecVAEFamily: ModelFamily {
  package static let name = "recvae"
  package static let summary =
    "variational autoencoder with a composite prior (Shenbin et al., 2020)"
  private static let usualBatch = 250
  package static let trainsInEpochs = true
  package static let cutsItems = true
  package static let rules = [TrainingPlan.batchRule(usualBatch)]
  package static let withdrawn = TrainingPlan.withdrawn
  package static let options =
    [
      ModelOption("width", .integer(600, 1...100_000), "Units of the encoder's layers"),
      ModelOption("depth", .integer(4, 0...32), "Dense layers of the encoder after the first"),
      ModelOption("latent", .integer(200, 1...10_000), "Latent dimensions"),
      ModelOption("dropout", .number(0.5, 0...0.99), "Share of the input dropped in training"),
      ModelOption(
        "kl-weight", .number(0.0075, 0...1000), "Weight of the KL divergence an interaction"),
      ModelOption("prior-old", .number(0.75, 0...1), "Share of the earlier posterior in the prior"),
      ModelOption("prior-wide", .number(0.1, 0...1), "Share of the wide Gaussian in the prior"),
      ModelOption(
        "encoder-passes", .integer(3, 0...100),
        "Epochs for the encoder before each for the decoder; 0 updates both at once"),
    ] + TrainingPlan.options(epochs: 200, batch: usualBatch, rate: 5e-4)

  package static func fit(
    _ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor
  ) throws -> FittedModel {
    let settings = try resolve(Evidence(data.shape, settings)).boundingBatch(data.rows.rowCount)
    monitor.settingsResolved(settings)
    let shape = NetworkShape(
      width: settings.integer("width"), depth: settings.integer("depth"),
      latent: settings.integer("latent"), clusters: 1, batch: settings.integer("batch"))
    let objective = InDGRMObjective(
      dropout: settings.number("dropout"), klWeight: settings.number("kl-weight"),
      priorOld: settings.number("prior-old"), priorWide: settings.number("prior-wide"),
      encoderPasses: settings.integer("encoder-passes"))
    guard objective.priorOld + objective.priorWide < 1 else {
      throw ModelError(.usage, "prior-old and prior-wide must add up to less than 1")
    }
    try data.refuseTooManyItemRanks()
    let network = InDGRMNetwork<Float>(
      items: data.rows.columnCount, users: data.rows.rowCount, shape: shape, objective: objective,
      seed: data.seed, cut: data.itemRanks)
    try data.startNetwork(network) { try $0.withSeparateHeads(shape) }
    let plan = TrainingPlan(settings, seed: data.seed)
    let run = try Trainer(network: network, plan: plan, data: data, monitor: monitor).run()
    network.parameters.forEach { $0.forgetTraining() }
    let described = settings.json(keeping: run).setting("temperature", 1)
      .setting("item-groups", false).setting("similarity", "inner-product").setting(
        "start", "random"
      )
      .setting("samples", 0).setting("cost", "multinomial")
    return FittedModel(InDGRM(network, settings: described), settings.ending(run), run.outcome)
  }

  package static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    try InDGRMFamily.restore(stored)
  }
}
