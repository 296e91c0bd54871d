// How does expectation-maximisation fit Gaussians that share a covariance?

import Glibc

/// Points in a few dimensions, and the steps of a Gaussian mixture with a common covariance on them.
struct SharedCovarianceExpectation {
  /// A mixture and what it says of the points.
  struct State {
    /// p(k | x), n x K.
    var posterior: Matrix<Double>
    var weights: [Double]
    /// W^-1 m_k, K x r, with the constant of each cluster.
    var discriminants: Matrix<Double>
    var offsets: [Double]
    var logLikelihood: Double
  }

  /// n x r, their mean zero.
  private let points: Matrix<Double>
  /// T, the mean of x x', r x r, and what is added to W's diagonal.
  private let moment: Matrix<Double>
  private let ridge: Double
  private var r: Int { points.columns }
  private var n: Int { points.rows }

  init(_ original: Matrix<Float>, _ mean: [Double], _ axes: Matrix<Float>) {
    let along = Matrix<Float>(rows: original.rows, columns: axes.columns)
    multiply(original, axes, into: along)
    points = Matrix(rows: along.rows, columns: along.columns)
    for axis in 0..<along.columns {
      let shift = (0..<axes.rows).reduce(0) { $0 + mean[$1] * Double(axes[$1, axis]) }
      for row in 0..<along.rows { points[row, axis] = Double(along[row, axis]) - shift }
    }
    moment = Matrix(rows: along.columns, columns: along.columns)
    multiply(points, transposeA: true, points, into: moment, alpha: 1 / Double(max(along.rows, 1)))
    var trace = 0.0
    for axis in 0..<moment.rows { trace += moment[axis, axis] }
    ridge = max(1e-3 * trace / Double(max(moment.rows, 1)), 1e-12)
  }

  func zero(_ clusters: Int) -> Matrix<Double> { Matrix(rows: n, columns: clusters) }

  /// Each point wholly in the cluster of its nearest k-means++ seed.
  func seeds(_ count: Int, _ random: inout RandomStream) -> Matrix<Double> {
    var (nearest, distance) = ([Int](repeating: 0, count: n), [Double](repeating: 1, count: n))
    for seed in 0..<count {
      var left = random.uniform() * distance.reduce(0, +)
      let chosen = distance.firstIndex { weight in
        left -= weight
        return left < 0
      }
      let centre = Array(points.row(chosen ?? n - 1))
      for row in 0..<n {
        var squares = 0.0
        let point = points.row(row)
        for axis in 0..<r { squares += (point[axis] - centre[axis]) * (point[axis] - centre[axis]) }
        if seed == 0 || squares < distance[row] { (distance[row], nearest[row]) = (squares, seed) }
      }
    }
    let posterior = zero(count)
    for row in 0..<n { posterior[row, nearest[row]] = 1 }
    return posterior
  }

  /// Shares of the clusters and their means, K x r.
  private func means(_ posterior: Matrix<Double>) -> (weights: [Double], means: Matrix<Double>) {
    let k = posterior.columns
    var sizes = [Double](repeating: 1e-9, count: k)
    for row in 0..<n {
      let shares = posterior.row(row)
      for cluster in 0..<k { sizes[cluster] += shares[cluster] }
    }
    let means = Matrix<Double>(rows: k, columns: r)
    multiply(posterior, transposeA: true, points, into: means)
    for cluster in 0..<k {
      for axis in 0..<r { means[cluster, axis] /= sizes[cluster] }
    }
    return (sizes.map { $0 / Double(n) }, means)
  }

  /// The Cholesky factor of W = T - sum_k weight_k m_k m_k' + ridge.
  private func within(_ weights: [Double], _ means: Matrix<Double>) -> Matrix<Double> {
    let factor = Matrix<Double>(rows: r, columns: r)
    for row in 0..<r {
      for column in 0...row {
        var value = moment[row, column] + (row == column ? ridge : 0)
        for cluster in weights.indices {
          value -= weights[cluster] * means[cluster, row] * means[cluster, column]
        }
        for inner in 0..<column { value -= factor[row, inner] * factor[column, inner] }
        factor[row, column] =
          row == column ? max(value, ridge * 1e-3).squareRoot() : value / factor[column, column]
      }
    }
    return factor
  }

