// How are the users of a part read without holding all of them?

import Interchange

/// Some users with all that belongs to them.
public struct UserBlock: Sendable {
  public var users: UserChunk
  /// Where each user's rows start; one more than there are users.
  public var offsets: [Int]
  /// The rows, user by user, whom `offsets` alone tell.
  public var rows: InteractionChunk

  public init(users: UserChunk, offsets: [Int], rows: InteractionChunk) {
    self.users = users
    self.offsets = offsets
    self.rows = rows
  }
}

extension UserBlock {
  /// Users in the order of their places, each once, with their rows by item and, of one item, as they came.
  ///
  /// - Parameter rows: their users are places in `users`.
  public init(ordering users: UserChunk, _ rows: InteractionChunk) {
    let places = users.ids.map { UserPlace($0) }
    let order = users.ids.indices.sorted {
      places[$0] == places[$1] ? $0 < $1 : places[$0] < places[$1]
    }
    var first: [Int] = []
    var ranks = [Int](repeating: 0, count: order.count)
    for user in order {
      if first.last.map({ places[$0] != places[user] }) ?? true { first.append(user) }
      ranks[user] = first.count - 1
    }
    var offsets = [Int](repeating: 0, count: first.count + 1)
    for user in rows.users { offsets[ranks[Int(user)] + 1] += 1 }
    for user in first.indices { offsets[user + 1] += offsets[user] }
    var free = offsets
    var rowOrder = [Int](repeating: 0, count: rows.count)
    for row in rows.users.indices {
      let user = ranks[Int(rows.users[row])]
      rowOrder[free[user]] = row
      free[user] += 1
    }
    let items = rows.items
    for user in first.indices {
      rowOrder[offsets[user]..<offsets[user + 1]].sort { (items[$0], $0) < (items[$1], $1) }
    }
    self.init(users: users.users(at: first), offsets: offsets, rows: rows.rows(at: rowOrder))
  }
}

extension UserBlock {
  /// The rows of a user.
  public func rows(of user: Int) -> Range<Int> { offsets[user]..<offsets[user + 1] }

  /// Keeps the rows for which `isKept` is true, and the users, or those alone who have rows then.
  public func filtered(
    leavingOutEmpty: Bool = false, _ isKept: (_ user: Int, _ row: Int) -> Bool
  ) -> UserBlock {
    var (kept, chosen) = ([Int](), [Int]())
    var offsets = [0]
    for user in users.ids.indices {
      kept += rows(of: user).filter { isKept(user, $0) }
      if leavingOutEmpty, kept.count == offsets.last { continue }
      chosen.append(user)
      offsets.append(kept.count)
    }
    return UserBlock(users: users.users(at: chosen), offsets: offsets, rows: rows.rows(at: kept))
  }
}

/// What stands before the rows of a part.
public struct DataHead: Equatable, Sendable {
  public var items: ItemChunk
  public var categories: [String] = []
  public var categoryVectors: (dimensions: Int, values: [Float])?

  public init(items: ItemChunk = ItemChunk(ids: [])) { self.items = items }

  /// Whether all is the same, to the byte.
  public static func == (left: DataHead, right: DataHead) -> Bool {
    func same(_ some: [String]?, _ others: [String]?) -> Bool {
      guard let some, let others else { return some == nil && others == nil }
      return some.elementsEqual(others) { ID($0) == ID($1) }
    }
    return same(left.items.ids, right.items.ids) && same(left.items.titles, right.items.titles)
      && left.items.categories == right.items.categories
      && same(left.categories, right.categories)
      && left.categoryVectors?.dimensions == right.categoryVectors?.dimensions
      && left.categoryVectors?.values == right.categoryVectors?.values
  }
}

/// Reads a part in blocks of whole users, each small where no user alone is large.
///
/// `Shard` says what is asked of the stream; that it holds is checked on the way.
public final class UserBlocks {
  /// Rows and users of a block, when it ends with the next user.
  private static let blockRows = 1 << 17
  private static let blockUsers: UInt32 = 1 << 14

  public let shard: Shard
  /// Items, categories and their vectors.
  public private(set) var head = DataHead()
  public var metadata: JSONValue { reader.metadata }
  public var provenance: Provenance { reader.provenance }
  public var name: String { reader.stream.name }

