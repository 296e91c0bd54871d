// What are items called, and which categories do they belong to?

/// Titles and categories by item id.
public struct ItemMetadata: Sendable {
  public private(set) var titles: [String: String] = [:]
  public private(set) var categories: [String: [String]] = [:]

  public init() {}

  /// Adds a file, understood by its content:
  /// - a header with an item and a title, genre or category column (`movieId,title,genres`);
  /// - MovieLens' `u.item` (`|` and 19 flags) and `movies.dat` (`id::title::genres`);
  /// - the Netflix Prize's `movie_titles.txt` (`id,year,title`, the title with its commas);
  /// - rows of an item and a category, of which an item may have several; a third column is passed over.
  ///
  /// Text that is not UTF-8 is taken as ISO-8859-1. Throws `SourceError`.
  public mutating func read(_ source: ByteStream) throws {
    let bytes = try source.readAll()
    let encoding = bytes.withUnsafeBufferPointer { TextEncoding.auto.resolved($0) }
    var content = bytes[...]
    if content.starts(with: [0xEF, 0xBB, 0xBF]) { content = content.dropFirst(3) }
    var reader: RowReader?
    for (number, row) in content.split(separator: 10, omittingEmptySubsequences: false).enumerated()
    {
      let line = Array(row.last == 13 ? row.dropLast() : row)
      guard !line.isEmpty else { continue }
      func bad(_ reason: String) -> SourceError {
        SourceError(.badData, "\(source.name): line \(number + 1): \(reason)")
      }
      let current = reader ?? RowReader(line, encoding)
      let isHeader = reader == nil && current.hasHeader
      reader = current
      if isHeader { continue }
      guard let fields = current.fields(line) else {
        throw bad("is no row of an item with a title or category in \(encoding.rawValue) text")
      }
      try add(fields, current, bad)
    }
    guard reader != nil else {
      throw SourceError(.badData, "\(source.name): is empty; it should list items")
    }
  }

  private mutating func add(
    _ fields: [String], _ reader: RowReader, _ bad: (String) -> SourceError
  ) throws {
    guard fields.count > max(reader.item, reader.title ?? 0, reader.category ?? 0),
      !fields[reader.item].isEmpty
    else { throw bad("has too few fields; it needs an item and a title or category") }
    let item = fields[reader.item]
    if reader.hasFlags {
      guard fields.count >= 24 else { throw bad("has \(fields.count) fields; u.item has 24") }
      titles[item] = fields[1]
      categories[item] = zip(Self.genres, fields.suffix(19)).filter { $1 == "1" }.map(\.0)
      return
    }
    if let title = reader.title {
      titles[item] =
        reader.titleIsRest ? fields[title...].joined(separator: ",") : fields[title]
    }
    if let category = reader.category {
      let names = fields[category].split(separator: "|").map(String.init)
        .filter { $0 != "(no genres listed)" && !$0.isEmpty }
      for name in names where categories[item]?.contains(name) != true {
        categories[item, default: []].append(name)
      }
    }
  }

  /// How rows of items are laid out.
  private struct RowReader {
    let delimiter: [UInt8]
    let encoding: TextEncoding
    var hasHeader = false
    var item = 0
    var title: Int?
    var category: Int?
    var titleIsRest = false
    var hasFlags = false

    init(_ line: [UInt8], _ encoding: TextEncoding) {
      self.encoding = encoding
      // u.item's titles may hold commas; genres of movies.csv hold bars, but never twenty.
      delimiter =
        line.count { $0 == 0x7C } >= 20 ? [0x7C] : RowLayout.delimiter(of: line, given: nil)
      let fields = fields(line) ?? []
      let names = fields.map { $0.prefix { $0 != ":" }.lowercased() }
      title = names.firstIndex { ["title", "name", "item_name", "movie_title"].contains($0) }
      category = names.firstIndex {
        ["genres", "genre", "category", "categories", "class"].contains($0)
      }
      if title != nil || category != nil {
        hasHeader = true
        item = names.firstIndex { ColumnRole.item.isNamed($0) } ?? 0
        return
      }
      hasFlags = delimiter == [0x7C] && fields.count >= 24
      if hasFlags { return }
      let isNumber = fields.count > 2 && Float(fields[2]) != nil
      let isYear =
        fields.count > 2 && delimiter == [0x2C] && (Int(fields[1]) ?? 0) > 1800 && !isNumber
        || (fields.count > 2 && fields[1] == "NULL")
      if isYear {
        (title, titleIsRest) = (2, true)
      } else if fields.count > 2, !isNumber {
        (title, category) = (1, 2)
      } else {
        category = 1
      }
    }

    func fields(_ line: [UInt8]) -> [String]? {
      let quotes = delimiter == [0x2C] || delimiter == [0x3B]
      let fields = line.withUnsafeBufferPointer {
        splitFields($0, by: delimiter, quotes: quotes)
      }
      guard let fields else { return nil }
      var texts: [String] = []
      for field in fields {
        guard let text = encoding.text(field) else { return nil }
        texts.append(String(decoding: text, as: UTF8.self))
      }
      return texts
    }
  }

  /// The 19 genres of MovieLens 100K in the order of `u.item`'s flags.
  private static let genres = [
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary",
    "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi",
    "Thriller", "War", "Western",
  ]
}
