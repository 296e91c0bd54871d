// Which titles and categories stand beside the interactions themselves?

import Interchange

/// What a column of interactions says of items.
public enum LabelRole: String, CaseIterable, Sendable {
  case title, category
}

/// Titles and categories of items, each from the item's first row.
public final class ItemTexts {
  /// By the items' numbers in their `IDTable`; empty where there is none.
  public private(set) var titles: [String] = []
  /// Fields of categories as they stand, in the same order.
  public private(set) var categories: [String] = []

  public init() {}

  /// Whether the item of this number is met for the first time.
  func isNew(_ item: UInt32) -> Bool { Int(item) == titles.count }

  func note(_ labels: ItemFields) {
    titles.append(String(decoding: labels.title, as: UTF8.self))
    categories.append(String(decoding: labels.category, as: UTF8.self))
  }
}

/// The title and the categories of one row.
struct ItemFields {
  var title: [UInt8] = []
  var category: [UInt8] = []

  /// What is wrong with them as text.
  var fault: RowFault? {
    guard let first = category.first, first == 0x5B || first == 0x7B else { return nil }
    return
      "categories in brackets, '\(shown(category))', are not read; write them between bars, as in Drama|War"
  }
}

/// In which columns of rows titles and categories stand.
struct LabelColumns {
  let title: Int?
  let category: Int?
  let texts: ItemTexts

  /// The labels among some fields, or what is wrong with them.
  func labels(in fields: [[UInt8]], _ decoder: TextDecoder) -> (ItemFields, RowFault?) {
    var labels = ItemFields()
    for (place, path) in [(title, \ItemFields.title), (category, \ItemFields.category)] {
      guard let place, place < fields.count else { continue }
      guard let text = decoder.line(fields[place]) else {
        return (
          labels, "field \(place + 1), '\(shown(fields[place]))', \(decoder.fault(fields[place]))"
        )
      }
      labels[keyPath: path] = text
    }
    return (labels, labels.fault)
  }
}
