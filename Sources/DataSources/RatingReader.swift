// Which interactions do delimited rows hold?

/// Rows read, with user and item numbers from the reader's tables.
public struct RowBatch: Sendable {
  public var users: [UInt32] = []
  public var items: [UInt32] = []
  public var ratings: [Float] = []
  public var times: [Int64] = []
  public var count: Int { users.count }

  public init() {}

  mutating func removeAll() {
    users.removeAll(keepingCapacity: true)
    items.removeAll(keepingCapacity: true)
    ratings.removeAll(keepingCapacity: true)
    times.removeAll(keepingCapacity: true)
  }
}

/// What was met while reading.
public struct ReadReport: Sendable {
  public var rows = 0
  public var badRows = 0
  /// The first bad row, described.
  public var firstBadRow: String?
}

/// Reads delimited rows in batches; memory is two blocks of 1 MiB and the tables of ids.
public final class RatingReader {
  public let layout: Layout
  public private(set) var report = ReadReport()
  private let source: ByteStream
  private let delimiter: [UInt8]
  private let skipBad: Int
  private var buffer = [UInt8](repeating: 0, count: 1 << 20)
  private var filled = 0
  private var line = 0
  private var atEnd = false

  /// Throws `SourceError` when the source cannot be read or its first line makes no sense.
  public init(_ source: ByteStream, delimiter: String?, header: Bool?, skipBad: Int) throws {
    self.source = source
    self.skipBad = skipBad
    filled = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
    atEnd = filled < buffer.count
    if filled >= 3, buffer[..<3] == [0xEF, 0xBB, 0xBF] {
      buffer.removeFirst(3)
      buffer.append(contentsOf: [0, 0, 0])
      filled -= 3
    }
    guard filled > 0 else {
      throw SourceError(.badData, "\(source.name): is empty; there is nothing to ingest")
    }
    var first = buffer[..<filled].prefix { $0 != 10 }
    if first.last == 13 { first = first.dropLast() }
    layout = try Layout(
      firstLine: String(decoding: first, as: UTF8.self), delimiter: delimiter, header: header,
      source: source.name)
    self.delimiter = Array(layout.delimiter.utf8)
    if layout.hasHeader {
      let end = min(first.endIndex + (buffer[first.endIndex] == 13 ? 2 : 1), filled)
      buffer.replaceSubrange(0..<end, with: [])
      filled -= end
      buffer.append(contentsOf: repeatElement(0, count: end))
      line = 1
    }
  }

