// Which group does each item belong to, whatever told it?

import DenseMath
import Interchange

/// Items with their groups, from whatever source.
struct ItemGrouping {
  var assignment: [UInt32]
  var count: Int
  var prototypes: Matrix<Float>
  let items: ItemChunk
  let categories: [String]
  let popularity: [Int]
  /// What the groups are called, where that is not told by what they hold.
  var names: [String]?

  /// The direction of the mean of each group's vectors, a unit row a group.
  static func meanDirections(_ vectors: Matrix<Float>, _ groups: [UInt32], _ count: Int)
    -> Matrix<Float>
  {
    let sums = Matrix<Float>(rows: count, columns: vectors.columns)
    for (item, group) in groups.enumerated() {
      let (source, target) = (vectors.row(item), sums.row(Int(group)))
      for index in source.indices { target[index] += source[index] }
    }
    let unit = Matrix<Float>(rows: count, columns: vectors.columns)
    normaliseRows(sums, into: unit, norms: Matrix(rows: 1, columns: count))
    return unit
  }
}
