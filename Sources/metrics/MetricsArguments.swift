// What do the options of metrics ask for?

import Interchange
import RankingMetrics
import ToolKit

extension Metrics {
  func recommendations(_ path: String) throws -> RecommendationReader {
    RecommendationReader(try InputFile.stream(path, expecting: [.recommendations]))
  }

  func options() throws -> MetricsOptions {
    var options = MetricsOptions()
    options.cutoffs = try numbers(at, "--at")
    options.frequencyBounds = try numbers(itemGroups, "--item-groups")
    options.nearColdThreshold = nearCold
    options.confidence = confidence
    options.bootstrapReplicates = bootstrap
    options.seed = seed.seed
    if metrics != nil || comparesModels {
      let found = try named()
      guard comparesModels || found.allSatisfy({ $0.n == nil }) else {
        throw ToolError(
          .usage, "--metrics names cut-offs with several files alone; name them by --at")
      }
      options.metrics = found.map(\.metric).reduce(into: []) { metrics, metric in
        if !comparesModels || !metrics.contains(metric) { metrics.append(metric) }
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

  /// What --metrics names: metrics, each with a cut-off where one is named (`ndcg@100`); without it what several models
  /// are compared in.
  func named() throws -> [(metric: Metric, n: Int?)] {
    guard let metrics else { return [(.recall, 20), (.ndcg, 100)] }
    return try metrics.split(separator: ",").map { word in
      let parts = word.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
      guard let metric = Metric(rawValue: String(parts[0])) else {
        let names = Metric.allCases.map(\.rawValue).joined(separator: ", ")
        throw ToolError(.usage, "there is no metric '\(parts[0])'; choose from \(names)")
      }
      guard parts.count == 2 else { return (metric, nil) }
      guard let n = Int(parts[1]), n > 0 else {
        throw ToolError(.usage, "--metrics: '\(word)' needs a whole number above 0 after @")
      }
      return (metric, n)
    }
  }
}
