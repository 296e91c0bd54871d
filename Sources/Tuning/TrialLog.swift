// Which trials have been made already?

import Interchange

/// One trial: settings and what came of them.
public struct Trial: Equatable, Sendable {
  public let number: Int
  /// Settings as `fit --set` takes them.
  public let settings: [String: String]
  /// The metric on the validation users; nil when the trial failed.
  public let value: Double?
  /// The best validation value at each validated epoch, for stopping others early.
  public let curve: [Int: Double]
  public let wasStopped: Bool
  public let seconds: Double
  /// What the search is about: only trials with the same can be compared.
  public let run: JSONValue
  /// Why the trial has no value.
  public let failure: String?

  public init(
    number: Int, settings: [String: String], value: Double?, curve: [Int: Double],
    wasStopped: Bool, seconds: Double, run: JSONValue, failure: String? = nil
  ) {
    self.number = number
    self.settings = settings
    self.value = value
    self.curve = curve
    self.wasStopped = wasStopped
    self.seconds = seconds
    self.run = run
    self.failure = failure
  }

  /// How every line of a log begins.
  static let lineStart = "{\"curve\":"

  /// One line of the log.
  public var json: JSONValue {
    var members: [String: JSONValue] = [
      "trial": .integer(number), "settings": .object(settings.mapValues { .string($0) }),
      "validation": value.map { .number($0) } ?? .null,
      "curve": .object(
        Dictionary(uniqueKeysWithValues: curve.map { (String($0), .number($1)) })),
      "stopped": .bool(wasStopped), "seconds": .number(seconds), "run": run,
    ]
    if let failure { members["failure"] = .string(failure) }
    return .object(members)
  }

  /// Reads a line; nil when it is none of a log's.
  public init?(_ json: JSONValue) {
    guard let number = json["trial"]?.int, case .object(let members)? = json["settings"],
      let value = json["validation"]
    else { return nil }
    var curve: [Int: Double] = [:]
    if case .object(let points)? = json["curve"] {
      for (epoch, value) in points {
        guard let epoch = Int(epoch), let value = value.double else { return nil }
        curve[epoch] = value
      }
    }
    self.init(
      number: number, settings: members.compactMapValues(\.string), value: value.double,
      curve: curve, wasStopped: json["stopped"]?.bool ?? false,
      seconds: json["seconds"]?.double ?? 0, run: json["run"] ?? .null,
      failure: json["failure"]?.string)
  }
}

extension [Trial] {
  /// Reads a log of a search about `run`; a last line that was cut short, and begins as a trial's does, is passed
  /// over.
  ///
  /// Throws `TuningError` that names the line which is no trial or belongs to another search.
  public init(log lines: [String], of run: JSONValue, name: String) throws {
    self = []
    for (place, line) in lines.enumerated() {
      if let json = JSONValue(parsing: Array<UInt8>(line.utf8)), let trial = Trial(json) {
        if let key = run.firstDifference(from: trial.run) {
          throw TuningError(
            "\(name): line \(place + 1) is of a search with other \(key); give this one a log of its own"
          )
        }
        if let first = firstIndex(where: { $0.number == trial.number }) {
          throw TuningError(
            "\(name): line \(place + 1) is trial \(trial.number + 1), as is line \(first + 1); keep one of them"
          )
        }
        append(trial)
      } else if place < lines.count - 1 || !line.hasPrefix(Trial.lineStart) {
        throw TuningError(
          "\(name): line \(place + 1) is no trial; move the file away to start anew")
      }
    }
  }

  /// Whether a trial with this best value at an epoch is hopeless: past half of what the best trial needed to
  /// get to its best, and below the median of at least four others at that epoch (or their last before it).
  ///
  /// Earlier than that, the order of trials says how fast they start, not where they end.
  public func isHopeless(_ value: Double, at epoch: Int) -> Bool {
    let best = filter { $0.value != nil }.max { ($0.value ?? 0) < ($1.value ?? 0) }
    guard let best, 2 * epoch >= best.bestEpoch else { return false }
    let others = compactMap { trial in
      trial.curve.filter { $0.key <= epoch }.max { $0.key < $1.key }?.value
    }.sorted()
    return others.count >= 4 && value < others[others.count / 2]
  }
}

extension Trial {
  /// The first epoch with the best value of the curve; 0 without a curve.
  fileprivate var bestEpoch: Int {
    let highest = curve.values.max()
    return curve.filter { $0.value == highest }.keys.min() ?? 0
  }
}
