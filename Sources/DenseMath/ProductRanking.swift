// Which items score highest when scores are products of user and item factors?

import CKernels
import Glibc

/// The best of all scores u . v_j + b_j + log(r . c_j) without ever holding all of them.
///
/// Items are taken in tiles, those of the largest biases first, or without biases the longest. A tile's scores
/// are computed with rounded factors where the processor has them, u~ . v~_j, which lie within
/// E = |u - u~| |v_j| + |u~| |v_j - v~_j| + (d + 8) 2^-22 (|u| |v_j| + |b_j|) + 2^-17 |b_j|
/// of the true ones; shares are not negative, so that every term of r~ . c~_j is within 2^-8 of its own, and
/// the logarithm of their sum within 0.004. Items whose upper bound falls below the count-th largest lower
/// bound cannot be among the best; nor can any item of this tile and those behind it when the longest one and
/// the largest bias are too small (Cauchy and Schwarz), and there a user is done. What is left, little more than
/// `count` items, is computed again in single precision: the result is exact, whatever the processor.
public final class ProductRanking: Sendable {
  private static let tileUsers = 64
  // Small enough that the memory of a tile of products is not given back to the system and cleared anew.
  private static let tileItems = 10 * INDGRM_ROUNDED_COLUMNS

  /// Item factors in the order of tiles.
  private let items: PackedRows
  private let hasBiases: Bool
  /// Which item a place in that order is, and back; -1 for an item that never ranks.
  private let order: [UInt32]
  private let places: [Int32]
  private let tiles: [Tile]
  /// c in the same order, and the largest sum of a row.
  private let shares: PackedRows?
  private let mostShares: Float

  /// - Parameters:
  ///   - all: v and c, one row an item. Items whose factors are not finite never rank.
  ///   - allowed: which items may rank; nil for all.
  ///   - rounds: whether rounded factors may sort out what is computed exactly.
  public init(_ all: RankingFactors, allowed: [Bool]? = nil, rounds: Bool = true) {
    let items = all.factors
    precondition(items.columns > 0 && allowed?.count ?? items.rows == items.rows)
    let lengths = (0..<items.rows).map { norm(all.vector($0)) }
    let biases = (0..<items.rows).map { all.bias($0) }
    let keys = all.hasBiases ? biases : lengths
    let order = lengths.indices.filter {
      lengths[$0].isFinite && biases[$0].isFinite && allowed?[$0] ?? true
    }.sorted { (keys[$1], $0) < (keys[$0], $1) }.map { UInt32($0) }
    var places = [Int32](repeating: -1, count: items.rows)
    for (place, item) in order.enumerated() { places[Int(item)] = Int32(place) }
    let isRounded = rounds && RoundedProducts.isFaster
    var tiles = stride(from: 0, to: order.count, by: Self.tileItems).map { first in
      var tile = Tile()
      for item in order[first..<min(first + Self.tileItems, order.count)].map({ Int($0) }) {
        tile.norm = max(tile.norm, lengths[item])
        tile.bias = max(tile.bias, abs(biases[item]))
        tile.most = max(tile.most, biases[item])
        if isRounded { tile.error = max(tile.error, roundingError(all.vector(item))) }
      }
      return tile
    }
    for index in tiles.indices.dropLast().reversed() {
      tiles[index].norm = max(tiles[index].norm, tiles[index + 1].norm)
      tiles[index].most = max(tiles[index].most, tiles[index + 1].most)
    }
    self.tiles = tiles
    func packed(_ rows: Matrix<Float>) -> PackedRows {
      let sorted = Matrix<Float>(rows: order.count, columns: rows.columns)
      gatherRows(rows, order, into: sorted)
      return PackedRows(sorted, width: INDGRM_ROUNDED_COLUMNS, rounds: isRounded)
    }
    self.items = packed(items)
    let shares = all.shares.map(packed)
    mostShares =
      shares.flatMap { c in (0..<order.count).map { c.rows.row($0).reduce(0, +) }.max() } ?? 0
    (self.shares, self.order, self.places) = (shares, order, places)
    hasBiases = all.hasBiases
  }

  /// The best items of each user, best first; equal scores rank by index. Lists are shorter than `count`
  /// when there are fewer candidates.
  ///
  /// - Parameters:
  ///   - all: u and r, one row a user.
  ///   - seen: items that are left out; row `rows.lowerBound + r` is that of user r. Nil leaves out none.
  public func top(
    _ all: RankingFactors, leavingOut seen: SparseRows?, rows: Range<Int>, count: Int
  ) -> [[Ranked<Float>]] {
    let users = all.factors
    precondition(users.columns == items.rows.columns && users.rows == rows.count)
    precondition(all.hasBiases == hasBiases && all.shares?.columns == shares?.rows.columns)
    var lists = [[Ranked<Float>]](repeating: [], count: users.rows)
    guard count > 0 else { return lists }
    lists.withUnsafeMutableBufferPointer { buffer in
      let lists = SharedBuffer(buffer)
      Parallel.blocks(users.rows, size: Self.tileUsers) { block in
        var searches = block.map { row in
          let own = seen.map { $0.row(rows.lowerBound + row) }
          return Search(
            all.vector(row), shares: ceiling(all.shares?.row(row)), count: count,
            isRounded: items.isRounded,
            leavingOut: own.map { $0.map { places[Int($0)] }.filter { $0 >= 0 }.sorted() } ?? [])
        }
        walk(users.rowBlock(block), all.shares?.rowBlock(block), &searches)
        for (row, search) in zip(block, searches) {
          lists[row] = rank(
            users.row(row), all.shares?.row(row), search.candidates, count: count)
        }
      }
    }
    return lists
  }

