// Are means over splits, their errors and the tests between models those of the splits?

import Testing

@testable import RankingMetrics

@Suite struct ModelTableTests {
  /// Users who find their one item at the given rank (0: not at all) among three; one round.
  private func evaluation(_ ranks: [Int], rounds: Int = 1) throws -> RankingEvaluation {
    var lists: [TestList] = []
    for round in 0..<rounds {
      for (user, rank) in ranks.enumerated() {
        var ranking: [UInt32] = [1, 2, 3]
        if rank > 0 { ranking[rank - 1] = 0 }
        lists.append(
          TestList(user: UInt32(user), round: round, ranking: ranking, truth: [0], foldIn: 9))
      }
    }
    return try evaluate(
      lists, Catalogue(itemCount: 4, trainingCounts: [1, 1, 1, 1]), options(cutoffs: [1, 3]))
  }

  private let columns = [MetricColumn(.recall, at: 3), MetricColumn(.hitRate, at: 1)]

  /// hit-rate@1 by hand: a 1/4 and 3/4, b 2/4 and 4/4, c 0 on the first split alone, where a and b then count alone.
  @Test func meansAreOverCommonSplits() throws {
    var builder = ModelTableBuilder(group: "all", columns: columns)
    builder.add("b", split: 0, try evaluation([1, 1, 2, 3]))
    builder.add("b", split: 1, try evaluation([1, 1, 1, 1]))
    builder.add("a", split: 0, try evaluation([1, 2, 0, 0]))
    builder.add("a", split: 1, try evaluation([1, 1, 1, 0]))
    let two = try #require(builder.table(order: ["a", "z", "b"], asked: ["b"]))
    #expect(two.models.map(\.name) == ["a", "b"] && two.models.map(\.splits) == [2, 2])
    #expect(two.models[0].means == [0.625, 0.5] && two.models[1].means == [1, 0.75])
    // Deviations of 1/4 from the mean on two splits: sqrt((1/16 + 1/16) / 1 / 2).
    #expect(close(two.models[0].errors[1], 0.25) && close(two.models[1].errors[0], 0))
    // The best other's error over users: sqrt(1/3 / 4) on one split, 0 on the other, the root of their mean square.
    let behind = try #require(builder.table()).places(of: "a")
    #expect(behind.map(\.best) == ["b", "b"] && behind.map(\.verdict) == [.behind, .behind])
    #expect(close(behind[1].error, (1.0 / 24).squareRoot()) && close(behind[0].error, 0))
    #expect(try #require(builder.table()).places(of: "b").map(\.verdict) == [.first, .first])
    #expect(two.places(of: "z").isEmpty)
    let duel = try #require(two.duels.first)
    #expect(two.duels.count == 1 && two.order == [duel])
    #expect(duel.a == "a" && duel.b == "b" && duel.meanA == 0.5 && duel.meanB == 0.75)
    // On each split one user of four differs, by 1: t = 0.25 / 0.25 = 1 with 3 degrees of freedom.
    #expect(close(duel.usersP, studentTwoSidedTail(1, degrees: 3)) && duel.roundsP == nil)
    builder.add("c", split: 0, try evaluation([0, 0, 0, 0]))
    let three = try #require(builder.table())
    #expect(
      three.models.map(\.name) == ["c", "a", "b"] && three.models.map(\.splits) == [1, 1, 1])
    #expect(three.models[1].means[1] == 0.25 && three.models[1].errors == [nil, nil])
  }

  @Test func whatWasNotMeasuredIsLeftOut() throws {
    var builder = ModelTableBuilder(group: "items-0-5", columns: [MetricColumn(.recall, at: 20)])
    #expect(builder.table() == nil)
    builder.add("a", split: 0, try evaluation([1, 1]))
    #expect(builder.table() == nil)
  }

  @Test func formatsSayTheSame() throws {
    var builder = ModelTableBuilder(group: "all", columns: columns)
    builder.add("a|b", split: 0, try evaluation([1, 2, 0, 0], rounds: 2))
    builder.add("c,d", split: 0, try evaluation([1, 1, 2, 3], rounds: 2))
    let table = try #require(builder.table(order: ["c,d", "a|b"], asked: ["c,d"]))
    #expect(
      table.csv() == """
        model,metric,n,mean,standard_error,splits
        a|b,recall,3,0.5,,1
        a|b,hit-rate,1,0.25,,1
        "c,d",recall,3,1.0,,1
        "c,d",hit-rate,1,0.5,,1

        """)
    let sentences = [
      "the order c,d < a|b does not hold: hit-rate@1 0.5000 and 0.2500, 1 split, largest p over users",
      "c,d against a|b: hit-rate@1 +0.2500 (+100.00 %), 1 split, largest p of paired t over users",
    ]
    let text = table.table()
    #expect(text.hasPrefix("means  recall@3  hit-rate@1  splits\na|b      0.5000"), "\(text)")
    let markdown = table.table(.markdown)
    #expect(
      markdown.hasPrefix(
        "| means | recall@3 | hit-rate@1 | splits |\n| --- | ---: | ---: | ---: |\n"))
    #expect(markdown.contains("| a\\|b | 0.5000 | 0.2500 | 1 |\n"), "\(markdown)")
    for sentence in sentences { #expect(text.contains(sentence) && markdown.contains(sentence)) }
  }
}
