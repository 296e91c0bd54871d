// In what form are figures written?

import ArgumentParser
import RankingMetrics
import ToolKit

/// The formats of `--format`.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
  case table
  case json
  case jsonl
  case csv
  case markdown

  func text(_ report: MetricsReport) -> String {
    switch self {
    case .table: report.table()
    case .json: report.json()
    case .jsonl: report.jsonLines()
    case .csv: report.csv()
    case .markdown: report.table(.markdown)
    }
  }

  /// - Parameters:
  ///   - table: in text, CSV or Markdown.
  ///   - placed: a model of which is told whether it is first; not in CSV.
  func text(_ table: ModelTable, placing placed: String?) -> String {
    switch self {
    case .csv: table.csv()
    case .markdown: table.table(.markdown, placing: placed)
    case .table, .json, .jsonl: table.table(placing: placed)
    }
  }

  func text(_ report: ComparisonReport) -> String {
    switch self {
    case .table: report.table()
    case .json: report.json()
    case .jsonl: report.jsonLines()
    case .csv: report.csv()
    case .markdown: report.table(.markdown)
    }
  }
}

extension Metrics {
  /// Writes every user's own values as CSV.
  func writeUsers(_ measured: Measured, _ oracle: Truth, _ path: String) throws {
    let file = try OutputFile(path, binary: false, for: "--per-user")
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
