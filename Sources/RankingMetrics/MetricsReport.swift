// What does an evaluation say, in a form that can be stored and printed?

/// How many lists there were, and which were not evaluated as they stand.
public struct ListCounts: Codable, Equatable, Sendable {
  /// Users with at least one evaluated list.
  public var users = 0
  /// Evaluated lists, one a user and round.
  public var lists = 0
  /// Lists left out since their truth is empty.
  public var emptyTruthLists = 0
  /// Users left out since their truth is empty in all rounds.
  public var emptyTruthUsers = 0
  /// Evaluated lists that name no item: all their metrics are 0.
  public var emptyRankings = 0
  /// Evaluated lists shorter than the greatest cut-off.
  public var shortRankings = 0
  /// Truth items over all evaluated lists.
  public var truthItems = 0
  /// Those of them that cannot be scored; they count in |T| and are missed.
  public var unscorableTruthItems = 0
  /// Evaluated lists of whose truth no item can be scored.
  public var unscorableLists = 0
  /// Evaluated lists of users to whom no item is explainable; nil when that was not asked.
  public var unexplainableLists: Int?

  /// No lists.
  public init() {}
}

/// A range of values; for confidence intervals.
public struct Interval: Codable, Equatable, Sendable {
  public var low: Double
  public var high: Double

  /// The range from `low` to `high`.
  public init(low: Double, high: Double) {
    self.low = low
    self.high = high
  }
}

/// A group of users or items with figures of its own.
public struct GroupSummary: Codable, Equatable, Sendable {
  public var name: String
  public var definition: String
  /// Users with at least one list in the group.
  public var users: Int
  /// Lists in the group.
  public var lists: Int
}

/// One figure: a metric at a cut-off over a group.
public struct MetricRow: Codable, Equatable, Sendable {
  public var group: String
  public var metric: Metric
  /// The cut-off n.
  public var n: Int
  /// Mean over users within a round, then over rounds.
  public var mean: Double
  /// Standard error of the mean over users; nil for catalogue metrics and fewer than two users.
  public var standardError: Double?
  /// mean ± t x standard error.
  public var interval: Interval?
  /// Percentile bootstrap over users, if asked for.
  public var bootstrap: Interval?
  public var users: Int
  /// The mean of each of the report's rounds; nil where the group has no user.
  public var rounds: [Double?]
}

/// All figures of one set of ranked lists.
public struct MetricsReport: Codable, Equatable, Sendable {
  /// Raised when a key changes its meaning.
  public var version = 1
  public var cutoffs: [Int]
  public var confidence: Double
  public var bootstrapReplicates: Int
  public var seed: UInt64
  /// Items that can be scored.
  public var catalogueItems: Int
  /// The rounds there were, ascending; empty when lists had none.
  public var rounds: [Int]
  public var counts: ListCounts
  /// How explainable items were found, when they were.
  public var explainability: ExplainabilitySettings?
  public var groups: [GroupSummary]
  public var rows: [MetricRow]

  /// The figure of a group, metric and cut-off, if there is one.
  public func row(_ metric: Metric, at n: Int, group: String = "all") -> MetricRow? {
    rows.first { $0.metric == metric && $0.n == n && $0.group == group }
  }
}
