// Which closed-form linear model is the one to beat?

import DenseMath
import Interchange

/// EASE^R (Steck, WWW 2019): B = -P / diag(P) with zero diagonal, P = (X'X + lambda I)^-1.
///
/// Cost: the Gram matrix needs sum |x_i|^2 operations, the inverse M^3; memory 8 M^2 bytes while
/// fitting and 4 M^2 afterwards.
final class EASE: RecommendationModel, ModelFamily {
  static let name = "ease"
  static let summary = "EASE^R, a closed-form linear item-item model"
  static let options = [
    ModelOption("lambda", .number(500, 1e-6...1e9), "L2 regularisation")
  ]

  private let weights: ItemItemWeights
  private let lambda: Double

  private init(_ weights: Matrix<Float>, lambda: Double) {
    self.weights = ItemItemWeights(weights)
    self.lambda = lambda
  }

  static func fit(_ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor)
    throws
    -> any RecommendationModel
  {
    let lambda = settings.number("lambda")
    let inverse = data.rows.gram(weights: nil)
    let count = inverse.rows
    for item in 0..<count { inverse[item, item] += lambda }
    do {
      try inverseSPD(inverse)
    } catch {
      throw ModelError(.badData, "X'X + lambda I is not positive definite; raise lambda")
    }
    let weights = Matrix<Float>(rows: count, columns: count)
    let scales = (0..<count).map { -1 / inverse[$0, $0] }
    Parallel.blocks(count, size: 64) { rows in
      for row in rows {
        let (source, target) = (inverse.row(row), weights.row(row))
        for column in 0..<count { target[column] = Float(source[column] * scales[column]) }
        target[row] = 0
      }
    }
    return EASE(weights, lambda: lambda)
  }

  static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    let count = stored.items.ids.count
    return EASE(
      try stored.floats("weights", [count, count]),
      lambda: stored.description["settings"]?["lambda"]?.double ?? 0)
  }

  var itemCount: Int { weights.weights.rows }
  var settings: JSONValue { ["lambda": .number(lambda)] }
  func tensors() -> [Tensor] { [weights.weights.tensor("weights")] }

  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    weights.score(foldIn, rows: rows, into: scores)
  }

  func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation] {
    weights.explain(foldIn, items: items)
  }
}
