// How did a training run end?

import Interchange

/// How a training run ended.
public struct TrainingOutcome {
  /// The epoch whose parameters were kept.
  public var epoch: Int
  /// Why the run ended before its time, when it failed.
  public var failure: String?

  public init(epoch: Int, failure: String?) {
    self.epoch = epoch
    self.failure = failure
  }
}

extension JSONValue {
  /// The settings with what training found.
  public func adding(_ best: TrainingOutcome) -> JSONValue {
    guard case .object(var members) = self else { return self }
    if let failure = best.failure { members["failure"] = .string(failure) }
    members["best_epoch"] = .integer(best.epoch)
    return .object(members)
  }
}
