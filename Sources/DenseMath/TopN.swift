// Which columns of a row score highest?

/// An item of a ranking.
public struct Ranked<T: Real>: Sendable, Equatable {
  public let index: UInt32
  public let score: T

  public init(index: UInt32, score: T) {
    self.index = index
    self.score = score
  }
}

/// The best `count` columns of a row, best first; equal scores rank by index, NaN never ranks.
///
/// One pass compares vectors of scores with the worst kept so far; what passes is gathered and cut back
/// to `count` when the gathering is full.
public func topOfRow<T: Real>(_ scores: UnsafeBufferPointer<T>, count: Int) -> [Ranked<T>] {
  var best: [Ranked<T>] = []
  guard count > 0, let base = scores.baseAddress else { return best }
  let capacity = max(2 * count, count + 64)
  best.reserveCapacity(capacity + 512)
  var threshold = -T.infinity
  let found = UnsafeMutablePointer<UInt32>.allocate(capacity: 512)
  defer { found.deallocate() }
  func cut() {
    best.sort { $0.score > $1.score || ($0.score == $1.score && $0.index < $1.index) }
    if best.count > count { best.removeLast(best.count - count) }
    if best.count == count, let last = best.last { threshold = last.score }
  }
  var start = 0
  while start < scores.count {
    let length = min(512, scores.count - start)
    // Later columns with the score of the worst kept lose the tie, so > is enough.
    let passed = T.kernels.above(length, base + start, threshold, found)
    for place in 0..<passed {
      let index = start + Int(found[place])
      best.append(Ranked(index: UInt32(index), score: base[index]))
    }
    if best.count >= capacity { cut() }
    start += length
  }
  cut()
  return best
}

/// For each row the best columns that the user has not had: seen columns are masked in place (set to
/// minus infinity), then the top is taken.
///
/// - Parameters:
///   - seen: sparse rows; row `rows.lowerBound + r` belongs to row r of `scores`.
/// - Returns: one list a row, shorter than `count` when there are fewer candidates.
public func topItems<T: Real>(
  _ scores: Matrix<T>, _ seen: SparseRows, rows: Range<Int>, count: Int
) -> [[Ranked<T>]] {
  precondition(rows.count == scores.rows && scores.columns == seen.columnCount)
  var lists = [[Ranked<T>]](repeating: [], count: rows.count)
  lists.withUnsafeMutableBufferPointer { buffer in
    let lists = SharedBuffer(buffer)
    Parallel.blocks(rows.count, size: 16) { block in
      for row in block {
        let values = scores.row(row)
        for item in seen.row(rows.lowerBound + row) { values[Int(item)] = -.infinity }
        lists[row] = topOfRow(UnsafeBufferPointer(values), count: count)
      }
    }
  }
  return lists
}
