// How near is a user, by his items, to what each user cluster likes?

import DenseMath

/// The group-specific part of the attention over clusters (Eq. 15): beside the user's history itself it sees the
/// items' vectors h_j over x_i and a mean representation c_k of the users of each cluster.
///
/// r_i = the direction of sum_j x_ij (h_j - h_0), h_0 the mean vector of all interactions;
/// affinity_ik = a cos(r_i, c_k), added to the logits of pi~_i. c_k and a are learnt, from spherical k-means of r
/// over training users; item vectors are not moved by it.
final class ClusterAffinity<T: Real> {
  let centres: Parameter<T>
  let logScale: Parameter<T>
  /// h_0, 1 x d; stays as it was at the start.
  let origin: Parameter<T>
  private let (directionMemory, affinityMemory) = (Workspace<T>(), Workspace<T>())
  private let (sumMemory, normMemory) = (Workspace<T>(), Workspace<T>())
  private let unit: Matrix<T>
  private let unitNorms: Matrix<T>
  private let unitGradient: Matrix<T>

  init(options: InDGRMOptions) {
    let (k, d) = (options.clusters, options.latent)
    centres = Parameter("cluster-centres", rows: k, columns: d)
    logScale = Parameter("cluster-log-scale", rows: 1, columns: 1)
    origin = Parameter("cluster-origin", rows: 1, columns: d)
    logScale.value.fill(T(1.6))
    origin.rate = 0
    unit = Matrix(rows: k, columns: d)
    unitNorms = Matrix(rows: 1, columns: k)
    unitGradient = Matrix(rows: k, columns: d)
  }

  var parameters: [Parameter<T>] { [centres, logScale, origin] }

  /// r_i, one row a user.
  ///
  /// - Parameters:
  ///   - rows: the users' items.
  ///   - items: the unit vectors of the items that are columns of `rows`.
  func directions(_ rows: SparseRows, items: Matrix<T>) -> Matrix<T> {
    let d = items.columns
    let sums = sumMemory.matrix(rows: rows.rowCount, columns: d)
    multiply(
      sparse: rows, rows: 0..<rows.rowCount, dense: items, into: sums, entryScale: nil)
    for row in 0..<rows.rowCount {
      let count = T(rows.offsets[row + 1] - rows.offsets[row])
      let (sum, origin) = (sums.row(row), origin.value.row(0))
      for index in sum.indices { sum[index] -= count * origin[index] }
    }
    let directions = directionMemory.matrix(rows: rows.rowCount, columns: d)
    normaliseRows(
      sums, into: directions, norms: normMemory.matrix(rows: 1, columns: rows.rowCount))
    return directions
  }

  /// a cos(r_i, c_k), B x K.
  func forward(_ directions: Matrix<T>) -> Matrix<T> {
    normaliseRows(centres.value, into: unit, norms: unitNorms)
    let affinity = affinityMemory.matrix(rows: directions.rows, columns: unit.rows)
    multiply(directions, unit, transposeB: true, into: affinity, alpha: T.exp(logScale.value[0, 0]))
    return affinity
  }

  /// Leaves the gradients for those of the logits; follows `forward` on the same directions.
  func backward(_ directions: Matrix<T>, _ gradient: Matrix<T>) {
    logScale.gradient[0, 0] = dot(
      gradient, affinityMemory.matrix(rows: directions.rows, columns: unit.rows))
    multiply(
      gradient, transposeA: true, directions, into: unitGradient,
      alpha: T.exp(logScale.value[0, 0]))
    normaliseRowsBackward(unit, unitGradient, norms: unitNorms, into: centres.gradient)
  }
}

extension ClusterAffinity where T == Float {
  /// Starts the origin at the mean vector of all interactions and the centres from spherical k-means of
  /// users' directions, of at most 20,000 users drawn at random.
  func start(_ rows: SparseRows, items: Matrix<Float>, seed: UInt64) {
    let counts = rows.columnCounts()
    let mean = origin.value.row(0)
    let total = Float(max(rows.count, 1))
    for (item, count) in counts.enumerated() {
      let (vector, share) = (items.row(item), Float(count) / total)
      for index in mean.indices { mean[index] += share * vector[index] }
    }
    var random = RandomStream(seed: seed, stage: 0x434C_5553, index: 0)
    let drawn = random.permutation(rows.rowCount).prefix(20_000).sorted()
    let points = directions(rows.rows(at: drawn), items: items)
    // The best of some starts: k-means of so few clusters depends on where it begins.
    let found = (0..<8).map { start in
      sphericalKMeans(
        points, clusters: centres.value.rows, seed: seed &+ UInt64(start), iterations: 30)
    }
    guard let best = found.max(by: { $0.cohesion < $1.cohesion }) else { return }
    centres.value.copy(from: best.centroids)
  }

  /// Some of the clusters of a trained one.
  convenience init(keeping clusters: [Int], of trained: ClusterAffinity, options: InDGRMOptions) {
    self.init(options: options)
    gatherRows(trained.centres.value, clusters.map(UInt32.init), into: centres.value)
    logScale.value.copy(from: trained.logScale.value)
    origin.value.copy(from: trained.origin.value)
  }
}
