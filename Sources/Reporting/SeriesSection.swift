// How does accuracy depend on what was varied?

import Plots
import Recommending

private let mostColumns = 8
private let mostRows = 40

/// Means of experiments as lines, with their numbers, such as accuracy by the share of training users.
func seriesSection(_ figures: [VariedFigure]) -> Section {
  let title = "What accuracy depends on"
  guard !figures.isEmpty else {
    return Section(
      "series", title,
      [
        .omitted(
          "it needs means of experiments; give a file such as pipelines/paper/figure5 makes with "
            + "--series")
      ])
  }
  return Section(
    "series", title,
    figures.enumerated().flatMap { place, figure in blocks(figure, place + 1) })
}

private func blocks(_ figure: VariedFigure, _ number: Int) -> [Block] {
  let names = figure.names
  let panels = figure.panels.map { panel -> (title: String, chart: any Chart) in
    let lines = panel.lines.map { line in
      LineChart.Series(
        line.name,
        line.points.map { point in
          LineChart.Point(
            x: point.x, y: point.mean,
            interval: point.error.map { point.mean - $0...point.mean + $0 })
        })
    }
    return (
      panel.metric,
      LineChart(
        lines, x: figure.x, y: panel.metric, legend: false,
        colours: panel.lines.map { names.firstIndex(of: $0.name) ?? 0 })
    )
  }
  let chart = SmallMultiples(
    panels, columns: panels.count > 1 ? 2 : 1, legend: names.count > 1 ? Legend(names) : nil)
  let hasErrors = figure.panels.flatMap(\.lines).flatMap(\.points).contains { $0.error != nil }
  let words =
    (hasErrors ? ["A dot is a mean, the bar one standard error to each side of it."] : [])
    + figure.panels.compactMap { highest($0, figure.x) }
  return [
    .figure(
      Figure(
        "series-\(number)", title: figure.title,
        summary: "\(figure.panels.map(\.metric).joined(separator: ", ")) by \(figure.x).",
        chart: chart),
      words.joined(separator: " "))
  ] + table(figure)
}

/// Where a metric is highest.
private func highest(_ panel: VariedFigure.Panel, _ x: String) -> String? {
  let points = panel.lines.flatMap { line in line.points.map { (name: line.name, point: $0) } }
  guard points.count > 1, let best = points.max(by: { $0.point.mean < $1.point.mean }) else {
    return nil
  }
  let whose = panel.lines.count > 1 ? "\(best.name), " : ""
  return "\(panel.metric) peaks at \(NumberText.decimals(best.point.mean, 4)) "
    + "(\(whose)\(x): \(NumberText.short(best.point.x)))."
}

/// The numbers of a figure, the longer of lines and values downwards; where there are many, the figure has to do.
private func table(_ figure: VariedFigure) -> [Block] {
  let lines = figure.panels.flatMap { panel in
    panel.lines.map { (metric: panel.metric, line: $0) }
  }
  let values = Set(lines.flatMap { $0.line.points.map(\.x) }).sorted()
  guard min(lines.count, values.count) <= mostColumns, max(lines.count, values.count) <= mostRows
  else { return [] }
  let cells = lines.map { _, line in
    let points = Dictionary(line.points.map { ($0.x, $0) }) { first, _ in first }
    return values.map { value in
      guard let point = points[value] else { return "–" }
      return NumberText.decimals(point.mean, 4)
        + (point.error.map { "\n±\u{A0}" + NumberText.decimals($0, 4) } ?? "")
    }
  }
  let heads = values.map(NumberText.short)
  let caption = "Means by \(figure.x). Behind ± stands the standard error where it is known."
  guard lines.count < values.count else {
    return [
      .table(
        Table(
          caption: caption,
          columns: [.name("Metric"), .name("Series")] + heads.map { .number($0) },
          rows: zip(lines, cells).map { [$0.metric, $0.line.name] + $1 }))
    ]
  }
  return [
    .table(
      Table(
        caption: caption,
        columns: [.text(figure.x)] + lines.map { .number("\($0.metric)\n\($0.line.name)") },
        rows: heads.indices.map { place in [heads[place]] + cells.map { $0[place] } }))
  ]
}
