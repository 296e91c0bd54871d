// What does a list's number of hits, and where they stand, make of it?

import Glibc

/// Recall and NDCG of lists by their hits: the one place of either, for `metrics` and for validation alike.
public struct ListFigures: Sendable {
  /// 1 / log2(rank + 1) at rank - 1, and its sums over the first ranks.
  private let gains: [Double]
  private let ideals: [Double]

  /// - Parameter depth: the longest list's length.
  public init(depth: Int) {
    gains = (1...max(depth, 1)).map { 1 / log2(Double($0 + 1)) }
    var sum = 0.0
    ideals =
      [0.0]
      + gains.map {
        sum += $0
        return sum
      }
  }

  /// What a hit at a place, from 0, counts for.
  @inline(__always)
  public func gain(at place: Int) -> Double { gains[place] }

  /// The gain of all hits, of what the best list of `cutoff` items for so large a truth has.
  @inline(__always)
  public func ndcg(gain: Double, truth: Int, cutoff: Int) -> Double {
    gain / ideals[min(cutoff, truth)]
  }

  /// Hits of the whole truth.
  @inline(__always)
  public func recall(hits: Int, truth: Int) -> Double { Double(hits) / Double(truth) }

  /// Hits of what a list of `cutoff` items can have.
  @inline(__always)
  public func recallMin(hits: Int, truth: Int, cutoff: Int) -> Double {
    Double(hits) / Double(min(cutoff, truth))
  }
}
