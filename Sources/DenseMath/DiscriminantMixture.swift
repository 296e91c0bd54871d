// Which uneven groups do points fall into, when all groups are stretched alike?

import Glibc

/// A mixture of Gaussians with one covariance, as the linear discriminants it amounts to.
///
/// log p(k | x) = <x, discriminants_k> + offset_k up to a constant of x.
public struct DiscriminantMixture: Sendable {
  /// Clusters x d; their mean over clusters is zero.
  public let discriminants: Matrix<Float>
  public let offsets: [Float]
  /// Share of the points of each cluster; adds up to 1.
  public let weights: [Double]
  /// The likeliest cluster of each point.
  public let assignment: [UInt32]
  /// Mean over points, in the principal directions.
  public let logLikelihood: Double
}

/// Fits a mixture of Gaussians that share one full covariance (McLachlan and Peel, 2000, section 3.9) in
/// the leading principal directions of the points.
///
/// K-means cuts a wide cluster across its longest axis rather than tell small ones apart; here the common
/// covariance takes long axes out, and weights let clusters be uneven. As the whole second moment T is
/// constant, the covariance within clusters is T less that of the means, so that an iteration costs
/// two thin products. Each start fits twice the clusters from k-means++ seeds and merges them by
/// Ward's criterion in that covariance; the likeliest of the starts is kept.
///
/// - Parameters:
///   - points: n x d.
///   - dimensions: how many principal directions are looked at.
/// Equal seeds give equal results, whatever the number of threads.
public func discriminantMixture(
  _ points: Matrix<Float>, clusters: Int, dimensions: Int = 24, seed: UInt64, starts: Int = 6,
  iterations: Int = 100
) -> DiscriminantMixture {
  let (n, d) = (points.rows, points.columns)
  let r = min(dimensions, d, n)
  guard n > 0, r > 0, clusters > 0 else {
    return DiscriminantMixture(
      discriminants: Matrix(rows: clusters, columns: d),
      offsets: Array(repeating: 0, count: clusters),
      weights: Array(repeating: 1 / Double(max(clusters, 1)), count: clusters),
      assignment: Array(repeating: 0, count: n), logLikelihood: 0)
  }
  let (mean, axes, expectation) = centred(points, r, seed)
  var best: SharedCovarianceExpectation.State?
  for start in 0..<max(starts, 1) {
    var random = RandomStream(
      seed: seed, stage: RandomStage.discriminantStart, index: UInt64(start + 1))
    let many = expectation.seeds(min(2 * clusters, n), &random)
    let parts = expectation.improve(many, iterations: 15)
    let merged = expectation.merge(parts, to: clusters)
    let state = expectation.improve(merged, iterations: iterations)
    if state.logLikelihood > best?.logLikelihood ?? -.infinity { best = state }
  }
  let found = best ?? expectation.improve(expectation.zero(clusters), iterations: 1)
  return described(found, mean, axes, n)
}

/// The points' mean, their leading principal directions (d x r) and what fits mixtures along these.
func centred(_ points: Matrix<Float>, _ r: Int, _ seed: UInt64) -> (
  mean: [Double], axes: Matrix<Float>, expectation: SharedCovarianceExpectation
) {
  var mean = [Double](repeating: 0, count: points.columns)
  for row in 0..<points.rows {
    for (column, value) in points.row(row).enumerated() { mean[column] += Double(value) }
  }
  for column in mean.indices { mean[column] /= Double(points.rows) }
  let axes = principalAxes(points, mean, r, seed)
  return (mean, axes, SharedCovarianceExpectation(points, mean, axes))
}

/// The discriminants in the space of the points.
private func described(
  _ found: SharedCovarianceExpectation.State, _ mean: [Double], _ axes: Matrix<Float>, _ n: Int
) -> DiscriminantMixture {
  let k = found.offsets.count
  let (d, r) = (axes.rows, axes.columns)
  let discriminants = Matrix<Float>(rows: k, columns: d)
  var offsets = found.offsets
  for column in 0..<d {
    var row = [Double](repeating: 0, count: k)
    for cluster in 0..<k {
      for axis in 0..<r {
        row[cluster] += Double(axes[column, axis]) * found.discriminants[cluster, axis]
      }
    }
    let middle = row.reduce(0, +) / Double(k)
    for cluster in 0..<k {
      discriminants[cluster, column] = Float(row[cluster] - middle)
      offsets[cluster] -= (row[cluster] - middle) * mean[column]
    }
  }
  let middle = offsets.reduce(0, +) / Double(k)
  let assignment = (0..<n).map { row in
    var best = 0
    for cluster in 1..<max(k, 1)
    where found.posterior[row, cluster] > found.posterior[row, best] { best = cluster }
    return UInt32(best)
  }
  return DiscriminantMixture(
    discriminants: discriminants, offsets: offsets.map { Float($0 - middle) },
    weights: found.weights, assignment: assignment, logLikelihood: found.logLikelihood)
}

/// An orthonormal basis (d x r) of the leading principal directions, by subspace iteration.
private func principalAxes(_ points: Matrix<Float>, _ mean: [Double], _ r: Int, _ seed: UInt64)
  -> Matrix<Float>
{
  let (n, d) = (points.rows, points.columns)
  let (axes, along) = (Matrix<Float>(rows: d, columns: r), Matrix<Float>(rows: n, columns: r))
  fillNormal(axes, seed: seed, stage: RandomStage.discriminantStart, index: 0)
  for round in 0..<12 {
    orthonormalise(axes)
    guard round < 11 else { break }
    multiply(points, axes, into: along)
    var shift = [Float](repeating: 0, count: r)
    for axis in 0..<r {
      shift[axis] = Float((0..<d).reduce(0) { $0 + mean[$1] * Double(axes[$1, axis]) })
    }
    for row in 0..<n {
      let values = along.row(row)
      for axis in 0..<r { values[axis] -= shift[axis] }
    }
    // The columns of `along` add up to zero, so the points' own mean drops out.
    multiply(points, transposeA: true, along, into: axes)
  }
  return axes
}
