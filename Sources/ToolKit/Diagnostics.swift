// How do messages reach standard error?

import Glibc
import Interchange
import Logging

/// The tool's voice on standard error.
public struct Diagnostics: Sendable {
  /// The tool's name without `indgrm`.
  public let tool: String
  /// Whether standard error is a terminal.
  public let isTerminal: Bool
  public let isQuiet: Bool
  public let isVerbose: Bool
  private let format: LogFormat
  private let logger: Logger

  init(tool: String, common: CommonOptions) {
    self.tool = tool
    isTerminal = isatty(2) == 1
    isQuiet = common.quiet
    isVerbose = common.verbose
    format = common.log
    let format = format
    var logger = Logger(label: tool) { StandardErrorHandler(tool: $0, format: format) }
    logger.logLevel = common.quiet ? .error : common.verbose ? .info : .notice
    self.logger = logger
  }

  /// A closing summary or another line worth a place in a quiet log; JSON lines carry what it counts as fields.
  public func notice(_ message: String, counts: [String: Int] = [:]) {
    logger.notice("\(message)", metadata: counts.mapValues { .stringConvertible($0) })
  }
  /// The last line of a tool that did its work, for programs that read JSON lines.
  func close() {
    guard format == .json else { return }
    logger.notice("finished", metadata: ["status": .stringConvertible(0)])
  }
  /// A detail shown with `--verbose`.
  public func info(_ message: String) { logger.info("\(message)") }
  /// Something the user should look at.
  public func warning(_ message: String) { logger.warning("\(message)") }
  /// Something that went wrong while others are still tried.
  public func error(_ message: String) { logger.error("\(message)") }
  /// Why the tool ends with a status.
  func failure(_ message: String, _ status: ExitStatus) {
    logger.error("\(message)", metadata: ["status": .stringConvertible(status.rawValue)])
  }
}

/// Writes whole lines with one write(2), so that the lines of a pipe's tools do not mix.
struct StandardErrorHandler: LogHandler {
  let tool: String
  let format: LogFormat
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .notice

  init(tool: String, format: LogFormat) {
    self.tool = tool
    self.format = format
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let message = event.message.description.brief
    switch format {
    case .text:
      let prefix = event.level == .warning ? "warning: " : ""
      writeToStandardError("indgrm \(tool): \(prefix)\(message.printable)\n")
    case .json:
      var line: [String: JSONValue] = [
        "level": .string(event.level.rawValue), "tool": .string(tool), "message": .string(message),
        "time": .string(currentTime()), "pid": .integer(Int(getpid())),
        "seconds": .number((elapsedSeconds() * 1000).rounded() / 1000),
      ]
      for (name, value) in event.metadata ?? [:] { line[name] = JSONValue(logged: value) }
      if let run = getenv("INDGRM_RUN") { line["run"] = .string(String(cString: run)) }
      writeToStandardError(JSONValue.object(line).text.printableJSON + "\n")
    }
  }
}

extension JSONValue {
  /// A number of a log line's metadata, or its text.
  fileprivate init(logged value: Logger.Metadata.Value) {
    self = Int(value.description).map(JSONValue.integer) ?? .string(value.description)
  }
}

/// Seconds since this program began.
private func elapsedSeconds() -> Double {
  monotonicSeconds() - programStart
}

/// When this program began, by the monotonic clock; asked for first by `Tool.main`.
let programStart = monotonicSeconds()

/// The time of day as ISO 8601 in UTC, to the second.
private func currentTime() -> String {
  var (now, parts) = (time(nil), tm())
  gmtime_r(&now, &parts)
  return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { text in
    guard let start = text.baseAddress,
      strftime(start, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0
    else { return "" }
    return String(cString: start)
  }
}

/// Writes text to standard error; nothing can be done when that fails.
func writeToStandardError(_ text: String) {
  var text = text
  text.withUTF8 { _ = Glibc.write(2, $0.baseAddress, $0.count) }
}
