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
  /// Planted doors and item vectors, with the place of each item; nil where there are none.
  fileprivate let doors: (plan: DoorPlan, places: [ID: Int])?
  fileprivate var groupCount: Int { Set(groups.values).count }
  fileprivate var title: String {
    variant == .planted ? "Agreement with what was planted" : "Agreement with another model"
  }

  /// What `simulate --truth` says of items and users.
  ///
  /// Throws `ToolError` when the file holds no planted structure.
  init(planted file: String, _ subjects: Subjects) throws {
    let stored = try StoredModel(InputFile.stream(file, expecting: [.model]))
    let drawn = subjects.stream.provenance.steps.filter { $0.tool == "simulate" }
    if let own = stored.provenance.steps.last, !drawn.isEmpty,
      !drawn.contains(where: { $0.drawsAlike(own) })
    {
      throw ToolError(
        .badData,
        "\(file): was planted in other data than \(subjects.stream.name); give what the same run of simulate wrote"
      )
    }
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
    doors = Self.doors(stored, groups)
  }

  /// The planted doors, some of them closed; factors along which no cluster's users differ (simulate gives them a
  /// variance of 0.01) show nowhere and are left out.
  private static func doors(_ stored: StoredModel, _ groups: [UInt32]) -> (DoorPlan, [ID: Int])? {
    func matrix(_ name: String) -> Matrix<Float>? {
      guard let tensor = stored.tensors[name], tensor.shape.count == 2, let values = tensor.floats
      else { return nil }
      return Matrix(rows: tensor.shape[0], columns: tensor.shape[1], Array(values))
    }
    guard let doors = matrix("doors"), let items = matrix("item_vectors"),
      let variances = matrix("cluster_variances"), variances.columns == doors.columns,
      items.rows == groups.count, items.columns == doors.columns, doors.buffer.contains(0),
      groups.allSatisfy({ $0 < doors.rows })
    else { return nil }
    let places = stored.items.ids.enumerated().map { (ID($1), $0) }
    let alive = (0..<doors.columns).filter { factor in
      (0..<variances.rows).contains { variances[$0, factor] > 0.02 }
    }
    func columns(_ matrix: Matrix<Float>) -> Matrix<Float> {
      Matrix(
        rows: matrix.rows, columns: alive.count,
        (0..<matrix.rows).flatMap { row in alive.map { matrix[row, $0] } })
    }
    return (
      DoorPlan(doors: columns(doors), items: columns(items), groups: groups),
      Dictionary(places) { first, _ in first }
    )
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
    doors = nil
    let assignment = latent.groupOfItems?.assignment ?? []
    groups = Dictionary(zip(stored.items.ids.map(ID.init), assignment)) { first, _ in first }
    let map = ItemMap(from: subjects.stored.items.ids, to: stored.items.ids)
    try subjects.stored.items.refuseOtherThings(in: stored.items, file) { map[$0] }
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

/// How well groupings agree with categories, a line each.
private struct AgreementTable {
  private(set) var lines = [
    [
      "of", "by", "categories", "groups", "things", "purity", "one group", "NMI", "AMI", "ARI",
      "verdict",
    ]
  ]
  private(set) var values: [JSONValue] = []

  mutating func add(
    _ what: String, _ grouping: Grouping, _ variant: CategoryVariant, _ table: Contingency
  ) {
    let verdict = Verdict(agreement: table.adjustedInformation).rawValue
    lines.append([
      what, grouping.source, variant.rawValue, "\(table.labels.first)", "\(table.total)",
      fixed(table.purity, 4), fixed(table.leastPurity, 4), fixed(table.normalisedInformation, 4),
      fixed(table.adjustedInformation, 4), fixed(table.adjustedRand, 4), verdict,
    ])
    values.append([
      "of": .string(what), "by": .string(grouping.source), "categories": .string(variant.rawValue),
      "groups": .integer(table.labels.first), "categoryCount": .integer(table.labels.second),
      "things": .integer(table.total), "purity": .number(table.purity),
      "purityOfOneGroup": .number(table.leastPurity), "nmi": .number(table.normalisedInformation),
      "ami": .number(table.adjustedInformation), "ari": .number(table.adjustedRand),
      "verdict": .string(verdict),
    ])
  }

  /// Adds groupings of things of which some have a label; the others do not count.
  mutating func add(
    _ what: String, _ groupings: [Grouping], _ variant: CategoryVariant, _ labels: [UInt32?]
  ) {
    for grouping in groupings {
      let pairs = zip(grouping.labels, labels).compactMap { label, known in
        known.map { (label, $0) }
      }
      add(what, grouping, variant, Contingency(pairs))
    }
  }
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
  let wanted = hasCategories ? stored.categories.count : known?.groupCount ?? 0
  let items = itemGroupings(model, count: wanted, seed: seed)
  let users = userGroupings(seen, count: clusters, seed: seed)
  var table = AgreementTable()
  if let known {
    let groups = stored.items.ids.map { known.groups[ID($0)] }
    let types = subjects.trainingIDs.map { known.clusters[ID($0)] }
    for (what, groupings, truth) in [("items", items, groups), ("users", users, types)]
    where truth.contains(where: { $0 != nil }) {
      table.add(what, groupings, known.variant, truth)
    }
  }
  if hasCategories {
    for variant in [CategoryVariant.first, .each] {
      for grouping in items {
        table.add("items", grouping, variant, contingency(grouping, lists, variant))
      }
    }
    for variant in [CategoryVariant.first, .each] {
      let main = mainCategories(subjects.training, lists, stored.categories.count, variant)
      table.add("users", users, variant, main)
    }
  }
  let doors = known?.recovery(of: subjects)
  return Section(
    .agreement, title, lines: aligned(table.lines) + (doors.map { [$0.line] } ?? []),
    value: .array(table.values + (doors.map { [$0.value] } ?? [])))
}

extension KnownLabels {
  /// How far the doors that were planted closed are those that the model has closed; nil where either has none.
  fileprivate func recovery(of subjects: Subjects) -> (line: String, value: JSONValue)? {
    guard let doors, let model = subjects.fitted.core as? any InterpretableModel,
      let mapping = model.factorToGroup, let groups = model.groupOfItems?.assignment
    else { return nil }
    let places = subjects.stored.items.ids.map { doors.places[ID($0)] }
    let shared = places.indices.filter { places[$0] != nil }
    let (count, vectors) = (mapping.rows / max(model.clusterCount, 1), model.factorVectors)
    // Closed in every cluster.
    let open = Matrix<Float>(rows: count, columns: mapping.columns)
    for row in 0..<mapping.rows {
      for factor in 0..<mapping.columns where mapping[row, factor] != 0 {
        open[row % count, factor] = 1
      }
    }
    let planted = doors.plan
    func rows(_ matrix: Matrix<Float>, _ places: [Int]) -> Matrix<Float> {
      Matrix(rows: places.count, columns: matrix.columns, places.flatMap { Array(matrix.row($0)) })
    }
    let own = shared.compactMap { places[$0] }
    let found = DoorRecovery(
      DoorPlan(
        doors: planted.doors, items: rows(planted.items, own),
        groups: own.map { planted.groups[$0] }),
      DoorPlan(doors: open, items: rows(vectors, shared), groups: shared.map { groups[$0] }))
    let line =
      "planted doors: \(found.planted) of \(found.pairs) pairs of a group and a factor closed, \(found.closed) found closed, "
      + "precision \(fixed(found.precision, 2)), recall \(fixed(found.recall, 2)), F1 \(fixed(found.f1, 2))"
      + " (matched factors correlate by \(fixed(found.likeness, 2)))"
    return (
      line,
      [
        "of": "doors", "by": "model", "categories": "planted", "pairs": .integer(found.pairs),
        "planted": .integer(found.planted), "closed": .integer(found.closed),
        "precision": .number(found.precision), "recall": .number(found.recall),
        "f1": .number(found.f1), "likeness": .number(found.likeness),
      ]
    )
  }
}

/// The model's own groups, and about so many of item vectors.
private func itemGroupings(_ model: any LatentModel, count: Int, seed: UInt64) -> [Grouping] {
  let own = model.groupOfItems.map { Grouping(source: "model", labels: $0.assignment) }
  let vectors = model.itemVectors
  let made = sphericalKMeans(
    vectors, clusters: min(max(count, 2), vectors.rows), seed: seed, iterations: 50)
  return [own, Grouping(source: "k-means", labels: made.assignment)].compactMap { $0 }
}

/// The clusters that weigh most of users, and as many of users' representations.
private func userGroupings(_ seen: UserRepresentations, count: Int, seed: UInt64) -> [Grouping] {
  var groupings: [Grouping] = []
  if seen.clusterWeights.columns > 1 {
    let labels = (0..<seen.points.rows).map { UInt32(seen.heaviestCluster(of: $0)) }
    groupings.append(Grouping(source: "model", labels: labels))
  }
  let made = sphericalKMeans(
    seen.points, clusters: min(count, seen.points.rows), seed: seed, iterations: 50)
  return groupings + [Grouping(source: "k-means", labels: made.assignment)]
}

private func contingency(_ grouping: Grouping, _ lists: [[UInt32]], _ variant: CategoryVariant)
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

extension ProvenanceStep {
  /// Whether another run of simulate drew the same, as far as its options tell.
  fileprivate func drawsAlike(_ other: ProvenanceStep) -> Bool {
    func choices(_ step: ProvenanceStep) -> [String] {
      var (kept, words) = ([String](), step.arguments[...])
      while let word = words.popFirst() {
        if word == "--truth" || word == "--seed" || word == "-z" || word == "--compression" {
          words = words.dropFirst()
        } else if !["--truth=", "--seed=", "--compression="].contains(where: word.hasPrefix) {
          kept.append(word)
        }
      }
      return kept
    }
    return seed == other.seed && Set(choices(self)) == Set(choices(other))
  }
}
