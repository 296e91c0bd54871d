// How does a trained network become a model, and what does it start from?

import DenseMath
import Fitting
import Interchange
import Recommending

extension TrainingData {
  /// Starts a network from the earlier model, when there is one.
  ///
  /// - Parameter prepared: the model with the tensors that the network's parameters have.
  /// - Throws: `ModelError` when sizes differ, or no item is known.
  public func startNetwork<Network: TrainableNetwork>(
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
public final class NetworkModel<Network: TrainableNetwork>: RecommendationModel
where Network.Scalar == Float {
  public let network: Network
  public let settings: JSONValue
  public let itemCount: Int

  public init(_ network: Network, settings: JSONValue) {
    self.network = network
    self.settings = settings
    itemCount = network.itemCount
  }

  public func tensors() -> [Tensor] { network.parameters.map { $0.value.tensor($0.name) } }

  public func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    network.score(foldIn, rows: rows, into: scores)
  }

  public func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation] {
    explainByLeavingOut(self, foldIn, items: items)
  }

  public func explain(
    _ users: [(history: [UInt32], items: [UInt32])], known: [KnownFalls]
  ) -> [[Explanation]] {
    users.enumerated().map { place, user in
      explainByLeavingOut(
        self, user.history, items: user.items, known: known.isEmpty ? [] : [known[place]])
    }
  }

  public func bases(_ foldIn: [UInt32], items: [UInt32]) -> [ReasonBasis] {
    // What is near is for item vectors to say; falls tell of influence alone.
    guard self is any LatentModel else {
      return explain(foldIn, items: items).map(ReasonBasis.init)
    }
    return items.map { ReasonBasis(item: $0, popularity: 0) }
  }
}

extension StoredModel {
  /// Checks, before memory is set aside, that the tensors hold as many numbers as sizes call for.
  ///
  /// Throws `ModelError` when they hold fewer.
  public func demand(numbers: Double) throws {
    let held = tensors.values.reduce(0) { $0 + $1.count }
    guard numbers <= Double(held) else {
      throw ModelError(
        .badData, "the model's tensors are smaller than its settings say; fit the model again")
    }
  }

  /// Copies tensors into parameters of the same names.
  ///
  /// Throws `ModelError` when one is missing or of another shape.
  public func fill(_ parameters: [Parameter<Float>]) throws {
    for parameter in parameters {
      let value = try floats(parameter.name, [parameter.value.rows, parameter.value.columns])
      parameter.value.copy(from: value)
    }
  }
}
