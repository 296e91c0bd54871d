// Did the thresholds have anything to say about what was read?

import DataSources
import InteractionData
import Interchange
import ToolKit

/// The ratings and times of all rows that were read.
struct MetRows {
  private(set) var ratings = UnreadRatings()
  private(set) var oldest: Int64?

  /// - Parameter dated: whether the oldest is wanted.
  mutating func add(_ rows: InteractionChunk, dated: Bool) {
    ratings.add(rows.ratings)
    if dated, let first = rows.times?.min() { oldest = Swift.min(first, oldest ?? first) }
  }
}

extension Binarize {
  /// Says so where ratings are dropped that neither chose what is kept nor became confidences, where the lowest of
  /// them is above --min, and where a split loses parts of what it holds out.
  ///
  /// Throws `ToolError` where --since is a small number, such as a year, and the interactions have dates.
  func judge(_ met: MetRows, _ stream: StreamReader, _ context: ToolContext) throws {
    if let since, let oldest = met.oldest, logTimes.contains(oldest),
      Double(since.text) != nil, since.seconds < 100_000_000
    {
      throw ToolError(
        .usage,
        "--since \(since.text) is a second of \(dayText(since.seconds)), and the first interaction is of"
          + " \(dayText(oldest)); write a date, as in \(dayText(oldest))")
    }
    if let min, let range = met.ratings.range, range.lowerBound > min,
      range.lowerBound < range.upperBound
    {
      context.log.warning(
        "no rating is below --min \(min.shortText): each of \(range.shortText)"
          + " counts as a like; is it on the same scale?")
    } else if min == nil, confidence == nil, let warning = met.ratings.warning {
      context.log.warning(warning)
    }
    if stream.metadata["split"] != nil {
      context.log.warning(
        "\(stream.name): is a split, whose parts lose what is not kept here; binarize first, then split"
      )
    }
  }
}
