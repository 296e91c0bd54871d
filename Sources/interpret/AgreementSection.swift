// Do item groups and user clusters go with what is known of items?

import DenseMath
import InteractionData
import Interchange
import Interpretability
import ModelCatalogue
import Recommending
import ToolKit

/// How items' categories become labels.
private enum CategoryVariant: String, CaseIterable {
  /// Each item has the category listed first.
  case first
  /// Each item counts once with every category it has.
  case each
  /// The groups and clusters that simulated data were drawn from.
  case planted
  /// Those of another model.
  case other
}

/// Groups and clusters that a model's are held against.
struct KnownLabels {
  fileprivate let variant: CategoryVariant
  /// By ids.
  fileprivate let groups: [ID: UInt32]
  fileprivate let clusters: [ID: UInt32]
  fileprivate var groupCount: Int { Set(groups.values).count }
  fileprivate var title: String {
    variant == .planted ? "Agreement with what was planted" : "Agreement with another model"
  }

  /// What `simulate --truth` says of items and users.
  ///
  /// Throws `ToolError` when the file holds no planted structure.
  init(planted file: String) throws {
    let stored = try StoredModel(InputFile.stream(file, expecting: [.model]))
    // Copies, for the tensors go with the file.
    guard let groups = stored.tensors["item_group"]?.integers.map({ Array($0) }),
      let clusters = stored.tensors["user_cluster"]?.integers.map({ Array($0) }),
      groups.count == stored.items.ids.count
    else {
      throw ToolError(.badData, "\(file): holds no planted structure; write it by simulate --truth")
    }
    defer { withExtendedLifetime(stored) {} }
    variant = .planted
    self.groups = Dictionary(zip(stored.items.ids.map(ID.init), groups)) { first, _ in first }
    // simulate numbers users from 1 in its own order.
    self.clusters = Dictionary(
      uniqueKeysWithValues: clusters.enumerated().map { (ID(String($0.offset + 1)), $0.element) })
  }

  /// What another model makes of the same items and users.
  ///
  /// Throws `FormatError`, `ModelError` and `ToolError` when it has neither groups nor clusters.
  init(other file: String, _ subjects: Subjects) throws {
    let stored = try StoredModel(InputFile.stream(file, expecting: [.model]))
    let model = try ModelCatalogue.restore(stored)
    guard let latent = model.core as? any LatentModel else {
      throw ToolError(.badData, "\(file): the model has neither item groups nor user clusters")
    }
    variant = .other
    let assignment = latent.groupOfItems?.assignment ?? []
    groups = Dictionary(zip(stored.items.ids.map(ID.init), assignment)) { first, _ in first }
    let map = ItemMap(from: subjects.stored.items.ids, to: stored.items.ids)
    let seen = latent.represent(Subjects.known(subjects.training, map))
    let isOne = seen.clusterWeights.columns < 2
    clusters = Dictionary(
      uniqueKeysWithValues: isOne
        ? []
        : subjects.trainingIDs.enumerated().map {
          (ID($1), UInt32(seen.heaviestCluster(of: $0)))
        })
    guard !groups.isEmpty || !clusters.isEmpty else {
      throw ToolError(.badData, "\(file): the model has neither item groups nor user clusters")
    }
  }
}

/// A grouping of items or users, from the model or made of its representations.
private struct Grouping {
  let source: String
  let labels: [UInt32]
}

