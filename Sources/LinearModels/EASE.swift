// Which closed-form linear models are the ones to beat?

import DenseMath
import Fitting
import Interchange
import Recommending

/// A model that is an item-item weight matrix.
package final class LinearModel: RecommendationModel {
  package let weights: ItemItemWeights
  package let settings: JSONValue

  package init(_ weights: ItemItemWeights, settings: JSONValue) {
    self.weights = weights
    self.settings = settings
  }

  package var itemCount: Int { weights.itemCount }
  package func tensors() -> [Tensor] { weights.tensors() }

  package func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    weights.score(foldIn, rows: rows, into: scores)
  }

  package func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation] {
    weights.explain(foldIn, items: items)
  }

  package static func restore(_ stored: StoredModel) throws -> LinearModel {
    LinearModel(
      try ItemItemWeights(stored), settings: stored.description["settings"] ?? .object([:]))
  }
}

private let neighbourOption = ModelOption(
  "neighbours", .integer(0, 0...100_000), "Items each item is explained by; 0 stored is all",
  auto: .unlessGiven(formerly: "0"))

/// `fit --model ease`.
package enum EASE: ModelFamily {
  package static let name = "ease"
  package static let summary = "EASE^R, a closed-form linear item-item model (Steck, 2019)"
  package static let rules = [ItemItemRegression.neighbourRule]
  package static let options = [
    ModelOption("lambda", .number(500, 1e-6...1e9), "L2 regularisation"), neighbourOption,
  ]

  package static func fit(
    _ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor
  ) throws -> FittedModel {
    let settings = try resolve(Evidence(data.shape, settings))
    let regression = ItemItemRegression(
      lambda: settings.number("lambda"),
      neighbours: ItemItemRegression.neighbours(
        settings.integer("neighbours"), items: data.rows.columnCount), ranks: data.ranks)
    return FittedModel(
      LinearModel(try regression.fit(data.weightedRows), settings: settings.json), settings)
  }

  package static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    try LinearModel.restore(stored)
  }
}

/// `fit --model edlae`.
package enum EDLAE: ModelFamily {
  package static let name = "edlae"
  package static let summary =
    "EDLAE, EASE^R that emulates dropout (Steck, 2020); users may be weighted"
  package static let rules = [ItemItemRegression.neighbourRule]
  package static let options = [
    ModelOption("lambda", .number(300, 1e-6...1e9), "L2 regularisation"),
    ModelOption("dropout", .number(0.5, 0...0.99), "Share of the input whose loss is emulated"),
    ModelOption(
      "user-weight", .number(0, 0...2),
      "Users count as their number of interactions to minus this power"), neighbourOption,
  ]

  package static func fit(
    _ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor
  ) throws -> FittedModel {
    let settings = try resolve(Evidence(data.shape, settings))
    let regression = ItemItemRegression(
      lambda: settings.number("lambda"), dropout: settings.number("dropout"),
      userWeight: settings.number("user-weight"),
      neighbours: ItemItemRegression.neighbours(
        settings.integer("neighbours"), items: data.rows.columnCount), ranks: data.ranks)
    return FittedModel(
      LinearModel(try regression.fit(data.weightedRows), settings: settings.json), settings)
  }

  package static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    try LinearModel.restore(stored)
  }
}

/// `fit --model slim`.
package enum SLIM: ModelFamily {
  package static let name = "slim"
  package static let summary =
    "sparse linear method: elastic net, weights not negative (Ning, 2011)"
  package static let options = [
    ModelOption("l1", .number(3, 0...1e9), "L1 penalty"),
    ModelOption("l2", .number(100, 1e-6...1e9), "L2 regularisation"),
    ModelOption(
      "neighbours", .integer(400, 1...100_000),
      "Items of highest cosine an item may be explained by"),
  ]

  package static func fit(
    _ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor
  ) throws -> FittedModel {
    let neighbours = min(settings.integer("neighbours"), max(data.rows.columnCount - 1, 1))
    let regression = ItemItemRegression(
      lambda: settings.number("l2"), neighbours: neighbours, sparsity: settings.number("l1"),
      ranks: data.ranks)
    return FittedModel(
      LinearModel(try regression.fit(data.weightedRows), settings: settings.json), settings)
  }

  package static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    try LinearModel.restore(stored)
  }
}
