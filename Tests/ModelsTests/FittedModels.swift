// What is a model fitted to a few rows?

import DenseMath

@testable import Fitting
@testable import ModelCatalogue
@testable import Recommending

/// A model of that name by these settings, with seed 1.
func fitted(_ name: String, _ words: [String], to rows: SparseRows) throws
  -> any RecommendationModel
{
  let family = try ModelCatalogue.family(named: name)
  return try family.fit(
    TrainingData(rows: rows, seed: 1), ModelSettings(words, for: family), TrainingMonitor()
  ).model
}
