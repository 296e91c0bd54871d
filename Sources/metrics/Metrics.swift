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
      the truth and the lists of one file, and 8 bytes a user, metric, cut-off and group. Several files, \
      each of MODEL-SEED.recs, and the splits of the seeds are measured as a table of means over splits.
      """)

  static let companions = [
    "--neighbours": "--explainability", "--reading": "--explainability",
    "--threshold": "--explainability",
  ]

  @Argument(
    help: ArgumentHelp("Recommendations to read; - is standard input.", valueName: "input"))
  var inputs = ["-"]

  @Option(
    help: ArgumentHelp(
      "The split the recommendations were made for, repeatable.", valueName: "file"))
  var truth: [String] = []

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

  @OptionGroup var several: SeveralOptions

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
    guard let split = truth.first else {
      throw ToolError(.usage, "--truth is missing: name the split that was scored")
    }
    try refuseOutOfPlace(context)
    var options = try self.options()
    guard !comparesModels else {
      try file.write(format.text(modelTable(options, context), placing: several.place))
      return try file.commit()
    }
    let oracle = try Truth(InputFile.stream(split, expecting: [.interactions]))
    let features = try likeness.features(oracle, &options, namesMetrics: metrics != nil)
    let first = try oracle.evaluate(recommendations(inputs[0]), options, features)
    try report(first, context)
    try Floor.refuseUnknown(failBelow, in: first.report)
    if let perUser { try writeUsers(first, oracle, perUser) }
    if let compare {
      let second = try oracle.evaluate(recommendations(compare), options, features)
      try report(second, context)
      warn(ofTwins: first, second, context)
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
}
