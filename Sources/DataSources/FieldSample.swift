// What do columns hold, by the fields of their first rows?

/// Fields of the first rows, to tell by what they hold what they mean.
struct FieldSample {
  private let rows: [[[UInt8]]]

  init(_ rows: some Sequence<[[UInt8]]>) { self.rows = Array(rows) }

  func column(_ place: Int) -> [[UInt8]] { rows.map { $0[place] } }

  /// Whether there are rows, all with a number here.
  func isNumeric(_ place: Int) -> Bool {
    !rows.isEmpty && column(place).allSatisfy { parseNumber($0) != nil }
  }

  private static func isDate(_ field: [UInt8]) -> Bool {
    parseNumber(field) == nil && !isBeyondFloats(field) && parseTime(field) != nil
  }

  /// Whether there are rows, all with a date here.
  func isDate(_ place: Int) -> Bool {
    !rows.isEmpty && column(place).allSatisfy(Self.isDate)
  }

  /// Whether all are dates or numbers that are times of a log.
  private func isTime(_ place: Int) -> Bool {
    isDate(place)
      || !rows.isEmpty
        && column(place).allSatisfy { field in
          field.count >= 9 && field.first != 0x30 && !Self.isDate(field)
            && parseTime(field).map(logTimes.contains) == true
        }
  }

  /// Whether these are times rather than ids: dates, or other times that hardly repeat where no other column has any.
  private func isTimeAmongIDs(_ place: Int) -> Bool {
    if isDate(place) { return true }
    let others = (rows.first?.indices ?? 0..<0).contains { $0 != place && isTime($0) }
    return isTime(place) && !others && rows.count > 2 && distinct(place) * 4 > rows.count * 3
  }

  /// Whether this is a small number with a sign or a fraction.
  private static func isNoTime(_ field: [UInt8]) -> Bool {
    parseNumber(field).map { $0.magnitude < 1e8 && ($0 < 0 || $0 != $0.rounded()) } ?? false
  }

  /// Whether fields of a column come more than once, by its name.
  func comesAgain(in names: [String]) -> (String) -> Bool {
    { name in names.firstIndex(of: name).map { distinct($0) < rows.count } ?? false }
  }

  private func distinct(_ place: Int) -> Int { Set(column(place)).count }
  /// Whether there are rows, all without anything here.
  func isAlwaysEmpty(_ place: Int) -> Bool {
    !rows.isEmpty && column(place).allSatisfy(\.isEmpty)
  }

  /// Ratings of which some are whole, or of several digits, and others have three digits behind each point as marks
  /// of thousands would.
  func doubt(_ rating: Int) -> String? {
    let pointed = column(rating).filter { $0.contains(0x2E) }
    guard let example = pointed.first,
      pointed.count < rows.count || pointed.contains(where: { $0.prefix(2).allSatisfy(isDigit) }),
      pointed.allSatisfy({ field in
        let parts = field.split(separator: 0x2E, omittingEmptySubsequences: false)
        return parts.count == 2 && (1...3).contains(parts[0].count) && parts[0].first != 0x30
          && parts[1].count == 3 && parts.joined().allSatisfy(isDigit)
      })
    else { return nil }
    return "ratings such as '\(shown(example))' were read with a decimal point; take it out where"
      + " it marks thousands"
  }

  /// A column that tells what was liked, where no rating is read and not all rows say the same.
  func passedVerdict(in names: [String]) -> String? {
    let found = names.indices.lazy.compactMap { place in
      Verdict(column(place), called: names[place]).map { (place, $0) }
    }.first
    guard let (place, verdict) = found else { return nil }
    return verdict.doubt("rows", names[place], columns: "rating=\(place + 1)")
  }

