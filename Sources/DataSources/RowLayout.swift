// Which column of delimited rows is which?

/// The layout of delimited rows.
struct RowLayout {
  let delimiter: [UInt8]
  let quoting: Quoting
  /// The first record where it names the columns.
  let header: [UInt8]?
  /// Lines of the header, of which a quoted name may have several.
  let headerLines: Int
  /// Its fields as they are compared with a row's.
  let headerNames: [[UInt8]]
  /// Fields of a row.
  let width: Int
  /// What each field is read as, up to the last one needed.
  let roles: [ColumnRole?]
  /// Where titles and categories stand.
  private(set) var labels: [LabelRole: Int] = [:]
  /// How times are written.
  let times: TimeForm
  private let names: [String]?
  private let sample: FieldSample
  /// What else columns were told by, in words.
  private let ground: String
  /// What the ratings may mean otherwise, in words.
  let doubt: String?

  var columns: RowColumns {
    RowColumns(ratings: roles.contains(.rating), times: roles.contains(.time))
  }

  /// Which field holds what.
  var order: ColumnOrder {
    let held = roles.enumerated().compactMap { place, role in role.map { ($0, place) } }
    return ColumnOrder(places: Dictionary(uniqueKeysWithValues: held), isNamed: header != nil)
  }

  /// Which field holds what, and which are left out.
  var summary: String {
    func column(_ place: Int) -> String {
      names.map { "\(place + 1) '\(shown($0[place].utf8))'" } ?? "\(place + 1)"
    }
    let held =
      roles.enumerated().compactMap { place, role in
        role.map { "\($0.rawValue) in \(column(place))" }
      }
      + LabelRole.allCases.compactMap { role in
        labels[role].map { "\(role.rawValue) in \(column($0))" }
      }
    let left = (0..<width).filter { place in
      (place >= roles.count || roles[place] == nil) && !labels.values.contains(place)
    }
    let mark = delimiter == [0x09] ? "tab" : "'\(shown(delimiter))'"
    return
      "rows between \(mark)\(header == nil ? "" : " under a header"): \(held.joined(separator: ", "))"
      + ground + (left.isEmpty ? "" : "; left out: \(left.map(column).joined(separator: ", "))")
  }

  /// What to do where a column is no ratings or times.
  func advice(on role: ColumnRole) -> String {
    names != nil
      ? "\(role.remedy), or leave the column out with --columns \(role.rawValue)=none"
      : "say what the columns hold, as in --columns \(sample.suggestion()), or \(role.remedy)"
  }

  /// What may have parted a line in other fields than it should.
  func hint(at line: UnsafeBufferPointer<UInt8>, hasMore: Bool) -> String {
    switch quoting {
    case .csv where hasMore: " (a field that holds '\(shown(delimiter))' needs quotes)"
    case .whole where line.contains(0x22):
      " (--quotes csv where quoted fields hold delimiters or line breaks)"
    default: ""
    }
  }

  /// The fault of a row without one of the ids.
  var emptyID: RowFault {
    var fault: RowFault = "an id is empty"
    if names == nil { fault.advice = advice(on: .item) }
    return fault
  }

