// How far is a sample from a distribution, as kernels see it?

/// The squared maximum mean discrepancy between two samples under the inverse multiquadratic kernel
/// k(x, y) = c / (c + |x - y|^2), c = 2 d (Tolstikhin et al., 2018), and its gradient by the first.
///
/// MMD^2 = mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{ij} k(x_i, y_j); unbiased, so it
/// may be slightly negative. Costs three products of n x d with d x n.
///
/// - Parameters:
///   - x, y: n x d each, n at least 2.
///   - gradient: n x d, receives weight dMMD^2/dx.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func meanDiscrepancy<T: Real>(
  _ x: Matrix<T>, _ y: Matrix<T>, weight: T, gradient: Matrix<T>
) -> Double {
  let (n, d) = (x.rows, x.columns)
  precondition(y.rows == n && y.columns == d && gradient.count == x.count)
  gradient.fill(0)
  guard n > 1 else { return 0 }
  let c = T(2 * d)
  let kernel = Matrix<T>(rows: n, columns: n)
  var total = 0.0
  /// Leaves 2 factor dk/d|x - y|^2 in `kernel` and returns factor sum k; pairs i = j count when asked.
  func measure(_ a: Matrix<T>, _ b: Matrix<T>, _ factor: T, diagonal: Bool) -> Double {
    let (squaresA, squaresB) = (squaredLengths(a), squaredLengths(b))
    multiply(a, b, transposeB: true, into: kernel)
    var sum = 0.0
    for i in 0..<n {
      let row = kernel.row(i)
      for j in 0..<n {
        guard diagonal || i != j else {
          row[j] = 0
          continue
        }
        let distance = max(squaresA[i] + squaresB[j] - 2 * row[j], 0)
        sum += Double(c / (c + distance))
        row[j] = -2 * factor * c / ((c + distance) * (c + distance))
      }
    }
    return Double(factor) * sum
  }
  /// Adds times sum_j w_ij (x_i - b_j) to the gradient for w in `kernel`.
  func follow(_ b: Matrix<T>, times: T) {
    multiply(kernel, b, into: gradient, alpha: -times * weight, beta: 1)
    for i in 0..<n {
      let (own, target) = (x.pointer + i * d, gradient.pointer + i * d)
      var sum: T = 0
      for value in kernel.row(i) { sum += value }
      T.kernels.addScaled(d, times * weight * sum, own, target)
    }
  }
  let pairs = 1 / T(n * (n - 1))
  total += measure(x, x, pairs, diagonal: false)
  // Every pair of x is met twice, and both times x_i moves.
  follow(x, times: 2)
  total += measure(y, y, pairs, diagonal: false)
  total += measure(x, y, -2 / T(n * n), diagonal: true)
  follow(y, times: 1)
  return Double(weight) * total
}

private func squaredLengths<T: Real>(_ x: Matrix<T>) -> [T] {
  (0..<x.rows).map { row in
    T.kernels.dot(x.columns, x.pointer + row * x.columns, x.pointer + row * x.columns)
  }
}
