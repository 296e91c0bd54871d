// Which items stand for the whole catalogue in a batch's softmax?

import DenseMath
import Glibc
import Training

/// The items that a batch is scored on, and what makes their softmax stand for that over all items.
struct Candidates<T: Real> {
  /// Ascending.
  let items: [UInt32]
  /// log 1 / P(item is drawn), added to the scores: 1 x S; zero for the batch's own items.
  let corrections: Matrix<T>
  /// The batch's rows over `items`.
  let targets: SparseRows

  /// Where those are that belong to some of all items.
  func places(of range: Range<Int>) -> Range<Int> {
    func first(from item: Int) -> Int { items.firstIndex { Int($0) >= item } ?? items.count }
    return first(from: range.lowerBound)..<first(from: range.upperBound)
  }
}

/// Draws the negatives of a sampled softmax (Jean et al., 2015), one set for a whole batch.
///
/// The batch's own items always belong to the set. Any other item j is drawn with probability
/// pi_j = min(1, c (n_j + 1)^power), n_j its training interactions and c such that all pi add up to the
/// number of samples; a drawn item counts 1 / pi_j times, so that the sum of exponentials over the set
/// has the sum over all items as its mean. Systematic sampling: one uniform number a batch, O(M).
struct CandidateSampler {
  private let probabilities: [Float]

  init(itemCounts: [Int], samples: Int, power: Double = 0.75) {
    let weights = itemCounts.map { pow(Double($0) + 1, power) }
    // c by fixed-point steps: items that are certain leave the rest to the others.
    var (scale, certain) = (0.0, -1)
    while true {
      let capped = weights.count { $0 * scale >= 1 }
      guard capped != certain, capped < samples else { break }
      certain = capped
      let rest = weights.reduce(0) { $0 + ($1 * scale >= 1 ? 0 : $1) }
      guard rest > 0 else { break }
      scale = Double(samples - capped) / rest
    }
    probabilities = weights.map { Float(min(1, $0 * scale)) }
  }

  /// The candidates of a batch; equal seeds and steps give equal ones.
  func draw<T: Real>(for batch: SparseRows, seed: UInt64, step: UInt64) -> Candidates<T> {
    precondition(batch.columnCount == probabilities.count)
    var places = [Int32](repeating: -1, count: probabilities.count)
    for item in batch.columns { places[Int(item)] = 0 }
    var random = RandomStream(seed: seed, stage: RandomStage.candidates, index: step)
    var (passed, next) = (0.0, random.uniform())
    var items: [UInt32] = []
    var corrections: [T] = []
    for item in probabilities.indices {
      var correction: T = 0
      if places[item] < 0 {
        passed += Double(probabilities[item])
        guard passed > next else { continue }
        next += 1
        correction = T(-log(Double(probabilities[item])))
      }
      places[item] = Int32(items.count)
      items.append(UInt32(item))
      corrections.append(correction)
    }
    let targets = SparseRows(
      offsets: batch.offsets, columns: batch.columns.map { UInt32(places[Int($0)]) },
      values: batch.values, columnCount: items.count)
    return Candidates(
      items: items, corrections: Matrix(rows: 1, columns: items.count, corrections),
      targets: targets)
  }
}
