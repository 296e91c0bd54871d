// What does a stream say, section by section, and is it whole?

import Glibc

/// A tensor of a model stream.
public struct Tensor: @unchecked Sendable {
  public let name: String
  public let type: ElementType
  public let shape: [Int]
  /// The row-major little-endian data, 64-byte aligned; `owner` keeps it alive.
  public let data: UnsafeRawBufferPointer
  public let owner: OwnedBytes

  /// The number of elements.
  public var count: Int { data.count / type.width }

  /// The same data under another name.
  public func named(_ name: String) -> Tensor {
    Tensor(name: name, type: type, shape: shape, data: data, owner: owner)
  }
}

/// A section as the reader hands it out.
public enum Section {
  case table(TableChunk)
  case tensor(Tensor)
}

/// Reads a stream forward, checks every checksum, and knows whether it is whole.
///
/// `next()` returns nil only after a correct end section at the physical end of the input; anything
/// else throws `FormatError`. Memory is bounded by `FormatLimit` plus the tensors asked for.
public final class StreamReader {
  public let kind: StreamKind
  public let metadata: JSONValue
  public let provenance: Provenance
  /// The digest of the content without provenance, known after `next()` returned nil.
  public private(set) var digest: UInt64?
  /// Sections read so far.
  public private(set) var sectionCount: UInt32 = 0
  public var name: String { input.name }
  /// Bytes read so far.
  public var position: Int { input.position }

  private let input: ByteInput
  private let decoder = ColumnDecoder()
  private var payloadBytes: UInt64 = 0
  /// Bytes that tables took so far when decoded.
  private var decodedBytes = 0
  private var content = XXHash64()

  /// Reads header, metadata and provenance.
  ///
  /// Throws `FormatError` when the input is no stream, too new, damaged, or of a kind that is not
  /// in `expected`.
  public init(_ input: ByteInput, expecting expected: [StreamKind] = StreamKind.allCases) throws {
    self.input = input
    var head = [UInt8](repeating: 0, count: StreamHeader.size)
    let got = try head.withUnsafeMutableBytes { try input.read(into: $0) }
    kind = try StreamHeader(Array(head[..<got]), stream: input.name).kind
    guard expected.contains(kind) else {
      let wanted = expected.map(\.title).joined(separator: " or ")
      throw FormatError(
        .wrongKind, stream: input.name,
        "holds \(kind.title), not \(wanted); check the order of the tools")
    }
    content.update(UInt64(kind.code.reduce(0) { $0 << 8 | UInt64($1) }))
    var reading = Reading(input: input)
    let first = try reading.section(0)
    guard first.tag == SectionTag.metadata, let metadata = JSONValue(parsing: first.payload.raw)
    else { throw reading.malformed(0, "its metadata is not JSON") }
    self.metadata = metadata
    let second = try reading.section(1)
    guard second.tag == SectionTag.provenance, let history = JSONValue(parsing: second.payload.raw),
      let provenance = Provenance(history)
    else { throw reading.malformed(1, "its provenance is not a history") }
    self.provenance = provenance
    sectionCount = 2
    payloadBytes = UInt64(first.payload.count + second.payload.count)
    addContent(first.tag, first.payload.raw)
  }

  /// The next section, or nil after the end of a whole stream.
  public func next() throws -> Section? {
    var reading = Reading(input: input)
    while true {
      if digest != nil { return nil }
      let (tag, payload) = try reading.section(sectionCount)
      if tag == SectionTag.end {
        try checkEnd(payload.raw, reading)
        return nil
      }
      sectionCount += 1
      payloadBytes += UInt64(payload.count)
      switch tag {
      case SectionTag.table:
        guard let chunk = table(payload.raw) else {
          throw reading.malformed(sectionCount - 1, "its table cannot be decoded")
        }
        addContent(tag, payload.raw)
        return .table(chunk)
      case SectionTag.tensor:
        guard let tensor = tensor(payload) else {
          throw reading.malformed(sectionCount - 1, "its tensor cannot be decoded")
        }
        addContent(tag, tensor.data)
        return .tensor(tensor)
      case _ where tag[0] >= 0x61:
        continue
      default:
        let name = String(decoding: tag, as: UTF8.self).filter { $0.isLetter || $0.isNumber }
        throw FormatError(
          .newerVersion, stream: input.name,
          "section \(sectionCount - 1) is of an unknown type '\(name)'; use a newer indgrm")
      }
    }
  }