  /// Positions with the column of dates for times where the one named so has times of day alone.
  func withDates(_ positions: [ColumnRole: Int], _ said: ColumnSelection, _ names: [String])
    -> [ColumnRole: Int]
  {
    guard said.references[.time] == nil, let time = positions[.time], !rows.isEmpty,
      column(time).allSatisfy({ $0.contains(0x3A) && parseTime($0) == nil }),
      let day = names.indices.first(where: {
        $0 != time && ColumnRole.time.isNamed(names[$0]) && isDate($0)
      })
    else { return positions }
    return positions.merging([.time: day]) { $1 }
  }

  /// Whether all are such as `14:05:00`.
  private func isTimeOfDay(_ place: Int) -> Bool {
    !rows.isEmpty
      && column(place).allSatisfy { field in
        field.contains(0x3A) && field.allSatisfy { isDigit($0) || $0 == 0x3A || $0 == 0x2E }
      }
  }

  /// Whether fields stand in brackets.
  private func isList(_ place: Int) -> Bool {
    let fields = belowFirst(place)
    return !fields.isEmpty && fields.allSatisfy { $0.first == 0x5B }
  }

  /// A column without its first field, which may be a header of unknown words.
  private func belowFirst(_ place: Int) -> [[UInt8]] {
    column(place).suffix(max(rows.count - 1, 1))
  }

  private func isEverEmpty(_ place: Int) -> Bool { rows.contains { $0[place].isEmpty } }

  /// Whether all are numbers of at most four decimals, not all equal, as ratings and counts are.
  private func mayBeRating(_ place: Int) -> Bool {
    isNumeric(place) && distinct(place) > 1
      && column(place).allSatisfy { field in
        (parseNumber(field)?.magnitude ?? .infinity) < 100_000
          && (field.firstIndex(of: 0x2E).map { field.count - $0 - 1 } ?? 0) <= 4
      }
  }

  /// Whether all are whole or half numbers of 0 to 10.
  private func isScale(_ place: Int) -> Bool {
    column(place).allSatisfy { field in
      parseNumber(field).map { (0...10).contains($0) && ($0 * 2).rounded() == $0 * 2 } == true
    }
  }

  /// Whether numbers of a scale stand where ids are expected, in no order, as ratings do.
  private func isScaleAmongIDs(_ place: Int) -> Bool {
    guard rows.count > 19, mayBeRating(place), isScale(place) else { return false }
    let numbers = column(place).compactMap(parseNumber)
    return zip(numbers, numbers.dropFirst()).contains { $0 > $1 }
  }

  /// Whether these are more numbers than a scale of ratings has.
  private func isBeyondScale(_ place: Int) -> Bool {
    mayBeRating(place) && !isScale(place) && distinct(place) > 10
  }

  /// The column of ratings: the only one of a rating scale, or the only one of numbers before the time.
  private func rating(behind item: Int, _ time: Int?) -> Int? {
    guard let width = rows.first?.count else { return nil }
    let numbers = ((item + 1)..<width).filter { $0 != time && mayBeRating($0) }
    let scales = numbers.filter(isScale)
    if scales.count == 1 { return scales[0] }
    let before = numbers.filter { place in time.map { place < $0 || $0 < item } ?? true }
    return before.count == 1 && scales.isEmpty ? before[0] : nil
  }

  /// Whether the first column counts the rows.
  private var countsRows: Bool {
    guard rows.count > 3 else { return false }
    let numbers = column(0).map { Int(String(decoding: $0, as: UTF8.self)) }
    guard let first = numbers[0], (0...1).contains(first) else { return false }
    return numbers.enumerated().allSatisfy { $1 == first + $0 }
  }

