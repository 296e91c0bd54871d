// When was what a field says?

/// Seconds since 1970: a number (a fraction is cut off), or a date with or without a time of day (UTC unless an
/// offset is given): `2005-09-06`, `2005/9/6 12`, `2005-09-06T12:30:00.5+02:00`, `20050906T123000Z`,
/// `6-Sep-2005 12:30 PM`, `Tue, 06 Sep 2005 12:30:00 GMT`, `Tue Sep 06 12:30:00 +0000 2005`, also in the words of
/// other languages. Where a day and a month are both numbers, the year comes first and has four digits.
func parseTime(_ field: [UInt8]) -> Int64? {
  let field = trimmed(field)
  if let count = Int64(String(decoding: field, as: UTF8.self)) { return wholeSeconds(count) }
  if field.allSatisfy({ isDigit($0) || "+-.eE".utf8.contains($0) }),
    let count = Double(String(decoding: field, as: UTF8.self)), abs(count) < 1e18
  {
    return wholeSeconds(Int64(count.rounded(.down)))
  }
  return DateReader(field[...]).seconds()
    ?? DateWords.plain(field[...]).flatMap { DateReader($0[...]).seconds() }
}

/// The time of a date that is written as a whole number, as in `20050906`, `20050906.0` or `20050906123000`.
func parseDigits(_ field: [UInt8]) -> Int64? {
  let digits = field.suffix(2).elementsEqual(".0".utf8) ? field.dropLast(2) : field[...]
  guard [8, 10, 12, 14].contains(digits.count), digits.allSatisfy(isDigit),
    digits.starts(with: "19".utf8) || digits.starts(with: "20".utf8)
  else { return nil }
  return DateReader(digits.prefix(8) + (digits.count > 8 ? [0x54] + digits.dropFirst(8) : []))
    .seconds()
}

/// Seconds of 1995 to 2037, within which logs of interactions lie.
public let logTimes: ClosedRange<Int64> = 788_918_400...2_145_916_799

/// How times of a column are written.
enum TimeForm {
  /// Seconds, parts of seconds or dates.
  case usual
  /// Dates as whole numbers.
  case digits

  /// Whole numbers where all of some fields are such.
  init(_ sample: some Sequence<[UInt8]>) {
    let fields = Array(sample)
    self = !fields.isEmpty && fields.allSatisfy { parseDigits($0) != nil } ? .digits : .usual
  }

  func seconds(_ field: [UInt8]) -> Int64? {
    self == .digits ? parseDigits(field) : parseTime(field)
  }
}

/// Reads a date from its beginning.
private struct DateReader {
  private var rest: ArraySlice<UInt8>

  init(_ field: ArraySlice<UInt8>) { rest = field }

