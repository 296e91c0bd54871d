// Is each row one interaction, or does another shape have to be taken apart first?

/// The first rows of a text, to tell those of another shape by, with the line that converts them.
struct RowShape {
  private let rows: [[[UInt8]]]
  private let lines: [[UInt8]]
  private let delimiter: [UInt8]
  private let source: String

  init(_ rows: [[[UInt8]]], _ lines: [[UInt8]], _ delimiter: [UInt8], _ source: String) {
    (self.rows, self.lines, self.delimiter, self.source) = (rows, lines, delimiter, source)
  }

  private var path: String { Conversion.file(source) }
  private var width: Int { rows.first?.count ?? 0 }

  /// The delimiter as programs take it between quotes.
  private var mark: String {
    delimiter == [0x09] ? "\\t" : shown(String(decoding: delimiter, as: UTF8.self).utf8)
  }

  /// The delimiter as awk takes it: several bytes are a pattern there.
  private var pattern: String {
    delimiter.count == 1 ? mark : mark.map { $0 == "|" ? "[|]" : String($0) }.joined()
  }

  /// What reads the rows in Python, whose reader of CSV knows delimiters of one byte alone.
  private var reader: String {
    delimiter.count == 1
      ? "csv.reader(sys.stdin, delimiter=\"\(mark)\")"
      : "(x.rstrip(\"\\r\\n\").split(\"\(mark)\") for x in sys.stdin)"
  }

  private func fault(_ what: String, _ command: String? = nil) -> SourceError {
    SourceError(
      .badData,
      "\(source): \(what)" + (command.map { "; convert it: \($0) | ingest -" } ?? ""))
  }

  /// Throws `SourceError` where a title or comments stand before the rows.
  static func refusePreamble(_ lines: [[UInt8]], _ source: String, target: String = "ingest -")
    throws
  {
    if let start = lines.firstIndex(where: { $0.first == 0x7B }), start > 0,
      lines[start...].allSatisfy({ $0.first == 0x7B && $0.last == 0x7D })
    {
      throw preamble(start, "JSON objects", lines, source, target)
    }
    guard let sign = lines.first?.first, lines.count > 2 else { return }
    let isComment = "#%@".utf8.contains(sign)
    // Comments may end a text as well.
    let below = isComment ? lines.reversed().prefix { $0.first == sign }.count : 0
    let lines = Array(lines.dropLast(below))
    let comments = isComment ? lines.prefix { $0.first == sign }.count : 0
    let marks: [[UInt8]] = [[0x3A, 0x3A], [0x09], [0x2C], [0x3B], [0x7C]]
    let countsOf = (isComment ? marks + [[0x20]] : marks).map { mark in
      lines.map { line in
        line.withUnsafeBufferPointer {
          countFields($0, by: mark, Quoting(.auto, delimiter: mark))
        }
      }
    }
    // Where one parts all lines alike, the first is a row as well.
    if countsOf.contains(where: { Set($0).count == 1 && $0[0] > 1 }) { return }
    for counts in countsOf {
      guard let width = counts.last, width > 1 else { continue }
      let start =
        isComment ? comments : (counts.lastIndex { $0 != width } ?? -1) + 1
      let above = counts[..<max(start, 0)]
      let isNone = isComment ? above.contains { $0 != width } : above.allSatisfy { $0 == 1 }
      guard (1...50).contains(start), isNone, counts.count - start > 1,
        counts[start...].allSatisfy({ $0 == width })
      else { continue }
      throw preamble(start, "rows of \(width) fields", lines, source, target)
    }
  }

  private static func preamble(
    _ count: Int, _ rest: String, _ lines: [[UInt8]], _ source: String, _ target: String
  ) -> SourceError {
    let what = count == 1 ? "line 1 is no row" : "the first \(count) lines are no rows"
    return SourceError(
      .badData,
      "\(source): \(what), such as '\(shown(lines[0]))', above \(rest); convert it: awk"
        + " '/[^ \\r]/ && ++n > \(count)' \(Conversion.file(source)) | \(target)")
  }

