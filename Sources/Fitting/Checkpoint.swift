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

/// The names of what is a virtual part's alone, such as `encoder.weights#3`.
public enum PartName {
  public static let mark: Character = "#"

  public static func name(_ base: String, _ part: Int) -> String { "\(base)\(mark)\(part)" }

  /// What a name is but for its part, and which that is; nil for what is of all parts.
  public static func split(_ name: String) -> (base: String, part: Int)? {
    guard let place = name.lastIndex(of: mark), let part = Int(name[name.index(after: place)...])
    else { return nil }
    return (String(name[..<place]), part)
  }
}
