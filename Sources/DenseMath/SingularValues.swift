// How does a square matrix stretch, and along which axes?

import CKernels

/// A = L diag(values) R for orthogonal L and R, values largest first, by LAPACK's divide and conquer on the calling
/// thread; about 22 n^3 operations. Of a positive semidefinite matrix the columns of L are eigenvectors.
///
/// - Parameter matrix: A, n x n.
/// - Returns: nil where it does not converge, as for values that are not finite.
public func singularValues(_ matrix: Matrix<Double>) -> (
  left: Matrix<Double>, values: [Double], right: Matrix<Double>
)? {
  precondition(matrix.rows == matrix.columns, "only square matrices are taken")
  let n = matrix.rows
  guard n > 0, matrix.buffer.allSatisfy(\.isFinite) else { return nil }
  let (a, left, right) = (
    Matrix<Double>(rows: n, columns: n), Matrix<Double>(rows: n, columns: n),
    Matrix<Double>(rows: n, columns: n)
  )
  a.copy(from: matrix)
  var values = [Double](repeating: 0, count: n)
  var job = CChar(bitPattern: UInt8(ascii: "A"))
  var sides = [Int32](repeating: Int32(n), count: 5)
  var info = Int32(0)
  var length = Int32(4 * n * n + 7 * n)
  var work = [Double](repeating: 0, count: Int(length))
  var integers = [Int32](repeating: 0, count: 8 * n)
  // LAPACK reads A' and finds A' = U S V': U as it lies in memory is R, and V' is L.
  sides.withUnsafeMutableBufferPointer { side in
    guard let n = side.baseAddress else { return }
    BLAS.functions.dgesdd(
      &job, n, n + 1, a.pointer, n + 2, &values, right.pointer, n + 3, left.pointer, n + 4, &work,
      &length, &integers, &info)
  }
  return info == 0 ? (left, values, right) : nil
}
