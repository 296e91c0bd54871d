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
}

extension LineParser {
  @inline(__always)
  mutating func parsePlain(
    _ start: UnsafePointer<UInt8>, _ batch: RowBatch, _ users: IDTable, _ items: IDTable
  ) -> UnsafePointer<UInt8>? { nil }
}

/// Interactions of a text, line by line; empty lines are passed over. Memory: one block and one batch.
final class LineSource<Parser: LineParser>: InteractionSource {
  let columns: RowColumns
  let layout: String
  private let text: LineBlocks
  private let badRows: BadRows
  private var parser: Parser
  private var position: UnsafePointer<UInt8>?
  private var end: UnsafePointer<UInt8>?

  init(
    _ text: LineBlocks, _ parser: Parser, columns: RowColumns, layout: String, badRows: BadRows
  ) {
    self.layout = layout
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
      try takeBlock(batch, users, items)
    }
    return batch.count > 0
  }

  private func takeBlock(_ batch: RowBatch, _ users: IDTable, _ items: IDTable) throws {
    guard var at = position, let end else { return }
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
      guard let found = memchr(at, 10, end - at) else { return }
      let newline = UnsafePointer(found.assumingMemoryBound(to: UInt8.self))
      var count = newline - at
      if count > 0, at[count - 1] == 13 { count -= 1 }
      if count > 0,
        let fault = parser.parse(.init(start: at, count: count), batch, users, items)
      {
        try badRows.note(text.source.name, line: line, fault)
      }
      at = newline + 1
    }
  }
}
