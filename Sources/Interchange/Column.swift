// What values can a table column hold?

/// The values of one column in one table chunk.
public enum Column: Equatable, Sendable {
  case u8([UInt8])
  case u32([UInt32])
  case i64([Int64])
  case f32([Float])
  case f64([Double])
  case text([String])
  /// A list of numbers a row: `offsets` has one more entry than there are rows.
  case lists(offsets: [Int], values: [UInt32])

  /// Rows in this column.
  public var count: Int {
    switch self {
    case .u8(let values): values.count
    case .u32(let values): values.count
    case .i64(let values): values.count
    case .f32(let values): values.count
    case .f64(let values): values.count
    case .text(let values): values.count
    case .lists(let offsets, _): max(offsets.count - 1, 0)
    }
  }

  /// The element type as it is written in the stream.
  public var type: ElementType {
    switch self {
    case .u8: .u8
    case .u32: .u32
    case .i64: .i64
    case .f32: .f32
    case .f64: .f64
    case .text: .text
    case .lists: .lists
    }
  }
}

/// Element types with their codes in the stream.
public enum ElementType: UInt8, Sendable, CaseIterable {
  case u8 = 1
  case u32 = 2
  case i64 = 3
  case f32 = 4
  case f64 = 5
  case text = 6
  case lists = 7

  /// Bytes of one number; zero for text and lists.
  public var width: Int {
    switch self {
    case .u8: 1
    case .u32, .f32: 4
    case .i64, .f64: 8
    case .text, .lists: 0
    }
  }

  /// The name shown by `dump`.
  public var name: String {
    switch self {
    case .u8: "u8"
    case .u32: "u32"
    case .i64: "i64"
    case .f32: "f32"
    case .f64: "f64"
    case .text: "utf8"
    case .lists: "list<u32>"
    }
  }
}

/// A run of rows of a named table.
///
/// Chunks of the same table follow each other in a stream and append to it.
public struct TableChunk: Equatable, Sendable {
  public let table: String
  public let rowCount: Int
  public let columns: [(name: String, values: Column)]

  /// A chunk whose columns all have `rowCount` rows.
  public init(_ table: String, rowCount: Int, _ columns: [(name: String, values: Column)]) {
    precondition(columns.allSatisfy { $0.values.count == rowCount }, "columns of unequal length")
    self.table = table
    self.rowCount = rowCount
    self.columns = columns
  }

  /// The column of that name, if the chunk has it.
  public subscript(_ name: String) -> Column? {
    columns.first { $0.name == name }?.values
  }

  public static func == (left: TableChunk, right: TableChunk) -> Bool {
    left.table == right.table && left.rowCount == right.rowCount
      && left.columns.elementsEqual(right.columns) { $0.name == $1.name && $0.values == $1.values }
  }
}