  /// Throws `SourceError` where whole rows stand between quotes, as where a table was exported from one column.
  func refuseQuotedRows() throws {
    let areQuoted = lines.allSatisfy { line in
      line.count > 2 && line.first == 0x22 && line.last == 0x22
        && [0x2C, 0x3B, 0x09].contains { line.contains($0) }
    }
    guard areQuoted, rows.allSatisfy({ $0.count == 1 }) else { return }
    throw fault(
      "has quotes around whole rows", "sed 's/^\"//; s/\"\\r*$//; s/\"\"/\"/g' \(path)")
  }

  /// Throws `SourceError` for a table with a row for each user and a column for each item, or the other way round.
  func refuseTableOfItems() throws {
    guard let names = rows.first, names.count > 3, rows.count > 1 else { return }
    let texts = names.map { String(decoding: $0, as: UTF8.self) }
    let below = rows.dropFirst()
    let values = below.flatMap { $0.dropFirst() }
    let isNamed = texts.dropFirst().contains { name in
      ColumnRole.allCases.contains { $0.isNamed(name) }
    }
    // Columns of items are of any name, those of users beside items are numbered.
    let isTurned =
      ColumnRole.item.isNamed(texts[0])
      && names.dropFirst().allSatisfy { $0.contains(where: isDigit) }
    // As questions of a survey are, beside whoever answered them.
    let stems = Set(texts.dropFirst().map { $0.prefix { !$0.isNumber } })
    let isNumbered =
      stems.count == 1 && stems.first?.first?.isLetter == true
      && texts.dropFirst().allSatisfy { $0.last?.isNumber == true }
    guard
      names[0].isEmpty || ColumnRole.user.isNamed(texts[0]) || isTurned || isNumbered, !isNamed,
      texts.dropFirst().allSatisfy({ !$0.isEmpty }), Set(texts).count == texts.count,
      below.allSatisfy({ $0.count == names.count && !$0[0].isEmpty }),
      Set(below.map { $0[0] }).count == below.count,
      values.allSatisfy({ $0.isEmpty || parseNumber($0) != nil })
    else { return }
    let zeros = values.count { parseNumber($0) == 0 }
    let isGiven = zeros * 4 > values.count ? "$i != 0" : "$i != \"\""
    let hasQuotes = lines.contains { $0.contains(0x22) }
    let pair = isTurned ? "name[i] \"\\t\" $1" : "$1 \"\\t\" name[i]"
    throw fault(
      isTurned
        ? "has a row for each item and a column for each user, by its header"
        : "has a row for each user and a column for each item, by its header",
      hasQuotes
        ? nil
        : "awk -F'\(pattern)' '{ sub(/\\r$/, \"\") } NR == 1 { split($0, name); next }"
          + " { for (i = 2; i <= NF; i++) if (\(isGiven)) print \(pair) \"\\t\" $i }' \(path)"
    )
  }

  /// Throws `SourceError` where a header numbers columns of items, as in `Item 1,Item 2,Item 3`.
  func refuseNumberedItems() throws {
    func isNumbered(_ field: [UInt8]) -> Bool {
      let text = String(decoding: field, as: UTF8.self)
      let stem = text.prefix { !$0.isNumber }
      return stem.count > 3 && stem.count < text.count
        && text.dropFirst(stem.count).allSatisfy(\.isNumber)
        && ColumnRole.item.isNamed(String(stem))
    }
    let names = rows.first ?? []
    let texts = names.map { String(decoding: $0, as: UTF8.self) }
    let numbered = names.indices.filter { isNumbered(names[$0]) }
    guard numbered.count > 1, let first = numbered.first,
      numbered == Array(first..<first + numbered.count),
      !rows.dropFirst().contains(where: { $0.contains(where: isNumbered) })
    else { return }
    let user = ColumnRole.user.position(in: texts)
    throw fault(
      "has several items on each line, in fields \(first + 1) to \(first + numbered.count)",
      "python3 -c 'import csv, sys; [print(\(user.map { "r[\($0)]" } ?? "n"), i, sep=\"\\t\") for n, r in"
        + " enumerate(\(reader)) if n for i in"
        + " r[\(first):\(first + numbered.count)] if i]' < \(path)")
  }

