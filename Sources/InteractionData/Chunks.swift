// How are chunks of a stream joined and cut?

import Interchange

extension UserChunk {
  /// Appends users, in place; without a role they train, in the largest nested set alone.
  public mutating func append(_ other: UserChunk) {
    let before = ids.count
    ids += other.ids
    extend(&roles, by: other.roles, before: before, count: ids.count, filler: 0)
    extend(&tiers, by: other.tiers, before: before, count: ids.count, filler: 5)
  }

  /// Some users one after the other.
  public subscript(range: Range<Int>) -> UserChunk {
    UserChunk(
      ids: Array(ids[range]), roles: roles.map { Array($0[range]) },
      tiers: tiers.map { Array($0[range]) })
  }

  /// The users at some places, in their order.
  func users(at places: [Int]) -> UserChunk {
    UserChunk(
      ids: places.map { ids[$0] }, roles: roles.map { values in places.map { values[$0] } },
      tiers: tiers.map { values in places.map { values[$0] } })
  }
}

extension ItemChunk {
  /// Appends items, in place; without a title it is empty, without categories there are none.
  public mutating func append(_ other: ItemChunk) {
    let before = ids.count
    ids += other.ids
    extend(&titles, by: other.titles, before: before, count: ids.count, filler: "")
    extend(&categories, by: other.categories, before: before, count: ids.count, filler: [])
  }

  /// Keeps some of the items, and tells the new number of each that is kept.
  public func filtered(_ isKept: (Int) -> Bool) -> (items: ItemChunk, numbers: [UInt32]) {
    let kept = ids.indices.filter(isKept)
    var numbers = [UInt32](repeating: 0, count: ids.count)
    for (number, item) in kept.enumerated() { numbers[item] = UInt32(number) }
    let items = ItemChunk(
      ids: kept.map { ids[$0] }, titles: titles.map { titles in kept.map { titles[$0] } },
      categories: categories.map { lists in kept.map { lists[$0] } })
    return (items, numbers)
  }
}

extension InteractionChunk {
  /// Appends rows, in place; without a rating or confidence it is 1, without a time 0, without a fold none.
  public mutating func append(_ other: InteractionChunk) {
    let before = count
    users += other.users
    items += other.items
    extend(&ratings, by: other.ratings, before: before, count: count, filler: 1)
    extend(&times, by: other.times, before: before, count: count, filler: 0)
    extend(&confidences, by: other.confidences, before: before, count: count, filler: 1)
    extend(&folds, by: other.folds, before: before, count: count, filler: neverHeldOut)
  }

  /// Appends a row of another chunk with the same columns, its user and item numbered anew.
  public mutating func append(_ other: InteractionChunk, _ row: Int, user: UInt32, item: UInt32) {
    if users.isEmpty {
      ratings = other.ratings.map { _ in [] }
      times = other.times.map { _ in [] }
      confidences = other.confidences.map { _ in [] }
      folds = other.folds.map { _ in [] }
    }
    users.append(user)
    items.append(item)
    if let values = other.ratings { ratings?.append(values[row]) }
    if let values = other.times { times?.append(values[row]) }
    if let values = other.confidences { confidences?.append(values[row]) }
    if let values = other.folds { folds?.append(values[row]) }
  }

  /// The rows at some places, in their order.
  public func rows(at places: [Int]) -> InteractionChunk {
    InteractionChunk(
      users: places.map { users[$0] }, items: places.map { items[$0] },
      ratings: ratings.map { values in places.map { values[$0] } },
      times: times.map { values in places.map { values[$0] } },
      confidences: confidences.map { values in places.map { values[$0] } },
      folds: folds.map { values in places.map { values[$0] } })
  }

  /// Some rows one after the other.
  public subscript(range: Range<Int>) -> InteractionChunk {
    InteractionChunk(
      users: Array(users[range]), items: Array(items[range]),
      ratings: ratings.map { Array($0[range]) }, times: times.map { Array($0[range]) },
      confidences: confidences.map { Array($0[range]) }, folds: folds.map { Array($0[range]) })
  }
}

/// Appends a chunk's column in place; rows of chunks without the column get the filler.
private func extend<T>(
  _ column: inout [T]?, by values: [T]?, before: Int, count: Int, filler: T
) {
  guard values != nil || column != nil else { return }
  if column == nil { column = [] }
  let missing = before - (column?.count ?? 0)
  if missing > 0 { column?.append(contentsOf: repeatElement(filler, count: missing)) }
  if let values {
    column?.append(contentsOf: values)
  } else {
    column?.append(contentsOf: repeatElement(filler, count: count - before))
  }
}
