// Does a line of a list of ids hold an id and more?

/// What a line of a list may have been meant to say.
public enum ListedID {
  /// What a line holds within blanks or quotes, or before the first mark that parts columns; of a whole number what it is
  /// with or without a fraction of nothing (`1.0` and `1`).
  public static func within(_ line: String) -> [String] {
    var found: [String] = []
    func take(_ text: Substring) {
      var inner = text
      while inner.first?.isWhitespace == true { inner.removeFirst() }
      while inner.last?.isWhitespace == true { inner.removeLast() }
      if inner.count > 2, inner.first == "\"", inner.last == "\"" {
        inner = inner.dropFirst().dropLast()
      }
      if !inner.isEmpty, inner != line { found.append(String(inner)) }
    }
    take(line[...])
    for mark in [",", ";", "\t", "|"] as [Character] {
      if let end = line.firstIndex(of: mark) { take(line[..<end]) }
    }
    if let number = Double(line), let whole = Int(exactly: number) {
      found += ["\(whole)", "\(whole).0"].filter { $0 != line }
    }
    return found
  }

  /// Throws `ToolError` (badData) where a line is no id, but holds one: what else the list names would be passed over.
  ///
  /// - Parameter isKnown: whether a text is an id of what the list is held against.
  public static func refuseMore(
    in lines: [String], _ name: String, isKnown: (String) -> Bool
  ) throws {
    for (place, line) in lines.enumerated() where !isKnown(line) {
      guard let inner = within(line).first(where: isKnown) else { continue }
      throw more(line, inner, "\(name): line \(place + 1)")
    }
  }

  /// The fault of a line that holds an id.
  public static func more(_ line: String, _ inner: String, _ place: String) -> ToolError {
    ToolError(
      .badData,
      "\(place): '\(line)' is not known, but '\(inner)' is; write one id a line as it stands there, and nothing else"
        + " (no quotes, blanks or further columns)")
  }
}
