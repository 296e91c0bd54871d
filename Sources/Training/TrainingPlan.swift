// How long and how fast is a network trained?

import DenseMath
import Fitting
import Interchange

/// What the factors of products are rounded to in training; sums, parameters and scores are single.
public enum ProductPrecision: String, CaseIterable {
  /// bfloat16 where the processor has it, else single.
  case auto
  case single, bfloat16
}

/// The learning rate that a family starts from.
public enum LearningRate: ExpressibleByFloatLiteral {
  case fixed(Double)
  /// -1 by default, which the family settles by the data; in words.
  case settled(String)

  public init(floatLiteral value: Double) { self = .fixed(value) }

  public var option: ModelOption {
    switch self {
    case .fixed(let rate):
      ModelOption("learning-rate", .number(rate, 0...1), "Adam's step size")
    case .settled(let how):
      ModelOption("learning-rate", .number(-1, 0...1), "Adam's step size; -1 takes \(how)")
    }
  }
}

/// How long and how fast a network is trained.
public struct TrainingPlan {
  public var epochs: Int
  public var batchSize: Int
  public var adam: AdamSettings
  /// Epochs over which the KL weight rises from 0; 0 starts at the full weight.
  public var annealEpochs: Double
  /// Validation passes without improvement after which training ends.
  public var patience: Int
  /// Epochs between validation passes.
  public var validateEvery: Int
  /// The weight of earlier epochs in the running average of the parameters that is validated and kept;
  /// 0 keeps an epoch's own.
  public var average: Double
  /// What the factors of products are in the passes.
  public var precision: ProductPrecision
  public var seed: UInt64

  /// The settings of all trained networks.
  ///
  /// - Parameters:
  ///   - batch: what is usual; `ModelSettings.settlingBatch` says when there are fewer users in one.
  ///   - rate: Adam's step size, or what a family that settles it says of it.
  public static func options(
    epochs: Int, batch: Int, rate: LearningRate, anneal: Double, average: Double = 0
  ) -> [ModelOption] {
    [
      ModelOption(
        "epochs", .integer(epochs, 1...100_000), "Passes over the training users at most"),
      ModelOption(
        "batch", .integer(-1, 1...100_000),
        "Users in a batch at most; -1 takes \(batch), or fewer in proportion below 4,000 users"),
      rate.option,
      ModelOption("weight-decay", .number(0, 0...1), "Decoupled weight decay"),
      ModelOption("anneal-epochs", .number(anneal, 0...1e6), "Epochs until the KL weight is full"),
      ModelOption(
        "patience", .integer(6, 1...1000), "Validations without a better one before the end"),
      ModelOption("validate-every", .integer(2, 1...1000), "Epochs between validations"),
      ModelOption(
        "average", .number(average, 0...0.999),
        "Weight of earlier epochs in a running average of the parameters"),
      ModelOption(
        "precision", .choice("auto", ProductPrecision.allCases.map(\.rawValue)),
        "Of the factors of products in training; auto takes bfloat16 where the processor has it"),
    ]
  }

  public init(_ settings: ModelSettings, seed: UInt64) {
    epochs = settings.integer("epochs")
    batchSize = settings.integer("batch")
    adam = AdamSettings(
      learningRate: settings.number("learning-rate"), weightDecay: settings.number("weight-decay"))
    annealEpochs = settings.number("anneal-epochs")
    patience = settings.integer("patience")
    validateEvery = settings.integer("validate-every")
    average = settings.number("average")
    precision = ProductPrecision(rawValue: settings.choice("precision")) ?? .auto
    self.seed = seed
  }

  /// The users of an epoch's batches: as few batches as the batch size allows, of sizes that differ by one
  /// at most. A step counts the same however few users it comes from, so a remainder of a few would be
  /// worth a whole batch.
  public func batches(of users: Int) -> [Range<Int>] {
    let count = (users + batchSize - 1) / batchSize
    return (0..<count).map { users * $0 / count..<users * ($0 + 1) / count }
  }
}

extension ModelSettings {
  /// With a batch of its own where it was left to the data: `usual`, in proportion fewer below 4,000 users,
  /// so that few users do not mean few steps. A given batch has at most the users there are, for which memory
  /// is set aside.
  public func settlingBatch(_ usual: Int, users: Int) -> ModelSettings {
    guard integer("batch") < 1 else {
      return setting("batch", .integer(max(min(integer("batch"), users), 1)))
    }
    return setting("batch", .integer(min(usual, max(16, (usual * users + 3999) / 4000))))
  }
}
