// Which part of a data set is this, and who belongs to it?

/// Where a user stands among all users there could be: told by the id alone, so that parts and their order are the
/// same whoever else is there.
///
/// The place is XXH64 of the id's bytes with seed 42, which Spark's `xxhash64` gives, with its halves swapped: `split
/// --stable` looks at the upper bits of such a hash, and parts must not be made of what it holds out.
public struct UserPlace: Comparable, Sendable {
  private let mark: UInt64
  public let id: ID

  public init(_ id: String) {
    let hash = XXHash64.hash(id, seed: 42)
    mark = hash << 32 | hash >> 32
    self.id = ID(id)
  }

  /// The part of a data set cut into so many: the hash's lower half times their number, divided by 2^32.
  public func part(of parts: Int) -> Int { Int(((mark >> 32) * UInt64(parts)) >> 32) }

  public static func < (left: UserPlace, right: UserPlace) -> Bool {
    left.mark == right.mark ? left.id < right.id : left.mark < right.mark
  }
}

/// One of the parts of a data set, or of the lists made of it.
///
/// Users stand in the order of their places, and all that belongs to one stands together.
public struct Shard: Equatable, Sendable {
  public let part: Int
  public let parts: Int
  /// The digest of what was cut, where all parts were cut at once.
  public let origin: String?

  /// The most parts a data set is cut into.
  public static let mostParts = 65_536

  /// All of a data set.
  public static let whole = Shard(part: 0, of: 1)

  public init(part: Int, of parts: Int, from origin: String? = nil) {
    (self.part, self.parts, self.origin) = (part, parts, origin)
  }

  /// The first note in which two streams' metadata differ, but for which part each is; nil where none does.
  public static func difference(_ one: JSONValue, _ two: JSONValue) -> String? {
    let (one, two) = (one.setting("shard", .null), two.setting("shard", .null))
    return one.firstDifference(from: two) ?? two.firstDifference(from: one)
  }

  /// As a stream's metadata tell; nil where they speak of none.
  ///
  /// Throws `FormatError` (malformed) where they make no sense.
  public init?(_ stream: StreamReader) throws {
    guard let note = stream.metadata["shard"] else { return nil }
    guard let part = note["part"]?.int, let parts = note["of"]?.int,
      (1...Self.mostParts).contains(parts), (0..<parts).contains(part)
    else {
      throw FormatError(
        .malformed, stream: stream.name,
        "says of no part that there is which it holds; make it again by indgrm shard")
    }
    self.init(part: part, of: parts, from: note["origin"]?.string)
  }

  /// What stands in the metadata.
  public var note: JSONValue {
    let note: JSONValue = ["part": .integer(part), "of": .integer(parts)]
    return origin.map { note.setting("origin", .string($0)) } ?? note
  }

  /// `part 3 of 8`
  public var name: String { "part \(part) of \(parts)" }

  /// Whether it is one of several, so that what it holds says little of the whole.
  public var isPart: Bool { parts > 1 }
}

/// Sees to it that the users of a part stand in order and belong to it, which is how a user in two parts is told.
public struct ShardOrder: Sendable {
  private let shard: Shard
  private let stream: String
  private var last: UserPlace?

  public init(_ shard: Shard, stream: String) {
    self.shard = shard
    self.stream = stream
  }

  /// Throws `FormatError` (malformed) for a user of another part, one that came before, and one out of order.
  public mutating func check(_ users: [String]) throws {
    for user in users {
      let place = UserPlace(user)
      let part = place.part(of: shard.parts)
      guard part == shard.part else {
        throw FormatError(
          .malformed, stream: stream,
          "is \(shard.name), but has user '\(user)', who belongs to part \(part) alone;"
            + " make the parts again by indgrm shard")
      }
      if let last, !(last < place) {
        throw FormatError(
          .malformed, stream: stream,
          last.id == place.id
            ? "has user '\(user)' twice; make the parts again by indgrm shard"
            : "has user '\(user)' out of order; make the parts again by indgrm shard")
      }
      last = place
    }
  }
}
