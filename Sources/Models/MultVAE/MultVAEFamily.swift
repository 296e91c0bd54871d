// How is Mult-VAE fitted, stored, and asked for scores?

import DenseMath
import Interchange

/// `fit --model mult-vae`.
enum MultVAEFamily: ModelFamily {
  static let name = "mult-vae"
  static let summary = "variational autoencoder with multinomial likelihood (Liang et al., 2018)"
  private static let usualBatch = 250
  static let trainsInEpochs = true
  static let options =
    [
      ModelOption("width", .integer(600, 1...100_000), "Units of the hidden layers"),
      ModelOption("latent", .integer(200, 1...100_000), "Latent dimensions"),
      ModelOption("dropout", .number(0.5, 0...0.99), "Share of the input dropped in training"),
      ModelOption("beta", .number(0.2, 0...1000), "Weight of the KL divergence when annealed"),
    ] + TrainingPlan.options(epochs: 100, batch: usualBatch, rate: 1e-3, anneal: 30)

  static func fit(_ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor)
    throws
    -> any RecommendationModel
  {
    let settings = settings.settlingBatch(usualBatch, users: data.rows.rowCount)
    let network = MultVAENetwork<Float>(
      items: data.rows.columnCount, width: settings.integer("width"),
      latent: settings.integer("latent"), dropout: settings.number("dropout"),
      beta: settings.number("beta"), batch: settings.integer("batch"), seed: data.seed)
    try data.startNetwork(network)
    let plan = TrainingPlan(settings, seed: data.seed)
    let best = try Trainer(network: network, plan: plan, data: data, monitor: monitor).run()
    return NetworkModel(network, settings: settings.json.adding(best))
  }

  static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
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

extension TrainingData {
  /// Starts a network from the earlier model, when there is one.
  ///
  /// - Parameter prepared: the model with the tensors that the network's parameters have.
  /// - Throws: `ModelError` when sizes differ, or no item is known.
  func startNetwork<Network: TrainableNetwork>(
    _ network: Network, prepared: (StoredModel) throws -> StoredModel = { $0 }
  ) throws
  where Network.Scalar == Float {
    guard let start else { return }
    let known = try prepared(start.model).start(
      network.parameters, items: start.items, users: rows)
    guard known > 0 else {
      throw ModelError(
        .badData, "the earlier model knows none of the items; start from one of the same catalogue")
    }
    network.parametersChanged()
    network.startedFromEarlierModel()
  }
}

/// A trained network as a model: scores by the network, explanations by leaving items out.
final class NetworkModel<Network: TrainableNetwork>: RecommendationModel
where Network.Scalar == Float {
  let network: Network
  let settings: JSONValue
  let itemCount: Int

  init(_ network: Network, settings: JSONValue) {
    self.network = network
    self.settings = settings
    itemCount = network.itemCount
  }

  func tensors() -> [Tensor] { network.parameters.map { $0.value.tensor($0.name) } }

  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    network.score(foldIn, rows: rows, into: scores)
  }

  func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation] {
    explainByLeavingOut(self, foldIn, items: items)
  }
}

extension StoredModel {
  /// Checks, before memory is set aside, that the tensors hold as many numbers as sizes call for.
  ///
  /// Throws `ModelError` when they hold fewer.
  func demand(numbers: Double) throws {
    let held = tensors.values.reduce(0) { $0 + $1.count }
    guard numbers <= Double(held) else {
      throw ModelError(
        .badData, "the model's tensors are smaller than its settings say; fit the model again")
    }
  }

  /// Copies tensors into parameters of the same names.
  ///
  /// Throws `ModelError` when one is missing or of another shape.
  func fill(_ parameters: [Parameter<Float>]) throws {
    for parameter in parameters {
      let value = try floats(parameter.name, [parameter.value.rows, parameter.value.columns])
      parameter.value.copy(from: value)
    }
  }
}

extension JSONValue {
  /// The settings with what training found.
  func adding(_ best: TrainingOutcome) -> JSONValue {
    guard case .object(var members) = self else { return self }
    if let failure = best.failure { members["failure"] = .string(failure) }
    members["best_epoch"] = .integer(best.epoch)
    return .object(members)
  }
}
