// indgrm report: what does a model look like, and what does it make of its users?

import ArgumentParser
import DenseMath
import Glibc
import Plots
import Reporting
import ToolKit

@main
struct Report: Tool {
  static let toolName = "report"
  static let configuration = toolConfiguration(
    "Draw a model, its users and its figures as one page.",
    discussion: """
      The page is one HTML file that needs no network and no scripts. It begins with what is to be known \
      in words, and people with a sentence for each recommendation; users have no names there but by \
      --show-ids. A section whose inputs are missing is left out, with a line that says so. With a split, its training users are shown; a \
      list's history is that of its round. Holds the model, the interactions and d numbers for each of \
      at most 50,000 users.
      """)

  @Option(help: ArgumentHelp("The fitted model.", valueName: "file"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "Split or interactions it was fitted to; - is standard input.", valueName: "file"))
  var data: String?

  @Option(
    name: .customLong("fit-log"),
    help: ArgumentHelp(
      "A training log as fit writes it, or NAME=FILE; repeatable, the model's own first.",
      valueName: "file"))
  var fitLog: [String] = []

  @Option(help: ArgumentHelp("Recommendations of the model, made by score.", valueName: "file"))
  var recommendations: String?

  @Option(
    help: ArgumentHelp(
      "Figures of a model as JSON of metrics, repeatable; named as the file.",
      valueName: "file"))
  var metrics: [String] = []

  @Option(
    help: ArgumentHelp(
      "Means of experiments as TSV, drawn as lines; repeatable.", valueName: "file"))
  var series: [String] = []

  @Option(
    help: ArgumentHelp("The model card that indgrm nightly wrote, as JSON.", valueName: "file"))
  var card: String?

  @Flag(
    help: "Call users by their ids, which may be names or addresses, and not user A and so on.")
  var showIds = false

  @Option(help: ArgumentHelp("Folder for every figure as an SVG file.", valueName: "folder"))
  var figures: String?

  @OptionGroup var known: KnownShare
  @OptionGroup var output: OutputOption

  @OptionGroup var common: CommonOptions

  func execute(_ context: ToolContext) throws {
    guard fitLog.count <= PlotStyle.lineCount else {
      throw ToolError(
        .usage, "--fit-log: no more than \(PlotStyle.lineCount) logs can be told apart; give fewer")
    }
    let logFiles = try namedFiles(fitLog, option: "--fit-log")
    try BLAS.open()
    let file = try output.open(binary: false)
    if let figures { try makeFolder(figures) }
    let report = try ModelReport(
      ModelReport.Files(
        model: model, data: data, logs: logFiles, recommendations: recommendations,
        metrics: metrics, series: series, card: card, showsIDs: showIds, known: known))
    if report.unknownInteractions > 0 {
      context.log.notice(
        "items the model does not know are left out, with \(report.unknownInteractions) of the interactions"
      )
    }
    if let figures { try write(report.figures, into: figures) }
    try file.write(report.html)
    try file.commit()
    for reason in report.absent { context.log.notice("\(reason)") }
    context.log.notice(
      "\(report.drawnSectionCount) of \(report.sectionCount) sections, \(report.figures.count) figures, \(file.byteCount / 1000) kB"
    )
  }

  private func makeFolder(_ path: String) throws {
    var status = stat()
    if stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw ToolError(.cannotCreate, "\(path): is not a folder; name another one")
      }
    } else if mkdir(path, 0o777) != 0 {
      throw ToolError(
        .cannotCreate,
        "\(path): cannot be created: \(String(cString: strerror(errno))); check the folder above")
    }
  }

  private func write(_ figures: [Figure], into folder: String) throws {
    for figure in figures {
      let file = try OutputFile(
        "\(folder)/\(figure.identifier).svg", binary: false, for: "--figures")
      try file.write(figure.standalone)
      try file.commit()
    }
  }
}
