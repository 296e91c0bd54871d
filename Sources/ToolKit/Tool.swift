// What happens around a tool's own work: parsing, set-up, errors, exit status?

import ArgumentParser
import CVersion
import DenseMath
import Glibc
import Interchange

/// The version of the programs; the format's version is its own.
public let indgrmVersion = "0.1.0"

/// The commit that was built, with a comma behind it; empty where the build was not told.
private let commit: String = {
  let text = String(cString: indgrm_commit())
  return text.isEmpty ? "" : text + ", "
}()

/// A tool of the family.
///
/// A tool declares its options as an ArgumentParser command and does its work in `execute`; errors
/// that it throws become one line on standard error and the exit status of their category.
public protocol Tool: ParsableCommand {
  /// The name without `indgrm`, such as `split`.
  static var toolName: String { get }
  var common: CommonOptions { get }
  /// Options that change nothing, each with the one without which it does not.
  static var companions: [String: String] { get }
  mutating func execute(_ context: ToolContext) throws
}

extension Tool {
  public static var companions: [String: String] { [:] }

  /// A configuration with the usual name and version.
  public static func toolConfiguration(_ abstract: String, discussion: String = "")
    -> CommandConfiguration
  {
    CommandConfiguration(
      commandName: "indgrm \(toolName)", abstract: abstract, discussion: discussion,
      version: "indgrm \(toolName) \(indgrmVersion) (\(commit)format 1.0)")
  }

  public mutating func run() throws {
    Parallel.threads = common.threads > 0 ? common.threads : Parallel.availableCores
    let context = ToolContext(tool: Self.toolName, common: common)
    if common.verbose {
      let words = ["indgrm", Self.toolName] + CommandLine.arguments.dropFirst()
      context.log.info(words.map(Provenance.quoted).joined(separator: " "))
    }
    try execute(context)
    context.log.close()
  }

  /// Runs the tool and exits.
  public static func main() {
    _ = programStart
    UnfinishedFiles.installSignalHandlers(tool: toolName)
    if CommandLine.arguments.isEmpty {
      // The system's library reads them there.
      writeToStandardError(
        "indgrm \(toolName): /proc is not mounted, so no options can be read; mount -t proc proc /proc\n"
      )
      Glibc.exit(ExitStatus.systemFault.rawValue)
    }
    do {
      if let complaint = Processor.complaint { throw ToolError(.usage, complaint) }
      try refuseOtherEncodings()
      let words = withNegativeNumbers(CommandLine.arguments.dropFirst())
      if let word = GivenOptions.stranger(among: words) {
        throw ToolError(.usage, "'\(word)' is no option; write ./\(word) where it is a file")
      }
      var command = try parseAsRoot(words)
      if let complaint = GivenOptions(words).complaint(self) { throw ToolError(.usage, complaint) }
      try command.run()
    } catch {
      Glibc.exit(report(error).rawValue)
    }
    Glibc.exit(ExitStatus.success.rawValue)
  }

  /// Throws `ToolError` (usage) for words that are not UTF-8: they would name other files, users and items.
  private static func refuseOtherEncodings() throws {
    for place in 1..<max(Int(CommandLine.argc), 1) {
      guard let word = CommandLine.unsafeArgv[place], String(validatingCString: word) == nil else {
        continue
      }
      throw ToolError(
        .usage,
        "'\(String(cString: word).printable)' is not UTF-8; write it in UTF-8, and rename a file that is called so"
      )
    }
  }

  /// Words in which a negative number behind an option is its value, as in `--min -3`, and no option itself.
  private static func withNegativeNumbers(_ words: some Collection<String>) -> [String] {
    var joined: [String] = []
    for word in words {
      let isNumber = word.first == "-" && word.dropFirst().first?.isNumber == true
      if isNumber, let option = joined.last, option.hasPrefix("--"), option.count > 2,
        !option.contains("="), !joined.contains("--")
      {
        joined[joined.count - 1] = "\(option)=\(word)"
      } else {
        joined.append(word)
      }
    }
    return joined
  }

