// How are the best items found without scoring all of them?

import DenseMath

/// Without a neighbourhood expert and refined mappings s_ij = u . v_j + log(r . c_j), where u = (a z_i / |z_i|, 1, 1),
/// v_j = (h_j, beta_j in two parts), r_g = exp(o_i^(g) . z_i + b_g) and c_j the item's share in every group.
extension InDGRM: FactorisedModel {
  var itemFactors: RankingFactors? {
    guard expert?.strength ?? 0 == 0, !options.usesGroups || options.refineSteps == 0 else {
      return nil
    }
    return decoder.itemFactors
  }

  func userFactors(_ foldIn: SparseRows, rows: Range<Int>) -> RankingFactors {
    let factors = Matrix<Float>(rows: rows.count, columns: options.latent + 2)
    let shares =
      options.usesGroups ? Matrix<Float>(rows: rows.count, columns: options.groups) : nil
    for block in blocks(of: rows) {
      let seen = represent(batch: foldIn.rows(at: Array(block)))
      let found = decoder.userFactors(seen.points, weights: seen.clusterWeights)
      let first = block.lowerBound - rows.lowerBound
      factors.rowBlock(first..<first + block.count).copy(from: found.factors)
      if let shares, let own = found.shares {
        shares.rowBlock(first..<first + block.count).copy(from: own)
      }
    }
    return RankingFactors(factors, shares: shares)
  }
}

extension Decoder where T == Float {
  /// (h_j, beta_j) and c_j of the items that `prepareItems` brought up to date.
  var itemFactors: RankingFactors {
    let whole = part
    return RankingFactors(
      RankingFactors.items(whole.vectors, biases: whole.biases), shares: whole.membership)
  }

  /// (a z_i / |z_i|, 1, 1) and exp(o_i^(g) . z_i + b_g), for z (B x d) and cluster weights (B x K).
  func userFactors(_ z: Matrix<Float>, weights: Matrix<Float>) -> RankingFactors {
    let factors = RankingFactors.users(directions(z), scale: scaleFactor)
    guard options.usesGroups else { return RankingFactors(factors) }
    let activity = groupActivity(z, weights: weights)
    exponentiate(activity)
    return RankingFactors(factors, shares: activity)
  }
}
