// Is each kind of bad list refused with its place?

import Testing

@testable import RankingMetrics

@Suite struct BadLists {
  let good = TestList(user: 7, round: 2, ranking: [1, 2, 3], truth: [0, 2], foldIn: 3)

  func refusal(of lists: [TestList]) throws -> MetricsError? {
    let catalogue = try Catalogue(
      itemCount: 5, scorable: [true, true, true, true, false])
    do {
      _ = try evaluate(lists, catalogue)
      return nil
    } catch let error as MetricsError {
      return error
    }
  }

  func changed(_ change: (inout TestList) -> Void) -> TestList {
    var list = good
    change(&list)
    return list
  }

  @Test func goodIsAccepted() throws {
    #expect(try refusal(of: [good, changed { $0.round = 3 }, changed { $0.user = 8 }]) == nil)
  }

  @Test func places() throws {
    #expect(
      try refusal(of: [changed { $0.ranking = [1, 2, 1] }])
        == .repeatedItem(user: 7, round: 2, rank: 3, item: 1))
    #expect(
      try refusal(of: [changed { $0.ranking = [2, 0, 2] }])
        == .repeatedItem(user: 7, round: 2, rank: 3, item: 2))
    for item in [4, 5, UInt32.max] {
      #expect(
        try refusal(of: [changed { $0.ranking = [1, item] }])
          == .unknownItem(user: 7, round: 2, rank: 2, item: item))
    }
    for truth: [UInt32] in [[2, 0], [2, 2]] {
      #expect(
        try refusal(of: [changed { $0.truth = truth }])
          == .unsortedTruth(user: 7, round: 2, position: 1))
    }
    #expect(try refusal(of: [good, good]) == .repeatedList(user: 7, round: 2))
    let empty = changed { $0.truth = [] }
    for pair in [[good, empty], [empty, good], [empty, empty]] {
      #expect(try refusal(of: pair) == .repeatedList(user: 7, round: 2))
    }
    #expect(
      try refusal(of: [good, changed { $0.round = RankingAccumulator.noRound }])
        == .mixedRounds(user: 7))
    for round in [-2, 64, Int.max] {
      #expect(
        try refusal(of: [changed { $0.round = round }])
          == .roundOutOfRange(user: 7, round: round))
    }
    #expect(
      try refusal(of: [changed { $0.foldIn = -1 }]) == .negativeFoldIn(user: 7, round: 2))
  }

  @Test func options() throws {
    let catalogue = try Catalogue(itemCount: 5)
    let changes: [(inout MetricsOptions) -> Void] = [
      { $0.cutoffs = [] }, { $0.cutoffs = [0] }, { $0.cutoffs = [.max] }, { $0.metrics = [] },
      { $0.confidence = 1 }, { $0.confidence = .nan }, { $0.bootstrapReplicates = -1 },
      { $0.nearColdThreshold = -1 }, { $0.frequencyBounds = [-1, 5] },
    ]
    for change in changes {
      var options = MetricsOptions()
      change(&options)
      #expect(throws: MetricsError.self) {
        try RankingAccumulator(options: options, catalogue: catalogue)
      }
    }
    #expect(throws: MetricsError.self) { try Catalogue(itemCount: 2, trainingCounts: [1]) }
    #expect(throws: MetricsError.self) { try Catalogue(itemCount: -1) }
  }

  @Test func nothingAtAll() throws {
    let report = try evaluate([], Catalogue(itemCount: 0)).report
    #expect(report.rows.isEmpty)
    #expect(report.table().hasPrefix("0 users, 0 lists"))
    #expect(report.groups.map(\.users) == [0, 0])
  }

  @Test func finishedIsFinished() throws {
    let accumulator = try RankingAccumulator(catalogue: Catalogue(itemCount: 5))
    _ = try accumulator.finish()
    #expect(throws: MetricsError.finished) {
      try accumulator.add(user: 1, ranking: [1], truth: [1], foldInCount: 1)
    }
    #expect(throws: MetricsError.finished) { try accumulator.finish() }
  }

  @Test func messagesSayWhere() {
    let text = MetricsError.repeatedItem(user: 7, round: 2, rank: 3, item: 1).description
    #expect(text == "user 7, round 2: rank 3 repeats item 1; list an item once")
  }
}
