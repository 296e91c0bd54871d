// How do rows in any order become users in the order of their places, without holding all of them?

import InteractionData
import Interchange
import ToolKit

/// Rows put aside in buckets, each the users of a range of places, and taken up again bucket by bucket.
final class SortedUsers {
  /// Rows of a bucket that are held before they are put aside: four million in all where buckets are few.
  private let heldRows: Int
  private let spool: SpoolFile
  private let parts: Range<Int>
  private let partCount: Int
  private let bucketsOfPart: Int
  private var held: [UserBlock]
  private var aside: [[Range<Int>]]
  private var usersOf: [UInt32]
  private var catalogue = ItemCatalogue()
  private var ordered: (head: DataHead, ranks: [UInt32])?
  private var metadata: (JSONValue, name: String)?
  private(set) var (userCount, rowCount) = (0, 0)

  /// Items, categories and vectors of all inputs.
  var head: DataHead { order().head }
  var itemCount: Int { order().head.items.ids.count }

  /// - Parameters:
  ///   - parts: which parts the rows are of.
  ///   - count: the number of parts of the whole.
  init(spool: SpoolFile, parts: Range<Int>, of count: Int) throws {
    self.spool = spool
    self.parts = parts
    partCount = count
    bucketsOfPart = (parts.count + 255) / parts.count
    let buckets = parts.count * bucketsOfPart
    heldRows = max(256, (1 << 22) / buckets)
    held = (0..<buckets).map { _ in Self.nothing }
    aside = [[Range<Int>]](repeating: [], count: buckets)
    usersOf = [UInt32](repeating: 0, count: buckets)
  }

  private static let nothing = UserBlock(
    users: UserChunk(ids: []), offsets: [], rows: InteractionChunk())

  /// Takes all users and rows of an input.
  ///
  /// Throws `FormatError`, and `ToolError` for a user of another part and inputs that were made differently.
  func read(_ reader: InteractionReader, progress: (Int) -> Void) throws {
    try compare(reader)
    var numbering = ItemCatalogue.Numbering(stream: reader.stream.name)
    // Of each user the bucket and the number in it.
    var homes: [(bucket: UInt32, number: UInt32)] = []
    while let part = try reader.next() {
      try catalogue.add(part, &numbering)
      switch part {
      case .users(let chunk):
        for user in chunk.ids.indices {
          let bucket = try bucket(of: chunk.ids[user], reader.stream.name)
          homes.append((UInt32(bucket), usersOf[bucket]))
          usersOf[bucket] += 1
          held[bucket].users.append(chunk[user..<user + 1])
          try putAside(bucket, when: held[bucket].users.ids.count >= heldRows)
        }
        userCount += chunk.ids.count
      case .interactions(let rows):
        for row in rows.users.indices {
          let home = homes[Int(rows.users[row])]
          let bucket = Int(home.bucket)
          held[bucket].rows.append(
            rows, row, user: home.number, item: numbering.items[Int(rows.items[row])])
          try putAside(bucket, when: held[bucket].rows.count >= heldRows)
        }
        rowCount += rows.count
        progress(rowCount)
      default: continue
      }
    }
  }

  private func compare(_ reader: InteractionReader) throws {
    // Into as many again a part falls whole, beside others without users.
    if let shard = try Shard(reader.stream), shard.isPart, shard.parts != partCount {
      throw ToolError(
        .badData,
        "\(reader.stream.name): is \(shard.name) already, and parts of it are none of the whole; merge all of them first"
      )
    }
    guard let (first, name) = metadata else {
      return metadata = (reader.metadata, reader.stream.name)
    }
    guard let other = Shard.difference(reader.metadata, first) else { return }
    throw ToolError(
      .badData,
      "\(reader.stream.name): was made otherwise than \(name): '\(other)' differs; give data made alike"
    )
  }

  private func bucket(of user: String, _ name: String) throws -> Int {
    let bucket = UserPlace(user).part(of: partCount * bucketsOfPart)
    guard parts.contains(bucket / bucketsOfPart) else {
      throw ToolError(
        .badData,
        "\(name): user '\(user)' belongs to part \(bucket / bucketsOfPart) of \(partCount), not to"
          + " \(parts.lowerBound); cut by the hash that indgrm-shard(1) tells, or leave --part out")
    }
    return bucket - parts.lowerBound * bucketsOfPart
  }

  /// Writes what is held of a bucket behind the others as a stream of its own, so that it is checked when it comes back.
  private func putAside(_ bucket: Int, when isFull: Bool) throws {
    guard isFull else { return }
    let start = spool.count
    let (users, rows) = (held[bucket].users, held[bucket].rows)
    held[bucket] = Self.nothing
    let writer = try InteractionWriter(spool, metadata: .object([:]), provenance: Provenance())
    try writer.write(.users(users))
    try writer.write(.interactions(rows))
    try writer.finish()
    aside[bucket].append(start..<spool.count)
  }

  /// The buckets of a part, in order.
  func buckets(of part: Int) -> Range<Int> {
    let first = (part - parts.lowerBound) * bucketsOfPart
    return first..<first + bucketsOfPart
  }

  /// The users of a bucket in order, each with the rows of all inputs, ordered by item and then as they came.
  func block(_ bucket: Int) throws -> UserBlock {
    var (users, rows) = (UserChunk(ids: []), InteractionChunk())
    for range in aside[bucket] {
      let bytes = OwnedBytes(copying: try spool.read(range))
      let stream = try StreamReader(ByteInput(bytes, name: "what was put aside"))
      let reader = InteractionReader(stream, after: Int(usersOf[bucket]), itemCount)
      while let part = try reader.next() {
        if case .users(let chunk) = part { users.append(chunk) }
        if case .interactions(let chunk) = part { rows.append(chunk) }
      }
    }
    users.append(held[bucket].users)
    rows.append(held[bucket].rows)
    let ranks = order().ranks
    rows.items = rows.items.map { ranks[Int($0)] }
    return UserBlock(ordering: users, rows)
  }

  private func order() -> (head: DataHead, ranks: [UInt32]) {
    if let ordered { return ordered }
    let found = catalogue.ordered()
    ordered = found
    return found
  }
}