  /// Decides by the first lines; options override each guess.
  ///
  /// Throws `SourceError` when they have fewer than two fields, name no known columns, or hold dates and numbers
  /// that cannot be what their place says.
  init(_ lines: [[UInt8]], options: SourceOptions, source: String) throws {
    if options.delimiter == nil { try RowShape.refusePreamble(lines, source) }
    let delimiter = Self.delimiter(of: lines, options: options)
    let quoting = Quoting(options.quotes, delimiter: delimiter)
    let (rows, first) = Self.records(lines, delimiter, quoting)
    let shape = RowShape(rows, lines, delimiter, source)
    if options.quotes != .none { try shape.refuseQuotedRows() }
    guard let fields = rows.first, fields.count >= 2 else {
      throw SourceError(
        .badData,
        "\(source): line 1 has one field where user and item are needed; say --delimiter or --layout"
      )
    }
    (self.delimiter, self.quoting, width) = (delimiter, quoting, fields.count)
    let decoder = TextDecoder(options.encoding)
    let names = fields.map { Self.name(decoder.text($0) ?? $0) }
    // A header may come again.
    let below = FieldSample(rows.dropFirst().filter { $0.count == fields.count && $0 != fields })
    let said = options.columns
    let looksNamed = Self.looksNamed(names, fields)
    let hasHeader =
      options.header ?? (looksNamed || said.hasNames || Self.stands(fields, over: below))
    if hasHeader { try Self.refuseUnreadable(fields, decoder, source) }
    header = hasHeader ? first : nil
    headerLines = hasHeader ? first.count { $0 == 10 } + 1 : 0
    headerNames = hasHeader ? fields.map(Self.plainName) : []
    self.names = hasHeader ? names : nil
    let sample = hasHeader ? below : FieldSample(rows.filter { $0.count == fields.count })
    self.sample = sample
    try shape.refuseOthers(
      columnsAreSaid: !said.references.isEmpty, hasHeader: hasHeader,
      headerIsSaid: options.header != nil)
    // Titles and categories belong to a table of items, which has no users.
    let describes = ItemNames.position(of: ItemNames.title + ItemNames.category, in: names) != nil
    let knowsSome =
      describes
      || ColumnRole.allCases.contains { role in
        names.contains { $0.count > 1 && role.isNamed($0) }
      }
    let isOdd = fields.count > 4 && said.references.isEmpty
    let isByName = hasHeader && (looksNamed || said.hasNames || knowsSome || isOdd)
    let named =
      isByName
      ? try said.positions(named: names, source: source, comesAgain: sample.comesAgain(in: names))
      : nil
    let (positions, ground) =
      try named.map { (sample.withDates($0, said, names), "") }
      ?? Self.positions(said, sample, fields.count, source)
    self.ground = ground + (hasHeader ? "" : Self.doubt(at: fields, sample))
    roles = try Self.roles(positions, width: fields.count, source: source)
    doubt =
      positions[.rating].map(sample.doubt)
      ?? (said.references[.rating] == nil ? self.names.flatMap(sample.passedVerdict) : nil)
      ?? self.names.flatMap(said.turned)
    times = TimeForm(positions[.time].map(sample.column) ?? [])
    labels = try said.labelPositions(named: self.names, count: width, source: source)
    try refuse(positions, said, shape, isByName: isByName, source)
  }

  /// Throws `SourceError` where columns hold what their roles cannot be.
  private func refuse(
    _ positions: [ColumnRole: Int], _ said: ColumnSelection, _ shape: RowShape, isByName: Bool,
    _ source: String
  ) throws {
    let (line, hasHeader) = (headerLines + 1, header != nil)
    if !isByName { try sample.refuseImplausible(positions, said, line: line, source) }
    if said.references[.item] == nil, let user = positions[.user], let item = positions[.item] {
      try shape.refuseBlanksAsDelimiters(user: user, hasHeader: hasHeader)
      try shape.refuseLists(user: user, item: item, hasHeader: hasHeader)
    }
    if let time = positions[.time] {
      try shape.refuseTurnedDates(sample.column(time), time, hasHeader: hasHeader)
      if said.references[.time] == nil {
        try shape.refuseDaysOfSpreadsheets(sample.column(time), time, hasHeader: hasHeader)
      }
    }
    try sample.refuseEmpty(positions, said, line: line, source) { role in
      names.flatMap { names in role.other(than: positions[role].map { names[$0] }, in: names) }
    }
  }

  /// The fields of the records of some lines, and the first record; a quoted field may hold line breaks.
  private static func records(_ lines: [[UInt8]], _ delimiter: [UInt8], _ quoting: Quoting)
    -> (fields: [[[UInt8]]], first: [UInt8])
  {
    var (records, first): ([[[UInt8]]], [UInt8]) = ([], [])
    var open: [UInt8] = []
    for line in lines {
      let record = open.isEmpty ? line : open + [10] + line
      let isOpen =
        quoting == .csv && record.contains(0x22)
        && record.withUnsafeBufferPointer {
          DataSources.isOpen($0, by: delimiter, isQuoted: false)
        }
      open = isOpen ? record : []
      guard !isOpen else { continue }
      let fields = record.withUnsafeBufferPointer { splitFields($0, by: delimiter, quoting) }
      if let fields {
        if records.isEmpty { first = record }
        records.append(fields)
      }
    }
    return (records, first)
  }

  /// Throws `SourceError` for names that are in an encoding in which they cannot be read.
  private static func refuseUnreadable(
    _ fields: [[UInt8]], _ decoder: TextDecoder, _ source: String
  ) throws {
    let isForeign = fields.first { field in
      decoder.text(field) == nil && !field.contains { $0 < 0x20 || $0 == 0x7F }
    }
    guard let field = isForeign else { return }
    throw SourceError(
      .badData, "\(source): line 1: the name '\(shown(field))' \(decoder.fault(field))")
  }

