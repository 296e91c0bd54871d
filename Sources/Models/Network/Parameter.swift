// What does a network learn, and how is it updated and kept?

import DenseMath

/// A learnt matrix with its gradient and optimiser state.
final class Parameter<T: Real> {
  let name: String
  let value: Matrix<T>
  let gradient: Matrix<T>
  /// The factor on the learning rate; zero freezes the parameter.
  var rate: T = 1
  let state: AdamState<T>

  init(_ name: String, rows: Int, columns: Int) {
    self.name = name
    value = Matrix(rows: rows, columns: columns)
    gradient = Matrix(rows: rows, columns: columns)
    state = AdamState(count: rows * columns)
  }

  /// Glorot and Bengio's normal initialisation: variance 2 / (rows + columns).
  func initialiseGlorot(seed: UInt64, stage: UInt32) {
    fillNormal(value, seed: seed, stage: stage, index: 0)
    let deviation = T((2 / Double(value.rows + value.columns)).squareRoot())
    scale(value, by: deviation)
  }

  /// A normal initialisation with a given standard deviation.
  func initialiseNormal(seed: UInt64, stage: UInt32, deviation: T) {
    fillNormal(value, seed: seed, stage: stage, index: 0)
    scale(value, by: deviation)
  }

  func update(learningRate: T, weightDecay: T, step: Int) {
    guard rate > 0 else { return }
    state.step(
      value, gradient, learningRate: learningRate * rate, weightDecay: weightDecay, t: step)
  }
}

/// The optimiser's settings (Kingma and Ba, 2015).
struct AdamSettings {
  var learningRate = 1e-3
  var weightDecay = 0.0
}

/// A copy of all parameters' values, kept as the best so far.
struct Snapshot<T: Real> {
  private(set) var values: [[T]]

  init(_ parameters: [Parameter<T>]) { values = parameters.map { $0.value.array } }

  init(_ values: [[T]]) { self.values = values }

  /// Moves towards the parameters' values: share times its own, the rest theirs.
  mutating func follow(_ parameters: [Parameter<T>], keeping share: Double) {
    for (place, parameter) in parameters.enumerated() {
      let step = T(1 - share)
      values[place].withUnsafeMutableBufferPointer { own in
        for index in own.indices {
          own[index] += step * (parameter.value.pointer[index] - own[index])
        }
      }
    }
  }

  func restore(to parameters: [Parameter<T>]) {
    for (parameter, saved) in zip(parameters, values) {
      _ = parameter.value.buffer.update(from: saved)
    }
  }
}
