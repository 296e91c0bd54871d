// How many uneven groups do points fall into, when all groups are stretched alike?

import Glibc

/// How many clusters of a mixture of Gaussians with one covariance the points bear, found from more by merging.
///
/// From `most` on the two clusters that are nearest by Ward's criterion are merged, the mixture is improved, and so on
/// down to one. No points are quite Gaussian, so that the likelihood goes on rising with further clusters that only
/// mend the shape of others; the steady slope at which it does so near `most` is what a cluster is worth for nothing,
/// and the number is the one that maximises log likelihood - 2 slope K (the slope heuristics; Birge and Massart,
/// Minimal penalties for Gaussian model selection, 2007; Baudry, Maugis and Michel, 2012). A cluster costs no less than
/// by Schwarz's criterion, and 1 is an honest result. Where a cluster is far from a Gaussian (flat, say) parts of it
/// count. Fewer than ten points for each of `most` are one cluster.
///
/// - Parameters:
///   - points: n x d.
///   - most: the number to begin with.
///   - dimensions: how many principal directions are looked at.
/// Equal seeds give equal results, whatever the number of threads.
public func clusterCount(
  _ points: Matrix<Float>, most: Int = 20, dimensions: Int = 24, seed: UInt64, starts: Int = 2,
  iterations: Int = 60
) -> Int {
  let (n, r) = (points.rows, min(dimensions, points.columns))
  guard most >= 5, n >= 10 * most, r > 0 else { return 1 }
  let expectation = centred(points, r, seed).expectation
  var logLikelihoods = [Double](repeating: -.infinity, count: most)
  for start in 0..<max(starts, 1) {
    var random = RandomStream(
      seed: seed, stage: RandomStage.clusterCount, index: UInt64(start))
    var state = expectation.improve(expectation.seeds(2 * most, &random), iterations: 15)
    for count in (1...most).reversed() {
      state = expectation.improve(expectation.merge(state, to: count), iterations: iterations)
      logLikelihoods[count - 1] = max(logLikelihoods[count - 1], Double(n) * state.logLikelihood)
    }
  }
  let schwarz = Double(r + 1) / 2 * log(Double(n))
  let penalty = max(2 * slope(logLikelihoods, from: most * 3 / 5), schwarz)
  let values = logLikelihoods.enumerated().map { $1 - penalty * Double($0) }
  return 1 + (values.indices.max { (values[$0], -$0) < (values[$1], -$1) } ?? 0)
}

/// The slope of the line through all values from a number on, by least squares.
private func slope(_ values: [Double], from first: Int) -> Double {
  let rest = values[(first - 1)...]
  let middle = Double(rest.count - 1) / 2
  let mean = rest.reduce(0, +) / Double(rest.count)
  var (products, squares) = (0.0, 0.0)
  for (place, value) in rest.enumerated() {
    products += (Double(place) - middle) * (value - mean)
    squares += (Double(place) - middle) * (Double(place) - middle)
  }
  return products / max(squares, 1e-12)
}
