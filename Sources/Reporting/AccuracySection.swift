// How well do the models recommend?

import Interchange
import Plots
import Recommending

/// The metrics that users have values of, best known first, with their names for people.
private let known: [(key: String, name: String, words: String)] = [
  ("ndcg", "NDCG", "how far up the list the held-out items are; 1 is a perfect list"),
  ("recall", "Recall", "the share of the held-out items that the list has"),
  ("recall-min", "Recall (min)", "hits as a share of the best that a list of the length can have"),
  ("precision", "Precision", "the share of the list that is held out"),
  ("hit-rate", "Hit rate", "the share of users whose list has any held-out item"),
  ("mrr", "MRR", "one over the rank of the first held-out item"),
  ("map", "MAP", "precision averaged over the ranks of the hits"),
  ("coverage", "Coverage", "the share of all items that some list has"),
  ("gini", "Gini", "how unequally often items are recommended; 0 is all equally often"),
  ("novelty", "Novelty", "how rare recommended items are, in bits"),
]

/// Figures of one or more models side by side.
func accuracySection(_ models: [MeasuredModel]) -> Section {
  let title = "Accuracy"
  guard let first = models.first else {
    return Section(
      "accuracy", title,
      [.omitted("it needs figures; give files that metrics --format json wrote with --metrics")])
  }
  var blocks: [Block] = [
    .text(
      "Measured on \(counted(first.users, "user")) in \(counted(first.lists, "list")): part of "
        + "what each of them chose was held back, and the models were asked to find it. Behind ± "
        + "stands the standard error over users.")
  ]
  let names = known.filter { metric in
    models.contains { $0.figures.contains { $0.metric == metric.key && $0.group == "all" } }
  }
  let figures = names.filter { metric in
    ["ndcg", "recall", "recall-min", "precision"].contains(metric.key)
  }.prefix(2)
  blocks += intervals(Array(figures), models)
  blocks += curves(Array(figures), models)
  let full = Array(names.prefix(3))
  blocks += full.map { metric in .table(table(metric, models)) }
  blocks += further(Array(names.dropFirst(3)), models)
  blocks += groups(models)
  return Section("accuracy", title, blocks)
}

private func cutoffs(_ metric: String, _ models: [MeasuredModel], group: String = "all") -> [Int] {
  Set(models.flatMap(\.figures).filter { $0.metric == metric && $0.group == group }.map(\.n))
    .sorted()
}

private func table(
  _ metric: (key: String, name: String, words: String), _ models: [MeasuredModel]
) -> Table {
  let cutoffs = cutoffs(metric.key, models)
  return Table(
    caption: "\(metric.name)@n, n the length of the list: \(metric.words).",
    columns: [.text("Model")] + cutoffs.map { .number("n = \($0)") },
    rows: models.map { model in
      [model.name] + cutoffs.map { text(model.figure(metric.key, at: $0)) }
    })
}

/// The other metrics, each at the length of a page and at the longest.
private func further(
  _ metrics: [(key: String, name: String, words: String)], _ models: [MeasuredModel]
) -> [Block] {
  let rows = metrics.flatMap { metric -> [[String]] in
    let cutoffs = cutoffs(metric.key, models)
    let chosen = Set([cutoffs.last { $0 <= 20 }, cutoffs.last].compactMap { $0 }).sorted()
    return chosen.map { n in
      ["\(metric.name)@\(n)", n == chosen.first ? metric.words : ""]
        + models.map { text($0.figure(metric.key, at: n)) }
    }
  }
  guard !rows.isEmpty else { return [] }
  return [
    .table(
      Table(
        caption: "Further metrics, for a page of items and for the longest lists.",
        columns: [.name("Metric"), .text("What it is")] + models.map { .number($0.name) },
        rows: rows))
  ]
}

/// A mean, and its standard error below.
private func text(_ figure: MeasuredModel.Figure?) -> String {
  guard let figure else { return "–" }
  let decimals = abs(figure.mean) >= 10 ? 2 : 4
  let mean = NumberText.decimals(figure.mean, decimals)
  return mean
    + (figure.error.map { "\n±\u{A0}" + NumberText.decimals($0, decimals) } ?? "")
}

