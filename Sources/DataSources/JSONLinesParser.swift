// Which interactions do lines of JSON objects hold?

import Interchange

/// Reads the members wanted of one flat or nested object a line, without building the rest.
struct JSONLinesParser: LineParser {
  private let keys: [(role: ColumnRole, key: [UInt8])]
  private let decoder: TextDecoder
  /// Keys of the lines looked at that are not read.
  private let left: [String]
  private let labels: [(role: LabelRole, key: [UInt8])]
  private let texts: ItemTexts?
  private let times: TimeForm
  /// What may be wanted of what is left out, in words.
  private let doubt: String?

  var remarks: [String] { decoder.remarks + [doubt].compactMap(\.self) }

  var rowColumns: RowColumns {
    RowColumns(
      ratings: keys.contains { $0.role == .rating }, times: keys.contains { $0.role == .time })
  }

  /// Which key holds what.
  var summary: String {
    "JSON lines: "
      + (keys.map { "\($0.role.rawValue) in '\(shown($0.key))'" }
      + labels.map { "\($0.role.rawValue) in '\(shown($0.key))'" }).joined(separator: ", ")
      + (left.isEmpty
        ? "" : "; left out: " + left.map { "'\(shown($0.utf8))'" }.joined(separator: ", "))
  }

  /// Finds the keys by the first lines: objects need not have all of them.
  ///
  /// Throws `SourceError`.
  init(
    _ lines: [[UInt8]], columns: ColumnSelection, _ decoder: TextDecoder, _ texts: ItemTexts? = nil,
    source: String
  ) throws {
    (self.decoder, self.texts) = (decoder, texts)
    var names: [String] = []
    var known: Set<String> = []
    for (number, line) in lines.enumerated() where !line.isEmpty {
      let isObject = line.withUnsafeBufferPointer { bytes in
        var scanner = JSONScanner(bytes)
        return scanner.members { key, _ in
          let name = String(decoding: key, as: UTF8.self)
          if known.insert(name).inserted { names.append(name) }
        }
      }
      guard isObject || number > 0 else {
        throw SourceError(
          .badData,
          "\(source): line 1 is no JSON object"
            + Self.advice(on: line, source))
      }
    }
    guard !columns.hasPositions else {
      throw SourceError(.usage, "--columns: JSON objects have keys, not positions")
    }
    let shape =
      columns.references.isEmpty
      ? lines.first.flatMap { JSONShape($0, names, isOnly: lines.count == 1, source: source) } : nil
    try shape?.refuse()
    let positions = try columns.positions(named: names, areKeys: true, source: source)
    keys = ColumnRole.allCases.compactMap { role in
      positions[role].map { (role, Array(names[$0].utf8)) }
    }
    labels = try LabelRole.allCases.compactMap { role in
      try columns.position(of: role, named: names, count: names.count, source: source)
        .map { (role, Array(names[$0].utf8)) }
    }
    let timeKey = keys.first { $0.role == .time }?.key
    let dates = timeKey.map { Self.values(of: $0, in: lines) } ?? []
    times = TimeForm(dates)
    if let timeKey { try Self.refuseTurnedDates(dates, timeKey, source) }
    let read = Set(labels.map { String(decoding: $0.key, as: UTF8.self) })
    left = names.enumerated().filter { place, name in
      !positions.values.contains(place) && !read.contains(name)
    }.map(\.element)
    let isRated = positions[.rating] != nil || columns.references[.rating] != nil
    doubt = shape?.hiddenRating ?? (isRated ? nil : Self.passedVerdict(in: left, lines))
  }

  /// The values of a key in some lines, where they are neither null nor containers.
  private static func values(of key: [UInt8], in lines: [[UInt8]]) -> [[UInt8]] {
    lines.compactMap { line in
      line.withUnsafeBufferPointer { bytes in
        var (found, scanner): ([UInt8]?, JSONScanner) = (nil, JSONScanner(bytes))
        _ = scanner.members { if $0 == key { found = JSONScanner.content($1) } }
        return found
      }
    }
  }

  /// What is to be said of a key that tells what was liked, where it is left out.
  private static func passedVerdict(in names: [String], _ lines: [[UInt8]]) -> String? {
    for name in names {
      guard let verdict = Verdict(values(of: Array(name.utf8), in: lines), called: name) else {
        continue
      }
      return verdict.doubt(
        "objects", name, columns: Conversion.quoted("rating=\(shown(name.utf8))"))
    }
    return nil
  }

