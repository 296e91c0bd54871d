// How does an item-item weight matrix score and explain?

import DenseMath
import Interchange

/// score(u, j) = sum over the user's items i of B_ij.
///
/// B is dense, M x M, row i holding what item i says about every other item; the explanation of a
/// score is exactly that sum's terms.
final class ItemItemWeights {
  let weights: Matrix<Float>

  init(_ weights: Matrix<Float>) { self.weights = weights }

  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    multiply(sparse: foldIn, rows: rows, dense: weights, into: scores, entryScale: nil)
  }

  func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation] {
    items.map { item in
      var parts = foldIn.map {
        Explanation.Contribution(
          source: .item($0), value: Double(weights[Int($0), Int(item)]))
      }
      parts.sort { ($0.value, $0.source.order) > ($1.value, $1.source.order) }
      return Explanation(
        item: item, score: parts.reduce(0) { $0 + $1.value }, contributions: parts)
    }
  }
}

extension Explanation.Source {
  /// Breaks ties between equal contributions: lower items first.
  var order: Int {
    if case .item(let item) = self { return -Int(item) }
    return 1
  }
}
