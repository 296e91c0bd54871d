// What is a fully connected layer and its derivative?

import DenseMath
import Fitting

/// How large a layer's weights start.
public enum Initialisation {
  /// Variance 2 / (inputs + outputs).
  case glorot
  /// Variance gain^2 / (3 inputs): smaller, which suits layers behind a normalisation.
  case fanIn(gain: Double = 1)
  /// Zero, for values that come from elsewhere.
  case zero
}

/// y = x W + b. Shapes: x is B x I, W is I x O, y is B x O.
public final class Dense<T: Real> {
  public let weights: Parameter<T>
  public let bias: Parameter<T>
  public let output: Matrix<T>
  private let inputMemory = Workspace<T>()

  public init(
    _ name: String, inputs: Int, outputs: Int, batch: Int, seed: UInt64, stage: UInt32,
    initialisation: Initialisation = .glorot, outputsAreItems: Bool = false, firstItem: Int = 0,
    mark: String = ""
  ) {
    let items: ItemAxis? = outputsAreItems ? .columns : nil
    weights = Parameter(
      "\(name).weights\(mark)", rows: inputs, columns: outputs, items: items, firstItem: firstItem)
    bias = Parameter(
      "\(name).bias\(mark)", rows: 1, columns: outputs, items: items, firstItem: firstItem)
    output = Matrix(rows: batch, columns: outputs)
    switch initialisation {
    case .glorot: weights.initialiseGlorot(seed: seed, stage: stage)
    case .fanIn(let gain):
      weights.initialiseNormal(
        seed: seed, stage: stage, deviation: T(gain / Double(3 * inputs).squareRoot()))
    case .zero: break
    }
  }

  public var parameters: [Parameter<T>] { [weights, bias] }

  public func forward(_ x: Matrix<T>) -> Matrix<T> {
    let y = output.rowBlock(0..<x.rows)
    multiply(x, weights.value, into: y)
    addRow(bias.value, to: y)
    return y
  }

  /// x W + b and in each of its parts, as wide as `shared` (B x O/n), that matrix again.
  public func forward(_ x: Matrix<T>, repeating shared: Matrix<T>) -> Matrix<T> {
    let y = output.rowBlock(0..<x.rows)
    repeatColumns(shared, plus: bias.value, into: y)
    multiply(x, weights.value, into: y, beta: 1)
    return y
  }

  /// Leaves the gradients of W and b and returns dL/dx for dL/dy = `gradient`.
  public func backward(_ x: Matrix<T>, _ gradient: Matrix<T>) -> Matrix<T> {
    multiply(x, transposeA: true, gradient, into: weights.gradient)
    columnSums(of: gradient, into: bias.gradient)
    let dx = inputMemory.matrix(rows: x.rows, columns: x.columns)
    multiply(gradient, weights.value, transposeB: true, into: dx)
    return dx
  }
}
