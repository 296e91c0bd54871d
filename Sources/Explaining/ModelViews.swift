// What has a model learnt: which kinds of users, which groups of items, which factors?

import DenseMath
import Glibc
import Interchange
import Recommending
import ToolKit

/// One thing that a model has learnt, for people and for programs.
struct LearntThing {
  let lines: [String]
  let json: JSONValue
}

/// Views of a whole model.
struct ModelViews {
  let stored: StoredModel
  let fitted: any RecommendationModel
  /// Items, categories and groups named for each thing.
  let show: Int

  private var items: ItemChunk { stored.items }
  private var categories: [String] { stored.categories }

  private func inner() throws -> any InterpretableModel {
    guard let inner = fitted.core as? any InterpretableModel else {
      throw ToolError(
        .badData,
        "a model of the kind '\(stored.description["model"]?.string ?? "")' has no user clusters or factors"
      )
    }
    return inner
  }

  // MARK: Clusters

  /// The share of users in each cluster, its dimensions, and what sets it apart: what its users have more
  /// of than all users.
  ///
  /// - Parameter rows: users' histories, in the model's items.
  /// - Throws: `ToolError` for models without clusters.
  func clusters(_ rows: SparseRows) throws -> [LearntThing] {
    let inner = try inner()
    let profiles = ClusterProfile.all(
      of: inner, rows, items: items, categoryCount: categories.count)
    let names = ClusterProfile.names(profiles, items: items, categories: categories)
    let (shares, kept) = (inner.expectedClusterShares, inner.keptDimensions)
    return profiles.enumerated().map { cluster, profile in
      let (kinds, titles) = (profile.categories, profile.items)
      let share = Double(profile.users) / Double(max(rows.rowCount, 1))
      let dimensions = kept[cluster].count { $0 }
      return LearntThing(
        lines: [
          "cluster \(cluster): \(percent(share)) of \(rows.rowCount) users"
            + " (expected \(percent(shares[cluster]))), \(dimensions) dimensions",
          kinds.isEmpty ? nil : "  more than others: \(named(kinds) { categories[$0] })",
          titles.isEmpty ? nil : "  items: \(named(titles) { items.name(of: $0) })",
          "  histories: \(profile.length) items in the middle, \(profile.usualLength) of all users",
          kinds.isEmpty && titles.isEmpty ? "  nothing that its users choose sets it apart" : nil,
        ].compactMap { $0 },
        json: [
          "cluster": .integer(cluster), "name": names[cluster].map { .string($0) } ?? .null,
          "median_history": .integer(profile.length),
          "median_history_of_all": .integer(profile.usualLength), "users": .integer(profile.users),
          "share": .number(share),
          "expected_share": .number(shares[cluster]),
          "dimensions": .integer(dimensions), "categories": categoryList(kinds),
          "items": itemList(titles),
        ])
    }
  }

  // MARK: Groups

  /// Each item group's name, size, most popular items and over-represented categories.
  ///
  /// Throws `ToolError` for models without item groups.
  func groups() throws -> [LearntThing] {
    guard let groups = fitted.itemGroups, let names = GroupNames(fitted, stored)?.names else {
      throw ToolError(
        .badData,
        "a model of the kind '\(stored.description["model"]?.string ?? "")' has no item groups here"
      )
    }
    let popularity = stored.itemInteractions
    return names.indices.map { group in
      let members = groups.assignment.indices.filter { groups.assignment[$0] == UInt32(group) }
      let kinds = kinds(of: members)
      let leading = members.sorted { (-popularity[$0], $0) < (-popularity[$1], $1) }.prefix(show)
      return LearntThing(
        lines: [
          "group \(group) '\(names[group])': \(members.count) items",
          kinds.isEmpty ? nil : "  more than others: \(named(kinds) { categories[$0] })",
          leading.isEmpty
            ? nil : "  items: \(leading.map { items.name(of: $0) }.joined(separator: ", "))",
        ].compactMap { $0 },
        json: [
          "group": .integer(group), "name": .string(names[group]),
          "size": .integer(members.count), "categories": categoryList(kinds),
          "items": .array(leading.map { item($0) }),
        ])
    }
  }

