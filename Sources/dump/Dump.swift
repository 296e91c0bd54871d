// indgrm dump: what is in a file, and how does it leave for other programs?

import ArgumentParser
import Interchange
import ToolKit

@main
struct Dump: Tool {
  static let toolName = "dump"
  static let configuration = toolConfiguration(
    "Show what a stream holds, or export it.",
    discussion: """
      Without options a summary. --to writes the rows: interactions as CSV, JSON lines or a scipy sparse \
      matrix (.npz), recommendations as CSV or JSON lines, models and item groups as .npz of their \
      tensors. CSV and JSON lines stream; .npz holds the data in memory.
      """)

  static let companions = ["--round": "--part"]

  @Argument(help: "Stream to read; - is standard input.")
  var input = "-"

  @Option(help: "Export the rows in this format.")
  var to: ExportFormat?

  @Flag(
    name: .customLong("guard"),
    help: ArgumentHelp(
      "Put an apostrophe before CSV texts that begin with =, +, -, @, a tab or a line end, so that no spreadsheet"
        + " takes them for formulas."))
  var isGuarded = false

  @Option(help: "Of a split, only this part; for .npz the shapes of all parts agree.")
  var part: SplitPart?

  @Option(help: ArgumentHelp("The round whose truth is held out.", valueName: "n"))
  var round = 0

  @Flag(help: "Print the metadata and the columns as JSON, without the rows.")
  var header = false

  @Flag(help: "Print counts as one JSON object: rows, users, items, times; lists and lengths.")
  var stats = false

  @Flag(help: "Print the history of the file as a shell script that makes it again.")
  var provenance = false

  @Flag(help: "Print users instead of interactions; score writes their vectors, as npz.")
  var users = false

  @Flag(help: "Print items with titles and categories instead of interactions.")
  var items = false

  @Flag(
    help:
      "Print how many interactions each item has that has any: the number, a tab and the id, for binarize --item-counts of all parts."
  )
  var itemCounts = false

  @OptionGroup var output: OutputOption

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !(users || items) || [nil, .jsonl].contains(to) else {
      throw ValidationError("--users and --items print JSON lines; leave --to out")
    }
    let exports = to != nil && !(users || items)
    let choices = [exports, header, stats, provenance, users, items, itemCounts]
    guard choices.count(where: { $0 }) <= 1 else {
      throw ValidationError(
        "--to and the choices from --header to --item-counts exclude each other")
    }
    guard round >= 0 else { throw ValidationError("--round must not be negative") }
    guard !isGuarded || to == .csv else {
      throw ValidationError("--guard is for spreadsheets; it needs --to csv")
    }
    guard part == nil || exports else { throw ValidationError("--part needs --to") }
  }

  func execute(_ context: ToolContext) throws {
    let file = try output.open(binary: to == .npz)
    let stream = try InputFile.stream(
      input, expecting: itemCounts ? [.interactions] : StreamKind.allCases)
    guard !users || [.interactions, .recommendations].contains(stream.kind) else {
      throw ToolError(
        .badData,
        "\(stream.name): holds \(stream.kind.title), which has no users; score --format npz writes the vectors of users"
      )
    }
    if itemCounts {
      try writeItemCounts(InteractionReader(stream), file)
    } else if stats {
      try writeStatistics(stream, file)
    } else if provenance {
      try file.write(stream.provenance.shellScript)
    } else if users || items {
      try listDictionary(stream, users: users, file)
    } else if let part {
      try PartExport(stream, part, round: round).write(to: file, style(of: to ?? .csv))
    } else if let to {
      try export(stream, to, file)
    } else {
      try summarise(stream, asJSON: header, file)
    }
    try file.commit()
  }

  /// How texts stand in a format's rows; nil where it has no rows.
  private func style(of format: ExportFormat) -> FieldStyle? {
    switch format {
    case .csv: .csv(isGuarded: isGuarded)
    case .jsonl: .json
    case .npz: nil
    }
  }

  private func export(_ stream: StreamReader, _ format: ExportFormat, _ file: OutputFile) throws {
    switch (stream.kind, format) {
    case (.interactions, .npz):
      try PartExport(stream, nil, round: 0).write(to: file, nil)
    case (.interactions, _):
      try exportInteractions(InteractionReader(stream), style(of: format) ?? .json, file)
    case (.recommendations, .npz):
      throw ToolError(.usage, "recommendations have no matrix form; use --to csv or --to jsonl")
    case (.recommendations, _):
      try exportRecommendations(RecommendationReader(stream), style(of: format) ?? .json, file)
    case (.model, .npz), (.itemGroups, .npz), (.checkpoint, .npz):
      try exportTensors(StoredModel(stream), file)
    case (.model, _), (.itemGroups, _), (.checkpoint, _):
      throw ToolError(.usage, "\(stream.kind.title) can be exported with --to npz only")
    }
  }
}

/// The formats of `--to`.
enum ExportFormat: String, ExpressibleByArgument, CaseIterable {
  case csv
  case jsonl
  case npz
}

/// The parts of a split.
enum SplitPart: String, ExpressibleByArgument, CaseIterable {
  case train
  case validationIn = "validation-in"
  case validationOut = "validation-out"
  case testIn = "test-in"
  case testOut = "test-out"
}
