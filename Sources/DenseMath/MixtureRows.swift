// How are several exponential score matrices mixed with weights that belong to columns?

/// mixture_b = sum_k weights_k ∘ scores_(k B + b) for K blocks of B rows.
///
/// - Parameters:
///   - scores: (K B) x M, block after block.
///   - weights: K x M.
///   - mixture: receives B x M.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func mixBlocks<T: Real>(_ scores: Matrix<T>, weights: Matrix<T>, into mixture: Matrix<T>) {
  let (batch, columns) = (mixture.rows, mixture.columns)
  precondition(scores.rows == weights.rows * batch && scores.columns == columns)
  precondition(weights.columns == columns)
  Parallel.blocks(batch, size: 4) { rows in
    withUnsafeTemporaryAllocation(of: T.self, capacity: columns) { term in
      guard let term = term.baseAddress else { return }
      for row in rows {
        let target = mixture.pointer + row * columns
        target.update(repeating: 0, count: columns)
        for block in 0..<weights.rows {
          term.update(from: scores.pointer + (block * batch + row) * columns, count: columns)
          T.kernels.multiply(columns, weights.pointer + block * columns, term)
          T.kernels.add(columns, term, target)
        }
      }
    }
  }
}

/// The derivative of `mixBlocks` for scores that are exponentials: `scores` become dL/dlog(scores), and
/// `weightGradient` (K x M) receives dL/dweights, given dL/dmixture.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func mixBlocksBackward<T: Real>(
  _ gradient: Matrix<T>, scores: Matrix<T>, weights: Matrix<T>, weightGradient: Matrix<T>
) {
  let (batch, columns) = (gradient.rows, gradient.columns)
  precondition(scores.rows == weights.rows * batch && scores.columns == columns)
  precondition(weightGradient.count == weights.count)
  Parallel.blocks(weights.rows, size: 1) { blocks in
    for block in blocks {
      let sums = weightGradient.pointer + block * columns
      sums.update(repeating: 0, count: columns)
      for row in 0..<batch {
        let target = scores.pointer + (block * batch + row) * columns
        T.kernels.multiply(columns, gradient.pointer + row * columns, target)
        T.kernels.add(columns, target, sums)
        T.kernels.multiply(columns, weights.pointer + block * columns, target)
      }
    }
  }
}

/// y = x transposed.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func transpose<T: Real>(_ x: Matrix<T>, into y: Matrix<T>) {
  precondition(x.rows == y.columns && x.columns == y.rows, "matrices of other shapes")
  for row in 0..<x.rows {
    for column in 0..<x.columns {
      y.pointer[column * x.rows + row] = x.pointer[row * x.columns + column]
    }
  }
}

/// For each entry e of sparse rows (row r, column c): scale_e dOut_r . W_c, the derivative of
/// `multiply(sparse:)` by the entries' values.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func entryGradients<T: Real>(
  sparse x: SparseRows, gradient: Matrix<T>, dense weights: Matrix<T>, entryScale: [T]
) -> [T] {
  precondition(x.columnCount == weights.rows && gradient.columns == weights.columns)
  precondition(entryScale.count == x.count && gradient.rows == x.rowCount)
  let values = Matrix<T>(rows: 1, columns: x.count)
  Parallel.blocks(x.rowCount, size: 8) { rows in
    for row in rows {
      for entry in x.offsets[row]..<x.offsets[row + 1] where entryScale[entry] != 0 {
        values.pointer[entry] =
          entryScale[entry]
          * T.kernels.dot(
            weights.columns, gradient.pointer + row * weights.columns,
            weights.pointer + Int(x.columns[entry]) * weights.columns)
      }
    }
  }
  return values.array
}
