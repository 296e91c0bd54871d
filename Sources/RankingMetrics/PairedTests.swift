// Is the difference between two sets of recommendations more than chance?

import Glibc

/// A paired t-test of b - a.
public struct PairedTTest: Codable, Equatable, Sendable {
  /// Pairs compared.
  public var pairs: Int
  /// Mean of b - a.
  public var meanDifference: Double
  /// nil with fewer than two pairs, or when all differences are equal.
  public var t: Double?
  public var degreesOfFreedom: Int
  /// Two-sided; nil with fewer than two pairs.
  ///
  /// 1 when all differences are 0, 0 when all are equal to another number.
  public var p: Double?
  /// Of the mean difference; nil with fewer than two pairs.
  public var interval: Interval?
}

/// A Wilcoxon signed-rank test of b - a; pairs without difference are left out (Wilcoxon 1945).
public struct WilcoxonTest: Codable, Equatable, Sendable {
  /// Pairs that differ.
  public var pairs: Int
  /// Sum of the ranks of the positive differences.
  public var positiveRankSum: Double
  /// Two-sided; nil when no pair differs.
  public var p: Double?
  /// Whether p is from the exact distribution (at most 50 pairs, no ties) or the normal one.
  public var isExact: Bool
}

/// Users that two sets of values have in common.
public struct UserPairs: Sendable {
  public var a: [Double] = []
  public var b: [Double] = []
  /// Users that are only in a, or only in b, and so left out.
  public var onlyInA = 0
  public var onlyInB = 0

  /// Pairs the values of equal users, in one pass over both.
  public init(_ first: UserValues, _ second: UserValues) {
    var i = 0
    var j = 0
    while i < first.users.count && j < second.users.count {
      if first.users[i] == second.users[j] {
        a.append(first.values[i])
        b.append(second.values[j])
        i += 1
        j += 1
      } else if first.users[i] < second.users[j] {
        i += 1
      } else {
        j += 1
      }
    }
    onlyInA = first.users.count - a.count
    onlyInB = second.users.count - b.count
  }
}

/// Paired t-test over users; users in only one of the two are left out.
public func pairedTTest(_ a: UserValues, _ b: UserValues, confidence: Double = 0.95) -> PairedTTest
{
  let pairs = UserPairs(a, b)
  return pairedTTest(pairs.a, pairs.b, confidence: confidence)
}

/// Paired t-test over pairs of equal index, for example the means of rounds.
///
/// Without a partner an element of the longer array is left out. `confidence` is in (0, 1).
public func pairedTTest(_ a: [Double], _ b: [Double], confidence: Double = 0.95) -> PairedTTest {
  let differences = zip(a, b).map { $1 - $0 }
  let count = Double(differences.count)
  let mean = differences.isEmpty ? 0 : differences.reduce(0, +) / count
  var test = PairedTTest(
    pairs: differences.count, meanDifference: mean, degreesOfFreedom: max(0, differences.count - 1))
  guard differences.count > 1 else { return test }
  // Equal differences have no variance, whatever rounding makes of their mean.
  guard differences.contains(where: { $0 != differences[0] }) else {
    test.meanDifference = differences[0]
    test.p = differences[0] == 0 ? 1 : 0
    test.interval = Interval(low: differences[0], high: differences[0])
    return test
  }
  let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  let error = (squares / (count - 1) / count).squareRoot()
  let quantile = studentTwoSidedQuantile(confidence: confidence, degrees: count - 1)
  test.t = mean / error
  test.p = studentTwoSidedTail(mean / error, degrees: count - 1)
  test.interval = Interval(low: mean - quantile * error, high: mean + quantile * error)
  return test
}

/// Wilcoxon signed-rank test over pairs of equal index.
///
/// Exact for at most 50 pairs without ties, else by the normal distribution with the correction for
/// ties and without one for continuity.
public func wilcoxonSignedRank(_ a: [Double], _ b: [Double]) -> WilcoxonTest {
  // Magnitude and sign as one integer each, which sort like the magnitudes and faster.
  var keys: [UInt64] = []
  keys.reserveCapacity(min(a.count, b.count))
  for (first, second) in zip(a, b) where second != first {
    let difference = second - first
    keys.append(difference.magnitude.bitPattern << 1 | (difference > 0 ? 1 : 0))
  }
  keys.sort()
  let n = keys.count
  var positive = 0.0
  var ties = 0.0
  var start = 0
  while start < n {
    var end = start
    var above = 0
    while end < n && keys[end] >> 1 == keys[start] >> 1 {
      above += Int(keys[end] & 1)
      end += 1
    }
    // Ranks start + 1 ... end share their mean.
    positive += Double(start + 1 + end) / 2 * Double(above)
    let tied = Double(end - start)
    ties += tied * tied * tied - tied
    start = end
  }
  var test = WilcoxonTest(pairs: n, positiveRankSum: positive, isExact: false)
  guard n > 0 else { return test }
  if n <= 50 && ties == 0 {
    test.p = exactSignedRankTail(n, positive)
    test.isExact = true
    return test
  }
  let count = Double(n)
  let mean = count * (count + 1) / 4
  let variance = count * (count + 1) * (2 * count + 1) / 24 - ties / 48
  test.p = normalTwoSidedTail((positive - mean) / variance.squareRoot())
  return test
}

/// Two-sided tail of the signed-rank sum of n untied differences.
private func exactSignedRankTail(_ n: Int, _ sum: Double) -> Double {
  let greatest = n * (n + 1) / 2
  // probabilities[s]: that signs drawn at random give the rank sum s.
  var probabilities = [Double](repeating: 0, count: greatest + 1)
  probabilities[0] = 1
  for rank in 1...n {
    for s in stride(from: greatest, through: 0, by: -1) {
      let with = s >= rank ? probabilities[s - rank] : 0
      probabilities[s] = (probabilities[s] + with) / 2
    }
  }
  let extreme = min(Int(sum), greatest - Int(sum))
  return min(1, 2 * probabilities[0...extreme].reduce(0, +))
}
