// Do the metrics agree with plain code and with each other on random lists?

import Testing

@testable import RankingMetrics

@Suite struct Properties {
  @Test(arguments: 1...60)
  func agreesWithTheDefinitions(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    let items = 1 + random.below(40)
    let lists = randomLists(&random, users: 12, rounds: 3, items: items, length: min(items, 25))
    let counts = (0..<items).map { _ in UInt32(random.below(120)) }
    let catalogue = try Catalogue(itemCount: items, trainingCounts: counts)
    let cutoffs = [1, 2, 5, 13, 40]
    let report = try evaluate(lists, catalogue, options(cutoffs: cutoffs)).report
    let bounds = [0...5, 6...20, 21...50, 51...100, 101...Int.max]
    let names = ["items-0-5", "items-6-20", "items-21-50", "items-51-100", "items-101+"]

    var parts: [(String, [TestList])] = [
      ("all", lists), ("near-cold-start", lists.filter { $0.foldIn < 5 }),
    ]
    for (name, bound) in zip(names, bounds) {
      let part = lists.map { list in
        var list = list
        list.truth = list.truth.filter {
          bound.contains(Int($0) < items ? Int(counts[Int($0)]) : 0)
        }
        return list
      }
      parts.append((name, part))
    }
    for (name, part) in parts {
      let part = part.filter { !$0.truth.isEmpty }
      let users = Set(part.map(\.user))
      for metric in Metric.perUser where !plain(metric, [0], [0], 1).isNaN {
        for n in cutoffs {
          var means: [Double] = []
          for round in 0..<3 {
            let values = part.filter { $0.round == round }
              .map { plain(metric, $0.ranking, $0.truth, n) }
            if !values.isEmpty { means.append(values.reduce(0, +) / Double(values.count)) }
          }
          let row = report.row(metric, at: n, group: name)
          let expected = means.isEmpty ? nil : means.reduce(0, +) / Double(means.count)
          #expect(
            close(row?.mean, expected), "seed \(seed), \(name), \(metric.rawValue)@\(n)")
          #expect(row?.users == (users.isEmpty ? nil : users.count), "seed \(seed), \(name)")
        }
      }
    }
  }

  @Test(arguments: 1...60)
  func identities(seed: UInt64) throws {
    var random = SplitMix(state: seed &+ 1000)
    let items = 30
    let lists = randomLists(&random, users: 6, rounds: 1, items: items, length: items)
    let cutoffs = Array(1...items)
    let evaluation = try evaluate(lists, Catalogue(itemCount: items), options(cutoffs: cutoffs))
    func values(_ metric: Metric, _ n: Int) throws -> [Double] {
      try #require(evaluation.userValues(metric, at: n)).values
    }
    let top = try values(.precision, 1)
    for metric in [Metric.recallMin, .ndcg, .averagePrecision, .reciprocalRank, .hitRate] {
      #expect(try values(metric, 1) == top, "seed \(seed): \(metric.rawValue)@1 is precision@1")
    }
    for n in 1...items {
      for metric in Metric.perUser where !plain(metric, [0], [0], 1).isNaN {
        #expect(
          try values(metric, n).allSatisfy { $0 >= 0 && $0 <= 1 + 1e-12 },
          "seed \(seed): \(metric.rawValue)@\(n) in 0...1")
      }
      // Not above the hit rate, and above 0 exactly with it, and at least 1/n then.
      for (rank, hit) in zip(try values(.reciprocalRank, n), try values(.hitRate, n)) {
        #expect(rank <= hit && rank >= hit / Double(n), "seed \(seed): mrr and hit rate at \(n)")
      }
      for (a, b) in zip(try values(.recall, n), try values(.recallMin, n)) {
        #expect(a <= b, "seed \(seed): recall <= recall-min at \(n)")
      }
      guard n > 1 else { continue }
      for metric in [Metric.recall, .hitRate, .reciprocalRank] {
        for (before, now) in zip(try values(metric, n - 1), try values(metric, n)) {
          #expect(now >= before, "seed \(seed): \(metric.rawValue) does not fall at \(n)")
        }
      }
    }
  }

  @Test func perfectListsAreOne() throws {
    let list = TestList(user: 1, round: 0, ranking: [4, 2, 9, 0, 1], truth: [2, 4, 9], foldIn: 9)
    let report = try evaluate([list], Catalogue(itemCount: 10), options(cutoffs: [1, 2, 3, 5]))
      .report
    for n in [1, 2, 3, 5] {
      #expect(close(report.row(.ndcg, at: n)?.mean, 1))
      #expect(close(report.row(.averagePrecision, at: n)?.mean, 1))
      #expect(report.row(.recallMin, at: n)?.mean == 1)
    }
    #expect(report.row(.recall, at: 3)?.mean == 1)
  }

  @Test func orderOfArrivalDoesNotMatter() throws {
    var random = SplitMix(state: 77)
    var lists = randomLists(&random, users: 300, rounds: 5, items: 50, length: 30)
    let catalogue = try Catalogue(
      itemCount: 50, trainingCounts: (0..<50).map { UInt32($0 * 3) })
    var choice = options(cutoffs: [1, 5, 10])
    choice.bootstrapReplicates = 20
    let first = try evaluate(lists, catalogue, choice)
    // By user to by round: each user's and each round's sums stay in the same order.
    lists.sort { ($0.round, $0.user) < ($1.round, $1.user) }
    let second = try evaluate(lists, catalogue, choice)
    #expect(first.report == second.report)
    lists.sort { ($0.round, $1.user) < ($1.round, $0.user) }
    let third = try evaluate(lists, catalogue, choice).report
    for (a, b) in zip(first.report.rows, third.rows) {
      #expect(close(a.mean, b.mean))
      #expect(a.standardError == b.standardError)
    }
  }

  @Test func chosenMetricsHaveTheSameValues() throws {
    var random = SplitMix(state: 5)
    let lists = randomLists(&random, users: 30, rounds: 2, items: 50, length: 30)
    let catalogue = try Catalogue(itemCount: 50)
    let all = try evaluate(lists, catalogue, options(cutoffs: [1, 5, 10]))
    var choice = options(cutoffs: [10, 5, 10])
    choice.metrics = [.gini, .ndcg, .recall]
    let some = try evaluate(lists, catalogue, choice)
    #expect(some.report.cutoffs == [5, 10])
    #expect(Set(some.report.rows.map(\.metric)) == [.gini, .ndcg, .recall])
    for row in some.report.rows {
      #expect(all.report.row(row.metric, at: row.n, group: row.group) == row)
    }
    #expect(some.userValues(.ndcg, at: 10) == all.userValues(.ndcg, at: 10))
    #expect(some.userValues(.precision, at: 10) == nil)
    #expect(some.userValues(.gini, at: 10) == nil)
  }
}
