// What can truly be said of why an item is recommended?

/// What is known of a recommendation before its reasons are looked for.
public struct ReasonBasis: Sendable, Equatable {
  public let item: UInt32
  /// What popularity adds to the score, ever or of late.
  public var popularity: Double
  /// What the user's own items add to it directly, where that tells which are near.
  public let direct: [Explanation.Weighted]
  /// Whether item vectors tell that too, beside direct parts.
  let hasBoth: Bool

  /// - Parameters:
  ///   - parts: of a score; those of own items are direct.
  ///   - hasVectors: whether item vectors tell too what is near.
  package init(
    item: UInt32, popularity: Double, parts: [Explanation.Contribution] = [],
    hasVectors: Bool = true
  ) {
    (self.item, self.popularity) = (item, popularity)
    direct = parts.compactMap { part in
      guard case .item(let item) = part.source else { return nil }
      return .init(index: Int(item), weight: part.value)
    }
    hasBoth = hasVectors && !direct.isEmpty
  }

  /// What a whole explanation tells.
  public init(_ explanation: Explanation) {
    self.init(
      item: explanation.item, popularity: explanation.popularity,
      parts: explanation.contributions, hasVectors: !explanation.nearest.isEmpty)
  }
}

/// Why an item is recommended to a user, in claims that hold when the user is scored again.
///
/// An item's lead is its score less the mean over all items that the user has not chosen, so that what moves all
/// scores alike counts for nothing.
/// What it leads by without any history is its general part, which everybody gets; what the history adds to that is
/// the personal part, of which own items have shares.
public struct RecommendationReason: Sendable, Equatable {
  /// Own items, and what becomes of the recommendation without them.
  public struct Removal: Sendable, Equatable {
    /// Those that are named come first, the one that does most alone first.
    public let items: [UInt32]
    /// How many of them are named.
    public let named: Int
    /// The share of the personal part that goes with them all.
    public let share: Double
    /// The share that goes with those that are named alone; that of all where these are a taste, which has a name.
    public var shareOfNamed: Double
    /// The item's place without them, among items that are not the user's own.
    public let placeWithout: Int

    init(items: [UInt32], named: Int, share: Double, placeWithout: Int) {
      (self.items, self.named, self.share) = (items, named, share)
      (shareOfNamed, self.placeWithout) = (share, placeWithout)
    }
  }

  /// A taste in a kind of items, which the user's own items of that kind carry.
  public struct Taste: Sendable, Equatable {
    public let kind: Kind
    /// All own items of that kind. Of those that are near to the item and move it up to two are named.
    public let own: Removal
    /// The share that goes with them beyond what goes with as many others.
    public let shareAlone: Double
  }

  /// A kind of items.
  public enum Kind: Sendable, Hashable {
    /// Those that belong most to this item group.
    case group(Int)
    case category(Int)
  }

  public let item: UInt32
  /// How many own items the user has.
  public let choices: Int
  public let score: Double
  /// From 1, among items that are not the user's own.
  public let place: Int
  public let general: Double
  public let personal: Double
  /// Whether what everybody gets, or the item's popularity, outweighs what the history adds.
  public let popularityLeads: Bool
  /// Own items near to the item, of which those that are named have `leastShare` at least; nil where no such are found.
  public package(set) var own: Removal?
  /// Own items near to the item, of which those that are named have a share, where `own` is nil: a little of many. They
  /// have `leastTold` at least, or the item falls without them.
  public package(set) var little: Removal?
  public package(set) var taste: Taste?

  /// The least share that own items must have to be called a reason.
  public static let leastShare = 0.3
  /// The least share that own items must have to be told of where the item stays at its place without them.
  public static let leastTold = 0.1
  /// As many own items are named.
  public static let mostNamed = 3
  /// Own items that are named are among so many nearest: an eighth, but four at least and eight at most.
  public static func namedAmong(_ own: Int) -> Int { min(max(own / 8, 4), 8) }
  /// The sizes, beside those of sets that are all named, of sets of these and nearest own items tried as one reason.
  static let sizes = [5, 8, 12, 18]
  /// A kind of items is a taste from so many own items of it on.
  static let leastOfTaste = 3
  /// So much more of the personal part goes with items of a taste than with as many others.
  static let leastOfTasteAlone = 0.1
}
