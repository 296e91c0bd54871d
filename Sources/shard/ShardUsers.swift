// indgrm shard: cuts data into parts by users, so that many machines can work on them.

import ArgumentParser
import Glibc
import InteractionData
import Interchange
import ToolKit

@main
struct ShardUsers: Tool {
  static let toolName = "shard"
  static let configuration = toolConfiguration(
    "Cut interactions into parts by users, for many machines.",
    discussion: """
      A user belongs to the part that the hash of the id tells, with everything that is the user's, however \
      many inputs it comes from. Users of a part stand in the order of their hashes, a user's rows together, \
      ordered by item, and items in the order of their ids, so that tools work on it with a block of users in \
      memory, and merge gives the same bytes for any number of parts. The output is a folder with part-00000.ig \
      and so on, and a MANIFEST, written last, of their content digests and counts. Holds the items, 8 bytes a user, \
      some chunks and a 256th of the rows, or of a part where there are more parts; rows are put aside beside the \
      output.
      """)

  @Argument(help: "Interactions to read, one after the other; - is standard input.")
  var inputs: [String] = []

  @Option(help: ArgumentHelp("Parts to cut into, up to 65536.", valueName: "n"))
  var into: Int

  @Option(
    help: ArgumentHelp(
      "The inputs hold this part alone, cut elsewhere: put it in order and write it, to a file.",
      valueName: "n"))
  var part: Int?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Folder to put the parts into; with --part, the file or - for standard output.",
      valueName: "path"))
  var output: String?

  @Option(
    name: [.customShort("z"), .long],
    help: ArgumentHelp(
      "zstd level of the columns, 1 to 19; 0 stores them plain.", valueName: "level"))
  var compression: Int32 = 1

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (1...Shard.mostParts).contains(into) else {
      throw ValidationError("--into must be between 1 and \(Shard.mostParts)")
    }
    if let part, !(0..<into).contains(part) {
      throw ValidationError("--part counts from 0 to \(into - 1), one less than --into")
    }
    guard part != nil || (output ?? "-") != "-" else {
      throw ValidationError("name a folder for the parts in --output")
    }
    guard (0...19).contains(compression) else {
      throw ValidationError("--compression must be between 0 and 19")
    }
  }

  func execute(_ context: ToolContext) throws {
    let folder = part == nil ? try Self.folder(output ?? "") : nil
    let first = folder.map { $0 + Self.fileName(0) } ?? output ?? "-"
    let rows = try SortedUsers(
      spool: SpoolFile(beside: first), parts: part.map { $0..<$0 + 1 } ?? 0..<into, of: into)
    if let twice = InputFile.repeated(inputs) {
      context.log.warning("\(twice): is named twice, and its rows count twice")
    }
    let progress = Progress("read", unit: "interactions", context.log)
    let readers = try (inputs.isEmpty ? ["-"] : inputs).map { path in
      let reader = InteractionReader(try InputFile.stream(path, expecting: [.interactions]))
      try context.log.warn(ofPart: reader.stream)
      try rows.read(reader) { progress.update($0) }
      return reader
    }
    progress.finish()
    guard rows.userCount > 0 || (part != nil && into > 1) else {
      throw ToolError(.badData, "\(readers[0].stream.name): holds no users; was its log empty?")
    }
    let provenance = context.provenance(from: readers.map(\.provenance))
    guard let folder else {
      let written = try WrittenPart(
        rows, Shard(part: part ?? 0, of: into), to: first, readers[0].metadata, provenance,
        compression)
      return context.log.notice(
        "part \(part ?? 0) of \(into): \(written.users) users, \(written.rows) interactions",
        counts: ["users": written.users, "interactions": written.rows])
    }
    let digests = readers.map { hexadecimal($0.stream.digest ?? 0) }
    try writeAll(
      rows, folder,
      from: digests.count > 1 ? hexadecimal(XXHash64.hash(digests.joined(), seed: 0)) : digests[0],
      readers[0].metadata, provenance, context)
  }

  private static func fileName(_ part: Int) -> String {
    let digits = String(part)
    return "part-" + String(repeating: "0", count: 5 - digits.count) + digits + ".ig"
  }

  /// The folder, made where there is none, with a slash at its end.
  private static func folder(_ path: String) throws -> String {
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
      throw ToolError(
        .cannotCreate,
        "\(path): cannot be made: \(String(cString: strerror(errno))); check the folder it is in")
    }
    return path.hasSuffix("/") ? path : path + "/"
  }

  /// Writes all parts and then the manifest, without which they are no whole.
  private func writeAll(
    _ rows: SortedUsers, _ folder: String, from origin: String, _ metadata: JSONValue,
    _ provenance: Provenance, _ context: ToolContext
  ) throws {
    unlink(folder + "MANIFEST")
    let progress = Progress("wrote", unit: "parts", total: into, context.log)
    var lines = ""
    var (users, count) = (0, 0)
    for part in 0..<into {
      let name = Self.fileName(part)
      let written = try WrittenPart(
        rows, Shard(part: part, of: into, from: origin), to: folder + name, metadata, provenance,
        compression)
      lines +=
        "# \(written.users) users, \(written.rows) interactions\n\(written.entry(name).text)\n"
      users += written.users
      count += written.rows
      progress.update(part + 1)
    }
    let words = "\(users) users, \(rows.itemCount) items, \(count) interactions in \(into) parts"
    let manifest = try OutputFile(folder + "MANIFEST", binary: false)
    try manifest.write("# \(words)\n\(ManifestEntry.head(into))\n" + lines)
    try manifest.commit()
    progress.finish()
    context.log.notice(
      words,
      counts: [
        "users": users, "items": rows.itemCount, "interactions": count, "parts": into,
      ])
  }
}
