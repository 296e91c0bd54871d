// How far does a score fall when one of the user's items is left out?

import DenseMath

/// Explains any model: how much a score falls when an item of the user's is left out.
///
/// The differences need not add up to the score; what is missing is the `remainder`. Costs one scoring
/// of |x| + 1 users.
package func explainByLeavingOut(
  _ model: any RecommendationModel, _ foldIn: [UInt32], items: [UInt32], known: [KnownFalls] = []
) -> [Explanation] {
  let differences = leaveOneOutDifferences(
    [(foldIn, items)], known: known, itemCount: model.itemCount
  ) {
    model.score($0, items: $1[0].items, into: $2)
  }[0]
  return items.enumerated().map { place, item in
    let (score, falls) = differences[place]
    var parts = falls.map {
      Explanation.Contribution(source: .item(UInt32($0.index)), value: $0.weight)
    }
    parts.append(.init(source: .remainder, value: score - falls.reduce(0) { $0 + $1.weight }))
    return Explanation(item: item, score: score, contributions: parts)
  }
}

/// How far the scores of a user's items fall without some of their own, each of these left out alone.
public typealias KnownFalls = [UInt32: [Double]]

/// Rows of histories, and the items that are scored for them.
package typealias ScoredRows = (rows: Range<Int>, items: [UInt32])

/// For each item of each user its score and, for each item of the user's own, how much the score falls without it,
/// largest first.
///
/// - Parameters:
///   - known: of each user, or of none; what is known is not scored.
///   - score: fills the scores of items for histories, one row each; its first columns are those of the items of that
///     row.
package func leaveOneOutDifferences(
  _ users: [(history: [UInt32], items: [UInt32])], known: [KnownFalls], itemCount: Int,
  score: (SparseRows, [ScoredRows], Matrix<Float>) -> Void
) -> [[(score: Double, falls: [Explanation.Weighted])]] {
  let known = known.isEmpty ? users.map { _ in [:] } : known
  var (lists, whole) = ([[UInt32]](), [ScoredRows]())
  for ((history, items), known) in zip(users, known) {
    let first = lists.count
    lists.append(history)
    for (place, own) in history.enumerated() where known[own] == nil {
      lists.append(Array(history[..<place] + history[(place + 1)...]))
    }
    whole.append((first..<lists.count, items))
  }
  let scores = Matrix<Float>(rows: lists.count, columns: users.map(\.items.count).max() ?? 0)
  // So many rows at a time bound the memory that a model takes for them.
  let block = 250
  for start in stride(from: 0, to: lists.count, by: block) {
    let part = start..<min(start + block, lists.count)
    let own = whole.compactMap { rows, items -> ScoredRows? in
      let common = rows.clamped(to: part)
      guard !common.isEmpty else { return nil }
      return (common.lowerBound - start..<common.upperBound - start, items)
    }
    score(
      SparseRows(lists: Array(lists[part]), columnCount: itemCount), own, scores.rowBlock(part))
  }
  return zip(zip(users, known), whole).map { user, own in
    let ((history, items), known) = user
    return items.indices.map { place in
      var values = own.rows.lazy.map { Double(scores[$0, place]) }.makeIterator()
      let score = values.next() ?? 0
      let falls = history.map {
        Explanation.Weighted(
          index: Int($0), weight: known[$0]?[place] ?? score - (values.next() ?? 0))
      }.sorted { ($0.weight, -$0.index) > ($1.weight, -$1.index) }
      return (score, falls)
    }
  }
}
