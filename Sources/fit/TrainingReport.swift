// How is training shown while it runs?

import Fitting
import Glibc
import Interchange
import Recommending
import Synchronization
import ToolKit

/// Progress on a terminal, a line an epoch with --verbose, a JSON log on request, which can be followed. Once epochs
/// have begun, SIGTERM, SIGINT, SIGHUP and SIGXCPU end the training after the batch at hand, and the best model so far is
/// written; before that, and the second time, they end the tool.
final class TrainingReport: Sendable {
  private let context: ToolContext
  private let state: Mutex<State>

  private struct State: ~Copyable {
    var progress: Progress
    var log: OutputFile?
    /// Why the log ends early; training goes on without.
    var logFailure: (any Error)?
    var best = -1.0
    /// Lines about settings that were told.
    var told = Set<String>()

    /// Does something with the log, unless that failed before.
    mutating func note(_ body: (OutputFile) throws -> Void) {
      guard let log, logFailure == nil else { return }
      do { try body(log) } catch { logFailure = error }
    }
  }

  /// Opens the log; a run that goes on after an epoch keeps the lines of those before.
  ///
  /// Throws `ToolError` when the log cannot be made, or is none and would be lost.
  init(_ context: ToolContext, logFile: String?, after epoch: Int?) throws {
    self.context = context
    var earlier: [String] = []
    if let epoch, let logFile { earlier = try Self.epochs(of: logFile, through: epoch) }
    let log = try logFile.map { try OutputFile($0, binary: false, for: "--log-json") }
    for line in earlier { try log?.write(line + "\n") }
    state = Mutex(State(progress: Progress("fit", unit: "epochs", context.log), log: log))
    StopRequest.install()
  }

  var monitor: TrainingMonitor { monitor(event: "epoch") }

  /// Hears about the epochs of a fit to validation users as well.
  var refitMonitor: TrainingMonitor { monitor(event: "refit-epoch") }

  private func monitor(event: String) -> TrainingMonitor {
    var monitor = TrainingMonitor(
      epochEnded: { record in self.epochEnded(record, event) },
      batchEnded: { _, _ in StopRequest.trainingHasBegun() },
      shouldStop: { StopRequest.isMade })
    monitor.trialEpochEnded = { record, trial in self.epochEnded(record, "trial-epoch", of: trial) }
    monitor.settingsResolved = { self.tell($0) }
    monitor.stepBegan = { what in
      self.state.withLock { $0.progress.announce(what) }
      self.context.log.info("\(what)")
    }
    return monitor
  }

  /// Tells why settings are what they are, as far as it was not told.
  func tell(_ settings: ModelSettings) {
    let lines = state.withLock { state in
      settings.reasonTexts.filter { state.told.insert($0).inserted }
    }
    for line in lines { context.log.info("\(line)") }
  }

  /// Tells what models reach that take seconds.
  func tell(_ rivals: [SimpleRival], _ metric: ValidationMetric) {
    for rival in rivals {
      let line: JSONValue = [
        "event": "rival", "model": .string(rival.name), "seconds": .number(rival.seconds),
        "validation": .number(rival.profile.value), "validation_metric": .string(metric.text),
      ]
      state.withLock { state in
        state.note {
          try $0.write(line.text + "\n")
          try $0.show()
        }
      }
      context.log.info(
        "\(rival.name): \(metric.text) \(fixed(rival.profile.value, 4)), \(fixed(rival.seconds, 2)) s"
      )
    }
  }

