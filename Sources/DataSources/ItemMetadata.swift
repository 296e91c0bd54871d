// What are items called, and which categories do they belong to?

import Interchange

/// Titles and categories by item id; ids are equal where their bytes are.
public struct ItemMetadata: Sendable {
  private(set) var titles: [[UInt8]: String] = [:]
  private var categoriesOf: [[UInt8]: NameList] = [:]
  /// Items that were given another title before, and the last of them.
  private var (retitled, lastRetitled): (Int, [UInt8]) = (0, [])
  /// How each file was understood, in words.
  public private(set) var remarks: [String] = []

  /// Columns of items that count as categories too, and all names of columns that were met.
  private var (further, named): ([FurtherColumn], Set<String>)

  /// - Parameter columns: names of further columns or keys whose values count as categories.
  public init(further columns: [String] = []) {
    (further, named) = (columns.map(FurtherColumn.init), [])
  }

  /// Makes categories of further columns, when all files are read.
  ///
  /// Throws `SourceError` where one is in no file, or groups nothing.
  public mutating func finish() throws {
    for column in further {
      guard !column.isEmpty else {
        throw SourceError(
          .badData,
          "--item-column \(column.name): no file of items has such a column with something in it"
            + (named.isEmpty
              ? "; there is no line that names columns"
              : "; there are \(shown(named.sorted().joined(separator: ", ").utf8, most: 300))"))
      }
      let (lists, words) = try column.categories()
      for (item, names) in lists { add(names, to: item) }
      remarks.append("column '\(column.name)' of items counts as categories, \(words)")
    }
    further = []
  }

  public var hasTitles: Bool { !titles.isEmpty }
  public var hasCategories: Bool { !categoriesOf.isEmpty }
  /// All categories, each once, in order.
  public var categoryNames: [String] {
    Set(categoriesOf.values.lazy.map(\.names).joined()).sorted()
  }