  /// Roles by what the columns hold, to be typed after `--columns`.
  func suggestion() -> String {
    let places = rows.first?.indices ?? 0..<0
    let times = places.filter { $0 < 2 ? isTimeAmongIDs($0) : isTime($0) }
    let time = times.first(where: isDate) ?? times.last
    var keys = places.filter { place in
      !times.contains(place) && !isEverEmpty(place) && !isList(place)
        && !isTimeOfDay(place)
        && !column(place).contains { parseNumber($0) != nil && $0.contains(0x2E) }
    }
    if countsRows, keys.count > 2 { keys.removeAll { $0 == 0 } }
    // Few numbers of a scale before words are ratings.
    let words = keys.filter { place in
      distinct(place) > 1 && !column(place).contains { parseNumber($0) != nil }
    }
    var scale = keys.first == 0 && isScale(0) && mayBeRating(0) && words.count > 1 ? 0 : nil
    if scale != nil { keys = words }
    // So are those that come before numbers beyond any scale, or before a log's first users in order.
    if let odd = keys.prefix(2).first(where: isScaleAmongIDs),
      keys.count(where: { !isScaleAmongIDs($0) }) > 1
    {
      scale = odd
      keys.removeAll { $0 == odd }
    }
    // Where the ids are of a scale too, nothing tells which column is the rating.
    if scale == nil, keys.prefix(2).contains(where: isScaleAmongIDs),
      keys.dropFirst(2).contains(where: isBeyondScale)
    {
      return "user=N,item=N,time=\(time.map { "\($0 + 1)" } ?? "none"),rating=N"
    }
    let user = keys.first
    let item = keys.dropFirst().first { distinct($0) > 1 } ?? keys.dropFirst().first
    let rating = scale ?? item.flatMap { self.rating(behind: $0, time) }
    return [("user", user), ("item", item), ("time", time), ("rating", rating)].map { role, place in
      let isNeeded = role == "user" || role == "item"
      return "\(role)=\(place.map { "\($0 + 1)" } ?? (isNeeded ? "N" : "none"))"
    }.joined(separator: ",")
  }

  /// Throws `SourceError` where columns that were told by their place alone hold something else.
  func refuseImplausible(
    _ positions: [ColumnRole: Int], _ said: ColumnSelection, line: Int, _ source: String
  ) throws {
    let guessed = rows.isEmpty ? [:] : positions.filter { said.references[$0.key] == nil }
    guard let what = implausibleIDs(guessed) ?? implausibleNumbers(guessed, beside: positions)
    else { return }
    throw SourceError(
      .badData,
      "\(source): line \(line): \(what); say which field holds what, as in --columns"
        + " \(suggestion())")
  }

  /// What users and items cannot be, in the columns guessed for them.
  private func implausibleIDs(_ guessed: [ColumnRole: Int]) -> String? {
    for role in [ColumnRole.user, .item] {
      guard let place = guessed[role] else { continue }
      if isDate(place) || TurnedDates.mayBe(belowFirst(place)) {
        return "field \(place + 1) is a date where \(role.withArticle) is expected"
      }
      if isTimeAmongIDs(place) {
        return "field \(place + 1) holds times such as '\(shown(rows[0][place]))' where"
          + " \(role.withArticle) is expected"
      }
      if isList(place), let list = rows.last?[place] {
        return "field \(place + 1) holds lists such as '\(shown(list))' where"
          + " \(role.withArticle) is expected"
      }
    }
    return nil
  }

