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

  /// Rows given as lists of columns that are known to be in range.
  public init(lists: [[UInt32]], columnCount: Int) {
    var offsets = [0]
    offsets.reserveCapacity(lists.count + 1)
    for list in lists { offsets.append((offsets.last ?? 0) + list.count) }
    self.init(offsets: offsets, columns: lists.flatMap { $0 }, columnCount: columnCount)
  }

  /// Rows whose every column, known to be in range, and value `fill` writes.
  public init(
    offsets: [Int], columnCount: Int,
    fill: (_ columns: SharedBuffer<UInt32>, _ values: SharedBuffer<Float>) -> Void
  ) {
    let total = offsets.last ?? 0
    var values: [Float] = []
    let columns = [UInt32](unsafeUninitializedCapacity: total) { columns, count in
      count = total
      let columns = SharedBuffer(columns)
      values = [Float](unsafeUninitializedCapacity: total) { values, count in
        count = total
        fill(columns, SharedBuffer(values))
      }
    }
    self.init(offsets: offsets, columns: columns, values: values, columnCount: columnCount)
  }

  /// The same entries with other values, or with none.
  public func with(values: [Float]?) -> SparseRows {
    SparseRows(offsets: offsets, columns: columns, values: values, columnCount: columnCount)
  }

  /// The columns of a row.
  public func row(_ row: Int) -> ArraySlice<UInt32> { columns[offsets[row]..<offsets[row + 1]] }

  /// Entries of each column.
  public func columnCounts() -> [Int] {
    var counts = [Int](repeating: 0, count: columnCount)
    for column in columns { counts[Int(column)] += 1 }
    return counts
  }

  /// Calls `body` with the value of every entry, 1 where none are kept.
  public func withEntryValues<Result>(_ body: (EntryValues) -> Result) -> Result {
    guard let values else { return body(EntryValues(base: nil)) }
    return values.withUnsafeBufferPointer { body(EntryValues(base: $0.baseAddress)) }
  }

  /// The values of entries within `withEntryValues`.
  public struct EntryValues: @unchecked Sendable {
    @usableFromInline let base: UnsafePointer<Float>?

    @inlinable
    public subscript(_ entry: Int) -> Float { base.map { $0[entry] } ?? 1 }
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

  /// X' diag(w) X, dense, M x M; w is 1 where no weights are given, and so is X where it has no values.
  public func gram(weights: [Double]?) -> Matrix<Double> {
    crossed(weights: weights).gram(columns: 0..<columnCount)
  }

  /// What rows of X' diag(w) X are made of.
  public func crossed(weights: [Double]?) -> CrossedRows {
    CrossedRows(rows: self, byColumn: transposed(), weights: weights)
  }
}

/// X and X', of which X' diag(w) X is made a part at a time.
public struct CrossedRows: Sendable {
  fileprivate let rows: SparseRows
  fileprivate let byColumn: SparseRows
  fileprivate let weights: [Double]?

  /// The rows of X' diag(w) X for some columns of X.
  ///
  /// Each is summed by one task over the users of that item: sum |x_i|^2 additions for all.
  public func gram(columns wanted: Range<Int>) -> Matrix<Double> {
    let (columnCount, offsets, values) = (rows.columnCount, rows.offsets, rows.values)
    let result = Matrix<Double>(rows: wanted.count, columns: columnCount)
    rows.columns.withUnsafeBufferPointer { columns in
      let columns = ReadOnlyBuffer(columns)
      Parallel.blocks(wanted.count, size: 8) { block in
        for own in block {
          let column = wanted.lowerBound + own
          let target = result.pointer + own * columnCount
          for place in byColumn.offsets[column]..<byColumn.offsets[column + 1] {
            let row = Int(byColumn.columns[place])
            let weight = (weights?[row] ?? 1) * Double(byColumn.values?[place] ?? 1)
            if let values {
              for entry in offsets[row]..<offsets[row + 1] {
                target[Int(columns.base[entry])] += weight * Double(values[entry])
              }
            } else {
              for entry in offsets[row]..<offsets[row + 1] {
                target[Int(columns.base[entry])] += weight
              }
            }
          }
        }
      }
    }
    return result
  }
}

/// out_r = sum over row r's entries e of scale_e value_e W[column_e, :], for some rows of X.
///
/// - Parameters:
///   - rows: which rows of X; the first goes to row 0 of `out`.
///   - entryScale: a factor for every entry of X, or nil for 1; entries with 0 cost nothing.
///   - adding: whether sums go on from what `out` has.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func multiply<T: Real>(
  sparse x: SparseRows, rows: Range<Int>, dense weights: Matrix<T>, into out: Matrix<T>,
  entryScale: UnsafePointer<T>?, adding: Bool = false
) {
  precondition(x.columnCount == weights.rows && out.columns == weights.columns)
  precondition(out.rows == rows.count && rows.upperBound <= x.rowCount)
  let factors = EntryFactors(x, entryScale)
  let width = weights.columns
  x.columns.withUnsafeBufferPointer { columns in
    x.offsets.withUnsafeBufferPointer { offsets in
      let (columns, offsets) = (ReadOnlyBuffer(columns), ReadOnlyBuffer(offsets))
      Parallel.blocks(rows.count, size: 8) { block in
        let longest =
          block.map {
            offsets[rows.lowerBound + $0 + 1] - offsets[rows.lowerBound + $0]
          }.max() ?? 0
        withUnsafeTemporaryAllocation(of: SparseEntry<T>.self, capacity: longest) { entries in
          for row in block {
            let target = out.pointer + row * width
            if !adding { target.update(repeating: 0, count: width) }
            let source = rows.lowerBound + row
            var count = 0
            for entry in offsets[source]..<offsets[source + 1] {
              let factor = factors[entry]
              if factor == 0 { continue }
              entries[count] = SparseEntry(row: Int32(columns[entry]), factor: factor)
              count += 1
            }
            T.kernels.addRows(width, count, entries.baseAddress, weights.pointer, target)
          }
        }
      }
    }
  }
}

