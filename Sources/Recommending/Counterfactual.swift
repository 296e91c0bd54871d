// Without which of their items would a user not be recommended this one?

import DenseMath

/// A set of a user's own items without which an item leaves their top n, found by re-scoring.
public struct Counterfactual: Sendable, Equatable {
  /// The own items, in the order they were found.
  public let removed: [UInt32]
  /// The item's rank with them, and without them, from 1; items of the user's own are not ranked.
  public let rank: Int
  public let rankWithout: Int

  /// Own items that are tried after the first, those whose absence alone lets the item fall furthest.
  package static let shortlist = 16

  /// Looks for a set greedily for each of some items: of all own items, the one whose absence lets the item
  /// fall furthest goes first, then the next beside it, out of the `shortlist` that did most alone; at the
  /// end items are put back that turn out not to be needed. Every step re-scores the user, so what is
  /// returned is true of the model.
  ///
  /// Re-scorings: one for each own item, shared by all items, and up to `shortlist` for each further step.
  ///
  /// - Parameters:
  ///   - top: n; nil is returned for an item that is not in the top n to begin with.
  ///   - most: the largest set tried.
  /// - Returns: for each item a set, or nil when no set of that size does it.
  public static func find(
    _ model: any RecommendationModel, _ history: [UInt32], items: [UInt32], top: Int, most: Int
  ) -> [Counterfactual?] {
    let scoring = Rescoring(model, history: history, top: top)
    guard let start = scoring.measure(items, [history]).first, most > 0 else {
      return items.map { _ in nil }
    }
    let alone = scoring.measure(items, history.map { gone in history.filter { $0 != gone } })
    return items.indices.map { place in
      guard start[place].rank <= top else { return nil }
      let effects = zip(history, alone).map { (item: $0, standing: $1[place]) }
        .sorted { ($0.standing.lead, $0.item) < ($1.standing.lead, $1.item) }
      return scoring.search(items[place], from: start[place], effects, most: most)
    }
  }
}

/// How an item stands against the others.
private struct Standing {
  /// From 1; the user's own items are not ranked.
  let rank: Int
  /// By how much the item leads the one that would be the last of the top n without it.
  let lead: Float
}

/// Standings of items for versions of one user's history.
private struct Rescoring {
  let model: any RecommendationModel
  let history: [UInt32]
  let top: Int

  init(_ model: any RecommendationModel, history: [UInt32], top: Int) {
    (self.model, self.history, self.top) = (model, history, top)
  }

  /// Removes own items until the item is out of the top n.
  ///
  /// - Parameter effects: every own item, with how the item stands without it alone, the worst first.
  func search(
    _ item: UInt32, from start: Standing, _ effects: [(item: UInt32, standing: Standing)], most: Int
  ) -> Counterfactual? {
    guard let first = effects.first else { return nil }
    var (removed, last) = ([first.item], first.standing)
    var left = effects.dropFirst().prefix(Counterfactual.shortlist).map(\.item)
    while last.rank <= top {
      guard removed.count < most else { return nil }
      let found = measure(item, without: left.map { removed + [$0] })
      guard
        let best = found.indices.min(by: {
          (found[$0].lead, left[$0]) < (found[$1].lead, left[$1])
        })
      else { return nil }
      last = found[best]
      removed.append(left.remove(at: best))
    }
    for candidate in removed.dropLast() {
      let fewer = removed.filter { $0 != candidate }
      guard let without = measure(item, without: [fewer]).first, without.rank > top else {
        continue
      }
      (removed, last) = (fewer, without)
    }
    return Counterfactual(removed: removed, rank: start.rank, rankWithout: last.rank)
  }

  private func measure(_ item: UInt32, without sets: [[UInt32]]) -> [Standing] {
    measure([item], sets.map { gone in history.filter { !gone.contains($0) } }).map { $0[0] }
  }

  /// For each history the standing of each item.
  func measure(_ items: [UInt32], _ histories: [[UInt32]]) -> [[Standing]] {
    var result: [[Standing]] = []
    let block = 200
    let scores = Matrix<Float>(rows: min(block, histories.count), columns: model.itemCount)
    for start in stride(from: 0, to: histories.count, by: block) {
      let part = histories[start..<min(start + block, histories.count)]
      let rows = SparseRows(lists: Array(part), columnCount: model.itemCount)
      let view = scores.rowBlock(0..<part.count)
      model.score(rows, rows: 0..<part.count, into: view)
      for row in 0..<part.count { result.append(standings(of: items, view.row(row))) }
    }
    return result
  }

  private func standings(of items: [UInt32], _ scores: UnsafeMutableBufferPointer<Float>)
    -> [Standing]
  {
    for own in history { scores[Int(own)] = -.infinity }
    let best = topOfRow(UnsafeBufferPointer(scores), count: top + 1)
    return items.map { item in
      let value = scores[Int(item)]
      let place = best.firstIndex { $0.index == item }
      // The n-th of the others.
      let rival = place.map { $0 < top } ?? false ? top : top - 1
      let lead =
        value - (best.indices.contains(rival) ? best[rival].score : -.greatestFiniteMagnitude)
      return Standing(rank: place.map { $0 + 1 } ?? rank(of: item, scores), lead: lead)
    }
  }

  /// The rank of an item that is not among the best n + 1.
  private func rank(of item: UInt32, _ scores: UnsafeMutableBufferPointer<Float>) -> Int {
    max(place(of: Int(item), in: UnsafeBufferPointer(scores)), top + 2)
  }
}
