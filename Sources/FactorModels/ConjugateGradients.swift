// How are least-squares factors approached in a few steps instead of solved for?

import DenseMath

extension AlternatingLeastSquares {
  /// Moves the factors of all rows towards their solutions by steps of conjugate gradients from where they
  /// are (Takacs et al., RecSys 2011).
  ///
  /// Rows go together in blocks, so that the part of A p that they share is one matrix product: a step
  /// takes 2 d^2 + 4 |x| d operations a row, where a solution takes |x| d^2 + d^3 / 3. Blocks are small, so that
  /// the factors they meet are still in the cache at the next step.
  ///
  /// - Parameters: as of `solve`; `factors` is both start and result, and of `wanted` the first is a multiple of 8.
  package func approach(
    _ rows: SparseRows, pulls: [Float]?, given fixed: Matrix<Float>, _ shared: Matrix<Float>,
    _ factors: Matrix<Float>, only wanted: Range<Int>? = nil
  ) {
    Parallel.blocks(wanted ?? 0..<rows.rowCount, size: 8) { block in
      let systems = Systems(rows, block, fixed: fixed, shared: shared, self, pulls)
      systems.approach(factors.rowBlock(block), steps: conjugateSteps)
    }
  }
}

/// The systems A_u p_u = b_u of a block of rows, A_u = a0 F'F + sum_{i in x_u} c_ui f_i f_i' + ridge_u I and
/// b_u = sum_{i in x_u} (c_ui + pull_ui) f_i.
private struct Systems {
  let rows: SparseRows
  let block: Range<Int>
  let fixed: Matrix<Float>
  let shared: Matrix<Float>
  let method: AlternatingLeastSquares
  let pulls: [Float]?
  let ridges: [Float]

  init(
    _ rows: SparseRows, _ block: Range<Int>, fixed: Matrix<Float>, shared: Matrix<Float>,
    _ method: AlternatingLeastSquares, _ pulls: [Float]?
  ) {
    (self.rows, self.block, self.fixed, self.shared) = (rows, block, fixed, shared)
    (self.method, self.pulls) = (method, pulls)
    ridges = block.map { row in
      let entries = rows.offsets[row]..<rows.offsets[row + 1]
      let pulled = pulls.map { pulls in
        entries.reduce(0.0) { $0 + method.explainability * Double(pulls[$1]) }
      }
      return Float(method.ridge(rows.observed(row), of: rows.columnCount) + (pulled ?? 0))
    }
  }

  func approach(_ x: Matrix<Float>, steps: Int) {
    let (count, d) = (x.rows, x.columns)
    let residuals = Matrix<Float>(rows: count, columns: d)
    let directions = Matrix<Float>(rows: count, columns: d)
    let images = Matrix<Float>(rows: count, columns: d)
    // A x - b in one pass over the entries' factors; the pulls are apart.
    apply(x, shift: -1, into: images)
    var lengths = [Float](repeating: 0, count: count)
    for row in 0..<count {
      let residual = residuals.row(row)
      addScaled(images.row(row), by: -1, to: residual)
      addPulled(block.lowerBound + row, to: residual)
      _ = directions.row(row).update(from: residual)
      lengths[row] = dot(residual, residual)
    }
    for _ in 0..<steps {
      apply(directions, shift: 0, into: images)
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

  /// A_u p_u + shift sum_{i in x_u} c_ui f_i for every row.
  private func apply(_ points: Matrix<Float>, shift: Float, into images: Matrix<Float>) {
    multiplyHere(points, shared, into: images)
    for (place, row) in block.enumerated() {
      let (point, image) = (points.row(place), images.row(place))
      addScaled(point, by: ridges[place], to: image)
      guard let confidences = rows.values else {
        addGramProduct(sparse: rows, row: row, dense: fixed, point, shift: shift, to: image)
        continue
      }
      for entry in rows.offsets[row]..<rows.offsets[row + 1] {
        let factors = fixed.row(Int(rows.columns[entry]))
        let along = dot(factors, point) + shift
        addScaled(factors, by: confidences[entry] * along, to: image)
      }
    }
  }

  /// The part of b_u that comes from the pulls.
  private func addPulled(_ row: Int, to residual: UnsafeMutableBufferPointer<Float>) {
    guard let pulls else { return }
    for entry in rows.offsets[row]..<rows.offsets[row + 1] where pulls[entry] > 0 {
      addScaled(
        fixed.row(Int(rows.columns[entry])), by: Float(method.explainability) * pulls[entry],
        to: residual)
    }
  }
}
