// Where do quoted fields and records end?

/// Which quotes around fields are undone.
public enum QuoteRule: String, CaseIterable, Sendable {
  /// `csv` between commas, semicolons and other marks; between tabs, bars, blanks and `::` only quotes
  /// that enclose a whole field of one line.
  case auto
  /// As RFC 4180 has it; fields hold delimiters and line breaks. A quote within is doubled, or follows
  /// a backslash.
  case csv
  /// No quotes: all of them belong to the text.
  case none
}

/// How the quotes of a text are undone.
enum Quoting {
  case none, whole, csv

  init(_ rule: QuoteRule, delimiter: [UInt8]) {
    let marks = Set(delimiter.count > 1 ? delimiter.filter { $0 != 0x20 } : delimiter)
    let isLoose = marks.count == 1 && marks.isSubset(of: [0x09, 0x7C, 0x20, 0x3A, 0x01, 0x1F])
    self = rule == .none ? .none : rule == .auto && isLoose ? .whole : .csv
  }
}

/// The fields of a record; nil when a quoted field does not end, or not before a delimiter. Between blanks, any
/// number of them is one delimiter, and those around the record are none.
func splitFields(_ record: UnsafeBufferPointer<UInt8>, by delimiter: [UInt8], _ quoting: Quoting)
  -> [[UInt8]]?
{
  var fields: [[UInt8]] = []
  let isWhole = walkFields(
    record, by: delimiter, quoting, quoted: { fields.append($0) },
    plain: { fields.append(quoting == .whole ? unquoted($0) : Array($0)) })
  return isWhole ? fields : nil
}

/// How many fields `splitFields` finds; 0 where it finds none.
func countFields(_ record: UnsafeBufferPointer<UInt8>, by delimiter: [UInt8], _ quoting: Quoting)
  -> Int
{
  var count = 0
  let isWhole = walkFields(
    record, by: delimiter, quoting, quoted: { _ in count += 1 }, plain: { _ in count += 1 })
  return isWhole ? count : 0
}

/// Hands out the fields of a record, those between quotes without them; false where `splitFields` has nil.
private func walkFields(
  _ record: UnsafeBufferPointer<UInt8>, by delimiter: [UInt8], _ quoting: Quoting,
  quoted: ([UInt8]) -> Void, plain: (Slice<UnsafeBufferPointer<UInt8>>) -> Void
) -> Bool {
  let line = delimiter == [0x20] ? withoutBlanks(record) : record
  let walker = FieldWalker(line, delimiter)
  var at = 0
  while true {
    if quoting == .csv, at < line.count, line[at] == 0x22 {
      guard case .closed(let end) = walker.quoted(at + 1, quoted) else { return false }
      at = end
    } else {
      let end = walker.delimiter(from: at)
      plain(line[at..<end])
      at = end
    }
    guard at < line.count else { return true }
    at += delimiter.count
    if delimiter == [0x20] { while at < line.count, line[at] == 0x20 { at += 1 } }
  }
}

private func withoutBlanks(_ record: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
  let begin = record.firstIndex { $0 != 0x20 } ?? record.count
  let end = (record.lastIndex { $0 != 0x20 } ?? begin - 1) + 1
  return UnsafeBufferPointer(rebasing: record[begin..<end])
}

/// A field without the quotes that enclose it, where those within are doubled.
private func unquoted(_ field: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8] {
  guard field.count >= 2, field.first == 0x22, field.last == 0x22 else { return Array(field) }
  var text: [UInt8] = []
  var inner = field.dropFirst().dropLast()
  while let byte = inner.popFirst() {
    if byte == 0x22 { guard inner.popFirst() == 0x22 else { return Array(field) } }
    text.append(byte)
  }
  return text
}

/// Whether a quoted field of a record goes on behind the end of the bytes, which end with a line;
/// `isQuoted` says whether one is open where they begin.
func isOpen(
  _ line: UnsafeBufferPointer<UInt8>, by delimiter: [UInt8], isQuoted: Bool
) -> Bool {
  let walker = FieldWalker(line, delimiter)
  var at = 0
  var isQuoted = isQuoted
  while at < line.count {
    if isQuoted || line[at] == 0x22 {
      switch walker.quoted(isQuoted ? at : at + 1, { _ in }) {
      case .open: return true
      case .broken: return false
      case .closed(let end): at = end
      }
      isQuoted = false
    } else {
      at = walker.delimiter(from: at)
    }
    at += delimiter.count
  }
  return isQuoted
}

/// Walks over fields of one record or a part of it.
private struct FieldWalker {
  enum End { case closed(Int), open, broken }
  let bytes: UnsafeBufferPointer<UInt8>
  let mark: [UInt8]

  init(_ bytes: UnsafeBufferPointer<UInt8>, _ mark: [UInt8]) {
    (self.bytes, self.mark) = (bytes, mark)
  }

  private func isDelimiter(_ at: Int) -> Bool {
    guard bytes[at] == mark[0] else { return false }
    return mark.count == 1 || bytes[at...].starts(with: mark)
  }

  private func ends(_ at: Int) -> Bool { at >= bytes.count || isDelimiter(at) }

  func delimiter(from start: Int) -> Int {
    var at = start
    while !ends(at) { at += 1 }
    return at
  }

  /// Where a quoted field whose text begins at `start` ends.
  func quoted(_ start: Int, _ take: ([UInt8]) -> Void) -> End {
    var field: [UInt8] = []
    var at = start
    while at < bytes.count {
      if bytes[at] != 0x22 {
        field.append(bytes[at])
        at += 1
      } else if ends(at + 1) {
        take(field)
        return .closed(at + 1)
      } else if bytes[at + 1] == 0x22, field.last != 0x5C || !ends(at + 2) {
        field.append(0x22)
        at += 2
      } else if field.last == 0x5C {
        field[field.count - 1] = 0x22
        at += 1
      } else {
        return .broken
      }
    }
    return .open
  }
}
