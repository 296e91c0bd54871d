// Which items are explainable to a user by the items the user has?

import DenseMath
import Interchange
import Recommending

/// The items most alike by the training users they share, and the explainability it gives:
/// E_uj = |N_j and x_u| / |N_j|, where above the threshold, else 0 (Abdollahi and Nasraoui, 2017).
package struct ItemNeighbours {
  /// Neighbours by item, N_j; rows may be shorter than asked for.
  package let lists: SparseRows
  package let threshold: Float

  /// Finds the `count` items of highest cosine for each item.
  package init(_ users: SparseRows, count: Int, threshold: Double) {
    lists = nearestColumns(of: users, count: count)
    self.threshold = Float(threshold)
  }

  /// Brings neighbours back; nil when the model has none.
  ///
  /// Throws `ModelError`.
  package init?(_ stored: StoredModel) throws {
    guard let columns = stored.tensors["neighbours"] else { return nil }
    let items = stored.items.ids.count
    guard let values = columns.integers,
      let offsets = stored.tensors["neighbour-offsets"]?.integers,
      offsets.count == items + 1, offsets[0] == 0, Int(offsets[items]) == values.count,
      zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }),
      values.allSatisfy({ Int($0) < items })
    else { throw ModelError(.badData, "the model's neighbours are unusable; fit it again") }
    lists = SparseRows(offsets: offsets.map(Int.init), columns: Array(values), columnCount: items)
    threshold = Float(stored.description["settings"]?["threshold"]?.double ?? 0)
  }

  package func tensors() -> [Tensor] {
    [
      Tensor(
        "neighbour-offsets", shape: [lists.offsets.count],
        integers: lists.offsets.map { UInt32($0) }
      ),
      Tensor("neighbours", shape: [lists.count], integers: lists.columns),
    ]
  }

  /// E of every entry of the rows, in their order.
  package func explainability(of rows: SparseRows) -> [Float] {
    var values = [Float](repeating: 0, count: rows.count)
    values.withUnsafeMutableBufferPointer { buffer in
      let values = SharedBuffer(buffer)
      Parallel.blocks(rows.rowCount, size: 64) { block in
        var isOwn = [Bool](repeating: false, count: rows.columnCount)
        for row in block {
          for item in rows.row(row) { isOwn[Int(item)] = true }
          for entry in rows.offsets[row]..<rows.offsets[row + 1] {
            let list = lists.row(Int(rows.columns[entry]))
            let share = Float(list.count { isOwn[Int($0)] }) / Float(max(list.count, 1))
            values[entry] = share > threshold ? share : 0
          }
          for item in rows.row(row) { isOwn[Int(item)] = false }
        }
      }
    }
    return values
  }
}
