// What are the latent features of DGLGM?

import DenseMath
import Recommending
import Training

/// z is the posterior's means, the global part and then the local one (2 d dimensions), clusters are the local components; an
/// item's vector is its column of the last layer's weights.
extension DGLGMNetwork: LatentNetwork where T == Float {
  func represent(_ foldIn: SparseRows) -> UserRepresentations {
    let points = Matrix<Float>(rows: foldIn.rowCount, columns: 2 * shape.latent)
    let weights = Matrix<Float>(rows: foldIn.rowCount, columns: shape.clusters)
    for block in blocks(of: foldIn.rowCount) {
      let found = place(foldIn.rows(at: Array(block)))
      points.rowBlock(block).copy(from: found.points)
      weights.rowBlock(block).copy(from: found.weights)
    }
    return UserRepresentations(points: points, clusterWeights: weights)
  }

  var itemVectors: Matrix<Float> { itemsOfColumns("decoder.weights") }

  func score(_ users: UserRepresentations, into scores: Matrix<Float>) {
    for block in blocks(of: users.points.rows) {
      decode(users.points.rowBlock(block), into: scores.rowBlock(block))
    }
  }

  /// Users batch by batch.
  private func blocks(of count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: shape.batch).map { $0..<min($0 + shape.batch, count) }
  }
}
