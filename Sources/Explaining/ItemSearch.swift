// Which item is meant by an id, or by part of a title?

import Interchange
import Recommending
import ToolKit

/// Items by id and by title.
struct ItemSearch {
  private let items: ItemChunk
  private let places: IDPlaces
  /// The model's file as messages name it.
  private let model: String

  init(_ items: ItemChunk, model: String) {
    self.items = items
    self.model = model
    places = IDPlaces(items.ids)
  }

  /// The item with an id; else the one whose title is the words, but for a year in brackets, or the only one with
  /// them in its title, whatever the case of letters.
  ///
  /// Throws `ToolError` that lists the items where the words fit several.
  func place(of words: String) throws -> UInt32 {
    if let place = places[words] { return UInt32(place) }
    let wanted = words.lowercased()
    let titles = wanted.isEmpty ? [] : items.titles ?? []
    let found = titles.indices.filter { titles[$0].lowercased().contains(wanted) }
    let whole = found.filter { place in
      let rest = titles[place].lowercased().dropFirst(wanted.count)
      return titles[place].lowercased().hasPrefix(wanted) && (rest.isEmpty || rest.hasPrefix(" ("))
    }
    if let only = whole.count == 1 ? whole.first : found.count == 1 ? found.first : nil {
      return UInt32(only)
    }
    guard !found.isEmpty else {
      throw ToolError(
        .badData,
        "item '\(words)' is not in the model, nor in a title; look with 'indgrm dump \(model)'")
    }
    let shown = (whole.isEmpty ? found : whole).prefix(8)
    let list = shown.map { "\(items.ids[$0].printable) (\(titles[$0].printable))" }
    let more =
      found.count > shown.count && whole.isEmpty ? ", and \(found.count - shown.count) more" : ""
    throw ToolError(
      .badData,
      "item '\(words)' is no id and fits several titles; give the id: \(list.joined(separator: ", "))\(more)"
    )
  }
}
