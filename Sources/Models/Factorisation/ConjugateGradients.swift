// How are least-squares factors approached in a few steps instead of solved for?

import DenseMath

extension AlternatingLeastSquares {
  /// Moves the factors of all rows towards their solutions by steps of conjugate gradients from where they
  /// are (Takacs et al., RecSys 2011).
  ///
  /// Rows go together in blocks, so that the part of A p that they share is one matrix product: a step
  /// takes 2 d^2 + 4 |x| d operations a row, where a solution takes |x| d^2 + d^3 / 3.
  ///
  /// - Parameters: as of `solve`; `factors` is both start and result.
  func approach(
    _ rows: SparseRows, pulls: [Float]?, given fixed: Matrix<Float>, _ shared: Matrix<Float>,
    _ factors: Matrix<Float>
  ) {
    rows.columns.withUnsafeBufferPointer { columns in
      let columns = ReadOnlyBuffer(columns)
      Parallel.blocks(rows.rowCount, size: 64) { block in
        let system = Systems(rows, block, columns, fixed: fixed, shared: shared, self, pulls)
        system.approach(factors.rowBlock(block), steps: conjugateSteps)
      }
    }
  }
}

/// The systems A_u p_u = b_u of a block of rows, A_u = a0 F'F + sum_{i in x_u} f_i f_i' + ridge_u I.
private struct Systems {
  let rows: SparseRows
  let block: Range<Int>
  let columns: ReadOnlyBuffer<UInt32>
  let fixed: Matrix<Float>
  let shared: Matrix<Float>
  let ridges: [Float]
  let rights: Matrix<Float>

  init(
    _ rows: SparseRows, _ block: Range<Int>, _ columns: ReadOnlyBuffer<UInt32>,
    fixed: Matrix<Float>, shared: Matrix<Float>, _ method: AlternatingLeastSquares,
    _ pulls: [Float]?
  ) {
    (self.rows, self.block, self.columns) = (rows, block, columns)
    (self.fixed, self.shared) = (fixed, shared)
    let d = fixed.columns
    rights = Matrix(rows: block.count, columns: d)
    var ridges: [Float] = []
    ridges.reserveCapacity(block.count)
    for (place, row) in block.enumerated() {
      var pulled = 0.0
      for entry in rows.offsets[row]..<rows.offsets[row + 1] {
        let pull = method.explainability * Double(pulls?[entry] ?? 0)
        pulled += pull
        addScaled(
          fixed.row(Int(columns[entry])), by: Float(1 + pull), to: rights.row(place))
      }
      let observed = rows.offsets[row + 1] - rows.offsets[row]
      ridges.append(Float(method.ridge(observed, of: rows.columnCount) + pulled))
    }
    self.ridges = ridges
  }

  func approach(_ x: Matrix<Float>, steps: Int) {
    let (count, d) = (x.rows, x.columns)
    let (residuals, directions) = (
      Matrix<Float>(rows: count, columns: d), Matrix<Float>(rows: count, columns: d)
    )
    let images = Matrix<Float>(rows: count, columns: d)
    apply(x, into: images)
    var lengths = [Float](repeating: 0, count: count)
    for row in 0..<count {
      let residual = residuals.row(row)
      _ = residual.update(from: rights.row(row))
      addScaled(images.row(row), by: -1, to: residual)
      _ = directions.row(row).update(from: residual)
      lengths[row] = dot(residual, residual)
    }
    for _ in 0..<steps {
      apply(directions, into: images)
      for row in 0..<count where lengths[row] > 1e-20 {
        let (residual, direction, image) = (
          residuals.row(row), directions.row(row), images.row(row)
        )
        let rate = lengths[row] / dot(direction, image)
        guard rate.isFinite else { continue }
        addScaled(direction, by: rate, to: x.row(row))
        addScaled(image, by: -rate, to: residual)
        let length = dot(residual, residual)
        scale(direction, by: length / lengths[row])
        addScaled(residual, by: 1, to: direction)
        lengths[row] = length
      }
    }
  }

  /// A_u p_u for every row.
  private func apply(_ points: Matrix<Float>, into images: Matrix<Float>) {
    multiplyHere(points, shared, into: images)
    for (place, row) in block.enumerated() {
      let (point, image) = (points.row(place), images.row(place))
      addScaled(point, by: ridges[place], to: image)
      for entry in rows.offsets[row]..<rows.offsets[row + 1] {
        let factor = fixed.row(Int(columns[entry]))
        addScaled(factor, by: dot(factor, point), to: image)
      }
    }
  }
}
