// How do ranked lists look in a stream?

/// The ranked lists of some users.
public struct RecommendationChunk: Equatable, Sendable {
  /// Whose list it is, and which rows of the chunk are its own.
  public struct List: Equatable, Sendable {
    public let user: UInt32
    /// The round of the protocol, 0 to 4; nil when the user's whole history was folded in.
    public let round: UInt8?
    /// Rows of this list in the chunk.
    public let rows: Range<Int>
    /// How many of them the model ranked for the user, before what is popular; nil where the stream does not tell.
    public let own: Int?
  }

  public var lists: [List] = []
  /// Item indices, best first within a list.
  public var items: [UInt32] = []
  public var scores: [Float] = []

  public init() {}

  /// Adds a list.
  ///
  /// - Parameter own: of all lists of a stream or of none.
  public mutating func append(
    user: UInt32, round: UInt8?, items: some Sequence<UInt32>, scores: some Sequence<Float>,
    own: Int? = nil
  ) {
    let start = self.items.count
    self.items.append(contentsOf: items)
    self.scores.append(contentsOf: scores)
    lists.append(List(user: user, round: round, rows: start..<self.items.count, own: own))
  }

  /// Takes all lists out and keeps the memory for the next.
  public mutating func removeAll() {
    lists.removeAll(keepingCapacity: true)
    items.removeAll(keepingCapacity: true)
    scores.removeAll(keepingCapacity: true)
  }
}

/// A piece of a recommendation stream.
public enum RecommendationPart: Sendable {
  case users([String])
  case items(ItemChunk)
  case recommendations(RecommendationChunk)
}

/// Writes recommendations: dictionaries first or in between, lists in the order given.
public final class RecommendationWriter {
  private let stream: StreamWriter
  /// Code of a list without a round.
  static let noRound: UInt8 = 255
  /// Entries or lists of a chunk, when it ends with the next list.
  private static let chunkRows = 1 << 17
  private var users: [String] = []
  private var lists = RecommendationChunk()
  private var userCount: UInt32 = 0
  private var lastUser: ID?

  public init(
    _ sink: any ByteSink, metadata: JSONValue, provenance: Provenance, compression: Int32? = 1
  ) throws {
    stream = try StreamWriter(
      sink, kind: .recommendations, metadata: metadata, provenance: provenance,
      compression: compression)
  }

  /// Writes ids of users, which lists number in the order that they are written in.
  public func write(users: [String]) throws {
    for start in stride(from: 0, to: users.count, by: 1 << 15) {
      let part = Array(users[start..<min(start + 1 << 15, users.count)])
      try stream.write(TableChunk("users", rowCount: part.count, [("id", .text(part))]))
    }
  }

  /// Writes ids and titles of items, numbered as users are.
  public func write(items: ItemChunk) throws {
    for start in stride(from: 0, to: items.ids.count, by: 1 << 15) {
      let range = start..<min(start + 1 << 15, items.ids.count)
      var columns: [(name: String, values: Column)] = [("id", .text(Array(items.ids[range])))]
      if let titles = items.titles { columns.append(("title", .text(Array(titles[range])))) }
      try stream.write(TableChunk("items", rowCount: range.count, columns))
    }
  }

  /// Writes lists: a table of lists and beside it the rows they are made of.
  public func write(_ chunk: RecommendationChunk) throws {
    guard !chunk.lists.isEmpty else { return }
    precondition(
      chunk.lists.count <= FormatLimit.chunkRows && chunk.items.count <= FormatLimit.chunkRows)
    var columns: [(name: String, values: Column)] = [
      ("user", .u32(chunk.lists.map(\.user))),
      ("round", .u8(chunk.lists.map { $0.round ?? Self.noRound })),
      ("length", .u32(chunk.lists.map { UInt32($0.rows.count) })),
    ]
    if chunk.lists[0].own != nil {
      columns.append(("own", .u32(chunk.lists.map { UInt32($0.own ?? $0.rows.count) })))
    }
    try stream.write(TableChunk("lists", rowCount: chunk.lists.count, columns))
    try stream.write(
      TableChunk(
        "entries", rowCount: chunk.items.count,
        [("item", .u32(chunk.items)), ("score", .f32(chunk.scores))]))
  }

