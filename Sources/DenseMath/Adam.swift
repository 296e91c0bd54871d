// How does a parameter follow its gradient?

import Glibc

/// Adam's moments of one parameter (Kingma and Ba, 2015).
public final class AdamState<T: Real> {
  public let first: Matrix<T>
  public let second: Matrix<T>

  public init(count: Int) {
    first = Matrix(rows: 1, columns: count)
    second = Matrix(rows: 1, columns: count)
  }

  /// One step in one pass over memory.
  ///
  /// - Parameters:
  ///   - t: the number of this step, from 1, for the bias correction; of the run's, for parameters that
  ///     join it later, whose first steps are then shorter or longer by what their moments have not seen.
  @_specialize(where T == Float)
  public func step(
    _ value: Matrix<T>, _ gradient: Matrix<T>, learningRate: T,
    beta1: T = 0.9, beta2: T = 0.999, epsilon: T = 1e-8, t: Int
  ) {
    precondition(gradient.count == first.count)
    step(
      0..<first.count, of: value, gradient.pointer, learningRate: learningRate,
      beta1: beta1, beta2: beta2, epsilon: epsilon, t: t)
  }

  /// A step for some elements alone.
  ///
  /// - Parameters:
  ///   - elements: which elements of `value`.
  ///   - gradient: that of the first of them; the others' follow.
  @_specialize(where T == Float)
  public func step(
    _ elements: Range<Int>, of value: Matrix<T>, _ gradient: UnsafePointer<T>, learningRate: T,
    beta1: T = 0.9, beta2: T = 0.999, epsilon: T = 1e-8, t: Int
  ) {
    precondition(value.count == first.count && elements.clamped(to: 0..<first.count) == elements)
    let scaled = Scaled(learningRate, beta1, beta2, epsilon, t)
    Parallel.blocks(elements, size: 1 << 15) { range in
      let at = range.lowerBound
      T.kernels.adam(
        range.count, value.pointer + at, gradient + (at - elements.lowerBound), first.pointer + at,
        second.pointer + at, scaled.rate, beta1, beta2, scaled.epsilon)
    }
  }

  /// A step for some rows alone: moments of the others stay as they are (lazy Adam).
  ///
  /// - Parameters:
  ///   - rows: which rows of `value`, each once.
  ///   - gradient: one row for each of them.
  @_specialize(where T == Float)
  public func step(
    rows: [UInt32], of value: Matrix<T>, _ gradient: Matrix<T>, learningRate: T,
    beta1: T = 0.9, beta2: T = 0.999, epsilon: T = 1e-8, t: Int
  ) {
    precondition(value.count == first.count && gradient.rows == rows.count)
    precondition(gradient.columns == value.columns && rows.allSatisfy { $0 < value.rows })
    let scaled = Scaled(learningRate, beta1, beta2, epsilon, t)
    let width = value.columns
    rows.withUnsafeBufferPointer { rows in
      let rows = ReadOnlyBuffer(rows)
      Parallel.blocks(rows.base.count, size: 64) { block in
        for place in block {
          let at = Int(rows.base[place]) * width
          T.kernels.adam(
            width, value.pointer + at, gradient.pointer + place * width, first.pointer + at,
            second.pointer + at, scaled.rate, beta1, beta2, scaled.epsilon)
        }
      }
    }
  }

  /// What the kernel needs, so that m^ / (sqrt(v^) + e) = (m / c1) c2 / (sqrt(v) + e c2).
  private struct Scaled {
    let (rate, epsilon): (T, T)

    init(_ learningRate: T, _ beta1: T, _ beta2: T, _ epsilon: T, _ t: Int) {
      let correction1 = 1 - pow(Double(beta1), Double(t))
      let correction2 = (1 - pow(Double(beta2), Double(t))).squareRoot()
      rate = T(Double(learningRate) * correction2 / correction1)
      self.epsilon = T(Double(epsilon) * correction2)
    }
  }
}