  /// Positions of columns without names, in the customary order, and what else they were told by.
  ///
  /// Throws `SourceError` for more columns than can be told by their order.
  private static func positions(
    _ said: ColumnSelection, _ sample: FieldSample, _ width: Int, _ source: String
  ) throws -> ([ColumnRole: Int], String) {
    guard width <= 8 || !said.references.isEmpty else {
      throw SourceError(
        .badData,
        "\(source): line 1: has \(width) fields and no names; say which field holds what, as in"
          + " --columns user=N,item=N,rating=none,time=none, or --layout adjacency where each line is a"
          + " user's items")
    }
    var positions = try said.positions(count: width, source: source)
    // Where a delimiter ends every row, nothing stands behind it.
    for role in [ColumnRole.rating, .time] where said.references[role] == nil {
      if let place = positions[role], sample.isAlwaysEmpty(place) { positions[role] = nil }
    }
    guard said.references[.user] == nil, said.references[.item] == nil,
      let ground = sample.itemsFirst
    else { return (positions, "") }
    (positions[.user], positions[.item]) = (1, 0)
    return (positions, " (\(ground))")
  }

  /// A hint at a first line that may be a header all the same: of words none of which comes again below, or of the
  /// columns' numbers.
  private static func doubt(at fields: [[UInt8]], _ sample: FieldSample) -> String {
    let numbers = fields.indices.map { Array(String($0).utf8) }
    if fields.count > 2, fields == numbers {
      return " (line 1 is data; say --header yes if it numbers the columns)"
    }
    let areNames = fields.indices.allSatisfy { place in
      let column = sample.column(place)
      return !fields[place].contains(where: isDigit) && column.count > 1
        && column.count { $0 == fields[place] } == 1
    }
    return areNames ? " (line 1 is data; say --header yes if it names the columns)" : ""
  }

  /// A header holds no numbers; one that names a user or an item alone is none to guess the other by.
  private static func looksNamed(_ names: [String], _ fields: [[UInt8]]) -> Bool {
    let named = [ColumnRole.user, .item].map { role in names.filter(role.isNamed) }
    return !fields.contains { parseNumber($0) != nil }
      && (named.allSatisfy { !$0.isEmpty } || named.contains { $0.contains { $0.count > 3 } })
  }

  /// Whether words stand over a column of numbers or dates, as a header in any language does; where they hold digits,
  /// over two.
  private static func stands(_ fields: [[UInt8]], over below: FieldSample) -> Bool {
    let numeric = fields.indices.count { below.isNumeric($0) || below.isDate($0) }
    return !fields.contains { $0.isEmpty || parseNumber($0) != nil || parseTime($0) != nil }
      && numeric > (fields.contains { $0.contains(where: isDigit) } ? 1 : 0)
  }

  /// A column's name without the byte order mark that stands within its quotes where a program put them around it.
  private static func name(_ field: [UInt8]) -> String {
    let isMarked = field.starts(with: [0xEF, 0xBB, 0xBF])
    return String(decoding: isMarked ? field[3...] : field[...], as: UTF8.self)
  }

  /// A column's name without blanks around it and in lower case.
  static func plainName(_ field: [UInt8]) -> [UInt8] {
    trimmed(Array(name(field).utf8)).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
  }

  /// Whether a row is the header again, perhaps quoted or written otherwise.
  func isHeader(_ fields: [[UInt8]]) -> Bool {
    fields.count == headerNames.count
      && zip(fields, headerNames).allSatisfy { Self.plainName($0) == $1 }
  }

  /// Whether a row has the header's names in another order.
  func isHeaderTurned(_ fields: [[UInt8]]) -> Bool {
    fields.count == headerNames.count && !fields.isEmpty
      && headerNames.contains(Self.plainName(fields[0]))
      && Set(fields.map(Self.plainName)) == Set(headerNames)
  }

  private static func roles(
    _ positions: [ColumnRole: Int], width: Int, source: String
  ) throws -> [ColumnRole?] {
    var roles = [ColumnRole?](repeating: nil, count: (positions.values.max() ?? 0) + 1)
    for (role, position) in positions.sorted(by: { $0.value < $1.value }) {
      guard roles[position] == nil else {
        throw SourceError(.usage, "--columns: two roles share column \(position + 1)")
      }
      roles[position] = role
    }
    guard positions[.user] != nil, positions[.item] != nil else {
      throw SourceError(.usage, "--columns: user and item are both needed")
    }
    return roles
  }
}