  /// Appends a list; those of one user follow each other. Chunks are cut by the lists alone, so that the same lists
  /// give the same bytes, whatever parts they came in.
  public func append(
    user: String, round: UInt8?, items: some Collection<UInt32>, scores: some Sequence<Float>,
    own: Int? = nil
  ) throws {
    if lists.items.count + items.count > FormatLimit.chunkRows { try flush() }
    if ID(user) != lastUser {
      users.append(user)
      userCount += 1
      lastUser = ID(user)
    }
    lists.append(user: userCount - 1, round: round, items: items, scores: scores, own: own)
    if lists.items.count > Self.chunkRows || lists.lists.count > Self.chunkRows { try flush() }
  }

  private func flush() throws {
    try write(users: users)
    try write(lists)
    users.removeAll(keepingCapacity: true)
    lists.removeAll()
  }

  /// Writes what is left and the end of the stream.
  public func finish() throws {
    try flush()
    try stream.finish()
  }
}

/// Reads recommendations, checking every index and length.
public final class RecommendationReader {
  public let stream: StreamReader
  public private(set) var userCount = 0
  public private(set) var itemCount = 0
  public var metadata: JSONValue { stream.metadata }
  public var provenance: Provenance { stream.provenance }

  public init(_ stream: StreamReader) { self.stream = stream }

  /// The next part, or nil at the end.
  public func next() throws -> RecommendationPart? {
    while let section = try stream.next() {
      guard case .table(let chunk) = section else { continue }
      switch chunk.table {
      case "users":
        guard case .text(let ids)? = chunk["id"] else { throw malformed("users") }
        userCount += ids.count
        return .users(ids)
      case "items":
        guard case .text(let ids)? = chunk["id"] else { throw malformed("items") }
        itemCount += ids.count
        var items = ItemChunk(ids: ids)
        if case .text(let titles)? = chunk["title"] { items.titles = titles }
        return .items(items)
      case "lists":
        return .recommendations(try lists(chunk))
      default:
        continue
      }
    }
    return nil
  }

  private func malformed(_ what: String) -> FormatError {
    FormatError(
      .malformed, stream: stream.name,
      "section \(stream.sectionCount - 1) has unusable \(what); fetch or make it again")
  }

  private func lists(_ chunk: TableChunk) throws -> RecommendationChunk {
    guard case .u32(let users)? = chunk["user"], case .u8(let rounds)? = chunk["round"],
      case .u32(let lengths)? = chunk["length"], users.allSatisfy({ Int($0) < userCount })
    else { throw malformed("lists") }
    guard case .table(let entries)? = try stream.next(), entries.table == "entries",
      case .u32(let items)? = entries["item"], case .f32(let scores)? = entries["score"],
      items.allSatisfy({ Int($0) < itemCount }),
      lengths.reduce(0, { $0 + Int($1) }) == items.count
    else { throw malformed("entries") }
    guard scores.areFinite else { throw malformed("scores: there is a NaN or an infinity") }
    var own: [UInt32]?
    if let column = chunk["own"] {
      guard case .u32(let counts) = column, zip(counts, lengths).allSatisfy({ $0 <= $1 }) else {
        throw malformed("lists")
      }
      own = counts
    }
    var result = RecommendationChunk()
    result.items = items
    result.scores = scores
    var start = 0
    for index in 0..<users.count {
      let end = start + Int(lengths[index])
      let round = rounds[index] == RecommendationWriter.noRound ? nil : rounds[index]
      result.lists.append(
        .init(
          user: users[index], round: round, rows: start..<end, own: own.map { Int($0[index]) }))
      start = end
    }
    return result
  }
}
