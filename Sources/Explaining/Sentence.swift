// How is a recommendation explained in one sentence of the user's own words?

import Interchange
import Recommending
import ToolKit

/// Sentences with places to fill in, in order of preference: the first whose places can all be filled is used.
///
/// `[a|b]` stands for the first of its alternatives whose places can be filled: `[a|]` leaves out what cannot. Places
/// hold no words of any language, only names and numbers, so that sentences can be in every one.
struct SentenceTemplates: Sendable {
  /// What stands for what in `{...}`.
  static let places: [(name: String, meaning: String)] = [
    ("user", "the user's id"), ("rank", "the recommendation's rank"),
    ("title", "the item's title"), ("item", "the item's id"), ("score", "its score"),
    ("choosers", "how many of the users that the model was fitted to chose the item"),
    ("users", "how many users that were"),
    ("place", "the item's place among those the user has not chosen"),
    ("popular", "as choosers, of popular items where what everybody gets leads"),
    ("frequent", "the same of others in the most chosen tenth of the items"),
    ("choices", "how many own items the user has, where they speak for it together"),
    ("own1", "the own item that carries it most, where a few do"), ("own2", "the next"),
    ("own3", "the next"),
    ("own_share", "the percentage of what is personal in the score that goes with these"),
    ("own_more", "how many more that are near to it have to go before it falls"),
    ("own_place", "the item's place without all these, where it falls"),
    ("little1", "the own item near to it that adds most, where it is a little of many"),
    ("little2", "the next"), ("little3", "the next"),
    ("little_share", "the percentage that goes with these, less than 30"),
    ("little_more", "how many more that are near to it have to go before it falls"),
    ("little_place", "the item's place without all these, where it falls"),
    ("group", "its category of which the user's own items carry it"),
    ("group1", "an own item near to it of that category, or of its item group where that does"),
    ("group2", "the next"),
    ("group_count", "how many own items are of that kind"),
    ("group_share", "the percentage that goes with these"),
    ("group_place", "the item's place without these, where it falls"),
    ("group_further", "the same where it is further down than without those that carry it"),
    ("cluster", "what sets the user's heaviest cluster apart"),
  ]

  /// What is said of a recommendation after its title.
  static let reasons = [
    "\(popularity)because you chose \(names("own"))"
      + "[; otherwise it would fall from number {place} to number {own_place}"
      + "|; that is {own_share} % of what your choices say for it]."
      + "[ Your taste in {group} counts even more: without your {group_count} of that kind it would be number "
      + "{group_further}.|]",
    "\(popularity)for your taste in "
      + "[{group}[, such as [{group1} and {group2}|{group1}]|]|the likes of [{group1} and {group2}|{group1}]]; "
      + "[without your {group_count} of that kind it would fall from number {place} to number {group_place}"
      + "|your {group_count} of that kind make up {group_share} % of what your choices say for it].",
    "[popular, {popular} of {users} chose it[; the rest is \(little)|]"
      + "|often chosen, by {frequent} of {users}[; the rest is \(little)|]|\(little)].",
    "[your {choices} choices together, of which none near to it stands out"
      + "|none of your choices near to it stands out][; {choosers} of {users} chose it|].",
  ]
  private static let popularity =
    "[popular, {popular} of {users} chose it, and |often chosen, by {frequent} of {users}, and |]"
  private static let little =
    "a little of many of your choices, such as \(names("little"))"
    + "[; without that little it would fall from number {place} to number {little_place}"
    + "|; that is {little_share} % of what your choices say for it]"

  /// Own items that are named, and how many more go with them.
  private static func names(_ kind: String) -> String {
    "[{\(kind)1}, {\(kind)2}, {\(kind)3} and {\(kind)_more} more like them"
      + "|{\(kind)1}, {\(kind)2} and {\(kind)_more} more like them"
      + "|{\(kind)1} and {\(kind)_more} more like it"
      + "|{\(kind)1}, {\(kind)2} and {\(kind)3}|{\(kind)1} and {\(kind)2}|{\(kind)1}]"
  }

