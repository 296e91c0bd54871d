// How does a fitted InDGRM rank items part by part?

import DenseMath
import Fitting
import Ranks
import Recommending
import Training

/// Where items are cut each process scores those of its parts alone, and is sent the best of the others'.
extension InDGRM: ListingModel {
  /// An expert scores all items at once.
  var makesLists: Bool { ranks.count > 1 && expert == nil }

  func lists(of held: ValidationUsers, rows: Range<Int>, adding terms: [Matrix<Float>])
    -> [[[Ranked<Float>]]]
  {
    ranks.best(partScores(held.foldIn, rows: rows), of: held, rows: rows, adding: terms)
  }

  /// The best items of some users among those that they have not chosen, without what an expert adds.
  func firstItems(_ histories: SparseRows, rows: Range<Int>, count: Int) -> [[Ranked<Float>]] {
    ranks.bestOfAll(
      partScores(histories, rows: rows), histories.rows(at: Array(rows)), depth: count)
  }

  /// The scores of each of this process's parts of the items, the mean over members.
  private func partScores(_ foldIn: SparseRows, rows: Range<Int>) -> [Matrix<Float>] {
    let parts = ranks.itemParts(of: itemCount).map(\.items)
    let sums = parts.map { Matrix<Float>(rows: rows.count, columns: $0.count) }
    for (number, member) in ([self] + others).enumerated() {
      for block in member.blocks(of: rows) {
        let seen = member.represent(batch: foldIn.rows(at: Array(block)))
        let places = block.lowerBound - rows.lowerBound..<block.upperBound - rows.lowerBound
        for (part, sum) in zip(parts, sums) {
          let own = sum.rowBlock(places)
          let scores = number == 0 ? own : Matrix<Float>(rows: own.rows, columns: own.columns)
          member.decoder.forward(
            seen.points, weights: seen.clusterWeights,
            places: member.places(seen, 0..<block.count), part: member.decoder.part(part),
            into: scores)
          if number > 0 { add(scores, to: own) }
        }
      }
    }
    if !others.isEmpty { sums.forEach { scale($0, by: 1 / Float(1 + others.count)) } }
    return sums
  }
}
