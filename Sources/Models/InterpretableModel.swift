// What can be looked at inside a model with user clusters and factors?

import DenseMath
import InteractionData
import Interchange

/// Where users stand in a model: a point of the latent space each, and the weights of their clusters.
public struct UserRepresentations: Sendable {
  /// z, one row a user.
  public let points: Matrix<Float>
  /// The mixture weights, one row a user; each adds up to 1.
  public let clusterWeights: Matrix<Float>

  public init(points: Matrix<Float>, clusterWeights: Matrix<Float>) {
    precondition(points.rows == clusterWeights.rows, "a point and weights for every user")
    self.points = points
    self.clusterWeights = clusterWeights
  }

  /// The cluster with the largest weight; the first of equals.
  public func heaviestCluster(of row: Int) -> Int {
    let weights = clusterWeights.row(row)
    return weights.indices.max { (weights[$0], -$0) < (weights[$1], -$1) } ?? 0
  }
}

/// A model that shows how it sees users: by clusters and latent dimensions that can be altered.
public protocol InterpretableModel: LatentModel {
  /// d, the dimensions of the latent space.
  var latentCount: Int { get }
  /// K*, the clusters it kept.
  var clusterCount: Int { get }
  /// d^(k), how many dimensions each cluster kept.
  var dimensionCounts: [Int] { get }

  /// Represents users by their interactions, without noise.
  ///
  /// - Parameter foldIn: one row a user, columns in the model's item order.
  func represent(_ foldIn: SparseRows, rows: Range<Int>) -> UserRepresentations

  /// Scores all items for points of the latent space, whoever stands there: without what a user's own
  /// items add directly and without refinement by them.
  ///
  /// - Parameter scores: as many rows as points x `itemCount`.
  func score(_ users: UserRepresentations, into scores: Matrix<Float>)

  /// The share of users the model expects in each cluster before it sees them.
  var expectedClusterShares: [Double] { get }
  /// The prior's variance of each dimension in each cluster, K x d; nil where none was learnt.
  var clusterVariances: Matrix<Float>? { get }
  /// The factor-to-group vectors o^(k)_g, one row for each cluster and group, cluster by cluster:
  /// (K G) x d; nil for models without item groups.
  var factorToGroup: Matrix<Float>? { get }
}

extension InterpretableModel {
  /// The vectors o^(g) = sum_k pi_k o^(k)_g of one user, G x d, before any refinement by his items.
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
