// indgrm metrics: how good are recommendations?

import ArgumentParser
import Interchange
import RankingMetrics
import ToolKit

@main
struct Metrics: Tool {
  static let toolName = "metrics"
  static let configuration = toolConfiguration(
    "Measure recommendations against what users really chose.",
    discussion: """
      Figures are means over users within a round, then over rounds. With --compare a second file of \
      recommendations is measured on the same truth and tested against the first, user by user. Holds \
      the truth and the lists of one file, and 8 bytes a user, metric, cut-off and group.
      """)

  @Argument(help: "Recommendations to read; - is standard input.")
  var input = "-"

  @Option(help: ArgumentHelp("The split the recommendations were made for.", valueName: "file"))
  var truth: String?

  @Option(
    help: ArgumentHelp("A second file of recommendations to test against.", valueName: "file"))
  var compare: String?

  @Option(help: ArgumentHelp("Cut-offs of the lists, comma-separated.", valueName: "n,..."))
  var at = "1,5,10,20,50,100"

  @Option(
    help: ArgumentHelp(
      "Metrics to compute, comma-separated; all by default.", valueName: "name,..."),
    completion: .list(Metric.allCases.map(\.rawValue)))
  var metrics: String?

  @Option(
    help: ArgumentHelp(
      "Users with fewer folded-in interactions are near-cold-start.", valueName: "n"))
  var nearCold = 5

  @Option(
    help: ArgumentHelp(
      "Upper bounds of the item-frequency groups, comma-separated.", valueName: "n,..."))
  var itemGroups = "5,20,50,100"

  @Flag(help: "Also measure how many recommended items are explainable: mep, mer, explainable.")
  var explainability = false

  @Option(
    help: ArgumentHelp("Nearest items that make an item explainable, at most.", valueName: "n"))
  var neighbours = 50

  @Option(
    help: ArgumentHelp(
      "Share of them above which a history makes it explainable.", valueName: "share"))
  var threshold = 0.01

  @Option(help: "Whether every item can be explainable or only those the user chose.")
  var reading: ExplainabilitySettings.Reading = .set

  @OptionGroup var likeness: LikenessOptions

  @Option(help: ArgumentHelp("Confidence of the intervals.", valueName: "level"))
  var confidence = 0.95

  @Option(help: ArgumentHelp("Resamples for bootstrap intervals; 0 gives none.", valueName: "n"))
  var bootstrap = 0

  @Option(help: "How the figures are written.")
  var format: ReportFormat = .table

  @Option(help: ArgumentHelp("File for every user's own values, as CSV.", valueName: "file"))
  var perUser: String?

  @Option(
    help: ArgumentHelp(
      "End with status 1 when a figure over all users is below a value, repeatable.",
      valueName: "metric@n=value"))
  var failBelow: [Floor] = []

  @Flag(
    help:
      "Measure lists of a part of the split's users and rounds; without it lists that are missing are an error."
  )
  var partial = false

  @Flag(help: "Print what each metric means, then end.")
  var list = false

  @OptionGroup var output: OutputOption

  @OptionGroup var seed: SeedOption
  @OptionGroup var common: CommonOptions

  func execute(_ context: ToolContext) throws {
    let file = try output.open(binary: false)
    if list {
      try file.write(metricList())
      return try file.commit()
    }
    guard let truth else {
      throw ToolError(.usage, "--truth is missing: name the split that was scored")
    }
    var options = try self.options()
    let oracle = try Truth(InputFile.stream(truth, expecting: [.interactions]))
    let features = try likeness.features(oracle, &options, namesMetrics: metrics != nil)
    let first = try oracle.evaluate(recommendations(input), options, features)
    try report(first, context)
    try Floor.refuseUnknown(failBelow, in: first.report)
    if let perUser { try writeUsers(first, oracle, perUser) }
    if let compare {
      let second = try oracle.evaluate(recommendations(compare), options, features)
      try report(second, context)
      let comparison = RankingMetrics.compare(
        first.evaluation, second.evaluation, nameA: first.name, nameB: second.name,
        confidence: confidence)
      try file.write(format.text(comparison))
    } else {
      try file.write(format.text(first.report))
    }
    try file.commit()
    if let broken = failBelow.compactMap({ $0.breach(in: first.report) }).first {
      throw ToolError(.belowFloor, "\(first.name): \(broken)")
    }
  }

