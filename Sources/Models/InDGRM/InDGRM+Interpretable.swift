// Where do users stand in a fitted InDGRM, and what do its clusters and groups look like inside?

import DenseMath
import Glibc
import Interchange

extension InDGRM: InterpretableModel {
  var latentCount: Int { options.latent }
  var clusterCount: Int { options.clusters }
  var dimensionCounts: [Int] { users.dimensionCounts }

  func represent(_ foldIn: SparseRows, rows: Range<Int>) -> UserRepresentations {
    let points = Matrix<Float>(rows: rows.count, columns: latentCount)
    let weights = Matrix<Float>(rows: rows.count, columns: clusterCount)
    for block in blocks(of: rows) {
      let (z, shares) = represent(foldIn.rows(at: Array(block)))
      let place = block.lowerBound - rows.lowerBound..<block.upperBound - rows.lowerBound
      points.rowBlock(place).copy(from: z)
      weights.rowBlock(place).copy(from: shares)
    }
    return UserRepresentations(points: points, clusterWeights: weights)
  }

  func score(_ seen: UserRepresentations, into scores: Matrix<Float>) {
    for block in blocks(of: 0..<seen.points.rows) {
      decoder.forward(
        seen.points.rowBlock(block), weights: seen.clusterWeights.rowBlock(block),
        into: scores.rowBlock(block))
    }
  }

  var expectedClusterShares: [Double] {
    let weights = clusters.logWeights.value.array.map { exp(Double($0)) }
    let total = weights.reduce(0, +)
    return total > 0 ? weights.map { $0 / total } : weights
  }

  var clusterVariances: Matrix<Float>? {
    let logs = clusters.logVariances.value
    // All of them are zero until they are learnt.
    guard logs.buffer.contains(where: { $0 != 0 }) else { return nil }
    return Matrix(rows: logs.rows, columns: logs.columns, logs.buffer.map { exp($0) })
  }

  var factorToGroup: Matrix<Float>? { options.usesGroups ? decoder.mapping.value : nil }

  /// Ranges of at most as many rows as the model takes at once.
  private func blocks(of rows: Range<Int>) -> [Range<Int>] {
    let size = max(users.batchSize, 1)
    return stride(from: rows.lowerBound, to: rows.upperBound, by: size).map {
      $0..<min($0 + size, rows.upperBound)
    }
  }
}
