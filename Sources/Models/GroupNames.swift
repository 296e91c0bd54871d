// What are groups of items called?

import Glibc
import Interchange

/// Names for item groups: the category most over-represented among a group's items where categories
/// are known and one sets the group apart, otherwise its most popular titles (or ids).
public struct GroupNames: Sendable {
  public let names: [String]
  /// The best known items of the groups that are named by them, best known first; else none.
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
    var overall = [Double](repeating: 0, count: categories.count)
    if let lists = items.categories {
      for list in lists { for category in list { overall[Int(category)] += 1 } }
    }
    let total = Double(max(assignment.count, 1))
    let leading = members.map { group in
      items.categories.flatMap { Self.leading(group, $0, overall, total) }
    }
    leaders = zip(members, leading).map { group, category in
      guard category == nil else { return [] }
      return Array(
        group.sorted { (-popularity[$0], $0) < (-popularity[$1], $1) }.prefix(Self.shown + 1))
    }
    self.items = items
    names = zip(leading, leaders).map { category, leaders in
      category.map { categories[$0] } ?? Self.list(leaders, items)
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
    leaders = categories.map { _ in [] }
    self.items = items
  }

  /// The group's name for a sentence about an item, which is not named by that item itself.
  public func name(of group: Int, besides item: Int) -> String {
    guard names.indices.contains(group) else { return "" }
    return leaders[group].isEmpty
      ? names[group] : Self.list(leaders[group].filter { $0 != item }, items)
  }

  /// Items that stand for a group.
  private static let shown = 2

  private static func list(_ leaders: [Int], _ items: ItemChunk) -> String {
    leaders.prefix(shown).map { items.name(of: $0) }.joined(separator: ", ")
  }

  /// How many times as common as among all items a category must be to name a group.
  private static let leastRatio = 1.25

  /// The category with the largest weighted lift: share in the group times log of the share's ratio to
  /// all items (a pointwise Kullback-Leibler term), so that tiny categories do not win by chance.
  private static func leading(
    _ group: [Int], _ lists: [[UInt32]], _ overall: [Double], _ total: Double
  ) -> Int? {
    var counts = [Double](repeating: 0, count: overall.count)
    for item in group { for category in lists[item] { counts[Int(category)] += 1 } }
    let size = Double(group.count)
    let weights = counts.indices.map { category -> Double in
      guard counts[category] > 0, overall[category] > 0 else { return 0 }
      let share = counts[category] / size
      let ratio = share * total / overall[category]
      return ratio < Self.leastRatio ? 0 : share * log(ratio)
    }
    guard let best = weights.indices.max(by: { (weights[$0], -$0) < (weights[$1], -$1) }),
      weights[best] > 0
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
