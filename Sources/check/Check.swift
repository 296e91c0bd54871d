// indgrm check: are files whole and unharmed?

import ArgumentParser
import Interchange
import ToolKit

@main
struct Check: Tool {
  static let toolName = "check"
  static let configuration = toolConfiguration(
    "Tell whether streams are whole and unharmed.",
    discussion: """
      Silent when all is well; otherwise one line for each bad file. Files of up to 256 MB and standard \
      input are read whole and every checksum is verified; of larger ones the head and the end are \
      looked at, unless --all is given. --digests prints a manifest of the files, --manifest checks the \
      files of one.
      """)

  @Argument(help: "Files to check; - is standard input.")
  var inputs: [String] = []

  @Flag(help: "Verify every checksum, of large files too.")
  var all = false

  @Flag(
    help: "Print a manifest: content digest, bytes and name of each file; verifies every checksum.")
  var digests = false

  @Option(
    help: ArgumentHelp(
      "Check the files that a manifest names, beside it, against their bytes and content digests.",
      valueName: "file"))
  var manifest: String?

  @OptionGroup var common: CommonOptions

  /// Files up to this many bytes are read whole: a matter of a second.
  private static let small = 256 << 20

  func validate() throws {
    guard manifest == nil || (inputs.isEmpty && !digests) else {
      throw ValidationError("--manifest names the files; leave out other files and --digests")
    }
  }

  func execute(_ context: ToolContext) throws {
    var failures = Failures()
    if let manifest {
      for entry in try ManifestEntry.read(manifest) {
        failures.keep(context) { try entry.verify() }
      }
    } else {
      if digests, inputs.count > 1 { try Self.say(ManifestEntry.head(inputs.count)) }
      for path in inputs.isEmpty ? ["-"] : inputs {
        failures.keep(context) { try check(path) }
      }
    }
    if let worst = failures.last { throw worst }
  }

  private func check(_ path: String) throws {
    let input = try InputFile.open(path)
    let size = path == "-" ? 0 : input.rest ?? 0
    if !all, !digests, size > Self.small { return try StreamReader.checkEnds(input) }
    let reader = try StreamReader(input)
    while try reader.next() != nil {}
    guard digests else { return }
    let entry = ManifestEntry(name: path, bytes: reader.position, digest: reader.digest ?? 0)
    try Self.say(entry.text)
  }

  private static func say(_ line: String) throws {
    let file = try OutputFile("-", binary: false)
    try file.write(line + "\n")
    try file.commit()
  }
}

/// Errors met on the way: all are told, the last one decides the exit status.
private struct Failures {
  var last: (any CategorisedError)?

  mutating func keep(_ context: ToolContext, _ work: () throws -> Void) {
    do {
      try work()
    } catch {
      if let before = last { context.log.error(before.description) }
      last = error as? any CategorisedError ?? ToolError(.internalFault, "\(error)")
    }
  }
}
