// What can be asked of any fitted model, whatever it is made of?

import DenseMath
import InteractionData
import Interchange

/// A fitted model: it scores every item for users it may never have seen, from their interactions.
public protocol RecommendationModel: AnyObject {
  /// Items it knows; a fold-in row has this many columns.
  var itemCount: Int { get }

  /// Scores all items for the users in `rows`.
  ///
  /// - Parameters:
  ///   - foldIn: one row a user, columns in the model's item order.
  ///   - scores: `rows.count` x `itemCount`; a larger score ranks higher. Seen items are scored too.
  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>)

  /// Scores some items alone for all users of `foldIn`.
  ///
  /// - Parameter scores: one row a user, one column for each of `items`.
  func score(_ foldIn: SparseRows, items: [UInt32], into scores: Matrix<Float>)

  /// Accounts for the scores of some items for one user.
  ///
  /// The contributions of an explanation add up to its score.
  func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation]

  /// The same for several users, which may take less time together.
  ///
  /// - Parameter known: of each user, or of none, what need not be found again.
  func explain(
    _ users: [(history: [UInt32], items: [UInt32])], known: [KnownFalls]
  ) -> [[Explanation]]

  /// What reasons of items start from; without the parts of explanations that take scoring a user anew.
  func bases(_ foldIn: [UInt32], items: [UInt32]) -> [ReasonBasis]

  /// The group of each item and the groups' prototypes (G x d), for models that have them.
  var itemGroups: (assignment: [UInt32], prototypes: Matrix<Float>)? { get }

  /// Whether its scores are made for those of whom nothing is known; others get what is popular instead.
  var suitsStrangers: Bool { get }

  /// The settings that were used, for the model file and for people.
  var settings: JSONValue { get }
  /// The tensors that make up the model, but for those below.
  func tensors() -> [Tensor]
  /// Those that no process has as a whole.
  func streamedTensors() -> [StreamedTensor]
}

extension RecommendationModel {
  public var itemGroups: (assignment: [UInt32], prototypes: Matrix<Float>)? { nil }
  public var suitsStrangers: Bool { false }
  public func streamedTensors() -> [StreamedTensor] { [] }

  public func explain(
    _ users: [(history: [UInt32], items: [UInt32])], known: [KnownFalls]
  ) -> [[Explanation]] {
    users.map { explain($0.history, items: $0.items) }
  }

  public func bases(_ foldIn: [UInt32], items: [UInt32]) -> [ReasonBasis] {
    explain(foldIn, items: items).map(ReasonBasis.init)
  }

  public func score(_ foldIn: SparseRows, items: [UInt32], into scores: Matrix<Float>) {
    let block = 250
    let all = Matrix<Float>(rows: min(block, foldIn.rowCount), columns: itemCount)
    for start in stride(from: 0, to: foldIn.rowCount, by: block) {
      let rows = start..<min(start + block, foldIn.rowCount)
      score(foldIn, rows: rows, into: all.rowBlock(0..<rows.count))
      for row in rows {
        for (place, item) in items.enumerated() {
          scores[row, place] = all[row - start, Int(item)]
        }
      }
    }
  }
}
