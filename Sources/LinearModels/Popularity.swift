// What does everybody like?

import DenseMath
import Fitting
import Interchange
import Recommending

/// Ranks items by their number of training interactions.
package final class Popularity: RecommendationModel, ModelFamily {
  package static let name = "popularity"
  package static let summary = "items by their number of interactions, the same for everybody"
  package static let options: [ModelOption] = []

  /// Interactions of each item divided by the number of training users; 1 x M.
  private let shares: Matrix<Float>

  private init(_ shares: Matrix<Float>) { self.shares = shares }

  package static func fit(
    _ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor
  )
    throws
    -> any RecommendationModel
  {
    let users = Float(max(data.rows.rowCount, 1))
    let counts = data.rows.columnCounts()
    return Popularity(Matrix(rows: 1, columns: counts.count, counts.map { Float($0) / users }))
  }

  /// By the training interactions that a model file of any family tells; nil where it does not.
  package init?(trainingOf stored: StoredModel) {
    let counts = stored.itemInteractions
    guard counts.contains(where: { $0 > 0 }) else { return nil }
    let users = max(Float(stored.description["training_users"]?.int ?? 1), 1)
    shares = Matrix(rows: 1, columns: counts.count, counts.map { Float($0) / users })
  }

  package static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    Popularity(try stored.floats("shares", [1, stored.items.ids.count]))
  }

  package var itemCount: Int { shares.columns }
  package var settings: JSONValue { .object([:]) }
  package func tensors() -> [Tensor] { [shares.tensor("shares")] }

  package func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    for row in 0..<rows.count { _ = scores.row(row).update(from: shares.buffer) }
  }

  package func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation] {
    items.map { item in
      let share = Double(shares[0, Int(item)])
      return Explanation(
        item: item, score: share, contributions: [.init(source: .itemBias, value: share)])
    }
  }
}
