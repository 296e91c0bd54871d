// indgrm report: what does a model look like, and what does it make of its users?

import ArgumentParser
import DenseMath
import Glibc
import InteractionData
import Interchange
import ModelCatalogue
import Plots
import Recommending
import ToolKit

@main
struct Report: Tool {
  static let toolName = "report"
  static let configuration = toolConfiguration(
    "Draw a model, its users and its figures as one page.",
    discussion: """
      The page is one HTML file that needs no network and no scripts. Each of its sections needs some \
      of the inputs and says so where they are missing. With a split, its training users are shown; a \
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

  @Option(help: ArgumentHelp("Folder for every figure as an SVG file.", valueName: "folder"))
  var figures: String?

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
    let stored = try StoredModel(InputFile.stream(model, expecting: [.model]))
    let fitted = try ModelCatalogue.restore(stored)
    let population = try data.map { try Population($0, of: stored) }
    let lists = try recommendations.map { try RecommendedLists($0, of: stored) }
    let logs = try logFiles.map { try TrainingLog($0.path, name: $0.name) }
    let measured = try zip(metrics, distinctNames(metrics)).map { try MeasuredModel($0, name: $1) }
    let varied = try series.flatMap { try SeriesFile($0).figures }
    if let unknown = population?.unknownInteractions, unknown > 0 {
      context.log.notice(
        "items the model does not know are left out, with \(unknown) of the interactions")
    }
    let subject = Subject(stored, fitted, population)
    let sections = [
      numbersSection(subject), accuracySection(measured), seriesSection(varied),
      trainingSection(logs), clustersSection(subject), groupsSection(subject),
      mappingSection(subject),
      traversalSection(subject), dataSection(subject), explanationSection(subject, lists),
    ]
    let page = Page(
      title: "\(subject.familyName): \(shortName(model))",
      sections: sections, notes: stored.provenance)
    if let figures { try write(page.figures, into: figures) }
    try file.write(page.html)
    try file.commit()
    let drawn = sections.count { !$0.isOmitted }
    context.log.notice(
      "\(drawn) of \(sections.count) sections, \(page.figures.count) figures, \(file.byteCount / 1000) kB"
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
      let file = try OutputFile("\(folder)/\(figure.identifier).svg", binary: false)
      try file.write(figure.standalone)
      try file.commit()
    }
  }
}

/// Short names of files, or their paths where two would be called the same.
func distinctNames(_ paths: [String]) -> [String] {
  let names = paths.map(shortName)
  return zip(paths, names).map { path, name in
    names.count { $0 == name } > 1 ? path : name
  }
}

/// The files that words such as `FILE` and `NAME=FILE` stand for, each with a name of its own.
///
/// What has a slash before the first equals sign is a path. Throws `ToolError` when a name or a file is
/// missing or two files have the same name.
func namedFiles(_ words: [String], option: String) throws -> [(name: String, path: String)] {
  let parts = try words.map { word -> (name: String?, path: String) in
    guard let mark = word.firstIndex(of: "="), !word[..<mark].contains("/") else {
      return (nil, word)
    }
    let (name, path) = (String(word[..<mark]), String(word[word.index(after: mark)...]))
    guard !name.isEmpty, !path.isEmpty else {
      throw ToolError(.usage, "\(option) \(word): is not NAME=FILE; give a name and a file")
    }
    return (name, path)
  }
  let shorts = parts.map { $0.name ?? shortName($0.path) }
  var seen: Set<String> = []
  return try zip(parts, shorts).map { part, short in
    // A file without a name that would be called as another one is called by its path.
    let isShared = part.name == nil && shorts.count { $0 == short } > 1
    let name = isShared ? part.path : short
    guard seen.insert(name).inserted else {
      throw ToolError(
        .usage, "\(option): the name '\(name)' is given twice; call one of them NAME=\(part.path)")
    }
    return (name, part.path)
  }
}

/// A path without its folders and what follows the name's last dot, cut at 40 letters.
func shortName(_ path: String) -> String {
  let name = path.split(separator: "/").last.map(String.init) ?? path
  let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name[...]
  let whole = stem.isEmpty ? name : String(stem)
  return whole.count > 40 ? whole.prefix(39) + "…" : whole
}
