// What can be asked of a model that represents users and items by latent features?

import DenseMath

/// A model with representations: users' z, items' vectors, and the way back from z to scores.
public protocol LatentModel: RecommendationModel {
  /// Represents users by their interactions, without noise.
  ///
  /// - Parameter foldIn: one row a user, columns in the model's item order.
  func represent(_ foldIn: SparseRows) -> UserRepresentations

  /// Scores all items for points of the latent space, whoever stands there: without what a user's own
  /// items add directly.
  ///
  /// - Parameter scores: as many rows as points x `itemCount`.
  func score(_ users: UserRepresentations, into scores: Matrix<Float>)

  /// h_j, one row an item (section 4.2.1); as many columns as points have, but for MacridVAE, whose points
  /// are one of an item's size for each concept, and for group parts, whose points are one for each item group.
  var itemVectors: Matrix<Float> { get }

  /// The group that each item belongs to most, and the number of groups; nil for models without groups.
  ///
  /// Beside `itemGroups` also groups that explanations make no use of.
  var groupOfItems: (assignment: [UInt32], count: Int)? { get }

  /// Whether scores are logarithms of probabilities, but for a constant of each user.
  var scoresAreLogProbabilities: Bool { get }
}

extension LatentModel {
  public var groupOfItems: (assignment: [UInt32], count: Int)? {
    itemGroups.map { ($0.assignment, $0.prototypes.rows) }
  }
  public var scoresAreLogProbabilities: Bool { true }
}
