// How do rows and new ids become chunks of a stream?

import DataSources
import Interchange
import ToolKit

/// Turns batches of rows into chunks and writes, before each, the users and items that are new in it.
///
/// Items new in a batch are numbered by ascending id where ids are whole numbers: within a user whose
/// rows are sorted by item, differences then stay small and the column compresses well.
final class InteractionSink {
  let users = IDTable()
  let items = IDTable()
  private let columns: RowColumns
  private let labels: ItemLabels
  private let userIDs: OriginalIDs?
  private let output: Output
  private let sequencer: Sequencer
  /// The stream's number of each item of the table.
  private var itemNumbers: [UInt32] = []
  private var usersWritten = 0
  /// Items of which a title or a category is known, and those of a known title.
  private(set) var (labelledItems, titledItems) = (0, 0)
  private var ratingRange: ClosedRange<Float>?
  private var timeRange: ClosedRange<Int64>?

  /// What the rows held, in words.
  var summary: String {
    func text(_ number: Float) -> String {
      number == number.rounded() && number.magnitude < 1e9 ? "\(Int(number))" : "\(number)"
    }
    var parts: [String] = []
    parts.append(
      ratingRange.map { "ratings of \(text($0.lowerBound)) to \(text($0.upperBound))" }
        ?? "no ratings")
    parts.append(
      timeRange.map { range in
        // Within three years from 1970 on they are more likely days, months or ranks.
        (0..<100_000_000).contains(range.lowerBound) && range.upperBound < 100_000_000
          ? "times of \(range.lowerBound) to \(range.upperBound), which are no dates"
          : "dates from \(dayText(range.lowerBound)) to \(dayText(range.upperBound))"
      } ?? "no times")
    if labels.hasTitles { parts.append("titles for \(titledItems) of \(items.count) items") }
    if labels.categoryCount > 0 { parts.append("\(labels.categoryCount) categories") }
    return parts.joined(separator: ", ")
  }

  /// The writer, used by one job after another.
  private struct Output: @unchecked Sendable {
    let writer: InteractionWriter
  }

  init(
    _ sink: any ByteSink, columns: RowColumns, labels: ItemLabels, userIDs: OriginalIDs?,
    compression: Int32?, provenance: Provenance, threads: Int
  ) throws {
    self.columns = columns
    self.labels = labels
    self.userIDs = userIDs
    sequencer = Sequencer(threads: threads)
    output = Output(
      writer: try InteractionWriter(
        sink, metadata: ["ratings": .bool(columns.ratings), "times": .bool(columns.times)],
        provenance: provenance, compression: compression))
    for part in try labels.preamble() { try output.writer.write(part) }
  }

  /// Takes all rows of a source; returns how many.
  ///
  /// Throws `SourceError`, also when it has other columns than the one before.
  func read(_ source: any InteractionSource, name: String, progress: (Int) -> Void) throws -> Int {
    guard source.columns == columns else {
      throw ToolError(
        .badData, "\(name): has other columns than the inputs before; ingest them apart")
    }
    let batch = RowBatch()
    var rows = 0
    while try source.next(into: batch, users: users, items: items) {
      try write(batch)
      rows += batch.count
      progress(rows)
    }
    return rows
  }

  func finish() throws {
    try sequencer.finish()
    try output.writer.finish()
  }

  private func note(_ batch: RowBatch) {
    if columns.ratings, let low = batch.ratings.min(), let high = batch.ratings.max() {
      ratingRange =
        Swift.min(
          low, ratingRange?.lowerBound ?? low)...Swift.max(
          high, ratingRange?.upperBound ?? high)
    }
    if columns.times, let low = batch.times.min(), let high = batch.times.max() {
      timeRange =
        Swift.min(
          low, timeRange?.lowerBound ?? low)...Swift.max(high, timeRange?.upperBound ?? high)
    }
  }

  private func write(_ batch: RowBatch) throws {
    note(batch)
    var parts: [InteractionPart] = []
    if usersWritten < users.count {
      let ids = try (usersWritten..<users.count).map { index in
        try userIDs?.id(of: users.id(at: index)) ?? users.id(at: index)
      }
      parts.append(.users(UserChunk(ids: ids)))
      usersWritten = users.count
    }
    if let items = try newItems() { parts.append(.items(items)) }
    parts.append(
      .interactions(
        InteractionChunk(
          users: Array(batch.users), items: batch.items.map { itemNumbers[Int($0)] },
          ratings: columns.ratings ? Array(batch.ratings) : nil,
          times: columns.times ? Array(batch.times) : nil)))
    let (output, ready) = (output, parts)
    try sequencer.run { for part in ready { try output.writer.write(part) } }
  }

  /// Numbers the items that are new since the last batch.
  private func newItems() throws -> ItemChunk? {
    let known = itemNumbers.count
    guard known < items.count else { return nil }
    let ids = (known..<items.count).map { items.id(at: $0) }
    let numbers = ids.map { Int($0) ?? Int.max }
    let order = ids.indices.sorted {
      numbers[$0] == numbers[$1]
        ? (numbers[$0] == Int.max ? ids[$0] < ids[$1] : $0 < $1) : numbers[$0] < numbers[$1]
    }
    itemNumbers.append(contentsOf: repeatElement(0, count: ids.count))
    for (rank, index) in order.enumerated() { itemNumbers[known + index] = UInt32(known + rank) }
    let chunk = try labels.chunk(order.map { ids[$0] })
    labelledItems += chunk.ids.count { labels.knows($0) }
    if labels.hasTitles { titledItems += chunk.ids.count { labels.hasTitle($0) } }
    return chunk
  }
}
