// Which users interacted with which items, all in memory, row by row?

import Interchange

/// A set of interactions in memory: at most one a (user, item) pair (one in each part of a split that keeps repeats),
/// grouped by user, items ascending within a user.
public struct InteractionSet: Sendable {
  public var users: UserChunk
  public var items: ItemChunk
  public var categories: [String]
  /// One vector a category (row-major), when the source had them.
  public var categoryVectors: (dimensions: Int, values: [Float])?

  /// Where each user's interactions start; one more entry than users.
  public var offsets: [Int]
  /// The items, by user.
  public var itemIndices: [UInt32]
  public var ratings: [Float]?
  public var times: [Int64]?
  public var confidences: [Float]?
  public var folds: [UInt8]?

  /// What earlier tools noted, such as the split's scheme.
  public var metadata: JSONValue
  public var provenance: Provenance

  public var userCount: Int { users.ids.count }
  public var itemCount: Int { items.ids.count }
  /// The number of interactions.
  public var count: Int { itemIndices.count }

  /// The positions of a user's interactions in the columns.
  public func range(of user: Int) -> Range<Int> { offsets[user]..<offsets[user + 1] }

  /// A user's items, ascending.
  public func items(of user: Int) -> ArraySlice<UInt32> { itemIndices[range(of: user)] }

  /// Interactions of each item.
  public func itemCounts() -> [Int] {
    var counts = [Int](repeating: 0, count: itemCount)
    for item in itemIndices { counts[Int(item)] += 1 }
    return counts
  }
}

/// What happens to several interactions of one user with one item.
public enum DuplicateRule: String, Sendable, CaseIterable {
  /// The latest by time, or by position where there are no times.
  case last
  /// The earliest by time, or by position where there are no times.
  case first
  /// The one with the highest rating (the first of equals).
  case highest
  /// Ratings are averaged; the time is the latest.
  case mean
  /// Ratings are added up; the time is the latest.
  case sum
  /// A duplicate is an error.
  case refuse
}

/// A user has two interactions with one item where the rule forbids it.
public struct DuplicateError: CategorisedError {
  public let description: String
  public var category: FailureCategory { .badData }
}

/// Rows as they come from a stream, before they are sorted into an `InteractionSet`.
public struct InteractionRows: Sendable {
  public var users = UserChunk(ids: [])
  public var items = ItemChunk(ids: [])
  public var categories: [String] = []
  public var categoryVectors: (dimensions: Int, values: [Float])?
  public var rows = InteractionChunk()
  public var metadata: JSONValue = .object([:])
  public var provenance = Provenance()

  /// Reads a whole interaction stream.
  ///
  /// Throws `FormatError`. `progress` gets the number of interactions so far.
  public init(_ reader: InteractionReader, progress: (Int) -> Void = { _ in }) throws {
    metadata = reader.metadata
    provenance = reader.provenance
    while let part = try reader.next() {
      add(part)
      if case .interactions = part { progress(rows.count) }
    }
  }

  /// No rows yet.
  init() {}

  mutating func add(_ part: InteractionPart) {
    switch part {
    case .categories(let names): categories += names
    case .categoryVectors(let dimensions, let values): categoryVectors = (dimensions, values)
    case .users(let chunk): users.append(chunk)
    case .items(let chunk): items.append(chunk)
    case .interactions(let chunk): rows.append(chunk)
    }
  }

  /// The rows without what an earlier split said of them.
  public var unsplit: InteractionRows {
    var unsplit = self
    unsplit.rows.folds = nil
    return unsplit
  }

  /// Sorts the rows by user and item and resolves duplicates; rows of different folds are none.
  ///
  /// Cost: a counting sort by user and a sort within each user; nothing, and no memory, where rows are in order. Throws
  /// `DuplicateError`.
  public func sorted(duplicates rule: DuplicateRule = .last) throws -> (InteractionSet, merged: Int)
  {
    var starts = [Int](repeating: 0, count: users.ids.count + 1)
    for user in rows.users { starts[Int(user) + 1] += 1 }
    for user in 0..<users.ids.count { starts[user + 1] += starts[user] }
    if isInOrder { return (ordered(rows, offsets: starts), 0) }
    var order = [Int](repeating: 0, count: rows.count)
    var free = starts
    for row in 0..<rows.count {
      let user = Int(rows.users[row])
      order[free[user]] = row
      free[user] += 1
    }
    var set = ordered(
      InteractionChunk(
        ratings: rows.ratings.map { _ in [] }, times: rows.times.map { _ in [] },
        confidences: rows.confidences.map { _ in [] }, folds: rows.folds.map { _ in [] }),
      offsets: [0])
    set.itemIndices.reserveCapacity(rows.count)
    set.ratings?.reserveCapacity(rows.count)
    set.times?.reserveCapacity(rows.count)
    set.confidences?.reserveCapacity(rows.count)
    set.folds?.reserveCapacity(rows.count)
    set.offsets.reserveCapacity(users.ids.count + 1)
    let (columns, key) = (rows.items, key)
    for user in 0..<users.ids.count {
      let range = starts[user]..<starts[user + 1]
      // The row number breaks ties, so the order among duplicates is that of the input; many sources
      // are in order already.
      if !range.dropFirst().allSatisfy({ key(order[$0 - 1]) <= key(order[$0]) }) {
        order[range].sort { (key($0), $0) < (key($1), $1) }
      }
      var at = range.lowerBound
      while at < range.upperBound {
        var next = at + 1
        while next < range.upperBound, key(order[next]) == key(order[at]) { next += 1 }
        let (kept, rating) = next == at + 1 ? (order[at], nil) : try resolve(order[at..<next], rule)
        set.itemIndices.append(columns[kept])
        if let ratings = rows.ratings { set.ratings?.append(rating ?? ratings[kept]) }
        if let times = rows.times { set.times?.append(times[kept]) }
        if let confidences = rows.confidences { set.confidences?.append(confidences[kept]) }
        if let folds = rows.folds { set.folds?.append(folds[kept]) }
        at = next
      }
      set.offsets.append(set.itemIndices.count)
    }
    return (set, rows.count - set.count)
  }

