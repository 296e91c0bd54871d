// Do the metrics give what one works out with a pencil?

import Testing

@testable import RankingMetrics

@Suite struct HandWorked {
  /// Ranking 3 7 1 9 4 against T = {1, 3, 5, 8}: hits at ranks 1 (item 3) and 3 (item 1).
  func values() throws -> MetricsReport {
    let list = TestList(
      user: 1, round: 0, ranking: [3, 7, 1, 9, 4], truth: [1, 3, 5, 8], foldIn: 9)
    return try evaluate([list], Catalogue(itemCount: 10), options(cutoffs: [1, 3, 5, 10])).report
  }

  /// Values at n = 1, 3, 5 and 10.
  static let worked: [(Metric, [Double])] = [
    // hits are 1 at n = 1 and 2 from n = 3 on; |T| = 4
    (.recall, [0.25, 0.5, 0.5, 0.5]),
    // min(n, |T|) = 1, 3, 4, 4
    (.recallMin, [1, third * 2, 0.5, 0.5]),
    // the list has 5 items, n = 10 still divides by 10
    (.precision, [1, third * 2, 0.4, 0.2]),
    (.hitRate, [1, 1, 1, 1]),
    (.reciprocalRank, [1, 1, 1, 1]),
    // precisions at the hits: 1/1 and 2/3, sum 5/3; over min(n, |T|): 1, 5/9, 5/12, 5/12
    (.averagePrecision, [1, third * third * 5, third * 1.25, third * 1.25]),
    // DCG = 1/log2(2) + 1/log2(4) = 1.5; ideals: 1; 1 + 0.6309297536 + 0.5 = 2.1309297536;
    // + 1/log2(5) = 0.4306765581, that is 2.5616063116. 1.5 over these:
    (.ndcg, [1, 0.7039180890341347, 0.5855700749881526, 0.5855700749881526]),
  ]
  private static let third = 1.0 / 3

  @Test(arguments: worked)
  func metric(_ metric: Metric, _ expected: [Double]) throws {
    let report = try values()
    for (n, value) in zip([1, 3, 5, 10], expected) {
      #expect(close(report.row(metric, at: n)?.mean, value), "\(metric.rawValue)@\(n)")
    }
  }

  @Test func firstHitBelowTheTop() throws {
    // Hits at ranks 2 and 3 of T = {4, 5}: MRR 0 at n = 1, then 1/2; AP@3 = (1/2 + 2/3)/2 = 7/12.
    let list = TestList(user: 1, round: 0, ranking: [9, 4, 5], truth: [4, 5], foldIn: 9)
    let report = try evaluate([list], Catalogue(itemCount: 10), options(cutoffs: [1, 3])).report
    #expect(report.row(.reciprocalRank, at: 1)?.mean == 0)
    #expect(report.row(.reciprocalRank, at: 3)?.mean == 0.5)
    #expect(close(report.row(.averagePrecision, at: 3)?.mean, 7.0 / 12))
    #expect(report.row(.hitRate, at: 1)?.mean == 0)
  }

  @Test func catalogueMetrics() throws {
    // Four items, of which item 3 cannot be scored, so N = 3. Lists 0 1 and 0 2.
    // n = 1: exposures 2 0 0: coverage 1/3; ascending 0 0 2, Gini = (6 - 3 - 1) 2 / (3 * 2) = 2/3.
    // n = 2: exposures 2 1 1: coverage 1; ascending 1 1 2 with factors -2 0 2: (-2 + 4)/(3*4) = 1/6.
    // Training 8 4 4 0 of 16: -log2 shares are 1 2 2: novelty 1, and (2*1 + 2 + 2)/4 = 1.5.
    let lists = [
      TestList(user: 1, round: 0, ranking: [0, 1], truth: [1], foldIn: 9),
      TestList(user: 2, round: 0, ranking: [0, 2], truth: [0], foldIn: 9),
    ]
    let catalogue = try Catalogue(
      itemCount: 4, trainingCounts: [8, 4, 4, 0], scorable: [true, true, true, false])
    let report = try evaluate(lists, catalogue, options(cutoffs: [1, 2])).report
    #expect(close(report.row(.coverage, at: 1)?.mean, 1.0 / 3))
    #expect(close(report.row(.coverage, at: 2)?.mean, 1))
    #expect(close(report.row(.gini, at: 1)?.mean, 2.0 / 3))
    #expect(close(report.row(.gini, at: 2)?.mean, 1.0 / 6))
    #expect(close(report.row(.novelty, at: 1)?.mean, 1))
    #expect(close(report.row(.novelty, at: 2)?.mean, 1.5))
    #expect(report.row(.coverage, at: 1)?.standardError == nil)
    #expect(report.catalogueItems == 3)
  }