/// Agreement of item groups with categories and of user clusters with users' main category.
///
/// Beside the model's own groups and clusters, spherical k-means of item vectors (as many groups as
/// categories) and of users' representations, which also models without groups have.
/// With a planted structure, or another model, both are held against that as well.
func agreementSection(
  _ subjects: Subjects, clusters: Int, known: KnownLabels?, seed: UInt64
) -> Section {
  let title = known?.title ?? "Agreement with categories"
  let stored = subjects.stored
  let lists = stored.items.categories ?? []
  let hasCategories = lists.contains { !$0.isEmpty }
  guard hasCategories || known != nil else {
    return .absent(.agreement, title, because: "the items have no categories")
  }
  guard let model = subjects.latent, let seen = subjects.seen else {
    return .absent(
      .agreement, title, because: "the model has no groups, clusters or latent features")
  }
  var items: [Grouping] = []
  if let own = model.groupOfItems {
    items.append(Grouping(source: "model", labels: own.assignment))
  }
  let vectors = model.itemVectors
  let wanted = hasCategories ? stored.categories.count : known?.groupCount ?? 0
  let count = min(max(wanted, 2), vectors.rows)
  items.append(
    Grouping(
      source: "k-means",
      labels: sphericalKMeans(vectors, clusters: count, seed: seed, iterations: 50).assignment))
  var users: [Grouping] = []
  if seen.clusterWeights.columns > 1 {
    let labels = (0..<seen.points.rows).map { UInt32(seen.heaviestCluster(of: $0)) }
    users.append(Grouping(source: "model", labels: labels))
  }
  let userCount = min(clusters, seen.points.rows)
  users.append(
    Grouping(
      source: "k-means",
      labels: sphericalKMeans(seen.points, clusters: userCount, seed: seed, iterations: 50)
        .assignment))

  var lines = [
    [
      "of", "by", "categories", "groups", "things", "purity", "one group", "NMI", "AMI", "ARI",
      "verdict",
    ]
  ]
  var values: [JSONValue] = []
  func add(_ what: String, _ grouping: Grouping, _ variant: CategoryVariant, _ table: Contingency) {
    lines.append([
      what, grouping.source, variant.rawValue, "\(table.labels.first)", "\(table.total)",
      fixed(table.purity, 4), fixed(table.leastPurity, 4), fixed(table.normalisedInformation, 4),
      fixed(table.adjustedInformation, 4), fixed(table.adjustedRand, 4),
      Verdict(agreement: table.adjustedInformation).rawValue,
    ])
    values.append([
      "of": .string(what), "by": .string(grouping.source), "categories": .string(variant.rawValue),
      "groups": .integer(table.labels.first), "categoryCount": .integer(table.labels.second),
      "things": .integer(table.total), "purity": .number(table.purity),
      "purityOfOneGroup": .number(table.leastPurity), "nmi": .number(table.normalisedInformation),
      "ami": .number(table.adjustedInformation), "ari": .number(table.adjustedRand),
      "verdict": .string(Verdict(agreement: table.adjustedInformation).rawValue),
    ])
  }
  if let known {
    let groups = stored.items.ids.map { known.groups[ID($0)] }
    let types = subjects.trainingIDs.map { known.clusters[ID($0)] }
    for (what, groupings, truth) in [("items", items, groups), ("users", users, types)]
    where truth.contains(where: { $0 != nil }) {
      for grouping in groupings {
        let pairs = zip(grouping.labels, truth).compactMap { label, known in
          known.map { (label, $0) }
        }
        add(what, grouping, known.variant, Contingency(pairs))
      }
    }
  }
  guard hasCategories else {
    return Section(.agreement, title, lines: aligned(lines), value: .array(values))
  }
  for variant in [CategoryVariant.first, .each] {
    for grouping in items { add("items", grouping, variant, table(grouping, lists, variant)) }
  }
  for variant in [CategoryVariant.first, .each] {
    let main = mainCategories(subjects.training, lists, stored.categories.count, variant)
    for grouping in users {
      let pairs = zip(grouping.labels, main).compactMap { label, category in
        category.map { (label, $0) }
      }
      add("users", grouping, variant, Contingency(pairs))
    }
  }
  return Section(.agreement, title, lines: aligned(lines), value: .array(values))
}

private func table(_ grouping: Grouping, _ lists: [[UInt32]], _ variant: CategoryVariant)
  -> Contingency
{
  var pairs: [(UInt32, UInt32)] = []
  for (label, list) in zip(grouping.labels, lists) {
    switch variant {
    case .first: if let category = list.first { pairs.append((label, category)) }
    case .each: for category in list { pairs.append((label, category)) }
    case .planted, .other: break
    }
  }
  return Contingency(pairs)
}

/// The category that most of a user's items have, the lower one among equals; nil without any.
private func mainCategories(
  _ users: SparseRows, _ lists: [[UInt32]], _ count: Int, _ variant: CategoryVariant
) -> [UInt32?] {
  (0..<users.rowCount).map { user in
    var counts = [Int](repeating: 0, count: count)
    for item in users.row(user) {
      for category in variant == .first ? lists[Int(item)].prefix(1) : lists[Int(item)][...] {
        counts[Int(category)] += 1
      }
    }
    var best: Int?
    for category in counts.indices where counts[category] > (best.map { counts[$0] } ?? 0) {
      best = category
    }
    return best.map { UInt32($0) }
  }
}
