// Does a split follow the protocol?

import Interchange
import Testing

@testable import InteractionData

private func data(
  users: Int = 100, from first: Int = 0, each: Int = 10, items: Int = 50
) throws -> InteractionSet {
  let sink = MemorySink()
  let writer = try InteractionWriter(sink, metadata: .object([:]), provenance: Provenance())
  try writer.write(.users(UserChunk(ids: (0..<users).map { "u\(first + $0)" })))
  try writer.write(.items(ItemChunk(ids: (0..<items).map { "i\($0)" })))
  var rows = InteractionChunk(times: [])
  for user in 0..<users {
    for step in 0..<each {
      rows.users.append(UInt32(user))
      rows.items.append(UInt32((user * 3 + step * 7) % items))
      rows.times?.append(Int64(step * 100 + user))
    }
  }
  try writer.write(.interactions(rows))
  try writer.finish()
  let reader = try StreamReader(ByteInput(OwnedBytes(copying: sink.bytes), name: "test"))
  return try InteractionSet.read(reader).0
}

@Suite struct SplitTests {
  @Test func heldOutUsersAreCutIntoEqualFolds() throws {
    let split = try data().split(SplitOptions())
    let plan = try #require(try SplitPlan(split))
    #expect(plan.heldOutUsers(.test).count == 10)
    #expect(plan.heldOutUsers(.validation).count == 10)
    #expect(plan.trainingUsers().count == 80)
    for user in plan.heldOutUsers(.test) {
      var seen: [UInt32] = []
      for round in 0..<5 {
        let truth = plan.truth(of: user, .test, round: round)
        let foldIn = plan.foldIn(of: user, .test, round: round)
        #expect(truth.count == 2)
        #expect(Set(truth).isDisjoint(with: foldIn))
        #expect((truth + foldIn).sorted() == Array(split.items(of: user)))
        seen += truth
      }
      #expect(seen.sorted() == Array(split.items(of: user)))
    }
  }

  @Test func nestedTrainingSetsContainEachOther() throws {
    let plan = try #require(try SplitPlan(data().split(SplitOptions())))
    var before: Set<Int> = []
    for tier in 1...5 {
      let users = Set(plan.trainingUsers(.nested(tier)))
      #expect(users.isSuperset(of: before))
      #expect(users.count == 16 * tier)
      before = users
    }
  }

  @Test func equalSeedsGiveEqualSplits() throws {
    let all = try data()
    #expect(try all.split(SplitOptions()).folds == all.split(SplitOptions()).folds)
    var other = SplitOptions()
    other.seed = 21
    #expect(try all.split(SplitOptions()).users.roles != all.split(other).users.roles)
  }

  @Test func stableSplitsKeepUsersWhereTheyWere() throws {
    var options = SplitOptions()
    options.isStable = true
    let (earlier, later) = (
      try data(users: 2000, from: 500).split(options), try data(users: 4000).split(options)
    )
    #expect(earlier.users.roles == later.users.roles.map { Array($0[500..<2500]) })
    #expect(earlier.users.tiers == later.users.tiers.map { Array($0[500..<2500]) })
    #expect(earlier.folds == later.folds.map { Array($0[5000..<25000]) })
    let plan = try #require(try SplitPlan(later))
    // Four standard deviations of a binomial draw are 76 users.
    #expect(abs(plan.heldOutUsers(.test).count - 400) < 76)
    #expect(abs(plan.heldOutUsers(.validation).count - 400) < 76)
    #expect(abs(plan.trainingUsers(.nested(1)).count - 640) < 93)
    options.seed = 21
    #expect(try data(users: 4000).split(options).users.roles != later.users.roles)
  }

  @Test func stableSplitsNeedSomebodyToTrainOn() throws {
    var options = SplitOptions()
    options.isStable = true
    options.testShare = 0.999
    options.validationShare = 0.0005
    #expect(throws: SplitError.self) { try data(users: 3).split(options) }
  }

  @Test func leaveOneOutTakesTheLatest() throws {
    var options = SplitOptions()
    options.scheme = .leaveOneOut
    let split = try data().split(options)
    let plan = try #require(try SplitPlan(split))
    #expect(plan.heldOutUsers(.test).count == 100)
    for user in [0, 42, 99] {
      let truth = plan.truth(of: user, .test, round: 0)
      let latest = split.range(of: user).max { (split.times?[$0] ?? 0) < (split.times?[$1] ?? 0) }
      #expect(truth == [split.itemIndices[latest ?? 0]])
      #expect(plan.truth(of: user, .validation, round: 0).count == 1)
    }
    #expect(plan.training().count == 800)
  }

