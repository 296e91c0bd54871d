// Which categories does a field of text name?

/// How the categories of a column are written.
///
/// Several stand between the first of bar, semicolon and comma that any field holds. `Home > Kitchen` is a
/// place in a tree, whose commas belong to its names: an item of it has the categories `Home` and `Home > Kitchen`.
public struct CategoryText {
  let separator: Character?
  /// What stands between the levels of a tree, if it is one.
  private let step: String?
  private static let join = " > "

  public init(_ fields: some Sequence<String>, isSequence: Bool = false) {
    var held: Set<Character> = []
    var (isTree, isWide) = (false, false)
    let marks: [Character] = isSequence ? [" "] : ["|", ";", ","]
    for field in fields {
      for mark in marks where !held.contains(mark) && field.contains(mark) { held.insert(mark) }
      isTree = isTree || !isSequence && field.contains(">")
      isWide = isWide || field.contains(Self.join)
    }
    step = isTree ? (isWide ? Self.join : ">") : nil
    separator = marks.first { held.contains($0) && !(isTree && $0 == ",") }
  }

  /// The categories of a field, each once.
  public func names(_ field: String) -> [String] {
    let parts = separator.map { mark in field.split { $0 == mark }.map(String.init) } ?? [field]
    var names: [String] = []
    for part in parts {
      var path = ""
      let steps = step.map { part.split(separator: $0).map(String.init) } ?? [part]
      for name in steps.map(\.trimmingBlanks)
      where !name.isEmpty && name != "(no genres listed)" {
        path += path.isEmpty ? name : Self.join + name
        if !names.contains(path) { names.append(path) }
      }
    }
    return names
  }

  /// In words, to be put behind the name of the column.
  public var summary: String {
    var parts: [String] = []
    if let separator {
      parts.append(separator == " " ? "between blanks" : "between '\(separator)'")
    }
    if let step { parts.append("a tree with '\(step)', each level a category") }
    return parts.isEmpty ? "" : " (\(parts.joined(separator: "; ")))"
  }
}

extension String {
  /// The text without blanks at its ends.
  fileprivate var trimmingBlanks: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
