// When does a history make a recommended item explainable?

import ArgumentParser
import RankingMetrics
import ToolKit

/// Whether and how explainability is measured.
struct ExplainabilityOptions: ParsableArguments {
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

  /// Adds what is measured, and its metrics where none are named.
  ///
  /// - Throws: `ToolError` (usage) for settings out of range, and for metrics that are named without it.
  func add(to options: inout MetricsOptions, namesMetrics: Bool) throws {
    guard explainability else {
      guard let metric = options.metrics.first(where: \.needsExplainability) else { return }
      throw ToolError(.usage, "the metric '\(metric.rawValue)' needs --explainability")
    }
    guard (1...10_000).contains(neighbours), (0..<1).contains(threshold) else {
      throw ToolError(
        .usage, "--neighbours must be between 1 and 10000, --threshold at least 0 and below 1")
    }
    var settings = ExplainabilitySettings()
    settings.neighbours = neighbours
    settings.threshold = threshold
    settings.reading = reading
    options.explainability = settings
    if !namesMetrics { options.metrics += Metric.explainability }
  }
}

extension ExplainabilitySettings.Reading: ExpressibleByArgument {}
