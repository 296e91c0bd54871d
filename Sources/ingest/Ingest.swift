// indgrm ingest: raw ratings become an interaction stream.

import ArgumentParser
import DataSources
import Interchange
import ToolKit

@main
struct Ingest: Tool {
  static let toolName = "ingest"
  static let configuration = toolConfiguration(
    "Read raw ratings and write a stream of interactions.",
    discussion: """
      Reads CSV, TSV and ::-separated rows, plain, compressed or as a member of a .zip or .tar \
      (archive.zip::member). The delimiter, the header and the columns are guessed from the first \
      line; options override each guess. Every row is kept, duplicates too: binarize or split resolve \
      them. Streams: holds the ids and one chunk.
      """)

  @Argument(help: "Files of ratings, read one after another; - is standard input.")
  var inputs: [String] = ["-"]

  @Option(
    help: ArgumentHelp("File of titles and categories of items, repeatable.", valueName: "file"))
  var items: [String] = []

  @Option(
    help: ArgumentHelp("What separates fields: ',', '::', 'tab', '|' or ';'.", valueName: "text"))
  var delimiter: String?

  @Option(help: "Whether the first line names the columns.")
  var header: HeaderChoice = .auto

  @Option(help: ArgumentHelp("Tolerate this many bad rows.", valueName: "n"))
  var skipBad = 0

  @OptionGroup var output: StreamOutputOptions
  @OptionGroup var common: CommonOptions

  func execute(_ context: ToolContext) throws {
    let file = try OutputFile(output.output, binary: true)
    var metadata = ItemMetadata()
    for path in items { try metadata.read(ByteStream(path)) }
    var sink: InteractionSink?
    let progress = Progress("read", unit: "interactions", context.log)
    var rows = 0
    for path in inputs {
      let reader = try RatingReader(
        ByteStream(
          path,
          preferred: {
            $0.hasSuffix("ratings.csv") || $0.hasSuffix("ratings.dat") || $0.hasSuffix("u.data")
          }),
        delimiter: delimiter == "tab" ? "\t" : delimiter, header: header.value, skipBad: skipBad)
      let target =
        try sink
        ?? InteractionSink(
          file, layout: reader.layout, metadata: metadata,
          compression: output.compression > 0 ? output.compression : nil,
          provenance: context.provenance())
      sink = target
      try target.read(reader) { progress.update(rows + $0) }
      rows += reader.report.rows
      if let first = reader.report.firstBadRow {
        context.log.warning("skipped \(reader.report.badRows) rows; first: \(first)")
      }
    }
    try sink?.finish()
    try file.commit()
    progress.finish()
    if let sink {
      context.log.notice(
        "\(rows) interactions of \(sink.userCount) users with \(sink.itemCount) items")
    }
  }
}

/// The choices of `--header`.
enum HeaderChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, yes, no

  var value: Bool? { self == .auto ? nil : self == .yes }
}