  /// - Parameter trial: what tells a fit from others made beside it.
  private func epochEnded(_ record: EpochRecord, _ event: String, of trial: String? = nil) {
    StopRequest.trainingHasBegun()
    state.withLock { state in
      if record.epoch == 1 { state.best = -1 }
      if let value = record.validation { state.best = max(state.best, value) }
      let loss = record.loss.map { "loss \(fixed($0, 2))" }
      let best =
        state.best >= 0 ? "best \(record.metric?.text ?? "") \(fixed(state.best, 4))" : nil
      state.progress.update(
        record.epoch, note: [trial, loss, best].compactMap { $0 }.joined(separator: ", "))
      var line = record.json.setting("event", .string(event))
      if let trial { line = line.setting("trial", .string(trial)) }
      state.note {
        try $0.write(line.text + "\n")
        try $0.show()
      }
    }
    let parts = record.parts.map { "\($0.name) \(fixed($0.value, 2))" }.joined(separator: ", ")
    let told = [
      record.loss.map { "loss \(fixed($0, 2))" + (parts.isEmpty ? "" : " (\(parts))") },
      record.validation.map { "\(record.metric?.text ?? "") \(fixed($0, 4))" },
      "\(fixed(record.seconds, 2)) s",
    ]
    let epoch = [trial, event.replacing("-", with: " ")].compactMap { $0 }.joined(separator: " ")
    context.log.info("\(epoch) \(record.epoch): \(told.compactMap { $0 }.joined(separator: ", "))")
  }

  /// Closes the log of a run that came to nothing.
  func fail(_ error: any Error) {
    state.withLock { state in
      state.progress.finish()
      let line: JSONValue = ["event": "failed", "reason": .string("\(error)")]
      state.note {
        try $0.write(line.text + "\n")
        try $0.commit()
      }
    }
  }

  /// Closes the log and says how it went, and what a network gained.
  ///
  /// Throws `ToolError` when the log could not be written; the model was.
  func finish(_ settings: JSONValue, _ gain: NetworkGain?) throws {
    var line: JSONValue = ["event": "end", "settings": settings]
    if let gain {
      line = line.setting("gain", gain.json.setting("text", .string(gain.sentence)))
    }
    let failure = state.withLock { state in
      state.progress.finish()
      state.note {
        try $0.write(line.text + "\n")
        try $0.commit()
      }
      return state.logFailure
    }
    let best = settings["best_epoch"]?.int.map { ", best epoch \($0)" } ?? ""
    let metric = settings["validation_metric"]?.string ?? ""
    let value =
      settings["validation"]?.double.map { ", validation \(metric) \(fixed($0, 4))" } ?? ""
    let stopped = StopRequest.isMade ? " (stopped early by a signal)" : ""
    context.log.notice("done\(stopped)\(best)\(value), \(fixed(elapsed, 1)) s")
    if let gain {
      let isBetter = gain.verdict == .better
      if isBetter {
        context.log.notice("\(gain.sentence)")
      } else {
        context.log.warning("\(gain.sentence)")
      }
    }
    if let failure { throw ToolError(.inputOutput, "\(failure); the model was written whole") }
  }

  /// The lines of a log's epochs up to a given one; none when there is no such file.
  private static func epochs(of path: String, through last: Int) throws -> [String] {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return [] }
    let lines = try InputFile.numberedLines(path, for: "--log-json")
    return try lines.compactMap { number, text in
      let json = JSONValue(parsing: Array(text.utf8))
      guard let json, json["event"]?.string != nil else {
        // A machine that stopped may have cut the last one short.
        if number == lines.last?.number, text.hasPrefix("{\"") { return nil }
        throw ToolError(
          .badData,
          "\(path): line \(number) is not from a training log; name another file for --log-json")
      }
      let isKept = json["event"]?.string == "epoch" && json["epoch"]?.int ?? .max <= last
      return isKept ? text : nil
    }
  }

  private var elapsed: Double { state.withLock { $0.progress.elapsed } }
}

/// Whether a signal asked the training to end.
enum StopRequest {
  private static let flag = Atomic<Bool>(false)
  private static let hasBegun = Atomic<Bool>(false)

  static var isMade: Bool { flag.load(ordering: .relaxed) }

  /// From now on there is something to keep.
  static func trainingHasBegun() { hasBegun.store(true, ordering: .relaxed) }

  static func install() {
    for number in [SIGINT, SIGTERM, SIGHUP, SIGXCPU] {
      UnfinishedFiles.handle(number) { number in
        let isFirst = !StopRequest.flag.exchange(true, ordering: .relaxed)
        // Beyond its time a process hears of it every second.
        if isFirst || number == SIGXCPU, StopRequest.hasBegun.load(ordering: .relaxed) { return }
        UnfinishedFiles.endBySignal(number)
      }
    }
  }
}