  /// By what the rows of a user are in order. It holds two columns: a closure over `rows` would retain all of them for
  /// every user.
  private var key: (Int) -> UInt64 {
    let (columns, folds) = (rows.items, rows.folds)
    return { UInt64(columns[$0]) << 8 | UInt64(folds?[$0] ?? 0) }
  }

  /// Whether rows come user by user and item by item, each once.
  private var isInOrder: Bool {
    let (users, key) = (rows.users, key)
    return rows.users.indices.dropFirst().allSatisfy {
      users[$0 - 1] < users[$0] || (users[$0 - 1] == users[$0] && key($0 - 1) < key($0))
    }
  }

  /// A set of columns that are in its order.
  private func ordered(_ columns: InteractionChunk, offsets: [Int]) -> InteractionSet {
    InteractionSet(
      users: users, items: items, categories: categories, categoryVectors: categoryVectors,
      offsets: offsets, itemIndices: columns.items, ratings: columns.ratings,
      times: columns.times, confidences: columns.confidences, folds: columns.folds,
      metadata: metadata, provenance: provenance)
  }

  /// Which of several rows of one user and one item is kept, and its rating where that is not its own.
  private func resolve(_ same: ArraySlice<Int>, _ rule: DuplicateRule) throws -> (
    row: Int, rating: Float?
  ) {
    let first = same[same.startIndex]
    let latest = same.dropFirst().reduce(first) { best, row in
      guard let times = rows.times else { return row }
      return times[row] >= times[best] ? row : best
    }
    switch rule {
    case .refuse:
      throw DuplicateError(
        description:
          "user '\(users.ids[Int(rows.users[first])])' has \(same.count) interactions with"
          + " item '\(items.ids[Int(rows.items[first])])'; choose a --duplicates rule")
    case .last: return (latest, nil)
    case .first:
      guard let times = rows.times else { return (first, nil) }
      return (same.dropFirst().reduce(first) { times[$1] < times[$0] ? $1 : $0 }, nil)
    case .highest:
      guard let ratings = rows.ratings else { return (first, nil) }
      return (same.dropFirst().reduce(first) { ratings[$1] > ratings[$0] ? $1 : $0 }, nil)
    case .mean, .sum:
      let total = same.reduce(0.0) { $0 + Double(rows.ratings?[$1] ?? 1) }
      return (latest, Float(rule == .sum ? total : total / Double(same.count)))
    }
  }
}

extension InteractionSet {
  /// Reads a stream and sorts it; `merged` duplicates were resolved by `rule`.
  ///
  /// Throws `FormatError` or `DuplicateError`.
  public static func read(
    _ stream: StreamReader, duplicates rule: DuplicateRule = .last,
    progress: (Int) -> Void = { _ in }
  ) throws -> (InteractionSet, merged: Int) {
    try InteractionRows(InteractionReader(stream), progress: progress).sorted(duplicates: rule)
  }

  /// Writes the set as a stream, users in order.
  public func write(to writer: InteractionWriter) throws {
    if !categories.isEmpty { try writer.write(.categories(categories)) }
    if let categoryVectors {
      try writer.write(
        .categoryVectors(dimensions: categoryVectors.dimensions, values: categoryVectors.values))
    }
    try writer.write(.users(users))
    try writer.write(.items(items))
    var user = 0
    var start = 0
    while start < count {
      let end = min(start + InteractionWriter.chunkRows, count)
      var rows = InteractionChunk(items: Array(itemIndices[start..<end]))
      rows.users.reserveCapacity(end - start)
      for position in start..<end {
        while offsets[user + 1] <= position { user += 1 }
        rows.users.append(UInt32(user))
      }
      rows.ratings = ratings.map { Array($0[start..<end]) }
      rows.times = times.map { Array($0[start..<end]) }
      rows.confidences = confidences.map { Array($0[start..<end]) }
      rows.folds = folds.map { Array($0[start..<end]) }
      try writer.write(.interactions(rows))
      start = end
    }
  }
}
