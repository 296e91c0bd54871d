// How far does a score fall when one of the user's items is left out?

import DenseMath

/// Explains any model: how much a score falls when an item of the user's is left out.
///
/// The differences need not add up to the score; what is missing is the `remainder`. Costs one scoring
/// of |x| + 1 users.
package func explainByLeavingOut(
  _ model: any RecommendationModel, _ foldIn: [UInt32], items: [UInt32]
)
  -> [Explanation]
{
  let differences = leaveOneOutDifferences([(foldIn, items)], itemCount: model.itemCount) {
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

/// Rows of histories, and the items that are scored for them.
package typealias ScoredRows = (rows: Range<Int>, items: [UInt32])

/// For each item of each user its score and, for each item of the user's own, how much the score falls without it,
/// largest first.
///
/// - Parameter score: fills the scores of items for histories, one row each; its first columns are those of the items
///   of that row.
package func leaveOneOutDifferences(
  _ users: [(history: [UInt32], items: [UInt32])], itemCount: Int,
  score: (SparseRows, [ScoredRows], Matrix<Float>) -> Void
) -> [[(score: Double, falls: [Explanation.Weighted])]] {
  let lists = users.flatMap { history, _ in
    [history] + history.indices.map { Array(history[..<$0] + history[($0 + 1)...]) }
  }
  var (whole, next) = ([ScoredRows](), 0)
  for (history, items) in users {
    whole.append((next..<next + history.count + 1, items))
    next += history.count + 1
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
  return zip(users, whole).map { user, own in
    user.items.indices.map { place in
      let values = own.rows.map { Double(scores[$0, place]) }
      let falls = user.history.enumerated().map {
        Explanation.Weighted(index: Int($1), weight: values[0] - values[$0 + 1])
      }.sorted { ($0.weight, -$0.index) > ($1.weight, -$1.index) }
      return (values[0], falls)
    }
  }
}
