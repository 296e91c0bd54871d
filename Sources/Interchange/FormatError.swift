// What can be wrong with a stream, said in one sentence that names the place and the way out?

import Glibc

/// What sort of trouble an error is; tools turn it into their exit status.
public enum FailureCategory: Sendable {
  case belowFloor
  case usage
  case badData
  case noInput
  case internalFault
  /// The system lacks what it takes: memory, threads.
  case systemFault
  case cannotCreate
  case inputOutput
  /// Stopped before its end; trying again, or going on, may bring it there.
  case stopped
}

/// An error whose text is meant for the user and whose category decides the exit status.
public protocol CategorisedError: Error, CustomStringConvertible, Sendable {
  var category: FailureCategory { get }
}

/// A defect found while reading a stream; its text is what the user sees.
public struct FormatError: CategorisedError, Equatable {
  /// What is wrong, from a small closed set, so that callers and tests can tell cases apart.
  public enum Defect: Equatable, Sendable {
    case notAStream
    case newerVersion
    case wrongKind
    case truncated
    case damaged
    case malformed
    case trailingBytes
    case unreadable(errno: Int32)
  }

  public let defect: Defect
  public let stream: String
  public let detail: String

  public init(_ defect: Defect, stream: String, _ detail: String) {
    self.defect = defect
    self.stream = stream
    self.detail = detail
  }

  public var description: String { "\(stream): \(detail)" }

  public var category: FailureCategory {
    switch defect {
    case .unreadable(errno: ENOMEM): .systemFault
    case .unreadable: .inputOutput
    default: .badData
    }
  }
}

/// The limits every reader enforces before it allocates.
public enum FormatLimit {
  /// Bytes of a table, metadata or provenance section's payload.
  public static let payload = 64 << 20
  /// Rows of one table chunk.
  public static let chunkRows = 1 << 20
  /// Columns of one table chunk.
  public static let columns = 64
  /// Bytes of a table's, column's or tensor's name.
  public static let name = 255
  /// Dimensions of a tensor.
  public static let rank = 8
  /// Bytes of a string or list column after decompression.
  public static let flattened = 128 << 20

  /// Bytes that the tables in so many bytes of a stream may take when decoded, numbers counted as 8 and texts and
  /// lists as 16 beside what is in them.
  static func decoded(from bytes: Int) -> Int { flattened + 128 * bytes }
}
