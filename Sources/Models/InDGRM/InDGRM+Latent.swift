// What are the latent features of InDGRM (and of RecVAE, its relative)?

import DenseMath
import Glibc

/// z_i = sum_k pi~_ik mu_ik, blended over clusters as the decoder takes it; item vectors h_j as they enter
/// the products. A neighbourhood expert has no part in either.
extension InDGRM: LatentModel {
  func representations(of foldIn: SparseRows) -> Matrix<Float> { represent(foldIn).users }

  func clusterWeights(of foldIn: SparseRows) -> Matrix<Float>? {
    network.options.clusters > 1 ? represent(foldIn).weights : nil
  }

  var itemVectors: Matrix<Float> {
    network.prepareScoring()
    return network.decoder.unitItems
  }

  func activeDimensions(above variance: Double) -> [[Bool]]? {
    let logVariances = network.clusters.logVariances.value
    // Zero throughout where they were never learnt.
    guard logVariances.buffer.contains(where: { $0 != 0 }) else { return nil }
    return (0..<logVariances.rows).map { cluster in
      logVariances.row(cluster).map { exp(Double($0)) > variance }
    }
  }

  func decode(_ representations: Matrix<Float>, weights: Matrix<Float>?, into scores: Matrix<Float>)
  {
    network.prepareScoring()
    let step = network.options.batch
    let whole = Matrix<Float>(rows: representations.rows, columns: network.options.clusters)
    if let weights { whole.copy(from: weights) } else { whole.fill(1 / Float(whole.columns)) }
    for start in stride(from: 0, to: representations.rows, by: step) {
      let rows = start..<min(start + step, representations.rows)
      network.decoder.forward(
        representations.rowBlock(rows), weights: whole.rowBlock(rows), into: scores.rowBlock(rows))
    }
  }

  /// Representations and cluster weights of any number of users.
  private func represent(_ foldIn: SparseRows) -> (users: Matrix<Float>, weights: Matrix<Float>) {
    let options = network.options
    let users = Matrix<Float>(rows: foldIn.rowCount, columns: options.latent)
    let weights = Matrix<Float>(rows: foldIn.rowCount, columns: options.clusters)
    for start in stride(from: 0, to: foldIn.rowCount, by: options.batch) {
      let rows = start..<min(start + options.batch, foldIn.rowCount)
      let found = network.represent(foldIn.rows(at: Array(rows)))
      users.rowBlock(rows).copy(from: found.users)
      weights.rowBlock(rows).copy(from: found.weights)
    }
    return (users, weights)
  }
}
