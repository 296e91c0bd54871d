// How independent and how disentangled are a model's latent features?

import DenseMath
import Interchange
import Interpretability
import Recommending
import ToolKit

/// Which dimensions each cluster uses, K* x d; nil when the model prunes none.
private func activeDimensions(_ model: any LatentModel, prune: Double) -> [[Bool]]? {
  (model as? any InterpretableModel)?.activeDimensions(above: prune)
}

/// Which of d dimensions some cluster uses.
private func union(_ byCluster: [[Bool]]) -> [Bool]? {
  byCluster.first?.indices.map { dimension in byCluster.contains { $0[dimension] } }
}

/// Independence of users' representations and of item vectors (section 6.2.5).
func independenceSection(_ subjects: Subjects, prune: Double) -> Section {
  let title = "Independence, 1 - mean |correlation| of two dimensions"
  guard let model = subjects.latent, let seen = subjects.seen else {
    return .absent(.independence, title, because: "the model has no latent features")
  }
  let byCluster = activeDimensions(model, prune: prune)
  let active = byCluster.flatMap(union)
  let users = Independence(seen.points, active: active)
  let vectors = model.itemVectors
  // Item vectors are pruned with users' dimensions where they meet one to one.
  let items = Independence(vectors, active: active?.count == vectors.columns ? active : nil)
  let counts = byCluster?.map { $0.count { $0 } }
  var lines = aligned(
    [["of", "dimensions", "cosine", "Pearson"]]
      + [("users", users), ("items", items)].map { name, found in
        [name, "\(found.dimensions)", fixed(found.cosine, 4), fixed(found.pearson, 4)]
      })
  if let counts {
    let words = counts.map { String($0) }.joined(separator: ", ")
    lines.append("dimensions not pruned in each user cluster: \(words)")
  }
  lines.append(
    "verdict: none; it is of the basis, in which a rotation leaves all scores as they are")
  func value(_ found: Independence) -> JSONValue {
    [
      "cosine": .number(found.cosine), "pearson": .number(found.pearson),
      "dimensions": .integer(found.dimensions), "constant": .integer(found.constant),
    ]
  }
  return Section(
    .independence, title, lines: lines,
    value: [
      "users": value(users), "items": value(items),
      "activeDimensions": counts.map { .array($0.map { .integer($0) }) } ?? .null,
    ])
}

/// The disentanglement score of users' representations (section 6.2.5), of all features in use and of the ten that vary
/// most.
func disentanglementSection(
  _ subjects: Subjects, _ plan: DisentanglementPlan, _ making: HistoryMaking, prune: Double,
  _ context: ToolContext
) -> Section {
  let title = "Disentanglement score, votes on which feature was held fixed"
  guard let model = subjects.latent, let seen = subjects.seen else {
    return .absent(.disentanglement, title, because: "the model has no latent features")
  }
  let active = activeDimensions(model, prune: prune).flatMap(union)
  let used = model.scoresAreLogProbabilities ? making : .top
  let progress = Progress("disentanglement", unit: "representations", context.log)
  func score(_ features: [Bool]?) -> DisentanglementScore? {
    plan.score(seen.points, active: features, progress: { progress.update($0) }) {
      made, sources, first in
      inferred(
        made, as: seen.rows(at: sources), subjects.training, sources, model, used,
        seed: plan.seed, first: first)
    }
  }
  let found = score(active)
  let most = score(varyingMost(10, seen.points, of: active))
  progress.finish()
  guard let found, let most else {
    return .absent(.disentanglement, title, because: "fewer than two latent features vary")
  }
  func row(_ name: String, _ found: DisentanglementScore) -> [String] {
    [
      name, "\(fixed(found.accuracy, 4)) ± \(fixed(found.standardError, 4))",
      fixed(found.chance, 4), "\(found.votesJudged)", verdict(of: found).rawValue,
    ]
  }
  var lines = aligned([
    ["features", "accuracy", "chance", "votes", "verdict"],
    row("all \(found.features) in use", found),
    row("\(most.features) that vary most", most),
  ])
  lines.append(
    "histories \(used.rawValue); as many votes to learn from; features of \(seen.points.columns)")
  let value = json(found).setting("most", json(most))
    .setting("dimensions", .integer(seen.points.columns)).setting("draws", .integer(plan.draws))
    .setting("histories", .string(used.rawValue))
  return Section(.disentanglement, title, lines: lines, value: value)
}

