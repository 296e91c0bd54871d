// Are MEP and MER what their definitions say, user by user?

import Testing

@testable import RankingMetrics

@Suite struct ExplainabilityTests {
  private static func options(_ cutoffs: [Int]) -> MetricsOptions {
    var options = MetricsOptions()
    options.cutoffs = cutoffs
    options.metrics = [.precision] + Metric.explainability
    options.explainability = ExplainabilitySettings()
    return options
  }

  @Test func byHand() throws {
    let catalogue = try Catalogue(itemCount: 6, trainingCounts: [3, 3, 3, 200, 200, 200])
    let accumulator = try RankingAccumulator(
      options: Self.options([1, 2, 4]), catalogue: catalogue)
    // 0, 3 and 5 are explainable: 2 of the first 4, one of each frequency group. Item 0 was chosen.
    try accumulator.add(
      user: 0, ranking: [1, 3, 2, 0], truth: [0], foldInCount: 9, explainable: [0, 3, 5])
    // Nothing is explainable.
    try accumulator.add(user: 1, ranking: [4], truth: [3], foldInCount: 2, explainable: [])
    let evaluation = try accumulator.finish()
    let report = evaluation.report
    #expect(report.counts.unexplainableLists == 1)
    func value(_ metric: Metric, _ n: Int, _ group: String = "all") -> Double? {
      report.row(metric, at: n, group: group)?.mean
    }
    #expect(value(.explainabilityPrecision, 1) == 0)
    #expect(value(.explainabilityPrecision, 2) == 0.25)
    #expect(value(.explainabilityPrecision, 4) == 0.25)
    #expect(close(value(.explainabilityRecall, 2), 1.0 / 6))
    #expect(close(value(.explainabilityRecall, 4), 1.0 / 3))
    #expect(value(.explainableItems, 1) == 1.5 && value(.explainableItems, 4) == 1.5)
    // Near-cold-start: only user 1.
    #expect(value(.explainabilityPrecision, 4, "near-cold-start") == 0)
    // Groups: user 0 has truth among the items with 3, where item 0 is the one explainable.
    #expect(value(.explainabilityPrecision, 4, "items-0-5") == 0.25)
    #expect(value(.explainabilityRecall, 4, "items-0-5") == 1)
    #expect(value(.explainableItems, 4, "items-0-5") == 1)
    #expect(close(report.row(.explainabilityPrecision, at: 2)?.standardError, 0.25))
    #expect(report.table().contains("set reading; no item is in 1 list\n"))
    #expect(report.json().contains("\"reading\": \"set\""))
    #expect(report.json().contains("\"unexplainableLists\": 1"))
  }

  @Test(arguments: 1...40) func identities(seed: UInt64) throws {
    var random = SplitMix(state: seed &+ 77)
    let items = 25
    let lists = randomLists(&random, users: 6, rounds: 1, items: items, length: items)
    let cutoffs = Array(1...items)
    let accumulator = try RankingAccumulator(
      options: Self.options(cutoffs), catalogue: Catalogue(itemCount: items))
    var sets: [UInt32: Set<UInt32>] = [:]
    for list in lists {
      let explainable = shuffled(items, &random).prefix(random.below(items))
      if !list.truth.isEmpty { sets[list.user] = Set(explainable) }
      try accumulator.add(
        user: list.user, round: list.round, ranking: list.ranking, truth: list.truth,
        foldInCount: list.foldIn, explainable: Array(explainable))
    }
    let evaluation = try accumulator.finish()
    guard !sets.isEmpty else { return }
    var before = [Double](repeating: 0, count: sets.count)
    for n in cutoffs {
      let precision = try #require(evaluation.userValues(.explainabilityPrecision, at: n))
      let recall = try #require(evaluation.userValues(.explainabilityRecall, at: n))
      let size = try #require(evaluation.userValues(.explainableItems, at: n))
      for (row, user) in precision.users.enumerated() {
        let set = try #require(sets[user])
        let list = try #require(lists.first { $0.user == user })
        let found = Double(list.ranking.prefix(n).filter(set.contains).count)
        #expect(size.values[row] == Double(set.count))
        #expect(close(precision.values[row] * Double(n), found))
        // n MEP = |E| MER, and MER grows with n.
        #expect(close(precision.values[row] * Double(n), size.values[row] * recall.values[row]))
        #expect(recall.values[row] >= before[row] && recall.values[row] <= 1)
        before[row] = recall.values[row]
      }
    }
  }

  @Test func theyNeedToBeAskedFor() throws {
    var options = MetricsOptions()
    #expect(!options.metrics.contains { $0.needsExplainability })
    options.metrics = [.explainabilityRecall]
    #expect(throws: MetricsError.self) {
      try RankingAccumulator(options: options, catalogue: Catalogue(itemCount: 3))
    }
  }
}
