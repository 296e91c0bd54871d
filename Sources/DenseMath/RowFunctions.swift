// What is done to the rows of a matrix?

private let rowsPerTask = 16

/// Adds a 1 x n row to every row.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func addRow<T: Real>(_ bias: Matrix<T>, to x: Matrix<T>) {
  precondition(bias.count == x.columns)
  Parallel.blocks(x.rows, size: rowsPerTask) { rows in
    for row in rows { T.kernels.add(x.columns, bias.pointer, x.pointer + row * x.columns) }
  }
}

/// The sum of all rows, 1 x n; columns are shared out, so the order of addition is always that of the
/// rows.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func columnSums<T: Real>(of x: Matrix<T>, into sums: Matrix<T>) {
  precondition(sums.count == x.columns)
  Parallel.blocks(x.columns, size: 1024) { columns in
    let start = columns.lowerBound
    (sums.pointer + start).update(repeating: 0, count: columns.count)
    for row in 0..<x.rows {
      T.kernels.add(columns.count, x.pointer + row * x.columns + start, sums.pointer + start)
    }
  }
}

/// x <- softmax of each row.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func softmaxRows<T: Real>(_ x: Matrix<T>) {
  guard x.columns > 0 else { return }
  Parallel.blocks(x.rows, size: 64) { rows in
    for row in rows { _ = T.kernels.softmax(x.columns, x.pointer + row * x.columns) }
  }
}

/// x <- log softmax of each row.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func logSoftmaxRows<T: Real>(_ x: Matrix<T>) {
  guard x.columns > 0 else { return }
  for row in 0..<x.rows {
    let values = x.row(row)
    let shift = T.kernels.logSumExp(x.columns, x.pointer + row * x.columns)
    for index in values.indices { values[index] -= shift }
  }
}

/// Adds scale y (dy - sum y dy) to dx for y = softmax(x), row by row.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func softmaxBackward<T: Real>(
  _ y: Matrix<T>, _ dy: Matrix<T>, addingTo dx: Matrix<T>, scale: T
) {
  precondition(y.count == dy.count && y.count == dx.count)
  Parallel.blocks(y.rows, size: 64) { rows in
    for row in rows {
      let (y, dy, dx) = (y.row(row), dy.row(row), dx.row(row))
      var along: T = 0
      for index in y.indices { along += y[index] * dy[index] }
      for index in y.indices { dx[index] += scale * y[index] * (dy[index] - along) }
    }
  }
}

/// y <- x / |x| for each row; rows of zeros stay zero. `norms` gets |x|.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func normaliseRows<T: Real>(_ x: Matrix<T>, into y: Matrix<T>, norms: Matrix<T>) {
  precondition(x.count == y.count && norms.count >= x.rows)
  Parallel.blocks(x.rows, size: 64) { rows in
    for row in rows {
      let source = x.pointer + row * x.columns
      let target = y.pointer + row * y.columns
      let norm = T.kernels.dot(x.columns, source, source).squareRoot()
      norms.pointer[row] = norm
      target.update(from: source, count: x.columns)
      T.kernels.scale(x.columns, norm > 0 ? 1 / norm : 0, target)
    }
  }
}

/// dx <- (dy - y (y . dy)) / |x| for y = x / |x|; zero for rows of zeros.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func normaliseRowsBackward<T: Real>(
  _ y: Matrix<T>, _ dy: Matrix<T>, norms: Matrix<T>, into dx: Matrix<T>
) {
  precondition(y.count == dy.count && y.count == dx.count && norms.count >= y.rows)
  Parallel.blocks(y.rows, size: 64) { rows in
    for row in rows {
      let unit = y.pointer + row * y.columns
      let target = dx.pointer + row * dx.columns
      let along = T.kernels.dot(y.columns, unit, dy.pointer + row * dy.columns)
      let norm = norms.pointer[row]
      target.update(from: dy.pointer + row * dy.columns, count: y.columns)
      T.kernels.addScaled(y.columns, -along, unit, target)
      T.kernels.scale(y.columns, norm > 0 ? 1 / norm : 0, target)
    }
  }
}

/// y <- gain (x - mean) / sqrt(variance + epsilon) + bias, row by row (Ba et al., 2016).
@_specialize(where T == Float)
@_specialize(where T == Double)
public func layerNormForward<T: Real>(
  _ x: Matrix<T>, gain: Matrix<T>, bias: Matrix<T>, epsilon: T, into y: Matrix<T>,
  means: Matrix<T>, inverseDeviations: Matrix<T>
) {
  precondition(x.count == y.count && gain.count == x.columns && bias.count == x.columns)
  Parallel.blocks(x.rows, size: rowsPerTask) { rows in
    for row in rows {
      T.kernels.layerNorm(
        x.columns, x.pointer + row * x.columns, gain.pointer, bias.pointer, epsilon,
        y.pointer + row * y.columns, means.pointer + row, inverseDeviations.pointer + row)
    }
  }
}

/// The gradients of layer normalisation with respect to x, gain and bias.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func layerNormBackward<T: Real>(
  _ x: Matrix<T>, _ dy: Matrix<T>, gain: Matrix<T>, means: Matrix<T>,
  inverseDeviations: Matrix<T>, into dx: Matrix<T>, gainGradient: Matrix<T>,
  biasGradient: Matrix<T>
) {
  precondition(x.count == dy.count && x.count == dx.count)
  Parallel.blocks(x.columns, size: 256) { columns in
    let start = columns.lowerBound
    (gainGradient.pointer + start).update(repeating: 0, count: columns.count)
    (biasGradient.pointer + start).update(repeating: 0, count: columns.count)
    for row in 0..<x.rows {
      let at = row * x.columns + start
      T.kernels.layerNormGains(
        columns.count, x.pointer + at, dy.pointer + at, means.pointer[row],
        inverseDeviations.pointer[row], gainGradient.pointer + start, biasGradient.pointer + start)
    }
  }
  Parallel.blocks(x.rows, size: rowsPerTask) { rows in
    for row in rows {
      let at = row * x.columns
      T.kernels.layerNormBackward(
        x.columns, x.pointer + at, dy.pointer + at, gain.pointer, means.pointer[row],
        inverseDeviations.pointer[row], dx.pointer + at)
    }
  }
}

/// The proximal step of the group lasso on every row: x <- x max(0, 1 - threshold / |x|).
@_specialize(where T == Float)
@_specialize(where T == Double)
public func shrinkRows<T: Real>(_ x: Matrix<T>, by threshold: Double) {
  guard threshold > 0 else { return }
  Parallel.blocks(x.rows, size: rowsPerTask) { rows in
    for row in rows {
      let vector = x.row(row)
      let norm = Double(dot(vector, vector)).squareRoot()
      scale(vector, by: T(norm > threshold ? 1 - threshold / norm : 0))
    }
  }
}
