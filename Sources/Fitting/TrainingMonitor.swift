// Who is told how training goes, and who may stop it?

import Interchange

/// What happened in an epoch.
public struct EpochRecord: Sendable {
  public let epoch: Int
  public let epochs: Int
  /// Mean loss of a training user; nil for models that do not measure it.
  public let loss: Double?
  /// The mean of the loss's parts by name, such as `reconstruction` and `kl`.
  public let parts: [(name: String, value: Double)]
  /// The metric on the validation users, when it was measured.
  public let validation: Double?
  public let metric: ValidationMetric?
  public let seconds: Double

  public init(
    epoch: Int, epochs: Int, loss: Double?, parts: [(name: String, value: Double)],
    validation: Double?, metric: ValidationMetric?, seconds: Double
  ) {
    self.epoch = epoch
    self.epochs = epochs
    self.loss = loss
    self.parts = parts
    self.validation = validation
    self.metric = metric
    self.seconds = seconds
  }

  /// One flat JSON object.
  public var json: JSONValue {
    var members: [String: JSONValue] = [
      "event": "epoch", "epoch": .integer(epoch), "epochs": .integer(epochs),
      "seconds": .number(seconds),
    ]
    if let loss { members["loss"] = .number(loss) }
    for (name, value) in parts { members[name] = .number(value) }
    if let validation { members["validation"] = .number(validation) }
    if let metric { members["validation_metric"] = .string(metric.text) }
    return .object(members)
  }
}

/// Hears about every epoch and can end the training early.
public struct TrainingMonitor: Sendable {
  /// Called after every epoch.
  public var epochEnded: @Sendable (EpochRecord) -> Void
  /// Called after every batch with the share of the epoch done.
  public var batchEnded: @Sendable (_ epoch: Int, _ share: Double) -> Void
  /// Asked after every batch; true ends the training with the best model so far.
  public var shouldStop: @Sendable () -> Bool

  /// The time there is; nil where nobody set any.
  public var budget: TrainingBudget?

  /// Called, in a few words, when something that is no epoch begins and may take a while, or was found out.
  public var stepBegan: @Sendable (String) -> Void = { _ in }

  /// Called with the settings of a fit when none of them is left to the data any more.
  public var settingsResolved: @Sendable (ModelSettings) -> Void = { _ in }

  /// Called after an epoch of a fit that is made beside others, with what tells it from them in words. Where one of
  /// them will be kept `epochEnded` hears about its epochs when that is known.
  public var trialEpochEnded: @Sendable (_ record: EpochRecord, _ trial: String) -> Void = {
    _, _ in
  }

  /// Called with the state of a run that can go on from there, every `checkpointEvery` epochs and at the
  /// end; nil when nobody wants it.
  public var checkpoint: (@Sendable (Checkpoint) throws -> Void)?
  public var checkpointEvery = 10

  public init(
    epochEnded: @escaping @Sendable (EpochRecord) -> Void = { _ in },
    batchEnded: @escaping @Sendable (Int, Double) -> Void = { _, _ in },
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) {
    self.epochEnded = epochEnded
    self.batchEnded = batchEnded
    self.shouldStop = shouldStop
  }
}
