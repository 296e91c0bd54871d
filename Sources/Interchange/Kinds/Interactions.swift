// How do interactions look in a stream: dictionaries, metadata of items, rows?

/// What a user takes part in after `split`.
public enum UserRole: UInt8, Sendable, CaseIterable {
  case train = 0
  case validation = 1
  case test = 2

  public var name: String {
    switch self {
    case .train: "train"
    case .validation: "validation"
    case .test: "test"
    }
  }
}

/// The fold of an interaction that is never held out.
public let neverHeldOut: UInt8 = 255

/// Users that join a stream; their indices continue the ones before.
public struct UserChunk: Equatable, Sendable {
  public var ids: [String]
  /// After `split`: the role of each user.
  public var roles: [UInt8]?
  /// After `split`: the smallest nested training set (1 to 5 for 20 to 100 %) a user belongs to.
  public var tiers: [UInt8]?

  public init(ids: [String], roles: [UInt8]? = nil, tiers: [UInt8]? = nil) {
    self.ids = ids
    self.roles = roles
    self.tiers = tiers
  }
}

/// Items that join a stream; their indices continue the ones before.
public struct ItemChunk: Equatable, Sendable {
  public var ids: [String]
  /// Titles, empty where unknown.
  public var titles: [String]?
  /// For each item the indices of its categories.
  public var categories: [[UInt32]]?

  public init(ids: [String], titles: [String]? = nil, categories: [[UInt32]]? = nil) {
    self.ids = ids
    self.titles = titles
    self.categories = categories
  }
}

/// Interactions in the order in which they were read.
public struct InteractionChunk: Equatable, Sendable {
  public var users: [UInt32]
  public var items: [UInt32]
  public var ratings: [Float]?
  /// Seconds since 1970.
  public var times: [Int64]?
  /// How much more than another each one says, positive numbers; made of ratings by `binarize`.
  public var confidences: [Float]?
  /// After `split`: the part of the user's interactions this one is in, 0 to 4, or `neverHeldOut`.
  public var folds: [UInt8]?

  public init(
    users: [UInt32] = [], items: [UInt32] = [], ratings: [Float]? = nil, times: [Int64]? = nil,
    confidences: [Float]? = nil, folds: [UInt8]? = nil
  ) {
    self.users = users
    self.items = items
    self.ratings = ratings
    self.times = times
    self.confidences = confidences
    self.folds = folds
  }

  public var count: Int { users.count }
}

/// A piece of an interaction stream.
public enum InteractionPart: Sendable {
  case categories([String])
  case users(UserChunk)
  case items(ItemChunk)
  case interactions(InteractionChunk)
  /// One vector a category, row-major, in the order of the categories.
  case categoryVectors(dimensions: Int, values: [Float])
}

/// Writes an interaction stream part by part.
public final class InteractionWriter {
  /// Rows of one chunk: two zstd blocks a byte plane.
  public static let chunkRows = 1 << 18
  private let stream: StreamWriter

  public init(
    _ sink: any ByteSink, metadata: JSONValue, provenance: Provenance, compression: Int32? = 1
  ) throws {
    stream = try StreamWriter(
      sink, kind: .interactions, metadata: metadata, provenance: provenance,
      compression: compression)
  }

  /// Writes a part, cut into chunks of a size readers accept.
  public func write(_ part: InteractionPart) throws {
    switch part {
    case .categories(let names):
      try inChunks(names.count, of: 1 << 15) {
        [("name", .text(Array(names[$0])))]
      } table: {
        "categories"
      }
    case .users(let users):
      try inChunks(users.ids.count, of: 1 << 15) { range in
        var columns: [(name: String, values: Column)] = [("id", .text(Array(users.ids[range])))]
        if let roles = users.roles { columns.append(("role", .u8(Array(roles[range])))) }
        if let tiers = users.tiers { columns.append(("tier", .u8(Array(tiers[range])))) }
        return columns
      } table: {
        "users"
      }
    case .items(let items):
      try writeItems(items)
    case .interactions(let rows):
      try inChunks(rows.count, of: Self.chunkRows) { range in
        var columns: [(name: String, values: Column)] = [
          ("user", .u32(Array(rows.users[range]))), ("item", .u32(Array(rows.items[range]))),
        ]
        if let ratings = rows.ratings { columns.append(("rating", .f32(Array(ratings[range])))) }
        if let times = rows.times { columns.append(("time", .i64(Array(times[range])))) }
        if let confidences = rows.confidences {
          columns.append(("confidence", .f32(Array(confidences[range]))))
        }
        if let folds = rows.folds { columns.append(("fold", .u8(Array(folds[range])))) }
        return columns
      } table: {
        "interactions"
      }
    case .categoryVectors(let dimensions, let values):
      try values.withUnsafeBytes {
        try stream.write(
          tensor: "category_vectors", .f32,
          shape: [dimensions > 0 ? values.count / dimensions : 0, dimensions], $0)
      }
    }
  }

  private func writeItems(_ items: ItemChunk) throws {
    try inChunks(items.ids.count, of: 1 << 15) { range in
      var columns: [(name: String, values: Column)] = [("id", .text(Array(items.ids[range])))]
      if let titles = items.titles { columns.append(("title", .text(Array(titles[range])))) }
      if let categories = items.categories {
        var offsets = [0]
        var values: [UInt32] = []
        for list in categories[range] {
          values.append(contentsOf: list)
          offsets.append(values.count)
        }
        columns.append(("categories", .lists(offsets: offsets, values: values)))
      }
      return columns
    } table: {
      "items"
    }
  }

