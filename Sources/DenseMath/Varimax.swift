// Which rotation of some axes makes each thing load on few of them?

/// The rotation R that Kaiser's varimax criterion (1958) asks for: the variance of squared loadings, summed over the
/// columns of A R, is as large as it gets from where it begins.
///
/// Each pass takes the orthogonal matrix nearest to the criterion's gradient; about 4 n k^2 + 22 k^3 operations a pass, at
/// most 100 of them, on one rotation for any number of threads.
///
/// - Parameter loadings: A, n x k.
/// - Returns: R, k x k and orthogonal; nil where loadings are not finite.
public func varimax(_ loadings: Matrix<Double>) -> Matrix<Double>? {
  let (n, k) = (loadings.rows, loadings.columns)
  guard n > 0, k > 0, loadings.buffer.allSatisfy(\.isFinite) else { return nil }
  var rotation = Matrix<Double>(rows: k, columns: k)
  for axis in 0..<k { rotation[axis, axis] = 1 }
  let (turned, gradient) = (
    Matrix<Double>(rows: n, columns: k), Matrix<Double>(rows: k, columns: k)
  )
  var reached = 0.0
  for _ in 0..<100 {
    multiply(loadings, rotation, into: turned)
    var means = [Double](repeating: 0, count: k)
    for row in 0..<n {
      for (axis, value) in turned.row(row).enumerated() { means[axis] += value * value }
    }
    for axis in means.indices { means[axis] /= Double(n) }
    for row in 0..<n {
      let values = turned.row(row)
      for axis in values.indices {
        let value = values[axis]
        values[axis] = value * (value * value - means[axis])
      }
    }
    multiply(loadings, transposeA: true, turned, into: gradient)
    guard let found = singularValues(gradient) else { return nil }
    let next = Matrix<Double>(rows: k, columns: k)
    multiply(found.left, found.right, into: next)
    rotation = next
    let now = found.values.reduce(0, +)
    if now <= reached * (1 + 1e-7) { break }
    reached = now
  }
  return rotation
}