/// y += sum over the columns c of a sparse row of w_c (w_c . p + shift), w_c a row of `dense`: 4 d operations an
/// entry, on the calling thread.
///
/// - Parameters:
///   - row: which row of x.
///   - dense: one row a column of x, x.columnCount x d.
///   - point: p, d values.
///   - image: y, d values.
public func addGramProduct<T: Real>(
  sparse x: SparseRows, row: Int, dense: Matrix<T>, _ point: UnsafeMutableBufferPointer<T>,
  shift: T, to image: UnsafeMutableBufferPointer<T>
) {
  precondition(x.columnCount == dense.rows, "one row a column")
  precondition(point.count == dense.columns && image.count == dense.columns, "as wide as the rows")
  let entries = x.offsets[row]..<x.offsets[row + 1]
  x.columns.withUnsafeBufferPointer { columns in
    T.kernels.addGramProduct(
      dense.columns, entries.count, columns.baseAddress.map { $0 + entries.lowerBound },
      dense.pointer, point.baseAddress, shift, image.baseAddress)
  }
}

/// A row of the dense factor and what it is multiplied by, as `indgrm_add_rows` reads them.
private struct SparseEntry<T: Real> {
  var row: Int32
  var factor: T
}

/// What the entries of sparse rows are multiplied by: a scale and their own value.
private struct EntryFactors<T: Real>: @unchecked Sendable {
  private let scales: UnsafePointer<T>?
  /// Kept alive by the array it owns.
  private let values: [T]?

  init(_ x: SparseRows, _ scales: UnsafePointer<T>?) {
    self.scales = scales
    values = x.values.map { $0.map { T($0) } }
  }

  @inline(__always)
  subscript(_ entry: Int) -> T { (scales?[entry] ?? 1) * (values?[entry] ?? 1) }
}

/// dW[c, :] = sum over entries e in column c of scale_e value_e dOut[row_e, :]: the transposed product.
///
/// Each column's sum is taken by one task in row order, so it does not depend on the threads.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func multiplyTransposed<T: Real>(
  sparse x: SparseRows, gradient: Matrix<T>, into weights: Matrix<T>, entryScale: UnsafePointer<T>?
) {
  precondition(x.columnCount == weights.rows && gradient.columns == weights.columns)
  precondition(gradient.rows == x.rowCount)
  let factors = EntryFactors(x, entryScale)
  let width = weights.columns
  let (starts, entries) = entriesByColumn(x, factors)
  starts.withUnsafeBufferPointer { starts in
    entries.withUnsafeBufferPointer { entries in
      let (starts, entries) = (ReadOnlyBuffer(starts), ReadOnlyBuffer(entries))
      Parallel.blocks(x.columnCount, size: 64) { columns in
        for column in columns {
          let row = weights.pointer + column * width
          row.update(repeating: 0, count: width)
          T.kernels.addRows(
            width, starts[column + 1] - starts[column],
            entries.base.baseAddress.map { $0 + starts[column] }, gradient.pointer, row)
        }
      }
    }
  }
}

/// The entries whose factor is not zero ordered by column, rows ascending within a column (a counting sort), and
/// where each column starts.
private func entriesByColumn<T: Real>(_ x: SparseRows, _ factors: EntryFactors<T>) -> (
  starts: [Int], entries: [SparseEntry<T>]
) {
  var starts = [Int](repeating: 0, count: x.columnCount + 2)
  let entries = x.columns.withUnsafeBufferPointer { columns in
    starts.withUnsafeMutableBufferPointer { starts in
      // Counted two places ahead: after the sort, place c + 1 has become the end of column c.
      for entry in columns.indices where factors[entry] != 0 {
        starts[Int(columns[entry]) + 2] += 1
      }
      for column in 2..<max(starts.count, 2) { starts[column] += starts[column - 1] }
      let total = starts[starts.count - 1]
      return [SparseEntry<T>](unsafeUninitializedCapacity: total) { entries, count in
        count = total
        for row in 0..<x.rowCount {
          for entry in x.offsets[row]..<x.offsets[row + 1] {
            let factor = factors[entry]
            if factor == 0 { continue }
            let place = starts[Int(columns[entry]) + 1]
            entries.initializeElement(
              at: place, to: SparseEntry(row: Int32(row), factor: factor))
            starts[Int(columns[entry]) + 1] = place + 1
          }
        }
      }
    }
  }
  return (starts, entries)
}