  private func addContent(_ tag: [UInt8], _ bytes: UnsafeRawBufferPointer) {
    var body = XXHash64()
    tag.withUnsafeBytes { body.update($0) }
    body.update(bytes)
    content.update(body.finish())
  }

  private func checkEnd(_ payload: UnsafeRawBufferPointer, _ reading: Reading) throws {
    var cursor = PayloadCursor(payload)
    let computed = content.finish()
    guard cursor.integer(UInt64.self) == UInt64(sectionCount),
      cursor.integer(UInt64.self) == payloadBytes,
      cursor.integer(UInt64.self) == computed,
      let mark = cursor.bytes(SectionTag.endMark.count), mark.elementsEqual(SectionTag.endMark),
      cursor.isAtEnd
    else { throw reading.malformed(sectionCount, "its end section does not fit what came before") }
    var extra: UInt8 = 0
    let more = try withUnsafeMutableBytes(of: &extra) { try input.read(into: $0) }
    guard more == 0 else {
      throw FormatError(
        .trailingBytes, stream: input.name,
        "goes on after its end section (byte \(input.position - 1)); give several files as several arguments"
      )
    }
    digest = computed
  }

  private func table(_ payload: UnsafeRawBufferPointer) -> TableChunk? {
    var cursor = PayloadCursor(payload)
    // What a stream holds is bounded by its own length, so that few bytes do not become many.
    decoder.budget = FormatLimit.decoded(from: input.position) - decodedBytes
    defer { decodedBytes = FormatLimit.decoded(from: input.position) - decoder.budget }
    guard let name = cursor.name(), let rows = cursor.integer(UInt32.self).map(Int.init),
      rows <= FormatLimit.chunkRows, let columnCount = cursor.integer(UInt8.self),
      Int(columnCount) <= FormatLimit.columns
    else { return nil }
    var columns: [(name: String, values: Column)] = []
    for _ in 0..<columnCount {
      guard let name = cursor.name(), !columns.contains(where: { $0.name == name }),
        let values = decoder.column(&cursor, rows: rows), values.count == rows
      else { return nil }
      columns.append((name, values))
    }
    return cursor.isAtEnd ? TableChunk(name, rowCount: rows, columns) : nil
  }

  private func tensor(_ payload: Payload) -> Tensor? {
    var cursor = PayloadCursor(payload.raw)
    guard let name = cursor.name(), let code = cursor.integer(UInt8.self),
      let type = ElementType(rawValue: code), type.width > 0,
      let rank = cursor.integer(UInt8.self), Int(rank) <= FormatLimit.rank
    else { return nil }
    var shape: [Int] = []
    var bytes = type.width
    for _ in 0..<rank {
      guard let size = cursor.integer(UInt64.self), size <= UInt64(payload.count) else {
        return nil
      }
      shape.append(Int(size))
      let (product, overflow) = bytes.multipliedReportingOverflow(by: Int(size))
      guard !overflow else { return nil }
      bytes = product
    }
    guard let padding = cursor.integer(UInt8.self), cursor.bytes(Int(padding)) != nil,
      let data = cursor.bytes(bytes), cursor.isAtEnd
    else { return nil }
    if Int(bitPattern: data.baseAddress) % 64 == 0 || data.count == 0 {
      return Tensor(name: name, type: type, shape: shape, data: data, owner: payload.owner)
    }
    let copy = OwnedBytes(copying: data)
    return Tensor(name: name, type: type, shape: shape, data: copy.raw, owner: copy)
  }
}

/// A payload and what keeps its memory alive.
private struct Payload {
  let raw: UnsafeRawBufferPointer
  let owner: OwnedBytes
  var count: Int { raw.count }
}

/// Reads raw sections and words the errors.
private struct Reading {
  let input: ByteInput

  func malformed(_ ordinal: UInt32, _ what: String) -> FormatError {
    FormatError(
      .malformed, stream: input.name,
      "section \(ordinal) (before byte \(input.position)) is malformed: \(what); fetch or make it again"
    )
  }

