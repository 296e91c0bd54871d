// How is training shown while it runs?

import Glibc
import Interchange
import Models
import Synchronization
import ToolKit

/// Progress on a terminal, a line an epoch with --verbose, a JSON log on request; SIGTERM and SIGINT end
/// the training after the batch at hand, and the best model so far is written.
final class TrainingReport: Sendable {
  private let context: ToolContext
  private let state: Mutex<State>

  private struct State: ~Copyable {
    var progress: Progress
    var log: OutputFile?
    var best = -1.0
    var epochs = 0
  }

  init(_ context: ToolContext, logFile: String?) throws {
    self.context = context
    let log = try logFile.map { try OutputFile($0, binary: false) }
    state = Mutex(State(progress: Progress("fit", unit: "epochs", context.log), log: log))
    StopRequest.install()
  }

  var monitor: TrainingMonitor {
    var monitor = TrainingMonitor(
      epochEnded: { record in self.epochEnded(record) },
      batchEnded: { _, _ in },
      shouldStop: { StopRequest.isMade })
    monitor.stepBegan = { what in
      self.state.withLock { $0.progress.announce(what) }
      self.context.log.info("\(what)")
    }
    return monitor
  }

  private func epochEnded(_ record: EpochRecord) {
    state.withLock { state in
      state.epochs = record.epoch
      if let value = record.validation { state.best = max(state.best, value) }
      let best =
        state.best >= 0 ? ", best \(record.metric?.text ?? "") \(fixed(state.best, 4))" : ""
      state.progress.update(record.epoch, note: "loss \(fixed(record.loss, 2))\(best)")
      try? state.log?.write(record.json.text + "\n")
    }
    let validation =
      record.validation.map { ", \(record.metric?.text ?? "") \(fixed($0, 4))" } ?? ""
    let parts = record.parts.map { "\($0.name) \(fixed($0.value, 2))" }.joined(separator: ", ")
    context.log.info(
      "epoch \(record.epoch): loss \(fixed(record.loss, 2)) (\(parts))\(validation), \(fixed(record.seconds, 2)) s"
    )
  }

  /// Closes the log and says how it went.
  func finish(_ settings: JSONValue) throws {
    try state.withLock { state in
      state.progress.finish()
      try state.log?.write(JSONValue.object(["event": "end", "settings": settings]).text + "\n")
      try state.log?.commit()
    }
    let best = settings["best_epoch"]?.int.map { ", best epoch \($0)" } ?? ""
    let metric = settings["validation_metric"]?.string ?? ""
    let value =
      settings["validation"]?.double.map { ", validation \(metric) \(fixed($0, 4))" } ?? ""
    let stopped = StopRequest.isMade ? " (stopped early by a signal)" : ""
    context.log.notice("done\(stopped)\(best)\(value), \(fixed(elapsed, 1)) s")
  }

  private var elapsed: Double { state.withLock { $0.progress.elapsed } }
}

/// Whether a signal asked the training to end.
enum StopRequest {
  private static let flag = Atomic<Bool>(false)

  static var isMade: Bool { flag.load(ordering: .relaxed) }

  static func install() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in StopRequest.flag.store(true, ordering: .relaxed) }
    }
  }
}
