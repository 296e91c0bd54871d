// Which clusters, groups and factors lie behind simulated data?

import DenseMath
import Glibc

/// What Algorithm 1 draws before any user: item groups, item representations, user clusters, and the
/// mapping from factors to groups; and what it leaves open: popularity and rating habits.
public struct PlantedStructure: Sendable {
  public let shape: SimulationShape
  public let seed: UInt64
  /// p_g, unit rows, [G, d].
  public let prototypes: Matrix<Float>
  /// h_j, unit rows, [M, d].
  public let itemVectors: Matrix<Float>
  /// The group each item was drawn into, from c_j ~ Mult(1, s_j).
  public let itemGroups: [UInt32]
  /// pi, K weights that add up to 1.
  public let clusterWeights: [Double]
  /// Means of the clusters, [K, d]; zero in the paper.
  public let clusterMeans: Matrix<Float>
  /// lambda^(k)_l, [K, d].
  public let clusterVariances: Matrix<Float>
  /// Whether a factor speaks about a group, [G, d]: 1, or 0 where it says nothing of the group's items.
  public let doors: Matrix<Float>
  /// o^(k,g), [K * G, d]: which factors draw a cluster to a group; most rows are zero.
  public let mapping: Matrix<Float>
  /// Logarithm of each item's weight.
  public let popularity: [Float]
  /// How much better than others an item is rated, in stars.
  let itemRatingBias: [Float]

  /// Draws the structure; equal shape and seed give equal structure.
  public init(_ shape: SimulationShape, seed: UInt64) {
    self.shape = shape
    self.seed = seed
    let d = shape.factors
    doors = Self.doors(shape, seed)
    prototypes = Self.unitRows(shape.groups, d, seed, .prototypes)
    for group in 0..<shape.groups where shape.closedDoors > 0 {
      for factor in 0..<d { prototypes[group, factor] *= doors[group, factor] }
      Self.normalise(prototypes.row(group))
    }

    clusterWeights = Self.stickBreaking(shape.clusters, shape.alpha, seed)
    (clusterMeans, clusterVariances) = Self.clusters(shape, seed)

    mapping = Matrix(rows: shape.clusters * shape.groups, columns: d)
    for row in 0..<mapping.rows {
      var random = RandomStream(seed: seed, stage: Stage.mapping.rawValue, index: UInt64(row))
      guard random.uniform() < 0.3 else { continue }
      let gamma = 1 / Float(d).squareRoot()
      for factor in 0..<d { mapping[row, factor] = gamma * Float(random.normal()) }
    }

    // Items: near a prototype, then a group by Eq. 6.
    itemVectors = Matrix(rows: shape.items, columns: d)
    var groups = [UInt32](repeating: 0, count: shape.items)
    let (vectors, centres, doors) = (itemVectors, prototypes, doors)
    groups.withUnsafeMutableBufferPointer { buffer in
      let groups = SharedBuffer(buffer)
      Parallel.blocks(shape.items, size: 256) { block in
        for item in block {
          groups[item] = Self.draw(item, shape, seed, centres, doors, into: vectors)
        }
      }
    }
    itemGroups = groups

    var random = RandomStream(seed: seed, stage: Stage.popularity.rawValue, index: 0)
    let order = random.permutation(shape.items)
    var popularity = [Float](repeating: 0, count: shape.items)
    // The head is flattened: real hits share their audience.
    let shift = 1 + Double(shape.items) / 100
    for (rank, item) in order.enumerated() {
      popularity[item] = Float(-shape.popularityExponent * log(Double(rank) + shift) * 1.25)
    }
    self.popularity = popularity
    itemRatingBias = (0..<shape.items).map { _ in Float(0.35 * random.normal()) }
  }