  /// Categories that some items have more of than all items.
  private func kinds(of members: [Int]) -> [Prominent] {
    guard let lists = items.categories else { return [] }
    var (own, all) = (
      [Double](repeating: 0, count: categories.count),
      [Double](repeating: 0, count: categories.count)
    )
    for list in lists { for category in list { all[Int(category)] += 1 } }
    for item in members { for category in lists[item] { own[Int(category)] += 1 } }
    return prominent(
      own, of: Double(members.count), all: all, of: Double(lists.count), least: 1)
  }

  // MARK: Factors

  /// For each latent dimension the items at both of its ends, by the item vectors of unit length, and the
  /// item groups it is mapped to most in any cluster.
  ///
  /// Only items with at least the median number of interactions are named: vectors of rare items have
  /// seen too little to stand for a factor.
  ///
  /// Throws `ToolError` for models without factors.
  func factors() throws -> [LearntThing] {
    let inner = try inner()
    let (vectors, popularity) = (inner.factorVectors, stored.itemInteractions)
    guard !popularity.isEmpty else { return [] }
    let middle = popularity.sorted()[popularity.count / 2]
    let known = popularity.indices.filter { popularity[$0] >= middle }
    // Factors that speak about no item say nothing here.
    let alive = (0..<inner.latentCount).filter { factor in
      vectors.columns != inner.latentCount
        || (0..<vectors.rows).contains { vectors[$0, factor] != 0 }
    }
    return alive.map { factor in
      let order = known.sorted {
        (vectors[$0, factor], $1) > (vectors[$1, factor], $0)
      }
      let ends = [("high", Array(order.prefix(50))), ("low", Array(order.suffix(50).reversed()))]
      var lines = ["factor \(factor)"]
      var members: [String: JSONValue] = ["factor": .integer(factor)]
      for (name, end) in ends {
        let kinds = kinds(of: end)
        let titles = end.prefix(show).map { items.name(of: $0) }.joined(separator: ", ")
        let more = kinds.isEmpty ? "" : " (\(named(kinds) { categories[$0] }))"
        lines.append("  \(name): \(titles)\(more)")
        members[name] = [
          "items": .array(end.prefix(show).map { item($0) }), "categories": categoryList(kinds),
        ]
      }
      if let mapping = inner.factorToGroup, inner.clusterCount > 0 {
        let count = mapping.rows / inner.clusterCount
        let strength = (0..<count).map { group in
          (0..<inner.clusterCount).map { mapping[$0 * count + group, factor] }
            .max { abs($0) < abs($1) } ?? 0
        }
        let open = strength.indices.filter { strength[$0] != 0 }
        let strongest = open.sorted { (abs(strength[$0]), $1) > (abs(strength[$1]), $0) }
          .prefix(show)
        lines.append(
          "  open to \(open.count) of \(count) groups: "
            + strongest.map { "\($0) (\(fixed(Double(strength[$0]), 3)))" }.joined(separator: ", "))
        members["open"] = .integer(open.count)
        members["groups"] = .array(
          strongest.map { ["group": .integer($0), "value": .number(Double(strength[$0]))] })
      }
      return LearntThing(lines: lines, json: .object(members))
    }
  }

  // MARK: Words

  private func item(_ index: Int) -> JSONValue {
    ["item": .string(items.ids[index]), "title": .string(items.name(of: index))]
  }

  private func named(_ found: [Prominent], _ name: (Int) -> String) -> String {
    found.prefix(show).map { "\(name($0.index)) x\(fixed($0.lift, 1))" }.joined(separator: ", ")
  }

  private func categoryList(_ found: [Prominent]) -> JSONValue {
    .array(
      found.prefix(show).map {
        [
          "category": .string(categories[$0.index]), "share": .number($0.share),
          "lift": .number($0.lift),
        ]
      })
  }

  private func itemList(_ found: [Prominent]) -> JSONValue {
    .array(
      found.prefix(show).map {
        [
          "item": .string(items.ids[$0.index]), "title": .string(items.name(of: $0.index)),
          "share": .number($0.share), "lift": .number($0.lift),
        ]
      })
  }

  private func percent(_ share: Double) -> String { "\(fixed(100 * share, 1)) %" }
}
