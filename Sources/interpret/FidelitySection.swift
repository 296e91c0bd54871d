// Do scores fall with the items that explanations name?

import DenseMath
import Fitting
import Interchange
import Interpretability
import Recommending
import ToolKit

/// The first item of each user's list in a stream of recommendations.
struct RecommendedItems {
  private var items: [ID: UInt32] = [:]

  /// Throws `FormatError`, and `ToolError` when the lists are of other items or of another split.
  init(_ path: String, _ subjects: Subjects) throws {
    let reader = RecommendationReader(
      try InputFile.stream(path, expecting: [.recommendations]))
    try reader.refuseOthers(for: subjects.stream)
    let places = IDPlaces(subjects.stored.items.ids)
    var (users, known) = ([String](), [Int?]())
    while let part = try reader.next() {
      switch part {
      case .users(let ids): users += ids
      case .items(let chunk): known += chunk.ids.map { places[$0] }
      case .recommendations(let chunk):
        for list in chunk.lists where (list.round ?? 0) == 0 {
          guard let first = chunk.items[list.rows].first, let item = known[Int(first)] else {
            continue
          }
          items[ID(users[Int(list.user)])] = UInt32(item)
        }
      }
    }
    guard !items.isEmpty else {
      throw ToolError(
        .badData, "\(path): no list begins with an item of the model; do they belong together?")
    }
  }

  /// The item recommended to a user, or nil.
  subscript(_ user: String) -> UInt32? { items[ID(user)] }
}

/// Fidelity of explanations of users' best recommendations.
///
/// An explanation orders the user's own items by the falls of the score when they are left out, where the
/// model's explanations have these, otherwise by their contributions; items it does not name come last.
func fidelitySection(
  _ subjects: Subjects, _ plan: FidelityPlan, users wanted: Int, targets: RecommendedItems?,
  _ context: ToolContext
) throws -> Section {
  let title = "Fidelity: the target without, and with only, the items that explain it"
  let model = subjects.fitted
  let all = subjects.heldOut
  var random = RandomStream(seed: plan.seed, stage: RandomStage.fidelityUsers, index: 0)
  var cases: [FidelityCase] = []
  var unexplained = 0
  let progress = Progress("explained", unit: "users", total: min(wanted, all.count), context.log)
  let scores = Matrix<Float>(rows: 1, columns: model.itemCount)
  for index in random.permutation(all.count) where cases.count < wanted {
    let history = Array(all.history.row(index))
    guard history.count > 1 else { continue }
    var target = targets.flatMap { $0[subjects.data.users.ids[all.users[index]]] }
    if targets == nil {
      model.score(all.history, rows: index..<index + 1, into: scores)
      target = topItems(scores, all.history, rows: index..<index + 1, count: 1)[0].first?.index
    }
    guard let target, !history.contains(target) else { continue }
    if let order = model.explain(history, items: [target]).first.flatMap({ order($0, history) }) {
      cases.append(FidelityCase(target: target, order: order))
    } else {
      unexplained += 1
    }
    progress.update(cases.count)
  }
  progress.finish()
  let found = plan.measure(cases, itemCount: model.itemCount) { rows, scores in
    model.score(rows, rows: 0..<rows.rowCount, into: scores)
  }
  guard let found else {
    let reason =
      unexplained > 0
      ? "explanations name no items of the user's own"
      : "no user has two items and a recommendation"
    return .absent(.fidelity, title, because: reason)
  }
  return Section(
    .fidelity, title, lines: lines(found), value: value(found, plan, unexplained: unexplained))
}

private func order(_ explanation: Explanation, _ history: [UInt32]) -> [UInt32]? {
  var worth: [UInt32: Double] = [:]
  if explanation.leaveOneOut.isEmpty {
    for part in explanation.contributions {
      if case .item(let item) = part.source { worth[item, default: 0] += part.value }
    }
  } else {
    for part in explanation.leaveOneOut { worth[UInt32(part.index)] = part.weight }
  }
  guard !worth.isEmpty else { return nil }
  return history.sorted { (worth[$0] ?? 0, $1) > (worth[$1] ?? 0, $0) }
}

private func lines(_ found: Fidelity) -> [String] {
  var rows = [["", "area", "random", "advantage", "better for", "verdict"]]
  for (name, measure) in [("score", found.score), ("1/log2(1+rank)", found.gain)] {
    for (walk, curve) in [("deletion", measure.deletion), ("insertion", measure.insertion)] {
      rows.append([
        "\(name), \(walk)", fixed(curve.explainedArea, 4), fixed(curve.randomArea, 4),
        "\(fixed(curve.advantage, 4)) ± \(fixed(curve.standardError, 4))",
        "\(fixed(100 * curve.share, 1)) % of users", verdict(curve).rawValue,
      ])
    }
  }
  return [
    "\(found.cases) users, \(found.orders) random orders each; mean fall of the score to an empty"
      + " history \(fixed(found.fall, 4)); unit below \(fixed(found.distance, 4))"
  ] + aligned(rows)
}

private func verdict(_ curve: Fidelity.Curve) -> Verdict {
  Verdict(advantage: curve.advantage, standardError: curve.standardError, share: curve.share)
}

private func value(_ found: Fidelity, _ plan: FidelityPlan, unexplained: Int) -> JSONValue {
  func curve(_ curve: Fidelity.Curve) -> JSONValue {
    [
      "explained": .array(curve.explained.map { .number($0) }),
      "random": .array(curve.random.map { .number($0) }),
      "explainedArea": .number(curve.explainedArea), "randomArea": .number(curve.randomArea),
      "advantage": .number(curve.advantage), "standardError": .number(curve.standardError),
      "share": .number(curve.share), "verdict": .string(verdict(curve).rawValue),
    ]
  }
  func measure(_ measure: Fidelity.Measure) -> JSONValue {
    ["deletion": curve(measure.deletion), "insertion": curve(measure.insertion)]
  }
  return [
    "users": .integer(found.cases), "unexplained": .integer(unexplained),
    "orders": .integer(found.orders), "steps": .integer(plan.steps), "fall": .number(found.fall),
    "distance": .number(found.distance),
    "score": measure(found.score), "gain": measure(found.gain),
  ]
}
