// Which dates have their parts in another order, and which command turns them?

/// Dates whose year comes last or has two digits, as in `13/01/2020`, `1/13/20`, `09 13, 2009`, `12-Jan-20` and
/// `13012020`.
struct TurnedDates {
  private let example: [UInt8]
  private let dates: [DateParts]

  /// Nil where not all of some fields are such dates, or one can be read as it is.
  init?(_ fields: [[UInt8]]) {
    let fields = fields.filter { !trimmed($0).isEmpty }
    dates = fields.compactMap { DateParts(trimmed($0)[...]) }
    guard let first = dates.first, dates.count == fields.count,
      dates.allSatisfy({ $0.hasFormOf(first) }),
      first.isWholeNumber || !fields.contains(where: { parseTime($0) != nil })
    else { return nil }
    example = fields[0]
    // 23-12-31 may begin with the year or with the day.
    let mayBeTurned = first.hasShortYear && !first.hasName
    guard !mayBeTurned || reaches(32, 0) || reaches(13, 1) || reaches(32, 2) else { return nil }
  }

  /// Whether all of some fields look like such dates, with a year of four digits or between slashes.
  static func mayBe(_ fields: [[UInt8]]) -> Bool {
    let dates = fields.map { DateParts(trimmed($0)[...]) }
    return !dates.isEmpty
      && dates.allSatisfy { date in
        date.map { ($0.marks == ["/", "/"] || !$0.hasShortYear) && !$0.isWholeNumber } == true
      }
  }

  private var form: DateParts { dates[0] }
  private var isYearFirst: Bool { form.hasShortYear && !form.hasName && reaches(32, 0) }

  /// Whether a part is ever this much.
  private func reaches(_ number: Int, _ part: Int) -> Bool {
    dates.contains { $0.numbers[part] >= number }
  }

  /// Whether the day comes before the month; nil where both may.
  private var isDayFirst: Bool? {
    if isYearFirst || reaches(13, 1) { return false }
    return form.hasName || form.marks[0].hasPrefix(".") || reaches(13, 0) ? true : nil
  }

  /// Such as `dates such as '13/01/2020', in which the day comes first`.
  var description: String {
    let order =
      isDayFirst.map { "the \(isYearFirst ? "year" : $0 ? "day" : "month") comes first" }
      ?? "day or month comes first (\(form.isWholeNumber ? "2:4 before 0:2" : "\\3-\\2-\\1") in this line where it is"
      + " the day)"
    let year = isYearFirst ? ", of two digits" : " and the last part is the year, of two digits"
    return "dates such as '\(shown(example))', in which \(order)\(form.hasShortYear ? year : "")"
  }

  /// Where year, month and day stand in dates of eight digits, which only look at a column of their own: an id may
  /// have as many.
  var digits: [String]? {
    guard form.isWholeNumber else { return nil }
    return isDayFirst == true ? ["4:8", "2:4", "0:2"] : ["4:8", "0:2", "2:4"]
  }

  /// What `sed -E` takes to turn them.
  var script: String {
    let number = "([0-9]{1,2})"
    let turned =
      form.hasName
      ? "\\1-\\2-YEAR\\3"
      : isYearFirst ? "YEAR\\1-\\2-\\3" : isDayFirst == true ? "YEAR\\3-\\2-\\1" : "YEAR\\3-\\1-\\2"
    let marks = form.marks.map { mark in
      mark.map { "/ ,".contains($0) ? "\($0)" : "[\($0)]" }.joined()
    }
    let years =
      form.hasShortYear
      ? [(0..<70, "([0-6][0-9])\\b", "20"), (70..<100, "([7-9][0-9])\\b", "19")].filter { years in
        dates.contains { years.0.contains($0.numbers[isYearFirst ? 0 : 2]) }
      } : [(0..<9999, "([0-9]{4})", "")]
    return years.map { _, year, century in
      let parts =
        isYearFirst
        ? [year.replacing("\\b", with: ""), number, number + "\\b"]
        : [number, form.hasName ? "([[:alpha:]]+)" : number, year]
      return "s#\\b\(parts[0])\(marks[0])\(parts[1])\(marks[1])\(parts[2])"
        + "#\(turned.replacing("YEAR", with: century))#g"
    }.joined(separator: "; ")
  }
}

/// Day, month and year of a date in some order, and what is between them.
private struct DateParts {
  private(set) var numbers: [Int] = []
  private(set) var marks: [String] = []
  private(set) var hasName = false
  private(set) var hasShortYear = false

  func hasFormOf(_ other: DateParts) -> Bool {
    marks == other.marks && hasName == other.hasName && hasShortYear == other.hasShortYear
  }

  /// Whether there is nothing between them.
  var isWholeNumber: Bool { marks == ["", ""] }

  /// A date of eight digits; nil where its last four are no year of now, or its first are one.
  private init?(digits: ArraySlice<UInt8>) {
    let parts = [digits.prefix(2), digits.dropFirst(2).prefix(2), digits.dropFirst(4)]
    numbers = parts.compactMap { Int(String(decoding: $0, as: UTF8.self)) }
    marks = ["", ""]
    guard digits.count == 8, digits.allSatisfy(isDigit), (1900...2099).contains(numbers[2]),
      parseDigits(Array(digits)) == nil, (1...31).contains(numbers[0]),
      (1...31).contains(numbers[1]), numbers[0] < 13 || numbers[1] < 13
    else { return nil }
  }

  /// Reads up to the year; nil where these are no such parts.
  init?(_ field: ArraySlice<UInt8>) {
    if let date = DateParts(digits: field) {
      self = date
      return
    }
    var rest = field
    for part in 0..<3 {
      let digits = rest.prefix(while: isDigit)
      let name = rest.prefix { (0x61...0x7A).contains($0 | 0x20) }
      if part == 1, DateWords.month(String(decoding: name, as: UTF8.self).lowercased()) != nil {
        (hasName, rest) = (true, rest.dropFirst(name.count))
        numbers.append(0)
      } else {
        guard let number = Int(String(decoding: digits, as: UTF8.self)),
          digits.count <= 2 || part == 2 && digits.count == 4
        else { return nil }
        numbers.append(number)
        rest = rest.dropFirst(digits.count)
        hasShortYear = part == 2 && digits.count == 2
      }
      guard part < 2 else { continue }
      let mark = rest.prefix { "/.-, ".utf8.contains($0) }
      guard (1...2).contains(mark.count) else { return nil }
      marks.append(String(decoding: mark, as: UTF8.self))
      rest = rest.dropFirst(mark.count)
    }
    // A time of day may stand behind.
    guard hasShortYear || (1900...2099).contains(numbers[2]) && numbers[0] < 32 && numbers[1] < 32,
      marks.contains(where: { $0 != " " }) || hasName,
      rest.first.map({ "T ,:.".utf8.contains($0) }) ?? true
    else { return nil }
  }
}