  private static let weekdays = [
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
  ]
  private static let months = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
  ]

  /// A number of at most so many digits, or of just so many.
  private mutating func number(_ most: Int, exactly: Bool = false) -> Int64? {
    let digits = rest.prefix(while: isDigit)
    guard exactly ? digits.count == most : (1...most).contains(digits.count) else { return nil }
    rest = rest.dropFirst(digits.count)
    return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }

  /// The next so many digits, whatever follows.
  private mutating func digits(_ count: Int) -> Int64? {
    let digits = rest.prefix(count)
    guard digits.count == count, digits.allSatisfy(isDigit) else { return nil }
    rest = rest.dropFirst(count)
    return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }

  private mutating func take(_ any: String) -> Bool {
    guard let next = rest.first, any.utf8.contains(next) else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func skipBlanks() { while take(" ") {} }

  /// The place of the next word among names, of which three letters are enough.
  private mutating func name(of names: [String]) -> Int? {
    let word = rest.prefix { (0x61...0x7A).contains($0 | 0x20) }
    guard !word.isEmpty else { return nil }
    let text = String(decoding: word, as: UTF8.self).lowercased()
    let found = names.firstIndex { name in
      name == text || (text.count == 3 && name.hasPrefix(text))
    }
    if found != nil { rest = rest.dropFirst(word.count) }
    return found
  }

  consuming func seconds() -> Int64? {
    if name(of: Self.weekdays) != nil {
      _ = take(",")
      skipBlanks()
    }
    if let month = name(of: Self.months) { return monthFirst(Int64(month + 1)) }
    guard let midnight = basicDate() ?? yearFirst() ?? dayFirst() else { return nil }
    if rest.isEmpty { return midnight }
    _ = take(",")
    guard take("T :"), let clock = clock(), let offset = zone(), rest.isEmpty else { return nil }
    return midnight + clock - offset
  }

  /// `20050906` before a time of day.
  private mutating func basicDate() -> Int64? {
    guard rest.prefix(while: isDigit).count == 8, let year = digits(4), let month = digits(2),
      let day = digits(2)
    else { return nil }
    return midnight(year, month, day)
  }

  /// `2005-09-06` or `2005-Sep-06`, also with other marks or blanks.
  private mutating func yearFirst() -> Int64? {
    guard rest.prefix(while: isDigit).count == 4, let year = number(4), take("-/. "),
      let month = number(2) ?? name(of: Self.months).map({ Int64($0 + 1) }), take("-/. "),
      let day = number(2)
    else { return nil }
    return midnight(year, month, day)
  }

  /// `6-Sep-2005`, also with other marks.
  private mutating func dayFirst() -> Int64? {
    guard let day = number(2), take("-/ "), let month = name(of: Self.months), take("-/ "),
      let year = number(4, exactly: true)
    else { return nil }
    return midnight(year, Int64(month + 1), day)
  }

  /// What follows a month's name: `6, 2005 12:30` or, as `ctime` has it, `06 12:30:00 2005` with or without an offset.
  private mutating func monthFirst(_ month: Int64) -> Int64? {
    skipBlanks()
    guard let day = number(2) else { return nil }
    if take(",") || rest.dropFirst().prefix(while: isDigit).count == 4 {
      skipBlanks()
      guard let year = number(4, exactly: true), let midnight = midnight(year, month, day) else {
        return nil
      }
      if rest.isEmpty { return midnight }
      _ = take(",")
      guard take(" "), let clock = clock(), let offset = zone(), rest.isEmpty else { return nil }
      return midnight + clock - offset
    }
    guard take(" "), let clock = clock() else { return nil }
    skipBlanks()
    let offset = rest.first.map(isDigit) == true ? 0 : zone()
    skipBlanks()
    guard let offset, let year = number(4, exactly: true), rest.isEmpty,
      let midnight = midnight(year, month, day)
    else { return nil }
    return midnight + clock - offset
  }

  /// Seconds since midnight of `12`, `12:30`, `12.30`, `12:30:00.5`, `12:30 PM` or `123000`.
  private mutating func clock() -> Int64? {
    var parts: [Int64] = []
    if rest.prefix(while: isDigit).count > 2 {
      while parts.count < 3, rest.first.map(isDigit) == true {
        guard let part = digits(2) else { return nil }
        parts.append(part)
      }
    } else {
      let mark = rest.contains(0x3A) ? ":" : "."
      repeat {
        guard let part = number(2) else { return nil }
        parts.append(part)
      } while parts.count < 3 && take(mark)
    }
    if parts.count == 3, take(".,") { guard number(12) != nil else { return nil } }
    while parts.count < 3 { parts.append(0) }
    let half = rest.drop { $0 == 0x20 }.prefix(2).map { $0 & 0xDF }
    if half == Array("AM".utf8) || half == Array("PM".utf8) {
      guard (1...12).contains(parts[0]) else { return nil }
      parts[0] = parts[0] % 12 + (half[0] == 0x50 ? 12 : 0)
      skipBlanks()
      rest = rest.dropFirst(2)
    }
    guard parts[0] < 24, parts[1] < 60, parts[2] <= 60 else { return nil }
    return parts[0] * 3600 + parts[1] * 60 + parts[2]
  }

  private func midnight(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64? {
    guard (1...12).contains(month), (1...daysOfMonth(month, year)).contains(day) else {
      return nil
    }
    return daysSince1970(year, month, day) * 86_400
  }

  /// Seconds before UTC of nothing, `Z`, `UTC`, `GMT`, `+02`, `+0200`, `+02:00` or `GMT+0200`, the last ones with a
  /// place's name in brackets or not.
  private mutating func zone() -> Int64? {
    if rest.isEmpty || take("Z") { return 0 }
    skipBlanks()
    for name in ["UTC", "GMT"] where rest.starts(with: name.utf8) {
      rest = rest.dropFirst(3)
      if rest.isEmpty || rest.first == 0x20 { return 0 }
    }
    guard let offset = offset() else { return nil }
    let name = rest.drop { $0 == 0x20 }
    if name.first == 0x5B, name.last == 0x5D { rest = [] }
    if name.first == 0x28, name.last == 0x29 { rest = [] }
    return offset
  }

  private mutating func offset() -> Int64? {
    let sign: Int64
    if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
    let digits = rest.prefix(while: isDigit).count
    guard digits == 2 || digits == 4, let zone = number(4) else { return nil }
    let (hours, minutes) =
      digits == 4 ? (zone / 100, zone % 100) : (zone, take(":") ? number(2) ?? 60 : 0)
    guard hours < 24, minutes < 60 else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }
}

/// The seconds of a time since 1970 that may be counted in milli-, micro- or nanoseconds, which are told by
/// their size: 10^11 seconds would be the year 5138, as many milliseconds are 1973.
@inline(__always)
func wholeSeconds(_ count: Int64) -> Int64 {
  let size = count.magnitude
  if size < 100_000_000_000 { return count }
  let unit: Int64 =
    size < 100_000_000_000_000 ? 1000 : size < 100_000_000_000_000_000 ? 1_000_000 : 1_000_000_000
  // Rounded down before 1970, too.
  return count / unit - (count % unit < 0 ? 1 : 0)
}

private func daysOfMonth(_ month: Int64, _ year: Int64) -> Int64 {
  let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
}

/// Days since 1970-01-01 in the Gregorian calendar; years are counted from March, so that the leap day
/// comes last.
private func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
  let shifted = month > 2 ? year : year - 1
  let monthFromMarch = (month + 9) % 12
  let leapDays = shifted / 4 - shifted / 100 + shifted / 400
  // 719 468 days lie between 0000-03-01 and 1970-01-01.
  return shifted * 365 + leapDays + (monthFromMarch * 153 + 2) / 5 + day - 1 - 719_468
}

/// The day of a time in UTC, as in `2005-09-06`.
public func dayText(_ seconds: Int64) -> String {
  // Days since 0000-03-01; 400 years have 146 097 days.
  let days = Int64((Double(seconds) / 86_400).rounded(.down)) + 719_468
  let era = (days >= 0 ? days : days - 146_096) / 146_097
  let dayOfEra = days - era * 146_097
  let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let monthFromMarch = (5 * dayOfYear + 2) / 153
  let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
  let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
  return "\(year)-\(padded(month))-\(padded(day))"
}
