// How is a symmetric positive definite matrix inverted at the speed of GEMM?

import CKernels

/// The matrix is not positive definite.
public struct NotPositiveDefinite: Error, Sendable {}

private let blockSize = 192

/// Replaces a symmetric positive definite matrix by its inverse.
///
/// Blocked Gauss-Jordan elimination without pivoting: for each diagonal block D the inverse of D is made
/// by Cholesky, and the rest of the matrix is updated by one GEMM, so nearly all of the 2 n^3
/// operations run in `multiply`, whose result does not depend on the number of threads.
///
/// Throws `NotPositiveDefinite`.
public func inverseSPD(_ a: Matrix<Double>) throws {
  precondition(a.rows == a.columns, "only square matrices have an inverse")
  let n = a.rows
  for start in stride(from: 0, to: n, by: blockSize) {
    let size = min(blockSize, n - start)
    let pivot = Matrix<Double>(rows: size, columns: size)
    for row in 0..<size {
      (pivot.pointer + row * size).update(from: a.pointer + (start + row) * n + start, count: size)
    }
    try invertSmall(pivot)
    // R = D^-1 A[block, :], C = A[:, block]; A <- A - C R, then the block's row, column and corner.
    let rowsOfBlock = Matrix<Double>(rows: size, columns: n)
    multiply(pivot, a.rowBlock(start..<start + size), into: rowsOfBlock)
    let columnsOfBlock = Matrix<Double>(rows: n, columns: size)
    for row in 0..<n {
      (columnsOfBlock.pointer + row * size).update(from: a.pointer + row * n + start, count: size)
    }
    for row in start..<start + size {
      (columnsOfBlock.pointer + row * size).update(repeating: 0, count: size)
    }
    multiply(columnsOfBlock, rowsOfBlock, into: a, alpha: -1, beta: 1)
    let corner = Matrix<Double>(rows: n, columns: size)
    multiply(columnsOfBlock, pivot, into: corner, alpha: -1)
    for row in 0..<n {
      if row >= start, row < start + size {
        (a.pointer + row * n).update(from: rowsOfBlock.pointer + (row - start) * n, count: n)
        (a.pointer + row * n + start).update(
          from: pivot.pointer + (row - start) * size, count: size)
      } else {
        (a.pointer + row * n + start).update(from: corner.pointer + row * size, count: size)
      }
    }
  }
}

/// Solves A x = b for a symmetric positive definite A of moderate size on the calling thread; A is
/// destroyed, b (n x 1) becomes x.
///
/// Throws `NotPositiveDefinite`.
public func solveSPD(_ a: Matrix<Double>, _ b: Matrix<Double>) throws {
  precondition(a.rows == a.columns && b.rows == a.rows && b.columns == 1)
  var n = Int32(a.rows)
  var leading = n
  var info: Int32 = 0
  var lower = CChar(UInt8(ascii: "L"))
  BLAS.functions.dpotrf(&lower, &n, a.pointer, &leading, &info)
  guard info == 0 else { throw NotPositiveDefinite() }
  BLAS.functions.dtrsm(101, 141, 121, 112, 131, n, 1, 1, a.pointer, n, b.pointer, 1)
  BLAS.functions.dtrsm(101, 141, 121, 111, 131, n, 1, 1, a.pointer, n, b.pointer, 1)
}

/// Inverts a small matrix through its Cholesky factor L: A^-1 = L^-T L^-1.
private func invertSmall(_ a: Matrix<Double>) throws {
  var n = Int32(a.rows)
  var leading = n
  var info: Int32 = 0
  // LAPACK counts columns first: the lower triangle there is the upper one here.
  var lower = CChar(UInt8(ascii: "L"))
  BLAS.functions.dpotrf(&lower, &n, a.pointer, &leading, &info)
  guard info == 0 else { throw NotPositiveDefinite() }
  let size = a.rows
  let inverse = Matrix<Double>(rows: size, columns: size)
  for index in 0..<size { inverse[index, index] = 1 }
  // Rows of `a` hold U with A = U'U: solve U' Y = I, then U X = Y.
  BLAS.functions.dtrsm(
    101, 141, 121, 112, 131, n, n, 1, a.pointer, n, inverse.pointer, n)
  BLAS.functions.dtrsm(
    101, 141, 121, 111, 131, n, n, 1, a.pointer, n, inverse.pointer, n)
  a.copy(from: inverse)
}