  public let reader: InteractionReader
  private var order: ShardOrder
  /// The users from number `first` on, and their rows numbered alike.
  private var pending = InteractionRows()
  private var first: UInt32 = 0
  /// The last row's user.
  private var current: UInt32 = 0
  private var isAtEnd = false

  /// Reads up to the first rows; nil where the stream is no part.
  ///
  /// Throws `FormatError`.
  public init?(_ reader: InteractionReader) throws {
    guard let shard = try Shard(reader.stream) else { return nil }
    self.shard = shard
    self.reader = reader
    order = ShardOrder(shard, stream: reader.stream.name)
    while !isAtEnd, pending.rows.count == 0 { try readOn() }
    head.items = pending.items
    head.categories = pending.categories
    head.categoryVectors = pending.categoryVectors
  }

  /// The next users; nil at the end.
  ///
  /// Throws `FormatError` when users are out of order or their rows are apart.
  public func next() throws -> UserBlock? {
    while !isAtEnd,
      current == first
        || (pending.rows.count < Self.blockRows && current - first < Self.blockUsers)
    { try readOn() }
    let all = pending.users.ids.count
    let whole = isAtEnd ? all : Int(current - first)
    guard whole > 0 else { return nil }
    var offsets = [Int](repeating: 0, count: whole + 1)
    for user in pending.rows.users where user < whole { offsets[Int(user) + 1] += 1 }
    for user in 0..<whole { offsets[user + 1] += offsets[user] }
    let block = UserBlock(
      users: pending.users[0..<whole], offsets: offsets,
      rows: pending.rows[0..<offsets[whole]])
    pending.users = pending.users[whole..<all]
    pending.rows = pending.rows[offsets[whole]..<pending.rows.count]
    pending.rows.users = pending.rows.users.map { $0 - UInt32(whole) }
    first += UInt32(whole)
    return block
  }

  private func readOn() throws {
    guard let part = try reader.next() else {
      isAtEnd = true
      return
    }
    switch part {
    case .users(let chunk):
      try order.check(chunk.ids)
      pending.add(part)
    case .interactions(var chunk):
      for user in chunk.users {
        guard user >= current else {
          throw FormatError(
            .malformed, stream: name,
            "has rows of a user apart from each other; make the parts again by indgrm shard")
        }
        current = user
      }
      for row in chunk.users.indices { chunk.users[row] -= first }
      pending.add(.interactions(chunk))
    case .items, .categories, .categoryVectors:
      guard pending.rows.count == 0, first == 0 else {
        throw FormatError(
          .malformed, stream: name,
          "has items after rows; make the parts again by indgrm shard")
      }
      pending.add(part)
    }
  }
}

extension UserBlock {
  /// The block as a data set of its own, duplicates resolved.
  ///
  /// Throws `DuplicateError`.
  public func set(_ blocks: UserBlocks, duplicates rule: DuplicateRule = .last) throws -> (
    InteractionSet, merged: Int
  ) {
    var all = InteractionRows()
    all.users = users
    all.rows = rows
    all.rows.users = users.ids.indices.flatMap {
      repeatElement(UInt32($0), count: offsets[$0 + 1] - offsets[$0])
    }
    all.items = blocks.head.items
    all.categories = blocks.head.categories
    all.categoryVectors = blocks.head.categoryVectors
    all.metadata = blocks.metadata
    all.provenance = blocks.provenance
    return try all.sorted(duplicates: rule)
  }
}

/// The users of a stream in data sets of their own: of a part block after block, of other streams all at once.
public final class DataBlocks {
  /// Which part it is; nil where the stream is none.
  public var shard: Shard? { blocks?.shard }
  public let items: ItemChunk
  public let metadata: JSONValue
  private let blocks: UserBlocks?
  private var whole: InteractionSet?

  /// Reads up to the rows of a part, or all there is.
  ///
  /// Throws `FormatError`.
  public init(_ stream: StreamReader) throws {
    let reader = InteractionReader(stream)
    metadata = reader.metadata
    blocks = try UserBlocks(reader)
    if let blocks {
      items = blocks.head.items
    } else {
      let all = try InteractionRows(reader).sorted().0
      items = all.items
      whole = all
    }
  }

  /// The next users; nil at the end.
  public func next() throws -> InteractionSet? {
    if let blocks { return try blocks.next().map { try $0.set(blocks).0 } }
    defer { whole = nil }
    return whole
  }
}