  private static func report(_ error: any Error) -> ExitStatus {
    UnfinishedFiles.removeAll()
    if let error = error as? any CategorisedError {
      let status = ExitStatus(error.category)
      Diagnostics(tool: toolName, common: CommonOptions.guessed).failure(error.description, status)
      return status
    }
    switch exitCode(for: error) {
    case .success:
      var text = fullMessage(for: error)
      if !text.hasSuffix("\n") { text += "\n" }
      let done = text.withUTF8 { Glibc.write(1, $0.baseAddress, $0.count) == $0.count }
      if !done {
        let reason = String(cString: strerror(errno))
        writeToStandardError("indgrm \(toolName): standard output: cannot be written: \(reason)\n")
      }
      return done ? .success : .inputOutput
    case .validationFailure:
      // The parser's own lines stay, those of an argument do not.
      let hasLines = CommandLine.arguments.contains { $0.contains(where: \.isNewline) }
      let text = message(for: error)
      writeToStandardError(
        "indgrm \(toolName): \(hasLines ? text.printable : text.printableLines)\n"
          + "Try 'indgrm \(toolName) --help'.\n")
      return .usage
    default:
      writeToStandardError("indgrm \(toolName): internal error: \(error); please report it\n")
      return .internalFault
    }
  }
}

extension CommonOptions {
  /// The log options as they stand on the command line, for errors raised before or while parsing.
  static var guessed: CommonOptions {
    var options = CommonOptions()
    options.threads = 0
    options.quiet = false
    options.verbose = false
    options.log = .text
    let words = CommandLine.arguments
    if words.contains("--log=json")
      || zip(words, words.dropFirst()).contains(where: { $0 == "--log" && $1 == "json" })
    {
      options.log = .json
    }
    return options
  }
}

/// What a running tool knows of its surroundings.
public struct ToolContext: Sendable {
  public let tool: String
  public let log: Diagnostics

  init(tool: String, common: CommonOptions) {
    self.tool = tool
    log = Diagnostics(tool: tool, common: common)
  }

  /// Refuses options that change nothing with what is at hand.
  ///
  /// - Throws: `ToolError` (usage).
  public func refuse(_ vain: [String], since reason: String) throws {
    let given = GivenOptions(CommandLine.arguments.dropFirst())
    guard let option = vain.first(where: given.contains) else { return }
    throw ToolError(.usage, "\(reason), and \(option) changes nothing; leave it out")
  }

  /// The same for a process beside the one that speaks: it says what goes wrong alone.
  public var silenced: ToolContext {
    var options = CommonOptions.guessed
    options.quiet = true
    return ToolContext(tool: tool, common: options)
  }

  /// The history of an output made from these inputs by this very command line.
  ///
  /// Options that cannot change the output (`-o`, `--threads`, logging, how a run is put aside and goes on) are
  /// left out, so that equal work gives equal bytes.
  ///
  /// - Parameter paths: where the inputs were read from; without them the history is no script that runs.
  public func provenance(
    from inputs: [Provenance] = [], at paths: [String] = [], seed: UInt64? = nil,
    details: [String: JSONValue] = [:]
  ) -> Provenance {
    var kept: [String] = []
    var words = CommandLine.arguments.dropFirst()
    let valued: Set = [
      "-o", "--output", "--threads", "--log", "--log-json", "--checkpoint", "--checkpoint-every",
      "--resume",
    ]
    let flags: Set = ["-q", "--quiet", "-v", "--verbose"]
    while let word = words.popFirst() {
      if flags.contains(word) { continue }
      if valued.contains(word) {
        words = words.dropFirst()
      } else if !valued.contains(where: { $0.hasPrefix("--") && word.hasPrefix($0 + "=") }) {
        kept.append(word)
      }
    }
    var details = details
    // Streams without a history have no step that their path could lead to.
    let read = zip(inputs, paths).filter { !$0.0.steps.isEmpty }.map { JSONValue.string($0.1) }
    if !read.isEmpty { details["inputs"] = .array(read) }
    return Provenance(
      inputs: inputs,
      step: ProvenanceStep(
        tool: tool, version: indgrmVersion, arguments: kept,
        seed: seed.map { Int(truncatingIfNeeded: $0) },
        details: .object(details)))
  }
}

extension BLAS {
  /// Opens OpenBLAS with room for all threads, or says what it takes.
  public static func open() throws {
    do {
      try load(for: Parallel.threads)
    } catch let error as BLASError {
      throw ToolError(error.isForMemory ? .systemFault : .internalFault, error.description)
    }
  }
}