  /// Throws `SourceError` where all rows have one field more than the header: R writes the names of rows so, which are
  /// their numbers as a rule.
  func refuseNamedRows() throws {
    let rest = rows.dropFirst()
    guard !rest.isEmpty, rest.allSatisfy({ $0.count == width + 1 && $0.last?.isEmpty == false }),
      Set(rest.map { $0[0] }).count == rest.count,
      rest.allSatisfy({ parseNumber($0[0]) != nil })
        || lines.dropFirst().allSatisfy({ $0.first == 0x22 })
    else { return }
    throw fault(
      "line 2: has \(width + 1) fields where the header has \(width), as do the rows below, whose first field"
        + " may be a name of the row", "sed '1s/^/row\(mark)/' \(path)")
  }

  /// Throws `SourceError` where a header names the first of the columns alone, the last of which is a list as a rule.
  func refuseUnnamedFields() throws {
    let rest = rows.dropFirst()
    guard delimiter.count == 1, rest.count > 1, let first = rest.first, first.count > width + 1,
      rest.allSatisfy({ $0.count == first.count }), !lines.contains(where: { $0.contains(0x22) })
    else { return }
    throw fault(
      "line 2: has \(first.count) fields where the header has \(width), as do the rows below, of which the last"
        + " may be a list", "cut \(delimiter == [0x09] ? "" : "-d'\(mark)' ")-f1-\(width) \(path)")
  }

  /// Throws `SourceError` where the first of rows of three numbers counts users, items and the other rows.
  func refuseCounts() throws {
    let numbers = rows.map { row in row.compactMap { Int(String(decoding: $0, as: UTF8.self)) } }
    guard width == 3, rows.count > 3, numbers[0].count == 3 else { return }
    let below = numbers.dropFirst()
    let ids = below.allSatisfy { $0.count > 1 && $0[0] <= numbers[0][0] && $0[1] <= numbers[0][1] }
    let count = numbers[0][2]
    let isAll = rows.count < 200 && count == below.count
    let isBeyond =
      rows.count >= 200 && count >= rows.count
      && rows.dropFirst().allSatisfy { parseNumber($0[2]).map { $0 <= 10 } == true }
    guard ids, isAll || isBeyond else { return }
    throw fault(
      "line 1 may count \(numbers[0][0]) users, \(numbers[0][1]) items and \(count) rows below (else say"
        + " --header no)", "tail -n +2 \(path)")
  }

  /// Throws `SourceError` where the fields of lines without a header are not equally many: each line is a basket or a
  /// user's items.
  func refuseBaskets() throws {
    let areUsers = rows.allSatisfy { row in
      row[0].last == 0x3A && row.count > 1 || row.count > 2 && row[1] == [0x3A]
    }
    if delimiter == [0x20], rows.count > 1, areUsers {
      throw fault(
        "has a user and items on each line", "sed 's/:/ /' \(path) | tr -s ' '"
      ).following(" --layout adjacency")
    }
    let counts = rows.map(\.count)
    let uneven = counts.count { $0 != width }
    guard rows.count > 1, uneven * 3 >= rows.count,
      !rows.contains(where: { $0.dropFirst(2).contains { parseNumber($0) != nil } })
    else { return }
    let range = "\(counts.min() ?? 0) to \(counts.max() ?? 0) fields"
    throw fault(
      "has lines of \(range), each perhaps a basket (where a user comes first, print $1 from i = 2 on)",
      "awk -F'\(pattern)' '{ for (i = 1; i <= NF; i++) print NR \"\\t\" $i }' \(path)")
  }

  /// Throws `SourceError` where rows are of any shape that their header, or that they have none, tells.
  func refuseOthers(columnsAreSaid: Bool, hasHeader: Bool, headerIsSaid: Bool) throws {
    if !columnsAreSaid {
      try refuseTableOfItems()
      try refuseNumberedItems()
    }
    if hasHeader {
      try refuseNamedRows()
      try refuseUnnamedFields()
    } else {
      try refuseBaskets()
      if !headerIsSaid { try refuseCounts() }
    }
  }

