// How does an item-item weight matrix score and explain?

import DenseMath
import Fitting
import Interchange
import Recommending

/// score(u, j) = sum over the user's items i of B_ij.
///
/// Row i of B holds what item i says about every other item, dense (M x M) or only where it is not zero;
/// the explanation of a score is exactly that sum's terms.
package final class ItemItemWeights {
  private enum Storage {
    case dense(Matrix<Float>)
    case sparse(SparseRows)
  }

  private let storage: Storage

  package init(_ weights: Matrix<Float>) { storage = .dense(weights) }

  /// - Parameter weights: row i holds what item i says about others.
  package init(_ weights: SparseRows) { storage = .sparse(weights) }

  /// Brings weights back from tensors whose names begin with `prefix`.
  ///
  /// Throws `ModelError` when they are missing or make no sense.
  package init(_ stored: StoredModel, prefix: String = "") throws {
    let items = stored.items.ids.count
    guard stored.tensors[prefix + "weight-items"] != nil else {
      storage = .dense(try stored.floats(prefix + "weights", [items, items]))
      return
    }
    let values = try stored.floats(prefix + "weight-values", [nil])
    guard let offsets = stored.tensors[prefix + "weight-offsets"]?.integers,
      let targets = stored.tensors[prefix + "weight-items"]?.integers,
      offsets.count == items + 1, offsets[0] == 0, Int(offsets[items]) == targets.count,
      values.count == targets.count, zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }),
      targets.allSatisfy({ Int($0) < items })
    else { throw ModelError(.badData, "the model's sparse weights are unusable; fit it again") }
    storage = .sparse(
      SparseRows(
        offsets: offsets.map(Int.init), columns: Array(targets), values: values.array,
        columnCount: items))
  }

  package func tensors(prefix: String = "") -> [Tensor] {
    switch storage {
    case .dense(let weights): [weights.tensor(prefix + "weights")]
    case .sparse(let rows):
      [
        Tensor(
          prefix + "weight-offsets", shape: [rows.rowCount + 1],
          integers: rows.offsets.map { UInt32($0) }),
        Tensor(prefix + "weight-items", shape: [rows.count], integers: rows.columns),
        Tensor(prefix + "weight-values", shape: [rows.count], floats: rows.values ?? []),
      ]
    }
  }

  package var itemCount: Int {
    switch storage {
    case .dense(let weights): weights.rows
    case .sparse(let rows): rows.rowCount
    }
  }

  /// What item `source` says about item `target`.
  package subscript(source: UInt32, target: UInt32) -> Float {
    switch storage {
    case .dense(let weights): return weights[Int(source), Int(target)]
    case .sparse(let rows):
      let range = rows.offsets[Int(source)]..<rows.offsets[Int(source) + 1]
      return range.first { rows.columns[$0] == target }.flatMap { rows.values?[$0] } ?? 0
    }
  }

  package func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    switch storage {
    case .dense(let weights):
      multiply(sparse: foldIn, rows: rows, dense: weights, into: scores, entryScale: nil)
    case .sparse(let weights):
      scores.fill(0)
      Parallel.blocks(rows.count, size: 16) { block in
        for row in block {
          let target = scores.row(row)
          for source in foldIn.row(rows.lowerBound + row) {
            for entry in weights.offsets[Int(source)]..<weights.offsets[Int(source) + 1] {
              target[Int(weights.columns[entry])] += weights.values?[entry] ?? 0
            }
          }
        }
      }
    }
  }

  /// What each item of the user's adds to an item's score, largest first.
  package func contributions(_ foldIn: [UInt32], to item: UInt32, scale: Double = 1)
    -> [Explanation.Contribution]
  {
    foldIn.map {
      Explanation.Contribution(source: .item($0), value: scale * Double(self[$0, item]))
    }.sorted { ($0.value, $0.source.order) > ($1.value, $1.source.order) }
  }

  package func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation] {
    items.map { item in
      let parts = contributions(foldIn, to: item)
      return Explanation(
        item: item, score: parts.reduce(0) { $0 + $1.value }, contributions: parts)
    }
  }
}
