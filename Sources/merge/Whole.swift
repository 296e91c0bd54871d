// How do parts become a whole, chunk by chunk?

import InteractionData
import Interchange
import ToolKit

/// Merges interactions: first the items of all parts, then their users, part after part.
func mergeInteractions(
  _ parts: Parts, _ file: OutputFile, _ provenance: Provenance, _ compression: Int32?,
  progress: (Int) -> Void
) throws -> (users: Int, rows: Int) {
  let head = try catalogue(parts)
  let places = IDPlaces(head.items.ids)
  let writer = try UserBlockWriter(
    InteractionWriter(
      file, metadata: parts.metadata, provenance: provenance, compression: compression),
    head: head)
  for (index, part) in parts.files.enumerated() {
    let stream = try part.open(.interactions)
    guard let blocks = try UserBlocks(InteractionReader(stream)) else { continue }
    // A file that was replaced since its items were read may have others.
    let ranks = try blocks.head.items.ids.map { id in
      guard let place = places[id] else {
        throw ToolError(.badData, "\(part.path): has changed meanwhile; merge when it is at rest")
      }
      return UInt32(place)
    }
    while var block = try blocks.next() {
      block.rows.items = block.rows.items.map { ranks[Int($0)] }
      try writer.append(block)
    }
    try part.finish(stream)
    progress(index + 1)
  }
  try writer.finish()
  return (writer.userCount, writer.rowCount)
}

/// The items of all parts, which stand before the rows.
private func catalogue(_ parts: Parts) throws -> DataHead {
  var all = ItemCatalogue()
  var last: DataHead?
  for part in parts.files {
    guard let blocks = try UserBlocks(InteractionReader(part.open(.interactions))) else { continue }
    let head = blocks.head
    // Parts that shard cut all have the whole catalogue.
    if let last, last == head { continue }
    last = head
    var numbering = ItemCatalogue.Numbering(stream: part.path)
    try all.add(.categories(head.categories), &numbering)
    if let vectors = head.categoryVectors {
      try all.add(
        .categoryVectors(dimensions: vectors.dimensions, values: vectors.values), &numbering)
    }
    try all.add(.items(head.items), &numbering)
  }
  return all.ordered().head
}

/// Merges lists, part after part.
func mergeLists(
  _ parts: Parts, _ file: OutputFile, _ provenance: Provenance, _ compression: Int32?,
  progress: (Int) -> Void
) throws -> (users: Int, rows: Int) {
  let writer = try RecommendationWriter(
    file, metadata: parts.metadata, provenance: provenance, compression: compression)
  var items: ItemChunk?
  var (userCount, lists) = (0, 0)
  for (index, part) in parts.files.enumerated() {
    let reader = RecommendationReader(try part.open(.recommendations))
    let own = try ListPart(reader, part.shard)
    if let items, DataHead(items: items) != DataHead(items: own.items) {
      throw ToolError(
        .badData,
        "\(part.path): ranks other items than \(parts.files[0].path); score all parts with one model"
      )
    }
    if items == nil { try writer.write(items: own.items) }
    items = own.items
    while let chunk = try own.next() {
      for list in chunk.lists {
        try writer.append(
          user: own.users[Int(list.user)], round: list.round, items: chunk.items[list.rows],
          scores: chunk.scores[list.rows], own: list.own)
      }
      lists += chunk.lists.count
    }
    userCount += own.users.count
    try part.finish(reader.stream)
    progress(index + 1)
  }
  try writer.finish()
  return (userCount, lists)
}

/// The lists of a part, whose users stand in order.
private final class ListPart {
  private(set) var items = ItemChunk(ids: [])
  private(set) var users: [String] = []
  private let reader: RecommendationReader
  private var order: ShardOrder
  private var pending: RecommendationChunk?
  private var current: UInt32 = 0

  /// Reads up to the first lists.
  init(_ reader: RecommendationReader, _ shard: Shard) throws {
    self.reader = reader
    order = ShardOrder(shard, stream: reader.stream.name)
    pending = try readOn()
  }

  func next() throws -> RecommendationChunk? {
    let chunk = try pending ?? readOn()
    pending = nil
    for list in chunk?.lists ?? [] {
      guard list.user >= current else {
        throw FormatError(
          .malformed, stream: reader.stream.name,
          "has lists of user '\(users[Int(list.user)])' apart from each other; score the part again"
        )
      }
      current = list.user
    }
    return chunk
  }

  private func readOn() throws -> RecommendationChunk? {
    while let part = try reader.next() {
      switch part {
      case .recommendations(let chunk): return chunk
      case .items(let chunk):
        guard users.isEmpty else {
          throw FormatError(
            .malformed, stream: reader.stream.name,
            "has items after users; score the part again")
        }
        items.append(chunk)
      case .users(let ids):
        try order.check(ids)
        users += ids
      }
    }
    return nil
  }
}
