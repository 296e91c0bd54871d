// Which items do simulated users choose, when, and how do they rate them?

import DenseMath
import Glibc

/// Draws users' interactions block by block; memory is one block of users times items (32 MiB) and two
/// numbers a user.
public final class InteractionSampler {
  public let structure: PlantedStructure
  /// Interactions of each user.
  public let counts: [Int]
  /// The cluster of each user drawn so far.
  public private(set) var userClusters: [UInt32] = []
  private let itemFeatures: Matrix<Float>
  private let blockSize: Int
  private let scores: Matrix<Float>
  /// Running sums of exp(popularity), when items are proposed one by one.
  private let proposals: [Double]
  private var position = 0

  /// Interactions of consecutive users, items ascending within each.
  public struct Block: Sendable {
    public var firstUser: Int
    public var users: [UInt32] = []
    public var items: [UInt32] = []
    public var ratings: [Float] = []
    public var times: [Int64] = []
  }

  public init(_ structure: PlantedStructure) {
    self.structure = structure
    let shape = structure.shape
    counts = activity(shape, seed: structure.seed)
    // One product gives scale cos(h_j, z_i) + o . z_i + log popularity_j: the item's part is its vector,
    // its group as a one-hot vector, and its popularity.
    let d = shape.factors
    itemFeatures = Matrix(rows: shape.items, columns: d + shape.groups + 1)
    for item in 0..<shape.items {
      let row = itemFeatures.row(item)
      for factor in 0..<d { row[factor] = structure.itemVectors[item, factor] }
      row[d + Int(structure.itemGroups[item])] = 1
      row[d + shape.groups] = structure.popularity[item]
    }
    // Few interactions from many items are drawn one by one; scores of all items would cost more.
    if counts.reduce(0, +) * Self.proposalsADraw < shape.items * shape.users {
      var sum = 0.0
      proposals = structure.popularity.map {
        sum += exp(Double($0))
        return sum
      }
      blockSize = 256
      scores = Matrix(rows: 0, columns: shape.items)
    } else {
      proposals = []
      blockSize = max(4, min(256, (8 << 20) / shape.items))
      scores = Matrix(rows: blockSize, columns: shape.items)
    }
    userClusters.reserveCapacity(shape.users)
  }

  /// The next users' interactions, or nil when all users are drawn.
  public func next() -> Block? {
    let shape = structure.shape
    guard position < shape.users else { return nil }
    let range = position..<min(position + blockSize, shape.users)
    position = range.upperBound
    let features = Matrix<Float>(rows: range.count, columns: itemFeatures.columns)
    for user in range { drawTaste(user, into: features.row(user - range.lowerBound)) }
    let scores = proposals.isEmpty ? scores.rowBlock(0..<range.count) : nil
    if let scores { multiply(features, itemFeatures, transposeB: true, into: scores) }
    var parts = [Block](repeating: Block(firstUser: 0), count: range.count)
    parts.withUnsafeMutableBufferPointer { buffer in
      let parts = SharedBuffer(buffer)
      Parallel.blocks(range.count, size: 1) { rows in
        for row in rows {
          let user = range.lowerBound + row
          let items =
            scores.map { self.choose(user, $0.row(row)) } ?? self.propose(user, features.row(row))
          parts[row] = self.describe(user, items, features.row(row))
        }
      }
    }
    var block = Block(firstUser: range.lowerBound)
    for part in parts {
      block.users += part.users
      block.items += part.items
      block.ratings += part.ratings
      block.times += part.times
    }
    return block
  }

  /// Draws a user's cluster and z (Eq. 2-3), and the features that meet the items'.
  private func drawTaste(_ user: Int, into features: UnsafeMutableBufferPointer<Float>) {
    let shape = structure.shape
    let d = shape.factors
    var random = RandomStream(
      seed: structure.seed, stage: Stage.users.rawValue, index: UInt64(user))
    var (rest, cluster) = (random.uniform(), 0)
    while cluster < shape.clusters - 1, rest >= structure.clusterWeights[cluster] {
      rest -= structure.clusterWeights[cluster]
      cluster += 1
    }
    userClusters.append(UInt32(cluster))
    var z = [Float](repeating: 0, count: d)
    var squares: Float = 0
    for factor in 0..<d {
      z[factor] =
        structure.clusterMeans[cluster, factor]
        + structure.clusterVariances[cluster, factor].squareRoot() * Float(random.normal())
      squares += z[factor] * z[factor]
    }
    let scale = shape.strength / max(squares, 1e-12).squareRoot()
    for factor in 0..<d { features[factor] = scale * z[factor] }
    for group in 0..<shape.groups {
      let row = structure.mapping.row(cluster * shape.groups + group)
      var drawn: Float = 0
      for factor in 0..<d { drawn += row[factor] * z[factor] }
      features[d + group] = drawn
    }
    features[d + shape.groups] = 1
  }

