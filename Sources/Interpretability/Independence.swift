// How independent are the dimensions of a representation?

import DenseMath

/// Independence = 1 - 2 / (d (d - 1)) sum_{i<j} |corr(i, j)| over the dimensions of a representation
/// (section 6.2.5; Ma et al., 2019): 1 when no two of them go together.
public struct Independence: Sendable, Equatable {
  /// With corr the cosine of two dimensions' values, as the paper has it.
  public let cosine: Double
  /// With corr Pearson's correlation: the cosine after each dimension's mean is taken away.
  public let pearson: Double
  /// The dimensions looked at, d.
  public let dimensions: Int
  /// Dimensions left out since they never vary.
  public let constant: Int

  /// - Parameters:
  ///   - values: one row a thing represented, one column a dimension.
  ///   - active: which dimensions to look at; nil takes all.
  ///
  /// Dimensions without variance have no correlation and are left out and counted.
  public init(_ values: Matrix<Float>, active: [Bool]? = nil) {
    let wanted = (0..<values.columns).filter { active?[$0] ?? true }
    let means = columnMeans(values)
    let varying = wanted.filter { column in
      (0..<values.rows).contains {
        values.pointer[$0 * values.columns + column] != values.pointer[column]
      }
    }
    dimensions = varying.count
    constant = wanted.count - varying.count
    cosine = Self.score(Self.products(values, varying, means: nil))
    pearson = Self.score(Self.products(values, varying, means: means))
  }

  /// X'X of the chosen columns, less their means when given.
  private static func products(_ values: Matrix<Float>, _ columns: [Int], means: [Double]?)
    -> Matrix<Double>
  {
    let chosen = Matrix<Double>(rows: values.rows, columns: columns.count)
    for row in 0..<values.rows {
      for (place, column) in columns.enumerated() {
        let value = Double(values.pointer[row * values.columns + column])
        chosen.pointer[row * columns.count + place] = value - (means?[column] ?? 0)
      }
    }
    let result = Matrix<Double>(rows: columns.count, columns: columns.count)
    multiply(chosen, transposeA: true, chosen, into: result)
    return result
  }

  private static func score(_ products: Matrix<Double>) -> Double {
    let d = products.rows
    guard d > 1 else { return 1 }
    var sum = 0.0
    for i in 0..<d {
      for j in i + 1..<d {
        let room = (products[i, i] * products[j, j]).squareRoot()
        if room > 0 { sum += min(abs(products[i, j]) / room, 1) }
      }
    }
    return 1 - 2 * sum / (Double(d) * Double(d - 1))
  }
}

/// The mean of each column.
func columnMeans(_ values: Matrix<Float>) -> [Double] {
  var means = [Double](repeating: 0, count: values.columns)
  for row in 0..<values.rows {
    for (column, value) in values.row(row).enumerated() { means[column] += Double(value) }
  }
  return means.map { $0 / Double(max(values.rows, 1)) }
}

/// The variance of each column (divided by the number of rows).
public func columnVariances(_ values: Matrix<Float>) -> [Double] {
  let means = columnMeans(values)
  var squares = [Double](repeating: 0, count: values.columns)
  for row in 0..<values.rows {
    for (column, value) in values.row(row).enumerated() {
      let deviation = Double(value) - means[column]
      squares[column] += deviation * deviation
    }
  }
  return squares.map { $0 / Double(max(values.rows, 1)) }
}
