// How long and how fast is a network trained?

import DenseMath
import Fitting
import Interchange

/// The learning rate that a family starts from.
public enum LearningRate: ExpressibleByFloatLiteral {
  case fixed(Double)
  /// Left to the family's rules; this where none speaks.
  case auto(Double)

  public init(floatLiteral value: Double) { self = .fixed(value) }

  public var option: ModelOption {
    switch self {
    case .fixed(let rate):
      ModelOption("learning-rate", .number(rate, 0...1), "Adam's step size")
    case .auto(let rate):
      ModelOption(
        "learning-rate", .number(rate, 0...1), "Adam's step size",
        auto: .unlessGiven(formerly: "-1"))
    }
  }
}

/// How long and how fast a network is trained.
public struct TrainingPlan {
  public var epochs: Int
  public var batchSize: Int
  /// Adam's step size.
  public var learningRate: Double
  /// Epochs over which the KL weight rises from 0; 0 starts at the full weight.
  public var annealEpochs: Double
  /// Validation passes without improvement after which training ends.
  public var patience: Int
  /// Epochs between validation passes.
  public static let validateEvery = 2
  /// The weight of earlier epochs in the running average of the parameters that is validated and kept;
  /// 0 keeps an epoch's own.
  public var average: Double
  public var seed: UInt64

  /// The settings of all trained networks.
  ///
  /// - Parameters:
  ///   - batch: what is usual; `batchRule` says when there are fewer users in one.
  ///   - rate: Adam's step size, or what a family that settles it says of it.
  ///   - anneal: epochs until the KL weight is full; nil for families whose weight is full at once.
  ///   - average: `average`; nil for families that do not leave it to the user.
  public static func options(
    epochs: Int, batch: Int, rate: LearningRate, anneal: Double? = nil, average: Double? = 0
  ) -> [ModelOption] {
    let others = [
      anneal.map {
        ModelOption("anneal-epochs", .number($0, 0...1e6), "Epochs until the KL weight is full")
      },
      average.map {
        ModelOption(
          "average", .number($0, 0...0.999),
          "Weight of earlier epochs in a running average of the parameters")
      },
    ]
    return [
      ModelOption(
        "epochs", .integer(epochs, 1...100_000), "Passes over the training users at most"),
      ModelOption(
        "batch", .integer(batch, 1...100_000), "Users in a batch at most",
        auto: .unlessGiven(formerly: "-1")),
      rate.option,
      ModelOption(
        "patience", .integer(6, 1...1000), "Validations without a better one before the end"),
    ] + others.compactMap { $0 }
  }

  /// Settings that earlier versions had, and what is done now.
  public static let withdrawn = [
    "precision":
      "products round to bfloat16 where the processor is faster so, and INDGRM_CPU_LEVEL=x86-64-v4 keeps it from that",
    "validate-every": "validation users are asked after every second epoch",
    "weight-decay": "there is none",
  ]

  /// - Parameter average: as above; nil for what is set.
  public init(_ settings: ModelSettings, seed: UInt64, average: Double? = nil) {
    epochs = settings.integer("epochs")
    batchSize = settings.integer("batch")
    learningRate = settings.number("learning-rate")
    annealEpochs = settings.number("anneal-epochs")
    patience = settings.integer("patience")
    self.average = average ?? settings.number("average")
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

extension TrainingPlan {
  /// How a batch's users are settled where that is left to the data: few users shall not mean few steps.
  public static func batchRule(_ usual: Int) -> Rule {
    Rule(
      1, "How many users share a step?",
      ["batch": "\(usual) in proportion to 4,000 users, at least 16"], "below 4,000 users",
      record: 11,
      drawnFrom: "ml-latest-small, MovieLens-100K, fifths of MovieLens-1M, Netflix",
      testedOn: "jointly: five swapped sets, CiaoDVD, a supermarket"
    ) { evidence in
      let users = evidence.shape.users
      guard users < 4000 else { return nil }
      let batch = min(usual, max(16, (usual * users + 3999) / 4000))
      return (["batch": .integer(batch)], "\(users) users")
    }
  }
}

extension ModelSettings {
  /// With at most the users there are in a batch, for which memory is set aside.
  public func boundingBatch(_ users: Int) -> ModelSettings {
    let batch = integer("batch")
    guard batch > max(users, 1) else { return self }
    return setting("batch", .integer(max(users, 1)), reason(for: "batch") ?? .given)
  }
}
