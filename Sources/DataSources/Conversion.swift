// Which texts are known, but have to be converted first?

/// Kinds of text that other programs turn into what is read here.
struct Conversion {
  private let lines: [[UInt8]]
  private let source: String
  /// Where the converted text is to go.
  private let target: String
  private var first: [UInt8] { lines.first ?? [] }
  private var path: String { Self.file(source) }

  init(_ lines: [[UInt8]], source: String, target: String = "ingest -") {
    (self.lines, self.source, self.target) = (lines, source, target)
  }

  private func fault(_ what: String, _ command: String? = nil) -> SourceError {
    SourceError(
      .badData,
      "\(source): is \(what)" + (command.map { "; convert it: \($0) | \(target)" } ?? ""))
  }

  /// Throws `SourceError` with the line that converts such a text.
  static func refuse(_ lines: [[UInt8]], _ options: SourceOptions, source: String) throws {
    let text = Conversion(lines, source: source)
    try text.refuseObjects()
    guard options.columns.references.isEmpty, options.delimiter == nil else { return }
    try text.refuseOtherPrograms()
    try text.refuseLogs()
    try text.refuseTables()
  }

  /// Throws `SourceError` for a first line of over 1 MiB that is no object of JSON.
  static func refuseLongLine(_ lines: [[UInt8]], source: String) throws {
    let text = Conversion(lines, source: source)
    try text.refuseObjects()
    try text.refuseReturns()
    guard text.first.first(where: { $0 != 0x20 && $0 != 0x09 }) != 0x7B else { return }
    throw SourceError(
      .badData,
      "\(source): line 1 is longer than 1 MiB; say --layout adjacency where it is a user's items, for a table it is"
        + " too long")
  }

  /// Throws `SourceError` where objects are not JSON on a line each.
  func refuseObjects() throws {
    let begin = first.drop { $0 == 0x20 || $0 == 0x09 }
    let python =
      "python3 -c 'import ast, json, sys; [print(json.dumps(ast.literal_eval(x[x.index(\"{\"):])))"
      + " for x in sys.stdin if \"{\" in x]' < \(path)"
    if begin.first == 0x1E { throw fault("a sequence of JSON texts", "tr -d '\\036' < \(path)") }
    if begin.first == 0x5B, isArray {
      let areRows = lines.count > 1 && lines.allSatisfy { $0.first == 0x5B && $0.last == 0x5D }
      throw areRows
        ? fault("JSON arrays, one a line", "jq -r @csv \(path)")
        : lines.prefix(3).joined().prefix { [0x20, 0x09, 0x5B].contains($0) }.count { $0 == 0x5B }
          > 1
          ? fault("one JSON array of arrays", "jq -r '.[] | @csv' \(path)")
          : fault("one JSON array", "jq -c '.[]' \(path)")
    }
    // LibraryThing's reviews and comments are assignments.
    let word = begin.drop { (0x61...0x7A).contains($0) }
    if word.count < begin.count, word.starts(with: "[(".utf8), begin.contains(0x7B) {
      throw fault("text of Python's dictionaries, not JSON", python)
    }
    guard begin.first == 0x7B else { return }
    let next = begin.dropFirst().drop { $0 == 0x20 }
    if next.first == 0x27 || next.starts(with: Array("u'".utf8)) {
      throw fault("text of Python's dictionaries, not JSON", python)
    }
    if next.count > 1, first.last == 0x2C {
      throw fault("JSON objects with commas between", "sed 's/,[[:space:]]*$//' \(path)")
    }
    if next.isEmpty { throw fault("JSON over several lines", "jq -c . \(path)") }
  }

  /// Whether brackets have a value of JSON behind them, unlike those of sections in other files.
  private var isArray: Bool {
    let inner = lines.prefix(3).joined().drop { [0x20, 0x09, 0x5B].contains($0) }
    return inner.first.map { isDigit($0) || "{\"-]".utf8.contains($0) } == true
      || ["true", "false", "null"].contains { inner.starts(with: $0.utf8) }
  }

