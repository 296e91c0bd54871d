// What are items called, and which categories do they belong to?

/// Titles and categories by item id; ids are equal where their bytes are.
public struct ItemMetadata: Sendable {
  private(set) var titles: [[UInt8]: String] = [:]
  private(set) var categoriesOf: [[UInt8]: [String]] = [:]
  /// How each file was understood, in words.
  public private(set) var remarks: [String] = []

  public init() {}

  public var hasTitles: Bool { !titles.isEmpty }
  public var hasCategories: Bool { !categoriesOf.isEmpty }
  /// All categories, each once, in order.
  public var categoryNames: [String] { Set(categoriesOf.values.joined()).sorted() }

  /// What an item is called, if known.
  public func title(of id: String) -> String? { titles[Array(id.utf8)] }

  /// The categories of an item; none where none are known.
  public func categories(of id: String) -> [String] { categoriesOf[Array(id.utf8)] ?? [] }

  /// Whether a title or a category is known of an item.
  public func knows(_ id: String) -> Bool {
    let key = Array(id.utf8)
    return titles[key] != nil || categoriesOf[key] != nil
  }

  /// Adds a file, understood by its content:
  /// - a header with an item and a title, genre or category column (`movieId,title,genres`);
  /// - MovieLens' `u.item` (`|` and 19 flags) and `movies.dat` (`id::title::genres`);
  /// - the Netflix Prize's `movie_titles.txt` (`id,year,title`, the title with its commas);
  /// - rows of an item and a category, of which an item may have several; a third column is passed over.
  ///
  /// Several categories of a field stand between the first of bar, semicolon and comma that any field of the
  /// column holds, or blanks where RecBole's header says `token_seq`. A field that is no UTF-8 is taken as
  /// Windows-1252. Throws `SourceError`.
  public mutating func read(_ source: ByteStream, quotes: QuoteRule = .auto) throws {
    let lines = linesOfText(try source.readAll())
    let decoder = TextDecoder(.auto)
    var reader: RowReader?
    var held: [(item: [UInt8], field: String, line: Int)] = []
    var number = 0
    while number < lines.count {
      let start = number
      var line = Array(lines[number])
      number += 1
      guard !line.isEmpty else { continue }
      let current = reader ?? RowReader(line, quotes)
      // A quoted field may hold line breaks.
      while number < lines.count, number - start < 1000, current.isOpen(line) {
        line += [10] + lines[number]
        number += 1
      }
      func bad(_ reason: String) -> SourceError {
        SourceError(.badData, "\(source.name): line \(start + 1): \(reason)")
      }
      let isHeader = current.header == line
      reader = current
      if isHeader { continue }
      guard let fields = current.fields(line, decoder) else {
        throw bad("is no row of an item with a title or category in text of UTF-8")
      }
      try add(fields, current, bad).map {
        held.append((Array(fields[current.item].utf8), $0, start))
      }
    }
    guard let reader else {
      throw SourceError(.badData, "\(source.name): is empty; it should list items")
    }
    let separator = try separate(held, reader, source.name)
    remarks += reader.remarks(separator, decoder).map { "\(source.name): \($0)" }
  }

  /// Divides the fields of categories; returns what stands between several.
  private mutating func separate(
    _ held: [(item: [UInt8], field: String, line: Int)], _ reader: RowReader, _ source: String
  ) throws -> Character? {
    let marks: [Character] = reader.isSequence ? [" "] : ["|", ";", ","]
    let separator = marks.first { mark in held.contains { $0.field.contains(mark) } }
    for (item, field, line) in held {
      if let first = field.first, "[{".contains(first) {
        throw SourceError(
          .badData,
          "\(source): line \(line + 1): categories in brackets, '\(shown(field.utf8))', are not read;"
            + " write them between bars, as in Drama|War")
      }
      let parts = separator.map { mark in field.split { $0 == mark }.map(String.init) } ?? [field]
      for part in parts {
        let name = part.trimmingBlanks
        guard !name.isEmpty, name != "(no genres listed)",
          categoriesOf[item]?.contains(name) != true
        else { continue }
        categoriesOf[item, default: []].append(name)
      }
    }
    return separator
  }

