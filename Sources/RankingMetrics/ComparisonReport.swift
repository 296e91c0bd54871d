// How do two sets of recommendations compare, metric by metric?

/// One metric at a cut-off over a group, in both sets of lists.
public struct ComparisonRow: Codable, Equatable, Sendable {
  public var group: String
  public var metric: Metric
  /// The cut-off n.
  public var n: Int
  /// The means as each evaluation reports them, over all of its users.
  public var meanA: Double
  public var meanB: Double
  /// The means over the users in both evaluations, whose difference is that of `users`.
  public var pairedMeanA: Double?
  public var pairedMeanB: Double?
  /// Users in both evaluations, and those left out since they are only in one.
  public var pairedUsers: Int
  public var onlyInA: Int
  public var onlyInB: Int
  /// b - a over users.
  public var users: PairedTTest
  /// b - a over the means of rounds that both have; nil with fewer than two such rounds.
  public var rounds: PairedTTest?
  /// b - a over users, without assuming a normal mean.
  public var wilcoxon: WilcoxonTest
}

/// Paired tests of all metrics that two evaluations have in common.
public struct ComparisonReport: Codable, Equatable, Sendable {
  /// Raised when a key changes its meaning.
  public var version = 1
  public var nameA: String
  public var nameB: String
  public var confidence: Double
  public var rows: [ComparisonRow]
}

/// Compares two evaluations whose user numbers mean the same users; differences are b - a.
public func compare(
  _ a: RankingEvaluation, _ b: RankingEvaluation, nameA: String = "a", nameB: String = "b",
  confidence: Double = 0.95
) -> ComparisonReport {
  var rows: [ComparisonRow] = []
  for row in a.report.rows {
    guard let other = b.report.row(row.metric, at: row.n, group: row.group),
      let valuesA = a.userValues(row.metric, at: row.n, group: row.group),
      let valuesB = b.userValues(row.metric, at: row.n, group: row.group)
    else { continue }
    let pairs = UserPairs(valuesA, valuesB)
    let rounds = commonRounds(row, a.report.rounds, other, b.report.rounds)
    rows.append(
      ComparisonRow(
        group: row.group, metric: row.metric, n: row.n, meanA: row.mean, meanB: other.mean,
        pairedMeanA: mean(pairs.a), pairedMeanB: mean(pairs.b),
        pairedUsers: pairs.a.count, onlyInA: pairs.onlyInA, onlyInB: pairs.onlyInB,
        users: pairedTTest(pairs.a, pairs.b, confidence: confidence),
        rounds: rounds.a.count > 1
          ? pairedTTest(rounds.a, rounds.b, confidence: confidence) : nil,
        wilcoxon: wilcoxonSignedRank(pairs.a, pairs.b)))
  }
  return ComparisonReport(nameA: nameA, nameB: nameB, confidence: confidence, rows: rows)
}

private func mean(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}

extension ComparisonRow {
  /// What the test over users says, in plain words.
  func verdict(confidence: Double) -> String {
    guard let p = users.p else { return "too few users" }
    guard p < 1 - confidence else { return "within chance" }
    return users.meanDifference > 0 ? "b is higher" : "a is higher"
  }
}

/// The means of rounds in which both rows have users.
private func commonRounds(
  _ a: MetricRow, _ roundsA: [Int], _ b: MetricRow, _ roundsB: [Int]
) -> (a: [Double], b: [Double]) {
  var pairs: (a: [Double], b: [Double]) = ([], [])
  for (round, value) in zip(roundsA, a.rounds) {
    guard let value, let place = roundsB.firstIndex(of: round), let other = b.rounds[place]
    else { continue }
    pairs.a.append(value)
    pairs.b.append(other)
  }
  return pairs
}