  /// Throws `SourceError` for dates whose parts have to be turned.
  private static func refuseTurnedDates(_ dates: [[UInt8]], _ key: [UInt8], _ source: String) throws
  {
    guard let turned = TurnedDates(dates) else { return }
    let parts = turned.digits?.map { ".[\($0)]" }.joined(separator: " + \"-\" + ")
    let command =
      parts.map { "jq -c '.[\"\(shown(key))\"] |= (tostring | \($0))'" }
      ?? "sed -E '\(turned.script)'"
    throw SourceError(
      .badData,
      "\(source): '\(shown(key))' holds \(turned.description); convert it: \(command)"
        + " \(Conversion.file(source)) | ingest -")
  }

  /// Whether there is an object with something behind it.
  private static func beginsWithObject(_ line: [UInt8]) -> Bool {
    guard line.first(where: { $0 != 0x20 && $0 != 0x09 }) == 0x7B else { return false }
    return line.withUnsafeBufferPointer { bytes in
      var scanner = JSONScanner(bytes)
      return scanner.passesValue()
    }
  }

  /// What to do about a first line that is no object; one of over 1 MiB is seen in part.
  private static func advice(on line: [UInt8], _ source: String) -> String {
    guard !beginsWithObject(line) else {
      return
        " alone, but one with more behind it; convert it: jq -c . \(Conversion.file(source)) | ingest -"
    }
    return line.count < 1 << 20
      ? "; say --layout"
      : " of less than 1 MiB; take out what is not needed, as in"
        + " jq -c '{user: .user, item: .item}' \(Conversion.file(source)) | ingest -"
  }

  private static func advice(on role: ColumnRole) -> String {
    "\(role.remedy), or leave it out with --columns \(role.rawValue)=none"
  }

  mutating func parse(
    _ line: UnsafeBufferPointer<UInt8>, _ batch: RowBatch, _ users: IDTable, _ items: IDTable
  ) -> RowFault? {
    var values: [[UInt8]?] = [nil, nil, nil, nil]
    var (met, twice): (UInt8, [UInt8]?) = (0, nil)
    var truths = [false, false, false, false]
    var fields = ItemFields()
    // Lists are names; text in brackets is none.
    var isText = false
    var scanner = JSONScanner(line)
    let isObject = scanner.members { key, value in
      for (place, wanted) in keys.enumerated() where key.elementsEqual(wanted.key) {
        values[place] = JSONScanner.content(value, decoder)
        if met & 1 << place != 0 { twice = wanted.key }
        met |= 1 << place
        truths[place] = value.elementsEqual("true".utf8) || value.elementsEqual("false".utf8)
      }
      if texts != nil {
        for label in labels where key.elementsEqual(label.key) {
          let text = Self.label(value, decoder)
          if label.role == .title {
            fields.title = text
          } else {
            (fields.category, isText) = (text, value.first == 0x22)
          }
        }
      }
    }
    guard isObject else { return "is no JSON object" }
    if let twice { return "has '\(shown(twice))' twice" }
    var row = Row()
    for (place, wanted) in keys.enumerated() {
      guard let value = values[place] else {
        let isNeeded = wanted.role == .user || wanted.role == .item
        let name = shown(wanted.key)
        return isNeeded
          ? "has no value for '\(name)'"
          : "has no value for '\(name)' (--columns \(wanted.role.rawValue)=none leaves it out of all)"
      }
      if let fault = take(value, as: wanted, isTruth: truths[place], &row) { return fault }
    }
    let number = items.intern(row.item)
    if let texts, texts.isNew(number) {
      if isText, let fault = fields.fault { return fault }
      texts.note(fields)
    }
    batch.append(users.intern(row.user), number, row.rating, row.time)
    return nil
  }

  /// What is read of a line.
  private struct Row {
    var user: [UInt8] = []
    var item: [UInt8] = []
    var rating: Float = 1
    var time: Int64 = 0
  }

