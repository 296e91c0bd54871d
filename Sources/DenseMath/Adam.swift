// How does a parameter follow its gradient?

import Glibc

/// Adam's moments of one parameter (Kingma and Ba, 2015), with decoupled weight decay (Loshchilov and
/// Hutter, 2019).
public final class AdamState<T: Real> {
  public let first: Matrix<T>
  public let second: Matrix<T>

  public init(count: Int) {
    first = Matrix(rows: 1, columns: count)
    second = Matrix(rows: 1, columns: count)
  }

  /// One step in one pass over memory.
  ///
  /// - Parameter t: the number of this step, from 1, for the bias correction.
  @_specialize(where T == Float)
  public func step(
    _ value: Matrix<T>, _ gradient: Matrix<T>, learningRate: T, weightDecay: T = 0,
    beta1: T = 0.9, beta2: T = 0.999, epsilon: T = 1e-8, t: Int
  ) {
    precondition(value.count == first.count && gradient.count == first.count)
    let correction1 = 1 - pow(Double(beta1), Double(t))
    let correction2 = (1 - pow(Double(beta2), Double(t))).squareRoot()
    // m^ / (sqrt(v^) + e) = (m / c1) c2 / (sqrt(v) + e c2)
    let rate = T(Double(learningRate) * correction2 / correction1)
    let guarded = T(Double(epsilon) * correction2)
    let decay = 1 - learningRate * weightDecay
    Parallel.blocks(value.count, size: 1 << 15) { range in
      let at = range.lowerBound
      T.kernels.adam(
        range.count, value.pointer + at, gradient.pointer + at, first.pointer + at,
        second.pointer + at, rate, beta1, beta2, guarded, decay)
    }
  }
}
