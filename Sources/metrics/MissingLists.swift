// What is said of lists that are missing or without a truth?

import RankingMetrics
import ToolKit

extension Metrics {
  func report(_ measured: Measured, _ context: ToolContext) throws {
    let (counts, name) = (measured.report.counts, measured.name)
    guard counts.lists > 0 else {
      throw ToolError(
        .badData,
        "\(name): no list has a truth in \(truth.joined(separator: ", ")); do they belong together?"
      )
    }
    let (missing, all) = measured.missing
    if missing > 0 {
      let words = "\(name): \(missing) of \(all) lists of the truth's users and rounds are missing"
      guard partial else {
        throw ToolError(
          .badData, "\(words); score the whole split, or give --partial to measure a part")
      }
      context.log.notice("\(words) and left out")
    }
    if counts.emptyTruthLists > 0 {
      context.log.notice("\(name): left out \(counts.emptyTruthLists) lists whose truth is empty")
    }
    if counts.unscorableTruthItems > 0 {
      context.log.notice(
        "\(name): \(counts.unscorableTruthItems) of \(counts.truthItems) truth items are unknown to the"
          + " model and count as misses")
    }
    warn(of: measured, context)
  }

  /// Says so where figures are what they are for a reason that has nothing to do with the model.
  private func warn(of measured: Measured, _ context: ToolContext) {
    let figures = measured.report.rows.filter { $0.group == "all" && Self.hits.contains($0.metric) }
    let isNothingFound = !figures.isEmpty && figures.allSatisfy { $0.mean == 0 }
    let longest = measured.report.rows.lazy.map(\.n).max() ?? 0
    if compare != nil || comparesModels, let top = measured.top, top < longest {
      context.log.warning(
        "\(measured.name): its lists end after \(top) items, and what is behind counts as missed; end --at there, or"
          + " score longer lists")
    }
    if measured.isOfHistory {
      context.log.warning(
        "\(measured.name): the truth is what the lists were made from, not what was chosen later; split it, and score"
          + " the split")
    } else if isNothingFound, measured.report.counts.lists >= 20 {
      context.log.warning(
        "\(measured.name): no list holds anything of its truth; do lists, truth and what was excluded belong together?"
      )
    }
  }

  /// Metrics that are 0 where nothing is found.
  private static let hits: Set<Metric> = [
    .recall, .recallMin, .ndcg, .precision, .hitRate, .averagePrecision,
  ]

  /// Says so where lists are compared with themselves.
  func warn(ofTwins first: Measured, _ second: Measured, _ context: ToolContext) {
    guard let digest = first.digest, digest == second.digest else { return }
    context.log.warning("\(first.name) and \(second.name) hold the same lists")
  }
}
