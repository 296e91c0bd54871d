// What does a model rank highest for many users?

import DenseMath

/// A model whose scores are products of user and item factors, score_uj = u . v_j + b_j + log(r . c_j) or
/// its first part alone, so that the best can be found without all scores.
public protocol FactorisedModel: RecommendationModel {
  /// v_j, b_j and c_j, one row an item; nil when this model's scores have other parts as well.
  var itemFactors: RankingFactors? { get }
  /// u and r of users by their interactions, one row a user.
  ///
  /// - Parameter foldIn: one row a user, columns in the model's item order.
  func userFactors(_ foldIn: SparseRows, rows: Range<Int>) -> RankingFactors
}

/// Ranks a model's items for users, a block at a time.
public final class Ranker {
  private let model: any RecommendationModel
  private let candidates: [Bool]?
  private let products: ProductRanking?
  private let scores = Workspace<Float>()

  /// - Parameter candidates: for each item whether it may be ranked; nil when all may.
  public init(_ model: any RecommendationModel, candidates: [Bool]? = nil) {
    self.model = model
    self.candidates = candidates
    products = (model as? any FactorisedModel)?.itemFactors.map {
      ProductRanking($0, allowed: candidates)
    }
  }

  /// The best items of each user, best first; equal scores rank by index.
  ///
  /// - Parameters:
  ///   - history: what users have, one row a user.
  ///   - rows: of which of them; some hundred at a time suit the caches.
  ///   - keepsSeen: whether what a user has is ranked too.
  ///   - hidden: for each of `rows`, counted from 0, all that is left out for the user, ascending; then `keepsSeen`
  ///     says nothing.
  /// - Returns: one list a user, shorter than `count` when there are fewer candidates.
  public func top(
    _ history: SparseRows, rows: Range<Int>, count: Int, keepsSeen: Bool = false,
    leavingOut hidden: SparseRows? = nil
  ) -> [[Ranked<Float>]] {
    if let products, let model = model as? any FactorisedModel {
      return products.top(
        model.userFactors(history, rows: rows),
        leavingOut: hidden ?? (keepsSeen ? nil : history),
        rows: hidden == nil ? rows : 0..<rows.count, count: count)
    }
    let scores = self.scores.matrix(rows: rows.count, columns: model.itemCount)
    model.score(history, rows: rows, into: scores)
    hideOthers(scores)
    if let hidden { return topItems(scores, hidden, rows: 0..<rows.count, count: count) }
    guard keepsSeen else { return topItems(scores, history, rows: rows, count: count) }
    let nothing = SparseRows(
      offsets: [Int](repeating: 0, count: rows.count + 1), columns: [],
      columnCount: model.itemCount)
    return topItems(scores, nothing, rows: 0..<rows.count, count: count)
  }

  private func hideOthers(_ scores: Matrix<Float>) {
    guard let candidates else { return }
    let hidden = candidates.indices.filter { !candidates[$0] }
    for row in 0..<scores.rows {
      let values = scores.row(row)
      for item in hidden { values[item] = -.infinity }
    }
  }
}
