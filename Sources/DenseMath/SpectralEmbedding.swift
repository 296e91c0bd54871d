// Which directions do the columns of a sparse matrix spread along most?

/// The columns of X as points: the leading right singular vectors times their singular values, found by
/// randomised subspace iteration (Halko, Martinsson and Tropp, 2011).
///
/// - Parameters:
///   - rows: X; each row is scaled to unit length, so that active users do not dominate.
///   - dimensions: columns of the result; `iterations` power steps, 2 nnz d operations each way.
/// - Returns: columnCount x dimensions.
public func spectralEmbedding(
  _ rows: SparseRows, dimensions: Int, seed: UInt64, iterations: Int = 4
) -> Matrix<Float> {
  let d = min(dimensions, rows.columnCount, max(rows.rowCount, 1))
  var scales: [Float] = []
  scales.reserveCapacity(rows.count)
  for row in 0..<rows.rowCount {
    let count = rows.offsets[row + 1] - rows.offsets[row]
    scales.append(contentsOf: repeatElement(1 / Float(max(count, 1)).squareRoot(), count: count))
  }
  let items = Matrix<Float>(rows: rows.columnCount, columns: d)
  let users = Matrix<Float>(rows: rows.rowCount, columns: d)
  fillNormal(items, seed: seed, stage: RandomStage.spectralStart, index: 0)
  for _ in 0..<iterations {
    orthonormalise(items)
    scales.withUnsafeBufferPointer {
      multiply(
        sparse: rows, rows: 0..<rows.rowCount, dense: items, into: users, entryScale: $0.baseAddress
      )
      multiplyTransposed(sparse: rows, gradient: users, into: items, entryScale: $0.baseAddress)
    }
  }
  // The columns of `items` are now X'X q for orthonormal q: their lengths are squared singular values;
  // the square root of the length is kept on unit columns.
  let result = Matrix<Float>(rows: rows.columnCount, columns: dimensions)
  var lengths = [Double](repeating: 0, count: d)
  for row in 0..<items.rows {
    for (column, value) in items.row(row).enumerated() { lengths[column] += Double(value * value) }
  }
  for row in 0..<items.rows {
    let (source, target) = (items.row(row), result.row(row))
    for column in 0..<d where lengths[column] > 0 {
      target[column] = source[column] / Float(lengths[column].squareRoot().squareRoot())
    }
  }
  return result
}

/// Makes the columns orthonormal by modified Gram-Schmidt; a column that vanishes stays zero.
func orthonormalise(_ x: Matrix<Float>) {
  let columns = (0..<x.columns).map { column in (0..<x.rows).map { Double(x[$0, column]) } }
  var basis: [[Double]] = []
  for var column in columns {
    for unit in basis {
      var along = 0.0
      for index in column.indices { along += column[index] * unit[index] }
      for index in column.indices { column[index] -= along * unit[index] }
    }
    let norm = column.reduce(0) { $0 + $1 * $1 }.squareRoot()
    basis.append(norm > 1e-12 ? column.map { $0 / norm } : column.map { _ in 0 })
  }
  for (index, unit) in basis.enumerated() {
    for row in 0..<x.rows { x[row, index] = Float(unit[row]) }
  }
}
