// How good must figures at least be?

import ArgumentParser
import RankingMetrics
import ToolKit

/// A figure over all users and the value it must reach, as in `ndcg@100=0.3`.
struct Floor: ExpressibleByArgument {
  let column: MetricColumn
  let value: Double

  init?(argument: String) {
    let sides = argument.split(separator: "=", omittingEmptySubsequences: false)
    guard sides.count == 2, let column = MetricColumn(String(sides[0])),
      let value = Double(sides[1]), value.isFinite
    else { return nil }
    (self.column, self.value) = (column, value)
  }

  /// Throws `ToolError` (usage) for a figure that is not measured.
  static func refuseUnknown(_ floors: [Floor], in report: MetricsReport) throws {
    if let floor = floors.first(where: { $0.row(of: report) == nil }) {
      throw ToolError(
        .usage,
        "--fail-below: \(floor.column) is not measured; add it to --at and --metrics"
      )
    }
  }

  private func row(of report: MetricsReport) -> MetricRow? {
    report.row(column.metric, at: column.n)
  }

  /// What is too low, or nil when the figure reaches the value.
  func breach(in report: MetricsReport) -> String? {
    guard let row = row(of: report), !(row.mean >= value) else { return nil }
    return "\(column) is \(fixed(row.mean, 4)), below \(value)"
  }
}