  /// Throws `SourceError` where users between tabs hold several numbers, since blanks part fields as well.
  func refuseBlanksAsDelimiters(user: Int, hasHeader: Bool) throws {
    let fields = rows.dropFirst(hasHeader ? 1 : 0).filter { $0.count == width }.map { $0[user] }
    guard delimiter == [0x09], let first = fields.first,
      fields.allSatisfy({ field in
        let parts = field.split(separator: 0x20)
        return parts.count > 1 && parts.joined().allSatisfy(isDigit)
      })
    else { return }
    throw fault(
      "has tabs and blanks between fields, as in '\(shown(first))' where a user is expected",
      "tr '\\t' ' ' < \(path)")
  }

  /// Throws `SourceError` where fields of items hold several ids each.
  func refuseLists(user: Int, item: Int, hasHeader: Bool) throws {
    let fields = rows.dropFirst(hasHeader ? 1 : 0).filter { $0.count == width }.map { $0[item] }
    guard !fields.isEmpty,
      !fields.contains(where: { parseTime($0) != nil && parseNumber($0) == nil })
    else { return }
    let header =
      hasHeader ? String(decoding: rows.first?[item] ?? [], as: UTF8.self).lowercased() : ""
    let isPlural = header.hasSuffix("s") && ColumnRole.item.isNamed(String(header.dropLast()))
    for (separator, name) in [(0x2C, ","), (0x20, " "), (0x7C, "|"), (0x3B, ";")]
      as [(UInt8, String)]
    {
      let parts = fields.map { $0.split(separator: separator, omittingEmptySubsequences: false) }
      // Ids hold digits and no blanks, unlike titles, whose bars stand between blanks.
      guard parts.count(where: { $0.count > 1 }) * 2 > parts.count,
        parts.joined().allSatisfy({ part in
          isPlural && separator != 0x20
            || separator == 0x7C && part.first != 0x20 && part.last != 0x20
            || part.contains(where: isDigit) && !part.contains { $0 == 0x20 || $0 == 0x2F }
        })
      else { continue }
      let rest =
        hasHeader
        ? "list(\(reader))[1:]" : reader
      throw fault(
        "field \(item + 1) holds lists such as '\(shown(fields[0]))' where an item is expected",
        "python3 -c 'import csv, sys; [print(r[\(user)], i.strip(), sep=\"\\t\") for r in \(rest) for i in"
          + " r[\(item)].split(\"\(name)\") if i.strip()]' < \(path)")
    }
  }

  /// Throws `SourceError` for dates whose parts have to be turned.
  func refuseTurnedDates(_ fields: [[UInt8]], _ place: Int, hasHeader: Bool) throws {
    guard let dates = TurnedDates(fields) else { return }
    let parts = dates.digits?.map { "r[\(place)][\($0)]" }.joined(separator: ", ")
    throw fault(
      "field \(place + 1) holds \(dates.description)",
      parts.map { rewriting(place, as: "\"-\".join([\($0)])", hasHeader: hasHeader) }
        ?? "sed -E '\(dates.script)' \(path)")
  }

  /// The line that writes the rows anew, with an expression of Python in the place of a field.
  private func rewriting(_ place: Int, as expression: String, hasHeader: Bool) -> String {
    "python3 -c 'import csv, sys; [csv.writer(sys.stdout).writerow(\(hasHeader ? "r if n == 0 else " : "")"
      + "r[:\(place)] + [\(expression)] + r[\(place + 1):]) for n, r in enumerate(\(reader))]' < \(path)"
  }

  /// Throws `SourceError` for times that spreadsheets count in days, with the time of day as a fraction.
  func refuseDaysOfSpreadsheets(_ fields: [[UInt8]], _ place: Int, hasHeader: Bool) throws {
    let days = fields.map { field in
      Double(String(decoding: field.map { $0 == 0x2C ? 0x2E : $0 }, as: UTF8.self))
    }
    guard let odd = days.firstIndex(where: { $0 != $0?.rounded() }),
      days.allSatisfy({ $0.map((20_000..<80_000).contains) == true })
    else { return }
    let example = fields[odd]
    let seconds =
      "round((float(r[\(place)].replace(\",\", \".\")) - 25569) * 86400)"
    throw fault(
      "field \(place + 1) holds days as spreadsheets count them, such as '\(shown(example))'",
      rewriting(place, as: seconds, hasHeader: hasHeader))
  }
}
