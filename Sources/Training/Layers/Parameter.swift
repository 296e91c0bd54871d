// What does a network learn, and how is it updated and kept?

import DenseMath
import Fitting
import Recommending

/// A learnt matrix with its gradient and optimiser state, which take memory once they are used.
public final class Parameter<T: Real> {
  public let name: String
  public let value: Matrix<T>
  /// dL/dvalue; where `touched` is set, one row for each of those rows.
  public private(set) lazy var gradient = Matrix<T>(rows: value.rows, columns: value.columns)
  /// The only rows that have a gradient; nil for all.
  public private(set) var touched: [UInt32]?
  /// The factor on the learning rate; zero freezes the parameter.
  public var rate: T = 1
  /// What stands for items: its rows, its columns or neither.
  public let items: ItemAxis?
  /// The first item there is; not 0 in a part that is cut out of a layer.
  public let firstItem: Int
  /// Whether its rows may be shrunk to nothing, which a running average would undo.
  public var hasSparseRows = false
  public private(set) lazy var state = AdamState<T>(count: value.count)
  private let rowGradients = Workspace<T>()

  public init(
    _ name: String, rows: Int, columns: Int, items: ItemAxis? = nil, firstItem: Int = 0
  ) {
    self.name = name
    self.items = items
    self.firstItem = firstItem
    value = Matrix(rows: rows, columns: columns)
  }

  /// The rows of a part's items.
  public convenience init(_ name: String, of part: ItemPart, columns: Int) {
    self.init(
      name + part.mark, rows: part.items.count, columns: columns, items: .rows,
      firstItem: part.items.lowerBound)
  }

  /// The items that its rows stand for.
  public var rowItems: Range<Int> { firstItem..<firstItem + value.rows }

  /// Makes `gradient` one of these rows alone and returns it; they are ascending, each once.
  public func gradient(of rows: [UInt32]) -> Matrix<T> {
    touched = rows
    gradient = rowGradients.matrix(rows: rows.count, columns: value.columns)
    return gradient
  }

  /// Gives back the memory of the gradient and the optimiser's state, once training is over.
  public func forgetTraining() {
    gradient = Matrix(rows: 0, columns: 0)
    state = AdamState(count: 0)
  }

  /// Glorot and Bengio's normal initialisation: variance 2 / (rows + columns).
  public func initialiseGlorot(seed: UInt64, stage: UInt32) {
    fillNormal(value, seed: seed, stage: stage, index: 0)
    let deviation = T((2 / Double(value.rows + value.columns)).squareRoot())
    scale(value, by: deviation)
  }

  /// A normal initialisation with a given standard deviation; rows of some items get what they have among all.
  public func initialiseNormal(seed: UInt64, stage: UInt32, deviation: T) {
    let first = items == .rows ? firstItem * value.columns : 0
    fillNormal(value, seed: seed, stage: stage, index: 0, from: first)
    scale(value, by: deviation)
  }

  public func update(learningRate: T, step: Int) {
    guard rate > 0 else { return }
    if let touched {
      state.step(rows: touched, of: value, gradient, learningRate: learningRate * rate, t: step)
    } else {
      state.step(value, gradient, learningRate: learningRate * rate, t: step)
    }
  }

  /// Updates some elements by a gradient that begins with the first one's.
  public func update(
    _ elements: Range<Int>, by gradient: UnsafePointer<T>, learningRate: T, step: Int
  ) {
    state.step(elements, of: value, gradient, learningRate: learningRate * rate, t: step)
  }
}

/// Which index of a parameter counts items.
public enum ItemAxis {
  case rows, columns
}

/// A copy of all parameters' values, kept as the best so far.
public struct Snapshot<T: Real> {
  public private(set) var values: [[T]]

  public init(_ parameters: [Parameter<T>]) { values = parameters.map { $0.value.array } }

  public init(_ values: [[T]]) { self.values = values }

  /// Moves towards the parameters' values: share times its own, the rest theirs; rows that are shrunk to
  /// nothing are nothing at once.
  public mutating func follow(_ parameters: [Parameter<T>], keeping share: Double) {
    for (place, parameter) in parameters.enumerated() {
      let step = T(1 - share)
      values[place].withUnsafeMutableBufferPointer { own in
        for index in own.indices {
          own[index] += step * (parameter.value.pointer[index] - own[index])
        }
        guard parameter.hasSparseRows else { return }
        let width = parameter.value.columns
        for row in 0..<parameter.value.rows
        where parameter.value.row(row).allSatisfy({ $0 == 0 }) {
          for index in row * width..<(row + 1) * width { own[index] = 0 }
        }
      }
    }
  }

  public func restore(to parameters: [Parameter<T>]) {
    for (parameter, saved) in zip(parameters, values) {
      _ = parameter.value.buffer.update(from: saved)
    }
  }
}
