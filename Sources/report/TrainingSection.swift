// How did training go?

import Plots

/// Loss parts and validation figures by epoch, for each log.
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
  let validated = logs.filter { log in log.epochs.contains { $0.validation != nil } }
  if !validated.isEmpty { blocks.append(validation(validated)) }
  for (place, log) in logs.enumerated() { blocks.append(losses(log, place)) }
  blocks.append(
    .table(
      Table(
        caption: "The runs.",
        columns: [
          .text("Run"), .number("Epochs"), .number("Seconds"), .number("Last loss"),
          .text("Validated by"), .number("Best"), .number("at epoch"),
        ],
        rows: logs.map { log in
          let best = best(log)
          return [
            log.name, NumberText.grouped(log.epochs.count),
            NumberText.decimals(log.epochs.reduce(0) { $0 + $1.seconds }, 1),
            log.epochs.last?.loss.map { NumberText.decimals($0, 2) } ?? "–",
            best == nil ? "–" : log.metric,
            best.map { NumberText.decimals($0.value, 4) } ?? "–",
            best.map { NumberText.grouped($0.epoch) } ?? "–",
          ]
        })))
  return Section("training", title, blocks)
}

private func best(_ log: TrainingLog) -> (epoch: Int, value: Double)? {
  log.epochs.compactMap { epoch in epoch.validation.map { (epoch: epoch.number, value: $0) } }
    .max { ($0.value, -$0.epoch) < ($1.value, -$1.epoch) }
}

private func validation(_ logs: [TrainingLog]) -> Block {
  let series = logs.map { log in
    LineChart.Series(
      log.name,
      log.epochs.compactMap { epoch in
        epoch.validation.map { LineChart.Point(x: Double(epoch.number), y: $0) }
      })
  }
  let metrics = Set(logs.map(\.metric)).sorted()
  let label = metrics.count == 1 ? metrics[0] : "validation"
  let peaks = logs.compactMap { log in
    best(log).map { "\(log.name) at epoch \($0.epoch) (\(NumberText.decimals($0.value, 4)))" }
  }
  return .figure(
    Figure(
      "training-validation", title: "Validation by epoch",
      summary: "How good the lists for validation users are after each epoch.",
      chart: LineChart(series, x: "epoch", y: label)),
    "How good lists for users that training does not see are after each epoch: a line that rises "
      + "and levels off has learnt what it can, one that falls again learns by heart. The peak: "
      + listed(peaks) + ".")
}

private func losses(_ log: TrainingLog, _ place: Int) -> Block {
  var panels: [(title: String, chart: any Chart)] = []
  func add(_ name: String, _ value: (TrainingLog.Epoch) -> Double?) {
    let points = log.epochs.compactMap { epoch in
      value(epoch).map { LineChart.Point(x: Double(epoch.number), y: $0) }
    }
    guard !points.isEmpty else { return }
    panels.append(
      (
        name,
        LineChart(
          [.init(name, points)], x: "epoch", y: "mean a user", height: 210, colours: [place])
      ))
  }
  add("loss") { $0.loss }
  for part in log.parts { add(part) { $0.parts[part] } }
  let last = log.epochs.last
  let parts = log.parts.compactMap { part in
    last?.parts[part].map { "\(part) \(NumberText.short($0))" }
  }
  return .figure(
    Figure(
      "training-\(place + 1)", title: "Loss by epoch: \(log.name)",
      summary: "The loss and its parts by epoch.",
      chart: SmallMultiples(panels, columns: panels.count == 4 ? 2 : 3)),
    "What training makes small, and the parts it is made of: reconstruction is how badly the "
      + "users' own items are predicted, kl how far their representations stray from the clusters. "
      + (parts.isEmpty ? "" : "In the last epoch: \(listed(parts))."))
}
