// How did training go?

import Fitting
import Plots
import Recommending

/// How the model's own training went, and how fast each of several models learns.
///
/// The first log is the model's own.
func trainingSection(_ all: [TrainingLog]) -> Section {
  let title = "Training"
  guard !all.isEmpty else {
    return Section(
      "training", title,
      [.omitted("it needs training logs; give what fit --log-json wrote with --fit-log")])
  }
  let logs = all.filter { !$0.epochs.isEmpty }
  let atOnce = all.filter(\.epochs.isEmpty).map(\.name)
  var blocks: [Block] = []
  if !atOnce.isEmpty {
    blocks.append(.omitted("curves of \(listed(atOnce)), fitted at once and not by epochs"))
  }
  guard !logs.isEmpty else { return Section("training", title, blocks) }
  let validated = logs.filter { best($0) != nil }
  if validated.count > 1 {
    blocks += comparison(validated)
  } else if let log = validated.first {
    blocks.append(validation(log))
  }
  if let own = all.first, !own.epochs.isEmpty { blocks.append(losses(own)) }
  blocks.append(.table(runs(logs)))
  return Section("training", title, blocks)
}

/// The epoch that validates best, the first of equal ones.
private func best(_ log: TrainingLog) -> (epoch: Int, seconds: Double, value: Double)? {
  zip(log.epochs, log.elapsed).compactMap { epoch, seconds in
    epoch.validation.map { (epoch: epoch.number, seconds: seconds, value: $0) }
  }.max { ($0.value, -$0.epoch) < ($1.value, -$1.epoch) }
}

private func runs(_ logs: [TrainingLog]) -> Table {
  Table(
    caption: "The runs.",
    columns: [
      .text("Run"), .number("Epochs"), .number("Seconds"), .number("Last loss"),
      .text("Validated by"), .number("Best"), .number("at epoch"), .number("after s"),
    ],
    rows: logs.map { log in
      let best = best(log)
      return [
        log.name, NumberText.grouped(log.epochs.count),
        NumberText.decimals(log.elapsed.last ?? 0, 1),
        log.epochs.last?.loss.map { NumberText.decimals($0, 2) } ?? "–",
        best == nil ? "–" : log.metric,
        best.map { NumberText.decimals($0.value, 4) } ?? "–",
        best.map { NumberText.grouped($0.epoch) } ?? "–",
        best.map { NumberText.decimals($0.seconds, 1) } ?? "–",
      ]
    })
}

private func validation(_ log: TrainingLog) -> Block {
  let points = log.epochs.compactMap { epoch in
    epoch.validation.map { LineChart.Point(x: Double(epoch.number), y: $0) }
  }
  let peak = best(log).map { " (\(NumberText.decimals($0.value, 4)) at epoch \($0.epoch))" } ?? ""
  return .figure(
    Figure(
      "training-validation", title: "Validation by epoch",
      summary: "How good the lists for validation users are after each epoch.",
      chart: LineChart([.init(log.name, points)], x: "epoch", y: log.metric)),
    "How good lists for users that training does not see are after each epoch: a line that rises "
      + "and levels off has learnt what it can, one that falls again learns by heart. The peak: "
      + "\(log.name)\(peak).")
}

// MARK: - Several models

