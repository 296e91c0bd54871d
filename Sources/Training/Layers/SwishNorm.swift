// What does the non-linearity of the deep encoder do, and what is its derivative?

import DenseMath
import Fitting

/// y = LayerNorm(swish(x)) with a learnt gain and bias per column.
///
/// swish(x) = x / (1 + exp(-x)) (Ramachandran et al., 2017); layer normalisation after Ba et al.
/// (2016) with epsilon 0.1, as in RecVAE.
public final class SwishNorm<T: Real> {
  public static var epsilon: T { 0.1 }
  public let gain: Parameter<T>
  public let bias: Parameter<T>
  public let output: Matrix<T>
  private var input: Matrix<T>
  private let activated: Matrix<T>
  private let inputGradient: Matrix<T>
  private let means: Matrix<T>
  private let inverseDeviations: Matrix<T>

  public init(_ name: String, width: Int, batch: Int) {
    gain = Parameter("\(name).gain", rows: 1, columns: width)
    bias = Parameter("\(name).bias", rows: 1, columns: width)
    gain.value.fill(1)
    output = Matrix(rows: batch, columns: width)
    input = Matrix(rows: 0, columns: width)
    activated = Matrix(rows: batch, columns: width)
    inputGradient = Matrix(rows: batch, columns: width)
    means = Matrix(rows: 1, columns: batch)
    inverseDeviations = Matrix(rows: 1, columns: batch)
  }

  public var parameters: [Parameter<T>] { [gain, bias] }

  /// Keeps `x` for `backward`, until which it must not change.
  public func forward(_ x: Matrix<T>) -> Matrix<T> {
    let rows = 0..<x.rows
    input = x
    swishForward(x, into: activated.rowBlock(rows))
    let y = output.rowBlock(rows)
    layerNormForward(
      activated.rowBlock(rows), gain: gain.value, bias: bias.value, epsilon: Self.epsilon, into: y,
      means: means, inverseDeviations: inverseDeviations)
    return y
  }

  /// Returns dL/dx for dL/dy = `gradient`.
  public func backward(_ gradient: Matrix<T>) -> Matrix<T> {
    let rows = 0..<gradient.rows
    let dx = inputGradient.rowBlock(rows)
    layerNormBackward(
      activated.rowBlock(rows), gradient, gain: gain.value, means: means,
      inverseDeviations: inverseDeviations, into: dx, gainGradient: gain.gradient,
      biasGradient: bias.gradient)
    swishBackward(input, dx, into: dx)
    return dx
  }
}
