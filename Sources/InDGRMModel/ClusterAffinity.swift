// How near is a user, by their items, to what each user cluster likes?

import DenseMath
import Fitting
import Glibc
import Training

/// The group-specific part of the attention over clusters (Eq. 15): beside the user's history itself it sees the
/// items' vectors h_j over x_i and a mean representation c_k of the users of each cluster.
///
/// r_i = the direction of sum_j x_ij (h_j - h_0), h_0 the mean vector of all interactions;
/// affinity_ik = a <r_i, c_k> + b_k, added to the logits of pi~_i. c_k, a and b_k are learnt, from the linear
/// discriminants of a Gaussian mixture of r over training users; item vectors are not moved by it.
final class ClusterAffinity<T: Real> {
  let centres: Parameter<T>
  let logScale: Parameter<T>
  /// b_k, 1 x K.
  let offsets: Parameter<T>
  /// h_0, 1 x d; stays as it was at the start.
  let origin: Parameter<T>
  private let (directionMemory, affinityMemory) = (Workspace<T>(), Workspace<T>())
  private let (sumMemory, normMemory) = (Workspace<T>(), Workspace<T>())

  /// - Parameters: K and d.
  init(clusters: Int, latent: Int) {
    centres = Parameter("cluster-centres", rows: clusters, columns: latent)
    logScale = Parameter("cluster-log-scale", rows: 1, columns: 1)
    offsets = Parameter("cluster-offsets", rows: 1, columns: clusters)
    origin = Parameter("cluster-origin", rows: 1, columns: latent)
    logScale.value.fill(T(1.6))
    origin.rate = 0
  }

  var parameters: [Parameter<T>] { [centres, logScale, offsets, origin] }

  /// r_i, one row a user.
  ///
  /// - Parameters:
  ///   - rows: the users' items.
  ///   - items: the unit vectors of the items that are columns of `rows`.
  func directions(_ rows: SparseRows, items: Matrix<T>) -> Matrix<T> {
    let sums = sumMemory.matrix(rows: rows.rowCount, columns: items.columns)
    multiply(
      sparse: rows, rows: 0..<rows.rowCount, dense: items, into: sums, entryScale: nil)
    return directions(rows, sums: sums)
  }

  /// The same by the sum of the unit vectors of each user's items, which is overwritten.
  func directions(_ rows: SparseRows, sums: Matrix<T>) -> Matrix<T> {
    for row in 0..<rows.rowCount {
      let count = T(rows.offsets[row + 1] - rows.offsets[row])
      let (sum, origin) = (sums.row(row), origin.value.row(0))
      for index in sum.indices { sum[index] -= count * origin[index] }
    }
    let directions = directionMemory.matrix(rows: rows.rowCount, columns: sums.columns)
    normaliseRows(
      sums, into: directions, norms: normMemory.matrix(rows: 1, columns: rows.rowCount))
    return directions
  }

  /// a <r_i, c_k> + b_k, B x K.
  func forward(_ directions: Matrix<T>) -> Matrix<T> {
    let affinity = affinityMemory.matrix(rows: directions.rows, columns: centres.value.rows)
    multiply(
      directions, centres.value, transposeB: true, into: affinity,
      alpha: T.exp(logScale.value[0, 0]))
    addRow(offsets.value, to: affinity)
    return affinity
  }

  /// Leaves the gradients for those of the logits; follows `forward` on the same directions.
  func backward(_ directions: Matrix<T>, _ gradient: Matrix<T>) {
    columnSums(of: gradient, into: offsets.gradient)
    logScale.gradient[0, 0] =
      dot(gradient, affinityMemory.matrix(rows: directions.rows, columns: centres.value.rows))
      - dot(offsets.gradient, offsets.value)
    multiply(
      gradient, transposeA: true, directions, into: centres.gradient,
      alpha: T.exp(logScale.value[0, 0]))
  }
}

