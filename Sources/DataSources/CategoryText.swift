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
  /// Most marks of a tree's field; more are no levels.
  private static let deepest = 50

  public init(_ fields: some Sequence<String>, isSequence: Bool = false) {
    var held: Set<Character> = []
    var (isTree, isWide, isDeep) = (false, false, false)
    let marks: [Character] = isSequence ? [" "] : ["|", ";", ","]
    for field in fields {
      for mark in marks where !held.contains(mark) && field.contains(mark) { held.insert(mark) }
      isTree = isTree || !isSequence && field.contains(">")
      isDeep = isDeep || field.utf8.count { $0 == 0x3E } > Self.deepest
      isWide = isWide || field.contains(Self.join)
    }
    isTree = isTree && !isDeep
    step = isTree ? (isWide ? Self.join : ">") : nil
    separator = marks.first { held.contains($0) && !(isTree && $0 == ",") }
  }

  /// The categories of a field, each once.
  public func names(_ field: String) -> [String] {
    let parts = separator.map { mark in field.split { $0 == mark }.map(String.init) } ?? [field]
    var names = NameList()
    for part in parts {
      var path = ""
      let steps = step.map { part.split(separator: $0).map(String.init) } ?? [part]
      for name in steps.map(\.trimmingBlanks)
      where !name.isEmpty && name != "(no genres listed)" {
        path += path.isEmpty ? name : Self.join + name
        names.add(path)
      }
    }
    return names.names
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

/// Names in the order in which they came, each once.
struct NameList: Sendable {
  private(set) var names: [String] = []
  /// Those there are, where it is worth while.
  private var known: Set<String> = []

  init() {}
  init(_ names: [String]) { for name in names { add(name) } }

  mutating func add(_ name: String) {
    if names.count == 32 { known = Set(names) }
    guard names.count < 32 ? !names.contains(name) : known.insert(name).inserted else { return }
    names.append(name)
  }
}

extension String {
  /// The text without blanks at its ends.
  fileprivate var trimmingBlanks: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
