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

/// A bound that at least `count` of the scores reach, not far below the count-th largest; the least
/// finite number where the scores are too few to tell.
///
/// The row is cut into about 2 `count` interleaved groups. The count-th largest of the groups' maxima
/// cannot exceed the count-th largest score.
@inline(__always)
func boundReached<T: Real>(by count: Int, of scores: UnsafeBufferPointer<T>) -> T {
  let none = -T.greatestFiniteMagnitude
  let width = scores.count / (2 * count)
  guard width >= 2 else { return none }
  let groups = scores.count / width
  return withUnsafeTemporaryAllocation(of: T.self, capacity: groups) { most in
    T.kernels.groupMax(groups, width, scores.baseAddress, most.baseAddress)
    // NaN would upset the order; as minus infinity it only weakens the bound.
    for group in 0..<groups where most[group].isNaN { most[group] = -.infinity }
    return max(none, T.kernels.nthLargest(groups, count - 1, most.baseAddress))
  }
}

/// The best `count` columns of a row, best first; equal scores rank by index, NaN and minus infinity
/// never rank.
///
/// One vector pass for a bound and one that gathers what reaches it leave little more than `count`
/// candidates to sort.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func topOfRow<T: Real>(_ scores: UnsafeBufferPointer<T>, count: Int) -> [Ranked<T>] {
  guard count > 0, let base = scores.baseAddress else { return [] }
  let least = boundReached(by: count, of: scores)
  return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: scores.count) { found in
    guard let found = found.baseAddress else { return [] }
    let passed = T.kernels.above(scores.count, base, least, found)
    T.kernels.rank(passed, base, found)
    return (0..<min(passed, count)).map { Ranked(index: found[$0], score: base[Int(found[$0])]) }
  }
}

/// For each row the best columns that the user has not had: seen columns are masked in place (set to
/// minus infinity), then the top is taken.
///
/// - Parameters:
///   - seen: sparse rows; row `rows.lowerBound + r` belongs to row r of `scores`.
/// - Returns: one list a row, shorter than `count` when there are fewer candidates.
@_specialize(where T == Float)
@_specialize(where T == Double)
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

/// The place, from 1, of a column among those of a row that rank; equal scores rank by index, NaN and minus infinity
/// never.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func place<T: Real>(of column: Int, in scores: UnsafeBufferPointer<T>) -> Int {
  guard let base = scores.baseAddress else { return 1 }
  return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: scores.count) { found in
    guard let found = found.baseAddress else { return 1 }
    let passed = T.kernels.above(scores.count, base, base[column], found)
    return 1
      + (0..<passed).count { place in
        let other = Int(found[place])
        return base[other] > base[column] || other < column
      }
  }
}
