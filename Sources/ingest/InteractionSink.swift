// How do rows and new ids become chunks of a stream?

import DataSources
import Interchange

/// Collects rows into chunks and writes, before each, the users and items that are new in it.
///
/// Items new in a chunk are numbered by ascending id where ids are whole numbers: within a user whose
/// rows are sorted by item, differences then stay small and the column compresses well.
final class InteractionSink {
  private let writer: InteractionWriter
  private let metadata: ItemMetadata
  private let layout: Layout
  private var users = IDTable()
  private var items = IDTable()
  /// The stream's number of each item of the table.
  private var itemNumbers: [UInt32] = []
  private var usersWritten = 0
  private var rows = InteractionChunk()
  private let categoryNumbers: [String: UInt32]

  var userCount: Int { users.count }
  var itemCount: Int { items.count }

  init(
    _ sink: any ByteSink, layout: Layout, metadata: ItemMetadata, compression: Int32?,
    provenance: Provenance
  ) throws {
    self.layout = layout
    self.metadata = metadata
    writer = try InteractionWriter(
      sink, metadata: ["ratings": .bool(layout.rating != nil), "times": .bool(layout.time != nil)],
      provenance: provenance, compression: compression)
    let names = Set(metadata.categories.values.joined()).sorted()
    categoryNumbers = Dictionary(uniqueKeysWithValues: zip(names, names.indices.map { UInt32($0) }))
    if !names.isEmpty { try writer.write(.categories(names)) }
    clear()
  }

  private func clear() {
    rows = InteractionChunk()
    if layout.rating != nil { rows.ratings = [] }
    if layout.time != nil { rows.times = [] }
  }

  /// Takes all rows of a reader.
  ///
  /// Throws `SourceError` when it has other columns than the one before.
  func read(_ reader: RatingReader, progress: (Int) -> Void) throws {
    guard (reader.layout.rating == nil) == (layout.rating == nil),
      (reader.layout.time == nil) == (layout.time == nil)
    else {
      throw FormatError(.malformed, stream: "inputs", "have different columns; ingest them apart")
    }
    var batch = RowBatch()
    while try reader.next(into: &batch, users: &users, items: &items) {
      rows.users += batch.users
      rows.items += batch.items
      rows.ratings? += batch.ratings
      rows.times? += batch.times
      if rows.count >= InteractionWriter.chunkRows { try flush() }
      progress(reader.report.rows)
    }
  }

  func finish() throws {
    try flush()
    try writer.finish()
  }

  private func flush() throws {
    if usersWritten < users.count {
      try writer.write(
        .users(UserChunk(ids: (usersWritten..<users.count).map { users.id(at: $0) })))
      usersWritten = users.count
    }
    let known = itemNumbers.count
    if known < items.count {
      let ids = (known..<items.count).map { items.id(at: $0) }
      let order = ids.indices.sorted {
        switch (Int(ids[$0]), Int(ids[$1])) {
        case (let left?, let right?): (left, $0) < (right, $1)
        case (_?, nil): true
        case (nil, _?): false
        default: $0 < $1
        }
      }
      itemNumbers.append(contentsOf: repeatElement(0, count: ids.count))
      for (rank, index) in order.enumerated() { itemNumbers[known + index] = UInt32(known + rank) }
      try writer.write(.items(chunk(order.map { ids[$0] })))
    }
    for index in rows.items.indices { rows.items[index] = itemNumbers[Int(rows.items[index])] }
    try writer.write(.interactions(rows))
    clear()
  }

  private func chunk(_ ids: [String]) -> ItemChunk {
    var chunk = ItemChunk(ids: ids)
    if !metadata.titles.isEmpty { chunk.titles = ids.map { metadata.titles[$0] ?? "" } }
    if !metadata.categories.isEmpty {
      chunk.categories = ids.map {
        (metadata.categories[$0] ?? []).compactMap { categoryNumbers[$0] }
      }
    }
    return chunk
  }
}
