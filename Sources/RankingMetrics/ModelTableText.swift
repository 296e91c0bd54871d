// How is a table of models written?

/// How the cells of a table are laid out.
public enum TableLayout: Sendable {
  case aligned
  case markdown

  /// Lines of cells, the first the header.
  func text(_ lines: [[String]], left: Int) -> String {
    switch self {
    case .aligned: return columns(lines, left: left)
    case .markdown:
      guard let header = lines.first else { return "" }
      let marks = header.indices.map { $0 < left ? "---" : "---:" }
      return ([header, marks] + lines.dropFirst()).map { line in
        "| " + line.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
      }.joined()
    }
  }
}

extension ModelTable {
  /// Means of every model, one line each, then what the tests say.
  ///
  /// - Parameter placed: a model of which a line for each column says whether it is first.
  public func table(_ layout: TableLayout = .aligned, placing placed: String? = nil) -> String {
    let header = ["means"] + columns.map(\.description) + ["splits"]
    let lines = models.map { model in
      [model.name] + model.means.map { fixed($0, 4) } + [String(model.splits)]
    }
    let places = placed.map { name in self.places(of: name).map { sentence(of: $0, name) } } ?? []
    let sentences = (order.map(sentence(ofOrder:)) + duels.map(sentence(ofDuel:)) + places).map {
      $0 + "\n"
    }
    let gap = layout == .markdown && !sentences.isEmpty ? "\n" : ""
    let mark = layout == .markdown ? "- " : ""
    return layout.text([header] + lines, left: 1) + gap
      + sentences.map { mark + $0 }.joined()
  }

  /// One line a model and column: model, metric, n, mean, standard error over splits, splits.
  public func csv() -> String {
    var lines = [["model", "metric", "n", "mean", "standard_error", "splits"]]
    for model in models {
      for (place, column) in columns.enumerated() {
        lines.append([
          quoted(model.name), column.metric.rawValue, String(column.n), cell(model.means[place]),
          cell(model.errors[place]), String(model.splits),
        ])
      }
    }
    return join(lines)
  }

  private var lastColumn: String { columns.last?.description ?? "" }

  private func sentence(ofOrder duel: ModelDuel) -> String {
    "the order \(duel.a) < \(duel.b) \(duel.meanB > duel.meanA ? "holds" : "does not hold"):"
      + " \(lastColumn) \(fixed(duel.meanA, 4)) and \(fixed(duel.meanB, 4)),"
      + " \(counted(duel.splits, "split")), largest p over users \(shown(duel.usersP))"
  }

  private func sentence(ofDuel duel: ModelDuel) -> String {
    let difference = duel.meanB - duel.meanA
    let share = duel.meanA > 0 ? 100 * difference / duel.meanA : 0
    return "\(duel.b) against \(duel.a): \(lastColumn) \(signed(difference, 4))"
      + " (\(signed(share, 2)) %), \(counted(duel.splits, "split")), largest p of paired t over users"
      + " \(shown(duel.usersP)), over rounds \(shown(duel.roundsP))"
  }

  private func sentence(of place: ModelPlace, _ name: String) -> String {
    let share = place.bestMean > 0 ? 100 * (place.mean / place.bestMean - 1) : 0
    return "\(place.column): \(name) \(fixed(place.mean, 4)), best of the others \(place.best)"
      + " \(fixed(place.bestMean, 4)) (\(signed(share, 2)) %): \(place.verdict.rawValue)"
      + " (standard error \(fixed(place.error, 4)))"
  }

  private func shown(_ p: Double?) -> String { p == nil ? "(no test)" : probability(p) }

  private func signed(_ value: Double, _ decimals: Int) -> String {
    (value >= 0 ? "+" : "") + fixed(value, decimals)
  }
}
