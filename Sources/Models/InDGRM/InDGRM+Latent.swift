// What are the latent features of InDGRM (and of RecVAE, its relative)?

import DenseMath
import Glibc

/// z_i = sum_k pi~_ik mu_ik, blended over clusters as the decoder takes it; item vectors h_j as they enter
/// the products. A neighbourhood expert has no part in either.
extension InDGRM: LatentModel {
  func representations(of foldIn: SparseRows) -> Matrix<Float> {
    represent(foldIn, rows: 0..<foldIn.rowCount).points
  }

  func clusterWeights(of foldIn: SparseRows) -> Matrix<Float>? {
    clusterCount > 1 ? represent(foldIn, rows: 0..<foldIn.rowCount).clusterWeights : nil
  }

  var itemVectors: Matrix<Float> { decoder.unitItems }

  func activeDimensions(above variance: Double) -> [[Bool]]? {
    guard let variances = clusterVariances else { return nil }
    let kept = Set(users.dimensions)
    return (0..<variances.rows).map { cluster in
      variances.row(cluster).enumerated().map { dimension, value in
        Double(value) > variance && kept.contains(UInt32(cluster * latentCount + dimension))
      }
    }
  }

  func decode(_ representations: Matrix<Float>, weights: Matrix<Float>?, into scores: Matrix<Float>)
  {
    let whole = Matrix<Float>(rows: representations.rows, columns: clusterCount)
    if let weights { whole.copy(from: weights) } else { whole.fill(1 / Float(whole.columns)) }
    score(UserRepresentations(points: representations, clusterWeights: whole), into: scores)
  }
}
