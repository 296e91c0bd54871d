// What can be asked of a model that represents users and items by latent features?

import DenseMath

/// A model with representations: users' z, items' vectors, and the way back from z to scores.
public protocol LatentModel: RecommendationModel {
  /// The representation of each user without noise, one row a user.
  func representations(of foldIn: SparseRows) -> Matrix<Float>

  /// The weight of each user cluster in each user, one row a user; nil for models without clusters.
  func clusterWeights(of foldIn: SparseRows) -> Matrix<Float>?

  /// The vector of each item, one row an item.
  var itemVectors: Matrix<Float> { get }

  /// The group that each item belongs to most, and the number of groups; nil for models without groups.
  var groupOfItems: (assignment: [UInt32], count: Int)? { get }

  /// For each user cluster which dimensions have an ARD variance above a threshold (section 4.3); nil for
  /// models that prune none.
  func activeDimensions(above variance: Double) -> [[Bool]]?

  /// Scores of all items for representations that need not be any user's.
  ///
  /// - Parameters:
  ///   - weights: cluster weights of the same rows, where the model has clusters.
  ///   - scores: one row a representation.
  func decode(_ representations: Matrix<Float>, weights: Matrix<Float>?, into scores: Matrix<Float>)

  /// Whether scores are logarithms of probabilities, but for a constant of each user.
  var scoresAreLogProbabilities: Bool { get }
}

extension LatentModel {
  public func clusterWeights(of foldIn: SparseRows) -> Matrix<Float>? { nil }
  public func activeDimensions(above variance: Double) -> [[Bool]]? { nil }
  public var groupOfItems: (assignment: [UInt32], count: Int)? {
    itemGroups.map { ($0.assignment, $0.prototypes.rows) }
  }
  public var scoresAreLogProbabilities: Bool { true }
}

/// A network whose representations can be had; `NetworkModel` passes them on.
protocol LatentNetwork: TrainableNetwork where Scalar == Float {
  func representations(of foldIn: SparseRows) -> Matrix<Float>
  var itemVectors: Matrix<Float> { get }
  var groupOfItems: (assignment: [UInt32], count: Int)? { get }
  func decode(_ representations: Matrix<Float>, into scores: Matrix<Float>)
}

extension LatentNetwork {
  var groupOfItems: (assignment: [UInt32], count: Int)? { nil }

  /// A parameter's value by its name.
  func value(_ name: String) -> Matrix<Float> {
    guard let found = parameters.first(where: { $0.name == name }) else {
      preconditionFailure("the network has no parameter '\(name)'")
    }
    return found.value
  }
}

extension NetworkModel: LatentModel where Network: LatentNetwork {
  func representations(of foldIn: SparseRows) -> Matrix<Float> {
    network.representations(of: foldIn)
  }
  var itemVectors: Matrix<Float> { network.itemVectors }
  var groupOfItems: (assignment: [UInt32], count: Int)? { network.groupOfItems }
  func decode(_ representations: Matrix<Float>, weights: Matrix<Float>?, into scores: Matrix<Float>)
  {
    network.decode(representations, into: scores)
  }
}

/// x W + b for sparse rows of unit length, as `SparseInput` computes it.
func unitRowsTimes(_ rows: SparseRows, _ weights: Matrix<Float>, bias: Matrix<Float>)
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
func leadingColumns(_ matrix: Matrix<Float>, _ count: Int) -> Matrix<Float> {
  let result = Matrix<Float>(rows: matrix.rows, columns: count)
  for row in 0..<matrix.rows {
    (result.pointer + row * count).update(
      from: matrix.pointer + row * matrix.columns, count: count)
  }
  return result
}
