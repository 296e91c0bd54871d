// What are the latent features of MacridVAE?

import DenseMath
import Recommending
import Training

/// z is the concepts' means mu_k, of unit length each, one after the other (K d dimensions); an item's
/// vector is h_j of unit length.
extension MacridVAENetwork: LatentNetwork where T == Float {
  func represent(_ foldIn: SparseRows) -> UserRepresentations {
    let (k, d) = (options.concepts, options.latent)
    let shares = conceptShares
    let result = Matrix<Float>(rows: foldIn.rowCount, columns: k * d)
    let norms = Matrix<Float>(rows: 1, columns: foldIn.rowCount)
    for concept in 0..<k {
      let masked = SparseRows(
        offsets: foldIn.offsets, columns: foldIn.columns,
        values: foldIn.columns.map { shares[Int($0), concept] }, columnCount: foldIn.columnCount)
      let h = unitRowsTimes(masked, value("encoder.weights"), bias: value("encoder.bias"))
      tanhForward(h)
      let q = Matrix<Float>(rows: h.rows, columns: 2 * d)
      multiply(h, value("posterior.weights"), into: q)
      addRow(value("posterior.bias"), to: q)
      let mean = Matrix<Float>(rows: h.rows, columns: d)
      normaliseRows(leadingColumns(q, d), into: mean, norms: norms)
      for row in 0..<mean.rows {
        (result.pointer + row * k * d + concept * d).update(
          from: mean.pointer + row * d, count: d)
      }
    }
    return UserRepresentations(points: result)
  }

  var itemVectors: Matrix<Float> { unitRows(value("items")) }

  var groupOfItems: (assignment: [UInt32], count: Int)? {
    (itemGroups.assignment, options.concepts)
  }

  func score(_ users: UserRepresentations, into scores: Matrix<Float>) {
    let points = users.points
    let (k, d) = (options.concepts, options.latent)
    let (vectors, shares) = (itemVectors, conceptShares)
    scores.fill(0)
    let part = Matrix<Float>(rows: points.rows, columns: d)
    let similarity = Matrix<Float>(rows: points.rows, columns: itemCount)
    let mixture = Matrix<Float>(rows: points.rows, columns: itemCount)
    for concept in 0..<k {
      for row in 0..<part.rows {
        (part.pointer + row * d).update(
          from: points.pointer + row * k * d + concept * d, count: d)
      }
      multiply(
        unitRows(part), vectors, transposeB: true, into: similarity,
        alpha: Float(1 / options.temperature))
      exponentiate(similarity)
      for row in 0..<similarity.rows {
        let (source, target) = (similarity.row(row), mixture.row(row))
        for item in 0..<itemCount { target[item] += source[item] * shares[item, concept] }
      }
    }
    addLog(of: mixture, plus: 0, to: scores)
  }

  /// c_jk = softmax_k(cos(h_j, m_k) / tau), M x K.
  private var conceptShares: Matrix<Float> {
    let shares = Matrix<Float>(rows: itemCount, columns: options.concepts)
    multiply(
      itemVectors, unitRows(value("prototypes")), transposeB: true, into: shares,
      alpha: Float(1 / options.temperature))
    softmaxRows(shares)
    return shares
  }

  private func unitRows(_ rows: Matrix<Float>) -> Matrix<Float> {
    let result = Matrix<Float>(rows: rows.rows, columns: rows.columns)
    normaliseRows(rows, into: result, norms: Matrix(rows: 1, columns: rows.rows))
    return result
  }
}
