// Do users' tastes lie at one place or at several?

import DenseMath

extension TrainingData {
  /// Whether users are told better by their single items than by one place each: whether item-based nearest
  /// neighbours reach `leastRatio` of what a tuned factorisation, with one vector a user, does on the
  /// validation users. Without such users nothing speaks for several places.
  ///
  /// - Parameter shouldStop: asked after every round of the factorisation.
  /// - Throws: `ModelError` when the factorisation fails.
  func tastesAreSpread(until shouldStop: @escaping @Sendable () -> Bool) throws -> Bool {
    guard let validation else { return false }
    var plain = self
    (plain.start, plain.resume) = (nil, nil)
    func measure(_ family: any ModelFamily.Type) throws -> Double {
      let model = try family.fit(
        plain, ModelSettings([], for: family), TrainingMonitor(shouldStop: shouldStop))
      return validate(validation) { (rows, scores: Matrix<Float>) in
        model.score(validation.foldIn, rows: rows, into: scores)
      }
    }
    return try measure(ItemKNN.self) > Self.leastRatio * measure(ImplicitALS.self)
  }

  /// On the sets looked at (pipelines/paper/NOTES.md) places for every group gain from 1.13 on.
  private static let leastRatio = 1.1
}
