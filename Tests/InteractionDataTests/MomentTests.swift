// Are logs cut where they were asked to be?

import Interchange
import Support
import Testing

@testable import InteractionData

@Suite struct MomentTests {
  private func drifting() throws -> InteractionSet {
    let bytes = try DriftingData.bytes()
    return try InteractionSet.read(
      StreamReader(ByteInput(OwnedBytes(copying: bytes), name: "test"))
    ).0
  }

  private func day(_ day: Int64) -> Moment { .seconds(day * 86_400) }

  @Test func logsEndWhereTheyAreAskedTo() throws {
    let all = try drifting()
    let early = try all.before(day(30))
    let expected = all.times?.filter { $0 < 30 * 86_400 }.count ?? 0
    #expect(expected > 0 && early.count == expected)
    #expect(early.times?.allSatisfy { $0 < 30 * 86_400 } == true)
    let half = try all.before(.share(0.5))
    #expect(abs(half.count - all.count / 2) < 40)
    #expect(try all.before(.share(1)).count == all.count)
    #expect(throws: SplitError.self) { try all.before(day(0)) }
    var timeless = all
    timeless.times = nil
    #expect(throws: SplitError.self) { try timeless.before(.share(0.5)) }
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