  /// Whether the first line begins with one of some words, in small letters.
  private func begins(_ words: String...) -> Bool {
    let begin = String(decoding: first.prefix(64), as: UTF8.self).lowercased()
    return words.contains { begin.hasPrefix($0) }
  }

  /// Throws `SourceError` for languages that tables are no part of, and for what stands in the place of a file.
  func refuseLanguages() throws {
    if begins("%%matrixmarket") {
      throw fault("a matrix in Matrix Market format", "grep -v '^%' \(path) | tail -n +2")
    }
    if begins("@relation") {
      throw fault("a data set of Weka", "sed '1,/^@data/Id' \(path)")
    }
    if begins("<!doctype", "<html", "<head", "<body", "<div", "<table") {
      throw fault("a web page, not the data; download the data again")
    }
    if begins("version https://git-lfs") {
      throw fault("a pointer of Git LFS, not the data; run git lfs pull where it was cloned")
    }
    try refuseDumps()
    if begins("---", "- "), lines.prefix(3).contains(where: { holds([0x3A, 0x20], $0) }) {
      throw fault(
        "YAML",
        "python3 -c 'import json, sys, yaml; [print(json.dumps(x, default=str)) for x in"
          + " yaml.safe_load(sys.stdin)]' < \(path)")
    }
  }

  /// Throws `SourceError` for what other programs write for themselves or for people.
  private func refuseOtherPrograms() throws {
    try refuseLanguages()
    if lines.allSatisfy({
      $0.isEmpty || $0.first == 0x28 && "),;".utf8.contains($0.last ?? 0) && $0.contains(0x2C)
    }
    ) {
      throw fault(
        "rows between round brackets",
        "sed -E 's/^\\(//; s/\\)[,;]?[[:space:]]*$//' \(path) | tr \\' '\"'")
    }
    try refuseReturns()
    try refuseSingleQuotes()
    if begins("org_id remap_id", "org_id\tremap_id") {
      throw fault("a list of original ids and their numbers; it goes to --item-ids or --user-ids")
    }
    let areFeatures = lines.allSatisfy { line in
      let fields = line.split { $0 == 0x20 || $0 == 0x09 }
      // A number stands first, unlike a date before its time of day.
      return fields.count > 1 && parseNumber(Array(fields[0])) != nil
        && fields.dropFirst().allSatisfy { $0.first.map(isDigit) == true && Self.isPair($0) }
    }
    if areFeatures {
      throw fault(
        "rows of libFM, which number features; write user, item and rating in their place")
    }
  }

  /// Throws `SourceError` for XML and for what databases write to be read in again.
  private func refuseDumps() throws {
    if begins("<"),
      lines.allSatisfy({ $0.isEmpty || $0.first { $0 != 0x20 && $0 != 0x09 } == 0x3C })
    {
      throw fault(
        "XML",
        "python3 -c 'import json, sys, xml.etree.ElementTree as x; [print(json.dumps({**e.attrib, **{c.tag: c.text"
          + " for c in e}})) for _, e in x.iterparse(sys.stdin.buffer) if (e.attrib or len(e)) and not any(c.attrib"
          + " or len(c) for c in e)]' < \(path)")
    }
    if lines.contains(where: {
      $0.starts(with: "COPY ".utf8) && $0.suffix(11).elementsEqual("FROM stdin;".utf8)
    }) {
      throw fault(
        "a dump of PostgreSQL",
        "sed -nE '/^COPY /,/^\\\\\\.$/{/^\\\\\\.$/d; /^COPY /{s/^[^(]*\\((.*)\\) FROM stdin;/\\1/; s/, /\\t/g}; p}'"
          + " \(path)")
    }
    if begins("insert into", "create table", "drop table", "-- ", "/*!") {
      throw fault(
        "statements of SQL",
        "sed -n 's/^INSERT INTO.* VALUES *//p' \(path) | grep -o '([^()]*)' | tr -d '()'")
    }
  }

