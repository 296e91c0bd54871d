// How are rows and objects that describe items laid out?

import Interchange

/// Names by which headers and JSON keys call what describes items; the first that a source has is meant.
enum ItemNames {
  static let title = [
    "title", "itemname", "movietitle", "booktitle", "producttitle", "productname", "trackname",
    "artistname", "name", "titel", "titre", "titolo", "título", "titulo", "otsikko", "tytuł",
    "název", "cím",
    "başlık", "τίτλος", "название", "наименование", "назва", "العنوان", "タイトル", "商品名", "标题", "名称",
    "제목",
    "상품명",
  ]
  static let category = [
    "genres", "genre", "categories", "category", "class", "kategorie", "kategoria", "kategori",
    "categoria",
    "categoría", "catégorie", "género", "gênero", "genere", "κατηγορία", "категория", "категорія",
    "жанр", "الفئة",
    "カテゴリ", "カテゴリー", "ジャンル", "类别", "分类", "类型", "카테고리", "장르",
  ]

  static func position(of wanted: [String], in names: [String]) -> Int? {
    let plain = names.map(ColumnRole.plain)
    return wanted.lazy.compactMap { plain.firstIndex(of: $0) }.first
  }

  /// The column of a name: the very one, else one that is the same but for case and signs.
  static func place(of name: String, in names: [String]) -> Int? {
    names.firstIndex(of: name)
      ?? names.map(ColumnRole.plain).firstIndex(of: ColumnRole.plain(name))
  }

  /// Columns or keys that are not read, the first of them by name.
  static func leftOut(_ names: [String]) -> String {
    let more = names.count > 12 ? " and \(names.count - 12) more" : ""
    return names.isEmpty ? "" : "; left out: \(names.prefix(12).joined(separator: ", "))\(more)"
  }

  /// The id of an item; a plain `id` is one where nothing else is.
  static func item(in names: [String]) -> Int? {
    ColumnRole.item.position(in: names) ?? position(of: ["malid", "id"], in: names)
  }
}

/// How rows of items are laid out.
struct ItemRows {
  let delimiter: [UInt8]
  let quoting: Quoting
  var header: [UInt8]?
  /// Fields of the first row.
  var width = 0
  var item = 0
  var title: Int?
  var categories: [Int] = []
  var titleIsRest = false
  var hasFlags = false
  /// Whether RecBole's header says that categories stand between blanks.
  var isSequence = false
  private(set) var names: [String]?
  private var further: [Int] = []

  /// - Parameter columns: names of further columns, of which a header may have some.
  /// - Throws: `SourceError` where a header names neither titles nor categories nor one of these.
  init(
    _ lines: [[UInt8]], _ quotes: QuoteRule, further columns: [String] = [], source: String
  ) throws {
    let line = Self.firstRecord(lines)
    // u.item's titles may hold commas; genres of movies.csv hold bars, but never twenty.
    let told =
      line.count { $0 == 0x7C } >= 20
      ? [0x7C] : RowLayout.delimiter(of: [line], options: SourceOptions())
    // Blanks beside the first line's marks belong to these only where all lines have them.
    let isEverywhere = lines.allSatisfy { line in
      line.withUnsafeBufferPointer { (splitFields($0, by: told, .none)?.count ?? 0) > 1 }
    }
    delimiter = told.count == 1 || isEverywhere ? told : told.filter { $0 != 0x20 }
    quoting = Quoting(quotes, delimiter: delimiter)
    let fields = fields(line, TextDecoder(.auto)) ?? []
    width = fields.count
    title = ItemNames.position(of: ItemNames.title, in: fields)
    categories = ItemNames.position(of: ItemNames.category, in: fields).map { [$0] } ?? []
    further = columns.compactMap { ItemNames.place(of: $0, in: fields) }
    if title != nil || !categories.isEmpty || !further.isEmpty {
      header = line
      names = fields
      // Of a single column of names, the item is what is called so.
      let others = fields.enumerated().map { $0 == title ? "" : $1 }
      item = ItemNames.item(in: others) ?? ItemNames.item(in: fields) ?? 0
      isSequence = categories.first.map { fields[$0].hasSuffix(":token_seq") } ?? false
      return
    }
    let isHeader = ColumnRole.item.position(in: fields) != nil || stands(fields, over: lines)
    if isHeader, !fields.contains(where: { Float($0) != nil }) {
      throw SourceError(
        .badData,
        "\(source): line 1 names neither titles nor categories among"
          + " \(shown(fields.joined(separator: ", ").utf8, most: 200)); name their columns title and"
          + " category")
    }
    guessColumns(fields)
  }

  /// The first line, and those behind it where a name between quotes goes on there.
  private static func firstRecord(_ lines: [[UInt8]]) -> [UInt8] {
    func isOpen(_ line: [UInt8]) -> Bool { line.count { $0 == 0x22 } % 2 == 1 }
    let begins = zip([0x2C] + lines[0], lines[0]).contains { $1 == 0x22 && ",;".utf8.contains($0) }
    guard begins else { return lines[0] }
    var record = lines[0]
    for next in lines.dropFirst().prefix(20) where isOpen(record) { record += [10] + next }
    return isOpen(record) ? lines[0] : record
  }

