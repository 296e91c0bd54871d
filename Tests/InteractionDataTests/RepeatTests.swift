// Does a split that keeps repeats know what was chosen before, and ask for it again?

import DenseMath
import Interchange
import Testing

@testable import InteractionData

@Suite struct RepeatTests {
  /// One user's items and times: item 0 in every part, item 2 twice in the first.
  private let events: [(item: UInt32, time: Int64)] = [
    (0, 0), (1, 10), (2, 50), (2, 55), (0, 80), (0, 95), (3, 97),
  ]

  private func rows() throws -> InteractionRows {
    let sink = MemorySink()
    let writer = try InteractionWriter(sink, metadata: .object([:]), provenance: Provenance())
    try writer.write(.users(UserChunk(ids: ["u"])))
    try writer.write(.items(ItemChunk(ids: ["a", "b", "c", "d"])))
    try writer.write(
      .interactions(
        InteractionChunk(
          users: events.map { _ in 0 }, items: events.map(\.item), times: events.map(\.time),
          confidences: events.indices.map { 1 + Float($0) })))
    try writer.finish()
    return try InteractionRows(
      InteractionReader(StreamReader(ByteInput(OwnedBytes(copying: sink.bytes), name: "test"))))
  }

  private func split(repeats: Bool) throws -> InteractionSet {
    var options = SplitOptions()
    (options.scheme, options.keepsRepeats) = (.time, repeats)
    (options.validationFrom, options.testFrom) = (.seconds(60), .seconds(90))
    let rows = try rows()
    return try (repeats ? rows.parted(options) : rows).sorted().0.split(options)
  }

  /// As written and read again.
  private func read(_ set: InteractionSet) throws -> (InteractionSet, merged: Int) {
    let sink = MemorySink()
    let writer = try InteractionWriter(sink, metadata: set.metadata, provenance: Provenance())
    try set.write(to: writer)
    try writer.finish()
    return try InteractionSet.read(
      StreamReader(ByteInput(OwnedBytes(copying: sink.bytes), name: "test")))
  }

  @Test func whatIsChosenAgainIsKnownAndTruth() throws {
    let (set, merged) = try read(split(repeats: true))
    let plan = try #require(try SplitPlan(set))
    #expect(merged == 0 && set.count == 6 && plan.hasRepeats)
    #expect(plan.foldIn(of: 0, .validation, round: 0) == [0, 1, 2])
    #expect(plan.truth(of: 0, .validation, round: 0) == [0])
    #expect(plan.foldIn(of: 0, .test, round: 0) == [0, 1, 2])
    #expect(plan.truth(of: 0, .test, round: 0) == [0, 3])
    let training = TrainingSet(set, plan)
    #expect(training.rows.row(0) == [0, 1, 2] && training.times == [0, 10, 55])
    // Of an item in several parts the latest counts.
    let refit = TrainingSet(set, plan, .withValidation)
    #expect(refit.rows.row(0) == [0, 1, 2] && refit.times == [80, 10, 55])
    let all = FoldInCases(set, users: [0], items: ItemMap(from: set.items.ids, to: set.items.ids))
    #expect(all.history.row(0) == [0, 1, 2, 3])
  }

  /// Without repeats the last choice is the only one, and never known.
  @Test func otherwiseTheLastChoiceCounts() throws {
    let plan = try #require(try SplitPlan(read(split(repeats: false)).0))
    #expect(!plan.hasRepeats)
    #expect(plan.foldIn(of: 0, .test, round: 0) == [1, 2])
    #expect(plan.truth(of: 0, .test, round: 0) == [0, 3])
  }

  /// Confidences follow their interactions and are 1 on average.
  @Test func confidencesFollow() throws {
    let set = try read(split(repeats: true)).0
    let training = TrainingSet(set, try SplitPlan(set))
    // Of rows 0, 1 and 3.
    #expect(training.confidences == [1.0, 2, 4].map { Float($0 / (7.0 / 3)) })
    var alike = set
    alike.confidences = set.confidences?.map { _ in 5 }
    #expect(TrainingSet(alike, try SplitPlan(alike)).confidences == nil)
  }

  @Test func confidencesAreScaled() {
    #expect(TrainingSet.scaled([2, 2, 2]) == nil)
    #expect(TrainingSet.scaled([]) == nil)
    #expect(TrainingSet.scaled([1, 3, 2, 2]) == [0.5, 1.5, 1, 1])
  }
}
