// Which items are most alike, and what can be explained by them?

import DenseMath

/// For every item the items of highest cosine between interaction columns, which are what explains a
/// recommendation of it (section 6.1; Abdollahi and Nasraoui, 2017).
///
/// cos(j, l) = |U_j and U_l| / sqrt(|U_j| |U_l|), U_j the training users of item j. Ties go to the lower
/// index; items without a common user are no neighbours, so lists may be shorter than asked for.
/// Time: the sum over users of |x_i|^2; memory: M x k and one row of M a thread.
public struct NearestItems: Sendable {
  /// Neighbours by item, N_j, nearest first.
  public let lists: SparseRows
  /// For each item the items it is a neighbour of.
  private let explains: SparseRows

  /// - Parameters:
  ///   - users: one row a training user.
  ///   - count: the most neighbours of an item, k.
  public init(_ users: SparseRows, count: Int) {
    let items = users.columnCount
    let byItem = users.transposed()
    let sizes = users.columnCounts().map { Double($0) }
    var found = [[UInt32]](repeating: [], count: items)
    found.withUnsafeMutableBufferPointer { buffer in
      let found = SharedBuffer(buffer)
      Parallel.blocks(items, size: 16) { block in
        var shared = [UInt32](repeating: 0, count: items)
        var touched: [UInt32] = []
        for item in block {
          for user in byItem.row(item) {
            for other in users.row(Int(user)) {
              if shared[Int(other)] == 0 { touched.append(other) }
              shared[Int(other)] += 1
            }
          }
          found[item] = Self.best(touched, shared, sizes, besides: UInt32(item), count: count)
          for other in touched { shared[Int(other)] = 0 }
          touched.removeAll(keepingCapacity: true)
        }
      }
    }
    var offsets = [0]
    for list in found { offsets.append((offsets.last ?? 0) + list.count) }
    lists = SparseRows(offsets: offsets, columns: found.flatMap { $0 }, columnCount: items)
    explains = lists.transposed()
  }

  /// The touched items of highest |U_j and U_l|^2 / |U_l|, which orders as the cosine to item j does and
  /// is equal for equal cosines.
  private static func best(
    _ touched: [UInt32], _ shared: [UInt32], _ sizes: [Double], besides item: UInt32, count: Int
  ) -> [UInt32] {
    var ranked: [(item: UInt32, square: Double)] = []
    ranked.reserveCapacity(touched.count)
    for other in touched where other != item {
      let common = Double(shared[Int(other)])
      ranked.append((other, common * common / sizes[Int(other)]))
    }
    ranked.sort { $0.square > $1.square || ($0.square == $1.square && $0.item < $1.item) }
    return ranked.prefix(count).map(\.item)
  }

  /// The items j outside the history I with |N_j and I| / |N_j| above the threshold, ascending.
  ///
  /// Items that nobody chose in training have no neighbours and are never explainable.
  public func explainable(by history: [UInt32], above threshold: Double) -> [UInt32] {
    var common: [UInt32: Int] = [:]
    for own in history where Int(own) < explains.rowCount {
      for item in explains.row(Int(own)) { common[item, default: 0] += 1 }
    }
    for own in history { common[own] = nil }
    return common.filter { item, count in
      Double(count) > threshold * Double(lists.offsets[Int(item) + 1] - lists.offsets[Int(item)])
    }.keys.sorted()
  }
}
