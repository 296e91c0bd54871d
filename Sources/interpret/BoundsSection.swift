// What do the paper's theorems promise for this fit, and what are its errors?

import DenseMath
import Glibc
import Interchange
import Interpretability
import Recommending
import ToolKit

/// What the estimates x^_ij in [0, 1] are made of.
private enum Estimate: String {
  /// softmax_j of the scores, the paper's decoder.
  case probability
  /// min(1, |x_i| softmax_j), the expected interactions of a user of that many.
  case expected
  /// The score itself, cut at 0 and 1, of models whose scores are no probabilities.
  case score
}

/// Theorems 2 and 4 for the training users, with the held-out users' error beside.
func boundsSection(_ subjects: Subjects, confidence: Double) -> Section {
  let model = subjects.fitted
  let clusters = subjects.seen?.clusterWeights.columns ?? 1
  let groups = subjects.latent?.groupOfItems?.count ?? 1
  let kinds: [Estimate] =
    subjects.latent?.scoresAreLogProbabilities == true ? [.probability, .expected] : [.score]
  let training = subjects.training
  var lines: [String] = []
  var values: [String: JSONValue] = [:]
  for kind in kinds {
    let error = reconstructionError(model, training, truth: training, kind)
    let bounds = GeneralisationBounds(
      error, clusters: clusters, groups: groups, confidence: confidence)
    let held = reconstructionError(
      model, subjects.heldOut.history, truth: subjects.heldOutWhole, kind)
    if lines.isEmpty {
      lines.append(
        "N = \(error.users) users, M = \(error.items) items, |X| = \(error.interactions),"
          + " density \(fixed(error.density, 5)), K x G = \(clusters) x \(groups)")
    }
    lines.append("estimates by \(kind.rawValue):")
    lines += table(bounds, held: held.users > 0 && subjects.isSplit ? held : nil).map { "  \($0)" }
    values[kind.rawValue] = value(bounds, held: held.users > 0 && subjects.isSplit ? held : nil)
  }
  let tall = tallComponents(subjects, clusters, groups)
  lines.append("components with at least as many users as items: \(tall) of \(clusters * groups)")
  values["users"] = .integer(training.rowCount)
  values["items"] = .integer(model.itemCount)
  values["clusters"] = .integer(clusters)
  values["groups"] = .integer(groups)
  values["confidence"] = .number(confidence)
  values["tallComponents"] = .integer(tall)
  return Section(
    .bounds, "Generalisation bounds (Theorems 2 and 4)", lines: lines, value: .object(values))
}

private func table(_ bounds: GeneralisationBounds, held: ReconstructionError?) -> [String] {
  let error = bounds.error
  func short(_ value: Double) -> String { fixed(value, 6) }
  // No error of estimates in [0, 1] exceeds 1.
  func verdict(_ bound: Double) -> String { bound < 1 ? "says something" : "says nothing" }
  return aligned([
    ["", "training", "bound", "with probability", "held out", "verdict"],
    [
      "Theorem 2, mean d", short(error.mean), short(bounds.expectedError),
      fixed(bounds.confidence, 4), held.map { short($0.mean) } ?? "-",
      verdict(bounds.expectedError),
    ],
    [
      "Theorem 4, Eq. 24, root mean d", short(error.root), short(bounds.rootError),
      fixed(bounds.componentConfidence, 4), held.map { short($0.root) } ?? "-",
      verdict(bounds.rootError),
    ],
    [
      "Theorem 4, Eq. 28, root mean d", short(error.root), short(bounds.provenRootError),
      fixed(bounds.componentConfidence, 4), held.map { short($0.root) } ?? "-",
      verdict(bounds.provenRootError),
    ],
  ])
}

private func value(_ bounds: GeneralisationBounds, held: ReconstructionError?) -> JSONValue {
  let error = bounds.error
  return [
    "interactions": .integer(error.interactions), "density": .number(error.density),
    "meanError": .number(error.mean), "rootError": .number(error.root),
    "frobenius": .number(error.squares.squareRoot()), "largest": .number(error.largest),
    "theorem2": [
      "slack": .number(bounds.slack), "bound": .number(bounds.expectedError),
      "confidence": .number(bounds.confidence),
    ],
    "theorem4": [
      "bound": .number(bounds.rootError), "boundOfProof": .number(bounds.provenRootError),
      "averageWeight": .number(bounds.averageWeight),
      "confidence": .number(bounds.componentConfidence),
    ],
    "heldOutMeanError": held.map { .number($0.mean) } ?? .null,
    "heldOutRootError": held.map { .number($0.root) } ?? .null,
  ]
}

/// The errors of estimates from histories against what users have.
private func reconstructionError(
  _ model: any RecommendationModel, _ histories: SparseRows, truth: SparseRows, _ kind: Estimate
) -> ReconstructionError {
  var error = ReconstructionError(items: model.itemCount)
  let block = 256
  let scores = Matrix<Float>(rows: min(block, histories.rowCount), columns: model.itemCount)
  for start in stride(from: 0, to: histories.rowCount, by: block) {
    let rows = start..<min(start + block, histories.rowCount)
    let part = scores.rowBlock(0..<rows.count)
    model.score(histories, rows: rows, into: part)
    if kind != .score { softmaxRows(part) }
    for row in 0..<rows.count {
      let estimates = part.row(row)
      let own = truth.row(rows.lowerBound + row)
      let scale = kind == .expected ? Float(own.count) : 1
      for item in estimates.indices { estimates[item] = max(0, min(1, scale * estimates[item])) }
      error.add(estimates, own)
    }
  }
  return error
}

/// The pairs of user cluster and item group with N^(k) >= M^(g), which Theorem 3 assumes of all.
private func tallComponents(_ subjects: Subjects, _ clusters: Int, _ groups: Int) -> Int {
  var users = [Int](repeating: 0, count: clusters)
  for row in 0..<subjects.training.rowCount {
    users[subjects.seen?.heaviestCluster(of: row) ?? 0] += 1
  }
  var items = [Int](repeating: 0, count: groups)
  let assignment = subjects.latent?.groupOfItems?.assignment
  for item in 0..<subjects.fitted.itemCount { items[Int(assignment?[item] ?? 0)] += 1 }
  return users.reduce(0) { sum, n in sum + items.count { n >= $0 } }
}