  /// Throws `SourceError` where lines end as they did on old Macs.
  func refuseReturns() throws {
    guard lines.count == 1, first.contains(13) else { return }
    throw fault("text with carriage returns for line ends", "tr '\\r' '\\n' < \(path)")
  }

  /// Throws `SourceError` where fields stand between single quotes, which are text elsewhere.
  private func refuseSingleQuotes() throws {
    let below = lines.count > 1 ? lines.dropFirst() : lines[...]
    let areQuoted = below.allSatisfy { line in
      line.first == 0x27
        && [0x2C, 0x3B, 0x09].contains { mark in
          holds([0x27, mark], line)
        }
    }
    guard areQuoted, !below.contains(where: { $0.contains(0x22) }) else { return }
    throw fault("text with single quotes around fields", "tr \\' '\"' < \(path)")
  }

  private func holds(_ bytes: [UInt8], _ line: [UInt8]) -> Bool {
    zip(line, line.dropFirst()).contains { $0 == bytes[0] && $1 == bytes[1] }
  }

  /// Whether a field is numbers around colons.
  private static func isPair(_ field: ArraySlice<UInt8>) -> Bool {
    field.contains(0x3A) && field.allSatisfy { isDigit($0) || $0 == 0x3A || $0 == 0x2E }
      && field.last != 0x3A
  }