  /// Takes the title of a row; returns its field of categories.
  private mutating func add(
    _ fields: [String], _ reader: RowReader, _ bad: (String) -> SourceError
  ) throws -> String? {
    guard fields.count > max(reader.item, reader.title ?? 0, reader.category ?? 0),
      !fields[reader.item].isEmpty
    else { throw bad("has too few fields; it needs an item and a title or category") }
    if let header = reader.width, fields.dropFirst(header).contains(where: { !$0.isEmpty }) {
      throw bad("has \(fields.count) fields where the header has \(header)")
    }
    let item = Array(fields[reader.item].utf8)
    if reader.hasFlags {
      guard fields.count >= 24 else { throw bad("has \(fields.count) fields; u.item has 24") }
      titles[item] = fields[1]
      categoriesOf[item] = zip(Self.genres, fields.suffix(19)).filter { $1 == "1" }.map(\.0)
      return nil
    }
    if let title = reader.title {
      titles[item] =
        reader.titleIsRest ? fields[title...].joined(separator: ",") : fields[title]
    }
    return reader.category.map { fields[$0] }
  }

  /// How rows of items are laid out.
  private struct RowReader {
    let delimiter: [UInt8]
    let quoting: Quoting
    var header: [UInt8]?
    /// Fields of the header.
    var width: Int?
    var item = 0
    var title: Int?
    var category: Int?
    var titleIsRest = false
    var hasFlags = false
    /// Whether RecBole's header says that categories stand between blanks.
    var isSequence = false

    init(_ line: [UInt8], _ quotes: QuoteRule) {
      // u.item's titles may hold commas; genres of movies.csv hold bars, but never twenty.
      delimiter =
        line.count { $0 == 0x7C } >= 20
        ? [0x7C] : RowLayout.delimiter(of: [line], options: SourceOptions())
      quoting = Quoting(quotes, delimiter: delimiter)
      let fields = fields(line, TextDecoder(.auto)) ?? []
      let names = fields.map(ColumnRole.plain)
      title =
        ["title", "itemname", "movietitle", "booktitle", "producttitle", "productname", "name"]
        .lazy.compactMap { names.firstIndex(of: $0) }.first
      category =
        ["genres", "genre", "categories", "category", "class"]
        .lazy.compactMap { names.firstIndex(of: $0) }.first
      if title != nil || category != nil {
        header = line
        width = fields.count
        item = ColumnRole.item.position(in: fields) ?? 0
        isSequence = category.map { fields[$0].hasSuffix(":token_seq") } ?? false
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

    func isOpen(_ line: [UInt8]) -> Bool {
      quoting == .csv
        && line.withUnsafeBufferPointer {
          DataSources.isOpen($0, by: delimiter, isQuoted: false)
        }
    }

    func fields(_ line: [UInt8], _ decoder: TextDecoder) -> [String]? {
      let fields = line.withUnsafeBufferPointer { splitFields($0, by: delimiter, quoting) }
      guard let fields else { return nil }
      var texts: [String] = []
      for field in fields {
        // Line breaks and tabs in a title are blanks.
        let plain = field.map { $0 == 10 || $0 == 13 || $0 == 9 ? 0x20 : $0 }
        guard let text = decoder.text(plain) else { return nil }
        texts.append(String(decoding: text, as: UTF8.self))
      }
      return texts
    }

    func remarks(_ separator: Character?, _ decoder: TextDecoder) -> [String] {
      let held = [("titles", title), ("categories", category)].compactMap { name, place in
        place.map { "\(name) in \($0 + 1)" }
      }
      let between = separator.map { $0 == " " ? " (between blanks)" : " (between '\($0)')" } ?? ""
      let flags = hasFlags ? ["titles in 2, genres in 19 flags"] : held
      return ["items in \(item + 1), \(flags.joined(separator: ", "))\(between)"] + decoder.remarks
    }
  }

  /// The 19 genres of MovieLens 100K in the order of `u.item`'s flags.
  private static let genres = [
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary",
    "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi",
    "Thriller", "War", "Western",
  ]
}

extension String {
  /// The text without blanks at its ends.
  fileprivate var trimmingBlanks: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
