// How are the claims of a reason put into places of sentences and into JSON?

import Interchange
import Recommending
import ToolKit

/// Names and numbers for what a reason claims, and nothing for what it does not.
struct ReasonWords: Sendable {
  private let items: ItemChunk
  private let categories: [String]
  /// Training interactions of each item, and training users.
  private let choosers: [Int]
  private let users: Int?
  /// From so many interactions on an item is popular, and in the most chosen tenth.
  private let (popular, frequent): (Int, Int)
  /// The share of all interactions that the most popular items have: the short head (Cremonesi et al., 2010).
  private static let shortHead = 0.33

  init(_ model: StoredModel) {
    items = model.items
    categories = model.categories
    choosers = model.itemInteractions
    users = model.description["training_users"]?.int
    let sorted = choosers.sorted(by: >)
    frequent = max(sorted.isEmpty ? 0 : sorted[sorted.count / 10], 1)
    var left = Self.shortHead * Double(choosers.reduce(0, +))
    let last = sorted.first { count in
      left -= Double(count)
      return left <= 0
    }
    popular = max(last ?? 0, 1)
  }

  /// By the names of `SentenceTemplates.places`.
  func values(_ reason: RecommendationReason) -> [String: String] {
    let item = Int(reason.item)
    var values = ["title": name(reason.item), "item": items.ids[item], "place": "\(reason.place)"]
    if reason.personal > 0, reason.choices > 1 { values["choices"] = "\(reason.choices)" }
    if let users, choosers[item] > 0 {
      values["choosers"] = "\(choosers[item])"
      values["users"] = "\(users)"
      if reason.popularityLeads, choosers[item] >= min(popular, frequent) {
        values[choosers[item] >= popular ? "popular" : "frequent"] = values["choosers"]
      }
    }
    if let own = reason.own { values.merge(places("own", own, reason)) { $1 } }
    if let little = reason.little { values.merge(places("little", little, reason)) { $1 } }
    if let taste = reason.taste {
      values.merge(places("group", taste.own, reason)) { $1 }
      if case .category(let category) = taste.kind {
        values["group"] = GroupNames.short(categories[category])
      }
      values["group_count"] = "\(taste.own.items.count)"
      if let own = reason.own, taste.own.placeWithout > own.placeWithout,
        taste.own.share >= own.share + RecommendationReason.leastTold
      {
        values["group_further"] = values["group_place"]
      }
    }
    return values
  }

  private func places(
    _ prefix: String, _ removal: RecommendationReason.Removal, _ reason: RecommendationReason
  ) -> [String:
    String]
  {
    var values: [String: String] = [:]
    for (rank, item) in removal.items.prefix(removal.named).enumerated() {
      values["\(prefix)\(rank + 1)"] = name(item)
    }
    let more = removal.items.count - removal.named
    if more > 0 { values["\(prefix)_more"] = "\(more)" }
    let percent = percent(removal.shareOfNamed)
    if percent > 0 { values["\(prefix)_share"] = "\(percent)" }
    if removal.placeWithout > reason.place {
      values["\(prefix)_place"] = "\(removal.placeWithout)"
    }
    return values
  }

  /// Shares above 1 are possible: without the own items the user would want it less than others do.
  private func percent(_ share: Double) -> Int { Int((100 * min(share, 1)).rounded(.down)) }

  private func name(_ item: UInt32) -> String { items.name(of: Int(item)) }

  func json(_ reason: RecommendationReason) -> JSONValue {
    var members: [String: JSONValue] = [
      "place": .integer(reason.place), "general": .number(reason.general),
      "personal": .number(reason.personal), "popularity_leads": .bool(reason.popularityLeads),
    ]
    if let own = reason.own { members["own"] = json(own) }
    if let little = reason.little { members["little"] = json(little) }
    if let taste = reason.taste {
      switch taste.kind {
      case .group(let group): members["taste"] = json(taste.own, ("group", .integer(group)))
      case .category(let category):
        members["taste"] = json(taste.own, ("category", .string(categories[category])))
      }
    }
    return .object(members)
  }

  private func json(_ removal: RecommendationReason.Removal, _ kind: (String, JSONValue)? = nil)
    -> JSONValue
  {
    var members: [String: JSONValue] = [
      "items": .array(
        removal.items.map { ["item": .string(items.ids[Int($0)]), "title": .string(name($0))] }),
      "named": .integer(removal.named), "share": .number(removal.share),
      "share_of_named": .number(removal.shareOfNamed),
      "place_without": .integer(removal.placeWithout),
    ]
    if let kind { members[kind.0] = kind.1 }
    return .object(members)
  }
}