  /// All items of which something is known, each once, in the order of their bytes.
  public var ids: [String] {
    Set(titles.keys).union(categoriesOf.keys).sorted { $0.lexicographicallyPrecedes($1) }
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// What an item is called, if known.
  public func title(of id: String) -> String? { titles[Array(id.utf8)] }

  /// The categories of an item; none where none are known.
  public func categories(of id: String) -> [String] {
    categoriesOf[Array(id.utf8)]?.names ?? []
  }

  /// Whether a title or a category is known of an item.
  public func knows(_ id: String) -> Bool {
    let key = Array(id.utf8)
    return titles[key] != nil || categoriesOf[key] != nil
  }

  /// Adds a file, understood by its content:
  /// - a header with an item and a title, genre or category column (`movieId,title,genres`);
  /// - JSON lines with such keys, whose categories are a text, a list or an object of names;
  /// - MovieLens' `u.item` (`|` and 19 flags) and `movies.dat` (`id::title::genres`);
  /// - the Netflix Prize's `movie_titles.txt` (`id,year,title`, the title with its commas) and MIND's `news.tsv`;
  /// - rows of an item and a category, of which an item may have several; a third column is passed over.
  ///
  /// Several categories of a field stand as `CategoryText` has it, or between blanks where RecBole's header says
  /// `token_seq`. A field that is no UTF-8 is taken as Windows-1252. Throws `SourceError`.
  public mutating func read(_ source: ByteStream, quotes: QuoteRule = .auto) throws {
    let bytes = try source.readAll()
    let target = "ingest RATINGS --items /dev/stdin"
    try bytes.withUnsafeBufferPointer { bytes in
      let head = UnsafeBufferPointer(rebasing: bytes.prefix(1 << 16))
      try SourceOptions.refuseBinary(head, source: source.name, target: target)
    }
    let lines = linesOfText(bytes)
    let sample = lines.lazy.filter { !$0.isEmpty }.prefix(200).map(Array.init)
    guard let first = sample.first else {
      throw SourceError(.badData, "\(source.name): is empty; it should list items")
    }
    let conversion = Conversion(Array(sample), source: source.name, target: target)
    try conversion.refuseObjects()
    try conversion.refuseReturns()
    let decoder = TextDecoder(.auto)
    retitled = 0
    defer {
      if retitled > 0 {
        remarks.append(
          "\(source.name): names \(retitled) items anew, such as '\(shown(lastRetitled))'; the last titles count"
        )
      }
    }
    if first.first(where: { $0 != 0x20 && $0 != 0x09 }) == 0x7B {
      try readObjects(lines, Array(sample), decoder, source.name)
    } else {
      try conversion.refuseLanguages()
      try RowShape.refusePreamble(Array(sample), source.name, target: target)
      try readRows(
        lines,
        ItemRows(Array(sample), quotes, further: further.map(\.name), source: source.name), decoder,
        source.name)
    }
  }

  private mutating func readRows(
    _ lines: [ArraySlice<UInt8>], _ reader: ItemRows, _ decoder: TextDecoder, _ source: String
  ) throws {
    var held: [(item: [UInt8], field: String, line: Int)] = []
    let places = further.map { ItemNames.place(of: $0.name, in: reader.names ?? []) }
    if let column = zip(further, places).first(where: { $0.1 == reader.item })?.0 {
      throw SourceError(
        .usage, "--item-column \(column.name): is what \(source) tells items by; leave it out")
    }
    named.formUnion(reader.names ?? [])
    var number = 0
    while number < lines.count {
      let start = number
      var line = Array(lines[number])
      number += 1
      // A quoted field may hold line breaks.
      while number < lines.count, number - start < 1000, reader.isOpen(line) {
        line += [10] + lines[number]
        number += 1
      }
      guard !line.isEmpty, line != reader.header else { continue }
      func bad(_ reason: String) -> SourceError {
        SourceError(.badData, "\(source): line \(start + 1): \(reason)")
      }
      guard let fields = reader.fields(line, decoder) else {
        throw bad(
          "is no row of an item with a title or category, or in another encoding than UTF-8 and windows-1252;"
            + " fix it, or convert it with iconv -f ENCODING -t UTF-8")
      }
      let item = Array(fields[reader.item < fields.count ? reader.item : 0].utf8)
      held += try add(fields, reader, bad).map { (item, $0, start) }
      for (column, place) in places.enumerated() {
        if let place, place < fields.count { further[column].add(fields[place], to: item) }
      }
    }
    let text = try separate(held, isSequence: reader.isSequence, source)
    if reader.header == nil, reader.title == nil { try refuseTitles(held.map(\.field), source) }
    remarks += ([reader.summary + text + reader.leftOut] + decoder.remarks).map {
      "\(source): \($0)"
    }
  }

  /// Throws `SourceError` where what would be categories is another text for each item.
  private func refuseTitles(_ fields: [String], _ source: String) throws {
    guard fields.count > 4, Set(fields).count == fields.count else { return }
    throw SourceError(
      .badData,
      "\(source): has another text for each item, '\(shown(fields[0].utf8))' for the first; say in a first line"
        + " what the columns are, item and title or item and category")
  }

  /// Divides the fields of categories; returns in words how.
  private mutating func separate(
    _ held: [(item: [UInt8], field: String, line: Int)], isSequence: Bool, _ source: String
  ) throws -> String {
    for (_, field, line) in held {
      if let first = field.first, "[{".contains(first) {
        throw SourceError(
          .badData,
          "\(source): line \(line + 1): categories in brackets, '\(shown(field.utf8))', are not read;"
            + " write them between bars, as in Drama|War")
      }
    }
    let text = CategoryText(held.lazy.map(\.field), isSequence: isSequence)
    for (item, field, _) in held where !IDTable.isMarkOfNone(Array(field.utf8)) {
      add(text.names(field), to: item)
    }
    return text.summary
  }

  private mutating func add(_ names: [String], to item: [UInt8]) {
    for name in names { categoriesOf[item, default: NameList()].add(name) }
  }

  private mutating func name(_ item: [UInt8], _ title: String) {
    let title = IDTable.isMarkOfNone(Array(title.utf8)) ? "" : title
    if let earlier = titles.updateValue(title, forKey: item), ID(earlier) != ID(title) {
      (retitled, lastRetitled) = (retitled + 1, item)
    }
  }

  /// Reads JSON lines.
  private mutating func readObjects(
    _ lines: [ArraySlice<UInt8>], _ sample: [[UInt8]], _ decoder: TextDecoder, _ source: String
  ) throws {
    let keys = try ItemKeys(sample, further: further.map(\.name), source: source)
    named.formUnion(keys.names)
    var held: [(item: [UInt8], field: String, line: Int)] = []
    for (number, line) in lines.enumerated() where !line.isEmpty {
      let isText = String(validating: line, as: UTF8.self) != nil
      guard let text = isText ? Array(line) : decoder.text(line),
        let object = JSONValue(parsing: text), let id = object[keys.item].flatMap(ItemKeys.text),
        !id.isEmpty
      else {
        throw SourceError(
          .badData, "\(source): line \(number + 1): is no JSON object with '\(keys.item)'")
      }
      let item = Array(id.utf8)
      if let title = keys.title.flatMap({ object[$0] }).flatMap(ItemKeys.text), !title.isEmpty {
        name(item, title)
      }
      for (column, key) in keys.further.enumerated() {
        if let field = key.flatMap({ object[$0] }).flatMap(ItemKeys.field) {
          further[column].add(field, to: item)
        }
      }
      switch keys.category.flatMap({ object[$0] }) {
      case .string(let field): held.append((item, field, number))
      case let value?: add(ItemKeys.names(value), to: item)
      case nil: continue
      }
    }
    let text = try separate(held, isSequence: false, source)
    remarks += ([keys.summary + text + keys.leftOut] + decoder.remarks).map { "\(source): \($0)" }
  }

  /// Takes the title of a row; returns its fields of categories.
  private mutating func add(
    _ fields: [String], _ reader: ItemRows, _ bad: (String) -> SourceError
  ) throws -> [String] {
    guard fields.count > ([reader.item, reader.title ?? 0] + reader.categories).max() ?? 0,
      !fields[reader.item].isEmpty
    else { throw bad("has too few fields; it needs an item and a title or category") }
    if !reader.titleIsRest, fields.dropFirst(reader.width).contains(where: { !$0.isEmpty }) {
      throw bad(
        "has \(fields.count) fields where \(reader.header == nil ? "line 1" : "the header") has"
          + " \(reader.width)")
    }
    let item = Array(fields[reader.item].utf8)
    if reader.hasFlags {
      guard fields.count >= 24 else { throw bad("has \(fields.count) fields; u.item has 24") }
      name(item, fields[1])
      categoriesOf[item] = NameList(
        zip(Self.genres, fields.suffix(19)).filter { $1 == "1" }.map(\.0))
      return []
    }
    if let title = reader.title {
      name(item, reader.titleIsRest ? fields[title...].joined(separator: ",") : fields[title])
    }
    return reader.categories.map { fields[$0] }
  }

  /// The 19 genres of MovieLens 100K in the order of `u.item`'s flags.
  private static let genres = [
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary",
    "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi",
    "Thriller", "War", "Western",
  ]
}
