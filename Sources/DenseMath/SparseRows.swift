// How are rows with few non-zero columns kept?

/// A sparse matrix by rows (CSR); without values every entry counts as 1.
public struct SparseRows: Sendable {
  /// Where each row starts in `columns`; one more entry than rows.
  public let offsets: [Int]
  public let columns: [UInt32]
  public let values: [Float]?
  public let columnCount: Int

  public var rowCount: Int { offsets.count - 1 }
  /// Entries in all rows.
  public var count: Int { columns.count }

  /// Rows whose columns are known to be in range.
  public init(offsets: [Int], columns: [UInt32], values: [Float]? = nil, columnCount: Int) {
    precondition(
      offsets.first == 0 && offsets.last == columns.count, "offsets must span the columns")
    precondition(values.map { $0.count == columns.count } ?? true, "one value an entry")
    self.offsets = offsets
    self.columns = columns
    self.values = values
    self.columnCount = columnCount
  }

  /// The columns of a row.
  public func row(_ row: Int) -> ArraySlice<UInt32> { columns[offsets[row]..<offsets[row + 1]] }

  /// Entries of each column.
  public func columnCounts() -> [Int] {
    var counts = [Int](repeating: 0, count: columnCount)
    for column in columns { counts[Int(column)] += 1 }
    return counts
  }

  /// Chosen rows in the order given.
  public func rows(at indices: [Int]) -> SparseRows {
    var newOffsets = [0]
    newOffsets.reserveCapacity(indices.count + 1)
    for index in indices {
      newOffsets.append((newOffsets.last ?? 0) + offsets[index + 1] - offsets[index])
    }
    var newColumns: [UInt32] = []
    newColumns.reserveCapacity(newOffsets.last ?? 0)
    for index in indices { newColumns.append(contentsOf: row(index)) }
    var newValues: [Float]?
    if let values {
      newValues = indices.flatMap { values[offsets[$0]..<offsets[$0 + 1]] }
    }
    return SparseRows(
      offsets: newOffsets, columns: newColumns, values: newValues, columnCount: columnCount)
  }

  /// The same rows over only the columns that occur, ascending, and which columns those are.
  public func compacted() -> (rows: SparseRows, columns: [UInt32]) {
    var places = [UInt32](repeating: 0, count: columnCount)
    for column in columns { places[Int(column)] = 1 }
    var found: [UInt32] = []
    for column in 0..<columnCount where places[column] > 0 {
      places[column] = UInt32(found.count)
      found.append(UInt32(column))
    }
    return (
      SparseRows(
        offsets: offsets, columns: columns.map { places[Int($0)] }, values: values,
        columnCount: found.count), found
    )
  }

  /// The transposed matrix: rows become columns, ascending within each new row.
  public func transposed() -> SparseRows {
    var starts = [Int](repeating: 0, count: columnCount + 1)
    for column in columns { starts[Int(column) + 1] += 1 }
    for column in 0..<columnCount { starts[column + 1] += starts[column] }
    var free = starts
    var rows = [UInt32](repeating: 0, count: count)
    var moved = values.map { [Float](repeating: 0, count: $0.count) }
    for row in 0..<rowCount {
      for entry in offsets[row]..<offsets[row + 1] {
        let column = Int(columns[entry])
        rows[free[column]] = UInt32(row)
        if let values { moved?[free[column]] = values[entry] }
        free[column] += 1
      }
    }
    return SparseRows(offsets: starts, columns: rows, values: moved, columnCount: rowCount)
  }

