// What is a fully connected layer and its derivative?

import DenseMath

/// y = x W + b. Shapes: x is B x I, W is I x O, y is B x O.
final class Dense<T: Real> {
  let weights: Parameter<T>
  let bias: Parameter<T>
  let output: Matrix<T>
  let inputGradient: Matrix<T>

  init(
    _ name: String, inputs: Int, outputs: Int, batch: Int, seed: UInt64, stage: UInt32, gain: T = 1
  ) {
    weights = Parameter("\(name).weights", rows: inputs, columns: outputs)
    bias = Parameter("\(name).bias", rows: 1, columns: outputs)
    output = Matrix(rows: batch, columns: outputs)
    inputGradient = Matrix(rows: batch, columns: inputs)
    weights.initialiseGlorot(seed: seed, stage: stage, gain: gain)
  }

  var parameters: [Parameter<T>] { [weights, bias] }

  func forward(_ x: Matrix<T>) -> Matrix<T> {
    let y = output.rowBlock(0..<x.rows)
    multiply(x, weights.value, into: y)
    addRow(bias.value, to: y)
    return y
  }

  /// Leaves the gradients of W and b and returns dL/dx for dL/dy = `gradient`.
  func backward(_ x: Matrix<T>, _ gradient: Matrix<T>) -> Matrix<T> {
    multiply(x, transposeA: true, gradient, into: weights.gradient)
    columnSums(of: gradient, into: bias.gradient)
    let dx = inputGradient.rowBlock(0..<x.rows)
    multiply(gradient, weights.value, transposeB: true, into: dx)
    return dx
  }
}
