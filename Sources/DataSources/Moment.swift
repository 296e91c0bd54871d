// When is a time that somebody writes by hand?

/// The seconds since 1970 of a time in any of the forms that logs have, such as `2005-09-06`,
/// `2005-09-06T12:30+02:00` (UTC without an offset), `1125999000` or `20050906`, which is no second of any log; nil for
/// other text.
public func secondsSince1970(_ text: String) -> Int64? {
  let field = Array(text.utf8)
  let seconds = parseTime(field)
  return seconds.map(logTimes.contains) == true ? seconds : parseDigits(field) ?? seconds
}