  /// Solves W x = b in place, given W's Cholesky factor.
  private func solve(_ factor: Matrix<Double>, _ x: inout [Double]) {
    forward(factor, &x)
    for row in (0..<r).reversed() {
      for inner in row + 1..<max(r, row + 1) { x[row] -= factor[inner, row] * x[inner] }
      x[row] /= factor[row, row]
    }
  }

  private func forward(_ factor: Matrix<Double>, _ x: inout [Double]) {
    for row in 0..<r {
      for inner in 0..<row { x[row] -= factor[row, inner] * x[inner] }
      x[row] /= factor[row, row]
    }
  }

  /// Runs EM until the likelihood stands still.
  func improve(_ start: Matrix<Double>, iterations: Int) -> State {
    let k = start.columns
    var state = State(
      posterior: zero(k), weights: [], discriminants: Matrix(rows: k, columns: r),
      offsets: Array(repeating: 0, count: k), logLikelihood: -.infinity)
    state.posterior.copy(from: start)
    for _ in 0..<max(iterations, 1) {
      let (weights, means) = means(state.posterior)
      let factor = within(weights, means)
      state.weights = weights
      for cluster in 0..<k {
        var solved = Array(means.row(cluster))
        solve(factor, &solved)
        var squares = 0.0
        for axis in 0..<r {
          state.discriminants[cluster, axis] = solved[axis]
          squares += solved[axis] * means[cluster, axis]
        }
        state.offsets[cluster] = log(weights[cluster]) - squares / 2
      }
      let before = state.logLikelihood
      state.logLikelihood = expect(&state) + constant(factor)
      if state.logLikelihood - before < 1e-6 { break }
    }
    return state
  }

  /// Posteriors from discriminants; the mean of the logarithm of what they are divided by.
  private func expect(_ state: inout State) -> Double {
    multiply(points, state.discriminants, transposeB: true, into: state.posterior)
    var total = 0.0
    for row in 0..<n {
      let shares = state.posterior.row(row)
      for cluster in shares.indices { shares[cluster] += state.offsets[cluster] }
      let highest = shares.max() ?? 0
      var sum = 0.0
      for cluster in shares.indices {
        shares[cluster] = exp(shares[cluster] - highest)
        sum += shares[cluster]
      }
      for cluster in shares.indices { shares[cluster] /= sum }
      total += highest + log(sum)
    }
    return total / Double(n)
  }

  /// The part of the mean log likelihood that is the same for all clusters:
  /// -(tr W^-1 T + log det W + r log 2 pi) / 2.
  private func constant(_ factor: Matrix<Double>) -> Double {
    var value = Double(r) * log(2 * Double.pi)
    for axis in 0..<r {
      var column = Array(moment.row(axis))
      solve(factor, &column)
      value += column[axis] + 2 * log(factor[axis, axis])
    }
    return -value / 2
  }

  /// Merges the two clusters nearest by Ward's criterion in W until so many are left.
  func merge(_ state: State, to wanted: Int) -> Matrix<Double> {
    let (weights, means) = means(state.posterior)
    let factor = within(weights, means)
    var parts = weights.indices.map { cluster in
      // In the space where W is the identity.
      var mean = Array(means.row(cluster))
      forward(factor, &mean)
      return (members: [cluster], weight: weights[cluster], mean: mean)
    }
    while parts.count > wanted {
      var best = (cost: Double.infinity, first: 0, second: 1)
      for second in parts.indices {
        for first in 0..<second {
          let (a, b) = (parts[first], parts[second])
          let squares = zip(a.mean, b.mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
          let cost = a.weight * b.weight / (a.weight + b.weight) * squares
          if cost < best.cost { best = (cost, first, second) }
        }
      }
      let (a, b) = (parts[best.first], parts.remove(at: best.second))
      let weight = a.weight + b.weight
      let mean = zip(a.mean, b.mean).map { ($0 * a.weight + $1 * b.weight) / weight }
      parts[best.first] = (a.members + b.members, weight, mean)
    }
    let posterior = zero(wanted)
    for row in 0..<n {
      for (cluster, part) in parts.enumerated() {
        posterior[row, cluster] = part.members.reduce(0) { $0 + state.posterior[row, $1] }
      }
    }
    return posterior
  }
}
