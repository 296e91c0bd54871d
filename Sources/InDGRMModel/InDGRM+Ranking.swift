// How are the best items found without scoring all of them?

import DenseMath
import Recommending

/// Without further members, an expert's neighbourhoods and factorisation and group parts
/// s_ij = u . v_j + beta_j + log(r . c_j), where u = a z_i / |z_i|, v_j = h_j, r_g = exp(o_i^(g) . z_i + b_g) and c_j
/// the item's share in every group.
extension InDGRM: FactorisedModel {
  var itemFactors: RankingFactors? {
    guard others.isEmpty, expert?.weights == nil, expert?.factors == nil, !shape.usesParts
    else { return nil }
    let all = decoder.part
    let biases = Matrix<Float>(rows: 1, columns: itemCount)
    biases.copy(from: all.biases)
    if let expert { addRow(expert.bias, to: biases) }
    return RankingFactors(items: all.vectors, biases: biases, shares: all.membership)
  }

  func userFactors(_ foldIn: SparseRows, rows: Range<Int>) -> RankingFactors {
    let directions = Matrix<Float>(rows: rows.count, columns: shape.latent)
    let shares =
      shape.mixesGroups ? Matrix<Float>(rows: rows.count, columns: shape.groups) : nil
    for block in blocks(of: rows) {
      let seen = represent(batch: foldIn.rows(at: Array(block)))
      let first = block.lowerBound - rows.lowerBound
      let places = first..<first + block.count
      directions.rowBlock(places).copy(from: decoder.directions(seen.points))
      guard let shares else { continue }
      let activity = decoder.groupActivity(seen.points, weights: seen.clusterWeights)
      exponentiate(activity)
      shares.rowBlock(places).copy(from: activity)
    }
    return RankingFactors(users: directions, scale: decoder.scaleFactor, shares: shares)
  }
}
