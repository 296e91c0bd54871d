// When is a time that somebody writes by hand?

/// The seconds since 1970 of a time in any of the forms that logs have, such as `2005-09-06`,
/// `2005-09-06T12:30+02:00` (UTC without an offset) or `1125999000`; nil for other text.
public func secondsSince1970(_ text: String) -> Int64? { parseTime(Array(text.utf8)) }
