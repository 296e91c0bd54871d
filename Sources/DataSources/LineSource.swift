// How do lines become rows?

import Glibc

/// What a layout makes of a line.
protocol LineParser {
  /// Takes a plain line at full speed: the position behind its end, or nil to have `parse` look closer.
  ///
  /// `start` points into a block of whole lines with `LineBlocks.slack` readable bytes behind it.
  mutating func parsePlain(
    _ start: UnsafePointer<UInt8>, _ batch: RowBatch, _ users: IDTable, _ items: IDTable
  ) -> UnsafePointer<UInt8>?
  /// Takes any line (without its end): nil, or what is wrong with it.
  mutating func parse(
    _ line: UnsafeBufferPointer<UInt8>, _ batch: RowBatch, _ users: IDTable, _ items: IDTable
  ) -> RowFault?
  /// Whether the record goes on behind a line; `isQuoted` says whether the line began inside a quoted field.
  func isOpen(_ line: UnsafeBufferPointer<UInt8>, isQuoted: Bool) -> Bool
  /// What was left out or guessed on the way, in words.
  var remarks: [String] { get }
}

extension LineParser {
  func isOpen(_ line: UnsafeBufferPointer<UInt8>, isQuoted: Bool) -> Bool { false }
  var remarks: [String] { [] }

  @inline(__always)
  mutating func parsePlain(
    _ start: UnsafePointer<UInt8>, _ batch: RowBatch, _ users: IDTable, _ items: IDTable
  ) -> UnsafePointer<UInt8>? { nil }
}

/// Interactions of a text, line by line; empty lines are passed over. Memory: one block and one batch.
final class LineSource<Parser: LineParser>: InteractionSource {
  let columns: RowColumns
  let layout: String
  let order: ColumnOrder?
  private let text: LineBlocks
  private let badRows: BadRows
  private var parser: Parser
  private var position: UnsafePointer<UInt8>?
  private var end: UnsafePointer<UInt8>?
  /// Whether the next record is known to have no end.
  private var isEndless = false

  var remarks: [String] { parser.remarks }

  init(
    _ text: LineBlocks, _ parser: Parser, columns: RowColumns, layout: String,
    order: ColumnOrder? = nil, badRows: BadRows
  ) {
    self.layout = layout
    self.order = order
    self.text = text
    self.parser = parser
    self.columns = columns
    self.badRows = badRows
  }

  func next(into batch: RowBatch, users: IDTable, items: IDTable) throws -> Bool {
    batch.removeAll()
    while !batch.isFull {
      if position == nil || position == end {
        guard let block = try text.next() else { break }
        position = block.baseAddress
        end = block.baseAddress.map { $0 + block.count }
      }
      if let open = try takeBlock(batch, users, items) {
        isEndless = try !text.extend(open)
        position = nil
      }
    }
    return batch.count > 0
  }

  /// Takes the rows of the block at hand; returns the bytes of a last record that does not end in it.
  private func takeBlock(_ batch: RowBatch, _ users: IDTable, _ items: IDTable) throws -> Int? {
    guard var at = position, let end else { return nil }
    var parser = self.parser
    var line = text.line
    defer {
      self.parser = parser
      text.line = line
      position = at
    }
    while at < end, !batch.isFull {
      line += 1
      if let behind = parser.parsePlain(at, batch, users, items) {
        at = behind
        continue
      }
      let start = Self.passesMark(at, end)
      guard var record = Self.line(start, end) else { return nil }
      var more = 0
      var isOpen = !isEndless && parser.isOpen(record.content, isQuoted: false)
      while isOpen {
        guard let next = Self.line(record.behind, end) else {
          line -= 1
          return end - at
        }
        more += 1
        isOpen = parser.isOpen(next.content, isQuoted: true)
        record = (Self.withoutReturns(start, next.behind - 1), next.behind)
      }
      isEndless = false
      // The sign with which DOS ends a text is no row.
      let isBlank = record.content.isEmpty || record.content.elementsEqual([0x1A])
      if !isBlank, let fault = parser.parse(record.content, batch, users, items) {
        try badRows.note(text.source.name, line: line, fault)
      }
      line += more
      at = record.behind
    }
    return nil
  }

  /// Behind a byte order mark, which stands in the middle where files were joined.
  private static func passesMark(_ at: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>)
    -> UnsafePointer<UInt8>
  {
    var at = at
    while end - at > 3, at[0] == 0xEF, at[1] == 0xBB, at[2] == 0xBF { at += 3 }
    return at
  }

  /// A line without its end, and where the next begins.
  private static func line(_ at: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> (
    content: UnsafeBufferPointer<UInt8>, behind: UnsafePointer<UInt8>
  )? {
    guard at < end, let found = memchr(at, 10, end - at) else { return nil }
    let newline = UnsafePointer(found.assumingMemoryBound(to: UInt8.self))
    return (withoutReturns(at, newline), newline + 1)
  }

  /// A line without the carriage returns at its end; there are two where a text was converted twice.
  private static func withoutReturns(_ at: UnsafePointer<UInt8>, _ newline: UnsafePointer<UInt8>)
    -> UnsafeBufferPointer<UInt8>
  {
    var end = newline
    while end > at, end[-1] == 13 { end -= 1 }
    return .init(start: at, count: end - at)
  }
}
