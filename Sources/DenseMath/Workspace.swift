// Where do matrices live whose size changes from batch to batch?

/// Memory that grows to the largest matrix asked for and stays.
public final class Workspace<T: Real> {
  private var memory = Matrix<T>(rows: 0, columns: 0)

  public init() {}

  /// A matrix of that size over the same memory as the last one, whose values are left as they are.
  public func matrix(rows: Int, columns: Int) -> Matrix<T> {
    let count = rows * columns
    if count > memory.count {
      memory = Matrix(rows: 1, columns: memory.count > 0 ? count + count / 4 : count)
    }
    return Matrix(rows: rows, columns: columns, memory: memory.pointer, owner: memory)
  }

  /// Gives the memory back once no matrix over it is left.
  public func forget() { memory = Matrix(rows: 0, columns: 0) }
}

/// y_r = x_{rows[r]} for chosen rows.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func gatherRows<T: Real>(_ x: Matrix<T>, _ rows: [UInt32], into y: Matrix<T>) {
  precondition(y.rows == rows.count && y.columns == x.columns)
  precondition(rows.allSatisfy { $0 < x.rows }, "a row outside the matrix")
  let width = x.columns
  rows.withUnsafeBufferPointer { rows in
    let rows = ReadOnlyBuffer(rows)
    Parallel.blocks(y.rows, size: 256) { block in
      for row in block {
        (y.pointer + row * width).update(
          from: x.pointer + Int(rows.base[row]) * width, count: width)
      }
    }
  }
}
