// Which factorisation models can be fitted?

import DenseMath
import Fitting
import Interchange
import Recommending

/// `fit --model ials`.
package enum ImplicitALS: ModelFamily {
  package static let name = "ials"
  package static let summary = "implicit alternating least squares, tuned (Rendle et al., 2022)"
  package static let options = factorOptions

  package static func fit(
    _ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor
  ) throws -> FittedModel {
    let (model, outcome) = try fitFactors(data, settings, monitor, neighbours: nil)
    return FittedModel(model, settings, outcome)
  }

  package static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    try FactorModel.restore(stored)
  }
}

/// `fit --model emf`.
package enum ExplainableFactorisation: ModelFamily {
  package static let name = "emf"
  package static let summary =
    "explainable matrix factorisation: users near items they can be explained (2017)"
  package static let options =
    factorOptions + [
      ModelOption(
        "explainability", .number(0.5, 0...1e6),
        "Weight of the pull between users and items explainable to them"),
      ModelOption("neighbours", .integer(50, 1...10_000), "Similar items that may explain an item"),
      ModelOption("threshold", .number(0.01, 0...1), "Least explainability that counts"),
    ]

  package static func fit(
    _ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor
  ) throws -> FittedModel {
    let neighbours = ItemNeighbours(
      data.rows, count: settings.integer("neighbours"), threshold: settings.number("threshold"))
    let (model, outcome) = try fitFactors(data, settings, monitor, neighbours: neighbours)
    return FittedModel(model, settings, outcome)
  }

  package static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    try FactorModel.restore(stored)
  }
}

private let factorOptions: [ModelOption] = {
  let usual = AlternatingLeastSquares(factors: 192)
  return [
    ModelOption("factors", .integer(usual.factors, 1...10_000), "Latent dimensions"),
    ModelOption("unobserved", .number(usual.unobserved, 1e-9...1e6), "Weight of unobserved pairs"),
    ModelOption("lambda", .number(usual.lambda, 1e-12...1e6), "L2 regularisation"),
    ModelOption(
      "exponent", .number(usual.exponent, 0...2),
      "How regularisation grows with a row's interactions"),
    ModelOption(
      "conjugate-steps", .integer(usual.conjugateSteps, 0...1000),
      "Steps of conjugate gradients for each row in each round; 0 solves exactly"),
    ModelOption("epochs", .integer(16, 1...100_000), "Rounds of users and items at most"),
    ModelOption("patience", .integer(3, 1...1000), "Rounds without a better one before the end"),
  ]
}()

/// Fits by alternating least squares; the round that is best on the validation users is kept.
///
/// Throws `ModelError` when the factors are not numbers.
package func fitFactors(
  _ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor,
  neighbours: ItemNeighbours?
) throws -> (model: FactorModel, outcome: FitOutcome) {
  let factors = settings.integer("factors")
  let method = AlternatingLeastSquares(settings.json, factors: factors)
  let epochs = settings.integer("epochs")
  let patience = settings.integer("patience")
  var best: (epoch: Int, value: Double?, items: Matrix<Float>)?
  var misses = 0
  var outcome = FitOutcome.finished
  var start = seconds()
  _ = method.fit(
    data.weightedRows, pulls: neighbours?.explainability(of: data.rows), rounds: epochs,
    seed: data.seed, ranks: data.ranks
  ) { epoch, items in
    let kept = Matrix<Float>(rows: items.rows, columns: items.columns, items.array)
    let model = FactorModel(kept, method, neighbours: neighbours, settings: settings.json)
    let value = data.validation?.value(of: model, sharedBy: data.ranks.group)
    if best == nil || value == nil || (value ?? 0) > (best?.value ?? 0) {
      best = (epoch, value, kept)
      misses = 0
    } else {
      misses += 1
    }
    monitor.epochEnded(
      EpochRecord(
        epoch: epoch, epochs: epochs, loss: nil, parts: [], validation: value,
        metric: data.validation?.metric, seconds: seconds() - start))
    start = seconds()
    if data.ranks.group.any(monitor.shouldStop()) { outcome = .stopped }
    return misses >= patience || outcome == .stopped
  }
  guard let best, best.items.buffer.allSatisfy(\.isFinite) else {
    throw ModelError(.internalFault, "the factors are not numbers; raise lambda")
  }
  let run = TrainingRun(epoch: best.epoch, outcome: outcome)
  var kept = settings.json(keeping: run)
  if let basis = canonicalBasis(best.items, method, data, neighbours) {
    basis.turn(best.items)
    kept = kept.setting("basis", "canonical")
  }
  return (FactorModel(best.items, method, neighbours: neighbours, settings: kept), outcome)
}

/// The axes of users' directions, by 2,000 training users evenly spaced: alternating least squares prefer no basis, and
/// in this one factors of several models can be compared.
private func canonicalBasis(
  _ items: Matrix<Float>, _ method: AlternatingLeastSquares, _ data: TrainingData,
  _ neighbours: ItemNeighbours?
) -> CanonicalBasis? {
  let histories = data.spread(over: 2000)
  let wanted = histories.rowCount
  let model = FactorModel(items, method, neighbours: neighbours, settings: .null)
  let users = model.userFactors(histories, rows: 0..<wanted).factors
  let unit = Matrix<Float>(rows: wanted, columns: items.columns)
  normaliseRows(users, into: unit, norms: Matrix(rows: 1, columns: wanted))
  return CanonicalBasis(users: unit)
}
