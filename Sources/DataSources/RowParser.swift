// Which interactions do rows of delimited fields hold?

import Glibc

/// The layout of delimited rows.
struct RowLayout: Equatable {
  var delimiter: [UInt8]
  var hasHeader: Bool
  /// What each field is read as, up to the last one needed.
  var roles: [ColumnRole?]

  var columns: RowColumns {
    RowColumns(ratings: roles.contains(.rating), times: roles.contains(.time))
  }
  /// Fields that a row must have.
  var needed: Int { roles.count }
  /// Which field holds what.
  var summary: String {
    let held = roles.enumerated().compactMap { place, role in
      role.map { "\($0.rawValue) in \(place + 1)" }
    }
    let mark = delimiter == [0x09] ? "tab" : "'\(shown(delimiter))'"
    return
      "rows between \(mark)\(hasHeader ? " under a header" : ""): \(held.joined(separator: ", "))"
  }
  var quotes: Bool { delimiter == [0x2C] || delimiter == [0x3B] || delimiter == [0x09] }

  /// The delimiter given, or the first of `::`, tab, comma, semicolon, bar and blank in the line. A semicolon comes
  /// before the comma where it parts more fields: commas are decimal there.
  static func delimiter(of line: [UInt8], given: String?) -> [UInt8] {
    if let given { return Array(given.utf8) }
    let text = String(decoding: line, as: UTF8.self)
    let found = ["\t", ",", ";", "|", " "].first { text.utf8.contains($0.utf8.first ?? 0) }
    func fields(_ delimiter: UInt8) -> Int {
      line.withUnsafeBufferPointer { splitFields($0, by: [delimiter], quotes: true)?.count ?? 0 }
    }
    // `::` counts only where it parts fields: RecBole's headers hold single colons.
    for (at, byte) in line.enumerated() where byte == 0x3A && at + 1 < line.count {
      if line[at + 1] == 0x3A { return [0x3A, 0x3A] }
    }
    if found == ",", fields(0x3B) > fields(0x2C) { return [0x3B] }
    return Array((found ?? ",").utf8)
  }

  /// Decides by the first line; options override each guess.
  ///
  /// Throws `SourceError` when the line has fewer than two fields, names no known columns or has a date
  /// where the item should be.
  init(_ line: [UInt8], options: SourceOptions, source: String) throws {
    delimiter = Self.delimiter(of: line, given: options.delimiter)
    let quotes = delimiter != [0x3A, 0x3A] && delimiter != [0x7C] && delimiter != [0x20]
    let fields =
      line.withUnsafeBufferPointer { [delimiter] in
        splitFields($0, by: delimiter, quotes: quotes)
      } ?? []
    guard fields.count >= 2 else {
      throw SourceError(
        .badData,
        "\(source): line 1 has one field where user and item are needed; say --delimiter or --layout"
      )
    }
    let names = fields.map { String(decoding: $0, as: UTF8.self) }
    // A header holds no numbers; one that names a user or an item alone is none to guess the other by.
    let named = [ColumnRole.user, .item].map { role in names.filter(role.isNamed) }
    let holdsNumbers = fields.contains { parseNumber($0) != nil }
    let looksNamed =
      !holdsNumbers
      && (named.allSatisfy { !$0.isEmpty } || named.contains { $0.contains { $0.count > 3 } })
    hasHeader = options.header ?? (looksNamed || options.columns.hasNames)
    let positions =
      hasHeader && (looksNamed || options.columns.hasNames)
      ? try options.columns.positions(named: names, source: source)
      : options.columns.positions(count: fields.count)
    roles = [ColumnRole?](repeating: nil, count: (positions.values.max() ?? 0) + 1)
    for (role, position) in positions {
      guard position < fields.count else {
        throw SourceError(
          .badData,
          "\(source): line 1 has \(fields.count) fields; there is no field \(position + 1) for"
            + " \(role.rawValue)")
      }
      guard roles[position] == nil else {
        throw SourceError(.usage, "--columns: two roles share column \(position + 1)")
      }
      roles[position] = role
    }
    if !hasHeader, options.columns.references[.item] == nil, let item = positions[.item],
      fields[item].contains(where: { !isDigit($0) }), parseNumber(fields[item]) == nil,
      parseTime(fields[item]) != nil
    {
      throw SourceError(
        .badData,
        "\(source): line 1: field \(item + 1) is a date where an item is expected; say which field"
          + " holds what, as in --columns user=1,item=5,time=2,rating=none")
    }
    guard positions[.user] != nil, positions[.item] != nil else {
      throw SourceError(.usage, "--columns: user and item are both needed")
    }
  }
}

