// How much of the scores flows through how few factors, and into how few groups?

import DenseMath
import Fitting
import Glibc
import Interchange
import Interpretability
import Recommending
import ToolKit

/// What is kept and open in a model, how much of users' best recommendations few factors carry, and whether the items
/// that a group or factor stands for carry the score.
func structureSection(
  _ subjects: Subjects, users wanted: Int, seed: UInt64, _ context: ToolContext
) -> Section {
  let title = "Structure: what flows through which factors into which groups"
  guard let inner = subjects.fitted.core as? any InterpretableModel else {
    return .absent(.structure, title, because: "the model has no factors that make up its scores")
  }
  guard subjects.fitted.settings["basis"]?.string == "canonical" else {
    return .absent(
      .structure, title, because: "its factors are those of no particular basis; fit it again")
  }
  var lines: [String] = []
  var value: [String: JSONValue] = [:]
  let kept = inner.keptDimensions.map { $0.count { $0 } }
  lines.append(
    "factors kept in each user cluster: \(kept.map(String.init).joined(separator: ", "))"
      + " of \(inner.latentCount)")
  value["kept"] = .array(kept.map { .integer($0) })
  if let clusters = ClusterSizes(subjects) {
    lines.append(
      "user clusters: \(clusters.shares.map(percent).joined(separator: ", ")) of the users;"
        + " their correlation ratio with the logarithm of how much users chose is \(fixed(clusters.length, 2))"
        + " (1 where clusters tell nothing but that)")
    value["clusterShares"] = .array(clusters.shares.map { .number($0) })
    value["clustersByLength"] = .number(clusters.length)
  }
  if let doors = Doors(inner) {
    lines.append(
      "doors closed between factors and groups: \(percent(doors.closed)) of all,"
        + " \(percent(doors.closedOfLive)) of those of the \(doors.live) factors that are open to any group"
    )
    lines.append(
      "groups that a factor moves: \(fixed(doors.groups, 1)) of \(doors.count)"
        + " (exp of the entropy of its energy over groups, mean of those \(doors.live); none is the one that all users share)"
    )
    value["closed"] = .number(doors.closed)
    value["closedOfLive"] = .number(doors.closedOfLive)
    value["live"] = .integer(doors.live)
    value["groupsOfFactor"] = .number(doors.groups)
  }
  let flow = Flow(subjects, inner, users: wanted, seed: seed, context)
  if let share = flow.absolute, let signed = flow.signed {
    lines.append(
      "four largest factors of a recommendation, what all users share left out: \(percent(share)) of the"
        + " sum of absolute values (mean), \(percent(signed)) of the signed sum (median);"
        + " \(flow.recommendations) best items of \(flow.users) users, \(fixed(flow.factors, 1)) factors each"
    )
    value["fourLargest"] = .number(share)
    value["fourLargestSigned"] = .number(signed)
  }
  for (name, found) in [("group", flow.byGroup), ("factor", flow.byFactor)] where found.cases > 0 {
    lines.append(
      "taking away the own items that the first \(name) stands for lowers a first item's score more than"
        + " as many others: \(percent(Double(found.hits) / Double(found.cases))) of \(found.cases)")
    value["deletionBy\(name.capitalized)"] = .number(Double(found.hits) / Double(found.cases))
  }
  return Section(.structure, title, lines: lines, value: .object(value))
}

/// Who is in which user cluster.
private struct ClusterSizes {
  let shares: [Double]
  /// The correlation ratio eta: the root of the share that clusters have in the variance of log lengths.
  let length: Double

  /// Nil where there is one cluster.
  init?(_ subjects: Subjects) {
    guard let seen = subjects.seen, seen.clusterWeights.columns > 1 else { return nil }
    let users = 0..<seen.points.rows
    let offsets = subjects.training.offsets
    let lengths = users.map { log(Double(max(offsets[$0 + 1] - offsets[$0], 1))) }
    let mean = lengths.reduce(0, +) / Double(max(users.count, 1))
    var sums = [(users: Double, excess: Double)](
      repeating: (0, 0), count: seen.clusterWeights.columns)
    var whole = 0.0
    for user in users {
      let (cluster, excess) = (seen.heaviestCluster(of: user), lengths[user] - mean)
      sums[cluster].users += 1
      sums[cluster].excess += excess
      whole += excess * excess
    }
    shares = sums.map { $0.users / Double(max(users.count, 1)) }
    let between = sums.reduce(0) { $1.users > 0 ? $0 + $1.excess * $1.excess / $1.users : $0 }
    length = whole > 0 ? (between / whole).squareRoot() : 0
  }
}

/// What O has to say, the factor that all users share left out.
private struct Doors {
  let count: Int
  let live: Int
  let closed: Double
  let closedOfLive: Double
  let groups: Double

  /// Nil for models without factor-to-group vectors.
  init?(_ inner: any InterpretableModel) {
    guard let mapping = inner.factorToGroup, inner.clusterCount > 0,
      inner.latentCount > inner.commonCount
    else {
      return nil
    }
    count = mapping.rows / inner.clusterCount
    var (live, open, moved) = (0, 0, 0.0)
    for factor in inner.commonCount..<inner.latentCount {
      let energies = (0..<count).map { group in
        (0..<inner.clusterCount).reduce(0.0) {
          let strength = Double(mapping[$1 * mapping.rows / inner.clusterCount + group, factor])
          return max($0, strength * strength)
        }
      }
      let total = energies.reduce(0, +)
      guard total > 0 else { continue }
      live += 1
      open += energies.count { $0 > 0 }
      moved += exp(-energies.reduce(0) { $1 > 0 ? $0 + $1 / total * log($1 / total) : $0 })
    }
    self.live = live
    closed = 1 - Double(open) / Double(count * (inner.latentCount - inner.commonCount))
    closedOfLive = live > 0 ? 1 - Double(open) / Double(count * live) : 0
    groups = live > 0 ? moved / Double(live) : 0
  }
}