  /// Takes the value of a key; returns what is wrong with it.
  private func take(
    _ value: [UInt8], as wanted: (role: ColumnRole, key: [UInt8]), isTruth: Bool, _ row: inout Row
  ) -> RowFault? {
    switch wanted.role {
    case .user, .item:
      guard !value.isEmpty, value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
        return "'\(shown(wanted.key))' is empty or no text"
      }
      guard !isTruth else { return "'\(shown(wanted.key))' is true or false, not an id" }
      if wanted.role == .user { row.user = value } else { row.item = value }
    case .rating:
      guard let number = parseNumber(value) else {
        return .noRating(value, advice: Self.advice(on: .rating))
      }
      row.rating = number
    case .time:
      guard let seconds = times.seconds(value) else {
        return .noTime(value, advice: Self.advice(on: .time))
      }
      row.time = seconds
    }
    return nil
  }

  /// A title or categories; a list becomes names between bars, of which one bar is there at least.
  private static func label(_ value: Slice<UnsafeBufferPointer<UInt8>>, _ decoder: TextDecoder)
    -> [UInt8]
  {
    if value.first == 0x5B || value.first == 0x7B {
      let names = JSONValue(parsing: Array(value)).map(ItemKeys.names) ?? []
      return names.flatMap { Array($0.utf8) + [0x7C] }
    }
    return JSONScanner.content(value, decoder).flatMap { decoder.line($0) } ?? []
  }
}

/// Walks over one JSON object.
struct JSONScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var at = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  private mutating func skipBlanks() {
    while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipBlanks()
    guard at < bytes.count, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  /// Calls `body` with each key (escapes undone) and the text of its value; false when this is no
  /// object.
  mutating func members(_ body: ([UInt8], Slice<UnsafeBufferPointer<UInt8>>) -> Void) -> Bool {
    guard take(0x7B) else { return false }
    if take(0x7D) { return isAtEnd() }
    while true {
      skipBlanks()
      let keyStart = at
      guard skipString(), let key = Self.content(bytes[keyStart..<at]), take(0x3A) else {
        return false
      }
      skipBlanks()
      let start = at
      guard skipValue() else { return false }
      body(key, bytes[start..<at])
      if take(0x2C) { continue }
      return take(0x7D) && isAtEnd()
    }
  }

  /// Passes over one value; false when there is none or nothing behind it.
  mutating func passesValue() -> Bool {
    skipBlanks()
    return skipValue() && !isAtEnd()
  }

  private mutating func isAtEnd() -> Bool {
    skipBlanks()
    return at == bytes.count
  }

  private mutating func skipString() -> Bool {
    guard at < bytes.count, bytes[at] == 0x22 else { return false }
    at += 1
    while at < bytes.count {
      if bytes[at] == 0x5C {
        at += 2
      } else if bytes[at] == 0x22 {
        at += 1
        return true
      } else {
        at += 1
      }
    }
    return false
  }

  /// Passes over a value; containers by counting brackets outside strings.
  private mutating func skipValue() -> Bool {
    guard at < bytes.count else { return false }
    if bytes[at] == 0x22 { return skipString() }
    if bytes[at] == 0x7B || bytes[at] == 0x5B {
      var depth = 0
      while at < bytes.count {
        switch bytes[at] {
        case 0x22:
          guard skipString() else { return false }
          continue
        case 0x7B, 0x5B: depth += 1
        case 0x7D, 0x5D: depth -= 1
        default: break
        }
        at += 1
        if depth == 0 { return true }
      }
      return false
    }
    let start = at
    while at < bytes.count, ![0x2C, 0x7D, 0x20, 0x09, 0x0D].contains(bytes[at]) { at += 1 }
    return at > start
  }

  /// The text of a string without quotes and escapes, a number or word as it stands; nil for null,
  /// containers and broken strings.
  static func content(_ value: Slice<UnsafeBufferPointer<UInt8>>, _ decoder: TextDecoder? = nil)
    -> [UInt8]?
  {
    guard let first = value.first else { return nil }
    if first == 0x22 {
      // Decoded before escapes are undone, which are Unicode's whatever the bytes are.
      let isPlain = decoder == nil || value.allSatisfy { $0 < 0x80 }
      guard let text = isPlain ? Array(value) : decoder?.text(value) else { return nil }
      guard text.contains(0x5C) else { return Array(text.dropFirst().dropLast()) }
      return JSONValue(parsing: text)?.string.map { Array($0.utf8) }
    }
    if first == 0x7B || first == 0x5B || value.elementsEqual("null".utf8) { return nil }
    return Array(value)
  }
}
