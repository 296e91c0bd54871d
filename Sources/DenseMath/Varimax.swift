// Which rotation of some axes makes each thing load on few of them, and each product of two things?

/// Pairs of rows whose products are parts of a sum: p_rl = left_rl right_rl, n x k each.
public struct ProductPairs {
  let left: Matrix<Double>
  let right: Matrix<Double>

  public init(left: Matrix<Double>, right: Matrix<Double>) {
    precondition(left.rows == right.rows && left.columns == right.columns, "rows come in pairs")
    (self.left, self.right) = (left, right)
  }

  /// Half the gradient of sum_rl ((L R)_rl (M R)_rl)^2 by R, k x k, added to what is there.
  fileprivate func addGradient(_ rotation: Matrix<Double>, scale: Double, to sum: Matrix<Double>) {
    let (a, b) = (
      Matrix<Double>(rows: left.rows, columns: left.columns),
      Matrix<Double>(rows: left.rows, columns: left.columns)
    )
    multiply(left, rotation, into: a)
    multiply(right, rotation, into: b)
    for index in 0..<a.count {
      let (x, y) = (a.pointer[index], b.pointer[index])
      (a.pointer[index], b.pointer[index]) = (x * y * y, x * x * y)
    }
    multiply(left, transposeA: true, a, into: sum, alpha: scale, beta: 1)
    multiply(right, transposeA: true, b, into: sum, alpha: scale, beta: 1)
  }
}

/// The rotation R that Kaiser's varimax criterion (1958) asks for, the variance of squared loadings, summed over the
/// columns of A R, as large as it gets from where it begins; with pairs, the sum of the squared parts of their products
/// too, so that few axes carry most of each product as well.
///
/// Each pass takes the orthogonal matrix nearest to the criterion's gradient; about 4 n k^2 + 22 k^3 operations a pass and
/// 8 m k^2 for m pairs, at most 100 of them, on one rotation for any number of threads. The pairs join once the loadings
/// have been turned by themselves.
///
/// - Parameters:
///   - loadings: A, n x k.
///   - pairs: left and right rows, m x k.
///   - weight: what the pairs count beside the loadings, the gradients made equally large where they join.
/// - Returns: R, k x k and orthogonal; nil where numbers are not finite.
public func varimax(_ loadings: Matrix<Double>, pairs: ProductPairs? = nil, weight: Double = 1)
  -> Matrix<Double>?
{
  let k = loadings.columns
  guard loadings.rows > 0, k > 0, loadings.buffer.allSatisfy(\.isFinite) else { return nil }
  let start = Matrix<Double>(rows: k, columns: k)
  for axis in 0..<k { start[axis, axis] = 1 }
  let alone = rotation(from: start, passes: pairs == nil ? 100 : 20) { rotation, sum in
    addVarimaxGradient(loadings, rotation, scale: 1, to: sum)
  }
  guard let pairs, let alone else { return alone }
  precondition(pairs.left.columns == k, "pairs are of the axes that are turned")
  guard pairs.left.buffer.allSatisfy(\.isFinite), pairs.right.buffer.allSatisfy(\.isFinite) else {
    return nil
  }
  let (own, others) = (Matrix<Double>(rows: k, columns: k), Matrix<Double>(rows: k, columns: k))
  addVarimaxGradient(loadings, alone, scale: 1, to: own)
  pairs.addGradient(alone, scale: 1, to: others)
  guard let size = singularValues(own)?.values.reduce(0, +), size > 0,
    let other = singularValues(others)?.values.reduce(0, +), other > 0
  else { return alone }
  return rotation(from: alone, passes: 80, tolerance: 1e-3) { rotation, sum in
    addVarimaxGradient(loadings, rotation, scale: 1 / size, to: sum)
    pairs.addGradient(rotation, scale: weight / other, to: sum)
  }
}

/// Takes the orthogonal matrix nearest to a gradient until that grows no more; nil where it is not finite.
private func rotation(
  from start: Matrix<Double>, passes: Int, tolerance: Double = 1e-7,
  _ addGradient: (Matrix<Double>, Matrix<Double>) -> Void
) -> Matrix<Double>? {
  var (rotation, reached) = (start, 0.0)
  for _ in 0..<passes {
    let gradient = Matrix<Double>(rows: start.rows, columns: start.columns)
    addGradient(rotation, gradient)
    guard gradient.buffer.allSatisfy(\.isFinite), let found = singularValues(gradient) else {
      return nil
    }
    rotation = Matrix<Double>(rows: start.rows, columns: start.columns)
    multiply(found.left, found.right, into: rotation)
    let now = found.values.reduce(0, +)
    if now <= reached * (1 + tolerance) { break }
    reached = now
  }
  return rotation
}

/// A quarter of the gradient of the varimax criterion of A R by R, k x k, added to what is there.
private func addVarimaxGradient(
  _ loadings: Matrix<Double>, _ rotation: Matrix<Double>, scale: Double, to sum: Matrix<Double>
) {
  let turned = Matrix<Double>(rows: loadings.rows, columns: loadings.columns)
  multiply(loadings, rotation, into: turned)
  var means = [Double](repeating: 0, count: loadings.columns)
  for row in 0..<turned.rows {
    for (axis, value) in turned.row(row).enumerated() { means[axis] += value * value }
  }
  for axis in means.indices { means[axis] /= Double(turned.rows) }
  for row in 0..<turned.rows {
    let values = turned.row(row)
    for axis in values.indices {
      let value = values[axis]
      values[axis] = value * (value * value - means[axis])
    }
  }
  multiply(loadings, transposeA: true, turned, into: sum, alpha: scale, beta: 1)
}
