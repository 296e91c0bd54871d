// Which ids look as if they were meant to be the same?

extension IDTable {
  /// Hints, in words, at ids that differ from others only by blanks around them, by how a number is written
  /// (`1`, `1.0`, `1e0`) or by how an accent is composed; `kind` is what they are ids of. Ids stay as they are.
  public func hints(_ kind: String) -> [String] {
    var (padded, numbers): ([[UInt8]], [(id: [UInt8], plain: [UInt8])]) = ([], [])
    var accented: [String: [UInt8]] = [:]
    var twins: [([UInt8], [UInt8])] = []
    for index in 0..<count where !isOrdinary(index) {
      let id = bytes(at: index)
      if id.first == 0x20 || id.last == 0x20 { padded.append(id) }
      if let plain = Self.plainNumber(id) { numbers.append((id, plain)) }
      guard id.contains(where: { $0 >= 0x80 }) else { continue }
      let text = String(decoding: id, as: UTF8.self)
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
        "ids of \(padded.count) \(kind) begin or end with a blank, such as '\(shown(first))', and are not"
          + " those without; take the blanks out where they are meant to be the same")
    }
    if let (one, other) = twins.first {
      hints.append(
        "ids of \(twins.count) \(kind) are written in two ways, such as '\(shown(one))' and '\(shown(other))',"
          + " and count as different; write them in one way where they are meant to be the same")
    }
    return hints
  }

  /// What other programs write where there is no value.
  private static let marksOfNone = [
    "NA", "N/A", "NULL", "null", "None", "nan", "NaN", "\\N",
  ].map { Array($0.utf8) }

  static func isMarkOfNone(_ id: [UInt8]) -> Bool { marksOfNone.contains(id) }

  /// Which of some ids occur.
  private func ids(among wanted: Set<[UInt8]>) -> Set<[UInt8]> {
    guard !wanted.isEmpty else { return [] }
    return Set((0..<count).lazy.map { self.bytes(at: $0) }.filter(wanted.contains))
  }

  /// A whole number with a point or an exponent, as it is written without.
  private static func plainNumber(_ id: [UInt8]) -> [UInt8]? {
    guard let first = id.first, isDigit(first), id.count < 20,
      id.contains(where: { $0 == 0x2E || $0 | 0x20 == 0x65 }),
      id.allSatisfy({ isDigit($0) || "+-.eE".utf8.contains($0) }),
      let value = Double(String(decoding: id, as: UTF8.self)), let whole = Int(exactly: value)
    else { return nil }
    return Array(String(whole).utf8)
  }
}
