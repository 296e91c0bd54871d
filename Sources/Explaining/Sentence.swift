// How is a recommendation explained in one sentence of the user's own words?

import Interchange
import Recommending
import ToolKit

/// Sentences with places to fill in, in order of preference: the first whose places can all be filled is
/// used.
struct SentenceTemplates {
  /// What stands for what in `{...}`.
  static let places: [(name: String, meaning: String)] = [
    ("user", "the user's id"), ("rank", "the recommendation's rank"),
    ("title", "the item's title"), ("item", "the item's id"), ("score", "its score"),
    ("group", "the item group that weighs most in the score"),
    ("cluster", "what sets the user's heaviest cluster apart"),
    ("choosers", "how many of the users that the model was fitted to chose the item"),
    ("own1", "the own item that speaks most for it"), ("own2", "the next"), ("own3", "the next"),
  ]

  static let standard = [
    "{title}: because you chose {own1} and {own2}, and for your taste in {group}.",
    "{title}: because you chose {own1} and {own2}.",
    "{title}: because you chose {own1}.",
    "{title}: chosen by {choosers} others.",
  ]

  private let lines: [[Piece]]

  private enum Piece {
    case text(String)
    case place(String)
  }

  /// - Parameter lines: one template each; empty lines and those that begin with # are passed over.
  ///
  /// Throws `ToolError` that names the line when a place is unknown or not closed.
  init(_ lines: [String], name: String) throws {
    var parsed: [[Piece]] = []
    for (number, line) in lines.enumerated() where !line.isEmpty && !line.hasPrefix("#") {
      func fail(_ what: String) -> ToolError {
        let known = Self.places.map { "{\($0.name)}" }.joined(separator: " ")
        return ToolError(.badData, "\(name): line \(number + 1) \(what); there are \(known)")
      }
      var pieces: [Piece] = []
      var rest = line[...]
      while let open = rest.firstIndex(of: "{") {
        pieces.append(.text(String(rest[..<open])))
        guard let close = rest[open...].firstIndex(of: "}") else { throw fail("has an open {") }
        let place = String(rest[rest.index(after: open)..<close])
        guard Self.places.contains(where: { $0.name == place }) else {
          throw fail("has an unknown {\(place)}")
        }
        pieces.append(.place(place))
        rest = rest[rest.index(after: close)...]
      }
      pieces.append(.text(String(rest)))
      parsed.append(pieces)
    }
    guard !parsed.isEmpty else { throw ToolError(.badData, "\(name): has no template") }
    self.lines = parsed
  }

  /// Whether any sentence has this place.
  func use(_ name: String) -> Bool {
    lines.joined().contains { if case .place(name) = $0 { true } else { false } }
  }

  /// The first sentence that can be filled; empty when there is none.
  func sentence(_ values: [String: String]) -> String {
    for line in lines {
      let words = line.map { piece -> String? in
        switch piece {
        case .text(let text): text
        case .place(let name): values[name].flatMap { $0.isEmpty ? nil : $0 }
        }
      }
      if words.allSatisfy({ $0 != nil }) { return words.compactMap { $0 }.joined() }
    }
    return ""
  }
}
