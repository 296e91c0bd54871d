// How does a person read a report?

extension MetricsReport {
  /// The report as aligned text: what was left out, then a table of mean ± standard error a group.
  public func table(_ layout: TableLayout = .aligned) -> String {
    var text = counted(counts.users, "user") + ", " + counted(counts.lists, "list")
    text += rounds.isEmpty ? "" : " in " + counted(rounds.count, "round")
    text += "; mean ± standard error over users\n"
    text += remarks()
    for group in groups {
      text += "\n\(group.name): \(group.definition) "
      text += "(\(counted(group.users, "user")), \(counted(group.lists, "list")))\n"
      guard group.users > 0 else { continue }
      text += layout == .markdown ? "\n" : ""
      text += layout.text(lines(of: group.name), left: 1)
    }
    return text
  }

  /// Lines on what was left out or cannot be had; only those that have something to say.
  private func remarks() -> String {
    var text = ""
    if counts.emptyTruthLists > 0 {
      text += "left out: " + counted(counts.emptyTruthLists, "list") + " with an empty truth "
      text += "(\(counted(counts.emptyTruthUsers, "user")) in all rounds)\n"
    }
    if counts.unscorableTruthItems > 0 {
      text += "missed: \(counts.unscorableTruthItems) of \(counts.truthItems) truth items "
      text += "cannot be scored (all of the truth in \(counted(counts.unscorableLists, "list")))\n"
    }
    if counts.shortRankings > 0 {
      text += "short: \(counted(counts.shortRankings, "list")) of fewer than "
      text += "\(cutoffs.last ?? 0) items (\(counts.emptyRankings) of none); "
      text += "missing places are misses\n"
    }
    if let explainability {
      text += "explainable: more than \(explainability.threshold) of the item's "
      text += counted(explainability.neighbours, "nearest neighbour") + " in the history, "
      text += "\(explainability.reading.rawValue) reading; no item is in "
      text += counted(counts.unexplainableLists ?? 0, "list") + "\n"
    }
    return text
  }

  private func lines(of group: String) -> [[String]] {
    var lines = [["metric"] + cutoffs.map { "@\($0)" }]
    for metric in Metric.allCases {
      let found = rows.filter { $0.group == group && $0.metric == metric }
      guard !found.isEmpty else { continue }
      let cells = cutoffs.map { n -> String in
        guard let row = found.first(where: { $0.n == n }) else { return "-" }
        let error = row.standardError.map { "±" + fixed($0, 4) } ?? ""
        return fixed(row.mean, 4) + error
      }
      lines.append([metric.rawValue] + cells)
    }
    return lines
  }
}

extension ComparisonReport {
  /// The comparison as aligned text, one line a metric and cut-off.
  public func table(_ layout: TableLayout = .aligned) -> String {
    let percent = fixed(confidence * 100, 0)
    var text =
      "a = \(nameA), b = \(nameB); means over the users that both have (pairs); differences are b - a, two-sided p\n\n"
    var lines = [
      [
        "group", "metric", "n", "a", "b", "b - a", "\(percent)% interval", "t", "df", "p",
        "p rounds", "p Wilcoxon", "pairs", "only a", "only b", "verdict",
      ]
    ]
    for row in rows {
      let interval = row.users.interval.map { "[\(fixed($0.low, 4)), \(fixed($0.high, 4))]" }
      lines.append([
        row.group, row.metric.rawValue, String(row.n), fixed(row.pairedMeanA, 4),
        fixed(row.pairedMeanB, 4),
        row.pairedUsers > 0 ? fixed(row.users.meanDifference, 4) : "-", interval ?? "-",
        fixed(row.users.t, 2),
        String(row.users.degreesOfFreedom), probability(row.users.p), probability(row.rounds?.p),
        probability(row.wilcoxon.p), String(row.pairedUsers), String(row.onlyInA),
        String(row.onlyInB), row.verdict(confidence: confidence),
      ])
    }
    text += layout.text(lines, left: 2)
    return text
  }
}
