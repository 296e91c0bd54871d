// What does a field of text mean?

import Glibc

/// A finite number, or nil. A comma before one or two last digits is a decimal one; before three it could part
/// thousands.
func parseNumber(_ field: [UInt8]) -> Float? {
  var field = field
  if let comma = field.firstIndex(of: 0x2C), (1...2).contains(field.count - comma - 1),
    field[(comma + 1)...].allSatisfy(isDigit), !field.contains(0x2E)
  {
    field[comma] = 0x2E
  }
  guard let first = field.first, first != 0x20,
    field.allSatisfy({ isDigit($0) || "+-.eE".utf8.contains($0) }),
    let value = Float(String(decoding: field, as: UTF8.self)), value.isFinite
  else { return nil }
  return value
}

/// Seconds since 1970: a number (a fraction is cut off), or a date with or without a time of day
/// (UTC unless an offset is given): `2005-09-06`, `2005/9/6 12`, `2005-09-06T12:30:00.5+02:00`,
/// `Tue Sep 06 12:30:00 +0000 2005`.
func parseTime(_ field: [UInt8]) -> Int64? {
  if let count = Int64(String(decoding: field, as: UTF8.self)) { return wholeSeconds(count) }
  if field.allSatisfy({ isDigit($0) || "+-.eE".utf8.contains($0) }),
    let count = Double(String(decoding: field, as: UTF8.self)), abs(count) < 1e18
  {
    return wholeSeconds(Int64(count.rounded(.down)))
  }
  return DateReader(field[...]).date() ?? DateReader(field[...]).dateOfC()
}

/// Midnight of a day that is written as a whole number, as in `20050906` or `20050906.0`.
func parseDay(_ field: [UInt8]) -> Int64? {
  let digits = field.suffix(2).elementsEqual(".0".utf8) ? field.dropLast(2) : field[...]
  guard digits.count == 8, digits.allSatisfy(isDigit) else { return nil }
  let parts = [digits.prefix(4), digits.dropFirst(4).prefix(2), digits.suffix(2)]
  guard digits.starts(with: "19".utf8) || digits.starts(with: "20".utf8) else { return nil }
  return DateReader(Array(parts.joined(separator: [0x2D]))[...]).date()
}

/// How times of a column are written.
enum TimeForm {
  /// Seconds, parts of seconds or dates.
  case usual
  /// Days as whole numbers.
  case days

  /// Days where all of some fields are such.
  init(_ sample: some Sequence<[UInt8]>) {
    let fields = Array(sample)
    self = !fields.isEmpty && fields.allSatisfy { parseDay($0) != nil } ? .days : .usual
  }

  func seconds(_ field: [UInt8]) -> Int64? { self == .days ? parseDay(field) : parseTime(field) }
}

/// Reads a date from its beginning.
private struct DateReader {
  private var rest: ArraySlice<UInt8>

  init(_ field: ArraySlice<UInt8>) { rest = field }

  private mutating func number(_ most: Int) -> Int64? {
    let digits = rest.prefix(while: isDigit)
    guard (1...most).contains(digits.count) else { return nil }
    rest = rest.dropFirst(digits.count)
    return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }

  private mutating func take(_ any: String) -> Bool {
    guard let next = rest.first, any.utf8.contains(next) else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func word(_ words: [String]) -> Int? {
    let found = words.firstIndex { rest.starts(with: $0.utf8) }
    if found != nil { rest = rest.dropFirst(3) }
    return found
  }

  /// A date and a time of day, as ISO 8601 has them.
  consuming func date() -> Int64? {
    guard let year = number(4), take("-/"), let month = number(2), take("-/"),
      let day = number(2), var seconds = midnight(year, month, day)
    else { return nil }
    if rest.isEmpty { return seconds }
    guard take(" T"), let hour = number(2), hour < 24 else { return nil }
    seconds += hour * 3600
    if rest.isEmpty { return seconds }
    guard take(":"), let minute = number(2), minute < 60 else { return nil }
    seconds += minute * 60
    if take(":") {
      guard let second = number(2), second <= 60 else { return nil }
      seconds += second
      if take(".") { guard number(12) != nil else { return nil } }
    }
    if rest.isEmpty || rest.elementsEqual("Z".utf8) || rest.elementsEqual(" UTC".utf8) {
      return seconds
    }
    _ = take(" ")
    guard let offset = offset(), rest.isEmpty else { return nil }
    return seconds - offset
  }

  /// A date as `ctime` has it, with or without an offset: `Tue Sep 06 12:30:00 +0000 2005`.
  consuming func dateOfC() -> Int64? {
    guard word(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]) != nil, take(" "),
      let month = word([
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
      ]), take(" ")
    else { return nil }
    _ = take(" ")
    guard let day = number(2), take(" "), let hour = number(2), hour < 24, take(":"),
      let minute = number(2), minute < 60, take(":"), let second = number(2), second <= 60,
      take(" ")
    else { return nil }
    var offset: Int64 = 0
    if let first = rest.first, !isDigit(first) {
      guard let found = self.offset(), take(" ") else { return nil }
      offset = found
    }
    guard let year = number(4), rest.isEmpty,
      let seconds = midnight(year, Int64(month + 1), day)
    else { return nil }
    return seconds + hour * 3600 + minute * 60 + second - offset
  }

  private func midnight(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64? {
    guard (1...12).contains(month), (1...daysOfMonth(month, year)).contains(day) else {
      return nil
    }
    return daysSince1970(year, month, day) * 86_400
  }

  /// Seconds before UTC of `+02`, `+0200` or `+02:00`.
  private mutating func offset() -> Int64? {
    let sign: Int64
    if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
    let digits = rest.prefix(while: isDigit).count
    guard digits == 2 || digits == 4, let zone = number(4) else { return nil }
    if digits == 4 { return sign * (zone / 100 * 3600 + zone % 100 * 60) }
    guard take(":") else { return sign * zone * 3600 }
    guard let minute = number(2) else { return nil }
    return sign * (zone * 3600 + minute * 60)
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
