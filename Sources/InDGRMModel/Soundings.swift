// What do quick models say of the data before a network is sized?

import DenseMath
import FactorModels
import Fitting
import LinearModels
import Recommending
import Training

/// What simple models with their defaults reach on the validation users; each is fitted when it is first asked for.
///
/// Nothing stops them, for a run that is stopped and resumed must find the same.
final class Soundings {
  private let data: TrainingData
  private let monitor: TrainingMonitor
  private var known: [String: Double] = [:]

  /// - Parameter monitor: hears what is asked and found.
  init(_ data: TrainingData, _ monitor: TrainingMonitor) {
    self.data = data
    self.monitor = monitor
  }

  /// The validation metric of one model over that of another; nil, and nothing asked, without validation users.
  ///
  /// Throws `ModelError` when a model cannot be fitted.
  private func ratio(
    _ family: any ModelFamily.Type, over other: any ModelFamily.Type, asking question: String
  ) throws -> Double? {
    guard let validation = data.validation else { return nil }
    monitor.stepBegan("asking \(question)")
    func value(_ family: any ModelFamily.Type) throws -> Double {
      if let value = known[family.name] { return value }
      var plain = data
      (plain.start, plain.resume) = (nil, nil)
      // The rules below were drawn through popularity by all interactions alike.
      let words = family is Popularity.Type ? ["half-life=0"] : []
      let value = validation.value(
        of: try family.fit(plain, ModelSettings(words, for: family), TrainingMonitor()).model)
      known[family.name] = value
      return value
    }
    return try value(family) / max(try value(other), 1e-12)
  }

  /// Whether users are told better by their single items than by one place each: whether item-based nearest
  /// neighbours reach `leastRatio` of what a tuned factorisation, with one vector a user, does. Without validation
  /// users nothing speaks for several places.
  ///
  /// Throws `ModelError` when the factorisation fails.
  func tastesAreSpread() throws -> Bool {
    let ratio = try ratio(
      ItemKNN.self, over: ImplicitALS.self, asking: "whether tastes are spread")
    guard let ratio else { return false }
    let isSpread = ratio > Self.leastRatio
    monitor.stepBegan(
      "item-knn reaches \(percent(ratio)) % of ials: \(isSpread ? "a place for every group" : "one place for all groups")"
    )
    return isSpread
  }

  /// On the sets looked at (pipelines/paper/NOTES.md) places for every group gain from 1.13 on.
  private static let leastRatio = 1.1

  /// How much more than popularity can be told of users: what item-based nearest neighbours reach, as a multiple of
  /// what popularity does; nil without validation users.
  ///
  /// Throws `ModelError` when a model cannot be fitted.
  func gainOverPopularity() throws -> Double? {
    let ratio = try ratio(
      ItemKNN.self, over: Popularity.self, asking: "how much users tell beyond popularity")
    guard let ratio else { return nil }
    monitor.stepBegan("item-knn reaches \(percent(ratio)) % of popularity")
    return ratio
  }

  private func percent(_ ratio: Double) -> Int { Int((100 * min(ratio, 1e6)).rounded()) }
}