  /// Means and variances of clusters: half of the factors of each are alive, so that clusters live in different
  /// subspaces.
  private static func clusters(_ shape: SimulationShape, _ seed: UInt64)
    -> (means: Matrix<Float>, variances: Matrix<Float>)
  {
    let d = shape.factors
    let means = Matrix<Float>(rows: shape.clusters, columns: d)
    let variances = Matrix<Float>(rows: shape.clusters, columns: d)
    for cluster in 0..<shape.clusters {
      var random = RandomStream(
        seed: seed, stage: Stage.clusters.rawValue, index: UInt64(cluster + 1))
      let alive = Set(random.permutation(d).prefix(max(d / 2, 1)))
      var squares: Float = 0
      for factor in 0..<d {
        let variance = shape.varianceScale / random.gamma(shape: shape.varianceShape)
        let mean = Float(random.normal())
        variances[cluster, factor] = alive.contains(factor) ? Float(variance) : 0.01
        means[cluster, factor] = alive.contains(factor) ? mean : 0
        squares += alive.contains(factor) ? mean * mean : 0
      }
      // As long as `separation` times the typical length of a user's deviation.
      let length =
        shape.separation * Float(max(d / 2, 1)).squareRoot() / max(squares, 1e-12).squareRoot()
      for factor in 0..<d { means[cluster, factor] *= length }
    }
    return (means, variances)
  }

  /// As many doors of each group are closed, drawn at random; one at least stays open.
  private static func doors(_ shape: SimulationShape, _ seed: UInt64) -> Matrix<Float> {
    let d = shape.factors
    let doors = Matrix<Float>(rows: shape.groups, columns: d)
    doors.fill(1)
    let closed = min(Int((shape.closedDoors * Double(d)).rounded()), d - 1)
    for group in 0..<shape.groups {
      var random = RandomStream(seed: seed, stage: Stage.doors.rawValue, index: UInt64(group))
      for factor in random.permutation(d).prefix(closed) { doors[group, factor] = 0 }
    }
    return doors
  }

  /// Unit vectors in random directions.
  private static func unitRows(_ rows: Int, _ columns: Int, _ seed: UInt64, _ stage: Stage)
    -> Matrix<Float>
  {
    let result = Matrix<Float>(rows: rows, columns: columns)
    fillNormal(result, seed: seed, stage: stage.rawValue, index: 0)
    for row in 0..<rows { normalise(result.row(row)) }
    return result
  }

  private static func normalise(_ row: UnsafeMutableBufferPointer<Float>) {
    var squares: Float = 0
    for value in row { squares += value * value }
    let factor = 1 / max(squares, 1e-12).squareRoot()
    for index in row.indices { row[index] *= factor }
  }

  /// Weights pi_k = v_k prod_{l<k} (1 - v_l), v_k ~ Beta(1, alpha), the last v being 1.
  private static func stickBreaking(_ count: Int, _ alpha: Double, _ seed: UInt64) -> [Double] {
    var random = RandomStream(seed: seed, stage: Stage.clusters.rawValue, index: 0)
    var rest = 1.0
    return (0..<count).map { index in
      let part = index == count - 1 ? 1 : random.beta(1, alpha)
      defer { rest *= 1 - part }
      return rest * part
    }
  }

  /// Draws an item's vector and returns its group.
  private static func draw(
    _ item: Int, _ shape: SimulationShape, _ seed: UInt64, _ prototypes: Matrix<Float>,
    _ doors: Matrix<Float>, into vectors: Matrix<Float>
  ) -> UInt32 {
    var random = RandomStream(seed: seed, stage: Stage.items.rawValue, index: UInt64(item))
    let home = random.below(shape.groups)
    let vector = vectors.row(item)
    let noise = shape.spread / Float(shape.factors).squareRoot()
    for factor in 0..<shape.factors {
      vector[factor] =
        prototypes[home, factor] + doors[home, factor] * noise * Float(random.normal())
    }
    normalise(vector)
    // arg max of logits plus Gumbel numbers is a draw from their softmax.
    var best = (group: 0, value: -Float.infinity)
    for group in 0..<shape.groups {
      var cosine: Float = 0
      for factor in 0..<shape.factors { cosine += vector[factor] * prototypes[group, factor] }
      let value = cosine / shape.temperature + Float(random.gumbel())
      if value > best.value { best = (group, value) }
    }
    return UInt32(best.group)
  }
}
