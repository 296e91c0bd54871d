// Are the tests and intervals those of the tables?

import Testing

@testable import RankingMetrics

@Suite struct TestStatistics {
  /// Two-sided critical values as printed in textbooks' tables of t.
  @Test(arguments: [
    (1.0, 0.95, 12.706), (4, 0.95, 2.776), (4, 0.99, 4.604), (10, 0.90, 1.812), (30, 0.95, 2.042),
    (120, 0.95, 1.980), (1e7, 0.95, 1.960),
  ])
  func criticalValues(_ degrees: Double, _ confidence: Double, _ t: Double) {
    let quantile = studentTwoSidedQuantile(confidence: confidence, degrees: degrees)
    #expect(abs(quantile - t) < 0.0005)
    #expect(close(studentTwoSidedTail(quantile, degrees: degrees), 1 - confidence, within: 1e-10))
  }

  @Test func closedForms() {
    // One degree of freedom is Cauchy: P(|t| > 1) = 1/2; two: P(|t| > x) = 1 - x / sqrt(2 + x^2).
    #expect(close(studentTwoSidedTail(1, degrees: 1), 0.5))
    #expect(close(studentTwoSidedTail(3, degrees: 2), 1 - 3 / 11.0.squareRoot()))
    #expect(studentTwoSidedTail(0, degrees: 5) == 1)
    #expect(studentTwoSidedTail(.infinity, degrees: 5) == 0)
    #expect(studentTwoSidedTail(-2, degrees: 7) == studentTwoSidedTail(2, degrees: 7))
  }

  @Test func pairedByHand() {
    // Differences 1 2 3 4 5: mean 3, deviation sqrt(2.5), error sqrt(0.5), t = 3 sqrt 2 = 4.2426,
    // df 4, p = 0.013236 (table: 0.01 at 4.604, 0.02 at 3.747).
    let test = pairedTTest([0, 0, 0, 0, 0], [1, 2, 3, 4, 5])
    #expect(test.meanDifference == 3)
    #expect(close(test.t, 3 * 2.0.squareRoot()))
    #expect(test.degreesOfFreedom == 4)
    #expect(close(test.p, 0.0132359, within: 1e-6))
    #expect(close(test.interval?.low, 3 - 2.7764451052 * 0.5.squareRoot(), within: 1e-9))
    let turned = pairedTTest([1, 2, 3, 4, 5], [0, 0, 0, 0, 0])
    #expect(turned.meanDifference == -3 && turned.p == test.p)
  }

  @Test func pairedWithoutVariance() {
    let same = pairedTTest([0.1, 0.7, 0.3], [0.1, 0.7, 0.3])
    #expect(same.t == nil && same.p == 1 && same.meanDifference == 0)
    let shifted = pairedTTest([1, 2, 3], [2, 3, 4])
    #expect(shifted.t == nil && shifted.p == 0 && shifted.meanDifference == 1)
    let one = pairedTTest([1], [2])
    #expect(one.p == nil && one.pairs == 1 && one.interval == nil)
    #expect(pairedTTest([], []).p == nil)
  }

  @Test func pairsByUser() throws {
    let a = try UserValues(users: [1, 3, 4, 9], values: [10, 30, 40, 90])
    let b = try UserValues(users: [2, 3, 9], values: [2, 31, 93])
    let pairs = UserPairs(a, b)
    #expect(pairs.a == [30, 90] && pairs.b == [31, 93])
    #expect(pairs.onlyInA == 2 && pairs.onlyInB == 1)
    #expect(pairedTTest(a, b).meanDifference == 2)
    #expect(throws: MetricsError.self) { try UserValues(users: [2, 2], values: [1, 1]) }
    #expect(throws: MetricsError.self) { try UserValues(users: [2], values: [1, 1]) }
  }

  @Test func signedRankByHand() {
    // Five positive differences: sum 15, only one of 32 sign patterns as extreme on each side.
    let all = wilcoxonSignedRank([0, 0, 0, 0, 0], [1, 2, 3, 4, 5])
    #expect(all.positiveRankSum == 15 && all.isExact && close(all.p, 2.0 / 32))
    // Differences 0 (left out) 1 -1 2: ranks 1.5 1.5 3, positive sum 4.5; ties: normal.
    // Mean 3, variance 3*4*7/24 - (8 - 2)/48 = 3.375, z = 1.5/1.837117 = 0.816497, p = 0.414216.
    let ties = wilcoxonSignedRank([0, 0, 0, 0], [0, 1, -1, 2])
    #expect(ties.positiveRankSum == 4.5 && ties.pairs == 3 && !ties.isExact)
    #expect(close(ties.p, 0.414216, within: 1e-6))
    #expect(wilcoxonSignedRank([1], [1]).p == nil)
  }

  @Test func bootstrapIsRepeatableAndNearTheT() throws {
    var random = SplitMix(state: 3)
    let lists = randomLists(&random, users: 400, rounds: 1, items: 40, length: 20)
    let catalogue = try Catalogue(itemCount: 40)
    var choice = options(cutoffs: [5, 20])
    choice.bootstrapReplicates = 1003
    let first = try evaluate(lists, catalogue, choice).report
    #expect(first == (try evaluate(lists, catalogue, choice).report))
    choice.seed += 1
    #expect(first != (try evaluate(lists, catalogue, choice).report))
    for row in first.rows where row.metric.kind == .perUser && row.group == "all" {
      let error = try #require(row.standardError)
      let t = try #require(row.interval)
      let bootstrap = try #require(row.bootstrap)
      #expect(abs(t.low - bootstrap.low) < 0.3 * error)
      #expect(abs(t.high - bootstrap.high) < 0.3 * error)
    }
  }

  @Test func quantiles() {
    #expect(quantile([1, 2, 4], 0.5) == 2)
    #expect(quantile([1, 2, 4], 0.75) == 3)
    #expect(quantile([1, 2, 4], 1) == 4)
    #expect(quantile([7], 0.3) == 7)
  }
}