/// What users' best recommendations are made of.
private struct Flow {
  private(set) var users = 0
  private(set) var recommendations = 0
  private(set) var absolute: Double?
  private(set) var signed: Double?
  private(set) var factors = 0.0
  private(set) var byGroup = (cases: 0, hits: 0)
  private(set) var byFactor = (cases: 0, hits: 0)

  init(
    _ subjects: Subjects, _ inner: any InterpretableModel, users wanted: Int, seed: UInt64,
    _ context: ToolContext
  ) {
    let (model, all) = (subjects.fitted, subjects.heldOut)
    let groups = model.itemGroups?.assignment
    var random = RandomStream(seed: seed, stage: RandomStage.fidelityUsers, index: 1)
    let scores = Matrix<Float>(rows: 1, columns: model.itemCount)
    let progress = Progress("followed", unit: "users", total: min(wanted, all.count), context.log)
    var found = FactorShares()
    let vectors = inner.factorVectors
    for index in random.permutation(all.count) where users < wanted {
      let history = Array(all.history.row(index))
      guard history.count > 1 else { continue }
      let row = index..<index + 1
      model.score(all.history, rows: row, into: scores)
      let best = topItems(scores, all.history, rows: row, count: 10)[0].map(\.index)
      guard let first = best.first else { continue }
      users += 1
      let explanations = model.explain(history, items: best)
      for explanation in explanations {
        found.add(Self.factors(explanation, of: inner).map(\.value))
      }
      let deletion = Deletion(model: model, history: history, item: first)
      if let groups, let group = explanations[0].groups.first?.index {
        deletion.count(history.filter { Int(groups[Int($0)]) == group }, in: &byGroup, &random)
      }
      if let own = Self.itemsOfStrongest(explanations[0], inner, vectors, history, first) {
        deletion.count(own, in: &byFactor, &random)
      }
      progress.update(users)
    }
    progress.finish()
    guard !found.largest.isEmpty, !found.signed.isEmpty else { return }
    recommendations = found.largest.count
    absolute = found.largest.reduce(0, +) / Double(found.largest.count)
    signed = found.signed.sorted()[found.signed.count / 2]
    factors = Double(found.count) / Double(found.largest.count)
  }

  /// The own items that lie farthest to the side of the item along the factor that speaks for it most.
  private static func itemsOfStrongest(
    _ explanation: Explanation, _ inner: any InterpretableModel, _ vectors: Matrix<Float>,
    _ history: [UInt32], _ item: UInt32
  ) -> [UInt32]? {
    let factors = factors(explanation, of: inner)
    guard let strongest = factors.max(by: { $0.value < $1.value }),
      strongest.value > 0, strongest.index < vectors.columns
    else { return nil }
    let side: Float = vectors[Int(item), strongest.index] < 0 ? -1 : 1
    let order = history.map { ($0, side * vectors[Int($0), strongest.index]) }
      .sorted { ($0.1, $1.0) > ($1.1, $0.0) }.filter { $0.1 > 0 }
    return order.prefix(max(history.count / 4, 1)).map(\.0)
  }

  /// The parts by factors, without what all users share, of each of several members, which have as many factors each.
  private static func factors(_ explanation: Explanation, of inner: any InterpretableModel) -> [(
    index: Int, value: Double
  )] {
    explanation.contributions.compactMap { part in
      guard case .factor(let index) = part.source, index % inner.latentCount >= inner.commonCount,
        part.value != 0
      else {
        return nil
      }
      return (index, part.value)
    }
  }
}

/// What the four largest factors make up of each recommendation.
private struct FactorShares {
  /// Of the sum of absolute values.
  private(set) var largest: [Double] = []
  /// Of the sum.
  private(set) var signed: [Double] = []
  /// Factors of all recommendations.
  private(set) var count = 0

  mutating func add(_ values: [Double]) {
    let parts = values.sorted { abs($0) > abs($1) }
    let (size, sum) = (parts.reduce(0) { $0 + abs($1) }, parts.reduce(0, +))
    guard size > 0 else { return }
    count += parts.count
    largest.append(parts.prefix(4).reduce(0) { $0 + abs($1) } / size)
    if sum != 0 { signed.append(parts.prefix(4).reduce(0, +) / sum) }
  }
}

/// Whether an item's score falls more without some own items than without as many others.
private struct Deletion {
  let model: any RecommendationModel
  let history: [UInt32]
  let item: UInt32

  /// Counts a case, where there are as many others, and a hit where the score falls more than for the mean of five draws.
  func count(
    _ own: [UInt32], in result: inout (cases: Int, hits: Int), _ random: inout RandomStream
  ) {
    let others = history.filter { !own.contains($0) }
    guard !own.isEmpty, others.count >= own.count else { return }
    result.cases += 1
    var draws = [own]
    for _ in 0..<5 {
      draws.append(random.permutation(others.count).prefix(own.count).map { others[$0] })
    }
    let rows = SparseRows(
      lists: draws.map { gone in history.filter { !gone.contains($0) } },
      columnCount: model.itemCount)
    let found = Matrix<Float>(rows: rows.rowCount, columns: 1)
    model.score(rows, items: [item], into: found)
    let mean = (1...5).reduce(0.0) { $0 + Double(found[$1, 0]) } / 5
    if Double(found[0, 0]) < mean { result.hits += 1 }
  }
}
