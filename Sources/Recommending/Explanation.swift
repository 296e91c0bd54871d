// Why does one item have its score for one user?

/// Why one item has its score for one user.
public struct Explanation: Sendable, Equatable {
  /// What a contribution stands for.
  public enum Source: Sendable, Hashable {
    /// What all items have alike.
    case baseRate
    /// Popularity or another constant of the item.
    case itemBias
    /// How much the item is liked of late.
    case recency
    /// A latent factor.
    case factor(Int)
    /// An item group's constant.
    case group(Int)
    /// What mixing several item groups adds or takes away.
    case groupMixture
    /// An item of the user's own.
    case item(UInt32)
    /// What no part of the user's history accounts for alone.
    case remainder
  }

  /// What one source adds to a score.
  public struct Contribution: Sendable, Equatable {
    public let source: Source
    public let value: Double

    public init(source: Source, value: Double) {
      self.source = source
      self.value = value
    }
  }

  /// An item or a cluster by its number, with what it weighs.
  public struct Weighted: Sendable, Equatable {
    public let index: Int
    public let weight: Double

    public init(index: Int, weight: Double) {
      self.index = index
      self.weight = weight
    }
  }

  /// What an item group adds to a score.
  public struct GroupShare: Sendable, Equatable {
    public let index: Int
    /// The group's share in this score; shares add up to 1.
    public let weight: Double
    /// The shares' contributions, the item bias, the group mixture and own items add up to the score.
    public let contribution: Double

    package init(index: Int, weight: Double, contribution: Double) {
      self.index = index
      self.weight = weight
      self.contribution = contribution
    }
  }

  public let item: UInt32
  public var score: Double
  /// Parts that add up to the score.
  public var contributions: [Contribution]
  /// The user's clusters with their weights, heaviest first; empty for models without clusters.
  public var clusters: [Weighted] = []
  /// A second way to take the score apart: by the item's groups, heaviest first.
  public var groups: [GroupShare] = []
  /// The user's own items nearest to the recommended one (cosine of item vectors), nearest first.
  public var nearest: [Weighted] = []
  /// The user's own items with the change of the score when the item is left out, largest first.
  public var leaveOneOut: [Weighted] = []

  package init(item: UInt32, score: Double, contributions: [Contribution]) {
    self.item = item
    self.score = score
    self.contributions = contributions
  }
}

extension Explanation.Source {
  /// Breaks ties between equal contributions: lower items first.
  package var order: Int {
    if case .item(let item) = self { return -Int(item) }
    return 1
  }
}

extension Explanation {
  /// What popularity adds, ever or of late.
  var popularity: Double {
    contributions.reduce(0) { [.itemBias, .recency].contains($1.source) ? $0 + $1.value : $0 }
  }
}

extension [Explanation.Contribution] {
  /// Parts of one source added up, in the order in which they first come.
  package var bySource: Self {
    var (sums, order) = ([Explanation.Source: Double](), [Explanation.Source]())
    for part in self {
      if sums[part.source] == nil { order.append(part.source) }
      sums[part.source, default: 0] += part.value
    }
    return order.map { .init(source: $0, value: sums[$0] ?? 0) }
  }
}
