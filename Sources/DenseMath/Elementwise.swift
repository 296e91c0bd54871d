// What is done to whole arrays element by element?

/// Elements handled by one task.
private let grain = 1 << 15

private func overElements(_ count: Int, _ body: (_ start: Int, _ count: Int) -> Void) {
  Parallel.blocks(count, size: grain) { body($0.lowerBound, $0.count) }
}

/// x <- exp(x).
@_specialize(where T == Float)
@_specialize(where T == Double)
public func exponentiate<T: Real>(_ x: Matrix<T>) {
  overElements(x.count) { T.kernels.exp($1, x.pointer + $0) }
}

/// x <- tanh(x).
@_specialize(where T == Float)
@_specialize(where T == Double)
public func tanhForward<T: Real>(_ x: Matrix<T>) {
  overElements(x.count) { T.kernels.tanh($1, x.pointer + $0) }
}

/// dy <- dy (1 - y^2) for y = tanh(x).
@_specialize(where T == Float)
@_specialize(where T == Double)
public func tanhBackward<T: Real>(_ y: Matrix<T>, _ dy: Matrix<T>) {
  precondition(y.count == dy.count)
  overElements(y.count) { T.kernels.tanhBackward($1, y.pointer + $0, dy.pointer + $0) }
}

/// y <- x / (1 + exp(-x)).
@_specialize(where T == Float)
@_specialize(where T == Double)
public func swishForward<T: Real>(_ x: Matrix<T>, into y: Matrix<T>) {
  precondition(x.count == y.count)
  overElements(x.count) { T.kernels.swish($1, x.pointer + $0, y.pointer + $0) }
}

/// dx <- dy d swish(x) / dx; dx may be dy.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func swishBackward<T: Real>(_ x: Matrix<T>, _ dy: Matrix<T>, into dx: Matrix<T>) {
  precondition(x.count == dy.count && x.count == dx.count)
  overElements(x.count) {
    T.kernels.swishBackward($1, x.pointer + $0, dy.pointer + $0, dx.pointer + $0)
  }
}

/// y += factor x.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func addScaled<T: Real>(_ x: Matrix<T>, by factor: T, to y: Matrix<T>) {
  precondition(x.count == y.count, "matrices of different sizes")
  Parallel.blocks(x.count, size: 1 << 15) {
    T.kernels.addScaled($0.count, factor, x.pointer + $0.lowerBound, y.pointer + $0.lowerBound)
  }
}

/// y <- y + x.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func add<T: Real>(_ x: Matrix<T>, to y: Matrix<T>) {
  precondition(x.count == y.count)
  overElements(x.count) { T.kernels.add($1, x.pointer + $0, y.pointer + $0) }
}

/// Adds x (B x d) to the columns of y (B x n) that begin at an offset.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func add<T: Real>(_ x: Matrix<T>, to y: Matrix<T>, columnOffset: Int) {
  precondition(x.rows == y.rows && columnOffset + x.columns <= y.columns)
  Parallel.blocks(x.rows, size: 32) { rows in
    for row in rows {
      T.kernels.add(
        x.columns, x.pointer + row * x.columns, y.pointer + row * y.columns + columnOffset)
    }
  }
}

/// Adds the columns of x (B x n) that begin at an offset to y (B x d).
@_specialize(where T == Float)
@_specialize(where T == Double)
public func add<T: Real>(columns offset: Int, of x: Matrix<T>, to y: Matrix<T>) {
  precondition(x.rows == y.rows && offset + y.columns <= x.columns)
  Parallel.blocks(x.rows, size: 32) { rows in
    for row in rows {
      T.kernels.add(y.columns, x.pointer + row * x.columns + offset, y.pointer + row * y.columns)
    }
  }
}

/// y = [x x ... x] + row: x (B x d) once for each d columns of y (B x n), and a 1 x n row.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func repeatColumns<T: Real>(_ x: Matrix<T>, plus row: Matrix<T>, into y: Matrix<T>) {
  let width = x.columns
  precondition(x.rows == y.rows && row.count == y.columns && y.columns.isMultiple(of: width))
  Parallel.blocks(x.rows, size: 16) { rows in
    for at in rows {
      let target = y.pointer + at * y.columns
      target.update(from: row.pointer, count: y.columns)
      for start in stride(from: 0, to: y.columns, by: width) {
        T.kernels.add(width, x.pointer + at * width, target + start)
      }
    }
  }
}

/// y = the sum of the parts of x (B x n) that are as wide as y (B x d).
@_specialize(where T == Float)
@_specialize(where T == Double)
public func sumColumnParts<T: Real>(of x: Matrix<T>, into y: Matrix<T>) {
  let width = y.columns
  precondition(x.rows == y.rows && x.columns.isMultiple(of: width))
  Parallel.blocks(x.rows, size: 16) { rows in
    for at in rows {
      let (source, target) = (x.pointer + at * x.columns, y.pointer + at * width)
      target.update(from: source, count: width)
      for start in stride(from: width, to: x.columns, by: width) {
        T.kernels.add(width, source + start, target)
      }
    }
  }
}

/// x <- a x.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func scale<T: Real>(_ x: Matrix<T>, by a: T) {
  overElements(x.count) { T.kernels.scale($1, a, x.pointer + $0) }
}

/// y <- y x, element by element.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func multiplyElements<T: Real>(_ y: Matrix<T>, by x: Matrix<T>) {
  precondition(x.count == y.count)
  overElements(x.count) { T.kernels.multiply($1, x.pointer + $0, y.pointer + $0) }
}

/// y <- x / (by + plus); y may be x or by.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func divide<T: Real>(_ x: Matrix<T>, by: Matrix<T>, plus: T, into y: Matrix<T>) {
  precondition(x.count == y.count && x.count == by.count)
  overElements(x.count) {
    T.kernels.divide($1, x.pointer + $0, by.pointer + $0, plus, y.pointer + $0)
  }
}

/// y <- y + log(x + plus) for positive x + plus.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func addLog<T: Real>(of x: Matrix<T>, plus: T, to y: Matrix<T>) {
  precondition(x.count == y.count)
  overElements(x.count) { T.kernels.addLog($1, x.pointer + $0, plus, y.pointer + $0) }
}

/// y <- min(max(x, low), high).
@_specialize(where T == Float)
@_specialize(where T == Double)
public func clamp<T: Real>(_ x: Matrix<T>, low: T, high: T, into y: Matrix<T>) {
  precondition(x.count == y.count)
  overElements(x.count) { T.kernels.clamp($1, x.pointer + $0, low, high, y.pointer + $0) }
}

/// sum of x y over all elements, in fixed blocks.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func dot<T: Real>(_ x: Matrix<T>, _ y: Matrix<T>) -> T {
  precondition(x.count == y.count)
  var sum: T = 0
  for start in stride(from: 0, to: x.count, by: grain) {
    sum += T.kernels.dot(min(grain, x.count - start), x.pointer + start, y.pointer + start)
  }
  return sum
}
