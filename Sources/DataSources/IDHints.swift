// Which ids look as if they were meant to be the same?

extension IDTable {
  /// Hints, in words, at ids that differ from others only by blanks around them, by characters that are not seen, by how
  /// a number is written (`1`, `01`, `1.0`, `1e0`), by capitals in addresses of mail or by how an accent is composed, and
  /// at those that a spreadsheet made alike; `kind` is what they are ids of. Ids stay as they are.
  public func hints(_ kind: String) -> [String] {
    var (padded, numbers): ([[UInt8]], [(id: [UInt8], plain: [UInt8])]) = ([], [])
    var accented: [String: [UInt8]] = [:]
    var (twins, hidden, shortened): ([([UInt8], [UInt8])], [[UInt8]], [[UInt8]]) = ([], [], [])
    for index in 0..<count where !isOrdinary(index) {
      let id = bytes(at: index)
      if Self.isPadded(id) { padded.append(id) }
      if Self.isShortened(id) { shortened.append(id) }
      if let plain = Self.plainNumber(id) ?? Self.plainAddress(id) { numbers.append((id, plain)) }
      guard id.contains(where: { $0 >= 0x80 }) else { continue }
      let text = String(decoding: id, as: UTF8.self)
      if text.unicodeScalars.contains(where: Self.isHidden) { hidden.append(id) }
      if let other = accented[text] { twins.append((other, id)) } else { accented[text] = id }
    }
    let plain = ids(among: Set(numbers.map(\.plain)))
    twins = numbers.filter { plain.contains($0.plain) }.map { ($0.plain, $0.id) } + twins
    var hints: [String] = []
    if let mark = Self.marksOfNone.first(where: holds) {
      hints.append(
        "one of the \(kind) is '\(shown(mark))', which may stand for none; leave such rows out where it does"
      )
    }
    if let first = padded.first {
      hints.append(
        "ids of \(padded.count) \(kind) begin or end with a blank, such as '\(spelled(first))', and are not"
          + " those without; take the blanks out where they are meant to be the same")
    }
    if let first = hidden.first {
      hints.append(
        "ids of \(hidden.count) \(kind) hold characters that are not seen, such as '\(spelled(first))', and are not"
          + " those without; take them out where they are meant to be the same")
    }
    if let first = shortened.first {
      hints.append(
        "ids of \(shortened.count) \(kind) look shortened by a spreadsheet, such as '\(shown(first))', and may be"
          + " several in one; export them as text")
    }
    if let (one, other) = twins.first {
      hints.append(
        "ids of \(twins.count) \(kind) are written in two ways, such as '\(spelled(one))' and '\(spelled(other))',"
          + " and count as different; write them in one way where they are meant to be the same")
    }
    return hints
  }

  /// The first id that bears the mark by which an export keeps a spreadsheet from changing it: `="00012"`, or an
  /// apostrophe before a sign that begins a formula, as `dump --guard` writes.
  public var firstGuarded: String? {
    let first = (0..<count).first { index in
      guard !isOrdinary(index) || beginsWithMark(index) else { return false }
      let id = bytes(at: index)
      if id.starts(with: "=\"".utf8) { return id.count > 3 && id.last == 0x22 }
      return id.count > 1 && id[0] == 0x27 && "=+-@\t\r\n".utf8.contains(id[1])
    }
    return first.map { shown(bytes(at: $0)) }
  }

  /// Whether blanks of any kind are around an id.
  private static func isPadded(_ id: [UInt8]) -> Bool {
    if id.first == 0x20 || id.last == 0x20 { return true }
    guard id.first ?? 0 >= 0x80 || id.last ?? 0 >= 0x80 else { return false }
    let text = String(decoding: id, as: UTF8.self).unicodeScalars
    return text.first?.properties.isWhitespace == true || text.last?.properties.isWhitespace == true
  }

  /// Controls beyond ASCII, spaces without width or that look like a blank, marks of byte order and hyphenation, and
  /// changes of direction.
  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    [0xA0, 0xAD, 0x180E, 0x200B, 0x200E, 0x200F, 0x202F, 0x3164, 0xFEFF].contains(scalar.value)
      || (0x2060...0x2064).contains(scalar.value)
      || (0x80...0x9F).contains(scalar.value) || (0x202A...0x202E).contains(scalar.value)
      || (0x2066...0x2069).contains(scalar.value)
  }

  /// Whether this is how a spreadsheet shows a long number, as in `1.23E+12`.
  private static func isShortened(_ id: [UInt8]) -> Bool {
    let parts = id.split(separator: 0x2B, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].last == 0x45, parts[0].first.map(isDigit) == true else {
      return false
    }
    return parts[1].count >= 2 && parts[1].allSatisfy(isDigit)
      && parts[0].dropLast().allSatisfy { isDigit($0) || $0 == 0x2E || $0 == 0x2C }
  }

  /// What other programs write where there is no value.
  private static let marksOfNone = [
    "NA", "N/A", "NULL", "null", "None", "nan", "NaN", "\\N", "undefined", "(null)", "(none)",
    "(not set)", "<NA>",
    "#N/A", "Total", "Grand Total",
  ].map { Array($0.utf8) }

  static func isMarkOfNone(_ id: [UInt8]) -> Bool { marksOfNone.contains(id) }

  /// Which of some ids occur.
  private func ids(among wanted: Set<[UInt8]>) -> Set<[UInt8]> {
    guard !wanted.isEmpty else { return [] }
    return Set((0..<count).lazy.map { self.bytes(at: $0) }.filter(wanted.contains))
  }

  /// An address of mail with capitals, as it is written without.
  private static func plainAddress(_ id: [UInt8]) -> [UInt8]? {
    guard id.contains(0x40), id.contains(where: { (0x41...0x5A).contains($0) }) else { return nil }
    return id.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
  }

  /// A whole number with a point, an exponent or zeros before it, as it is written without.
  private static func plainNumber(_ id: [UInt8]) -> [UInt8]? {
    guard let first = id.first, isDigit(first), id.count < 20,
      (first == 0x30 && id.count > 1) || id.contains(where: { $0 == 0x2E || $0 | 0x20 == 0x65 }),
      id.allSatisfy({ isDigit($0) || "+-.eE".utf8.contains($0) }),
      let value = Double(String(decoding: id, as: UTF8.self)), let whole = Int(exactly: value)
    else { return nil }
    return Array(String(whole).utf8)
  }
}

/// An id as it is shown where it looks like another one: blanks beyond ASCII, characters that are not seen and accents
/// that stand apart are written by their numbers.
private func spelled(_ id: [UInt8]) -> String {
  var text = ""
  for scalar in shown(id).unicodeScalars {
    let (value, properties) = (scalar.value, scalar.properties)
    let isPlain =
      value < 0x80 || value == 0xFFFD
      || !(properties.isWhitespace || properties.isDefaultIgnorableCodePoint
        || [.nonspacingMark, .format, .control].contains(properties.generalCategory))
    text += isPlain ? String(scalar) : "\\u{\(String(value, radix: 16))}"
  }
  return text
}
