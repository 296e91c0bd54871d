// What are groups of items called?

import Glibc
import Interchange

/// Names for item groups: the category, or else the years, that most of what is chosen of a group has in common and
/// that sets it apart, otherwise its most popular titles (or ids). Groups of one such label have the best known title of
/// it beside it, so that all names are different.
public struct GroupNames: Sendable {
  public let names: [String]

  /// What items can have in common.
  enum Label: Hashable {
    case category(Int)
    case years(ClosedRange<Int>)
  }

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
    let traits = ItemTraits(items, categories: categories, weights: popularity.map(Double.init))
    let labels = members.map { traits.label(of: $0) }
    let ranked = members.map { group in
      group.sorted { (-popularity[$0], $0) < (-popularity[$1], $1) }
    }
    let words = traits.words(Set(labels.compactMap { $0 }))
    let first = zip(labels, ranked).map { label, ranked -> String in
      guard let label, let word = words[label] else {
        return ranked.prefix(Self.shown).map { items.name(of: $0) }.joined(separator: ", ")
      }
      let isShared = labels.count { $0 == label } > 1
      guard isShared, let known = ranked.first(where: { traits.has($0, label) }) else {
        return word
      }
      return "\(word), \(items.name(of: known))"
    }
    names = Self.distinct(first)
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
    self.init(names: stored.categories)
  }

  private init(names: [String]) { self.names = names }

  /// The last step of a category in a tree: `Coffee & Tea` of `Home > Kitchen > Coffee & Tea`.
  public static func short(_ category: String) -> String {
    var rest = category[...]
    while let step = rest.firstRange(of: " > ") { rest = rest[step.upperBound...] }
    return rest.isEmpty ? category : String(rest)
  }

  static func words(_ years: ClosedRange<Int>) -> String {
    years.count == 1 ? "\(years.lowerBound)" : "\(years.lowerBound)-\(years.upperBound)"
  }

  /// Items that stand for a group.
  private static let shown = 2

  /// Numbers behind those that are still the same; empty ones stay empty.
  private static func distinct(_ names: [String]) -> [String] {
    var seen = Set<String>()
    return names.map { name in
      guard !name.isEmpty, !seen.insert(name).inserted else { return name }
      var number = 2
      while !seen.insert("\(name) (\(number))").inserted { number += 1 }
      return "\(name) (\(number))"
    }
  }
}

/// What is known of items that can name some of them.
struct ItemTraits: Sendable {
  let categories: [String]
  private let lists: [[UInt32]]?
  /// The year in each title.
  private let years: [Int?]
  private let weights: [Double]
  /// The share of each category, and of each year, among all.
  private let overall: [Double]
  private let overallYears: [Int: Double]

  /// The least share of the interactions of some items that a label must have.
  private static let leastShare = 0.5
  /// The longest period that is a label.
  private static let longestPeriod = 10
  /// How many times as common as among all items it must be.
  private static let leastRatio = 1.25

  init(_ items: ItemChunk, categories: [String], weights: [Double]) {
    self.categories = categories
    self.weights = weights
    lists = items.categories
    years = (items.titles ?? []).map(Self.year)
    let all = Array(weights.indices)
    overall = lists.map { Self.shares(all, $0, weights, categories.count) } ?? []
    overallYears = Self.yearShares(all, years, weights)
  }

  func has(_ item: Int, _ label: GroupNames.Label) -> Bool {
    switch label {
    case .category(let category): lists?[item].contains(UInt32(category)) ?? false
    case .years(let range): years.indices.contains(item) && years[item].map(range.contains) ?? false
    }
  }

  /// What most of the interactions of some items have in common and sets them apart: the label with the largest share
  /// times log of the share's ratio to all items (a pointwise Kullback-Leibler term), so that neither what all have nor
  /// what is rare wins by that alone. Years only where no category does.
  func label(of members: [Int]) -> GroupNames.Label? {
    category(of: members).map { .category($0) } ?? period(of: members).map { .years($0) }
  }

  private func category(of members: [Int]) -> Int? {
    guard let lists else { return nil }
    let shares = Self.shares(members, lists, weights, categories.count)
    let lifts = zip(shares, overall).map(Self.lift)
    guard let best = lifts.indices.max(by: { (lifts[$0], -$0) < (lifts[$1], -$1) }),
      lifts[best] > 0,
      !categories[best].isEmpty
    else { return nil }
    // Of a tree the deepest level that still says it.
    let below = lifts.indices.filter {
      lifts[$0] > 0 && categories[$0].hasPrefix("\(categories[best]) > ")
    }
    return below.max {
      (categories[$0].utf8.count, lifts[$0], -$0) < (categories[$1].utf8.count, lifts[$1], -$1)
    } ?? best
  }

  private func period(of members: [Int]) -> ClosedRange<Int>? {
    let own = Self.yearShares(members, years, weights)
    let known = own.keys.sorted()
    var best: (lift: Double, range: ClosedRange<Int>)?
    for first in known {
      var (share, all) = (0.0, 0.0)
      var next = first
      for year in known where year >= first && year < first + Self.longestPeriod {
        share += own[year] ?? 0
        // Years between that none of these items is from are in the period all the same.
        for other in next...year { all += overallYears[other] ?? 0 }
        next = year + 1
        let lift = Self.lift(share, all)
        if lift > best?.lift ?? 0 { best = (lift, first...year) }
      }
    }
    return best?.range
  }

  private static func lift(_ share: Double, _ overall: Double) -> Double {
    guard share >= leastShare, share >= leastRatio * overall, overall > 0 else { return 0 }
    return share * log(share / overall)
  }

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

  private static func yearShares(_ items: [Int], _ years: [Int?], _ weights: [Double]) -> [Int:
    Double]
  {
    let total = items.reduce(0) { $0 + weights[$1] }
    guard total > 0, !years.isEmpty else { return [:] }
    var sums: [Int: Double] = [:]
    for item in items {
      if let year = years[item] { sums[year, default: 0] += weights[item] / total }
    }
    return sums
  }

  /// The last year in brackets that a title has, as in `Brazil (1985)`.
  static func year(in title: String) -> Int? {
    let bytes = Array(title.utf8)
    guard bytes.count >= 6 else { return nil }
    for start in (0...bytes.count - 6).reversed()
    where bytes[start] == UInt8(ascii: "(") && bytes[start + 5] == UInt8(ascii: ")") {
      guard let year = Int(String(decoding: bytes[start + 1..<start + 5], as: UTF8.self)),
        (1800...2200).contains(year)
      else { continue }
      return year
    }
    return nil
  }

  /// Words for labels: the last steps of categories, or all where these are the same.
  func words(_ labels: Set<GroupNames.Label>) -> [GroupNames.Label: String] {
    func short(_ label: GroupNames.Label) -> String {
      switch label {
      case .category(let category): GroupNames.short(categories[category])
      case .years(let years): GroupNames.words(years)
      }
    }
    let counts = Dictionary(grouping: labels, by: short).mapValues(\.count)
    return Dictionary(
      uniqueKeysWithValues: labels.map { label in
        guard case .category(let category) = label, counts[short(label)] ?? 0 > 1 else {
          return (label, short(label))
        }
        return (label, categories[category])
      })
  }
}

extension ItemChunk {
  /// An item's title, or its id where no title is known.
  public func name(of item: Int) -> String {
    if let title = titles?[item], !title.isEmpty { return title }
    return ids[item]
  }
}
