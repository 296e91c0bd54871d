// How are item-item weights computed where there are fewer users than items?

import DenseMath

extension ItemItemRegression {
  /// B by an inverse over users in place of one over items.
  ///
  /// With S = W^(1/2) X D^(-1/2), D what is added to the diagonal, (X'WX + D)^-1 =
  /// D^(-1/2) (1 - S'(1 + SS')^-1 S) D^(-1/2) (Woodbury), so that with T = X'CX and
  /// C = W^(1/2) (1 + SS')^-1 W^(1/2)
  ///
  /// B_ij = T_ij / (d_i (1 - T_jj / d_j)).
  ///
  /// U^3 operations for the inverse, nnz (U + M) for T, whose factors X are sparse, where the inverse over
  /// items takes M^3. Holds C and B: 8 U^2 + 4 M^2 bytes.
  ///
  /// - Parameters:
  ///   - users: w; nil for 1.
  ///   - ridge: d.
  /// - Throws: `ModelError` when the regularisation is too weak to solve.
  package func overUsers(_ rows: SparseRows, _ users: [Double]?, ridge: [Double]) throws
    -> ItemItemWeights
  {
    let byItem = rows.transposed()
    let (count, items) = (rows.rowCount, rows.columnCount)
    let inner = byItem.gram(weights: ridge.map { 1 / $0 })
    scale(inner, bothSidesBy: users)
    for user in 0..<count { inner[user, user] += 1 }
    do { try inverseSPD(inner) } catch { throw unsolvable }
    scale(inner, bothSidesBy: users)
    let weights = Matrix<Float>(rows: items, columns: items)
    let width = min(128, items)
    let memory = (
      Matrix<Double>(rows: width, columns: count), Matrix<Double>(rows: count, columns: width),
      Matrix<Double>(rows: items, columns: width)
    )
    for start in stride(from: 0, to: items, by: width) {
      // The last block reaches back, so that all are of one width.
      let first = min(start, items - width)
      let columns = first..<first + width
      let (seen, turned, products) = memory
      multiply(sparse: byItem, rows: columns, dense: inner, into: seen, entryScale: nil)
      transpose(seen, into: turned)
      multiply(sparse: byItem, rows: 0..<items, dense: turned, into: products, entryScale: nil)
      let scales = columns.enumerated().map { place, item in
        1 / (1 - products[item, place] / ridge[item])
      }
      guard scales.allSatisfy({ $0.isFinite && $0 > 0 }) else { throw unsolvable }
      Parallel.blocks(items, size: 64) { rows in
        for row in rows {
          let (source, target) = (products.row(row), weights.row(row))
          for place in 0..<width {
            target[first + place] = Float(source[place] * scales[place] / ridge[row])
          }
          if columns.contains(row) { target[row] = 0 }
        }
      }
    }
    return ItemItemWeights(weights)
  }

  /// A_uv sqrt(w_u w_v) in place of A.
  private func scale(_ matrix: Matrix<Double>, bothSidesBy weights: [Double]?) {
    guard let roots = weights?.map({ $0.squareRoot() }) else { return }
    Parallel.blocks(matrix.rows, size: 64) { rows in
      for row in rows {
        let values = matrix.row(row)
        for column in values.indices { values[column] *= roots[row] * roots[column] }
      }
    }
  }
}
