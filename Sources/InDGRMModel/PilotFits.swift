// What do quick models say of the data before a network is sized?

import DenseMath
import FactorModels
import Fitting
import LinearModels
import Recommending

/// What simple models with their defaults reach on the validation users; each is fitted when it is first asked for.
///
/// Nothing stops them, for a run that is stopped and resumed must find the same.
final class PilotFits: PilotRuns {
  private static let families: [any ModelFamily.Type] = [
    Popularity.self, ItemKNN.self, ImplicitALS.self,
  ]
  private let data: TrainingData
  private let monitor: TrainingMonitor
  private var known: [String: Double] = [:]

  /// - Parameter monitor: hears what is fitted.
  init(_ data: TrainingData, _ monitor: TrainingMonitor) {
    self.data = data
    self.monitor = monitor
  }

  func ratio(_ model: String, over other: String) throws -> Double? {
    guard let validation = data.validation else { return nil }
    return try value(model, validation) / max(try value(other, validation), 1e-12)
  }

  private func value(_ name: String, _ validation: ValidationUsers) throws -> Double {
    if let value = known[name] { return value }
    guard let family = Self.families.first(where: { $0.name == name }) else {
      preconditionFailure("'\(name)' is no pilot")
    }
    monitor.stepBegan("a pilot run of \(name)")
    var plain = data
    (plain.start, plain.resume) = (nil, nil)
    // The rules were drawn through popularity by all interactions alike.
    let words = family is Popularity.Type ? ["half-life=0"] : []
    let fitted = try family.fit(plain, ModelSettings(words, for: family), TrainingMonitor())
    let value = validation.value(of: fitted.model)
    known[name] = value
    return value
  }
}
