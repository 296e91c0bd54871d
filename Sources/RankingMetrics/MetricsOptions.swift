// What does a caller choose about an evaluation, and what must they know about the items?

/// Choices of an evaluation; the defaults are those of the protocol.
public struct MetricsOptions: Sendable, Equatable {
  /// Lengths n at which lists are cut.
  public var cutoffs: [Int] = [1, 5, 10, 20, 50, 100]
  /// The metrics to report.
  public var metrics: [Metric] = Metric.allCases.filter {
    !$0.needsExplainability && !Metric.likeness.contains($0)
  }
  /// How the explainable items were found that come with each list; nil when none come.
  public var explainability: ExplainabilitySettings?
  /// A list belongs to the near-cold-start group when fewer interactions than this were folded in.
  public var nearColdThreshold = 5
  /// Greatest numbers of training interactions of the item groups but the last, which is open.
  public var frequencyBounds: [Int] = [5, 20, 50, 100]
  /// Probability of the confidence intervals.
  public var confidence = 0.95
  /// Resamples of the bootstrap intervals; 0 leaves those out.
  public var bootstrapReplicates = 0
  /// Seed of the bootstrap.
  public var seed: UInt64 = 20

  /// The protocol's choices.
  public init() {}

  /// Sorted, without repeats, and checked.
  ///
  /// Throws `MetricsError.invalidOption`.
  func checked() throws -> MetricsOptions {
    var options = self
    options.cutoffs = ascending(cutoffs)
    options.metrics = Metric.allCases.filter(metrics.contains)
    options.frequencyBounds = ascending(frequencyBounds)
    guard let least = options.cutoffs.first, let greatest = options.cutoffs.last else {
      throw MetricsError.invalidOption("no cut-off given; name at least one")
    }
    guard least >= 1, greatest <= 1_000_000, options.cutoffs.count <= 64 else {
      throw MetricsError.invalidOption(
        "cut-offs must be in 1...1000000, and at most 64 of them")
    }
    guard !options.metrics.isEmpty else {
      throw MetricsError.invalidOption("no metric given; name at least one")
    }
    if explainability == nil, let metric = options.metrics.first(where: \.needsExplainability) {
      throw MetricsError.invalidOption("'\(metric.rawValue)' needs the explainable items")
    }
    guard options.frequencyBounds.count <= 32, (options.frequencyBounds.first ?? 0) >= 0,
      (options.frequencyBounds.last ?? 0) <= Int(UInt32.max)
    else {
      throw MetricsError.invalidOption(
        "item-frequency bounds must be in 0...\(UInt32.max), and at most 32 of them")
    }
    guard confidence > 0, confidence < 1 else {
      throw MetricsError.invalidOption("the confidence must be between 0 and 1, like 0.95")
    }
    guard nearColdThreshold >= 0, bootstrapReplicates >= 0, bootstrapReplicates <= 1_000_000 else {
      throw MetricsError.invalidOption(
        "the near-cold-start threshold and the number of resamples must not be negative, "
          + "and at most 1000000 resamples")
    }
    return options
  }
}

/// When an item counts as explainable to a user (section 6.1 of the InDGRM paper; Abdollahi and
/// Nasraoui, 2017).
public struct ExplainabilitySettings: Codable, Equatable, Sendable {
  /// What x_ij in E(x_ij) = x_ij |N_j and I_i| / |N_j| stands for.
  public enum Reading: String, Codable, CaseIterable, Sendable {
    /// Left out: every item outside the history can be explainable.
    case set
    /// Taken at its word: only items that the user chose can be.
    case literal
  }

  /// The most neighbours of an item.
  public var neighbours = 50
  /// The share of them, xi, above which an item is explainable.
  public var threshold = 0.01
  public var reading = Reading.set

  /// The paper's settings, without its factor x_ij.
  public init() {}
}

/// What is known of the items.
public struct Catalogue: Sendable {
  /// Lists may name items 0..<itemCount; truth may name others, which then cannot be scored.
  public let itemCount: Int
  /// Training interactions of each item, or nil if not known (no novelty, no item groups then).
  public let trainingCounts: [UInt32]?
  /// Whether the model can score each item; nil: all of them.
  public let scorable: [Bool]?
  /// How items are alike, for the metrics that ask for it.
  public let features: ItemFeatures?

  /// A catalogue of items 0..<itemCount.
  ///
  /// Throws `MetricsError.invalidOption` when an array is not of `itemCount` elements.
  public init(
    itemCount: Int, trainingCounts: [UInt32]? = nil, scorable: [Bool]? = nil,
    features: ItemFeatures? = nil
  ) throws {
    guard itemCount >= 0, itemCount < Int(UInt32.max) else {
      throw MetricsError.invalidOption("\(itemCount) items: must be from 0 to \(UInt32.max - 1)")
    }
    guard trainingCounts.map({ $0.count == itemCount }) ?? true,
      scorable.map({ $0.count == itemCount }) ?? true
    else {
      throw MetricsError.invalidOption(
        "training counts and scorable flags must have one element for each of \(itemCount) items")
    }
    self.itemCount = itemCount
    self.trainingCounts = trainingCounts
    self.scorable = scorable
    self.features = features
  }
}

private func ascending(_ values: [Int]) -> [Int] {
  var result: [Int] = []
  for value in values.sorted() where value != result.last {
    result.append(value)
  }
  return result
}
