// Without which of his items would a user not be recommended this one?

import DenseMath

/// A set of a user's own items without which an item leaves his top n, found by re-scoring.
public struct Counterfactual: Sendable, Equatable {
  /// The own items, in the order they were found.
  public let removed: [UInt32]
  /// The item's rank with them, and without them, from 1; items of the user's own are not ranked.
  public let rank: Int
  public let rankWithout: Int

  /// Looks for a set greedily: of all own items, the one whose absence lets the item fall furthest goes
  /// first, then the next beside it; at the end items are put back that turn out not to be needed.
  /// Every step re-scores the user, so what is returned is true of the model.
  ///
  /// - Parameters:
  ///   - top: n; nil is returned for an item that is not in the top n to begin with.
  ///   - most: the largest set tried.
  /// - Returns: nil when no set of that size does it.
  public static func find(
    _ model: any RecommendationModel, _ history: [UInt32], item: UInt32, top: Int, most: Int
  ) -> Counterfactual? {
    let standing = Standing(model, history: history, item: item, top: top)
    guard let start = standing.measure([history]).first, start.rank <= top else { return nil }
    var removed: [UInt32] = []
    var last = start
    while last.rank <= top {
      guard removed.count < most else { return nil }
      let left = history.filter { !removed.contains($0) }
      let found = standing.measure(left.map { gone in left.filter { $0 != gone } })
      guard
        let best = found.indices.min(by: {
          (found[$0].lead, left[$0]) < (found[$1].lead, left[$1])
        })
      else { return nil }
      removed.append(left[best])
      last = found[best]
    }
    for candidate in removed.dropLast() {
      let fewer = removed.filter { $0 != candidate }
      guard let without = standing.measure([history.filter { !fewer.contains($0) }]).first,
        without.rank > top
      else { continue }
      removed = fewer
      last = without
    }
    return Counterfactual(removed: removed, rank: start.rank, rankWithout: last.rank)
  }
}

/// How an item stands against the others for versions of a user's history.
private struct Standing {
  let model: any RecommendationModel
  /// Items that are never ranked: all that the user really has.
  let own: Set<UInt32>
  let item: UInt32
  let top: Int

  init(_ model: any RecommendationModel, history: [UInt32], item: UInt32, top: Int) {
    self.model = model
    self.item = item
    self.top = top
    own = Set(history)
  }

  /// The item's rank, and by how much it leads the item that would be the first outside the top n
  /// without it.
  func measure(_ histories: [[UInt32]]) -> [(rank: Int, lead: Float)] {
    var result: [(rank: Int, lead: Float)] = []
    let block = 200
    let scores = Matrix<Float>(rows: min(block, histories.count), columns: model.itemCount)
    for start in stride(from: 0, to: histories.count, by: block) {
      let part = histories[start..<min(start + block, histories.count)]
      let rows = SparseRows(lists: Array(part), columnCount: model.itemCount)
      let view = scores.rowBlock(0..<part.count)
      model.score(rows, rows: 0..<part.count, into: view)
      for row in 0..<part.count { result.append(stand(view.row(row))) }
    }
    return result
  }

  private func stand(_ scores: UnsafeMutableBufferPointer<Float>) -> (rank: Int, lead: Float) {
    let value = scores[Int(item)]
    for other in own where other != item { scores[Int(other)] = -.infinity }
    var rank = 1
    for other in scores.indices
    where scores[other] > value || (scores[other] == value && other < Int(item)) { rank += 1 }
    scores[Int(item)] = -.infinity
    let rivals = topOfRow(UnsafeBufferPointer(scores), count: top)
    return (rank, value - (rivals.count == top ? rivals[top - 1].score : -.greatestFiniteMagnitude))
  }
}