/// The long list's figure of every model with its interval.
private func intervals(
  _ metrics: [(key: String, name: String, words: String)], _ models: [MeasuredModel]
) -> [Block] {
  var panels: [(title: String, chart: any Chart)] = []
  var winners: [(model: String, metric: String)] = []
  for metric in metrics {
    guard let n = cutoffs(metric.key, models).last else { continue }
    let found = models.compactMap { model in
      model.figure(metric.key, at: n).map { (name: model.name, figure: $0) }
    }.sorted { ($0.figure.mean, $1.name) > ($1.figure.mean, $0.name) }
    guard let best = found.first, best.figure.interval != nil else { continue }
    let rows = found.map { entry in
      BarChart.Row(
        entry.name, entry.figure.mean, text: NumberText.decimals(entry.figure.mean, 4),
        interval: entry.figure.interval)
    }
    panels.append(("\(metric.name)@\(n)", BarChart(rows, x: "\(metric.name)@\(n)", mark: .point)))
    winners.append((best.name, "\(metric.name)@\(n)"))
  }
  guard !panels.isEmpty else { return [] }
  let level = NumberText.percent(models[0].confidence)
  var sentence = ""
  if models.count > 1 {
    let first = winners.reduce(into: [String]()) { names, winner in
      if !names.contains(winner.model) { names.append(winner.model) }
    }
    sentence =
      first.map { name in
        "\(name) has the highest \(listed(winners.filter { $0.model == name }.map(\.metric)))"
      }.joined(separator: "; ") + ". "
  }
  return [
    .figure(
      Figure(
        "accuracy-intervals", title: "Accuracy with \(level) intervals",
        summary: "Mean and interval of each model.",
        chart: SmallMultiples(panels, columns: 1)),
      sentence
        + "A dot is the mean over users, the bar the \(level) interval around it; bars that lie "
        + "apart are a clear difference, while models whose bars overlap can still differ when "
        + "compared user by user (metrics --compare).")
  ]
}

/// How figures grow with the list.
private func curves(
  _ metrics: [(key: String, name: String, words: String)], _ models: [MeasuredModel]
) -> [Block] {
  let panels = metrics.compactMap { metric -> (title: String, chart: any Chart)? in
    let cutoffs = cutoffs(metric.key, models)
    guard cutoffs.count > 1 else { return nil }
    let series = models.map { model in
      LineChart.Series(
        model.name,
        cutoffs.compactMap { n in
          model.figure(metric.key, at: n).map {
            LineChart.Point(x: Double(n), y: $0.mean, interval: $0.interval)
          }
        })
    }
    return (
      metric.name,
      LineChart(
        series, x: "length of the list", y: metric.name, startsAtZero: true, logarithmic: true,
        legend: false)
    )
  }
  guard !panels.isEmpty else { return [] }
  return [
    .figure(
      Figure(
        "accuracy-by-length", title: "Accuracy by the length of the list",
        summary: panels.map(\.title).joined(separator: " and ")
          + " by the length of the list for each model.",
        chart: SmallMultiples(
          panels, columns: 2, legend: models.count > 1 ? Legend(models.map(\.name)) : nil)),
      "A longer list finds more of what was held back. A model whose line lies above another's at "
        + "every length is better however many items a page has room for.")
  ]
}

/// One metric for groups of users and items.
private func groups(_ models: [MeasuredModel]) -> [Block] {
  for metric in known {
    var order: [String] = []
    for figure in models.flatMap(\.figures) where figure.metric == metric.key {
      if figure.group != "all", !order.contains(figure.group) { order.append(figure.group) }
    }
    guard let n = cutoffs(metric.key, models, group: order.first ?? "").last else { continue }
    return [
      .table(
        Table(
          caption:
            "\(metric.name)@\(n) for groups of users and of items: are newcomers and rare items "
            + "served too?",
          columns: [.name("Group"), .text("What is measured")] + models.map { .number($0.name) },
          rows: order.map { group in
            let words = models.compactMap { $0.definitions[group] }.first ?? ""
            // What follows the comma is how, not what.
            let what = words.split(separator: ",").first.map(String.init) ?? ""
            return [group, what] + models.map { text($0.figure(metric.key, at: n, group: group)) }
          }))
    ]
  }
  return []
}