  /// Takes some users through the tiles until none of them can find anything better.
  private func walk(
    _ users: Matrix<Float>, _ userShares: Matrix<Float>?, _ searches: inout [Search]
  ) {
    let (products, mixtures) = (Workspace<Float>(), Workspace<Float>())
    func packed(_ rows: Matrix<Float>) -> PackedRows {
      PackedRows(rows, width: INDGRM_ROUNDED_ROWS, rounds: items.isRounded)
    }
    let (packedUsers, packedShares) = (packed(users), userShares.map(packed))
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.tileItems) { found in
      for tile in tiles.indices {
        for user in searches.indices where !searches[user].isDone {
          searches[user].enter(tiles[tile], dimensions: users.columns)
        }
        guard searches.contains(where: { !$0.isDone }) else { return }
        let first = tile * Self.tileItems
        let part = first..<min(first + Self.tileItems, order.count)
        let out = products.matrix(rows: users.rows, columns: part.count)
        items.multiply(packedUsers, part, into: out)
        if let shares, let packedShares {
          let mixture = mixtures.matrix(rows: users.rows, columns: part.count)
          shares.multiply(packedShares, part, into: mixture)
          Float.kernels.addLog(
            out.count, mixture.pointer, RankingFactors.leastShare, out.pointer)
        }
        for user in searches.indices where !searches[user].isDone {
          searches[user].take(out.row(user), from: first, found)
        }
      }
    }
  }

  /// How large log(r . c_j) can be, and how far off it is with rounded factors; nil without shares.
  private func ceiling(_ user: UnsafeMutableBufferPointer<Float>?) -> (most: Float, error: Float)? {
    guard let shares, let user else { return nil }
    let most = log((user.max() ?? 0) * mostShares + RankingFactors.leastShare)
    let sums = Float(user.count + 8) * 0x1p-22 + 0x1p-18
    return (most + 0.004, sums + (shares.isRounded ? 0.004 : 0))
  }

  /// Computes candidates' scores exactly and ranks them.
  private func rank(
    _ user: UnsafeMutableBufferPointer<Float>, _ userShares: UnsafeMutableBufferPointer<Float>?,
    _ candidates: [Search.Candidate], count: Int
  ) -> [Ranked<Float>] {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: candidates.count) { scores in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: candidates.count) { ranks in
        let vectors = items.rows
        for (place, candidate) in candidates.enumerated() {
          scores[place] = dot(user, vectors.row(Int(candidate.place)))
        }
        if let rows = shares?.rows, let userShares {
          for (place, candidate) in candidates.enumerated() {
            let mixture = dot(userShares, rows.row(Int(candidate.place)))
            scores[place] += log(mixture + RankingFactors.leastShare)
          }
        }
        var many = 0
        for place in candidates.indices {
          guard scores[place] > -.infinity else { continue }
          ranks[many] = UInt32(place)
          many += 1
        }
        Float.kernels.rank(many, scores.baseAddress, ranks.baseAddress)
        var list = ranks[..<many].map { place in
          Ranked(index: order[Int(candidates[Int(place)].place)], score: scores[Int(place)])
        }
        sortEqualScores(&list)
        return Array(list.prefix(count))
      }
    }
  }

  /// Puts items of equal scores, which came in that of tiles, in the order of their indices.
  private func sortEqualScores(_ list: inout [Ranked<Float>]) {
    var start = 0
    while start < list.count {
      var end = start + 1
      while end < list.count, list[end].score == list[start].score { end += 1 }
      if end - start > 1 { list[start..<end].sort { $0.index < $1.index } }
      start = end
    }
  }
}

/// What bounds the scores of a tile's items.
private struct Tile {
  /// The largest |v| and bias of this and all later tiles.
  var (norm, most): (Float, Float) = (0, -.infinity)
  /// The largest |v - v~| and |b| of this one.
  var (error, bias): (Float, Float) = (0, 0)
}

/// One user's search through the tiles.
private struct Search {
  /// An item whose product lies between two bounds.
  struct Candidate {
    let low: Float
    let high: Float
    let place: UInt32
  }

