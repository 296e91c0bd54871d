// How good is a model on the validation users?

import DenseMath
import Glibc

/// Mean NDCG@100 over validation users with some truth, fold-in items left out of the ranking.
///
/// Users are scored in blocks of 500, so memory does not grow with their number.
func validationNDCG<T: Real>(
  _ foldIn: SparseRows, _ truth: [[UInt32]], score: (Range<Int>, Matrix<T>) -> Void
) -> Double {
  let depth = 100
  let gains = (0..<depth).map { 1 / log2(Double($0) + 2) }
  var ideals = [0.0]
  for gain in gains { ideals.append((ideals.last ?? 0) + gain) }
  var (total, users) = (0.0, 0)
  let scores = Matrix<T>(rows: min(500, foldIn.rowCount), columns: foldIn.columnCount)
  for start in stride(from: 0, to: foldIn.rowCount, by: 500) {
    let rows = start..<min(start + 500, foldIn.rowCount)
    let block = scores.rowBlock(0..<rows.count)
    score(rows, block)
    let lists = topItems(block, foldIn, rows: rows, count: depth)
    for (row, list) in zip(rows, lists) where !truth[row].isEmpty {
      let relevant = Set(truth[row])
      var gain = 0.0
      for (rank, item) in list.enumerated() where relevant.contains(item.index) {
        gain += gains[rank]
      }
      total += gain / ideals[min(truth[row].count, depth)]
      users += 1
    }
  }
  return users > 0 ? total / Double(users) : 0
}

/// Seconds of the monotonic clock.
func seconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
