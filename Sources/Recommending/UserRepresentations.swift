// Where do users stand in a latent space, and to which clusters do they belong?

import DenseMath

/// Users, or points that need not be any user's: a place in the latent space and the weights of clusters each.
public struct UserRepresentations: Sendable {
  /// z_i, N x d, one row a user (the mean of Eq. 13).
  public let points: Matrix<Float>
  /// pi~_i, N x K*, one row a user (Eq. 15); each adds up to 1. Models without clusters have a single one.
  public let clusterWeights: Matrix<Float>
  /// y_i^(g), N x (G d), group by group: where users stand for each item group; nil for models that place them
  /// once for all.
  public var groupPlaces: Matrix<Float>?

  public init(
    points: Matrix<Float>, clusterWeights: Matrix<Float>, groupPlaces: Matrix<Float>? = nil
  ) {
    precondition(points.rows == clusterWeights.rows, "a point and weights for every user")
    self.points = points
    self.clusterWeights = clusterWeights
    self.groupPlaces = groupPlaces
  }

  /// Users of a model without clusters: all belong to a single one.
  public init(points: Matrix<Float>) {
    let whole = Matrix<Float>(rows: points.rows, columns: 1)
    whole.fill(1)
    self.init(points: points, clusterWeights: whole)
  }

  /// The cluster with the largest weight; the first of equals.
  public func heaviestCluster(of row: Int) -> Int {
    let weights = clusterWeights.row(row)
    return weights.indices.max { (weights[$0], -$0) < (weights[$1], -$1) } ?? 0
  }

  /// A copy of some rows, in the order named; a row may come more than once.
  public func rows(at places: [Int]) -> UserRepresentations {
    func chosen(_ whole: Matrix<Float>) -> Matrix<Float> {
      let result = Matrix<Float>(rows: places.count, columns: whole.columns)
      gatherRows(whole, places.map { UInt32($0) }, into: result)
      return result
    }
    return UserRepresentations(
      points: chosen(points), clusterWeights: chosen(clusterWeights),
      groupPlaces: groupPlaces.map(chosen))
  }
}