  private(set) var candidates: [Candidate] = []
  /// Whether no later tile holds anything for this user.
  private(set) var isDone: Bool
  private let count: Int
  private let (norm, error): (Float, Float)
  /// The largest logarithm of shares, and how far off it may be.
  private let shares: (most: Float, error: Float)
  /// Places that are left out, ascending, and how many of them are behind us.
  private let excluded: [Int32]
  private var passed = 0
  /// The count-th largest lower bound so far.
  private var least = -Float.infinity
  /// How many candidates the bar left when it was raised last.
  private var kept = 0
  /// E of the tile at hand.
  private var bound: Float = 0

  init(
    _ user: UnsafeMutableBufferPointer<Float>, shares: (most: Float, error: Float)?, count: Int,
    isRounded: Bool, leavingOut excluded: [Int32]
  ) {
    self.shares = shares ?? (0, 0)
    self.count = count
    self.excluded = excluded
    norm = DenseMath.norm(user)
    error = isRounded ? roundingError(user) : 0
    isDone = !norm.isFinite || !self.shares.most.isFinite
    candidates.reserveCapacity(4 * count)
  }

  /// Makes ready for a tile whose items are at most so long and so wrong.
  mutating func enter(_ tile: Tile, dimensions: Int) {
    let longest = norm * tile.norm
    let sums = Float(dimensions + 8) * 0x1p-22 * (longest + tile.bias) + 0x1p-17 * tile.bias
    isDone = longest + tile.most + sums + shares.most < least
    bound = error * tile.norm + (norm + error) * tile.error + sums + shares.error
  }

  /// Takes what may be among the best from a tile's products, which are overwritten where left out.
  mutating func take(
    _ products: UnsafeMutableBufferPointer<Float>, from first: Int,
    _ found: UnsafeMutableBufferPointer<UInt32>
  ) {
    while passed < excluded.count, Int(excluded[passed]) < first + products.count {
      products[Int(excluded[passed]) - first] = -.infinity
      passed += 1
    }
    if candidates.isEmpty {
      least = max(least, boundReached(by: count, of: UnsafeBufferPointer(products)) - bound)
    }
    let wanted = max(least - bound, -Float.greatestFiniteMagnitude)
    let many = Float.kernels.above(products.count, products.baseAddress, wanted, found.baseAddress)
    for place in 0..<many {
      let product = products[Int(found[place])]
      candidates.append(
        Candidate(
          low: product - bound, high: product + bound, place: UInt32(first) + found[place]))
    }
    // Seldom enough that the bar costs little against the candidates it keeps out.
    if candidates.count > 2 * max(count, kept) { tighten() }
  }

  /// Raises the bar to the count-th largest lower bound and drops who stays below.
  private mutating func tighten() {
    least = withUnsafeTemporaryAllocation(of: Float.self, capacity: candidates.count) { lows in
      for (place, candidate) in candidates.enumerated() { lows[place] = candidate.low }
      return max(least, Float.kernels.nthLargest(candidates.count, count - 1, lows.baseAddress))
    }
    candidates.removeAll { $0.high < least }
    kept = candidates.count
  }
}

/// One side of products: rows, rounded and packed as well where that is wanted.
private final class PackedRows: @unchecked Sendable {
  let rows: Matrix<Float>
  private let memory: UnsafeMutablePointer<UInt32>?

  /// - Parameter width: how many rows lie side by side.
  init(_ rows: Matrix<Float>, width: Int, rounds: Bool) {
    self.rows = rows
    guard rounds else {
      memory = nil
      return
    }
    let (panels, pairs) = ((rows.rows + width - 1) / width, (rows.columns + 1) / 2)
    let memory = UnsafeMutablePointer<UInt32>.allocate(capacity: max(panels * width * pairs, 1))
    indgrm_rounded_pack(width, rows.rows, rows.columns, rows.pointer, rows.columns, 1, memory)
    self.memory = memory
  }

  deinit { memory?.deallocate() }

  var isRounded: Bool { memory != nil }

  /// All products of users' rows with the items in a part that starts at a tile's start; rounded where both
  /// sides are.
  func multiply(_ users: PackedRows, _ part: Range<Int>, into out: Matrix<Float>) {
    precondition(users.rows.columns == rows.columns && part.upperBound <= rows.rows)
    precondition(out.rows == users.rows.rows && out.columns == part.count)
    guard let memory, let left = users.memory else {
      return multiplyHere(users.rows, rows.rowBlock(part), transposeB: true, into: out)
    }
    indgrm_rounded_multiply(
      out.rows, part.count, rows.columns, left,
      memory + part.lowerBound * ((rows.columns + 1) / 2), 1, 0, out.pointer, part.count)
  }
}

/// The Euclidean length, rounded up.
private func norm(_ x: UnsafeMutableBufferPointer<Float>) -> Float {
  var square = 0.0
  for value in x { square += Double(value) * Double(value) }
  return Float(square.squareRoot()).nextUp
}

/// |x - x~| for x~ rounded to bfloat16, to nearest and to even, rounded up.
private func roundingError(_ x: UnsafeMutableBufferPointer<Float>) -> Float {
  var square = 0.0
  for value in x {
    let error = Double(value) - Double(RoundedProducts.rounded(value))
    square += error * error
  }
  return Float(square.squareRoot()).nextUp
}