  /// Throws `SourceError` for logs whose rows are not one interaction each.
  private func refuseLogs() throws {
    let rows = lines.map { $0.split(separator: 0x09, omittingEmptySubsequences: false) }
    if !rows.isEmpty, rows.allSatisfy({ $0.count == 5 && Self.isImpressions($0[4]) }) {
      throw fault(
        "MIND's log of impressions",
        "awk -F'\\t' '{ n = split($5, a, \" \"); for (i = 1; i <= n; i++) if (sub(/-1$/, \"\", a[i]))"
          + " print $2 \"\\t\" a[i] }' \(path)")
    }
    let heads = lines.filter { line in
      let parts = line.split(separator: 0x7C, omittingEmptySubsequences: false)
      return parts.count == 2 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(isDigit) }
    }
    if heads.first == first, heads.count < lines.count,
      lines.allSatisfy({ heads.contains($0) || $0.contains(0x09) })
    {
      throw fault(
        "a line for each user with rows of items below",
        "awk -F'[|\\t]' '/[|]/ { u = $1; next } { print u \"\\t\" $1 \"\\t\" $2 }' \(path)")
    }
    try refuseNamedValues()
    try refuseLinesOfFields()
  }

  /// Throws `SourceError` for rows that name their values, as in `user=1 item=44`.
  private func refuseNamedValues() throws {
    guard let mark = first.first(where: { " ,;\t&|".utf8.contains($0) }) else { return }
    func names(_ line: [UInt8]) -> [String] {
      line.split(separator: mark).compactMap { field in
        let name = field.prefix { (0x61...0x7A).contains($0 | 0x20) || $0 == 0x5F || isDigit($0) }
        return field.dropFirst(name.count).first == 0x3D && !name.isEmpty
          ? String(decoding: name, as: UTF8.self) : nil
      }
    }
    let header = names(first)
    guard header.count == first.split(separator: mark).count,
      lines.allSatisfy({ $0.isEmpty || names($0) == header })
    else { return }
    let sign = mark == 0x09 ? "\\t" : String(UnicodeScalar(mark))
    throw fault(
      "rows that name their values",
      "(printf '\(header.joined(separator: sign))\\n'; sed -E 's/(^|[\(sign)])[A-Za-z_0-9]+=/\\1/g'"
        + " \(path))")
  }

  /// Whether a field is news with whether each was clicked, as in `N9-0 N7-1`.
  private static func isImpressions(_ field: ArraySlice<UInt8>) -> Bool {
    let shown = field.split(separator: 0x20)
    return !shown.isEmpty
      && shown.allSatisfy { part in
        part.count > 2 && (part.last == 0x30 || part.last == 0x31) && part.dropLast().last == 0x2D
      }
  }

  /// Throws `SourceError` for SNAP's blocks of lines such as `review/score: 5.0`.
  private func refuseLinesOfFields() throws {
    let names = lines.prefix(40).filter { !$0.isEmpty }.map { line in
      String(decoding: line.prefix { $0 != 0x3A && $0 != 0x20 }, as: UTF8.self)
    }
    guard names.count > 2,
      names.count(where: { $0.contains("/") && !$0.contains("\t") }) * 5 >= names.count * 4,
      lines[0].contains(0x3A)
    else { return }
    func key(_ role: ColumnRole) -> String? {
      let ends = names.map { String($0.split(separator: "/").last ?? "") }
      return
        (role.position(in: ends)
        ?? (role == .user ? ends.firstIndex(of: "profileName") : nil)).map { names[$0] }
    }
    let sets = ColumnRole.allCases.map { role in
      key(role).map { "$1 == \"\($0)\" { \(role.rawValue) = v }" } ?? ""
    }
    throw fault(
      "a line for each field of a review",
      "awk -F': ' 'function out() { if (user != \"\") print user \"\\t\" item \"\\t\" rating \"\\t\" time;"
        + " user = item = rating = time = \"\" } !NF { out() } { v = substr($0, index($0, \": \") + 2) }"
        + " \(sets.joined(separator: " ")) END { out() }' \(path)")
  }

  /// Throws `SourceError` for tables that psql, mysql or Markdown draw.
  private func refuseTables() throws {
    let hasRule = lines.prefix(3).contains { line in
      line.count > 4 && line.contains(0x2D) && line.allSatisfy { "-+|: ".utf8.contains($0) }
        && (line.contains(0x2B) || line.contains(0x7C))
    }
    guard hasRule, lines.contains(where: { $0.contains(0x7C) }) else { return }
    let isFramed = lines.prefix(3).contains { $0.first == 0x7C }
    let ends = isFramed ? "s/^| *//; s/ *|$//" : "s/^ *//; s/ *$//"
    throw fault(
      "a table drawn for reading",
      "grep '|' \(path) | grep -v '^[-+|: ]*$' | sed '\(ends); s/ *| */|/g'")
  }

  /// The plain text of a source as a shell's command takes it for a file: what is packed is unpacked on the way.
  static func file(_ source: String) -> String {
    if source == ByteStream.standardInput { return "/dev/stdin" }
    let (path, member) = ByteStream.parts(of: source)
    guard let start = ByteStream.start(of: path) else { return "FILE" }
    let packers: [(bytes: [UInt8], program: String)] = [
      ([0x1F, 0x8B], "zcat"), ([0x28, 0xB5, 0x2F, 0xFD], "zstdcat"), ([0xFD, 0x37, 0x7A], "xzcat"),
      ([0x42, 0x5A, 0x68], "bzcat"), ([0x04, 0x22, 0x4D, 0x18], "lz4cat"),
    ]
    if let member {
      let program = start.starts(with: "PK".utf8) ? "unzip -p" : "tar -xOf"
      return "<(\(program) \(quoted(path)) \(quoted(member)))"
    }
    let packer = packers.first { start.starts(with: $0.bytes) }
    return packer.map { "<(\($0.program) \(quoted(path)))" } ?? quoted(path)
  }

  /// A path or another word as a shell takes it.
  static func quoted(_ path: String) -> String {
    let isPlain = path.utf8.allSatisfy { byte in
      isDigit(byte) || (0x61...0x7A).contains(byte | 0x20) || "/._-=,:@+".utf8.contains(byte)
    }
    let shownPath = shown(path.utf8, most: 4096)
    return isPlain
      ? shownPath
      : "'"
        + shownPath.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
  }
}
