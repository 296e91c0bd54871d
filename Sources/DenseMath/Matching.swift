// Which row goes with which column, so that the sum of what goes together is largest?

/// A column for each row, no column twice, with the largest sum of gains (the Hungarian method with potentials; rows^2
/// columns operations).
///
/// - Parameter gains: rows x columns, finite numbers.
/// - Returns: the column of each row; nil for rows that are left over where there are more rows than columns.
public func bestMatching(_ gains: Matrix<Double>) -> [Int?] {
  let (rows, columns) = (gains.rows, gains.columns)
  guard rows > 0, columns > 0 else { return [Int?](repeating: nil, count: rows) }
  guard rows <= columns else {
    let turned = Matrix<Double>(rows: columns, columns: rows)
    for row in 0..<rows { for column in 0..<columns { turned[column, row] = gains[row, column] } }
    var found = [Int?](repeating: nil, count: rows)
    for (column, row) in bestMatching(turned).enumerated() { if let row { found[row] = column } }
    return found
  }
  // Costs are gains with the other sign; column 0 stands for none.
  var (rowPotential, columnPotential) = (
    [Double](repeating: 0, count: rows + 1), [Double](repeating: 0, count: columns + 1)
  )
  var (owner, previous) = (
    [Int](repeating: 0, count: columns + 1), [Int](repeating: 0, count: columns + 1)
  )
  for row in 1...rows {
    owner[0] = row
    var column = 0
    var least = [Double](repeating: .infinity, count: columns + 1)
    var isUsed = [Bool](repeating: false, count: columns + 1)
    repeat {
      isUsed[column] = true
      let at = owner[column]
      var (step, next) = (Double.infinity, 0)
      for other in 1...columns where !isUsed[other] {
        let cost = -gains[at - 1, other - 1] - rowPotential[at] - columnPotential[other]
        if cost < least[other] { (least[other], previous[other]) = (cost, column) }
        if least[other] < step { (step, next) = (least[other], other) }
      }
      for other in 0...columns {
        if isUsed[other] {
          rowPotential[owner[other]] += step
          columnPotential[other] -= step
        } else {
          least[other] -= step
        }
      }
      column = next
    } while owner[column] != 0
    while column != 0 {
      owner[column] = owner[previous[column]]
      column = previous[column]
    }
  }
  var found = [Int?](repeating: nil, count: rows)
  for column in 1...columns where owner[column] > 0 { found[owner[column] - 1] = column - 1 }
  return found
}