extension ClusterAffinity where T == Float {
  /// Starts the origin at the mean vector of all interactions and the centres from a Gaussian mixture of
  /// users' directions, of at most 20,000 users drawn at random.
  ///
  /// The likeliest of 24 mixtures is taken: of six it is another by another seed (record 17).
  func start(_ rows: SparseRows, items: Matrix<Float>, seed: UInt64) {
    let points = startingPoints(rows, items: items, seed: seed)
    let found = discriminantMixture(points, clusters: centres.value.rows, seed: seed, starts: 24)
    var squares: Float = 0
    for value in found.discriminants.buffer { squares += value * value }
    guard squares > 0 else { return }
    // c_k start at unit length on average.
    let scale = (squares / Float(centres.value.rows)).squareRoot()
    for index in centres.value.buffer.indices {
      centres.value.pointer[index] = found.discriminants.pointer[index] / scale
    }
    for (cluster, offset) in found.offsets.enumerated() {
      offsets.value[0, cluster] = offset
    }
    logScale.value.fill(logf(scale))
  }

  /// How many user clusters there are by users' directions, at most as many as are asked for; found by merging.
  static func count(_ rows: SparseRows, items: Matrix<Float>, most: Int, seed: UInt64) -> Int {
    let affinity = ClusterAffinity(clusters: most, latent: items.columns)
    let points = affinity.startingPoints(rows, items: items, seed: seed)
    // The slope at which likelihood rises takes many clusters to be seen.
    return min(clusterCount(points, most: max(most, 20), seed: seed), most)
  }

  /// Starts the origin, and gives the directions of at most 20,000 users.
  private func startingPoints(_ rows: SparseRows, items: Matrix<Float>, seed: UInt64) -> Matrix<
    Float
  > {
    let counts = rows.columnCounts()
    let mean = origin.value.row(0)
    let total = Float(max(rows.count, 1))
    for (item, count) in counts.enumerated() {
      let (vector, share) = (items.row(item), Float(count) / total)
      for index in mean.indices { mean[index] += share * vector[index] }
    }
    var random = RandomStream(seed: seed, stage: RandomStage.clusterCentres, index: 0)
    let drawn = random.permutation(rows.rowCount).prefix(20_000).sorted()
    let histories = rows.rows(at: drawn)
    let points = directions(histories, items: items)
    removeLength(points, histories)
    return points
  }

  /// Takes out of users' directions the one that goes with the logarithm of how much they chose, so that clusters are of
  /// what users choose and not of how long their histories are.
  func removeLength(_ points: Matrix<Float>, _ histories: SparseRows) {
    let logs = (0..<points.rows).map {
      log(Double(max(histories.offsets[$0 + 1] - histories.offsets[$0], 1)))
    }
    let middle = logs.reduce(0, +) / Double(max(logs.count, 1))
    let length = Matrix<Float>(rows: 1, columns: points.rows, logs.map { Float($0 - middle) })
    let along = Matrix<Float>(rows: 1, columns: points.columns)
    // The lengths add up to zero, so that the points' mean drops out.
    multiply(length, points, into: along)
    let unit = Matrix<Float>(rows: 1, columns: points.columns)
    normaliseRows(along, into: unit, norms: Matrix<Float>(rows: 1, columns: 1))
    let shares = Matrix<Float>(rows: points.rows, columns: 1)
    multiply(points, unit, transposeB: true, into: shares)
    for row in 0..<points.rows {
      let (point, share) = (points.row(row), shares[row, 0])
      for index in point.indices { point[index] -= share * unit[0, index] }
    }
  }

  /// Some of the clusters of a trained one.
  convenience init(keeping clusters: [Int], of trained: ClusterAffinity) {
    self.init(clusters: clusters.count, latent: trained.centres.value.columns)
    gatherRows(trained.centres.value, clusters.map(UInt32.init), into: centres.value)
    logScale.value.copy(from: trained.logScale.value)
    for (place, cluster) in clusters.enumerated() {
      offsets.value[0, place] = trained.offsets.value[0, cluster]
    }
    origin.value.copy(from: trained.origin.value)
  }
}
