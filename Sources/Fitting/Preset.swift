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
    try self.init(words, for: family)
    guard let name else { return }
    guard let preset = family.presets.first(where: { $0.name == name }) else {
      let names = family.presets.map(\.name).joined(separator: ", ")
      throw ModelError(
        .usage,
        "model '\(family.name)' has no preset '\(name)'; it has \(names.isEmpty ? "none" : names)")
    }
    let given = Set(words.map { $0.prefix { $0 != "=" } })
    for word in preset.words {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, !given.contains(parts[0][...]),
        let option = family.options.first(where: { $0.name == parts[0] }),
        let value = option.parse(parts[1])?.value
      else { continue }
      self = setting(option.name, value, .taken("preset \(name)"))
    }
  }
}
