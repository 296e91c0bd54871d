// How good is a model on the validation users?

import DenseMath
import Glibc

/// Mean NDCG@100 over validation users with some truth, fold-in items left out of the ranking.
///
/// Users are scored in blocks of 500, so memory does not grow with their number.
func validationNDCG<T: Real>(
  _ foldIn: SparseRows, _ truth: [[UInt32]], score: (Range<Int>, Matrix<T>) -> Void
) -> Double {
  var sum = NDCGSum(truth)
  let scores = Matrix<T>(rows: min(500, foldIn.rowCount), columns: foldIn.columnCount)
  for start in stride(from: 0, to: foldIn.rowCount, by: 500) {
    let rows = start..<min(start + 500, foldIn.rowCount)
    let block = scores.rowBlock(0..<rows.count)
    score(rows, block)
    sum.add(rows, topItems(block, foldIn, rows: rows, count: NDCGSum.depth))
  }
  return sum.mean
}

/// The same for base + w added, for each weight w; `score` fills both matrices.
func validationNDCG(
  _ foldIn: SparseRows, _ truth: [[UInt32]], mixing weights: [Double],
  score: (Range<Int>, _ base: Matrix<Float>, _ added: Matrix<Float>) -> Void
) -> [Double] {
  var sums = weights.map { _ in NDCGSum(truth) }
  let most = min(500, foldIn.rowCount)
  let all = (0..<3).map { _ in Matrix<Float>(rows: most, columns: foldIn.columnCount) }
  for start in stride(from: 0, to: foldIn.rowCount, by: 500) {
    let rows = start..<min(start + 500, foldIn.rowCount)
    let (base, added, mixed) = (
      all[0].rowBlock(0..<rows.count), all[1].rowBlock(0..<rows.count),
      all[2].rowBlock(0..<rows.count)
    )
    score(rows, base, added)
    for (place, weight) in weights.enumerated() {
      mixed.copy(from: base)
      addScaled(added, by: Float(weight), to: mixed)
      sums[place].add(rows, topItems(mixed, foldIn, rows: rows, count: NDCGSum.depth))
    }
  }
  return sums.map(\.mean)
}

/// A running mean of NDCG@100.
private struct NDCGSum {
  static let depth = 100
  private let truth: [[UInt32]]
  private let gains: [Double]
  private var ideals = [0.0]
  private var total = 0.0
  private var users = 0

  init(_ truth: [[UInt32]]) {
    self.truth = truth
    gains = (0..<Self.depth).map { 1 / log2(Double($0) + 2) }
    for gain in gains { ideals.append((ideals.last ?? 0) + gain) }
  }

  var mean: Double { users > 0 ? total / Double(users) : 0 }

  mutating func add<T>(_ rows: Range<Int>, _ lists: [[Ranked<T>]]) {
    for (row, list) in zip(rows, lists) where !truth[row].isEmpty {
      let relevant = Set(truth[row])
      var gain = 0.0
      for (rank, item) in list.enumerated() where relevant.contains(item.index) {
        gain += gains[rank]
      }
      total += gain / ideals[min(truth[row].count, Self.depth)]
      users += 1
    }
  }
}

/// Seconds of the monotonic clock.
func seconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
