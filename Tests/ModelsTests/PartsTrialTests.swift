// Is the better of two fits kept where group parts are left to data that no rule is sure of?

import DenseMath
import Interchange
import Support
import Synchronization
import Testing

@testable import Fitting
@testable import InDGRMModel

@Suite struct PartsTrialTests {
  private static let small = ["width=8", "latent=4", "clusters=2", "groups=3", "patience=1"]

  /// What a monitor heard, each epoch in a line.
  private final class Heard: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }

    private func note(_ record: EpochRecord, _ trial: String) {
      lines.withLock { $0.append("\(trial) \(record.epoch) \(record.loss ?? -1)") }
    }

    var monitor: TrainingMonitor {
      var monitor = TrainingMonitor(epochEnded: { self.note($0, "kept") })
      monitor.trialEpochEnded = { self.note($0, $1) }
      return monitor
    }

    /// The epochs of one trial, as they are heard when it is kept.
    func epochs(of trial: String) -> [String] {
      all.filter { $0.hasPrefix(trial + " ") }.map { "kept" + $0.dropFirst(trial.count) }
    }
  }

  private func data(held: Int = 60, spread: Bool = false) -> TrainingData {
    let lists = spread ? circles(users: 400 + held) : SmallData.twoTastes(users: 160 + held)
    let items = spread ? 600 : 12
    let trained = lists.count - held
    var data = TrainingData(
      rows: SparseRows(lists: Array(lists[..<trained]), columnCount: items), seed: 3)
    let others = lists[trained...]
    data.validation = ValidationUsers(
      foldIn: SparseRows(lists: others.map { Array($0.dropLast()) }, columnCount: items),
      truth: others.map { [$0.last ?? 0] })
    return data
  }

  /// Users who like four of 150 circles of four items.
  private func circles(users: Int) -> [[UInt32]] {
    var random = RandomStream(seed: 3, stage: 1, index: 0)
    return (0..<users).map { _ in
      random.permutation(150).prefix(4).flatMap { circle in
        (0..<4).map { UInt32(Int(circle) * 4 + $0) }
      }.sorted()
    }
  }

  private func fit(_ data: TrainingData, _ words: [String], _ monitor: TrainingMonitor) throws
    -> (tensors: [[UInt8]], parts: String?, value: Double)
  {
    let settings = try ModelSettings(Self.small + words, for: InDGRMFamily.self)
    let model = try InDGRMFamily.fit(data, settings, monitor).model
    return (
      model.tensors().map { Array($0.data) }, model.settings["group-parts"]?.string,
      data.validation?.value(of: model) ?? 0
    )
  }

  /// Both fits are those that their settings describe, and the better one is kept: one place where tastes are two,
  /// several where they are spread.
  @Test(arguments: [false, true]) func theClearlyBetterWayIsKept(_ spread: Bool) throws {
    let heard = Heard()
    let data = data(spread: spread)
    let size = spread ? ["latent=16", "width=32", "learning-rate=0.01"] : []
    let tried = try fit(data, size, heard.monitor)
    let on = try fit(data, size + ["group-parts=on"], TrainingMonitor())
    let off = try fit(data, size + ["group-parts=off"], TrainingMonitor())
    #expect(spread ? on.value > 1.025 * off.value : off.value > on.value)
    let kept = spread ? on : off
    #expect(tried.parts == kept.parts && tried.tensors == kept.tensors)
    let parts = try #require(tried.parts)
    let epochs = heard.epochs(of: "group-parts=\(parts)")
    #expect(!epochs.isEmpty && heard.all.filter { $0.hasPrefix("kept ") } == epochs)
    #expect(!heard.epochs(of: "group-parts=\(parts == "on" ? "off" : "on")").isEmpty)
  }

  /// Short runs, those that are put aside, few validation users and given settings are fitted once.
  @Test func elsewhereOneFitIsMade() throws {
    for words in [["epochs=99"], ["group-parts=off"], ["item-groups=off"]] {
      let heard = Heard()
      _ = try fit(data(), words, heard.monitor)
      #expect(!heard.all.isEmpty && heard.all.allSatisfy { $0.hasPrefix("kept ") })
    }
    let few = Heard()
    _ = try fit(data(held: 49), [], few.monitor)
    #expect(few.all.allSatisfy { $0.hasPrefix("kept ") })
    let aside = Heard()
    var monitor = aside.monitor
    monitor.checkpoint = { _ in }
    _ = try fit(data(), [], monitor)
    #expect(aside.all.allSatisfy { $0.hasPrefix("kept ") })
  }

  /// A signal ends the fit at hand, and no other begins.
  @Test func aStoppedRunKeepsWhatItHas() throws {
    let heard = Heard()
    var monitor = heard.monitor
    monitor.shouldStop = { !heard.all.isEmpty }
    let stopped = try fit(data(), [], monitor)
    let trials = Set(heard.all.compactMap { $0.split(separator: " ").first })
    #expect(stopped.parts == "off" && trials == ["group-parts=off", "kept"])
  }

  @Test(arguments: [
    (1000, 30, 100, true), (1000, 40, 100, false), (1000, 40, 7000, true), (6000, 30, 100, false),
  ])
  func fewDataOfShortHistoriesOrThinAreTried(
    _ users: Int, _ each: Int, _ items: Int, _ tries: Bool
  ) throws {
    let lists = (0..<users).map { user in
      (0..<each).map { UInt32((user + $0 * (items / each)) % items) }.sorted()
    }
    let data = TrainingData(rows: SparseRows(lists: lists, columnCount: items), seed: 1)
    func mayTry(_ words: [String]) throws -> Bool {
      let settings = try ModelSettings(words, for: InDGRMFamily.self)
      return InDGRMTraining(
        data: data, settings: settings, groups: nil, privileged: nil,
        pilots: PilotFits(data, TrainingMonitor())
      ).mayTryParts
    }
    #expect(try mayTry([]) == tries)
    #expect(!(try mayTry(["group-parts=on"])))
  }
}
