// What is a model fitted to a few rows?

import DenseMath
import Interchange

@testable import Fitting
@testable import ModelCatalogue
@testable import Recommending

/// A model of that name by these settings, with seed 1.
func fitted(_ name: String, _ words: [String], to rows: SparseRows) throws
  -> any RecommendationModel
{
  let family = try ModelCatalogue.family(named: name)
  return try family.fit(
    TrainingData(rows: rows, seed: 1), ModelSettings(pinning: words, for: family), TrainingMonitor()
  ).model
}

extension ModelSettings {
  /// As a user gives them, and with what a fit would find out itself as words say it is.
  init(pinning words: [String], for family: any ModelFamily.Type) throws {
    func found(_ word: String) -> (option: ModelOption, text: String)? {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      let option = family.options.first { $0.name == parts[0] && !$0.isGivable }
      return option.map { ($0, parts[1]) }
    }
    try self.init(words.filter { found($0) == nil }, for: family)
    for (option, text) in words.compactMap(found) {
      // Earlier versions' 0 for auto is a number here.
      guard let value = Int(text).map(JSONValue.integer) ?? Double(text).map(JSONValue.number)
      else { continue }
      self = setting(option.name, value, .given)
    }
  }
}
