// How are the rows of a text source laid out?

/// The layout of delimited rows.
public struct Layout: Sendable, Equatable {
  /// The bytes between fields: `,`, a tab, `::`, `|` or `;`.
  public var delimiter: String
  public var hasHeader: Bool
  /// Positions of the fields, from 0; nil where there is none.
  public var user: Int
  public var item: Int
  public var rating: Int?
  public var time: Int?

  private static let userNames = ["user", "userid", "user_id", "uid", "u"]
  private static let itemNames = [
    "item", "itemid", "item_id", "movieid", "movie_id", "movie", "sid", "business_id", "iid", "i",
  ]
  private static let ratingNames = ["rating", "stars", "score", "r", "value"]
  private static let timeNames = ["timestamp", "time", "ts", "date", "unixtime"]

  /// Guesses the layout from the first line; `delimiter` and `header` override the guesses.
  ///
  /// Throws `SourceError` when the line has fewer than two fields or a header without known names.
  public init(firstLine: String, delimiter given: String?, header: Bool?, source: String) throws {
    delimiter = given ?? ["::", "\t", ",", ";", "|"].first { firstLine.contains($0) } ?? ","
    let fields = firstLine.fields(delimiter)
    guard fields.count >= 2 else {
      throw SourceError(
        .badData, "\(source): line 1 has one field where user and item are needed; say --delimiter")
    }
    let names = fields.map { $0.lowercased() }
    let looksNamed =
      names.contains { Self.userNames.contains($0) }
      && names.contains { Self.itemNames.contains($0) }
    hasHeader = header ?? looksNamed
    if hasHeader, looksNamed {
      user = names.firstIndex { Self.userNames.contains($0) } ?? 0
      item = names.firstIndex { Self.itemNames.contains($0) } ?? 1
      rating = names.firstIndex { Self.ratingNames.contains($0) }
      time = names.firstIndex { Self.timeNames.contains($0) }
    } else {
      user = 0
      item = 1
      rating = fields.count > 2 ? 2 : nil
      time = fields.count > 3 ? 3 : nil
    }
  }
}

extension String {
  /// The fields of a line, with RFC 4180 quotes undone where the delimiter is one character.
  func fields(_ delimiter: String) -> [String] {
    var result: [String] = []
    var field = ""
    var quoted = false
    var rest = Substring(self)
    while let character = rest.first {
      if quoted {
        rest.removeFirst()
        if character == "\"" {
          if rest.first == "\"" {
            field.append("\"")
            rest.removeFirst()
          } else {
            quoted = false
          }
        } else {
          field.append(character)
        }
      } else if rest.hasPrefix(delimiter) {
        result.append(field)
        field = ""
        rest.removeFirst(delimiter.count)
      } else {
        rest.removeFirst()
        if character == "\"", field.isEmpty, delimiter == "," || delimiter == ";" {
          quoted = true
        } else {
          field.append(character)
        }
      }
    }
    result.append(field)
    return result
  }
}