  /// What ratings and times cannot be, in the columns guessed for them.
  private func implausibleNumbers(
    _ guessed: [ColumnRole: Int], beside positions: [ColumnRole: Int]
  ) -> String? {
    if let rating = guessed[.rating], isTime(rating) {
      return "field \(rating + 1) holds times such as '\(shown(rows[0][rating]))' where ratings are"
        + " expected"
    }
    // A user for each row, and where ratings or times belong something else.
    if guessed[.user] == 0, countsRows, let third = guessed[.rating], isNumeric(third),
      !isScale(third)
    {
      return "field 1 counts the rows where a user is expected"
    }
    if let third = guessed[.rating], isBeyondScale(third),
      let (role, place) = [ColumnRole.user, .item].lazy.compactMap({ role in
        guessed[role].map { (role, $0) }
      }).first(where: { isScaleAmongIDs($0.1) })
    {
      return "field \(place + 1) holds numbers such as '\(shown(rows[0][place]))' where"
        + " \(role.withArticle) is expected, and field \(third + 1) numbers beyond them where ratings are"
    }
    guard let time = guessed[.time] else { return nil }
    if let odd = column(time).first(where: Self.isNoTime)
      ?? (rows.count > 2 && distinct(time) > 1 && isScale(time) ? rows[0][time] : nil)
    {
      return "field \(time + 1) holds numbers such as '\(shown(odd))' where times are expected"
    }
    let taken = Set(positions.values)
    if !isTime(time),
      let other = (rows.first?.indices ?? 0..<0).first(where: { !taken.contains($0) && isTime($0) })
    {
      return "field \(other + 1) holds times such as '\(shown(rows[0][other]))', but field"
        + " \(time + 1) would be read as such"
    }
    // A row for each user, with few other ids and small numbers for times, describes users.
    if let user = guessed[.user], let item = guessed[.item],
      rows[0].count > 4, rows.count > 2, distinct(time) > 1, distinct(user) == rows.count,
      distinct(item) < rows.count,
      positions[.rating].map(isNumeric) ?? true,
      column(time).allSatisfy({ (parseNumber($0)?.magnitude ?? .infinity) < 1e8 })
    {
      return "field \(time + 1) holds numbers such as '\(shown(rows[0][time]))' where times are"
        + " expected"
    }
    return nil
  }

  /// Throws `SourceError` where a column of that name holds times in place of ratings, or a mark for none in place
  /// of most users or items; `other` is another column for the role, as it is said.
  func refuseEmpty(
    _ positions: [ColumnRole: Int], _ said: ColumnSelection, line: Int, _ source: String,
    other: (ColumnRole) -> String?
  ) throws {
    for role in [ColumnRole.user, .item] {
      guard let place = positions[role] else { continue }
      let marks = column(place).filter(IDTable.isMarkOfNone)
      guard let mark = marks.first, marks.count * 2 > rows.count else { continue }
      throw SourceError(
        .badData,
        "\(source): line \(line): field \(place + 1) is '\(shown(mark))' in most rows where"
          + " \(role.withArticle) is expected; leave those rows out, or say another column, as in --columns"
          + " \(role.rawValue)=\(other(role) ?? "N")")
    }
    if said.references[.rating] == nil, let rating = positions[.rating], isTime(rating) {
      throw SourceError(
        .badData,
        "\(source): line \(line): field \(rating + 1) holds times such as"
          + " '\(shown(rows[0][rating]))' where ratings are expected; say another column, or --columns"
          + " rating=none")
    }
  }

  /// Why the first column holds items and the second users, in words, where it does: Amazon's products and reviewers, as
  /// in the ratings of 2018, or addresses of mail in the second alone.
  var itemsFirst: String? {
    guard let width = rows.first?.count, width >= 2, !rows.isEmpty else { return nil }
    if rows.allSatisfy({ $0[1].contains(0x40) && !$0[0].contains(0x40) }) {
      return "addresses of mail are users"
    }
    func isASIN(_ field: [UInt8]) -> Bool {
      field.count == 10
        && (field.starts(with: "B0".utf8) && field.allSatisfy(Self.isCapitalOrDigit)
          || field.dropLast().allSatisfy(isDigit) && (isDigit(field[9]) || field[9] == 0x58))
    }
    func isReviewer(_ field: [UInt8]) -> Bool {
      field.first == 0x41 && (10...30).contains(field.count)
        && field.allSatisfy(Self.isCapitalOrDigit)
    }
    return rows.allSatisfy { isASIN($0[0]) && isReviewer($0[1]) }
      ? "Amazon's products come before its reviewers" : nil
  }

  private static func isCapitalOrDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x5A).contains(byte)
  }
}
