// What is wrong with a source, and where?

import Interchange

/// A source that cannot be read, with file, line and what to do.
public struct SourceError: CategorisedError {
  public let category: FailureCategory
  public let description: String

  init(_ category: FailureCategory, _ description: String) {
    self.category = category
    self.description = description
  }
}

/// What is wrong with a row.
struct RowFault: ExpressibleByStringInterpolation {
  let reason: String
  /// Whether a rating or a time is none.
  var isOfValue = false

  init(stringLiteral reason: String) { self.reason = reason }

  private init(value reason: String) { (self.reason, isOfValue) = (reason, true) }

  static func noRating(_ field: some Sequence<UInt8>) -> RowFault {
    RowFault(value: "rating '\(shown(field))' is not a number")
  }

  static func noTime(_ field: some Sequence<UInt8>) -> RowFault {
    RowFault(value: "time '\(shown(field))' is neither seconds since 1970 nor a date")
  }
}

/// Bad rows met in all sources of a run: the first beyond those tolerated is an error.
public final class BadRows {
  public let tolerated: Int
  public private(set) var count = 0
  /// The first bad row, described.
  public private(set) var first: String?

  public init(tolerated: Int) { self.tolerated = tolerated }

  /// Counts a bad row; throws `SourceError` when there are too many.
  func note(_ source: String, line: Int, _ fault: RowFault) throws {
    let text = "\(source): line \(line): \(fault.reason)"
    if first == nil { first = text }
    count += 1
    guard count <= tolerated else {
      // A number that is none in the first row is more likely a column taken for another than a bad row.
      let advice =
        count == 1 && line <= 2 && fault.isOfValue
        ? "say what the columns hold, as in --columns user=1,item=2,rating=none,time=none, or fix it"
        : "fix it or tolerate some with --skip-bad N"
      throw SourceError(.badData, "\(text); \(advice)")
    }
  }
}

/// A field fit to be shown inside a one-line message: at most 40 bytes, control characters replaced.
func shown(_ field: some Sequence<UInt8>) -> String {
  let bytes = Array(field.prefix(41))
  var text = ""
  for scalar in String(decoding: bytes.prefix(40), as: UTF8.self).unicodeScalars {
    text.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? "\u{FFFD}" : scalar)
  }
  return bytes.count > 40 ? text + "..." : text
}