  @Test func meansOverUsersThenRounds() throws {
    // Hit rates at 1. Round 0: users 1 2 3 have 1 0 0, mean 1/3. Round 1: users 1 2 have 1 1, mean
    // 1. Over rounds 2/3, which the mean of the five lists (3/5) and that of users are not.
    // Users' values: 1, 1/2, 0, mean 1/2, sample deviation 1/2, standard error 1/(2 sqrt 3).
    let lists = [
      TestList(user: 1, round: 0, ranking: [0], truth: [0], foldIn: 9),
      TestList(user: 2, round: 0, ranking: [1], truth: [0], foldIn: 9),
      TestList(user: 3, round: 0, ranking: [1], truth: [0], foldIn: 9),
      TestList(user: 1, round: 1, ranking: [0], truth: [0], foldIn: 9),
      TestList(user: 2, round: 1, ranking: [0], truth: [0], foldIn: 9),
    ]
    let evaluation = try evaluate(lists, Catalogue(itemCount: 4), options(cutoffs: [1]))
    let row = try #require(evaluation.report.row(.hitRate, at: 1))
    #expect(close(row.mean, 2.0 / 3))
    #expect(row.rounds == [1.0 / 3, 1])
    #expect(row.users == 3)
    #expect(close(row.standardError, 0.5 / 3.0.squareRoot()))
    // t(0.975, 2) = 4.30265273
    #expect(close(row.interval?.high, 2.0 / 3 + 4.302652729749 * 0.5 / 3.0.squareRoot()))
    let values = try #require(evaluation.userValues(.hitRate, at: 1))
    #expect(values == (try UserValues(users: [1, 2, 3], values: [1, 0.5, 0])))
  }

  @Test func groups() throws {
    // Items 0..4 with 3, 5, 6, 100, 101 training interactions: groups 0-5, 0-5, 6-20, 51-100, 101+.
    // Item 9 is not in the catalogue: never trained on, so of group 0-5, and cannot be scored.
    // T = {0, 2, 3, 9}, ranking 2 0: recall 2/4 for all; 0-5: {0, 9} 1/2 with the hit at rank 2;
    // 6-20: {2} 1; 51-100: {3} 0; 21-50 and 101+ have no user.
    let list = TestList(user: 1, round: 0, ranking: [2, 0], truth: [0, 2, 3, 9], foldIn: 4)
    let catalogue = try Catalogue(itemCount: 5, trainingCounts: [3, 5, 6, 100, 101])
    let report = try evaluate([list], catalogue, options(cutoffs: [2])).report
    #expect(report.row(.recall, at: 2)?.mean == 0.5)
    #expect(report.row(.recall, at: 2, group: "items-0-5")?.mean == 0.5)
    #expect(report.row(.reciprocalRank, at: 2, group: "items-0-5")?.mean == 0.5)
    #expect(report.row(.recall, at: 2, group: "items-6-20")?.mean == 1)
    #expect(report.row(.recall, at: 2, group: "items-51-100")?.mean == 0)
    #expect(report.row(.recall, at: 2, group: "items-21-50") == nil)
    #expect(report.row(.recall, at: 2, group: "items-101+") == nil)
    #expect(report.row(.recall, at: 2, group: "near-cold-start")?.mean == 0.5)
    #expect(report.groups.map(\.users) == [1, 1, 1, 1, 0, 1, 0])
    #expect(report.counts.unscorableTruthItems == 1)
  }

  @Test func nearColdThreshold() throws {
    // Below 5 are folded in for user 1 only.
    let lists = [
      TestList(user: 1, round: 0, ranking: [0], truth: [0], foldIn: 4),
      TestList(user: 2, round: 0, ranking: [1], truth: [0], foldIn: 5),
    ]
    let report = try evaluate(lists, Catalogue(itemCount: 4), options(cutoffs: [1])).report
    #expect(report.row(.recall, at: 1, group: "near-cold-start")?.mean == 1)
    #expect(report.row(.recall, at: 1, group: "near-cold-start")?.users == 1)
    #expect(report.row(.recall, at: 1)?.mean == 0.5)
  }

  @Test func countsWhatIsLeftOut() throws {
    let lists = [
      TestList(user: 1, round: 0, ranking: [0], truth: [], foldIn: 9),
      TestList(user: 1, round: 1, ranking: [0], truth: [0, 3], foldIn: 9),
      TestList(user: 2, round: 0, ranking: [0], truth: [], foldIn: 9),
      TestList(user: 3, round: 0, ranking: [], truth: [3, 70], foldIn: 9),
    ]
    let catalogue = try Catalogue(itemCount: 4, scorable: [true, true, true, false])
    let evaluation = try evaluate(lists, catalogue, options(cutoffs: [1, 2]))
    var expected = ListCounts()
    expected.users = 2
    expected.lists = 2
    expected.emptyTruthLists = 2
    expected.emptyTruthUsers = 1
    expected.emptyRankings = 1
    expected.shortRankings = 2
    expected.truthItems = 4
    expected.unscorableTruthItems = 3
    expected.unscorableLists = 1
    #expect(evaluation.report.counts == expected)
    // Item 3 cannot be scored but is in |T|.
    #expect(evaluation.userValues(.recall, at: 1)?.values == [0.5, 0])
    #expect(evaluation.report.rounds == [0, 1])
  }
}
