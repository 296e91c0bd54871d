// What are groups of items called?

import Glibc
import Interchange

/// Names for item groups: the category most over-represented among what is chosen of a group where categories
/// are known and one sets the group apart, otherwise its most popular titles (or ids). Groups of one category have
/// the best known title of it beside it.
public struct GroupNames: Sendable {
  public let names: [String]
  private let categoryNames: [String]
  /// The category that names a group; nil where its best known items do.
  private let leading: [Int?]
  /// The best known items of each group, best known first; none where groups stand for categories.
  private let leaders: [[Int]]
  private let items: ItemChunk

  /// - Parameters:
  ///   - assignment: the group of each item.
  ///   - popularity: interactions of each item.
  public init(
    _ assignment: [UInt32], count: Int, items: ItemChunk, categories: [String], popularity: [Int]
  ) {
    var members = [[Int]](repeating: [], count: count)
    for (item, group) in assignment.enumerated() where Int(group) < count {
      members[Int(group)].append(item)
    }
    let weights = popularity.map(Double.init)
    let overall = items.categories.map {
      Self.shares(Array(assignment.indices), $0, weights, categories.count)
    }
    let leading = members.map { group -> Int? in
      guard let lists = items.categories, let overall else { return nil }
      return Self.leading(Self.shares(group, lists, weights, categories.count), overall)
    }
    let ranked = members.map { group in
      group.sorted { (-popularity[$0], $0) < (-popularity[$1], $1) }
    }
    leaders = ranked.map { Array($0.prefix(Self.shown + 1)) }
    self.items = items
    categoryNames = categories
    self.leading = leading
    names = zip(leading, ranked).map { category, ranked in
      guard let category else { return Self.list(ranked, items) }
      let known = ranked.first { items.categories?[$0].contains(UInt32(category)) ?? false }
      let isShared = leading.count { $0 == category } > 1
      guard let known, isShared else { return categories[category] }
      return "\(categories[category]), \(items.name(of: known))"
    }
  }

  /// The names of a model's groups: of categories where groups stand for them (InDGRM-p), else of what they hold.
  /// Nil for models without groups.
  public init?(_ fitted: any RecommendationModel, _ stored: StoredModel) {
    guard let groups = fitted.itemGroups else { return nil }
    let count = groups.prototypes.rows
    guard fitted.settings["privileged"]?.bool == true, stored.categories.count == count else {
      self.init(
        groups.assignment, count: count, items: stored.items, categories: stored.categories,
        popularity: stored.itemInteractions)
      return
    }
    self.init(categories: stored.categories, items: stored.items)
  }

  /// Groups that stand for categories.
  private init(categories: [String], items: ItemChunk) {
    names = categories
    categoryNames = categories
    leading = categories.indices.map { $0 }
    leaders = categories.map { _ in [] }
    self.items = items
  }

  /// The group's name for a sentence about an item: its category, or "the likes of" its best known items where the
  /// item is not of that category or there is none.
  public func name(of group: Int, besides item: Int) -> String {
    guard names.indices.contains(group) else { return "" }
    if let category = leading[group],
      leaders[group].isEmpty || items.categories?[item].contains(UInt32(category)) ?? false
    {
      return categoryNames[category]
    }
    let others = leaders[group].filter { $0 != item }.prefix(Self.shown)
    return others.isEmpty
      ? "" : "the likes of " + others.map { items.name(of: $0) }.joined(separator: " and ")
  }

  /// Items that stand for a group.
  private static let shown = 2

  private static func list(_ leaders: [Int], _ items: ItemChunk) -> String {
    leaders.prefix(shown).map { items.name(of: $0) }.joined(separator: ", ")
  }

  /// How many times as common as among all items a category must be to name a group.
  private static let leastRatio = 1.25
  /// The share of a group that must be of the category.
  private static let leastShare = 0.3

  /// The share of each category in some items, weighted.
  private static func shares(
    _ items: [Int], _ lists: [[UInt32]], _ weights: [Double], _ categories: Int
  ) -> [Double] {
    var sums = [Double](repeating: 0, count: categories)
    var total = 0.0
    for item in items {
      total += weights[item]
      for category in lists[item] { sums[Int(category)] += weights[item] }
    }
    return total > 0 ? sums.map { $0 / total } : sums
  }

  /// The category with the largest weighted lift: share in the group times log of the share's ratio to
  /// all items (a pointwise Kullback-Leibler term), so that tiny categories do not win by chance.
  private static func leading(_ shares: [Double], _ overall: [Double]) -> Int? {
    let lifts = zip(shares, overall).map { share, overall -> Double in
      guard share >= leastShare, share >= leastRatio * overall, overall > 0 else { return 0 }
      return share * log(share / overall)
    }
    guard let best = lifts.indices.max(by: { (lifts[$0], -$0) < (lifts[$1], -$1) }),
      lifts[best] > 0
    else { return nil }
    return best
  }
}

extension ItemChunk {
  /// An item's title, or its id where no title is known.
  public func name(of item: Int) -> String {
    if let title = titles?[item], !title.isEmpty { return title }
    return ids[item]
  }
}
