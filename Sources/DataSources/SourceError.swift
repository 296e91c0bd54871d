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

  /// With more words behind.
  func following(_ words: String) -> SourceError { SourceError(category, description + words) }
}

/// What is wrong with a row.
struct RowFault: ExpressibleByStringInterpolation {
  let reason: String
  /// What to do where the first row has it: a column was taken for another.
  var advice: String?

  init(stringLiteral reason: String) { self.reason = reason }

  private init(_ reason: String, _ advice: String) { (self.reason, self.advice) = (reason, advice) }

  static func noRating(_ field: [UInt8], advice: String) -> RowFault {
    guard !isBeyondFloats(field) else {
      return
        "rating '\(shown(field))' is not between 1e-45 and 3e38 in size, as all that is kept is"
    }
    return isNone(field)
      ? RowFault(
        stringLiteral: "rating '\(shown(field))' is none (--columns rating=none leaves it"
          + " out of all)")
      : RowFault("rating '\(shown(field))' is not a number", advice)
  }

  static func noTime(_ field: [UInt8], advice: String) -> RowFault {
    isNone(field)
      ? RowFault(
        stringLiteral: "time '\(shown(field))' is none (--columns time=none leaves it out of all)")
      : RowFault("time '\(shown(field))' is neither seconds since 1970 nor a date", advice)
  }

  /// Whether a value is missing: the row is bad, not the column.
  private static func isNone(_ field: [UInt8]) -> Bool {
    trimmed(field).isEmpty || IDTable.isMarkOfNone(field)
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
      let advice = count == 1 && line <= 3 ? fault.advice : nil
      throw SourceError(
        .badData, "\(text); \(advice ?? "fix it or tolerate some with --skip-bad N")")
    }
  }
}

/// A field fit to be shown inside a one-line message: at most 40 bytes or as said, control characters replaced.
func shown(_ field: some Sequence<UInt8>, most: Int = 40) -> String {
  let bytes = Array(field.prefix(most + 1))
  var text = ""
  for scalar in String(decoding: bytes.prefix(most), as: UTF8.self).unicodeScalars {
    let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    text.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
  }
  return bytes.count > most ? text + "..." : text
}
