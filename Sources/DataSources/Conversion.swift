// Which texts are known, but have to be converted first?

/// Kinds of text that other programs turn into what is read here.
enum Conversion {
  /// Throws `SourceError` with the line that converts such a text.
  static func refuse(_ lines: [[UInt8]], _ options: SourceOptions, source: String) throws {
    let first = lines.first ?? []
    func fault(_ what: String, _ command: String) -> SourceError {
      SourceError(.badData, "\(source): is \(what); convert it: \(command) | ingest -")
    }
    let path = quoted(source)
    let begin = first.drop { $0 == 0x20 || $0 == 0x09 }
    if begin.first == 0x5B {
      throw fault("one JSON array", "jq -c '.[]' \(path)")
    }
    if begin.first == 0x7B {
      let next = begin.dropFirst().drop { $0 == 0x20 }
      if next.first == 0x27 || next.starts(with: Array("u'".utf8)) {
        throw fault(
          "text of Python's dictionaries, not JSON",
          "python3 -c 'import ast, json, sys; [print(json.dumps(ast.literal_eval(x))) for x in"
            + " sys.stdin if x.strip()]' < \(path)")
      }
      if next.isEmpty {
        throw fault("JSON over several lines", "jq -c . \(path)")
      }
      return
    }
    guard options.columns.references.isEmpty, options.delimiter == nil else { return }
    let rows = lines.map { $0.split(separator: 0x09, omittingEmptySubsequences: false) }
    if !rows.isEmpty, rows.allSatisfy({ $0.count == 5 && isImpressions($0[4]) }) {
      throw fault(
        "MIND's log of impressions",
        "awk -F'\\t' '{ n = split($5, a, \" \"); for (i = 1; i <= n; i++) if (sub(/-1$/, \"\", a[i]))"
          + " print $2 \"\\t\" a[i] }' \(path)")
    }
    if begin.starts(with: Array("%%MatrixMarket".utf8)) {
      throw fault("a matrix in Matrix Market format", "grep -v '^%' \(path) | tail -n +2")
    }
  }

  /// Whether a field is news with whether each was clicked, as in `N9-0 N7-1`.
  private static func isImpressions(_ field: ArraySlice<UInt8>) -> Bool {
    let shown = field.split(separator: 0x20)
    return !shown.isEmpty
      && shown.allSatisfy { part in
        part.count > 2 && (part.last == 0x30 || part.last == 0x31) && part.dropLast().last == 0x2D
      }
  }

  /// A path as a shell takes it.
  private static func quoted(_ path: String) -> String {
    let isPlain = path.utf8.allSatisfy { byte in
      isDigit(byte) || (0x61...0x7A).contains(byte | 0x20) || "/._-".utf8.contains(byte)
    }
    let shownPath = shown(path.utf8, most: 4096)
    return isPlain
      ? shownPath
      : "'"
        + shownPath.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
  }
}
