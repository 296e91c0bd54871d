// What is kept of a training run so that it can go on?

import Interchange
import Recommending

/// Everything a training run needs to go on as if it had never stopped: parameters, the optimiser's
/// moments, the best state so far, running averages, and what the network keeps beside its parameters.
/// Random numbers are keyed by step and epoch, so their position is the step.
public struct Checkpoint: Sendable {
  /// epoch, step, misses, best_epoch and best_validation, and what the run was made with.
  public var description: [String: JSONValue]
  public var tensors: [String: Tensor]

  public init(description: [String: JSONValue], tensors: [String: Tensor]) {
    self.description = description
    self.tensors = tensors
  }

  /// A count that the description has.
  ///
  /// Throws `ModelError` (badData) where it has none.
  public func integer(_ name: String) throws -> Int {
    guard let value = description[name]?.int, value >= 0 else {
      throw ModelError(.badData, "the checkpoint has no '\(name)'; start anew")
    }
    return value
  }
}
