// In what form do rows leave a reader?

/// Which columns the rows of a source have beside user and item.
public struct RowColumns: Equatable, Sendable {
  public var ratings: Bool
  public var times: Bool

  public init(ratings: Bool, times: Bool) {
    self.ratings = ratings
    self.times = times
  }
}

/// Which field of rows holds what, from 0.
public struct ColumnOrder: Equatable, Sendable {
  let places: [ColumnRole: Int]
  /// Whether the first line names the columns.
  public let isNamed: Bool

  /// Whether one of two has a header and they are read in different orders all the same.
  public func contradicts(_ other: ColumnOrder) -> Bool {
    isNamed != other.isNamed && places != other.places
  }

  /// The order as `--columns` takes it.
  public var option: String {
    ColumnRole.allCases.map { role in
      "\(role.rawValue)=\(places[role].map { "\($0 + 1)" } ?? "none")"
    }.joined(separator: ",")
  }
}

/// Rows with user and item numbers from id tables; ratings and times have meaning only where the
/// source's columns say so.
public final class RowBatch {
  /// Rows after which readers hand a batch over.
  public static let fullCount = 1 << 18
  /// Behind a pointer, so that appending costs no exclusivity checks.
  private struct Storage {
    var count = 0
    var capacity = RowBatch.fullCount
    var users = UnsafeMutablePointer<UInt32>.allocate(capacity: RowBatch.fullCount)
    var items = UnsafeMutablePointer<UInt32>.allocate(capacity: RowBatch.fullCount)
    var ratings = UnsafeMutablePointer<Float>.allocate(capacity: RowBatch.fullCount)
    var times = UnsafeMutablePointer<Int64>.allocate(capacity: RowBatch.fullCount)

    mutating func grow() {
      func larger<T>(_ old: UnsafeMutablePointer<T>) -> UnsafeMutablePointer<T> {
        let new = UnsafeMutablePointer<T>.allocate(capacity: capacity * 2)
        new.update(from: old, count: count)
        old.deallocate()
        return new
      }
      (users, items, ratings, times) = (
        larger(users), larger(items), larger(ratings), larger(times)
      )
      capacity *= 2
    }
  }

  private let storage: UnsafeMutablePointer<Storage>

  public init() {
    storage = .allocate(capacity: 1)
    storage.initialize(to: Storage())
  }

  deinit {
    storage.pointee.users.deallocate()
    storage.pointee.items.deallocate()
    storage.pointee.ratings.deallocate()
    storage.pointee.times.deallocate()
    storage.deallocate()
  }

  public var count: Int { storage.pointee.count }
  public var users: UnsafeBufferPointer<UInt32> {
    .init(start: storage.pointee.users, count: count)
  }
  public var items: UnsafeBufferPointer<UInt32> {
    .init(start: storage.pointee.items, count: count)
  }
  public var ratings: UnsafeBufferPointer<Float> {
    .init(start: storage.pointee.ratings, count: count)
  }
  public var times: UnsafeBufferPointer<Int64> { .init(start: storage.pointee.times, count: count) }
  var isFull: Bool { count >= Self.fullCount }

  func removeAll() { storage.pointee.count = 0 }

  @inline(__always)
  func append(_ user: UInt32, _ item: UInt32, _ rating: Float, _ time: Int64) {
    if storage.pointee.count == storage.pointee.capacity { storage.pointee.grow() }
    let place = storage.pointee.count
    storage.pointee.users[place] = user
    storage.pointee.items[place] = item
    storage.pointee.ratings[place] = rating
    storage.pointee.times[place] = time
    storage.pointee.count = place &+ 1
  }
}

/// Reads interactions of one text or archive.
public protocol InteractionSource: AnyObject {
  var columns: RowColumns { get }
  /// How the source was understood, in words, such as "rows between ',': user in 1, item in 2".
  var layout: String { get }
  /// Of rows, which field holds what, and whether a header says so.
  var order: ColumnOrder? { get }
  /// What was left out or guessed in the rows read so far, in words.
  var remarks: [String] { get }
  /// Replaces the batch by the next rows; false when there are none left.
  ///
  /// Throws `SourceError`.
  func next(into batch: RowBatch, users: IDTable, items: IDTable) throws -> Bool
}

extension InteractionSource {
  public var remarks: [String] { [] }
  public var order: ColumnOrder? { nil }
}
