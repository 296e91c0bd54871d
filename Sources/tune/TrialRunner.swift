// What happens in one trial, and where is it written down?

import Fitting
import Glibc
import Interchange
import Recommending
import Synchronization
import ToolKit
import Tuning

/// Fits a family with chosen settings.
struct TrialRunner {
  let family: any ModelFamily.Type
  let task: FittingTask
  let isPatient: Bool
  /// What the search is about, as trials note it.
  let about: JSONValue

  /// Throws `ModelError` when a setting is none of the model's.
  func settings(_ choice: [String: String], fixed: [String]) throws -> ModelSettings {
    let words = fixed + choice.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
    return try ModelSettings(words, for: family)
  }

  /// Fits once; a model whose training fails is a trial without a value, and so are settings that cannot be
  /// combined.
  ///
  /// Throws `ModelError` when a setting is none of the model's, `StreamError` and the like for faulty data.
  func run(_ number: Int, _ choice: [String: String], fixed: [String], others: [Trial]) throws -> (
    trial: Trial, fitted: FittedModel?
  ) {
    let settings = try settings(choice, fixed: fixed)
    let progress = Mutex(Course())
    let start = monotonicSeconds()
    let watched = others
    let isPatient = self.isPatient
    let monitor = TrainingMonitor(
      epochEnded: { record in
        guard let value = record.validation else { return }
        progress.withLock { course in
          course.best = max(course.best, value)
          course.curve[record.epoch] = course.best
          if !isPatient, watched.isHopeless(course.best, at: record.epoch) {
            course.isHopeless = true
          }
        }
      },
      shouldStop: { progress.withLock { $0.isHopeless } })
    var fitted: FittedModel?
    var value: Double?
    var failure: String?
    do {
      let made = try family.fit(task.data, settings, monitor)
      value = task.validation(of: made.model)
      fitted = made
    } catch let error as ModelError {
      // A loss that is not a number or settings that cannot be combined: the search goes on.
      failure = error.description
    }
    let course = progress.withLock { $0 }
    let trial = Trial(
      number: number, settings: choice, value: value, curve: course.curve,
      wasStopped: fitted?.outcome == .stopped, seconds: monotonicSeconds() - start, run: about,
      failure: failure)
    return (trial, fitted)
  }

  private struct Course {
    var best = -1.0
    var curve: [Int: Double] = [:]
    var isHopeless = false
  }
}

/// The trials made so far, each written to the log as it ends.
final class TrialJournal {
  private(set) var trials: [Trial] = []
  private let path: String?
  private var descriptor: Int32 = -1

  /// Reads what an earlier run of the same search left, if anything, and opens the log for more.
  ///
  /// Throws `TuningError` for a log of another search, `ToolError` for one that cannot be written.
  init(_ path: String?, of run: JSONValue) throws {
    self.path = path
    guard let path else { return }
    var isTorn = false
    if access(path, F_OK) == 0 {
      let lines = try InputFile.lines(path)
      trials = try [Trial](log: lines, of: run, name: path)
      isTorn = trials.count < lines.count
    }
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw ToolError(
        .cannotCreate, "\(path): cannot be written: \(String(cString: strerror(errno)))")
    }
    try endLastLine(path, isTorn: isTorn)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Ends a last line that a run which was cut short did not end, or takes it away where it is no trial, so that
  /// the next one gets a line of its own.
  private func endLastLine(_ path: String, isTorn: Bool) throws {
    func endsLine(_ end: off_t) -> Bool {
      var byte: UInt8 = 0
      return end == 0 || (pread(descriptor, &byte, 1, end - 1) == 1 && byte == UInt8(ascii: "\n"))
    }
    var end = lseek(descriptor, 0, SEEK_END)
    guard !endsLine(end) else { return }
    if isTorn {
      while !endsLine(end) { end -= 1 }
      if ftruncate(descriptor, end) == 0 { return }
    } else if write(descriptor, "\n", 1) == 1 {
      return
    }
    throw ToolError(.inputOutput, "\(path): its last line could not be put in order")
  }

  /// Adds a trial; its line is on disk when this returns.
  func add(_ trial: Trial) throws {
    trials.append(trial)
    guard let path else { return }
    let line = Array((trial.json.text + "\n").utf8)
    let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard written == line.count, fsync(descriptor) == 0 else {
      throw ToolError(.inputOutput, "\(path): the trial could not be written down")
    }
  }
}

extension Trial {
  /// Value and settings in a line.
  var description: String {
    let words = settings.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: " ")
    let result = value.map { fixed($0, 4) } ?? "failed: \(failure ?? "")"
    return "\(result)\(wasStopped ? " (stopped early)" : ""), \(fixed(seconds, 1)) s,"
      + " \(words.isEmpty ? "the defaults" : words)"
  }

  /// Order by value; of equals the earlier is better.
  func ranks(below other: Trial) -> Bool {
    (value ?? -1, -number) < (other.value ?? -1, -other.number)
  }
}
