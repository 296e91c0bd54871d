// Which categories do further columns of items, such as a brand, a year or a price, stand for?

import Interchange

/// The values of one further column of items, which become categories such as `brand: Alba` or `price: 5-9.90`.
///
/// Numbers are put into bands: years into decades, others into five of about as many items, called by their least and
/// largest number. Few different numbers, and text, stay as they are, several of a field apart as `CategoryText` has it.
struct FurtherColumn: Sendable {
  let name: String
  /// Items in the order in which they came, each with the field of its first row that has one.
  private var fields: [(item: [UInt8], field: String)] = []
  private var known: Set<[UInt8]> = []

  init(_ name: String) { self.name = name }

  var isEmpty: Bool { fields.isEmpty }

  mutating func add(_ field: String, to item: [UInt8]) {
    guard field.contains(where: { !$0.isWhitespace }), known.insert(item).inserted else { return }
    fields.append((item, field))
  }

  /// Numbers that differ more than this are put into bands, and into so many.
  private static let (most, bands) = (12, 5)

  /// The categories of each item, and in words how they were made.
  ///
  /// Throws `SourceError` where almost every item has a text of its own, which groups nothing.
  func categories() throws -> (lists: [(item: [UInt8], names: [String])], words: String) {
    let numbers = fields.compactMap { Self.number($0.field) }
    let distinct = Set(numbers).sorted()
    if numbers.count == fields.count, distinct.count > Self.most {
      let isYear = distinct.allSatisfy { (1800...2200).contains($0) && $0.rounded() == $0 }
      let label = isYear ? Self.decade : Self.band(numbers)
      return (
        zip(fields, numbers).map { ($0.item, ["\(name): \(label($1))"]) },
        isYear ? "in decades" : "in bands"
      )
    }
    let text = CategoryText(fields.lazy.map(\.field))
    let lists = fields.map { (item: $0.item, names: text.names($0.field)) }
    let different = Set(lists.lazy.map(\.names).joined()).count
    guard different <= max(Self.most, fields.count / 2) else {
      throw SourceError(
        .badData,
        "--item-column \(name): has \(different) different texts for \(fields.count) items, such as"
          + " '\(shown(fields[0].field.utf8))', which group nothing; leave it out")
    }
    return (lists.map { ($0.item, $0.names.map { "\(name): \($0)" }) }, "as they stand")
  }

  /// A number, maybe with a currency's sign or code of three letters beside it.
  static func number(_ field: String) -> Double? {
    var bare = field[...]
    let isBeside = { (sign: Character) in sign.isWhitespace || sign.isCurrencySymbol }
    bare = bare.drop(while: isBeside)
    while bare.last.map(isBeside) ?? false { bare.removeLast() }
    let code = { (letters: Substring) in letters.count == 3 && letters.allSatisfy(\.isLetter) }
    if code(bare.prefix(3)) {
      bare = bare.dropFirst(3)
    } else if code(bare.suffix(3)) {
      bare = bare.dropLast(3)
    }
    bare = bare.drop(while: \.isWhitespace)
    while bare.last?.isWhitespace == true { bare.removeLast() }
    var digits = String(bare)
    if !digits.contains("."), digits.count(where: { $0 == "," }) == 1 {
      digits = String(digits.map { $0 == "," ? "." : $0 })
    }
    guard let first = digits.first, first.isNumber || "+-.".contains(first),
      let value = Double(digits), value.isFinite
    else { return nil }
    return value
  }

  private static func decade(_ year: Double) -> String {
    let first = Int(year) / 10 * 10
    return "\(first)-\(first + 9)"
  }

  /// Bands that hold about as many of some numbers each.
  private static func band(_ numbers: [Double]) -> (Double) -> String {
    let sorted = numbers.sorted()
    var starts: [Double] = []
    for band in 0..<bands {
      let start = sorted[band * sorted.count / bands]
      if starts.last != start { starts.append(start) }
    }
    let names = starts.indices.map { place -> String in
      let next = starts.indices.contains(place + 1) ? starts[place + 1] : .infinity
      let last = sorted.last { $0 < next } ?? starts[place]
      return last > starts[place] ? "\(text(starts[place]))-\(text(last))" : text(last)
    }
    return { number in names[(starts.lastIndex { $0 <= number } ?? 0)] }
  }

  private static func text(_ number: Double) -> String {
    Int(exactly: number).map { "\($0)" } ?? "\(number)"
  }
}

extension Character {
  fileprivate var isCurrencySymbol: Bool {
    unicodeScalars.allSatisfy { $0.properties.generalCategory == .currencySymbol }
  }
}
