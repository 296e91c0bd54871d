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

  @OptionGroup var explainability: ExplainabilityOptions
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
    try explainability.add(to: &options, namesMetrics: metrics != nil)
    try likeness.refuseUnasked(options.metrics)
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
}
