// How do rows and new ids become chunks of a stream?

import DataSources
import InteractionData
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
  private var ratingRange: ClosedRange<Float>? { scales.whole }
  private var timeRange: ClosedRange<Int64>?
  private var scales = RatingScales()
  /// Titles and categories from the columns of the interactions.
  let texts: ItemTexts?
  /// How those categories are written, told by the first batch.
  private var categoryText: CategoryText?
  private var categoryNumbers: [String: UInt32]

  /// What the rows held, in words.
  var summary: String {
    var parts: [String] = []
    parts.append(ratingRange.map { "ratings of \($0.shortText)" } ?? "no ratings")
    parts.append(
      timeRange.map { range in
        // Within three years from 1970 on they are more likely days, months or ranks.
        (0..<100_000_000).contains(range.lowerBound) && range.upperBound < 100_000_000
          ? "times of \(range.lowerBound) to \(range.upperBound), which are no dates"
          : "dates from \(dayText(range.lowerBound)) to \(dayText(range.upperBound))"
      } ?? "no times")
    if titledItems > 0 || labels.hasTitles {
      parts.append("titles for \(titledItems) of \(items.count) items")
    }
    if !categoryNumbers.isEmpty {
      parts.append("\(categoryNumbers.count) categories\(categoryText?.summary ?? "")")
    }
    return parts.joined(separator: ", ")
  }

  /// What of the rows looks wrong, in words.
  func doubts(rows: Int) -> [String] {
    // Of so many rows some are of one user and some of one item, unless another column was taken.
    let single = [("users", users), ("items", items)].filter { rows >= 50 && $0.1.count == rows }
    return single.map {
      "each of the \(rows) rows is of another of the \($0.0), as numbers of rows or orders are; is it the right column?"
    } + [lateSeparator, oddTimes, oddRatings ?? longRatings ?? scales.doubt].compactMap(\.self)
      + users.hints("users")
      + items.hints("items")
  }

  /// What is to be said of dates at which there were no logs or are none yet; nil where there are none.
  var oddTimes: String? {
    guard let timeRange, timeRange.upperBound >= 100_000_000 || timeRange.lowerBound < 0,
      !(logTimes.contains(timeRange.lowerBound) && logTimes.contains(timeRange.upperBound))
    else { return nil }
    return
      "times from \(dayText(timeRange.lowerBound)) to \(dayText(timeRange.upperBound)) are odd for a log; are"
      + " they dates, or seconds, milli-, micro- or nanoseconds since 1970?"
  }

  /// What is to be said of ratings from those of a scale to the size of times; nil where there are none.
  var oddRatings: String? {
    guard let ratingRange, ratingRange.lowerBound <= 100,
      ratingRange.upperBound >= Float(logTimes.lowerBound)
    else { return nil }
    return
      "ratings from \(ratingRange.lowerBound) to \(ratingRange.upperBound) may hold times, as where files of two"
      + " layouts were joined; are the columns the same in all rows?"
  }

  /// What is to be said of ratings from which whole numbers are rounded; nil where there are none.
  var longRatings: String? {
    let most: Float = 16_777_216
    guard let ratingRange,
      let far = [ratingRange.lowerBound, ratingRange.upperBound].first(where: {
        $0.magnitude >= most
      })
    else { return nil }
    return
      "ratings such as \(Int(exactly: far).map(String.init) ?? "\(far)") may be rounded: of whole numbers all up to"
      + " \(Int(most)) are kept as they are; are they ids or times?"
  }

  /// The writer, used by one job after another.
  private struct Output: @unchecked Sendable {
    let writer: InteractionWriter
  }

  init(
    _ sink: any ByteSink, columns: RowColumns, labels: ItemLabels, userIDs: OriginalIDs?,
    texts: ItemTexts?, compression: Int32?, provenance: Provenance, threads: Int
  ) throws {
    self.texts = texts
    categoryNumbers = labels.numbers
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
      if columns.ratings { scales.add(batch.ratings, of: name) }
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
    parts += try newItems()
    parts.append(
      .interactions(
        InteractionChunk(
          users: Array(batch.users), items: batch.items.map { itemNumbers[Int($0)] },
          ratings: columns.ratings ? Array(batch.ratings) : nil,
          times: columns.times ? Array(batch.times) : nil)))
    let (output, ready) = (output, parts)
    try sequencer.run { for part in ready { try output.writer.write(part) } }
  }

  /// Numbers the items that are new since the last batch, and their categories.
  private func newItems() throws -> [InteractionPart] {
    let known = itemNumbers.count
    guard known < items.count else { return [] }
    let ids = (known..<items.count).map { items.id(at: $0) }
    let numbers = ids.map { Int($0) ?? Int.max }
    let order = ids.indices.sorted {
      numbers[$0] == numbers[$1]
        ? (numbers[$0] == Int.max ? ids[$0] < ids[$1] : $0 < $1) : numbers[$0] < numbers[$1]
    }
    itemNumbers.append(contentsOf: repeatElement(0, count: ids.count))
    for (rank, index) in order.enumerated() { itemNumbers[known + index] = UInt32(known + rank) }
    var chunk = try labels.chunk(order.map { ids[$0] })
    labelledItems += chunk.ids.count { labels.knows($0) }
    let new = take(order.map { known + $0 }, into: &chunk)
    titledItems += chunk.titles?.count { !$0.isEmpty } ?? 0
    return (new.isEmpty ? [] : [.categories(new)]) + [.items(chunk)]
  }

  /// Adds what the interactions say of items of which nothing else is known; returns categories that are new.
  private func take(_ places: [Int], into chunk: inout ItemChunk) -> [String] {
    guard let texts, !texts.titles.isEmpty else { return [] }
    let text = categoryText ?? CategoryText(texts.categories)
    categoryText = text
    var titles = chunk.titles ?? [String](repeating: "", count: places.count)
    var lists = chunk.categories ?? [[UInt32]](repeating: [], count: places.count)
    var new: [String] = []
    for (row, place) in places.enumerated() {
      if titles[row].isEmpty { titles[row] = texts.titles[place] }
      guard lists[row].isEmpty else { continue }
      lists[row] = text.names(texts.categories[place]).map { name in
        if let number = categoryNumbers[name] { return number }
        let number = UInt32(categoryNumbers.count)
        categoryNumbers[name] = number
        new.append(name)
        return number
      }
    }
    if titles.contains(where: { !$0.isEmpty }) { chunk.titles = titles }
    if lists.contains(where: { !$0.isEmpty }) { chunk.categories = lists }
    return new
  }

  /// What is to be said of categories whose separator came too late to be taken for one; nil where none did.
  var lateSeparator: String? {
    guard let texts, let categoryText else { return nil }
    let whole = CategoryText(texts.categories)
    guard whole.summary != categoryText.summary else { return nil }
    return
      "categories are divided as in the first \(RowBatch.fullCount) rows\(categoryText.summary), although later"
      + " ones look otherwise\(whole.summary); write them in one way"
  }
}
