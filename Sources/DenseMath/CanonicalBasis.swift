// In which basis of the latent space can a model be read?

/// An orthogonal basis of the latent space. Cosines and inner products are the same in any, so a fit prefers none;
/// this one makes few factors say much (Rolinek et al., 2019, on why axes need a reason).
///
/// Axis 0 is what all users share: the direction of their mean. The rest are the principal axes of users' directions,
/// ordered by the variance of users along them and signed so that their skew is positive.
public struct CanonicalBasis {
  /// One column an axis, d x d.
  public let rotation: Matrix<Double>

  /// - Parameter users: directions of a sample of users, n x d, of unit length or zero.
  ///
  /// Nil where users have no direction at all or the axes cannot be found.
  public init?(users: Matrix<Float>) {
    let d = users.columns
    let z = users.doubles
    guard d > 1, let common = Self.common(z) else { return nil }
    // z less its mean, in a basis of what is orthogonal to the mean.
    let rest = Self.complement(of: common)
    let spread = Matrix<Double>(rows: z.rows, columns: d - 1)
    multiply(z, rest, into: spread)
    let covariance = Matrix<Double>(rows: d - 1, columns: d - 1)
    multiply(spread, transposeA: true, spread, into: covariance, alpha: 1 / Double(z.rows))
    guard let (vectors, _, _) = singularValues(covariance) else { return nil }
    let loadings = Matrix<Double>(rows: z.rows, columns: d - 1)
    multiply(spread, vectors, into: loadings)
    var skews = [Double](repeating: 0, count: d - 1)
    for row in 0..<loadings.rows {
      for (axis, value) in loadings.row(row).enumerated() { skews[axis] += value * value * value }
    }
    let axes = Matrix<Double>(rows: d, columns: d - 1)
    multiply(rest, vectors, into: axes)
    rotation = Matrix(rows: d, columns: d)
    for row in 0..<d {
      rotation[row, 0] = common[row]
      for axis in 1..<d {
        rotation[row, axis] = (skews[axis - 1] < 0 ? -1 : 1) * axes[row, axis - 1]
      }
    }
  }

  /// The direction of the mean user.
  private static func common(_ z: Matrix<Double>) -> [Double]? {
    var mean = [Double](repeating: 0, count: z.columns)
    for row in 0..<z.rows {
      for (index, value) in z.row(row).enumerated() { mean[index] += value / Double(z.rows) }
    }
    let length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 1e-9, length.isFinite else { return nil }
    return mean.map { $0 / length }
  }

  /// d - 1 orthonormal columns orthogonal to a unit vector: a Householder reflection's but for the first.
  private static func complement(of unit: [Double]) -> Matrix<Double> {
    let d = unit.count
    // The reflection that takes the first axis to -sign(u_0) u.
    var normal = unit
    normal[0] += unit[0] < 0 ? -1 : 1
    let square = normal.reduce(0) { $0 + $1 * $1 }
    let columns = Matrix<Double>(rows: d, columns: d - 1)
    for row in 0..<d {
      for column in 1..<d {
        columns[row, column - 1] =
          (row == column ? 1 : 0) - 2 * normal[row] * normal[column] / square
      }
    }
    return columns
  }
}

extension CanonicalBasis {
  /// Some axes of a basis turned among themselves, and all but the first put in the order of users' variance along them
  /// again, signed so that their skew is positive.
  ///
  /// - Parameters:
  ///   - axes: those that are turned; never 0.
  ///   - turn: orthogonal, a row and a column for each of them.
  ///   - users: directions of a sample of users in the basis as it is, n x d.
  public init(turning axes: [Int], by turn: Matrix<Double>, users: Matrix<Float>) {
    let d = users.columns
    precondition(!axes.contains(0) && turn.rows == axes.count && turn.columns == axes.count)
    let turned = Matrix<Double>(rows: d, columns: d)
    for axis in 0..<d { turned[axis, axis] = 1 }
    for (row, old) in axes.enumerated() {
      for (column, new) in axes.enumerated() { turned[old, new] = turn[row, column] }
    }
    let places = Matrix<Double>(rows: users.rows, columns: d)
    multiply(users.doubles, turned, into: places)
    var (squares, cubes) = ([Double](repeating: 0, count: d), [Double](repeating: 0, count: d))
    for row in 0..<places.rows {
      for (axis, value) in places.row(row).enumerated() {
        squares[axis] += value * value
        cubes[axis] += value * value * value
      }
    }
    // Users' mean lies along axis 0, so that second moments are variances elsewhere.
    let order = [0] + (1..<d).sorted { (-squares[$0], $0) < (-squares[$1], $1) }
    rotation = Matrix(rows: d, columns: d)
    for (new, old) in order.enumerated() {
      let sign = new > 0 && cubes[old] < 0 ? -1.0 : 1
      for row in 0..<d { rotation[row, new] = sign * turned[row, old] }
    }
  }

  /// x R for every row x in the old basis, parts of d columns one after another.
  public func turn(_ rows: Matrix<Float>) {
    replace(rows, by: rotation)
  }

  /// The same for rows of variances: v (R * R).
  public func turnVariances(_ rows: Matrix<Float>) {
    let squares = Matrix<Double>(rows: rotation.rows, columns: rotation.columns)
    for index in 0..<squares.count {
      squares.pointer[index] = rotation.pointer[index] * rotation.pointer[index]
    }
    replace(rows, by: squares)
  }

  /// R'W for the weights of inputs that are turned themselves.
  public func turnInputs(_ weights: Matrix<Float>) {
    let turned = Matrix<Double>(rows: weights.rows, columns: weights.columns)
    multiply(rotation, transposeA: true, weights.doubles, into: turned)
    for index in 0..<weights.count { weights.pointer[index] = Float(turned.pointer[index]) }
  }

  private func replace(_ rows: Matrix<Float>, by matrix: Matrix<Double>) {
    let d = matrix.rows
    precondition(rows.columns % d == 0, "rows are of parts of d columns")
    let parts = Matrix(
      rows: rows.count / d, columns: d, memory: rows.pointer, owner: rows)
    let turned = Matrix<Double>(rows: parts.rows, columns: d)
    multiply(parts.doubles, matrix, into: turned)
    for index in 0..<parts.count { parts.pointer[index] = Float(turned.pointer[index]) }
  }
}
