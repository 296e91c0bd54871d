// Which interactions are kept, and which users and items are left then?

import Interchange

/// What a filter removed.
public struct FilterReport: Equatable, Sendable {
  public var interactions = 0
  public var users = 0
  public var items = 0
}

extension InteractionSet {
  /// Keeps the interactions for which `isKept` is true; users and items stay in their dictionaries.
  public func filtered(_ isKept: (_ position: Int) -> Bool) -> InteractionSet {
    var result = self
    result.offsets = [0]
    result.offsets.reserveCapacity(offsets.count)
    result.itemIndices.removeAll(keepingCapacity: true)
    var kept: [Int] = []
    for user in 0..<userCount {
      for position in range(of: user) where isKept(position) { kept.append(position) }
      result.offsets.append(kept.count)
    }
    result.itemIndices = kept.map { itemIndices[$0] }
    result.ratings = ratings.map { values in kept.map { values[$0] } }
    result.times = times.map { values in kept.map { values[$0] } }
    result.confidences = confidences.map { values in kept.map { values[$0] } }
    result.folds = folds.map { values in kept.map { values[$0] } }
    return result
  }

  /// Removes users with fewer than `minUser` and items with fewer than `minItem` interactions,
  /// again and again until none is left (the k-core when both are k).
  public func core(minUser: Int, minItem: Int) -> (InteractionSet, FilterReport) {
    var perUser = (0..<userCount).map { range(of: $0).count }
    var perItem = itemCounts()
    var userGone = [Bool](repeating: false, count: userCount)
    var itemGone = [Bool](repeating: false, count: itemCount)
    var changed = true
    while changed {
      changed = false
      for user in 0..<userCount where !userGone[user] && perUser[user] < minUser {
        userGone[user] = true
        for item in items(of: user) where !itemGone[Int(item)] { perItem[Int(item)] -= 1 }
        changed = changed || perUser[user] > 0
      }
      var removed = false
      for item in 0..<itemCount where !itemGone[item] && perItem[item] < minItem {
        itemGone[item] = true
        removed = removed || perItem[item] > 0
      }
      guard removed else { continue }
      changed = true
      for user in 0..<userCount where !userGone[user] {
        perUser[user] = items(of: user).reduce(0) { $0 + (itemGone[Int($1)] ? 0 : 1) }
      }
    }
    var userOf = [Bool](repeating: false, count: count)
    for user in 0..<userCount where userGone[user] {
      for position in range(of: user) { userOf[position] = true }
    }
    let kept = filtered { !userOf[$0] && !itemGone[Int(itemIndices[$0])] }
    return kept.compacted(removedFrom: count)
  }

  /// Leaves out users and items without interactions; indices are given anew in the same order.
  public func compacted() -> (InteractionSet, FilterReport) { compacted(removedFrom: count) }

  private func compacted(removedFrom before: Int) -> (InteractionSet, FilterReport) {
    let counts = itemCounts()
    var newIndex = [UInt32](repeating: 0, count: itemCount)
    var itemsKept: [Int] = []
    for item in 0..<itemCount where counts[item] > 0 {
      newIndex[item] = UInt32(itemsKept.count)
      itemsKept.append(item)
    }
    let usersKept = (0..<userCount).filter { !range(of: $0).isEmpty }
    var result = self
    result.users.ids = usersKept.map { users.ids[$0] }
    result.users.roles = users.roles.map { roles in usersKept.map { roles[$0] } }
    result.users.tiers = users.tiers.map { tiers in usersKept.map { tiers[$0] } }
    result.items.ids = itemsKept.map { items.ids[$0] }
    result.items.titles = items.titles.map { titles in itemsKept.map { titles[$0] } }
    result.items.categories = items.categories.map { lists in itemsKept.map { lists[$0] } }
    result.itemIndices = itemIndices.map { newIndex[Int($0)] }
    result.offsets = [0]
    for user in usersKept { result.offsets.append(offsets[user + 1]) }
    let report = FilterReport(
      interactions: before - count, users: userCount - usersKept.count,
      items: itemCount - itemsKept.count)
    return (result, report)
  }
}
