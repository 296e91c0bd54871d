// How far is a long step, and how long will it take?

import Glibc

/// A progress line on a terminal: share done, rate and time left, at most five times a second.
///
/// Silent when standard error is no terminal, under `--quiet`, and during the first second.
public final class Progress {
  private let title: String
  private let unit: String
  private let total: Int?
  private let isShown: Bool
  private let start = monotonicSeconds()
  private var lastShown = 0.0
  private var width = 0

  public init(_ title: String, unit: String, total: Int? = nil, _ diagnostics: Diagnostics) {
    self.title = "indgrm \(diagnostics.tool): \(title)"
    self.unit = unit
    self.total = total
    isShown = diagnostics.isTerminal && !diagnostics.isQuiet
  }

  /// Tells how many units are done so far; `note` is shown behind them.
  public func update(_ done: Int, note: String = "") {
    guard isShown else { return }
    let now = monotonicSeconds()
    guard now - start > 1, now - lastShown > 0.2 else { return }
    lastShown = now
    let rate = Double(done) / (now - start)
    var line = "\(title) \(done)"
    if let total, total > 0 {
      let left = rate > 0 ? Double(total - done) / rate : 0
      line += " of \(total) \(unit) (\(done * 100 / total) %), \(Self.short(rate))/s, "
      line += "\(Self.duration(left)) left"
    } else {
      line += " \(unit), \(Self.short(rate))/s"
    }
    if !note.isEmpty { line += ", \(note)" }
    show(line)
  }

  /// Says at once what is going on, where there is nothing to count.
  public func announce(_ what: String) {
    guard isShown else { return }
    show("\(title): \(what)")
  }

  private func show(_ text: String) {
    let line = text.printable
    let padding = String(repeating: " ", count: max(width - line.count, 0))
    width = line.count
    writeToStandardError("\r\(line)\(padding)")
  }

  /// Clears the line.
  public func finish() {
    guard isShown, width > 0 else { return }
    writeToStandardError("\r\(String(repeating: " ", count: width))\r")
    width = 0
  }

  /// Seconds since this progress began.
  public var elapsed: Double { monotonicSeconds() - start }

  /// A rate in three significant figures with a metric prefix.
  static func short(_ value: Double) -> String {
    for (limit, suffix) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where value >= limit {
      return fixed(value / limit, value / limit < 10 ? 1 : 0) + suffix
    }
    return fixed(value, value < 10 ? 1 : 0)
  }

  static func duration(_ seconds: Double) -> String {
    let whole = Int(max(0, min(seconds, 1e8)))
    if whole >= 3600 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
    return whole >= 60 ? "\(whole / 60) min \(whole % 60) s" : "\(whole) s"
  }
}

/// Seconds of the monotonic clock.
public func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// A number with a fixed count of decimals, rounded half away from zero, without locale.
public func fixed(_ value: Double, _ decimals: Int) -> String {
  guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  let scaled = (abs(value) * scale).rounded()
  guard scaled < 9e18 else { return "\(value)" }
  let digits = String(UInt64(scaled))
  let sign = value < 0 && scaled > 0 ? "-" : ""
  if decimals == 0 { return sign + digits }
  let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
  return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
}
