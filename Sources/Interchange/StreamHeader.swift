// What kind of stream is this, and can this program read it?

/// What a stream holds.
public enum StreamKind: String, Sendable, CaseIterable {
  case interactions = "INTR"
  case itemGroups = "GRPS"
  case model = "MODL"
  case checkpoint = "CHKP"
  case recommendations = "RECS"

  /// The kind in words, for messages.
  public var title: String {
    switch self {
    case .interactions: "interactions"
    case .itemGroups: "item groups"
    case .model: "a model"
    case .checkpoint: "a checkpoint"
    case .recommendations: "recommendations"
    }
  }

  var code: [UInt8] { Array(rawValue.utf8) }
}

/// The 32 bytes at the start of every stream.
struct StreamHeader: Equatable {
  static let size = 32
  static let magic: [UInt8] = [0x89, 0x49, 0x47, 0x52, 0x0D, 0x0A, 0x1A, 0x0A]
  /// The version this program writes and the newest it reads.
  static let major: UInt16 = 1
  static let minor: UInt16 = 0
  /// Feature bits this program understands; none exist yet.
  static let features: UInt64 = 0

  let kind: StreamKind

  var bytes: [UInt8] {
    var bytes = Self.magic
    bytes.appendInteger(Self.major)
    bytes.appendInteger(Self.minor)
    bytes.append(contentsOf: kind.code)
    bytes.appendInteger(Self.features)
    bytes.appendInteger(bytes.withUnsafeBytes { XXHash64.hash($0) })
    return bytes
  }

  init(kind: StreamKind) { self.kind = kind }

  /// Parses the first 32 bytes (or fewer, when the input ended early).
  init(_ bytes: [UInt8], stream: String) throws {
    if bytes.isEmpty {
      throw FormatError(
        .truncated, stream: stream,
        "is empty; the program that should have written it probably failed")
    }
    guard bytes.starts(with: Self.magic.prefix(bytes.count)) else {
      throw FormatError(.notAStream, stream: stream, Self.foreign(bytes))
    }
    guard bytes.count == Self.size else {
      throw FormatError(
        .truncated, stream: stream,
        "ends inside its header (byte \(bytes.count) of 32); the program that wrote it stopped early"
      )
    }
    var cursorFields: (major: UInt16, features: UInt64, hash: UInt64) = (0, 0, 0)
    var kindCode = ""
    let computed = bytes.withUnsafeBytes { raw -> UInt64 in
      cursorFields.major = UInt16(
        littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt16.self))
      cursorFields.features = UInt64(
        littleEndian: raw.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
      cursorFields.hash = UInt64(
        littleEndian: raw.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
      kindCode = String(decoding: raw[12..<16], as: UTF8.self)
      return XXHash64.hash(UnsafeRawBufferPointer(rebasing: raw[0..<24]))
    }
    guard computed == cursorFields.hash else {
      throw FormatError(
        .damaged, stream: stream,
        "has a damaged header (its checksum differs); fetch or make it again")
    }
    guard cursorFields.major <= Self.major, cursorFields.features & ~Self.features == 0 else {
      throw FormatError(
        .newerVersion, stream: stream,
        "is in format version \(cursorFields.major), this program reads up to \(Self.major);"
          + " use a newer indgrm")
    }
    guard cursorFields.major > 0, let kind = StreamKind(rawValue: kindCode) else {
      throw FormatError(
        .newerVersion, stream: stream, "holds an unknown kind of data; use a newer indgrm")
    }
    self.kind = kind
  }

  /// A sentence on a file that is no stream of ours, with a guess at what it is.
  private static func foreign(_ bytes: [UInt8]) -> String {
    let signatures: [([UInt8], String)] = [
      ([0x1F, 0x8B], "gzip data"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd data"),
      ([0x50, 0x4B, 0x03, 0x04], "a zip archive"), ([0xFD, 0x37, 0x7A, 0x58], "xz data"),
    ]
    if let (_, name) = signatures.first(where: { bytes.starts(with: $0.0) }) {
      return "is \(name), not an indgrm stream; read raw ratings with 'indgrm ingest'"
    }
    if bytes.allSatisfy({ $0 >= 0x20 || $0 == 9 || $0 == 10 || $0 == 13 }) {
      return "is text, not an indgrm stream; read raw ratings with 'indgrm ingest'"
    }
    return "is not an indgrm stream; read raw ratings with 'indgrm ingest'"
  }
}

/// Section tags. An upper-case first letter marks a section a reader must understand.
enum SectionTag {
  static let metadata = Array("META".utf8)
  static let provenance = Array("prov".utf8)
  static let table = Array("TABL".utf8)
  static let tensor = Array("TENS".utf8)
  static let end = Array("END!".utf8)

  static let headSize = 24
  /// The last eight bytes of the end section's payload.
  static let endMark: [UInt8] = [0x0D, 0x0A] + Array("IGREND".utf8)
}

/// The checksum of a section: tag, ordinal, payload length and payload.
func sectionHash(
  tag: [UInt8], ordinal: UInt32, length: UInt64, payload: UnsafeRawBufferPointer
) -> UInt64 {
  var hash = XXHash64()
  tag.withUnsafeBytes { hash.update($0) }
  hash.update(ordinal)
  hash.update(length)
  hash.update(payload)
  return hash.finish()
}