  private func truncated(_ ordinal: UInt32) -> FormatError {
    FormatError(
      .truncated, stream: input.name,
      "ends in section \(ordinal) (byte \(input.position)) without an end marker;"
        + " the program that wrote it stopped early")
  }

  mutating func section(_ ordinal: UInt32) throws -> (tag: [UInt8], payload: Payload) {
    var head = [UInt8](repeating: 0, count: SectionTag.headSize)
    guard try head.withUnsafeMutableBytes({ try input.read(into: $0) }) == head.count else {
      throw truncated(ordinal)
    }
    let tag = Array(head[..<4])
    let (stored, length, digest) = head.withUnsafeBytes {
      (
        UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self)),
        UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
        UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
      )
    }
    let limit = tag == SectionTag.tensor ? UInt64(1) << 40 : UInt64(FormatLimit.payload)
    guard stored == ordinal, length <= limit else {
      throw FormatError(
        .damaged, stream: input.name,
        "section \(ordinal) (byte \(input.position - head.count)) has a damaged head;"
          + " fetch or make it again")
    }
    let payload = try self.payload(Int(length), ordinal)
    let padding = (8 - input.position % 8) % 8
    var rest: UInt64 = 0
    let got = try withUnsafeMutableBytes(of: &rest) {
      try input.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<padding]))
    }
    guard got == padding else { throw truncated(ordinal) }
    guard rest == 0,
      sectionHash(tag: tag, ordinal: ordinal, length: length, payload: payload.raw) == digest
    else {
      throw FormatError(
        .damaged, stream: input.name,
        "section \(ordinal) (ending at byte \(input.position)) is damaged: its checksum differs;"
          + " fetch or make it again")
    }
    return (tag, payload)
  }

  /// Reads a payload, growing in steps so that a false length costs no memory.
  private func payload(_ length: Int, _ ordinal: UInt32) throws -> Payload {
    let rest = input.rest
    guard length <= rest ?? .max else { throw truncated(ordinal) }
    // Aligned as in the file, so that tensors can stay where they are.
    let lead = input.position % 64
    let whole = lead + length
    let first = rest == nil ? min(whole, 1 << 22) : whole
    guard let block = GrowingBlock(firstCapacity: first) else { throw tooLarge(ordinal, length) }
    block.count = lead
    while block.count < whole {
      guard block.reserve(min(whole, max(block.capacity, block.count * 2))) else {
        throw tooLarge(ordinal, length)
      }
      let want = min(block.capacity, whole) - block.count
      let got = try input.read(into: block.free(want))
      block.count += got
      if got < want { throw truncated(ordinal) }
    }
    let owner = OwnedBytes(adopting: block.release(), from: lead)
    return Payload(raw: owner.raw, owner: owner)
  }

  private func tooLarge(_ ordinal: UInt32, _ length: Int) -> FormatError {
    FormatError(
      .unreadable(errno: ENOMEM), stream: input.name,
      "section \(ordinal) takes \(length) bytes of memory, which there are not; use a machine, or a limit"
        + " (ulimit -v), with more")
  }
}

extension StreamReader {
  /// Looks at the head and the tail of a file: enough to tell one that was cut short.
  ///
  /// Throws `FormatError`.
  public static func checkEnds(_ input: ByteInput) throws {
    _ = try StreamReader(input)
    let size = SectionTag.headSize + 32
    guard let bytes = input.tail(size) else { return }
    guard bytes.count == size, bytes.starts(with: SectionTag.end),
      bytes[(size - 8)...].elementsEqual(SectionTag.endMark)
    else {
      throw FormatError(
        .truncated, stream: input.name,
        "has no end marker; the program that wrote it stopped early")
    }
    let isSound = bytes.withUnsafeBytes { tail in
      let ordinal = UInt32(littleEndian: tail.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
      let length = UInt64(littleEndian: tail.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      let digest = UInt64(littleEndian: tail.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
      let payload = UnsafeRawBufferPointer(rebasing: tail[SectionTag.headSize...])
      return length == 32
        && sectionHash(tag: SectionTag.end, ordinal: ordinal, length: length, payload: payload)
          == digest
    }
    guard isSound else {
      throw FormatError(
        .damaged, stream: input.name, "has a damaged end section; fetch or make it again")
    }
  }
}
