// What is a dense matrix here?

import Glibc

/// A row-major matrix in contiguous, 64-byte aligned memory, shared by reference.
///
/// Element access through subscripts is checked; whole-array work goes through the functions of this
/// module.
public final class Matrix<T: Real>: @unchecked Sendable {
  public let rows: Int
  public let columns: Int
  /// The first element; `rows * columns` follow.
  public let pointer: UnsafeMutablePointer<T>
  @usableFromInline let owner: AnyObject?

  @inlinable
  public var count: Int { rows * columns }
  @inlinable
  public var buffer: UnsafeMutableBufferPointer<T> { .init(start: pointer, count: count) }
  /// A copy of the elements, row by row.
  public var array: [T] { Array(buffer) }

  /// A matrix of zeros.
  public init(rows: Int, columns: Int) {
    precondition(rows >= 0 && columns >= 0, "a matrix cannot have a negative size")
    self.rows = rows
    self.columns = columns
    let bytes = max(rows * columns * MemoryLayout<T>.stride, 64)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    // All bits zero is the number 0 in either precision.
    memset(memory, 0, bytes)
    pointer = memory.bindMemory(to: T.self, capacity: max(rows * columns, 1))
    owner = nil
  }

  /// A matrix of given values, row by row.
  public convenience init(rows: Int, columns: Int, _ values: [T]) {
    precondition(values.count == rows * columns, "as many values as elements")
    self.init(rows: rows, columns: columns)
    values.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { pointer.update(from: start, count: source.count) }
    }
  }

  /// A view of memory that `owner` keeps alive, such as a mapped file.
  @inlinable
  public init(rows: Int, columns: Int, memory: UnsafeMutablePointer<T>, owner: AnyObject) {
    self.rows = rows
    self.columns = columns
    pointer = memory
    self.owner = owner
  }

  deinit {
    if owner == nil { UnsafeMutableRawPointer(pointer).deallocate() }
  }

  @inlinable
  public subscript(row: Int, column: Int) -> T {
    get {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns, "outside the matrix")
      return pointer[row * columns + column]
    }
    set {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns, "outside the matrix")
      pointer[row * columns + column] = newValue
    }
  }

  /// The elements of one row.
  @inlinable
  public func row(_ row: Int) -> UnsafeMutableBufferPointer<T> {
    precondition(row >= 0 && row < rows, "outside the matrix")
    return .init(start: pointer + row * columns, count: columns)
  }

  /// Some rows as a matrix that shares memory with this one.
  @inlinable
  public func rowBlock(_ range: Range<Int>) -> Matrix<T> {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "outside the matrix")
    return Matrix(
      rows: range.count, columns: columns, memory: pointer + range.lowerBound * columns,
      owner: owner ?? self)
  }

  /// Some elements, row by row, as a row that shares memory with them.
  @inlinable
  public func elements(_ range: Range<Int>) -> Matrix<T> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "outside the matrix")
    return Matrix(
      rows: 1, columns: range.count, memory: pointer + range.lowerBound, owner: owner ?? self)
  }

  /// Gives every element a value.
  public func fill(_ value: T) {
    if value == 0, value.sign == .plus {
      memset(pointer, 0, count * MemoryLayout<T>.stride)
    } else {
      buffer.update(repeating: value)
    }
  }

  /// Takes the elements of a matrix of the same shape.
  public func copy(from other: Matrix<T>) {
    precondition(rows == other.rows && columns == other.columns, "matrices of different shapes")
    pointer.update(from: other.pointer, count: count)
  }
}

extension Matrix<Float> {
  /// A copy in double precision.
  public var doubles: Matrix<Double> {
    Matrix<Double>(rows: rows, columns: columns, buffer.map(Double.init))
  }
}
