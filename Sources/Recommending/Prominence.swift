// What do some people or items have more of than all?

import Glibc

/// Something with its share among some and among all.
public struct Prominent: Sendable {
  public let index: Int
  public let share: Double
  /// The share among some divided by that among all.
  public let lift: Double
}

/// A smaller lift would read as ×1.0.
private let leastLift = 1.05

/// What is over-represented, most telling first: the share times the logarithm of its lift (a pointwise
/// Kullback-Leibler term), so that neither rare nor common things win by that alone.
///
/// - Parameters:
///   - counts: how often each thing is had by some, out of `total`.
///   - all: how often by all, out of `allTotal`.
///   - least: what is had less often than this by some says nothing.
public func prominent(
  _ counts: [Double], of total: Double, all: [Double], of allTotal: Double, least: Double
) -> [Prominent] {
  guard total > 0, allTotal > 0 else { return [] }
  let found = counts.indices.compactMap { index -> Prominent? in
    guard counts[index] >= least, counts[index] > 0, all[index] > 0 else { return nil }
    let share = counts[index] / total
    let lift = share / (all[index] / allTotal)
    return lift >= leastLift ? Prominent(index: index, share: share, lift: lift) : nil
  }
  return found.sorted {
    ($0.share * log($0.lift), -$0.index) > ($1.share * log($1.lift), -$1.index)
  }
}
