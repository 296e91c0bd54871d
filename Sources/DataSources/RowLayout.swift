// Which column of delimited rows is which?

/// The layout of delimited rows.
struct RowLayout {
  let delimiter: [UInt8]
  let quoting: Quoting
  /// The first line where it names the columns.
  let header: [UInt8]?
  /// Fields of a row.
  let width: Int
  /// What each field is read as, up to the last one needed.
  let roles: [ColumnRole?]
  private let names: [String]?
  private let sample: FieldSample

  var columns: RowColumns {
    RowColumns(ratings: roles.contains(.rating), times: roles.contains(.time))
  }

  /// Which field holds what, and which are left out.
  var summary: String {
    func column(_ place: Int) -> String {
      names.map { "\(place + 1) '\(shown($0[place].utf8))'" } ?? "\(place + 1)"
    }
    let held = roles.enumerated().compactMap { place, role in
      role.map { "\($0.rawValue) in \(column(place))" }
    }
    let left = (0..<width).filter { $0 >= roles.count || roles[$0] == nil }
    let mark = delimiter == [0x09] ? "tab" : "'\(shown(delimiter))'"
    return
      "rows between \(mark)\(header == nil ? "" : " under a header"): \(held.joined(separator: ", "))"
      + (left.isEmpty ? "" : "; left out: \(left.map(column).joined(separator: ", "))")
  }

  /// What to do where a column is no ratings or times.
  func advice(on role: ColumnRole) -> String {
    names != nil
      ? "leave the column out with --columns \(role.rawValue)=none, or fix it"
      : "say what the columns hold, as in --columns \(sample.suggestion(nil)), or fix it"
  }

  /// The fault of a row without one of the ids.
  var emptyID: RowFault {
    var fault: RowFault = "an id is empty"
    if names == nil { fault.advice = advice(on: .item) }
    return fault
  }

  /// The delimiter given, or the first of `::`, tab, comma, semicolon, bar and blank in the first line that parts
  /// all lines alike. A semicolon comes before the comma where it parts more fields: commas are decimal there.
  static func delimiter(of lines: [[UInt8]], options: SourceOptions) -> [UInt8] {
    if let given = options.delimiter { return Array(given.utf8) }
    guard let first = lines.first else { return [0x2C] }
    func counts(_ delimiter: [UInt8]) -> [Int] {
      let quoting = Quoting(options.quotes, delimiter: delimiter)
      return lines.map { line in
        line.withUnsafeBufferPointer { splitFields($0, by: delimiter, quoting)?.count ?? 0 }
      }
    }
    // `::` counts only where it parts fields: RecBole's headers hold single colons.
    let found = [[0x3A, 0x3A], [0x09], [0x2C], [0x3B], [0x7C], [0x20]].filter { mark in
      first.withUnsafeBufferPointer { (splitFields($0, by: mark, .none)?.count ?? 0) > 1 }
    }
    guard found.count > 1 else { return found.first ?? [0x2C] }
    let even = found.filter { mark in Set(counts(mark)).count == 1 && counts(mark)[0] > 1 }
    let candidates = even.isEmpty ? found : even
    if candidates[0] == [0x2C], candidates.contains([0x3B]),
      counts([0x3B]).first ?? 0 > counts([0x2C]).first ?? 0
    {
      return [0x3B]
    }
    return candidates[0]
  }

  /// Decides by the first lines; options override each guess.
  ///
  /// Throws `SourceError` when they have fewer than two fields, name no known columns, or hold dates and numbers
  /// that cannot be what their place says.
  init(_ lines: [[UInt8]], options: SourceOptions, source: String) throws {
    let delimiter = Self.delimiter(of: lines, options: options)
    let quoting = Quoting(options.quotes, delimiter: delimiter)
    let rows = lines.compactMap { line in
      line.withUnsafeBufferPointer { splitFields($0, by: delimiter, quoting) }
    }
    guard let first = lines.first, let fields = rows.first, fields.count >= 2 else {
      throw SourceError(
        .badData,
        "\(source): line 1 has one field where user and item are needed; say --delimiter or --layout"
      )
    }
    (self.delimiter, self.quoting, width) = (delimiter, quoting, fields.count)
    let names = fields.map { String(decoding: $0, as: UTF8.self) }
    let below = FieldSample(rows.dropFirst().filter { $0.count == fields.count })
    let looksNamed = Self.looksNamed(names, fields)
    let hasHeader =
      options.header
      ?? (looksNamed || options.columns.hasNames || Self.stands(fields, over: below))
    header = hasHeader ? first : nil
    self.names = hasHeader ? names : nil
    sample = hasHeader ? below : FieldSample(rows.filter { $0.count == fields.count })
    let isByName = hasHeader && (looksNamed || options.columns.hasNames)
    let positions =
      isByName
      ? try options.columns.positions(named: names, source: source)
      : options.columns.positions(count: fields.count)
    roles = try Self.roles(positions, width: fields.count, source: source)
    if !isByName {
      try sample.refuseImplausible(positions, options.columns, line: hasHeader ? 2 : 1, source)
    }
  }

