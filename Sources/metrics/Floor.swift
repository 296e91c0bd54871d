// How good must figures at least be?

import ArgumentParser
import RankingMetrics
import ToolKit

/// A figure over all users and the value it must reach, as in `ndcg@100=0.3`.
struct Floor: ExpressibleByArgument {
  let metric: Metric
  let n: Int
  let value: Double

  init?(argument: String) {
    let sides = argument.split(separator: "=", omittingEmptySubsequences: false)
    let place = sides[0].split(separator: "@", omittingEmptySubsequences: false)
    guard sides.count == 2, place.count == 2, let metric = Metric(rawValue: String(place[0])),
      let n = Int(place[1]), n > 0, let value = Double(sides[1]), value.isFinite
    else { return nil }
    (self.metric, self.n, self.value) = (metric, n, value)
  }

  /// Throws `ToolError` (usage) for a figure that is not measured.
  static func refuseUnknown(_ floors: [Floor], in report: MetricsReport) throws {
    if let floor = floors.first(where: { report.row($0.metric, at: $0.n, group: "all") == nil }) {
      throw ToolError(
        .usage,
        "--fail-below: \(floor.metric.rawValue)@\(floor.n) is not measured; add it to --at and --metrics"
      )
    }
  }

  /// What is too low, or nil when the figure reaches the value.
  func breach(in report: MetricsReport) -> String? {
    guard let row = report.row(metric, at: n, group: "all"), !(row.mean >= value) else {
      return nil
    }
    return "\(metric.rawValue)@\(n) is \(fixed(row.mean, 4)), below \(value)"
  }
}
