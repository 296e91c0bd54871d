// Which columns of sparse rows are most alike?

/// For every column the others of highest cosine, nearest first, by the rows they share.
///
/// cos(j, l) = |U_j and U_l| / sqrt(|U_j| |U_l|), U_j the rows with an entry in column j; values do not
/// count. Ties go to the lower index; columns without a common row are not alike, so lists may be shorter
/// than asked for. Time: the sum over rows of |x_i|^2; memory: M x count and one row of M a thread.
///
/// - Parameter count: the most columns in a list.
public func nearestColumns(of rows: SparseRows, count: Int) -> SparseRows {
  let columns = rows.columnCount
  let byColumn = rows.transposed()
  let sizes = rows.columnCounts().map { Double($0) }
  var found = [[UInt32]](repeating: [], count: columns)
  found.withUnsafeMutableBufferPointer { buffer in
    let found = SharedBuffer(buffer)
    Parallel.blocks(columns, size: 16) { block in
      var shared = [UInt32](repeating: 0, count: columns)
      var touched: [UInt32] = []
      for column in block {
        for row in byColumn.row(column) {
          for other in rows.row(Int(row)) {
            if shared[Int(other)] == 0 { touched.append(other) }
            shared[Int(other)] += 1
          }
        }
        found[column] = nearest(touched, shared, sizes, besides: UInt32(column), count: count)
        for other in touched { shared[Int(other)] = 0 }
        touched.removeAll(keepingCapacity: true)
      }
    }
  }
  return SparseRows(lists: found, columnCount: columns)
}

/// The touched columns of highest |U_j and U_l|^2 / |U_l|, which orders as the cosine to column j does and
/// is equal for equal cosines.
private func nearest(
  _ touched: [UInt32], _ shared: [UInt32], _ sizes: [Double], besides column: UInt32, count: Int
) -> [UInt32] {
  var ranked: [(column: UInt32, square: Double)] = []
  ranked.reserveCapacity(touched.count)
  for other in touched where other != column {
    let common = Double(shared[Int(other)])
    ranked.append((other, common * common / sizes[Int(other)]))
  }
  ranked.sort { $0.square > $1.square || ($0.square == $1.square && $0.column < $1.column) }
  return ranked.prefix(count).map(\.column)
}
