// How is a symmetric positive definite matrix inverted at the speed of GEMM?

import CKernels

/// The matrix is not positive definite.
public struct NotPositiveDefinite: Error, Sendable {}

private let blockSize = 192

/// Replaces a symmetric positive definite matrix by its inverse.
///
/// Blocked sweeps without pivoting (Goodnight, 1979): for each diagonal block D with the columns C beside it,
/// C becomes C D^-1, D becomes -D^-1 and the rest loses C D^-1 C'. The matrix stays symmetric, so only
/// its lower half is worked on: n^3 operations, nearly all of them in products of `blockSize` inner
/// length, cut so that the result does not depend on the number of threads. What is left is -A^-1.
///
/// Throws `NotPositiveDefinite`.
public func inverseSPD(_ a: Matrix<Double>) throws {
  precondition(a.rows == a.columns, "only square matrices have an inverse")
  let n = a.rows
  for start in stride(from: 0, to: n, by: blockSize) {
    let size = min(blockSize, n - start)
    let (pivot, sides, swept) = (
      Matrix<Double>(rows: size, columns: size), Matrix<Double>(rows: n, columns: size),
      Matrix<Double>(rows: n, columns: size)
    )
    for row in 0..<size {
      for column in 0...row {
        pivot[row, column] = a.pointer[(start + row) * n + start + column]
        pivot[column, row] = pivot[row, column]
      }
    }
    try invertSmall(pivot)
    // C, with zeros in the block's own rows.
    for row in 0..<start {
      for column in 0..<size {
        sides.pointer[row * size + column] = a.pointer[(start + column) * n + row]
      }
    }
    for row in start + size..<max(n, start + size) {
      (sides.pointer + row * size).update(from: a.pointer + row * n + start, count: size)
    }
    multiply(sides, pivot, into: swept)
    subtractLower(a, swept, sides)
    for row in start + size..<max(n, start + size) {
      (a.pointer + row * n + start).update(from: swept.pointer + row * size, count: size)
    }
    for row in 0..<size {
      let target = a.pointer + (start + row) * n
      for column in 0..<start { target[column] = swept.pointer[column * size + row] }
      for column in 0..<size { target[start + column] = -pivot[row, column] }
    }
  }
  // -A^-1 in the lower half becomes A^-1 in both.
  let tile = 64
  Parallel.blocks(n, size: tile) { rows in
    for row in rows {
      for column in 0...row { a.pointer[row * n + column] = -a.pointer[row * n + column] }
    }
  }
  Parallel.blocks(n, size: tile) { rows in
    for columns in stride(from: rows.lowerBound, to: n, by: tile) {
      for row in rows {
        for column in max(columns, row + 1)..<max(min(columns + tile, n), row + 1, columns) {
          a.pointer[row * n + column] = a.pointer[column * n + row]
        }
      }
    }
  }
}

/// The lower half of A -= X Y', in tiles of rows that reach to the diagonal.
private func subtractLower(_ a: Matrix<Double>, _ x: Matrix<Double>, _ y: Matrix<Double>) {
  let (n, k, tile) = (a.rows, x.columns, 128)
  let tiles = (n + tile - 1) / tile
  // The longest rows first, so that the threads end together.
  Parallel.blocks(tiles, size: 1) { block in
    for index in block {
      let first = (tiles - 1 - index) * tile
      let last = min(first + tile, n)
      Double.kernels.gemm(
        false, true, last - first, last, k, -1, x.pointer + first * k, k, y.pointer, k, 1,
        a.pointer + first * n, n)
    }
  }
}

/// Solves A x = b for a symmetric positive definite A of moderate size on the calling thread, of which
/// only the upper half is read; A is destroyed, b (n x 1) becomes x.
///
/// Throws `NotPositiveDefinite`.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func solveSPD<T: Real>(_ a: Matrix<T>, _ b: Matrix<T>) throws {
  precondition(a.rows == a.columns && b.rows == a.rows && b.columns == 1)
  guard T.kernels.factorise(a.rows, a.pointer) == 0 else { throw NotPositiveDefinite() }
  T.kernels.solveUpper(true, a.rows, 1, a.pointer, b.pointer)
  T.kernels.solveUpper(false, a.rows, 1, a.pointer, b.pointer)
}

/// Adds X'X to the upper half of C on the calling thread: k n^2 operations for X of k x n.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func addGram<T: Real>(_ x: Matrix<T>, to c: Matrix<T>) {
  precondition(c.rows == x.columns && c.columns == x.columns)
  guard x.count > 0 else { return }
  T.kernels.addGram(x.columns, x.rows, x.pointer, x.columns, c.pointer, c.columns)
}

/// Inverts a small symmetric positive definite matrix on the calling thread.
private func invertSmall(_ a: Matrix<Double>) throws {
  let size = a.rows
  guard Double.kernels.factorise(size, a.pointer) == 0 else { throw NotPositiveDefinite() }
  let inverse = Matrix<Double>(rows: size, columns: size)
  for index in 0..<size { inverse[index, index] = 1 }
  Double.kernels.solveUpper(true, size, size, a.pointer, inverse.pointer)
  Double.kernels.solveUpper(false, size, size, a.pointer, inverse.pointer)
  a.copy(from: inverse)
}
