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
  let differences = leaveOneOutDifferences(foldIn, items: items, itemCount: model.itemCount) {
    model.score($0, items: items, into: $1)
  }
  return items.enumerated().map { place, item in
    let (score, falls) = differences[place]
    var parts = falls.map {
      Explanation.Contribution(source: .item(UInt32($0.index)), value: $0.weight)
    }
    parts.append(.init(source: .remainder, value: score - falls.reduce(0) { $0 + $1.weight }))
    return Explanation(item: item, score: score, contributions: parts)
  }
}

/// For each item its score and, for each item of the user's, how much the score falls without it,
/// largest first.
///
/// - Parameter score: fills the scores of the items for some histories, one row each.
package func leaveOneOutDifferences(
  _ foldIn: [UInt32], items: [UInt32], itemCount: Int, score: (SparseRows, Matrix<Float>) -> Void
) -> [(score: Double, falls: [Explanation.Weighted])] {
  let lists = [foldIn] + foldIn.indices.map { Array(foldIn[..<$0] + foldIn[($0 + 1)...]) }
  var kept = [[Double]](repeating: [], count: items.count)
  let block = 250
  let scores = Matrix<Float>(rows: min(block, lists.count), columns: items.count)
  for start in stride(from: 0, to: lists.count, by: block) {
    let part = Array(lists[start..<min(start + block, lists.count)])
    let view = scores.rowBlock(0..<part.count)
    score(SparseRows(lists: part, columnCount: itemCount), view)
    for row in part.indices {
      for place in items.indices { kept[place].append(Double(view[row, place])) }
    }
  }
  return kept.map { values in
    let falls = foldIn.enumerated().map {
      Explanation.Weighted(index: Int($1), weight: values[0] - values[$0 + 1])
    }.sorted { ($0.weight, -$0.index) > ($1.weight, -$1.index) }
    return (values[0], falls)
  }
}
