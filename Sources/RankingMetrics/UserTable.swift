// Where are users' values kept while lists arrive in any order?

/// Rows of Doubles that grow without being moved; a row is a user's values in all columns.
final class RowStore {
  let width: Int
  private(set) var count = 0
  private var chunks: [UnsafeMutablePointer<Double>] = []
  private static let rowsPerChunk = 512

  init(width: Int) {
    self.width = width
  }

  deinit {
    for chunk in chunks { chunk.deallocate() }
  }

  /// Adds a row of zeros and returns its index.
  func append() -> Int {
    if count == chunks.count * Self.rowsPerChunk {
      let chunk = UnsafeMutablePointer<Double>.allocate(capacity: Self.rowsPerChunk * width)
      chunk.initialize(repeating: 0, count: Self.rowsPerChunk * width)
      chunks.append(chunk)
    }
    count += 1
    return count - 1
  }

  /// The row of an index that `append` returned.
  @inline(__always)
  func row(_ index: Int) -> UnsafeMutablePointer<Double> {
    chunks[index / Self.rowsPerChunk] + (index % Self.rowsPerChunk) * width
  }
}

/// The values of one group's users, and the sums by round.
final class UserTable {
  let rows: RowStore
  /// User of each row.
  private(set) var users: [UInt32] = []
  /// Lists (rounds) of each row.
  private(set) var listCounts: [UInt8] = []
  /// Sums over users, one row a round.
  let roundSums: RowStore
  /// Users in each round.
  private(set) var roundUsers: [Int] = []

  init(width: Int) {
    rows = RowStore(width: width)
    roundSums = RowStore(width: width)
  }

  /// All lists in the table.
  var listCount: Int { roundUsers.reduce(0, +) }

  /// Adds a row for a user not seen before in this group.
  func append(user: UInt32) -> Int {
    users.append(user)
    listCounts.append(0)
    return rows.append()
  }

  /// Adds one list's values, picked by `columns` from `values`, to a user and a round.
  func add(
    row index: Int, round: Int, values: UnsafePointer<Double>, columns: UnsafePointer<Int>
  ) {
    while roundUsers.count <= round {
      roundUsers.append(0)
      _ = roundSums.append()
    }
    roundUsers[round] += 1
    listCounts[index] += 1
    let row = rows.row(index)
    let sums = roundSums.row(round)
    for column in 0..<rows.width {
      let value = values[columns[column]]
      row[column] += value
      sums[column] += value
    }
  }

  /// Turns each user's sums into means over their rounds.
  func average() {
    for index in 0..<rows.count where listCounts[index] > 1 {
      let row = rows.row(index)
      let lists = Double(listCounts[index])
      for column in 0..<rows.width { row[column] /= lists }
    }
  }

  /// Row indices by ascending user, so that sums do not depend on the order of arrival.
  func order() -> [Int] {
    let indices = Array(users.indices)
    if zip(users, users.dropFirst()).allSatisfy({ $0 < $1 }) { return indices }
    return indices.sorted { users[$0] < users[$1] }
  }
}