/// Parses delimited rows.
struct RowParser: LineParser {
  private let layout: RowLayout
  private let encoding: TextEncoding
  private let first: UInt8
  private let second: UInt8
  private let roles: [ColumnRole?]

  init(_ layout: RowLayout, encoding: TextEncoding) {
    self.layout = layout
    self.encoding = encoding
    first = layout.delimiter[0]
    second = layout.delimiter.count > 1 ? layout.delimiter[1] : 0
    roles = layout.roles
  }

  /// ASCII ids without quotes, ratings of up to seven digits with a point, whole seconds.
  @inline(__always)
  mutating func parsePlain(
    _ start: UnsafePointer<UInt8>, _ batch: RowBatch, _ users: IDTable, _ items: IDTable
  ) -> UnsafePointer<UInt8>? {
    var at = start
    var (userAt, userCount, itemAt, itemCount) = (start, 0, start, 0)
    var rating: Float = 1
    var time: Int64 = 0
    let last = roles.count - 1
    for field in 0...last {
      switch roles[field] {
      case .user:
        userAt = at
        while Self.isPlain(at.pointee), at.pointee != first { at += 1 }
        userCount = at - userAt
      case .item:
        itemAt = at
        while Self.isPlain(at.pointee), at.pointee != first { at += 1 }
        itemCount = at - itemAt
      case .rating:
        var digits: Int32 = 0
        var count = 0
        while isDigit(at.pointee), count < 8 {
          digits = digits &* 10 &+ Int32(at.pointee &- 0x30)
          at += 1
          count += 1
        }
        var scale = 0
        if at.pointee == 0x2E {
          at += 1
          while isDigit(at.pointee), count < 8 {
            digits = digits &* 10 &+ Int32(at.pointee &- 0x30)
            at += 1
            count += 1
            scale += 1
          }
        }
        guard count > 0, count < 8 else { return nil }
        rating = Float(digits)
        if scale > 0 { rating /= Self.powers[scale] }
      case .time:
        let digits = at
        while isDigit(at.pointee) {
          time = time &* 10 &+ Int64(at.pointee &- 0x30)
          at += 1
        }
        guard at > digits, at - digits <= 18 else { return nil }
        time = wholeSeconds(time)
      case nil:
        while Self.isPlain(at.pointee), at.pointee != first { at += 1 }
      }
      if at.pointee == first {
        guard second == 0 || at[1] == second else { return nil }
        if field < last { at += second == 0 ? 1 : 2 }
      } else {
        guard field == last, at.pointee == 10 || (at.pointee == 13 && at[1] == 10) else {
          return nil
        }
      }
    }
    guard userCount > 0, itemCount > 0 else { return nil }
    if at.pointee != 10 {
      guard let newline = memchr(at, 10, Int.max) else { return nil }
      at = UnsafePointer(newline.assumingMemoryBound(to: UInt8.self))
    }
    batch.append(users.intern(userAt, userCount), items.intern(itemAt, itemCount), rating, time)
    return at + 1
  }

  /// Printable ASCII but the quote and the blank.
  @inline(__always)
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F && byte != 0x22
  }

  private static let powers: [Float] = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7]

  mutating func parse(
    _ line: UnsafeBufferPointer<UInt8>, _ batch: RowBatch, _ users: IDTable, _ items: IDTable
  ) -> RowFault? {
    guard let fields = splitFields(line, by: layout.delimiter, quotes: layout.quotes) else {
      return "a quoted field does not end on its line"
    }
    guard fields.count >= layout.needed else {
      let found = "\(fields.count) field\(fields.count == 1 ? "" : "s")"
      return "has \(found) where \(layout.needed) or more are needed"
    }
    var (user, item): ([UInt8], [UInt8]) = ([], [])
    var rating: Float = 1
    var time: Int64 = 0
    for (field, role) in zip(fields, roles) {
      switch role {
      case .user, .item:
        guard !field.isEmpty else { return "an id is empty" }
        guard let id = encoding.text(field) else {
          let isText = encoding == .latin1 || String(validating: field, as: UTF8.self) != nil
          return
            "the id '\(shown(field))' \(isText ? "holds a control character" : "is no UTF-8 text")"
        }
        if role == .user { user = id } else { item = id }
      case .rating:
        guard let number = parseNumber(field) else {
          return .noRating(field)
        }
        rating = number
      case .time:
        guard let seconds = parseTime(field) else {
          return .noTime(field)
        }
        time = seconds
      case nil: continue
      }
    }
    batch.append(users.intern(user), items.intern(item), rating, time)
    return nil
  }
}
