// indgrm ingest: raw ratings become an interaction stream.

import ArgumentParser
import DataSources
import DenseMath
import Interchange
import ToolKit

@main
struct Ingest: Tool {
  static let toolName = "ingest"
  static let configuration = toolConfiguration(
    "Read raw ratings and write a stream of interactions.",
    discussion: """
      Reads delimited rows, JSON lines, adjacency lines, counted lists, Netflix Prize files, dense \
      matrices and scipy's .npz, plain, compressed or as members of a .zip or .tar \
      (archive.zip::member). Layout, delimiter, header, columns and encoding are guessed from the \
      first lines; options override each guess. A damaged or cut archive fails. Every row is kept, \
      duplicates too: binarize and split resolve them. Streams: holds the ids and a few chunks \
      (.npz is held whole).
      """)

  @Argument(help: "Files of ratings, read one after another; - is standard input.")
  var inputs: [String] = ["-"]

  @Option(
    help: ArgumentHelp("File of titles and categories of items, repeatable.", valueName: "file"))
  var items: [String] = []

  @Option(
    help: .init("Column of --items that counts as categories, repeatable.", valueName: "name"))
  var itemColumn: [String] = []

  @Option(
    help: ArgumentHelp(
      "Vectors of the categories, as word2vec and GloVe write text.", valueName: "file"))
  var categoryVectors: String?

  @Option(
    help: ArgumentHelp(
      "Ids of items that the ratings number from 0: one a line, or rows of id and number.",
      valueName: "file"))
  var itemIds: String?

  @Option(help: ArgumentHelp("Ids of users that the ratings number from 0.", valueName: "file"))
  var userIds: String?

  @OptionGroup var format: FormatOptions

  @Option(help: ArgumentHelp("Tolerate this many bad rows.", valueName: "n"))
  var skipBad = 0

  @OptionGroup var output: StreamOutputOptions
  @OptionGroup var common: CommonOptions

  /// What an archive is searched for when no member is named.
  private static let usualNames = [
    "ratings.csv", "ratings.dat", "u.data", "*.inter", "mv_*.txt", "combined_data_*.txt",
  ]

  func validate() throws {
    guard itemColumn.isEmpty || !items.isEmpty else {
      throw ValidationError("--item-column needs --items")
    }
    guard skipBad >= 0 else { throw ValidationError("--skip-bad must not be negative") }
    guard files.count(where: { $0 == "-" || $0 == "/dev/stdin" }) <= 1 else {
      throw ValidationError("standard input (-) can be read once only")
    }
  }

  /// All that is read.
  private var files: [String] {
    inputs + items + [itemIds, userIds, categoryVectors].compactMap { $0 }
  }

  func execute(_ context: ToolContext) throws {
    let options = try format.sourceOptions()
    guard !options.columns.hasCategories || categoryVectors == nil else {
      throw ToolError(
        .usage, "--category-vectors are for categories of --items, not for category= of --columns")
    }
    let texts = options.columns.hasLabels ? ItemTexts() : nil
    let badRows = BadRows(tolerated: skipBad)

    // Raw data are not to be had again.
    try InputFile.note(files.map(ByteStream.file))
    let file = try output.open()
    if let twice = InputFile.repeated(inputs) {
      context.log.warning("\(twice): is named twice, and its rows count twice")
    }
    let labels = try ItemLabels(
      items: items, columns: itemColumn, quotes: format.quotes, originalIDs: itemIds,
      categoryVectors: categoryVectors)
    let userIDs = try userIds.map { try OriginalIDs(ByteStream($0)) }
    let progress = Progress("read", unit: "interactions", context.log)
    var sink: InteractionSink?
    var rows = 0
    var empty: [String] = []
    for remark in labels.remarks { context.log.notice(remark) }
    var seen = SeenLayouts()
    for path in inputs {
      let bytes = try ByteStream(path, preferred: Self.usualNames)
      repeat {
        let source = try options.open(bytes, badRows: badRows, texts: texts)
        try seen.add(source, bytes.name, context.log)
        let target =
          try sink
          ?? InteractionSink(
            file, columns: source.columns, labels: labels, userIDs: userIDs, texts: texts,
            compression: output.compression > 0 ? output.compression : nil,
            provenance: context.provenance(
              details: inputs == ["-"] ? ["inputs": .array([.string("-")])] : [:]),
            threads: Parallel.threads)
        sink = target
        let count = try target.read(source, name: bytes.name) { progress.update(rows + $0) }
        if count == 0 { empty.append(bytes.name) }
        rows += count
        for remark in source.remarks { context.log.warning("\(bytes.name): \(remark)") }
      } while try bytes.nextMember()
    }
    guard rows > 0 else {
      throw ToolError(
        .badData, "\(inputs.joined(separator: ", ")): no interaction is there to be read")
    }
    if let sink { try refuseGuards(sink, seen) }
    try sink?.finish()
    try file.commit()
    progress.finish()
    for name in empty { context.log.warning("\(name): holds no interactions; is it whole?") }
    if let first = badRows.first {
      context.log.warning("skipped \(badRows.count) bad rows; first: \(first)")
    }
    if let sink { report(sink, rows, context) }
  }

  /// Says what was read, and what of it looks wrong.
  private func report(_ sink: InteractionSink, _ rows: Int, _ context: ToolContext) {
    if !items.isEmpty, sink.labelledItems == 0 {
      context.log.warning(
        "\(items.joined(separator: ", ")): has neither a title nor a category for any of the"
          + " \(sink.items.count) items; does it belong to them?")
    }
    for doubt in sink.doubts(rows: rows) { context.log.warning(doubt) }
    context.log.notice(
      "\(rows) interactions of \(sink.users.count) users with \(sink.items.count) items;"
        + " \(sink.summary)",
      counts: ["interactions": rows, "users": sink.users.count, "items": sink.items.count])
  }
}
