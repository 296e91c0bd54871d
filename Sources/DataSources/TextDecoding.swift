// How do bytes become text?

/// How text that is not plain ASCII is understood.
public enum TextEncoding: String, CaseIterable, Sendable {
  /// UTF-8; a field that cannot be UTF-8 is read as Windows-1252, unless it is hardly in that.
  case auto
  case utf8 = "utf-8"
  case windows1252 = "windows-1252"
  case latin1 = "iso-8859-1"
}

/// Turns fields into UTF-8 and counts those that were something else.
final class TextDecoder {
  let encoding: TextEncoding
  /// Fields that `auto` read as Windows-1252.
  private(set) var guessed = 0
  private var example: [UInt8] = []

  init(_ encoding: TextEncoding) { self.encoding = encoding }

  /// What was guessed, in words.
  var remarks: [String] {
    guessed == 0
      ? []
      : [
        "\(guessed) fields are no UTF-8 and were read as windows-1252, such as '\(shown(example))'"
      ]
  }

  /// The bytes as UTF-8 without control characters, or nil when they are no such text.
  func text(_ bytes: some Collection<UInt8>) -> [UInt8]? {
    guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
    guard bytes.contains(where: { $0 >= 0x80 }) else { return Array(bytes) }
    switch encoding {
    case .latin1:
      return bytes.contains { (0x80...0x9F).contains($0) }
        ? nil : Self.utf8(bytes) { Unicode.Scalar($0) }
    case .windows1252: return Self.utf8(bytes, Self.windows1252)
    case .utf8, .auto:
      if String(validating: bytes, as: UTF8.self) != nil { return Array(bytes) }
      guard encoding == .auto, !Self.isForeign(bytes),
        let text = Self.utf8(bytes, Self.windows1252)
      else { return nil }
      if guessed == 0 { example = text }
      guessed += 1
      return text
    }
  }

  /// Whether three bytes in a row are none of ASCII, as they are in alphabets other than Latin but hardly in words of
  /// Western Europe.
  private static func isForeign(_ bytes: some Collection<UInt8>) -> Bool {
    var run = 0
    for byte in bytes {
      run = byte >= 0x80 ? run + 1 : 0
      if run == 3 { return true }
    }
    return false
  }

  /// Why bytes are no text, and what to do.
  func fault(_ bytes: [UInt8]) -> String {
    if bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "holds a control character" }
    guard encoding == .auto else { return "is no \(encoding.rawValue) text" }
    return
      "is neither UTF-8 nor, by its looks, windows-1252; convert it with iconv -f ENCODING -t UTF-8, where"
      + " ENCODING may be CP1251, GB18030 or SHIFT_JIS, or say --encoding windows-1252"
  }

  /// Text in which line breaks and tabs are blanks.
  func line(_ bytes: [UInt8]) -> [UInt8]? {
    text(bytes.map { $0 == 10 || $0 == 13 || $0 == 9 ? 0x20 : $0 })
  }

  private static func utf8(
    _ bytes: some Collection<UInt8>, _ scalar: (UInt8) -> Unicode.Scalar?
  ) -> [UInt8]? {
    var text = ""
    for byte in bytes {
      guard let scalar = scalar(byte) else { return nil }
      text.unicodeScalars.append(scalar)
    }
    return Array(text.utf8)
  }

  /// The character of a byte, or nil for the five that have none.
  private static func windows1252(_ byte: UInt8) -> Unicode.Scalar? {
    guard (0x80...0x9F).contains(byte) else { return Unicode.Scalar(byte) }
    let code = high[Int(byte) - 0x80]
    return code == 0 ? nil : Unicode.Scalar(code)
  }

  /// Bytes 0x80 to 0x9F of Windows-1252 (WHATWG's index, without its five control characters).
  private static let high: [UInt16] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
    0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
  ]
}

/// The mark that may begin a text in UTF-8, also in its middle where files were joined.
let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

/// A line without a byte order mark before and carriage returns behind it.
func contentOfLine<Line: BidirectionalCollection<UInt8>>(_ line: Line) -> Line.SubSequence
where Line.SubSequence: BidirectionalCollection {
  var rest = line[...]
  if rest.starts(with: byteOrderMark) { rest = rest.dropFirst(3) }
  while rest.last == 13 { rest = rest.dropLast() }
  return rest
}

/// Lines of a whole text without their ends and byte order marks.
func linesOfText(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
  bytes.split(separator: 10, omittingEmptySubsequences: false).map { contentOfLine($0) }
}
