// Which interactions do adjacency lines, counted lists, Netflix Prize files and dense matrices hold?

/// LightGCN's lines `user item item ...`; a user alone has no interactions.
struct AdjacencyParser: LineParser {
  let decoder: TextDecoder
  var remarks: [String] { decoder.remarks }

  mutating func parse(
    _ line: UnsafeBufferPointer<UInt8>, _ batch: RowBatch, _ users: IDTable, _ items: IDTable
  ) -> RowFault? {
    let (ids, fault) = idsBetweenBlanks(line, decoder)
    if let fault { return fault }
    guard ids.count > 1, let first = ids.first else { return nil }
    let user = users.intern(first)
    for id in ids.dropFirst() { batch.append(user, items.intern(id), 1, 0) }
    return nil
  }
}

/// CiteULike's lines `count item item ...`, a line a user; users are numbered from 0.
struct ListsParser: LineParser {
  let decoder: TextDecoder
  var remarks: [String] { decoder.remarks }
  private var line = 0

  init(decoder: TextDecoder) { self.decoder = decoder }

  mutating func parse(
    _ line: UnsafeBufferPointer<UInt8>, _ batch: RowBatch, _ users: IDTable, _ items: IDTable
  ) -> RowFault? {
    defer { self.line += 1 }
    let (ids, fault) = idsBetweenBlanks(line, decoder)
    if let fault { return fault }
    guard let count = ids.first else { return nil }
    guard Int(String(decoding: count, as: UTF8.self)) == ids.count - 1 else {
      return "has \(ids.count - 1) items where it counts '\(shown(count))'"
    }
    guard ids.count > 1 else { return nil }
    let user = users.intern(Array(String(self.line).utf8))
    for id in ids.dropFirst() { batch.append(user, items.intern(id), 1, 0) }
    return nil
  }
}

/// The fields of a line between blanks or tabs, up to one that is no text.
private func idsBetweenBlanks(_ line: UnsafeBufferPointer<UInt8>, _ decoder: TextDecoder) -> (
  ids: [[UInt8]], fault: RowFault?
) {
  var ids: [[UInt8]] = []
  for field in line.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 }) {
    guard let id = decoder.text(field) else {
      return (ids, "the id '\(shown(field))' \(decoder.fault(Array(field)))")
    }
    ids.append(id)
  }
  return (ids, nil)
}

/// The Netflix Prize's `movie:` lines, each followed by rows of a user with or without a rating and a date.
struct NetflixParser: LineParser {
  /// Which of rating and date follow the user.
  private let roles: [ColumnRole]
  let decoder: TextDecoder
  var remarks: [String] { decoder.remarks }
  private var item: [UInt8]?

  var columns: RowColumns {
    RowColumns(ratings: roles.contains(.rating), times: roles.contains(.time))
  }

  /// Told by the first row: of two fields the second is a date where it is no number, as in `qualifying.txt`.
  init(_ lines: [[UInt8]], decoder: TextDecoder) {
    let row = lines.first { $0.last != 0x3A } ?? []
    let fields = row.split(separator: 0x2C, omittingEmptySubsequences: false)
    switch fields.count {
    case 1: roles = []
    case 2: roles = parseNumber(Array(fields[1])) == nil ? [.time] : [.rating]
    default: roles = [.rating, .time]
    }
    self.decoder = decoder
  }

  mutating func parse(
    _ line: UnsafeBufferPointer<UInt8>, _ batch: RowBatch, _ users: IDTable, _ items: IDTable
  ) -> RowFault? {
    if line.last == 0x3A {
      guard line.count > 1, let id = decoder.text(line.dropLast()) else { return "names no movie" }
      item = id
      return nil
    }
    guard let item else { return "comes before any line 'movie:'" }
    let fields = splitFields(line, by: [0x2C], .none) ?? []
    guard fields.count == roles.count + 1 else {
      let needed = (["user"] + roles.map(\.rawValue)).joined(separator: ", ")
      return "has \(fields.count) fields where \(roles.count + 1) are needed (\(needed))"
    }
    guard !fields[0].isEmpty, let user = decoder.text(fields[0]) else { return "an id is empty" }
    var rating: Float = 1
    var time: Int64 = 0
    for (role, field) in zip(roles, fields.dropFirst()) {
      if role == .rating {
        guard let number = parseNumber(field) else {
          return "rating '\(shown(field))' is not a number"
        }
        rating = number
      } else {
        guard let seconds = parseTime(field) else {
          return "time '\(shown(field))' is neither seconds since 1970 nor a date"
        }
        time = seconds
      }
    }
    batch.append(users.intern(user), items.intern(item), rating, time)
    return nil
  }
}

/// Rows of a dense matrix: `missing` (or an empty field) is no rating.
struct MatrixParser: LineParser {
  let delimiter: [UInt8]
  let missing: Float
  private var row = 0
  private var columns: Int?

  init(delimiter: [UInt8], missing: Float) {
    self.delimiter = delimiter
    self.missing = missing
  }

  mutating func parse(
    _ line: UnsafeBufferPointer<UInt8>, _ batch: RowBatch, _ users: IDTable, _ items: IDTable
  ) -> RowFault? {
    row += 1
    // A record of blanks alone is a row without numbers.
    guard line.contains(where: { $0 != 0x20 }) else { return nil }
    let fields = splitFields(line, by: delimiter, .none) ?? []
    if let columns, fields.count != columns {
      return "has \(fields.count) numbers where the rows before have \(columns)"
    }
    var ratings: [(item: Int, value: Float)] = []
    for (index, field) in fields.enumerated() where !field.isEmpty {
      guard let value = parseNumber(field) else {
        return "number \(index + 1), '\(shown(field))', is not a number"
      }
      if value != missing { ratings.append((index + 1, value)) }
    }
    if columns == nil {
      columns = fields.count
      for item in 1...fields.count { _ = items.intern(item) }
    }
    guard !ratings.isEmpty else { return nil }
    let user = users.intern(row)
    for (item, value) in ratings { batch.append(user, items.intern(item), value, 0) }
    return nil
  }
}