  /// Fills the batch with the rows of the next block; false at the end.
  ///
  /// Throws `SourceError` at the first bad row beyond those tolerated.
  public func next(into batch: inout RowBatch, users: inout IDTable, items: inout IDTable) throws
    -> Bool
  {
    batch.removeAll()
    while true {
      let used = try buffer.withUnsafeBytes { bytes in
        try rows(UnsafeRawBufferPointer(rebasing: bytes[..<filled]), &batch, &users, &items)
      }
      let left = filled - used
      if used > 0 {
        buffer.withUnsafeMutableBytes {
          $0.baseAddress?.copyMemory(from: $0.baseAddress! + used, byteCount: left)
        }
      }
      filled = left
      if atEnd { return batch.count > 0 }
      if left == buffer.count {
        guard buffer.count < 16 << 20 else {
          throw SourceError(
            .badData, "\(source.name): line \(line + 1) is longer than 16 MiB; is this text?")
        }
        buffer.append(contentsOf: repeatElement(0, count: buffer.count))
      }
      let got = try buffer.withUnsafeMutableBytes {
        try source.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[left...]))
      }
      filled = left + got
      atEnd = filled < buffer.count
      if batch.count > 0 { return true }
      if atEnd, filled == 0 { return false }
    }
  }

  /// Parses whole lines; returns how many bytes they took.
  private func rows(
    _ bytes: UnsafeRawBufferPointer, _ batch: inout RowBatch, _ users: inout IDTable,
    _ items: inout IDTable
  ) throws -> Int {
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != 10 { end += 1 }
      if end == bytes.count, !atEnd { break }
      line += 1
      var stop = end
      if stop > start, bytes[stop - 1] == 13 { stop -= 1 }
      if stop > start {
        let row = UnsafeRawBufferPointer(rebasing: bytes[start..<stop])
        if let reason = parse(row, &batch, &users, &items) { try bad(reason) }
      }
      start = end + 1
    }
    return min(start, bytes.count)
  }

  private func bad(_ reason: String) throws {
    let text = "\(source.name): line \(line): \(reason)"
    if report.firstBadRow == nil { report.firstBadRow = text }
    report.badRows += 1
    guard report.badRows <= skipBad else {
      throw SourceError(.badData, "\(text); fix it or tolerate some with --skip-bad N")
    }
  }

  /// Adds a row; nil, or what is wrong with it.
  private func parse(
    _ row: UnsafeRawBufferPointer, _ batch: inout RowBatch, _ users: inout IDTable,
    _ items: inout IDTable
  ) -> String? {
    var user = UnsafeRawBufferPointer(start: nil, count: 0)
    var item = user
    var rating: Float = 1
    var time: Int64 = 0
    var found = 0
    var field = 0
    var start = 0
    while true {
      var end = start
      while end < row.count, !isDelimiter(row, end) { end += 1 }
      var value = UnsafeRawBufferPointer(rebasing: row[start..<end])
      if value.count >= 2, value.first == 0x22, value.last == 0x22 {
        value = UnsafeRawBufferPointer(rebasing: value[1..<value.count - 1])
      }
      if field == layout.user {
        user = value
        found += 1
      } else if field == layout.item {
        item = value
        found += 1
      } else if field == layout.rating {
        guard let number = Self.number(value), number.isFinite else {
          return "rating '\(String(decoding: value, as: UTF8.self))' is not a number"
        }
        rating = number
        found += 1
      } else if field == layout.time {
        guard let number = Self.integer(value) else {
          return "timestamp '\(String(decoding: value, as: UTF8.self))' is not a whole number"
        }
        time = number
        found += 1
      }
      field += 1
      guard end < row.count else { break }
      start = end + delimiter.count
    }
    let wanted = 2 + (layout.rating == nil ? 0 : 1) + (layout.time == nil ? 0 : 1)
    guard found == wanted else { return "has \(field) fields where \(wanted) or more are needed" }
    guard !user.isEmpty, !item.isEmpty else { return "an id is empty" }
    guard Self.isText(user), Self.isText(item) else { return "an id is not valid UTF-8" }
    batch.users.append(users.intern(user))
    batch.items.append(items.intern(item))
    if layout.rating != nil { batch.ratings.append(rating) }
    if layout.time != nil { batch.times.append(time) }
    report.rows += 1
    return nil
  }

  @inline(__always)
  private func isDelimiter(_ row: UnsafeRawBufferPointer, _ at: Int) -> Bool {
    guard row[at] == delimiter[0] else { return false }
    if delimiter.count == 1 { return true }
    return at + 1 < row.count && row[at + 1] == delimiter[1]
  }

  /// Whether bytes are UTF-8 without control characters.
  private static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var high = false
    for byte in bytes {
      if byte < 0x20 { return false }
      high = high || byte >= 0x80
    }
    return !high || String(validating: bytes, as: UTF8.self) != nil
  }

  private static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    guard !bytes.isEmpty, bytes.count <= 18 else { return nil }
    var value: Int64 = 0
    var at = bytes[0] == 0x2D ? 1 : 0
    guard at < bytes.count else { return nil }
    while at < bytes.count {
      let digit = bytes[at] &- 0x30
      guard digit < 10 else { return nil }
      value = value * 10 + Int64(digit)
      at += 1
    }
    return bytes[0] == 0x2D ? -value : value
  }

  /// A number; up to seven plain digits with a point are exact in Float without more work.
  private static func number(_ bytes: UnsafeRawBufferPointer) -> Float? {
    var digits: Int32 = 0
    var scale: Float = 1
    var point = false
    guard !bytes.isEmpty else { return nil }
    if bytes.count <= 7 {
      var plain = true
      var any = false
      for byte in bytes {
        let digit = byte &- 0x30
        if digit < 10 {
          digits = digits * 10 + Int32(digit)
          if point { scale *= 10 }
          any = true
        } else if byte == 0x2E, !point {
          point = true
        } else {
          plain = false
          break
        }
      }
      if plain, any { return Float(digits) / scale }
    }
    return Float(String(decoding: bytes, as: UTF8.self))
  }
}
