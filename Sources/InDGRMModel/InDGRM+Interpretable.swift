// Where do users stand in a fitted InDGRM (or RecVAE, its relative), and what is inside it?

import DenseMath
import Fitting
import Glibc
import Recommending

/// z_i = sum_k pi~_ik mu_ik, blended over clusters as the decoder takes it; item vectors h_j as they enter
/// the products. A neighbourhood expert has no part in either, and of several members these are the first's.
extension InDGRM: InterpretableModel {
  var latentCount: Int { decoder.bases?.factorCount ?? shape.latent }
  var commonCount: Int { decoder.bases == nil ? min(1, latentCount) : shape.groups }
  var clusterCount: Int { shape.clusters }

  var keptDimensions: [[Bool]] {
    guard let bases = decoder.bases else { return users.keptDimensions }
    let kept = (0...shape.latent).flatMap { axis in
      (0..<shape.groups).map { axis == shape.latent || bases.keeps($0, axis) }
    }
    return [[Bool]](repeating: kept, count: clusterCount)
  }

  func represent(_ foldIn: SparseRows) -> UserRepresentations {
    let all = place(foldIn)
    guard let bases = decoder.bases, let places = all.groupPlaces else { return all }
    let points = Matrix<Float>(rows: foldIn.rowCount, columns: bases.factorCount)
    for block in blocks(of: 0..<foldIn.rowCount) {
      let activity = decoder.groupActivity(
        all.points.rowBlock(block), weights: all.clusterWeights.rowBlock(block))
      points.rowBlock(block).copy(
        from: bases.factors(places: byGroup(places.rowBlock(block)), activity: activity))
    }
    return UserRepresentations(points: points, clusterWeights: all.clusterWeights)
  }

  /// z, and with group parts y of each group, whatever the bases in which they are read.
  func place(_ foldIn: SparseRows) -> UserRepresentations {
    let all = UserRepresentations(
      points: Matrix(rows: foldIn.rowCount, columns: shape.latent),
      clusterWeights: Matrix(rows: foldIn.rowCount, columns: clusterCount),
      groupPlaces: shape.usesParts
        ? Matrix(rows: foldIn.rowCount, columns: shape.groups * shape.latent) : nil)
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
      if let bases = decoder.bases {
        let (places, activity) = bases.places(of: users.points.rowBlock(block))
        decoder.forward(
          places: places, activity: activity, part: decoder.part, into: scores.rowBlock(block))
        continue
      }
      decoder.forward(
        users.points.rowBlock(block), weights: users.clusterWeights.rowBlock(block),
        places: places(users, block),
        into: scores.rowBlock(block))
    }
  }

  var itemVectors: Matrix<Float> { decoder.scoredItems }

  var factorVectors: Matrix<Float> {
    guard let bases = decoder.bases else { return itemVectors }
    return bases.factors(items: decoder.scoredItems, membership: decoder.groups.membership)
  }

  var expectedClusterShares: [Double] {
    let weights = clusters.logWeights.value.array.map { exp(Double($0)) }
    let total = weights.reduce(0, +)
    return total > 0 ? weights.map { $0 / total } : weights
  }

  var clusterVariances: Matrix<Float>? {
    // They are of z, and not of what is read in bases of the groups.
    guard decoder.bases == nil else { return nil }
    let logs = clusters.logVariances.value
    // All of them are zero until they are learnt.
    guard logs.buffer.contains(where: { $0 != 0 }) else { return nil }
    return Matrix(rows: logs.rows, columns: logs.columns, logs.buffer.map { exp($0) })
  }

  /// O^(k), a row for each cluster and group; with doors those of the dimensions that the cluster keeps, and with bases of
  /// the groups those of each group's own factors.
  var factorToGroup: Matrix<Float>? {
    if let bases = decoder.bases {
      let mapping = Matrix<Float>(rows: clusterCount * shape.groups, columns: latentCount)
      for row in 0..<mapping.rows {
        let group = row % shape.groups
        for axis in 0...shape.latent {
          mapping[row, axis * shape.groups + group] = bases.strengths.value[group, axis]
        }
      }
      return mapping
    }
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
