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

  @Option(help: "How interactions are laid out.")
  var layout: SourceLayout = .auto

  @Option(
    help: ArgumentHelp(
      "What separates fields: tab, space, or up to eight characters such as ::.",
      valueName: "text"))
  var delimiter: String?

  @Option(help: "Whether the first line names the columns.")
  var header: HeaderChoice = .auto

  @Option(
    help: ArgumentHelp(
      "Which column or key holds what, as in user=1,item=asin,title=name,time=none.",
      valueName: "roles"))
  var columns: String?

  @Option(
    help: "Quotes around fields: by the delimiter (auto), as in RFC 4180 (csv), or as text (none).")
  var quotes: QuoteRule = .auto

  @Option(help: "How text that is not ASCII is understood.")
  var encoding: TextEncoding = .auto

  @Option(
    help: ArgumentHelp("What stands for no rating in a matrix, if not 0.", valueName: "number"))
  var missing: Float?

  @Option(help: ArgumentHelp("Tolerate this many bad rows.", valueName: "n"))
  var skipBad = 0

  @OptionGroup var output: StreamOutputOptions
  @OptionGroup var common: CommonOptions

  /// What an archive is searched for when no member is named.
  private static let usualNames = [
    "ratings.csv", "ratings.dat", "u.data", "*.inter", "mv_*.txt", "combined_data_*.txt",
  ]

  func validate() throws {
    guard skipBad >= 0 else { throw ValidationError("--skip-bad must not be negative") }
    guard files.count(where: { $0 == "-" || $0 == "/dev/stdin" }) <= 1 else {
      throw ValidationError("standard input (-) can be read once only")
    }
    if let delimiter, let text = delimiterText {
      guard (1...8).contains(text.utf8.count),
        text.utf8.allSatisfy({ $0 < 0x80 && !"\"\n\r".utf8.contains($0) })
      else {
        throw ValidationError(
          "--delimiter '\(delimiter)' is not tab, space or up to eight ASCII characters")
      }
    }
  }

  /// All that is read.
  private var files: [String] {
    inputs + items + [itemIds, userIds, categoryVectors].compactMap { $0 }
  }

  private var delimiterText: String? {
    ["tab": "\t", "\\t": "\t", "space": " "][delimiter ?? ""] ?? delimiter
  }

  /// How sources are to be read.
  private func sourceOptions() throws -> SourceOptions {
    var options = SourceOptions()
    options.layout = layout
    options.delimiter = delimiterText
    options.header = header.value
    options.quotes = quotes
    options.encoding = encoding
    options.missing = missing
    if let columns { options.columns = try ColumnSelection(columns) }
    guard !options.columns.hasCategories || categoryVectors == nil else {
      throw ToolError(
        .usage, "--category-vectors are for categories of --items, not for category= of --columns")
    }
    return options
  }

  func execute(_ context: ToolContext) throws {
    let options = try sourceOptions()
    let texts = options.columns.hasLabels ? ItemTexts() : nil
    let badRows = BadRows(tolerated: skipBad)

    // Raw data are not to be had again.
    try output.refuseToReplace(files)
    let file = try output.open()
    if let twice = InputFile.repeated(inputs) {
      context.log.warning("\(twice): is named twice, and its rows count twice")
    }
    let labels = try ItemLabels(
      items: items, quotes: quotes, originalIDs: itemIds, categoryVectors: categoryVectors)
    let userIDs = try userIds.map { try OriginalIDs(ByteStream($0)) }
    let progress = Progress("read", unit: "interactions", context.log)
    var sink: InteractionSink?
    var rows = 0
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
        rows += try target.read(source, name: bytes.name) { progress.update(rows + $0) }
        for remark in source.remarks { context.log.warning("\(bytes.name): \(remark)") }
      } while try bytes.nextMember()
    }
    guard rows > 0 else {
      throw ToolError(
        .badData, "\(inputs.joined(separator: ", ")): no interaction is there to be read")
    }
    try sink?.finish()
    try file.commit()
    progress.finish()
    if let first = badRows.first {
      context.log.warning("skipped \(badRows.count) bad rows; first: \(first)")
    }
    if let sink {
      report(sink, rows, context)
    }
  }

  /// Says what was read, and what of it looks wrong.
  private func report(_ sink: InteractionSink, _ rows: Int, _ context: ToolContext) {
    if !items.isEmpty, sink.labelledItems == 0 {
      context.log.warning(
        "\(items.joined(separator: ", ")): has neither a title nor a category for any of the"
          + " \(sink.items.count) items; does it belong to them?")
    }
    if let late = sink.lateSeparator { context.log.warning(late) }
    if let odd = sink.oddTimes { context.log.warning(odd) }
    for hint in sink.users.hints("users") + sink.items.hints("items") {
      context.log.warning(hint)
    }
    context.log.notice(
      "\(rows) interactions of \(sink.users.count) users with \(sink.items.count) items;"
        + " \(sink.summary)",
      counts: ["interactions": rows, "users": sink.users.count, "items": sink.items.count])
  }
}

/// The choices of `--header`.
enum HeaderChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, yes, no

  var value: Bool? { self == .auto ? nil : self == .yes }
}

extension SourceLayout: ExpressibleByArgument {}
extension QuoteRule: ExpressibleByArgument {}
extension TextEncoding: ExpressibleByArgument {}

/// How the inputs before were read.
private struct SeenLayouts {
  private var layouts: Set<String> = []
  private var orders: [(name: String, order: ColumnOrder)] = []

  /// Says how an input is read, in passing where another was read like that.
  ///
  /// Throws `ToolError` as `refuseOther`.
  mutating func add(_ source: any InteractionSource, _ name: String, _ log: Diagnostics) throws {
    if let order = source.order {
      try refuseOther(order, name)
      if !orders.contains(where: { $0.order == order }) { orders.append((name, order)) }
    }
    if layouts.insert(source.layout).inserted {
      log.notice("\(name): \(source.layout)")
    } else {
      log.info("\(name): \(source.layout)")
    }
  }

  /// Throws `ToolError` where an input has a header, another has none, and their columns would be read in different
  /// orders: they are parts of one table as a rule.
  private func refuseOther(_ order: ColumnOrder, _ name: String) throws {
    guard let other = orders.first(where: { $0.order.contradicts(order) }) else { return }
    let named = order.isNamed ? (name, order) : other
    let bare = order.isNamed ? other.name : name
    throw ToolError(
      .badData,
      "\(bare): has no header, and its columns would be read in another order than those of \(named.0); say which"
        + " field holds what, as in --columns \(named.1.option)")
  }
}
