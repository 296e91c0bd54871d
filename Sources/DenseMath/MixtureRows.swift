// How are several exponential score matrices mixed with weights that belong to columns?

/// scores <- exp(scores) and mixture_b = sum_k weights_k ∘ exp(scores_(k B + b)) for K blocks of B rows.
///
/// - Parameters:
///   - scores: (K B) x M, block after block.
///   - weights: K x M.
///   - mixture: receives B x M.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func mixExponentials<T: Real>(
  _ scores: Matrix<T>, weights: Matrix<T>, into mixture: Matrix<T>
) {
  let (batch, columns) = (mixture.rows, mixture.columns)
  precondition(scores.rows == weights.rows * batch && scores.columns == columns)
  precondition(weights.columns == columns)
  Parallel.blocks(batch, size: 2) { rows in
    for row in rows {
      let target = mixture.pointer + row * columns
      target.update(repeating: 0, count: columns)
      for block in 0..<weights.rows {
        T.kernels.mix(
          columns, weights.pointer + block * columns,
          scores.pointer + (block * batch + row) * columns, target)
      }
    }
  }
}

/// The derivative of `mixExponentials`: the exponentials become dL/dscores, and `weightGradient` (K x M)
/// receives an addition of dL/dweights, given dL/dmixture.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func mixExponentialsBackward<T: Real>(
  _ gradient: Matrix<T>, exponentials: Matrix<T>, weights: Matrix<T>,
  addingTo weightGradient: Matrix<T>
) {
  let (batch, columns) = (gradient.rows, gradient.columns)
  precondition(exponentials.rows == weights.rows * batch && exponentials.columns == columns)
  precondition(weightGradient.count == weights.count)
  // Columns are shared out, so that a weight's gradient is summed in the order of the rows.
  Parallel.blocks(columns, size: 512) { part in
    for block in 0..<weights.rows {
      let at = block * columns + part.lowerBound
      for row in 0..<batch {
        T.kernels.mixBackward(
          part.count, gradient.pointer + row * columns + part.lowerBound, weights.pointer + at,
          exponentials.pointer + (block * batch + row) * columns + part.lowerBound,
          weightGradient.pointer + at)
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
/// `multiply(sparse:)` by the entries' values; 1 x entries.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func entryGradients<T: Real>(
  sparse x: SparseRows, gradient: Matrix<T>, dense weights: Matrix<T>, entryScale: [T]
) -> Matrix<T> {
  precondition(x.columnCount == weights.rows && gradient.columns == weights.columns)
  precondition(entryScale.count == x.count && gradient.rows == x.rowCount)
  let values = Matrix<T>(rows: 1, columns: x.count)
  let width = weights.columns
  x.columns.withUnsafeBufferPointer { columns in
    entryScale.withUnsafeBufferPointer { scales in
      let (columns, scales) = (ReadOnlyBuffer(columns), ReadOnlyBuffer(scales))
      Parallel.blocks(x.rowCount, size: 8) { rows in
        for row in rows {
          for entry in x.offsets[row]..<x.offsets[row + 1] where scales.base[entry] != 0 {
            values.pointer[entry] =
              scales.base[entry]
              * T.kernels.dot(
                width, gradient.pointer + row * width,
                weights.pointer + Int(columns.base[entry]) * width)
          }
        }
      }
    }
  }
  return values
}
