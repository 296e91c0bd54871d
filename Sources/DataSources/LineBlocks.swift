// How is a stream of bytes cut into blocks of whole lines?

import Glibc

/// The lines of a text in blocks of about 1 MiB. A byte order mark is left out; the last line gets an
/// end if it has none.
final class LineBlocks {
  /// Bytes behind a block that may be read (their values mean nothing).
  static let slack = 64
  /// Longest line.
  static let limit = 16 << 20
  /// Longest record of several lines that is put together.
  static let recordLimit = 1 << 20
  let source: ByteStream
  private var buffer: UnsafeMutablePointer<UInt8>
  private var capacity = 1 << 20
  private var filled = 0
  private var used = 0
  private var atEnd = false
  /// Lines handed out in earlier blocks; the reader adds to it.
  var line = 0

  /// Throws `SourceError` when the source is empty or cannot be read.
  init(_ source: ByteStream) throws {
    self.source = source
    buffer = .allocate(capacity: capacity + Self.slack)
    buffer.initialize(repeating: 0, count: capacity + Self.slack)
    try fill()
    if filled >= 3, buffer[0] == 0xEF, buffer[1] == 0xBB, buffer[2] == 0xBF { used = 3 }
    guard filled > used else {
      throw SourceError(.badData, "\(source.name): is empty; there is nothing to ingest")
    }
  }

  deinit { buffer.deallocate() }

  private func fill() throws {
    let count = try source.read(
      into: UnsafeMutableRawBufferPointer(start: buffer + filled, count: capacity - filled))
    filled += count
    atEnd = filled < capacity
  }

  /// The bytes at hand, to guess the layout from.
  var head: UnsafeBufferPointer<UInt8> { .init(start: buffer + used, count: filled - used) }

  /// Whether the first line goes on behind the bytes at hand.
  var cutsFirstLine: Bool { !atEnd && !head.contains(10) }

  /// The delimiter that a first line `sep=;` for spreadsheets names.
  var spreadsheetDelimiter: String? {
    let line = Array(head.prefix { $0 != 10 && $0 != 13 }.prefix(6))
    guard line.count == 5, line.starts(with: Array("sep=".utf8)), line[4] < 0x80 else { return nil }
    return String(decoding: line[4...], as: UTF8.self)
  }

  /// Up to `most` whole lines from the beginning that are not empty, without their ends and byte order marks.
  func firstLines(_ most: Int) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var rest = head[...]
    while lines.count < most, !rest.isEmpty {
      let line = rest.prefix { $0 != 10 }
      if line.endIndex == rest.endIndex, !atEnd, !lines.isEmpty { break }
      let text = contentOfLine(line)
      if !text.isEmpty { lines.append(Array(text)) }
      rest = rest[min(line.endIndex + 1, rest.endIndex)...]
    }
    return lines
  }

  /// Gives back the last bytes of the block handed out; the next block begins with them and holds at
  /// least one more line. False when there is none, or what was given back is too long already.
  ///
  /// Throws `SourceError` on a damaged source.
  func extend(_ count: Int) throws -> Bool {
    guard count <= Self.recordLimit else {
      used -= count
      return false
    }
    memmove(buffer, buffer + used - count, filled - used + count)
    filled -= used - count
    used = 0
    while true {
      if (count..<filled).contains(where: { buffer[$0] == 10 }) { return true }
      if atEnd {
        guard filled > count else { return false }
        buffer[filled] = 10
        filled += 1
        return true
      }
      if filled == capacity { try grow() }
      try fill()
    }
  }

  /// Passes over the first line that is not empty.
  func skipLine() {
    var isBlank = true
    while isBlank, filled > used {
      let line = head.prefix { $0 != 10 }
      isBlank = line.allSatisfy { $0 == 13 }
      used += min(line.count + 1, head.count)
      self.line += 1
    }
  }

  /// The next whole lines, each with its end; valid until the next call. Nil at the end.
  ///
  /// Throws `SourceError` on a damaged source or a line without end.
  func next() throws -> UnsafeBufferPointer<UInt8>? {
    while true {
      var last = filled
      while last > used, buffer[last - 1] != 10 { last -= 1 }
      if last > used {
        defer { used = last }
        return .init(start: buffer + used, count: last - used)
      }
      memmove(buffer, buffer + used, filled - used)
      filled -= used
      used = 0
      if atEnd {
        guard filled > 0 else { return nil }
        buffer[filled] = 10
        filled += 1
        continue
      }
      if filled == capacity { try grow() }
      try fill()
    }
  }

  private func grow() throws {
    guard capacity < Self.limit else {
      throw SourceError(
        .badData, "\(source.name): line \(line + 1) is longer than 16 MiB; is this text?")
    }
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2 + Self.slack)
    larger.initialize(repeating: 0, count: capacity * 2 + Self.slack)
    larger.update(from: buffer, count: filled)
    buffer.deallocate()
    buffer = larger
    capacity *= 2
  }
}
