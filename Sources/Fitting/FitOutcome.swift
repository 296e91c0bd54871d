// What does a fit return, and how did it end?

import Interchange
import Recommending

/// What a fit made.
public struct FittedModel {
  public let model: any RecommendationModel
  /// The settings it was fitted with: nothing is left to the data, but what the model had no use for.
  public let settings: ModelSettings
  public let outcome: FitOutcome

  public init(
    _ model: any RecommendationModel, _ settings: ModelSettings, _ outcome: FitOutcome = .finished
  ) {
    self.model = model
    self.settings = settings
    self.outcome = outcome
  }
}

/// How a fit ended; whichever way, there is a model.
public enum FitOutcome: Sendable, Equatable {
  case finished
  /// The monitor ended it; the model is the best so far.
  case stopped
  /// It could not go on; the model is the best before.
  case failed(FitFailure)
}

/// Why a fit could not go on.
public enum FitFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// The loss of a batch was not a number; epochs and batches count from 1.
  case loss(epoch: Int, batch: Int, batches: Int)
  /// A further fit, of a member or to validation users as well, could not be made for this reason.
  case further(String)

  public var description: String {
    switch self {
    case .loss(let epoch, let batch, let batches):
      "the loss is not a number in epoch \(epoch), batch \(batch) of \(batches);"
        + " lower the learning-rate"
    case .further(let reason): reason
    }
  }
}

/// How a network's training ended.
public struct TrainingRun: Sendable {
  /// The epoch whose parameters were kept.
  public let epoch: Int
  public let outcome: FitOutcome
  /// The epochs after which its time was over; nil where something else ended it.
  public let cut: Int?

  public init(epoch: Int, outcome: FitOutcome, cut: Int? = nil) {
    self.epoch = epoch
    self.outcome = outcome
    self.cut = cut
  }
}

extension ModelSettings {
  /// The settings as JSON, with the epoch that was kept.
  public func json(keeping run: TrainingRun) -> JSONValue {
    ending(run).json.setting("best_epoch", .integer(run.epoch))
  }

  /// With as many epochs as there was time for.
  public func ending(_ run: TrainingRun) -> ModelSettings {
    run.cut.map { setting("epochs", .integer($0), TrainingBudget.reason) } ?? self
  }
}
