// indgrm merge: puts parts together again, all of them and none twice.

import ArgumentParser
import Interchange
import ToolKit

@main
struct Merge: Tool {
  static let toolName = "merge"
  static let configuration = toolConfiguration(
    "Put parts of interactions, or of lists, together again.",
    discussion: """
      Reads the parts that shard cut, or what binarize, split and score made of them, in any order, and writes \
      the whole: the same bytes for any number of parts, but for the history. A part that is missing, doubled, damaged \
      or made otherwise than the others is an error that names it, as is a user in two parts. The history is that of \
      the first part. Holds the items, some chunks and, of lists, the ids of a part's users.
      """)

  @Argument(help: "All parts of one whole, as files.")
  var parts: [String] = []

  @Option(
    help: ArgumentHelp(
      "Merge the files that a manifest names, beside it, and hold them against its content digests.",
      valueName: "file"))
  var manifest: String?

  @OptionGroup var output: StreamOutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard manifest == nil || parts.isEmpty else {
      throw ValidationError("--manifest names the parts; leave other files out")
    }
    guard manifest != nil || !parts.isEmpty else {
      throw ValidationError("name the parts, or a --manifest that does")
    }
    guard !parts.contains("-") else {
      throw ValidationError("parts are read twice; name files, not standard input")
    }
  }

  func execute(_ context: ToolContext) throws {
    let entries = try manifest.map { try ManifestEntry.read($0) }
    let whole = try Parts(entries?.map(\.name) ?? parts, manifest: entries)
    let file = try output.open()
    let compression = output.compression > 0 ? output.compression : nil
    let provenance = context.provenance(from: [whole.provenance])
    let progress = Progress("merged", unit: "parts", total: whole.files.count, context.log)
    let counts =
      whole.kind == .interactions
      ? try mergeInteractions(whole, file, provenance, compression) { progress.update($0) }
      : try mergeLists(whole, file, provenance, compression) { progress.update($0) }
    try file.commit()
    progress.finish()
    context.log.notice(
      "\(whole.files.count) parts: \(counts.users) users, \(counts.rows)"
        + (whole.kind == .interactions ? " interactions" : " lists"),
      counts: ["parts": whole.files.count, "users": counts.users, "rows": counts.rows])
  }
}
