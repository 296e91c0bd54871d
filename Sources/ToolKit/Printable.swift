// How does text from data look where a terminal shows it?

import Interchange

extension String {
  /// The text as part of a line that a terminal takes for nothing but text: control characters, line separators and
  /// marks that turn the direction of writing are written as `\\u{1b}`.
  public var printable: String { escaped { $0.isUnprintable } }

  /// A message of at most 4,000 characters: what is longer, such as an id out of a damaged list, loses its middle, so
  /// that what is wrong and what to do stay.
  var brief: String {
    guard utf8.count > 4000, count > 4000 else { return self }
    return "\(prefix(2000)) ... \(suffix(1500))"
  }

  /// The same of whole lines: line feeds and tabs stay.
  var printableLines: String {
    escaped { $0.isUnprintable && $0 != "\n" && $0 != "\t" }
  }

  /// A JSON text of one line for a terminal, by JSON's own escapes: what they stand for is inside its strings.
  var printableJSON: String {
    escaped(\.isUnprintable) { "\\u" + "000\($0)".suffix(4) }
  }

  private func escaped(
    _ isEscaped: (Unicode.Scalar) -> Bool, by escape: (String) -> String = { "\\u{\($0)}" }
  ) -> String {
    guard unicodeScalars.contains(where: isEscaped) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      if isEscaped(scalar) {
        text += escape(String(scalar.value, radix: 16))
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

extension Unicode.Scalar {
  fileprivate var isUnprintable: Bool {
    switch value {
    case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}

extension StoredModel {
  /// The model with ids, titles and categories as they can be shown.
  public var printable: StoredModel {
    var shown = self
    shown.items.ids = items.ids.map(\.printable)
    shown.items.titles = items.titles?.map(\.printable)
    shown.categories = categories.map(\.printable)
    return shown
  }

  /// The model with the id behind titles that several items have, so that no two items have one name.
  public var distinctlyTitled: StoredModel {
    guard let titles = items.titles else { return self }
    let counts = Dictionary(titles.map { ($0, 1) }, uniquingKeysWith: +)
    var shown = self
    shown.items.titles = zip(titles, items.ids).map { title, id in
      title.isEmpty || counts[title] == 1 ? title : "\(title) [\(id)]"
    }
    return shown
  }
}
