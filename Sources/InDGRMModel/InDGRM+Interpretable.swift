// Where do users stand in a fitted InDGRM (or RecVAE, its relative), and what is inside it?

import DenseMath
import Fitting
import Glibc
import Recommending

/// z_i = sum_k pi~_ik mu_ik, blended over clusters as the decoder takes it; item vectors h_j as they enter
/// the products. A neighbourhood expert has no part in either, and of several members these are the first's.
extension InDGRM: InterpretableModel {
  var latentCount: Int { shape.latent }
  var clusterCount: Int { shape.clusters }
  var keptDimensions: [[Bool]] { users.keptDimensions }

  func represent(_ foldIn: SparseRows) -> UserRepresentations {
    let all = UserRepresentations(
      points: Matrix(rows: foldIn.rowCount, columns: latentCount),
      clusterWeights: Matrix(rows: foldIn.rowCount, columns: clusterCount),
      groupPlaces: shape.usesParts
        ? Matrix(rows: foldIn.rowCount, columns: shape.groups * latentCount) : nil)
    for block in blocks(of: 0..<foldIn.rowCount) {
      let seen = represent(batch: foldIn.rows(at: Array(block)))
      all.points.rowBlock(block).copy(from: seen.points)
      all.clusterWeights.rowBlock(block).copy(from: seen.clusterWeights)
      if let places = seen.groupPlaces { all.groupPlaces?.rowBlock(block).copy(from: places) }
    }
    return all
  }

  func score(_ users: UserRepresentations, into scores: Matrix<Float>) {
    for block in blocks(of: 0..<users.points.rows) {
      decoder.forward(
        users.points.rowBlock(block), weights: users.clusterWeights.rowBlock(block),
        places: places(users, block),
        into: scores.rowBlock(block))
    }
  }

  var itemVectors: Matrix<Float> { decoder.scoredItems }

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

  /// O^(k), a row for each cluster and group; with doors those of the dimensions that the cluster keeps.
  var factorToGroup: Matrix<Float>? {
    guard let doors = decoder.doors else {
      return shape.usesGroups ? decoder.mapping.value : nil
    }
    let (strengths, kept) = (doors.strengths.value, keptDimensions)
    let mapping = Matrix<Float>(rows: clusterCount * shape.groups, columns: latentCount)
    for cluster in 0..<clusterCount {
      for group in 0..<shape.groups {
        let row = mapping.row(cluster * shape.groups + group)
        for factor in row.indices where kept[cluster][factor] {
          row[factor] = strengths[group, factor]
        }
      }
    }
    return mapping
  }
}
