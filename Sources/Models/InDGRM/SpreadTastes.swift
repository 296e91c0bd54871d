// Do users' tastes lie at one place or at several?

import DenseMath

extension TrainingData {
  /// Whether users are told better by their single items than by one place each: whether item-based nearest
  /// neighbours reach `leastRatio` of what a tuned factorisation, with one vector a user, does on the
  /// validation users. Without such users nothing speaks for several places.
  ///
  /// - Parameter monitor: hears what is asked and found; it cannot stop it, for a run that is stopped and
  ///   resumed must find the same.
  /// - Throws: `ModelError` when the factorisation fails.
  func tastesAreSpread(_ monitor: TrainingMonitor) throws -> Bool {
    guard let validation else { return false }
    monitor.stepBegan("asking whether tastes are spread")
    var plain = self
    (plain.start, plain.resume) = (nil, nil)
    func measure(_ family: any ModelFamily.Type) throws -> Double {
      validation.value(
        of: try family.fit(plain, ModelSettings([], for: family), TrainingMonitor()))
    }
    let (neighbours, factors) = (try measure(ItemKNN.self), try measure(ImplicitALS.self))
    let isSpread = neighbours > Self.leastRatio * factors
    let percent = Int((100 * neighbours / max(factors, 1e-12)).rounded())
    monitor.stepBegan(
      "item-knn reaches \(percent) % of ials: \(isSpread ? "a place for every group" : "one place for all groups")"
    )
    return isSpread
  }

  /// On the sets looked at (pipelines/paper/NOTES.md) places for every group gain from 1.13 on.
  private static let leastRatio = 1.1
}