  /// Draws a user's items without replacement, in proportion to exp(score): the largest scores plus
  /// Gumbel numbers.
  private func choose(_ user: Int, _ scores: UnsafeMutableBufferPointer<Float>) -> [UInt32] {
    guard counts[user] > 0 else { return [] }
    addGumbel(
      to: scores, seed: structure.seed, stage: Stage.choice.rawValue, index: UInt64(user))
    return topOfRow(UnsafeBufferPointer(scores), count: counts[user]).map(\.index).sorted()
  }

  /// About how many proposals an accepted item takes, by which the two ways of drawing are weighed.
  private static let proposalsADraw = 300

  /// Draws from the same law one by one: items are proposed by popularity and accepted in proportion to
  /// exp(taste), and items drawn already are passed over.
  private func propose(_ user: Int, _ features: UnsafeMutableBufferPointer<Float>) -> [UInt32] {
    let (count, width) = (counts[user], features.count - 1)
    guard count > 0 else { return [] }
    // Many items of one user: all their scores after all.
    if count * Self.proposalsADraw > structure.shape.items {
      let all = Matrix<Float>(rows: 1, columns: structure.shape.items)
      multiplyHere(
        Matrix(rows: 1, columns: width + 1, Array(features)), itemFeatures, transposeB: true,
        into: all)
      return choose(user, all.row(0))
    }
    var random = RandomStream(
      seed: structure.seed, stage: Stage.choice.rawValue, index: UInt64(user))
    let d = structure.shape.factors
    let most =
      structure.shape.strength + max(features[d..<width].max() ?? 0, 0)
    var drawn: Set<UInt32> = []
    let total = proposals.last ?? 0
    while drawn.count < count {
      let threshold = random.uniform() * total
      var (low, high) = (0, proposals.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if proposals[middle] > threshold { high = middle } else { low = middle + 1 }
      }
      let row = itemFeatures.pointer + low * itemFeatures.columns
      var taste: Float = features[d + Int(structure.itemGroups[low])]
      for column in 0..<d { taste += features[column] * row[column] }
      if random.uniform() < exp(Double(taste - most)) { drawn.insert(UInt32(low)) }
    }
    return drawn.sorted()
  }

  /// A user's interactions with these items: ratings and times.
  private func describe(
    _ user: Int, _ items: [UInt32], _ features: UnsafeMutableBufferPointer<Float>
  ) -> Block {
    let shape = structure.shape
    var part = Block(firstUser: user)
    guard !items.isEmpty else { return part }
    part.items = items
    part.users = [UInt32](repeating: UInt32(user), count: part.items.count)
    var random = RandomStream(
      seed: structure.seed, stage: Stage.ratings.rawValue, index: UInt64(user))
    if shape.ratings != .none { rate(&part, features, &random) }
    if shape.hasTimes { part.times = times(part.items.count, &random) }
    return part
  }

  /// Ratings: a user's habit, an item's quality, taste (what made the user choose, popularity apart),
  /// and noise.
  private func rate(
    _ part: inout Block, _ features: UnsafeMutableBufferPointer<Float>,
    _ random: inout RandomStream
  ) {
    let taste = part.items.map { item in
      let row = itemFeatures.row(Int(item))
      var sum: Float = 0
      for column in 0..<(features.count - 1) { sum += features[column] * row[column] }
      return sum
    }
    let mean = taste.reduce(0, +) / Float(max(taste.count, 1))
    let habit = 3.5 + 0.4 * Float(random.normal())
    for (index, item) in part.items.enumerated() {
      let exact =
        habit + structure.itemRatingBias[Int(item)] + 0.3 * (taste[index] - mean)
        + 0.8 * Float(random.normal())
      part.ratings.append(
        structure.shape.ratings == .stars
          ? min(max(exact.rounded(), 1), 5) : min(max((exact * 2).rounded() / 2, 0.5), 5))
    }
  }

  /// Seconds since 1970: sittings of some forty interactions, seconds to minutes apart, in an order that
  /// has nothing to do with the items' numbers.
  private func times(_ count: Int, _ random: inout RandomStream) -> [Int64] {
    let (first, last) = (852_076_800.0, 1_420_070_400.0)  // 1997 to 2014
    var now = first + (last - first) * random.uniform()
    var times = [Int64](repeating: 0, count: count)
    for index in random.permutation(count) {
      now += random.uniform() < 0.025 ? 2_592_000 * random.exponential() : 25 * random.exponential()
      times[index] = Int64(now)
    }
    return times
  }
}
