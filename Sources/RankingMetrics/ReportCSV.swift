// How does a spreadsheet or data frame read a report?

extension MetricsReport {
  /// The report as comma-separated values: one line a group, metric and cut-off, after a header.
  ///
  /// Numbers read back exactly; what is not known is empty. Rounds that had no user are empty too.
  public func csv() -> String {
    var lines = [
      [
        "group", "metric", "n", "mean", "standard_error", "low", "high", "bootstrap_low",
        "bootstrap_high", "users",
      ] + rounds.map { "round_\($0)" }
    ]
    for row in rows {
      lines.append(
        [
          row.group, row.metric.rawValue, String(row.n), cell(row.mean), cell(row.standardError),
          cell(row.interval?.low), cell(row.interval?.high), cell(row.bootstrap?.low),
          cell(row.bootstrap?.high), String(row.users),
        ] + (rounds.isEmpty ? [] : row.rounds.map(cell)))
    }
    return join(lines)
  }
}

extension ComparisonReport {
  /// The comparison as comma-separated values, one line a group, metric and cut-off.
  public func csv() -> String {
    var lines = [
      [
        "group", "metric", "n", "a", "b", "mean_a", "mean_b", "difference", "low", "high", "t",
        "df", "p", "rounds_difference", "rounds_t", "rounds_df", "rounds_p", "wilcoxon_sum",
        "wilcoxon_p", "pairs", "only_a", "only_b", "paired_mean_a", "paired_mean_b", "verdict",
      ]
    ]
    for row in rows {
      lines.append([
        row.group, row.metric.rawValue, String(row.n), quoted(nameA), quoted(nameB),
        cell(row.meanA), cell(row.meanB), cell(row.users.meanDifference),
        cell(row.users.interval?.low), cell(row.users.interval?.high), cell(row.users.t),
        String(row.users.degreesOfFreedom), cell(row.users.p), cell(row.rounds?.meanDifference),
        cell(row.rounds?.t), row.rounds.map { String($0.degreesOfFreedom) } ?? "",
        cell(row.rounds?.p), cell(row.wilcoxon.positiveRankSum), cell(row.wilcoxon.p),
        String(row.pairedUsers), String(row.onlyInA), String(row.onlyInB),
        cell(row.pairedMeanA), cell(row.pairedMeanB), row.verdict(confidence: confidence),
      ])
    }
    return join(lines)
  }
}

func cell(_ value: Double?) -> String {
  exact(value, missing: "")
}

func join(_ lines: [[String]]) -> String {
  lines.map { $0.joined(separator: ",") + "\n" }.joined()
}

/// A field as RFC 4180 wants it: in quotes when it has a comma, a quote or a line end.
func quoted(_ text: String) -> String {
  let special = text.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
  guard special else { return text }
  var result = "\""
  for scalar in text.unicodeScalars {
    if scalar == "\"" { result.unicodeScalars.append(scalar) }
    result.unicodeScalars.append(scalar)
  }
  return result + "\""
}