private func verdict(of found: DisentanglementScore) -> Verdict {
  Verdict(found.accuracy, chance: found.chance, standardError: found.standardError)
}

private func json(_ found: DisentanglementScore) -> JSONValue {
  [
    "accuracy": .number(found.accuracy), "standardError": .number(found.standardError),
    "chance": .number(found.chance), "verdict": .string(verdict(of: found).rawValue),
    "features": .integer(found.features), "votesLearnt": .integer(found.votesLearnt),
    "votesJudged": .integer(found.votesJudged),
  ]
}

/// The features, so many of those in use, whose values vary most over users.
private func varyingMost(_ count: Int, _ points: Matrix<Float>, of active: [Bool]?) -> [Bool] {
  let variances = columnVariances(points)
  let used = variances.indices.filter { active?[$0] ?? true }
  let most = used.sorted { (variances[$0], -$0) > (variances[$1], -$1) }.prefix(count)
  return variances.indices.map { most.contains($0) }
}

/// What the model infers from histories that it makes of representations.
///
/// - Parameters:
///   - users: the users whom the representations began as, in rows.
///   - sources: their numbers in the training histories.
private func inferred(
  _ made: Matrix<Float>, as users: UserRepresentations, _ training: SparseRows, _ sources: [Int],
  _ model: any LatentModel, _ making: HistoryMaking, seed: UInt64, first: Int
) -> Matrix<Float> {
  let scores = Matrix<Float>(rows: made.rows, columns: model.itemCount)
  model.score(
    UserRepresentations(
      points: made, clusterWeights: users.clusterWeights, groupPlaces: users.groupPlaces),
    into: scores)
  if making == .expected { return model.represent(expectedHistories(scores)).points }
  let sizes = sources.map { training.offsets[$0 + 1] - training.offsets[$0] }
  let histories = wholeHistories(
    scores, sizes: sizes, random: making == .drawn, seed: seed, first: first)
  return model.represent(histories).points
}

/// Histories of given sizes made from scores: drawn without replacement from exp(score) by the Gumbel
/// trick where scores are logarithms of probabilities, otherwise the items that score highest.
private func wholeHistories(
  _ scores: Matrix<Float>, sizes: [Int], random: Bool, seed: UInt64, first: Int
) -> SparseRows {
  var rows = [[UInt32]](repeating: [], count: scores.rows)
  rows.withUnsafeMutableBufferPointer { buffer in
    let rows = SharedBuffer(buffer)
    Parallel.blocks(scores.rows, size: 8) { block in
      for row in block {
        let values = scores.row(row)
        if random {
          addGumbel(
            to: values, seed: seed, stage: RandomStage.drawnHistories, index: UInt64(first + row))
        }
        rows[row] = topOfRow(UnsafeBufferPointer(values), count: sizes[row]).map(\.index).sorted()
      }
    }
  }
  return SparseRows(lists: rows, columnCount: scores.columns)
}

/// Histories that hold every item by its probability, the softmax of the scores; overwrites these.
private func expectedHistories(_ scores: Matrix<Float>) -> SparseRows {
  softmaxRows(scores)
  let every = (0..<scores.columns).map { UInt32($0) }
  return SparseRows(
    offsets: (0...scores.rows).map { $0 * scores.columns },
    columns: (0..<scores.rows).flatMap { _ in every }, values: scores.array,
    columnCount: scores.columns)
}
