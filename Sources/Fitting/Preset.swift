// Which settings go together under a name?

import Recommending

/// Settings of a model that are asked for by one name, `fit --preset`.
public struct Preset: Sendable {
  public let name: String
  /// What it is, for `fit --list`.
  public let summary: String
  /// The settings, as `--set` takes them.
  public let words: [String]

  public init(_ name: String, _ summary: String, _ words: [String]) {
    (self.name, self.summary, self.words) = (name, summary, words)
  }
}

extension ModelSettings {
  /// The settings of a preset and what the user gave beside it, which takes precedence.
  ///
  /// Throws `ModelError` (usage) for names that there are none of, and as `init(_:for:)` does.
  public init(_ words: [String], preset name: String?, for family: any ModelFamily.Type) throws {
    guard let name else {
      try self.init(words, for: family)
      return
    }
    guard let preset = family.presets.first(where: { $0.name == name }) else {
      let names = family.presets.map(\.name).joined(separator: ", ")
      throw ModelError(
        .usage,
        "model '\(family.name)' has no preset '\(name)'; it has \(names.isEmpty ? "none" : names)")
    }
    // Later words take precedence.
    try self.init(preset.words + words, for: family)
    func setting(_ word: String) -> String { String(word.prefix { $0 != "=" }) }
    for own in Set(preset.words.map(setting)).subtracting(words.map(setting)) {
      self = reasoning(own, .taken("preset \(name)"))
    }
  }
}
