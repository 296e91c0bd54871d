// How are matrices multiplied on all cores with the same bytes as on one?

/// C = alpha op(A) op(B) + beta C.
///
/// C is cut into tiles along its longer side; how, depends on the shapes alone, and the sum over the
/// inner dimension is never cut. Each tile is one single-threaded BLAS call, so results do not depend
/// on the number of threads; within `Parallel.asOneOfMany` there is one. 2 m n k operations. Within
/// `RoundedProducts.during` large factors in single precision are rounded.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func multiply<T: Real>(
  _ a: Matrix<T>, transposeA: Bool = false, _ b: Matrix<T>, transposeB: Bool = false,
  into c: Matrix<T>, alpha: T = 1, beta: T = 0
) {
  let (m, k) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
  let n = transposeB ? b.rows : b.columns
  precondition(k == (transposeB ? b.columns : b.rows), "inner dimensions differ")
  precondition(c.rows == m && c.columns == n, "the result has another shape")
  guard m > 0, n > 0 else { return }
  guard k > 0 else {
    if beta == 0 { c.fill(0) } else { scale(c, by: beta) }
    return
  }
  if RoundedProducts.isOn, RoundedProducts.pays(m, n, k), let a = a as? Matrix<Float>,
    let b = b as? Matrix<Float>, let c = c as? Matrix<Float>
  {
    return RoundedProducts.multiply(
      a, transposeA, b, transposeB, into: c, alpha: Float(alpha), beta: Float(beta))
  }
  if k >= longInner * max(m, n), k >= 4096 {
    return multiplyInPieces(
      a, transposeA: transposeA, b, transposeB: transposeB, into: c, alpha: alpha, beta: beta)
  }
  let gemm = T.kernels.gemm
  let alongColumns = n >= m
  let length = alongColumns ? n : m
  let tile = Parallel.keepsProductsWhole ? length : tileSize(length, work: 2 * m * n * k)
  Parallel.blocks(length, size: tile) { range in
    let start = range.lowerBound
    if alongColumns {
      gemm(
        transposeA, transposeB, m, range.count, k, alpha, a.pointer, a.columns,
        b.pointer + (transposeB ? start * b.columns : start), b.columns, beta, c.pointer + start,
        c.columns)
    } else {
      gemm(
        transposeA, transposeB, range.count, n, k, alpha,
        a.pointer + (transposeA ? start : start * a.columns), a.columns, b.pointer, b.columns, beta,
        c.pointer + start * c.columns, c.columns)
    }
  }
}

/// From how many times the sides of C on the inner dimension is cut.
private let longInner = 16

/// C for a long inner dimension and a small result: the inner dimension is cut into four, whatever the
/// number of threads, and the parts are added up in order.
private func multiplyInPieces<T: Real>(
  _ a: Matrix<T>, transposeA: Bool, _ b: Matrix<T>, transposeB: Bool, into c: Matrix<T>, alpha: T,
  beta: T
) {
  let k = transposeA ? a.rows : a.columns
  let piece = (k + 3) / 4
  let parts = (0..<4).map { _ in Matrix<T>(rows: c.rows, columns: c.columns) }
  Parallel.blocks(4, size: 1) { pieces in
    for index in pieces {
      let start = min(index * piece, k)
      let length = min(piece, k - start)
      guard length > 0 else { continue }
      T.kernels.gemm(
        transposeA, transposeB, c.rows, c.columns, length, alpha,
        a.pointer + (transposeA ? start * a.columns : start), a.columns,
        b.pointer + (transposeB ? start : start * b.columns), b.columns, 0, parts[index].pointer,
        c.columns)
    }
  }
  if beta == 0 { c.fill(0) } else if beta != 1 { scale(c, by: beta) }
  for part in parts { add(part, to: c) }
}

/// The width of a tile: up to 16 tiles of at least 128, in multiples of 64; one tile for little work.
private func tileSize(_ length: Int, work: Int) -> Int {
  guard work > 4_000_000 else { return length }
  let tiles = max(1, min(16, length / 128))
  let even = tiles + tiles % 2
  return max(64, ((length + even - 1) / even + 63) / 64 * 64)
}

/// C = op(A) op(B) + beta C in one BLAS call on the calling thread, for small products inside a parallel
/// loop.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func multiplyHere<T: Real>(
  _ a: Matrix<T>, transposeA: Bool = false, _ b: Matrix<T>, transposeB: Bool = false,
  into c: Matrix<T>, beta: T = 0
) {
  let (m, k) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
  let n = transposeB ? b.rows : b.columns
  precondition(k == (transposeB ? b.columns : b.rows) && k > 0, "inner dimensions differ")
  precondition(c.rows == m && c.columns == n, "the result has another shape")
  T.kernels.gemm(
    transposeA, transposeB, m, n, k, 1, a.pointer, a.columns, b.pointer, b.columns, beta,
    c.pointer, c.columns)
}
