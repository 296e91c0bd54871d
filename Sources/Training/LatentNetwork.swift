// How does a trained network become a model with representations?

import DenseMath
import Fitting
import Recommending

/// A network whose representations can be had; `NetworkModel` passes them on.
public protocol LatentNetwork: TrainableNetwork where Scalar == Float {
  func represent(_ foldIn: SparseRows) -> UserRepresentations
  func score(_ users: UserRepresentations, into scores: Matrix<Float>)
  var itemVectors: Matrix<Float> { get }
  var groupOfItems: (assignment: [UInt32], count: Int)? { get }
}

extension LatentNetwork {
  public var groupOfItems: (assignment: [UInt32], count: Int)? { nil }

  /// A parameter's value by its name.
  public func value(_ name: String) -> Matrix<Float> {
    guard let found = parameters.first(where: { $0.name == name }) else {
      preconditionFailure("the network has no parameter '\(name)'")
    }
    return found.value
  }

  /// A row for each item of a parameter that has a column for each.
  public func itemsOfColumns(_ name: String) -> Matrix<Float> {
    let columns = value(name)
    let rows = Matrix<Float>(rows: columns.columns, columns: columns.rows)
    transpose(columns, into: rows)
    return rows
  }
}

extension NetworkModel: LatentModel where Network: LatentNetwork {
  public func represent(_ foldIn: SparseRows) -> UserRepresentations { network.represent(foldIn) }
  public func score(_ users: UserRepresentations, into scores: Matrix<Float>) {
    network.score(users, into: scores)
  }
  public var itemVectors: Matrix<Float> { network.itemVectors }
  public var groupOfItems: (assignment: [UInt32], count: Int)? { network.groupOfItems }
}

/// x W + b for sparse rows of unit length, as `SparseInput` computes it.
public func unitRowsTimes(_ rows: SparseRows, _ weights: Matrix<Float>, bias: Matrix<Float>)
  -> Matrix<Float>
{
  var scales: [Float] = []
  scales.reserveCapacity(rows.count)
  for row in 0..<rows.rowCount {
    let range = rows.offsets[row]..<rows.offsets[row + 1]
    let square = range.reduce(0.0) { sum, entry in
      let value = Double(rows.values?[entry] ?? 1)
      return sum + value * value
    }
    let scale = square > 0 ? Float(1 / square.squareRoot()) : 0
    scales.append(contentsOf: repeatElement(scale, count: range.count))
  }
  let result = Matrix<Float>(rows: rows.rowCount, columns: weights.columns)
  scales.withUnsafeBufferPointer {
    multiply(
      sparse: rows, rows: 0..<rows.rowCount, dense: weights, into: result,
      entryScale: $0.baseAddress)
  }
  addRow(bias, to: result)
  return result
}

/// The first columns of a matrix.
public func leadingColumns(_ matrix: Matrix<Float>, _ count: Int) -> Matrix<Float> {
  let result = Matrix<Float>(rows: matrix.rows, columns: count)
  copyLeadingColumns(of: matrix, into: result)
  return result
}

/// Copies as many of the first columns as `part` has; both have as many rows.
public func copyLeadingColumns<T: Real>(of matrix: Matrix<T>, into part: Matrix<T>) {
  precondition(part.rows == matrix.rows && part.columns <= matrix.columns)
  for row in 0..<part.rows {
    (part.pointer + row * part.columns).update(
      from: matrix.pointer + row * matrix.columns, count: part.columns)
  }
}