  /// Whether a column below a first line has nothing but numbers.
  private func stands(_ first: [String], over lines: [[UInt8]]) -> Bool {
    let below = lines.dropFirst().compactMap { fields($0, TextDecoder(.auto)) }
      .filter { $0.count == first.count }
    return !below.isEmpty
      && first.indices.contains { place in below.allSatisfy { Float($0[place]) != nil } }
  }

  /// Columns of a text without names.
  private mutating func guessColumns(_ fields: [String]) {
    hasFlags = delimiter == [0x7C] && fields.count >= 24
    if hasFlags { return }
    let isNumber = fields.count > 2 && Float(fields[2]) != nil
    let isYear =
      fields.count > 2 && delimiter == [0x2C] && (Int(fields[1]) ?? 0) > 1800 && !isNumber
      || (fields.count > 2 && fields[1] == "NULL")
    if fields.count == 8, delimiter == [0x09], fields[5].hasPrefix("http") || fields[6].first == "["
    {
      // MIND's news.
      (title, categories) = (3, [1, 2])
    } else if isYear {
      (title, titleIsRest) = (2, true)
    } else if fields.count > 2, !isNumber {
      (title, categories) = (1, [2])
    } else {
      categories = [1]
    }
  }

  /// Whether a record goes on behind the line.
  func isOpen(_ line: [UInt8]) -> Bool {
    quoting == .csv
      && line.withUnsafeBufferPointer { DataSources.isOpen($0, by: delimiter, isQuoted: false) }
  }

  func fields(_ line: [UInt8], _ decoder: TextDecoder) -> [String]? {
    let fields = line.withUnsafeBufferPointer { splitFields($0, by: delimiter, quoting) }
    guard let fields else { return nil }
    var texts: [String] = []
    for field in fields {
      guard let text = decoder.line(field) else { return nil }
      texts.append(String(decoding: text, as: UTF8.self))
    }
    return texts
  }

  /// Which column holds what.
  var summary: String {
    if hasFlags { return "items in 1, titles in 2, genres in 19 flags" }
    var parts = ["items in \(item + 1)"]
    if let title { parts.append("titles in \(title + 1)") }
    if !categories.isEmpty {
      parts.append("categories in \(categories.map { "\($0 + 1)" }.joined(separator: " and "))")
    }
    return parts.joined(separator: ", ")
  }

  /// Columns that are not read, in words.
  var leftOut: String {
    guard !hasFlags, !titleIsRest else { return "" }
    let read = [item, title].compactMap(\.self) + categories + further
    return ItemNames.leftOut(
      (0..<width).filter { !read.contains($0) }.map { place in
        names.map { "\(place + 1) '\(shown($0[place].utf8))'" } ?? "\(place + 1)"
      })
  }
}

/// Which keys of JSON objects describe items.
struct ItemKeys {
  let item: String
  let title: String?
  let category: String?
  /// The key of each further column, where the lines have it.
  let further: [String?]
  let names: [String]
  /// Keys that are not read, in words.
  let leftOut: String

  /// Told by the keys of the first lines. Throws `SourceError` where there is no item, or nothing else.
  init(_ lines: [[UInt8]], further columns: [String] = [], source: String) throws {
    var (names, known): ([String], Set<String>) = ([], [])
    for line in lines {
      line.withUnsafeBufferPointer { bytes in
        var scanner = JSONScanner(bytes)
        _ = scanner.members { key, _ in
          let name = String(decoding: key, as: UTF8.self)
          if known.insert(name).inserted { names.append(name) }
        }
      }
    }
    title = ItemNames.position(of: ItemNames.title, in: names).map { names[$0] }
    category = ItemNames.position(of: ItemNames.category, in: names).map { names[$0] }
    further = columns.map { name in ItemNames.place(of: name, in: names).map { names[$0] } }
    self.names = names
    guard let item = ItemNames.item(in: names),
      title != nil || category != nil || further.contains(where: { $0 != nil })
    else {
      throw SourceError(
        .badData,
        "\(source): line 1 names no item with a title or categories among"
          + " \(shown(names.joined(separator: ", ").utf8, most: 200))")
    }
    self.item = names[item]
    let read = [names[item], title, category] + further
    leftOut = ItemNames.leftOut(
      names.filter { !read.contains($0) }.map { "'\(shown($0.utf8))'" })
  }

  var summary: String {
    [("items", item), ("titles", title), ("categories", category)].compactMap { what, key in
      key.map { "\(what) in '\(shown($0.utf8))'" }
    }.joined(separator: ", ")
  }

  /// A text or a number as text, without control characters.
  static func text(_ value: JSONValue) -> String? {
    guard let text = value.string ?? value.int.map({ "\($0)" }) else { return nil }
    return TextDecoder(.utf8).line(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// What a further column says: a text, a number, or the texts of a list between bars.
  static func field(_ value: JSONValue) -> String? {
    if let number = value.double, value.int == nil { return "\(number)" }
    let texts = names(value)
    return texts.isEmpty ? nil : texts.joined(separator: "|")
  }

  /// The names in a list, in lists or named objects of it, or the keys of an object.
  static func names(_ value: JSONValue) -> [String] {
    switch value {
    case .array(let values):
      values.flatMap { value in
        let title = ["name", "title", "genre", "category", "description", "label"].lazy
          .compactMap { value[$0]?.string }.first
        return title.map { [$0] } ?? names(value)
      }
    case .object(let members): members.keys.sorted()
    default: text(value).map { [$0] } ?? []
    }
  }
}
