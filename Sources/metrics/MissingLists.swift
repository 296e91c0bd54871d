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
  }
}
