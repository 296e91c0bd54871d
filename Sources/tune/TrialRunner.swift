// What happens in one trial, and where is it written down?

import Glibc
import Interchange
import Models
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

  /// Fits once; a model whose training fails is a trial without a value.
  ///
  /// Throws when settings make no sense.
  func run(_ number: Int, _ choice: [String: String], fixed: [String], others: [Trial]) throws -> (
    trial: Trial, model: (any RecommendationModel)?
  ) {
    let words = fixed + choice.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
    let settings = try ModelSettings(words, for: family)
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
    var model: (any RecommendationModel)?
    var value: Double?
    do {
      let fitted = try family.fit(task.data, settings, monitor)
      value = task.validation(of: fitted)
      model = fitted
    } catch let error as ModelError where error.category != .usage {
      // A loss that is not a number, say: the settings are bad, the search goes on.
      model = nil
    }
    let course = progress.withLock { $0 }
    let trial = Trial(
      number: number, settings: choice, value: value, curve: course.curve,
      wasStopped: course.isHopeless, seconds: monotonicSeconds() - start, run: about)
    return (trial, model)
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

  /// Reads what an earlier run of the same search left, if anything.
  ///
  /// Throws `TuningError` for a log of another search.
  init(_ path: String?, of run: JSONValue) throws {
    self.path = path
    guard let path, access(path, F_OK) == 0 else { return }
    trials = try [Trial](log: InputFile.lines(path), of: run, name: path)
  }

  /// Adds a trial; its line is on disk when this returns.
  func add(_ trial: Trial) throws {
    trials.append(trial)
    guard let path else { return }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw ToolError(
        .cannotCreate, "\(path): cannot be written: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    let line = Array((trial.json.text + "\n").utf8)
    let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard written == line.count, fsync(descriptor) == 0 else {
      throw ToolError(.inputOutput, "\(path): the trial could not be written down")
    }
  }
}