  private func inChunks(
    _ count: Int, of size: Int, columns: (Range<Int>) -> [(name: String, values: Column)],
    table: () -> String
  ) throws {
    for start in stride(from: 0, to: count, by: size) {
      let range = start..<min(start + size, count)
      try stream.write(TableChunk(table(), rowCount: range.count, columns(range)))
    }
  }

  /// Marks the stream as whole.
  public func finish() throws { try stream.finish() }

  /// The digest of what was written, without its history.
  public var digest: UInt64 { stream.digest }
}

/// Reads an interaction stream part by part, checking every index.
public final class InteractionReader {
  public let stream: StreamReader
  public private(set) var userCount = 0
  public private(set) var itemCount = 0
  public private(set) var categoryCount = 0
  private var seenColumns: [String]?

  public var metadata: JSONValue { stream.metadata }
  public var provenance: Provenance { stream.provenance }

  /// - Parameters:
  ///   - users: users that stand before the stream's own, which its rows may speak of.
  ///   - items: items that do.
  public init(_ stream: StreamReader, after users: Int = 0, _ items: Int = 0) {
    self.stream = stream
    (userCount, itemCount) = (users, items)
  }

  /// The next part, or nil at the end; unknown tables are passed over.
  ///
  /// Throws `FormatError` when an index points outside its dictionary or columns are missing.
  public func next() throws -> InteractionPart? {
    while let section = try stream.next() {
      switch section {
      case .table(let chunk):
        if let part = try part(chunk) { return part }
      case .tensor(let tensor):
        guard tensor.name == "category_vectors" else { continue }
        guard tensor.type == .f32, tensor.shape.count == 2 else {
          throw malformed("category vectors")
        }
        guard tensor.isFinite else {
          throw malformed("category vectors: there is a NaN or an infinity")
        }
        return .categoryVectors(
          dimensions: tensor.shape[1], values: Array(tensor.data.bindMemory(to: Float.self)))
      }
    }
    return nil
  }

  private func malformed(_ what: String) -> FormatError {
    FormatError(
      .malformed, stream: stream.name,
      "section \(stream.sectionCount - 1) has unusable \(what); fetch or make it again")
  }

  private func part(_ chunk: TableChunk) throws -> InteractionPart? {
    switch chunk.table {
    case "categories":
      guard case .text(let names)? = chunk["name"] else { throw malformed("categories") }
      categoryCount += names.count
      return .categories(names)
    case "users":
      guard case .text(let ids)? = chunk["id"] else { throw malformed("users") }
      userCount += ids.count
      var users = UserChunk(ids: ids)
      if case .u8(let roles)? = chunk["role"] {
        guard roles.allSatisfy({ UserRole(rawValue: $0) != nil }) else { throw malformed("roles") }
        users.roles = roles
      }
      if case .u8(let tiers)? = chunk["tier"] { users.tiers = tiers }
      return .users(users)
    case "items":
      return .items(try items(chunk))
    case "interactions":
      return .interactions(try rows(chunk))
    default:
      return nil
    }
  }

  private func items(_ chunk: TableChunk) throws -> ItemChunk {
    guard case .text(let ids)? = chunk["id"] else { throw malformed("items") }
    itemCount += ids.count
    var items = ItemChunk(ids: ids)
    if case .text(let titles)? = chunk["title"] { items.titles = titles }
    if case .lists(let offsets, let values)? = chunk["categories"] {
      guard values.allSatisfy({ $0 < categoryCount }) else { throw malformed("item categories") }
      items.categories = zip(offsets, offsets.dropFirst()).map { Array(values[$0..<$1]) }
    }
    return items
  }

  private func rows(_ chunk: TableChunk) throws -> InteractionChunk {
    let names = chunk.columns.map(\.name)
    if let seenColumns, seenColumns != names {
      throw malformed("columns: they change between chunks")
    }
    seenColumns = names
    guard case .u32(let users)? = chunk["user"], case .u32(let items)? = chunk["item"] else {
      throw malformed("interactions")
    }
    let (userLimit, itemLimit) = (UInt32(clamping: userCount), UInt32(clamping: itemCount))
    guard users.allSatisfy({ $0 < userLimit }), items.allSatisfy({ $0 < itemLimit }) else {
      throw malformed("interactions: a user or item is not in its dictionary")
    }
    var rows = InteractionChunk(users: users, items: items)
    if case .f32(let ratings)? = chunk["rating"] {
      guard ratings.areFinite else { throw malformed("ratings: there is a NaN or an infinity") }
      rows.ratings = ratings
    }
    if case .i64(let times)? = chunk["time"] { rows.times = times }
    if case .f32(let confidences)? = chunk["confidence"] {
      guard confidences.areFinite, confidences.allSatisfy({ $0 > 0 }) else {
        throw malformed("confidences: there is one that is no positive number")
      }
      rows.confidences = confidences
    }
    if case .u8(let folds)? = chunk["fold"] { rows.folds = folds }
    return rows
  }
}
