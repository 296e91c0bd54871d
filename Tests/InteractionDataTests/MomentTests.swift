// Are logs cut where they were asked to be?

import Interchange
import Support
import Testing

@testable import InteractionData

@Suite struct MomentTests {
  private func drifting() throws -> InteractionSet {
    try InteractionSet.read(DriftingData.reader()).0
  }

  private func day(_ day: Int64) -> Moment { .seconds(day * 86_400) }

  @Test func logsEndWhereTheyAreAskedTo() throws {
    let all = try InteractionRows(InteractionReader(DriftingData.reader()))
    let early = try all.before(day(30)).rows
    let expected = all.rows.times?.filter { $0 < 30 * 86_400 }.count ?? 0
    #expect(expected > 0 && early.count == expected)
    #expect(early.times?.allSatisfy { $0 < 30 * 86_400 } == true)
    let half = try all.before(.share(0.5)).rows
    #expect(abs(half.count - all.rows.count / 2) < 40)
    #expect(try all.before(.share(1)).rows.count == all.rows.count)
    #expect(throws: SplitError.self) { try all.before(day(0)) }
    var timeless = all
    timeless.rows.times = nil
    #expect(throws: SplitError.self) { try timeless.before(.share(0.5)) }
  }

  /// A repeat behind the end does not take what was before along.
  @Test func repeatsBehindTheEndDoNotWin() throws {
    var all = try InteractionRows(InteractionReader(DriftingData.reader()))
    let (alone, repeated) = try all.before(day(30)).sorted()
    let early = try #require(all.rows.times?.firstIndex { $0 < 30 * 86_400 })
    let row = all.rows[early..<early + 1]
    all.rows.users += row.users
    all.rows.items += row.items
    all.rows.times? += [90 * 86_400]
    let (cut, merged) = try all.before(day(30)).sorted()
    #expect(merged == repeated && cut.count == alone.count && cut.times == alone.times)
  }

  /// Few rows before a date, and no validation, are cut as many are.
  @Test func fewRowsBeforeADateAreCut() throws {
    let rows = try drifting().filtered { $0 % 90 == 0 }
    let last = Moment.seconds(try #require(rows.times?.max()))
    var options = SplitOptions()
    options.scheme = .time
    for (test, share) in [(last, 0.0), (last, 0.001), (day(50), 0.0)] {
      (options.testFrom, options.validationShare) = (test, share)
      let split = try rows.split(options)
      let folds = split.folds ?? []
      #expect(folds.contains(neverHeldOut) && !folds.contains(1), "\(test) \(share)")
    }
  }

  /// The truth of both kinds of users begins at the dates that are named.
  @Test func datesCutTheParts() throws {
    var options = SplitOptions()
    options.scheme = .time
    (options.validationFrom, options.testFrom) = (day(40), day(50))
    let split = try drifting().split(options)
    for (fold, days) in [(neverHeldOut, 0...39), (1, 40...49), (0, 50...100)] as [(UInt8, _)] {
      let own = split.folds?.indices.filter { split.folds?[$0] == fold } ?? []
      #expect(!own.isEmpty)
      #expect(own.allSatisfy { days.contains(Int((split.times?[$0] ?? -1) / 86_400)) })
    }
    options.validationFrom = day(55)
    #expect(throws: SplitError.self) { try drifting().split(options) }
    options.validationFrom = day(-1)
    #expect(throws: SplitError.self) { try drifting().split(options) }
  }
}