  /// X' diag(w) X, dense, M x M; w is 1 where no weights are given.
  ///
  /// Each row of the result is summed by one task over the users of that item: sum |x_i|^2 additions.
  public func gram(weights: [Double]?) -> Matrix<Double> {
    let result = Matrix<Double>(rows: columnCount, columns: columnCount)
    let byColumn = transposed()
    columns.withUnsafeBufferPointer { columns in
      let columns = UnsafePointerBox(columns)
      Parallel.blocks(columnCount, size: 8) { block in
        for column in block {
          let target = result.pointer + column * columnCount
          for row in byColumn.row(column) {
            let weight = weights?[Int(row)] ?? 1
            for entry in offsets[Int(row)]..<offsets[Int(row) + 1] {
              target[Int(columns.base[entry])] += weight
            }
          }
        }
      }
    }
    return result
  }
}

/// A read-only buffer handed to parallel blocks.
struct UnsafePointerBox<T>: @unchecked Sendable {
  let base: UnsafeBufferPointer<T>
  init(_ base: UnsafeBufferPointer<T>) { self.base = base }
}

/// out_r = sum over row r's entries e of scale_e value_e W[column_e, :], for some rows of X.
///
/// - Parameters:
///   - rows: which rows of X; the first goes to row 0 of `out`.
///   - entryScale: a factor for every entry of X, or nil for 1; entries with 0 cost nothing.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func multiply<T: Real>(
  sparse x: SparseRows, rows: Range<Int>, dense weights: Matrix<T>, into out: Matrix<T>,
  entryScale: UnsafePointer<T>?
) {
  precondition(x.columnCount == weights.rows && out.columns == weights.columns)
  precondition(out.rows == rows.count && rows.upperBound <= x.rowCount)
  let scales = SendableScales(entryScale)
  let width = weights.columns
  // Columns are cut too, so that a piece of the weights stays in the cache while rows go by.
  Parallel.blocks(rows.count, size: 8) { block in
    for row in block {
      let target = out.pointer + row * width
      target.update(repeating: 0, count: width)
      let source = rows.lowerBound + row
      for entry in x.offsets[source]..<x.offsets[source + 1] {
        let factor = (scales.base?[entry] ?? 1) * T(x.values?[entry] ?? 1)
        if factor == 0 { continue }
        T.kernels.addScaled(width, factor, weights.pointer + Int(x.columns[entry]) * width, target)
      }
    }
  }
}

private struct SendableScales<T>: @unchecked Sendable {
  let base: UnsafePointer<T>?
  init(_ base: UnsafePointer<T>?) { self.base = base }
}

/// dW[c, :] += sum over entries e in column c of scale_e value_e dOut[row_e, :].
///
/// Each column's sum is taken by one task in row order, so it does not depend on the threads.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func accumulateTransposed<T: Real>(
  sparse x: SparseRows, gradient: Matrix<T>, into weights: Matrix<T>, entryScale: UnsafePointer<T>?
) {
  precondition(x.columnCount == weights.rows && gradient.columns == weights.columns)
  precondition(gradient.rows == x.rowCount)
  let scales = SendableScales(entryScale)
  let width = weights.columns
  // Entries ordered by column, rows ascending within a column (a counting sort).
  var starts = [Int](repeating: 0, count: x.columnCount + 1)
  for column in x.columns { starts[Int(column) + 1] += 1 }
  for column in 0..<x.columnCount { starts[column + 1] += starts[column] }
  var free = starts
  var entries = [(row: Int32, entry: Int32)](repeating: (0, 0), count: x.count)
  for row in 0..<x.rowCount {
    for entry in x.offsets[row]..<x.offsets[row + 1] {
      let column = Int(x.columns[entry])
      entries[free[column]] = (Int32(row), Int32(entry))
      free[column] += 1
    }
  }
  Parallel.blocks(x.columnCount, size: 64) { columns in
    for column in columns {
      let target = weights.pointer + column * width
      for at in starts[column]..<starts[column + 1] {
        let (row, entry) = (Int(entries[at].row), Int(entries[at].entry))
        let factor = (scales.base?[entry] ?? 1) * T(x.values?[entry] ?? 1)
        if factor == 0 { continue }
        T.kernels.addScaled(width, factor, gradient.pointer + row * width, target)
      }
    }
  }
}
