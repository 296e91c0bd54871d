// How are validation users ranked for where no process has the scores of all items?

import DenseMath
import Recommending

/// A model that makes lists by itself, of which all processes ask for the same ones at once; its scores are logarithms of
/// probabilities but for a number of the user's own.
public protocol ListingModel: RecommendationModel {
  /// Whether it does so; else scores make its lists.
  var makesLists: Bool { get }

  /// As `ValidationUsers.lists` makes them.
  ///
  /// - Parameter terms: what is added to the scores of items, 1 x M each, but not to what strangers get; a list for each
  ///   of them.
  func lists(of held: ValidationUsers, rows: Range<Int>, adding terms: [Matrix<Float>])
    -> [[[Ranked<Float>]]]
}

extension ListingModel {
  public var makesLists: Bool { true }
}

extension RecommendationModel {
  /// This model where it makes lists by itself.
  var ownListing: (any ListingModel)? {
    (self as? any ListingModel).flatMap { $0.makesLists ? $0 : nil }
  }

  /// The model that makes the lists of this one, and what it is to add to its scores; nil where scores make them.
  var listing: (model: any ListingModel, term: Matrix<Float>)? {
    if let own = ownListing { return (own, Matrix(rows: 1, columns: itemCount)) }
    guard let recent = self as? RecentModel else { return nil }
    return recent.inner.ownListing.map { ($0, recent.recency) }
  }
}

extension ValidationUsers {
  /// Lists by scores with each of some terms added.
  func lists(
    rows: Range<Int>, adding terms: [Matrix<Float>],
    score: (SparseRows, Range<Int>, Matrix<Float>) -> Void
  ) -> [[[Ranked<Float>]]] {
    let base = Matrix<Float>(rows: rows.count, columns: foldIn.columnCount)
    let sums = Matrix<Float>(rows: rows.count, columns: foldIn.columnCount)
    score(foldIn, rows, base)
    return terms.map { term in
      sums.copy(from: base)
      addRow(term, to: sums)
      return lists(sums, rows: rows)
    }
  }
}
