// Which model is fitted, by which settings?

import ArgumentParser
import Fitting
import ModelCatalogue
import ToolKit

/// A family of models and what is set of it.
struct ModelChoice: ParsableArguments {
  @Option(
    help: "Which model to fit; --list shows them.",
    completion: .list(ModelCatalogue.families.map { $0.name }))
  var model = "indgrm"

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "A setting of the model, repeatable; --list shows them.", valueName: "name=value"))
  var set: [String] = []

  @Option(
    help: ArgumentHelp(
      "Settings that go together under a name, such as paper; --set takes precedence, --list shows them.",
      valueName: "name"),
    completion: .list(ModelCatalogue.families.flatMap { $0.presets.map(\.name) }))
  var preset: String?

  @Flag(help: "List the models, their settings and presets and the rules, then end.")
  var list = false

  /// Prints models, their settings and presets, and the rules.
  func printModels() throws {
    let file = try OutputFile("-", binary: false)
    for family in ModelCatalogue.families {
      try file.write("\(family.name): \(family.summary)\n")
      for option in family.options where option.isGivable {
        let help = family.help(of: option)
        try file.write("  \(option.name)=\(option.defaultText)  \(help) (\(option.rangeText))\n")
      }
      for preset in family.presets {
        let words = preset.words.joined(separator: " ")
        try file.write("  preset \(preset.name)  \(preset.summary): \(words)\n")
      }
    }
    try file.write("rules: what auto takes, where its row comes from and where it was tried\n")
    for rule in ModelCatalogue.rules { try file.write("  \(rule.line)\n") }
    try file.commit()
  }
}
