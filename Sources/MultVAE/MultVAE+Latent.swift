// What are the latent features of Mult-VAE?

import DenseMath
import Recommending
import Training

/// z is the posterior's mean; an item's vector is its column of the last layer's weights.
extension MultVAENetwork: LatentNetwork where T == Float {
  func represent(_ foldIn: SparseRows) -> UserRepresentations {
    let h = unitRowsTimes(foldIn, value("encoder.weights"), bias: value("encoder.bias"))
    tanhForward(h)
    let weights = value("posterior.weights")
    let q = Matrix<Float>(rows: h.rows, columns: weights.columns)
    multiply(h, weights, into: q)
    addRow(value("posterior.bias"), to: q)
    return UserRepresentations(points: leadingColumns(q, latent))
  }

  var itemVectors: Matrix<Float> { itemsOfColumns("decoder.weights") }

  func score(_ users: UserRepresentations, into scores: Matrix<Float>) {
    let hidden = Matrix<Float>(rows: users.points.rows, columns: width)
    multiply(users.points, value("hidden.weights"), into: hidden)
    addRow(value("hidden.bias"), to: hidden)
    tanhForward(hidden)
    multiply(hidden, value("decoder.weights"), into: scores)
    addRow(value("decoder.bias"), to: scores)
  }
}