/// Validation figures of several models by epoch and by time.
private func comparison(_ logs: [TrainingLog]) -> [Block] {
  let found = logs.compactMap { log in best(log).map { (log: log, best: $0) } }
  guard let top = found.max(by: { $0.best.value < $1.best.value }) else { return [] }
  // What differs in metric has no order.
  let isComparable = Set(logs.map(\.metric)).count == 1
  let highest =
    isComparable
    ? " The highest is \(top.log.name)'s: \(NumberText.decimals(top.best.value, 4)) at epoch "
      + "\(top.best.epoch)." : ""
  let ends = logs.map { $0.elapsed.last ?? 0 }
  let isWide = (ends.max() ?? 0) > 20 * (ends.filter { $0 > 0 }.min() ?? .infinity)
  let quickest =
    isComparable
    ? found.compactMap { entry -> (name: String, seconds: Double)? in
      reaching(0.99 * top.best.value, entry.log).map { (entry.log.name, $0) }
    }.min { ($0.seconds, $0.name) < ($1.seconds, $1.name) } : nil
  return [
    .figure(
      Figure(
        "training-validation", title: "Validation by epoch",
        summary: "How good the lists of each model for validation users are after each epoch.",
        chart: chart(logs, x: "epoch") { log in log.epochs.map { Double($0.number) } }),
      "How good lists for users that training does not see are after each epoch: a line that "
        + "rises and levels off has learnt what it can, one that falls again learns by heart."
        + highest),
    .figure(
      Figure(
        "training-seconds", title: "Validation by time",
        summary: "How good the lists of each model for validation users are after some seconds.",
        chart: chart(
          logs, x: "seconds since training began\(isWide ? ", logarithmic" : "")",
          logarithmic: isWide
        ) { $0.elapsed }),
      "The same by the time that training took: epochs of one model do not cost what those of "
        + "another do. The seconds are those of the computer and the load each run had."
        + (quickest.map {
          " The first within 1 % of the highest is \($0.name), after "
            + "\(NumberText.decimals($0.seconds, 1)) s."
        } ?? "")),
  ]
}

/// When a log's validation figure is first at or above a value.
private func reaching(_ value: Double, _ log: TrainingLog) -> Double? {
  zip(log.epochs, log.elapsed).first { ($0.0.validation ?? -.infinity) >= value }?.1
}

/// A line for each log; a panel for each metric where they differ.
private func chart(
  _ logs: [TrainingLog], x label: String, logarithmic: Bool = false,
  places: (TrainingLog) -> [Double]
) -> any Chart {
  let series = logs.map { log in
    LineChart.Series(
      log.name,
      zip(places(log), log.epochs).compactMap { place, epoch in
        epoch.validation.map { LineChart.Point(x: place, y: $0) }
      })
  }
  let metrics = Set(logs.map(\.metric)).sorted()
  let panels = metrics.map { metric -> (title: String, chart: any Chart) in
    let chosen = logs.indices.filter { logs[$0].metric == metric }
    return (
      metric,
      LineChart(
        chosen.map { series[$0] }, x: label, y: metric, logarithmic: logarithmic,
        legend: metrics.count == 1, height: 340, colours: chosen)
    )
  }
  return panels.count == 1
    ? panels[0].chart
    : SmallMultiples(panels, columns: 1, legend: Legend(logs.map(\.name)))
}

// MARK: - The model's own

private func losses(_ log: TrainingLog) -> Block {
  var panels: [(title: String, chart: any Chart)] = []
  func add(_ name: String, _ value: (TrainingLog.Epoch) -> Double?) {
    let points = log.epochs.compactMap { epoch in
      value(epoch).map { LineChart.Point(x: Double(epoch.number), y: $0) }
    }
    guard !points.isEmpty else { return }
    panels.append(
      (name, LineChart([.init(name, points)], x: "epoch", y: "mean a user", height: 210)))
  }
  add("loss") { $0.loss }
  for part in log.parts { add(part) { $0.parts[part] } }
  let last = log.epochs.last
  let parts = log.parts.compactMap { part in
    last?.parts[part].map { "\(part) \(NumberText.short($0))" }
  }
  return .figure(
    Figure(
      "training-1", title: "Loss by epoch: \(log.name)",
      summary: "The loss and its parts by epoch.",
      chart: SmallMultiples(panels, columns: panels.count == 4 ? 2 : 3)),
    "What training makes small, and the parts it is made of: reconstruction is how badly the "
      + "users' own items are predicted, kl how far their representations stray from the clusters. "
      + (parts.isEmpty ? "" : "In the last epoch: \(listed(parts))."))
}