  /// A header holds no numbers; one that names a user or an item alone is none to guess the other by.
  private static func looksNamed(_ names: [String], _ fields: [[UInt8]]) -> Bool {
    let named = [ColumnRole.user, .item].map { role in names.filter(role.isNamed) }
    return !fields.contains { parseNumber($0) != nil }
      && (named.allSatisfy { !$0.isEmpty } || named.contains { $0.contains { $0.count > 3 } })
  }

  /// Whether words without digits stand over a column of numbers, as a header in any language does.
  private static func stands(_ fields: [[UInt8]], over below: FieldSample) -> Bool {
    !fields.contains { $0.isEmpty || $0.contains(where: isDigit) }
      && fields.indices.contains { below.isNumeric($0) }
  }

  private static func roles(
    _ positions: [ColumnRole: Int], width: Int, source: String
  ) throws -> [ColumnRole?] {
    var roles = [ColumnRole?](repeating: nil, count: (positions.values.max() ?? 0) + 1)
    for (role, position) in positions.sorted(by: { $0.value < $1.value }) {
      guard position < width else {
        throw SourceError(
          .badData,
          "\(source): line 1 has \(width) fields; there is no field \(position + 1) for"
            + " \(role.rawValue)")
      }
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

/// Fields of the first rows, to tell by what they hold what they mean.
struct FieldSample {
  private let rows: [[[UInt8]]]

  init(_ rows: some Sequence<[[UInt8]]>) { self.rows = Array(rows) }

  private func column(_ place: Int) -> [[UInt8]] { rows.map { $0[place] } }

  /// Whether there are rows, all with a number here.
  func isNumeric(_ place: Int) -> Bool {
    !rows.isEmpty && column(place).allSatisfy { parseNumber($0) != nil }
  }

  /// Whether all are dates, or whole numbers that are seconds of 1973 or later, or parts of them.
  private func isTime(_ place: Int) -> Bool {
    !rows.isEmpty
      && column(place).allSatisfy { field in
        let isCount = field.allSatisfy(isDigit)
        return isCount
          ? (9...19).contains(field.count) && parseTime(field) != nil
          : parseNumber(field) == nil && parseTime(field) != nil
      }
  }

  private func isEverEmpty(_ place: Int) -> Bool { rows.contains { $0[place].isEmpty } }

  /// Roles by what the columns hold, to be typed after `--columns`.
  func suggestion(_ names: [String]?) -> String {
    let places = rows.first?.indices ?? 0..<0
    let times = places.dropFirst().filter(isTime)
    let time = times.first { !column($0).allSatisfy { $0.allSatisfy(isDigit) } } ?? times.last
    let keys = places.filter { place in
      place != time && !isEverEmpty(place)
        && !column(place).contains { parseNumber($0) != nil && $0.contains(0x2E) }
    }
    // Of a check-in, whose time comes second, the place comes last.
    let user = keys.first
    let item = time == 1 ? keys.dropFirst().last : keys.dropFirst().first
    let rating = item.flatMap { item in
      places.first { place in
        place > item && place != time
          && column(place).allSatisfy { (parseNumber($0)?.magnitude ?? .infinity) < 1000 }
      }
    }
    return [("user", user), ("item", item), ("time", time), ("rating", rating)].map { role, place in
      let isNeeded = role == "user" || role == "item"
      return "\(role)=\(place.map { "\($0 + 1)" } ?? (isNeeded ? "N" : "none"))"
    }.joined(separator: ",")
  }

  /// Throws `SourceError` where columns that were told by their place alone hold something else.
  func refuseImplausible(
    _ positions: [ColumnRole: Int], _ said: ColumnSelection, line: Int, _ source: String
  ) throws {
    func fault(_ what: String) -> SourceError {
      SourceError(
        .badData,
        "\(source): line \(line): \(what); say which field holds what, as in --columns"
          + " \(suggestion(nil))")
    }
    func place(_ role: ColumnRole) -> Int? {
      said.references[role] == nil && !rows.isEmpty ? positions[role] : nil
    }
    if let item = place(.item), isTime(item), !rows[0][item].allSatisfy(isDigit) {
      throw fault("field \(item + 1) is a date where an item is expected")
    }
    if let rating = place(.rating), isTime(rating) {
      throw fault(
        "field \(rating + 1) holds times such as '\(shown(rows[0][rating]))' where ratings are"
          + " expected")
    }
  }
}
