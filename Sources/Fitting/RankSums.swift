// How do ranks share what is made of all users at once?

import DenseMath
import Ranks

extension VirtualRanks {
  /// The sum of what every rank makes, by the tree; all processes get it.
  ///
  /// - Parameter part: what a rank makes, of one shape for all.
  public func sum<T: Real>(_ part: (_ rank: Int) -> Matrix<T>) -> Matrix<T> {
    var tree = TreeSum<Matrix<T>>()
    for rank in own {
      tree.add(part(rank)) { earlier, later in
        DenseMath.add(earlier, to: later)
        return later
      }
    }
    let sum = tree.finish()
    group.sum(sum.buffer)
    return sum
  }

  /// X' diag(w) X, added up over the ranks' rows.
  ///
  /// Exact, and so that of one rank, where rows count alike and have no values. Takes the memory of the result, of the
  /// process's rows twice, and of a block of the result for each level of the tree.
  public func gram(_ rows: SparseRows, weights: [Double]?) -> Matrix<Double> {
    guard count > 1 else { return rows.gram(weights: weights) }
    let parts = own.map { rank in
      let range = part(rank, of: rows.rowCount)
      return rows.rows(at: Array(range)).crossed(weights: weights.map { Array($0[range]) })
    }
    let columns = rows.columnCount
    let result = Matrix<Double>(rows: columns, columns: columns)
    let height = max((1 << 20) / max(columns, 1), 16)
    for start in stride(from: 0, to: columns, by: height) {
      let block = start..<min(start + height, columns)
      let sum = self.sum { parts[$0 - own.lowerBound].gram(columns: block) }
      result.rowBlock(block).copy(from: sum)
    }
    return result
  }
}

extension RankGroup {
  /// Where each process's columns begin, and where the last one's end, so that for all it takes about as long to meet
  /// the rows of each column.
  public func columnBounds(_ rows: SparseRows) -> [Int] {
    guard count > 1 else { return [0, rows.columnCount] }
    var costs = [Int](repeating: 1, count: rows.columnCount)
    for row in 0..<rows.rowCount {
      let columns = rows.row(row)
      for column in columns { costs[Int(column)] += columns.count }
    }
    return bounds(costs: costs)
  }
}