  /// Once validation has had its say, all may be trained on but what the test asks for.
  @Test(arguments: [SplitScheme.users, .ratio, .leaveOneOut, .time])
  func withValidationIsAllButTheTest(_ scheme: SplitScheme) throws {
    var options = SplitOptions()
    options.scheme = scheme
    let split = try data().split(options)
    let plan = try #require(try SplitPlan(split))
    let users = plan.trainingUsers(.withValidation)
    let rows = plan.training(.withValidation)
    #expect(rows.rowCount == users.count)
    #expect(rows.count > plan.training().count)
    let test = Set(plan.heldOutUsers(.test))
    for (row, user) in users.enumerated() {
      let trained = rows.columns[rows.offsets[row]..<rows.offsets[row + 1]]
      if scheme == .users {
        #expect(!test.contains(user) && trained.elementsEqual(split.items(of: user)))
      } else {
        let known = plan.foldIn(of: user, .test, round: 0)
        #expect(trained.elementsEqual(known))
      }
    }
    #expect(users.count == (scheme == .users ? 90 : 100))
  }

  @Test func timeCutsEverybodyAtOnce() throws {
    var options = SplitOptions()
    options.scheme = .time
    let split = try data().split(options)
    let plan = try #require(try SplitPlan(split))
    let train = split.folds?.indices.filter { split.folds?[$0] == neverHeldOut } ?? []
    let test = split.folds?.indices.filter { split.folds?[$0] == 0 } ?? []
    let latest = train.compactMap { split.times?[$0] }.max() ?? 0
    let earliest = test.compactMap { split.times?[$0] }.min() ?? 0
    #expect(latest < earliest)
    #expect(plan.rounds == 1)
    // A day that has not come is a slip, not a test of nobody.
    options.testFrom = .seconds(.max)
    #expect(throws: SplitError.self) { try data().split(options) }
  }

  @Test func coresLeaveNobodyBelowTheBounds() throws {
    let (core, _) = try data(users: 60, each: 6, items: 100).core(minUser: 4, minItem: 5)
    for user in 0..<core.userCount { #expect(core.range(of: user).count >= 4) }
    #expect(core.itemCounts().allSatisfy { $0 >= 5 })
  }
}

@Suite struct DuplicateTests {
  private func rows(_ rule: DuplicateRule) throws -> InteractionSet {
    let sink = MemorySink()
    let writer = try InteractionWriter(sink, metadata: .object([:]), provenance: Provenance())
    try writer.write(.users(UserChunk(ids: ["u"])))
    try writer.write(.items(ItemChunk(ids: ["a", "b"])))
    try writer.write(
      .interactions(
        InteractionChunk(
          users: [0, 0, 0, 0], items: [1, 0, 1, 1], ratings: [2, 4, 5, 3], times: [30, 1, 10, 20])))
    try writer.finish()
    let reader = try StreamReader(ByteInput(OwnedBytes(copying: sink.bytes), name: "test"))
    return try InteractionSet.read(reader, duplicates: rule).0
  }

  /// Item b was rated 5 at time 10, 3 at time 20 and 2 at time 30.
  @Test(arguments: [
    (DuplicateRule.last, Float(2)), (.first, 5), (.highest, 5), (.sum, 10), (.mean, 10.0 / 3),
  ])
  func ruleDecides(_ rule: DuplicateRule, _ rating: Float) throws {
    let set = try rows(rule)
    #expect(set.itemIndices == [0, 1])
    #expect(set.ratings == [4, rating])
  }

  /// Columns that are in order are kept as they are, all others sorted; a user has nothing, another an item in two parts.
  @Test(arguments: [[0, 1, 2, 3, 4], [4, 2, 0, 3, 1], [1, 0, 2, 3, 4], [0, 1, 2, 4, 3]])
  func orderMakesNoDifference(_ order: [Int]) throws {
    var rows = InteractionRows()
    rows.add(.users(UserChunk(ids: ["u", "v", "w"])))
    rows.add(.items(ItemChunk(ids: ["a", "b", "c"])))
    let all = InteractionChunk(
      users: [0, 0, 2, 2, 2], items: [0, 2, 1, 1, 2], ratings: [1, 2, 3, 4, 5],
      times: [10, 20, 30, 40, 50], confidences: [1, 1, 2, 1, 3], folds: [255, 0, 1, 255, 0])
    rows.add(.interactions(all.rows(at: order)))
    let (set, merged) = try rows.sorted()
    #expect(merged == 0 && set.offsets == [0, 2, 2, 5] && set.itemIndices == all.items)
    #expect(set.ratings == all.ratings && set.times == all.times)
    #expect(set.confidences == all.confidences && set.folds == all.folds)
  }

  @Test func refusalNamesUserAndItem() throws {
    let error = #expect(throws: DuplicateError.self) { try rows(.refuse) }
    #expect(error?.description.contains("'u'") == true)
    #expect(error?.description.contains("'b'") == true)
  }
}
