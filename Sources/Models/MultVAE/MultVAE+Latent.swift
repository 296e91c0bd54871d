// What are the latent features of Mult-VAE?

import DenseMath

/// z is the posterior's mean; an item's vector is its column of the last layer's weights.
extension MultVAENetwork: LatentNetwork where T == Float {
  func representations(of foldIn: SparseRows) -> Matrix<Float> {
    let h = unitRowsTimes(foldIn, value("encoder.weights"), bias: value("encoder.bias"))
    tanhForward(h)
    let weights = value("posterior.weights")
    let q = Matrix<Float>(rows: h.rows, columns: weights.columns)
    multiply(h, weights, into: q)
    addRow(value("posterior.bias"), to: q)
    return leadingColumns(q, latent)
  }

  var itemVectors: Matrix<Float> {
    let weights = value("decoder.weights")
    let vectors = Matrix<Float>(rows: weights.columns, columns: weights.rows)
    transpose(weights, into: vectors)
    return vectors
  }

  func decode(_ representations: Matrix<Float>, into scores: Matrix<Float>) {
    let hidden = Matrix<Float>(rows: representations.rows, columns: width)
    multiply(representations, value("hidden.weights"), into: hidden)
    addRow(value("hidden.bias"), to: hidden)
    tanhForward(hidden)
    multiply(hidden, value("decoder.weights"), into: scores)
    addRow(value("decoder.bias"), to: scores)
  }
}