  static let standard = reasons.map { "{title}: " + $0 }

  private let lines: [[Piece]]

  fileprivate indirect enum Piece: Sendable {
    case text(String)
    case place(String)
    case choice([[Piece]])
  }

  /// - Parameter lines: one template each; empty lines and those that begin with # are passed over.
  ///
  /// Throws `ToolError` that names the line when a place is unknown or a bracket not closed.
  init(_ lines: [String], name: String) throws {
    var parsed: [[Piece]] = []
    for (number, line) in lines.enumerated() where !line.isEmpty && !line.hasPrefix("#") {
      var parser = TemplateParser(rest: line[...])
      do {
        parsed.append(try parser.whole())
      } catch {
        let known = Self.places.map { "{\($0.name)}" }.joined(separator: " ")
        throw ToolError(
          .badData, "\(name): line \(number + 1) \(error.what); there are \(known)")
      }
    }
    guard !parsed.isEmpty else { throw ToolError(.badData, "\(name): has no template") }
    self.lines = parsed
  }

  /// Whether any sentence has this place.
  func use(_ name: String) -> Bool { lines.contains { Self.use(name, $0) } }

  private static func use(_ name: String, _ pieces: [Piece]) -> Bool {
    pieces.contains { piece in
      switch piece {
      case .text: false
      case .place(let own): own == name
      case .choice(let alternatives): alternatives.contains { use(name, $0) }
      }
    }
  }

  /// The first sentence that can be filled; empty when there is none.
  func sentence(_ values: [String: String]) -> String {
    for line in lines { if let words = Self.filled(line, values) { return words } }
    return ""
  }

  private static func filled(_ pieces: [Piece], _ values: [String: String]) -> String? {
    var result = ""
    for piece in pieces {
      switch piece {
      case .text(let text): result += text
      case .place(let name):
        guard let value = values[name], !value.isEmpty else { return nil }
        result += value
      case .choice(let alternatives):
        guard let words = alternatives.lazy.compactMap({ filled($0, values) }).first else {
          return nil
        }
        result += words
      }
    }
    return result
  }
}

private struct TemplateFault: Error {
  let what: String
}

/// Reads a template from left to right.
private struct TemplateParser {
  var rest: Substring

  mutating func whole() throws(TemplateFault) -> [SentenceTemplates.Piece] {
    let pieces = try sequence(inChoice: false)
    guard rest.isEmpty else { throw TemplateFault(what: "has a ] without a [ before it") }
    return pieces
  }

  /// Up to the end, or to what ends an alternative.
  private mutating func sequence(inChoice: Bool) throws(TemplateFault) -> [SentenceTemplates.Piece]
  {
    var pieces: [SentenceTemplates.Piece] = []
    var text = ""
    while let next = rest.first {
      if next == "]" || (inChoice && next == "|") { break }
      rest.removeFirst()
      switch next {
      case "\\":
        text.append(rest.popFirst() ?? "\\")
      case "{":
        pieces += [.text(text), .place(try place())]
        text = ""
      case "[":
        pieces += [.text(text), .choice(try alternatives())]
        text = ""
      default: text.append(next)
      }
    }
    return pieces + [.text(text)]
  }

  private mutating func place() throws(TemplateFault) -> String {
    guard let close = rest.firstIndex(of: "}") else { throw TemplateFault(what: "has an open {") }
    let name = String(rest[..<close])
    guard SentenceTemplates.places.contains(where: { $0.name == name }) else {
      throw TemplateFault(what: "has an unknown {\(name)}")
    }
    rest = rest[close...].dropFirst()
    return name
  }

  private mutating func alternatives() throws(TemplateFault) -> [[SentenceTemplates.Piece]] {
    var found: [[SentenceTemplates.Piece]] = []
    while true {
      found.append(try sequence(inChoice: true))
      guard let end = rest.popFirst() else { throw TemplateFault(what: "has an open [") }
      if end == "]" { return found }
    }
  }
}
