// Are doors between factors and item groups found where they were planted?

import DenseMath

/// Factors, item groups and the doors between them: what was planted, or what a model has.
public struct DoorPlan {
  /// G x d: 0 where a door is closed.
  public let doors: Matrix<Float>
  /// One vector an item, M x d.
  public let items: Matrix<Float>
  /// The group of each item.
  public let groups: [UInt32]

  public init(doors: Matrix<Float>, items: Matrix<Float>, groups: [UInt32]) {
    (self.doors, self.items, self.groups) = (doors, items, groups)
  }
}

/// How many of the planted closed doors a model has closed, and how many of those that it has closed were planted so.
///
/// Groups are matched by the items that they share and factors by the correlation of items' vectors along them, either
/// so that the sum is largest; factors and groups without a match do not count.
public struct DoorRecovery: Equatable, Sendable {
  /// Pairs of a matched group and a matched factor.
  public private(set) var pairs = 0
  public private(set) var planted = 0
  public private(set) var closed = 0
  public private(set) var both = 0
  /// The mean absolute correlation of matched factors.
  public private(set) var likeness = 0.0

  /// - Parameters:
  ///   - planted: of the same items as the model's, in its order.
  ///   - found: what a model has.
  public init(_ planted: DoorPlan, _ found: DoorPlan) {
    precondition(planted.items.rows == found.items.rows, "both are of the same items")
    let shared = Matrix<Double>(rows: planted.doors.rows, columns: found.doors.rows)
    for (own, other) in zip(planted.groups, found.groups) { shared[Int(own), Int(other)] += 1 }
    let correlations = Self.correlations(planted.items, found.items)
    let (groups, factors) = (bestMatching(shared), bestMatching(correlations))
    for (group, other) in groups.enumerated() {
      guard let other, shared[group, other] > 0 else { continue }
      for (factor, match) in factors.enumerated() {
        guard let match else { continue }
        let isPlanted = planted.doors[group, factor] == 0
        let isClosed = found.doors[other, match] == 0
        pairs += 1
        self.planted += isPlanted ? 1 : 0
        closed += isClosed ? 1 : 0
        both += isPlanted && isClosed ? 1 : 0
      }
    }
    let matched = factors.enumerated().compactMap { own, other in
      other.map { correlations[own, $0] }
    }
    likeness = matched.isEmpty ? 0 : matched.reduce(0, +) / Double(matched.count)
  }

  /// The share of doors closed by the model that were planted closed.
  public var precision: Double { closed > 0 ? Double(both) / Double(closed) : 0 }
  /// The share of doors planted closed that the model has closed.
  public var recall: Double { planted > 0 ? Double(both) / Double(planted) : 0 }
  /// Their harmonic mean.
  public var f1: Double { both > 0 ? 2 * Double(both) / Double(planted + closed) : 0 }

  /// |r| of each column of one with each of the other, 0 for columns that do not vary.
  private static func correlations(_ first: Matrix<Float>, _ second: Matrix<Float>)
    -> Matrix<Double>
  {
    let (one, other) = (standardised(first), standardised(second))
    let products = Matrix<Double>(rows: one.columns, columns: other.columns)
    multiply(one, transposeA: true, other, into: products)
    for index in 0..<products.count { products.pointer[index] = abs(products.pointer[index]) }
    return products
  }

  /// Columns less their means, of length 1.
  private static func standardised(_ rows: Matrix<Float>) -> Matrix<Double> {
    let values = Matrix<Double>(
      rows: rows.rows, columns: rows.columns, rows.buffer.map(Double.init))
    for (column, mean) in columnMeans(rows).enumerated() {
      var square = 0.0
      for row in 0..<values.rows {
        values[row, column] -= mean
        square += values[row, column] * values[row, column]
      }
      let length = square.squareRoot()
      for row in 0..<values.rows {
        values[row, column] = length > 1e-9 ? values[row, column] / length : 0
      }
    }
    return values
  }
}
