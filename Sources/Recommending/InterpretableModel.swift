// What can be looked at inside a model with user clusters and factors?

import DenseMath

/// A latent model that shows what it has learnt of clusters of users and of single latent dimensions.
public protocol InterpretableModel: LatentModel {
  /// d, the factors: dimensions of the latent space, or with places for every item group those of all of them.
  var latentCount: Int { get }
  /// How many of the factors, the first ones, are what all users share.
  var commonCount: Int { get }
  /// What each item has of each factor, M x d: scores are made of the products with users' points.
  var factorVectors: Matrix<Float> { get }
  /// K*, the clusters it kept.
  var clusterCount: Int { get }
  /// Which dimensions each cluster kept, K* x d; d^(k) are in cluster k (section 4.1.2).
  var keptDimensions: [[Bool]] { get }
  /// E[pi_k], K*: the share of users the model expects in each cluster before it sees them (Eq. 3).
  var expectedClusterShares: [Double] { get }
  /// lambda^(k)_l, K* x d: the prior's variance of each dimension in each cluster (Eq. 5); nil where none
  /// was learnt.
  var clusterVariances: Matrix<Float>? { get }
  /// The factor-to-group vectors o^(k)_g, one row for each cluster and group, cluster by cluster (Eq. 8):
  /// (K* G) x d; nil for models without item groups.
  var factorToGroup: Matrix<Float>? { get }
}

extension InterpretableModel {
  public var commonCount: Int { min(1, latentCount) }
  public var factorVectors: Matrix<Float> { itemVectors }

  /// Which of the kept dimensions have a variance above a threshold, K* x d (section 4.1.2); nil where no
  /// variances were learnt.
  public func activeDimensions(above variance: Double) -> [[Bool]]? {
    guard let clusterVariances else { return nil }
    return keptDimensions.enumerated().map { cluster, kept in
      zip(kept, clusterVariances.row(cluster)).map { $0 && Double($1) > variance }
    }
  }

  /// The vectors o^(g) = sum_k pi_k o^(k)_g of one user, G x d.
  public func factorToGroup(of users: UserRepresentations, row: Int) -> Matrix<Float>? {
    guard let mapping = factorToGroup, clusterCount > 0 else { return nil }
    let groups = mapping.rows / clusterCount
    let result = Matrix<Float>(rows: groups, columns: mapping.columns)
    for cluster in 0..<clusterCount {
      let weight = users.clusterWeights[row, cluster]
      for group in 0..<groups {
        let (source, target) = (mapping.row(cluster * groups + group), result.row(group))
        for index in source.indices { target[index] += weight * source[index] }
      }
    }
    return result
  }
}
