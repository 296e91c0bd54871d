// Which items are most alike, and what can be explained by them?

import DenseMath

/// For every item the items of highest cosine between interaction columns, which are what explains a
/// recommendation of it (section 6.1; Abdollahi and Nasraoui, 2017).
///
/// Items without a common user are no neighbours, so lists may be shorter than asked for.
public struct NearestItems: Sendable {
  /// Neighbours by item, N_j, nearest first.
  public let lists: SparseRows
  /// For each item the items it is a neighbour of.
  private let explains: SparseRows

  /// - Parameters:
  ///   - users: one row a training user.
  ///   - count: the most neighbours of an item, k.
  public init(_ users: SparseRows, count: Int) {
    lists = nearestColumns(of: users, count: count)
    explains = lists.transposed()
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