  private func recommendations(_ path: String) throws -> RecommendationReader {
    RecommendationReader(try InputFile.stream(path, expecting: [.recommendations]))
  }

  private func options() throws -> MetricsOptions {
    var options = MetricsOptions()
    options.cutoffs = try numbers(at, "--at")
    options.frequencyBounds = try numbers(itemGroups, "--item-groups")
    options.nearColdThreshold = nearCold
    options.confidence = confidence
    options.bootstrapReplicates = bootstrap
    options.seed = seed.seed
    if let metrics {
      options.metrics = try metrics.split(separator: ",").map { name in
        guard let metric = Metric(rawValue: String(name)) else {
          let names = Metric.allCases.map(\.rawValue).joined(separator: ", ")
          throw ToolError(.usage, "there is no metric '\(name)'; choose from \(names)")
        }
        return metric
      }
    }
    if explainability {
      guard (1...10_000).contains(neighbours), (0..<1).contains(threshold) else {
        throw ToolError(
          .usage, "--neighbours must be between 1 and 10000, --threshold at least 0 and below 1")
      }
      var settings = ExplainabilitySettings()
      settings.neighbours = neighbours
      settings.threshold = threshold
      settings.reading = reading
      options.explainability = settings
      if metrics == nil { options.metrics += Metric.explainability }
    } else if let metric = options.metrics.first(where: \.needsExplainability) {
      throw ToolError(.usage, "the metric '\(metric.rawValue)' needs --explainability")
    }
    if !likeness.isWanted, let metric = options.metrics.first(where: Metric.likeness.contains) {
      throw ToolError(.usage, "the metric '\(metric.rawValue)' needs --diversity")
    }
    return options
  }

  private func numbers(_ text: String, _ option: String) throws -> [Int] {
    try text.split(separator: ",").map { word in
      guard let number = Int(word), number >= 0 else {
        throw ToolError(.usage, "\(option) needs whole numbers separated by commas, not '\(word)'")
      }
      return number
    }
  }

  private func report(_ measured: Measured, _ context: ToolContext) throws {
    let (counts, name) = (measured.report.counts, measured.name)
    guard counts.lists > 0 else {
      throw ToolError(
        .badData, "\(name): no list has a truth in \(truth ?? ""); do they belong together?")
    }
    let (missing, all) = measured.missing
    if missing > 0 {
      let words = "\(name): \(missing) of \(all) lists of the truth's users and rounds are missing"
      guard partial else {
        throw ToolError(
          .badData, "\(words); score the whole split, or give --partial to measure a part")
      }
      context.log.notice("\(words) and left out")
    }
    if counts.emptyTruthLists > 0 {
      context.log.notice("\(name): left out \(counts.emptyTruthLists) lists whose truth is empty")
    }
    if counts.unscorableTruthItems > 0 {
      context.log.notice(
        "\(name): \(counts.unscorableTruthItems) of \(counts.truthItems) truth items are unknown to the"
          + " model and count as misses")
    }
  }

  private func writeUsers(_ measured: Measured, _ oracle: Truth, _ path: String) throws {
    let file = try OutputFile(path, binary: false)
    try file.write("user,metric,n,value\n")
    for row in measured.report.rows where row.group == "all" {
      guard let values = measured.evaluation.userValues(row.metric, at: row.n) else { continue }
      for (user, value) in zip(values.users, values.values) {
        try file.write("\(oracle.id(of: user).csvField),\(row.metric.rawValue),\(row.n),\(value)\n")
      }
    }
    try file.commit()
  }
}

extension ExplainabilitySettings.Reading: ExpressibleByArgument {}

/// The formats of `--format`.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
  case table
  case json
  case jsonl
  case csv

  func text(_ report: MetricsReport) -> String {
    switch self {
    case .table: report.table()
    case .json: report.json()
    case .jsonl: report.jsonLines()
    case .csv: report.csv()
    }
  }

  func text(_ report: ComparisonReport) -> String {
    switch self {
    case .table: report.table()
    case .json: report.json()
    case .jsonl: report.jsonLines()
    case .csv: report.csv()
    }
  }
}

extension String {
  /// The text as one CSV field (RFC 4180).
  var csvField: String {
    contains { $0 == "," || $0 == "\"" || $0.isNewline }
      ? "\"" + split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        + "\""
      : self
  }
}
