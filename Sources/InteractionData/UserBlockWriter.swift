// How is a part written so that its bytes depend on its users alone?

import Interchange

/// Writes users with their rows, in chunks cut between users by their numbers alone: the same users give the same
/// chunks, whatever blocks or parts they came in.
public final class UserBlockWriter {
  private static let chunkRows = 1 << 17
  private static let chunkUsers = 1 << 14

  /// Users and rows appended so far.
  public var userCount: Int { written.users + users.ids.count }
  public var rowCount: Int { written.rows + rows.count }
  private var written = (users: 0, rows: 0)
  private let writer: InteractionWriter
  private var users = UserChunk(ids: [])
  private var rows = InteractionChunk()

  /// Writes what stands before the users.
  public init(_ writer: InteractionWriter, head: DataHead) throws {
    self.writer = writer
    if !head.categories.isEmpty { try writer.write(.categories(head.categories)) }
    if let vectors = head.categoryVectors {
      try writer.write(
        .categoryVectors(dimensions: vectors.dimensions, values: vectors.values))
    }
    if !head.items.ids.isEmpty { try writer.write(.items(head.items)) }
  }

  /// Appends the users of a block.
  public func append(_ block: UserBlock) throws {
    var from = 0
    for user in block.users.ids.indices {
      let taken = rows.count + block.offsets[user + 1] - block.offsets[from]
      let seen = users.ids.count + user + 1 - from
      guard taken >= Self.chunkRows || seen >= Self.chunkUsers else { continue }
      take(block, from..<user + 1)
      try flush()
      from = user + 1
    }
    take(block, from..<block.users.ids.count)
  }

  private func take(_ block: UserBlock, _ chosen: Range<Int>) {
    let start = userCount
    users.append(block.users[chosen])
    var part = block.rows[block.offsets[chosen.lowerBound]..<block.offsets[chosen.upperBound]]
    part.users = chosen.enumerated().flatMap { place, user in
      repeatElement(
        UInt32(start + place), count: block.offsets[user + 1] - block.offsets[user])
    }
    rows.append(part)
  }

  private func flush() throws {
    written.users += users.ids.count
    written.rows += rows.count
    try writer.write(.users(users))
    try writer.write(.interactions(rows))
    users = UserChunk(ids: [])
    rows = InteractionChunk()
  }

  /// Writes what is left and marks the stream as whole.
  public func finish() throws {
    try flush()
    try writer.finish()
  }
}

extension InteractionSet {
  /// What stands before the rows.
  public var head: DataHead {
    var head = DataHead(items: items)
    head.categories = categories
    head.categoryVectors = categoryVectors
    return head
  }

  /// The set as a block of users.
  public var block: UserBlock {
    UserBlock(
      users: users, offsets: offsets,
      rows: InteractionChunk(
        users: [UInt32](repeating: 0, count: count), items: itemIndices, ratings: ratings,
        times: times, confidences: confidences, folds: folds))
  }
}
