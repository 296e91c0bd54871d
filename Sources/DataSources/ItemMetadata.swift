// What are items called, and which categories do they belong to?

/// Titles and categories by item id.
public struct ItemMetadata: Sendable {
  public private(set) var titles: [String: String] = [:]
  public private(set) var categories: [String: [String]] = [:]

  public init() {}

  /// Adds a file: `movieId,title,genres` with a header, `id::title::genres`, MovieLens' `u.item`, or
  /// rows of item and category.
  ///
  /// Text that is not UTF-8 is taken as ISO-8859-1. Throws `SourceError`.
  public mutating func read(_ source: ByteStream) throws {
    let text = Self.text(try source.readAll())
    var lines = text.split(whereSeparator: \.isNewline).map(String.init)
    guard let first = lines.first else {
      throw SourceError(.badData, "\(source.name): is empty; it should list items")
    }
    let delimiter = ["::", "\t", "|", ",", ";"].first { first.contains($0) } ?? ","
    let header = first.fields(delimiter).map { $0.lowercased() }
    let hasHeader =
      header.contains("title") || header.contains("genres") || header.contains("category")
    if hasHeader { lines.removeFirst() }
    for (number, line) in lines.enumerated() {
      let fields = line.fields(delimiter)
      guard fields.count >= 2, !fields[0].isEmpty else {
        throw SourceError(
          .badData,
          "\(source.name): line \(number + (hasHeader ? 2 : 1)) has too few fields; it needs an item"
            + " and a title or category")
      }
      if delimiter == "|", fields.count >= 24 {
        titles[fields[0]] = fields[1]
        let flags = fields.suffix(19)
        categories[fields[0]] = zip(Self.genres, flags).filter { $1 == "1" }.map(\.0)
      } else if fields.count >= 3, delimiter != "\t" {
        titles[fields[0]] = fields[1]
        categories[fields[0]] = fields[2].split(separator: "|").map(String.init)
          .filter { $0 != "(no genres listed)" }
      } else {
        categories[fields[0], default: []].append(fields[1])
      }
    }
  }

  /// The 19 genres of MovieLens 100K in the order of `u.item`'s flags.
  private static let genres = [
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary",
    "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi",
    "Thriller",
    "War", "Western",
  ]

  static func text(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    var text = ""
    text.unicodeScalars.append(contentsOf: bytes.map { Unicode.Scalar($0) })
    return text
  }
}
