// What does everybody like?

import DenseMath
import Interchange

/// Ranks items by their number of training interactions.
final class Popularity: RecommendationModel, ModelFamily {
  static let name = "popularity"
  static let summary = "items by their number of interactions, the same for everybody"
  static let options: [ModelOption] = []

  /// Interactions of each item divided by the number of training users; 1 x M.
  private let shares: Matrix<Float>

  private init(_ shares: Matrix<Float>) { self.shares = shares }

  static func fit(_ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor)
    throws
    -> any RecommendationModel
  {
    let users = Float(max(data.rows.rowCount, 1))
    let counts = data.rows.columnCounts()
    return Popularity(Matrix(rows: 1, columns: counts.count, counts.map { Float($0) / users }))
  }

  /// By the training interactions that a model file of any family tells; nil where it does not.
  init?(trainingOf stored: StoredModel) {
    let counts = stored.itemInteractions
    guard counts.contains(where: { $0 > 0 }) else { return nil }
    let users = max(Float(stored.description["training_users"]?.int ?? 1), 1)
    shares = Matrix(rows: 1, columns: counts.count, counts.map { Float($0) / users })
  }

  static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    Popularity(try stored.floats("shares", [1, stored.items.ids.count]))
  }

  var itemCount: Int { shares.columns }
  var settings: JSONValue { .object([:]) }
  func tensors() -> [Tensor] { [shares.tensor("shares")] }

  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    for row in 0..<rows.count { _ = scores.row(row).update(from: shares.buffer) }
  }

  func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation] {
    items.map { item in
      let share = Double(shares[0, Int(item)])
      return Explanation(
        item: item, score: share, contributions: [.init(source: .itemBias, value: share)])
    }
  }
}
