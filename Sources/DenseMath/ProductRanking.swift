// Which items score highest when scores are products of user and item factors?

import CKernels
import Glibc

/// The best of all scores u . v_j + b_j + log(r . c_j) without ever holding all of them.
///
/// Items are taken in tiles, those of the largest biases first, or without biases the longest. A tile's scores
/// are computed with rounded factors where the processor has them, u~ . v~_j, which lie within
/// E = |u - u~| |v_j| + |u~| |v_j - v~_j| + (d + 8) 2^-22 (|u| |v_j| + |b_j|)
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
  private let items: Matrix<Float>
  /// Which item a place in that order is, and back; -1 for an item that never ranks.
  private let order: [UInt32]
  private let places: [Int32]
  private let tiles: [Tile]
  /// The rounded factors; nil where the processor cannot multiply them.
  private let packed: PackedItems?
  /// c in the same order, rounded as well, and the largest sum of a row.
  private let shares: (rows: Matrix<Float>, packed: PackedItems?, most: Float)?

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
    let sorted = Matrix<Float>(rows: order.count, columns: items.columns)
    gatherRows(items, order, into: sorted)
    var places = [Int32](repeating: -1, count: items.rows)
    for (place, item) in order.enumerated() { places[Int(item)] = Int32(place) }
    let isRounded = rounds && RoundedProducts.isAvailable
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
    packed = isRounded ? PackedItems(sorted) : nil
    shares = all.shares.map { shares in
      let rows = Matrix<Float>(rows: order.count, columns: shares.columns)
      gatherRows(shares, order, into: rows)
      let most = (0..<rows.rows).map { rows.row($0).reduce(0, +) }.max() ?? 0
      return (rows, isRounded ? PackedItems(rows) : nil, most)
    }
    (self.items, self.order, self.places) = (sorted, order, places)
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
    precondition(users.columns == items.columns && users.rows == rows.count)
    precondition(all.shares?.columns == shares?.rows.columns)
    var lists = [[Ranked<Float>]](repeating: [], count: users.rows)
    guard count > 0 else { return lists }
    lists.withUnsafeMutableBufferPointer { buffer in
      let lists = SharedBuffer(buffer)
      Parallel.blocks(users.rows, size: Self.tileUsers) { block in
        var searches = block.map { row in
          let own = seen.map { $0.row(rows.lowerBound + row) }
          return Search(
            all.vector(row), shares: ceiling(all.shares?.row(row)), count: count,
            isRounded: packed != nil,
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
    let rounded = packed.map { _ in PackedItems(users, width: INDGRM_ROUNDED_ROWS) }
    let roundedShares = packed.flatMap { _ in
      userShares.map { PackedItems($0, width: INDGRM_ROUNDED_ROWS) }
    }
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.tileItems) { found in
      for tile in tiles.indices {
        for user in searches.indices where !searches[user].isDone {
          searches[user].enter(tiles[tile], dimensions: items.columns)
        }
        guard searches.contains(where: { !$0.isDone }) else { return }
        let first = tile * Self.tileItems
        let part = first..<min(first + Self.tileItems, items.rows)
        let out = products.matrix(rows: users.rows, columns: part.count)
        if let packed, let rounded {
          packed.multiply(rounded, part, into: out)
        } else {
          multiplyHere(users, items.rowBlock(part), transposeB: true, into: out)
        }
        if let shares, let userShares {
          let mixture = mixtures.matrix(rows: users.rows, columns: part.count)
          if let packed = shares.packed, let roundedShares {
            packed.multiply(roundedShares, part, into: mixture)
          } else {
            multiplyHere(userShares, shares.rows.rowBlock(part), transposeB: true, into: mixture)
          }
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
    let most = log((user.max() ?? 0) * shares.most + RankingFactors.leastShare)
    let sums = Float(user.count + 8) * 0x1p-22 + 0x1p-18
    return (most + 0.004, sums + (shares.packed != nil ? 0.004 : 0))
  }

  /// Computes candidates' scores exactly and ranks them.
  private func rank(
    _ user: UnsafeMutableBufferPointer<Float>, _ userShares: UnsafeMutableBufferPointer<Float>?,
    _ candidates: [Search.Candidate], count: Int
  ) -> [Ranked<Float>] {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: candidates.count) { scores in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: candidates.count) { ranks in
        for (place, candidate) in candidates.enumerated() {
          scores[place] = dot(user, items.row(Int(candidate.place)))
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

  /// Puts items of equal scores, which came by length, in the order of their indices.
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

/// Rows rounded and packed for products.
private final class PackedItems: @unchecked Sendable {
  private let memory: UnsafeMutableBufferPointer<UInt32>
  private let rows: Int
  private let dimensions: Int

  init(_ rows: Matrix<Float>, width: Int = INDGRM_ROUNDED_COLUMNS) {
    self.rows = rows.rows
    dimensions = rows.columns
    let panels = (rows.rows + width - 1) / width
    memory = .allocate(capacity: max(panels * width * ((rows.columns + 1) / 2), 1))
    indgrm_rounded_pack(
      width, rows.rows, rows.columns, rows.pointer, rows.columns, 1, memory.baseAddress)
  }

  deinit { memory.deallocate() }

  /// All products of users' rows with the items in a part that starts at a tile's start.
  func multiply(_ users: PackedItems, _ part: Range<Int>, into out: Matrix<Float>) {
    precondition(users.dimensions == dimensions && part.upperBound <= rows)
    precondition(out.rows == users.rows && out.columns == part.count)
    guard let base = memory.baseAddress else { return }
    indgrm_rounded_multiply(
      users.rows, part.count, dimensions, users.memory.baseAddress,
      base + part.lowerBound * ((dimensions + 1) / 2), 1, 0, out.pointer, part.count)
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
    let error = Double(value) - Double(bfloat16(value))
    square += error * error
  }
  return Float(square.squareRoot()).nextUp
}
