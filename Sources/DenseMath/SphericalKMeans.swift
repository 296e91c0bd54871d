// Which groups do vectors fall into by direction?

import Glibc

/// What spherical k-means found.
public struct SphericalClusters: Sendable {
  /// Unit vectors, clusters x d.
  public let centroids: Matrix<Float>
  /// The cluster of each point.
  public let assignment: [UInt32]
  /// Mean cosine of a point to its centroid.
  public let cohesion: Double
}

/// Spherical k-means (Dhillon and Modha, 2001): points go to the centroid with the highest cosine,
/// centroids are the normalised sums of their points.
///
/// Seeding is greedy k-means++ with distance 1 - cosine; an empty cluster takes the point farthest from its
/// centroid. Each iteration is one n x d x k GEMM. Stops early when no point moves.
public func sphericalKMeans(
  _ points: Matrix<Float>, clusters wanted: Int, seed: UInt64, iterations: Int
) -> SphericalClusters {
  let (n, d) = (points.rows, points.columns)
  let k = min(wanted, max(n, 1))
  let unit = Matrix<Float>(rows: n, columns: d)
  normaliseRows(points, into: unit, norms: Matrix(rows: 1, columns: n))
  let centroids = Matrix<Float>(rows: wanted, columns: d)
  guard n > 0 else { return SphericalClusters(centroids: centroids, assignment: [], cohesion: 0) }
  var random = RandomStream(seed: seed, stage: 0x4B4D_4541, index: 0)
  seedCentroids(unit, centroids, k, &random)
  let similarity = Matrix<Float>(rows: n, columns: wanted)
  var assignment = [UInt32](repeating: 0, count: n)
  var cohesion = 0.0
  for iteration in 0..<max(iterations, 1) {
    multiply(unit, centroids, transposeB: true, into: similarity)
    var moved = 0
    var closeness = [Float](repeating: 0, count: n)
    for point in 0..<n {
      let row = similarity.row(point)
      var best = 0
      for cluster in 1..<max(k, 1) where row[cluster] > row[best] { best = cluster }
      if assignment[point] != UInt32(best) { moved += 1 }
      assignment[point] = UInt32(best)
      closeness[point] = row[best]
    }
    cohesion = closeness.reduce(0) { $0 + Double($1) } / Double(n)
    if iteration > 0, moved == 0 { break }
    centroids.fill(0)
    var sizes = [Int](repeating: 0, count: k)
    for point in 0..<n {
      Float.kernels.add(d, unit.pointer + point * d, centroids.pointer + Int(assignment[point]) * d)
      sizes[Int(assignment[point])] += 1
    }
    for cluster in 0..<k where sizes[cluster] == 0 {
      guard let far = (0..<n).min(by: { closeness[$0] < closeness[$1] }) else { continue }
      closeness[far] = 2
      (centroids.pointer + cluster * d).update(from: unit.pointer + far * d, count: d)
    }
    let sums = Matrix<Float>(rows: wanted, columns: d)
    sums.copy(from: centroids)
    normaliseRows(sums, into: centroids, norms: Matrix(rows: 1, columns: wanted))
  }
  return SphericalClusters(centroids: centroids, assignment: assignment, cohesion: cohesion)
}

/// Greedy k-means++: of a few points drawn by their distance to the centroids so far, the one that
/// lowers the sum of distances most becomes the next centroid.
private func seedCentroids(
  _ unit: Matrix<Float>, _ centroids: Matrix<Float>, _ k: Int, _ random: inout RandomStream
) {
  let (n, d) = (unit.rows, unit.columns)
  let trials = 2 + Int(log(Double(k)))
  var distance = [Float](repeating: 2, count: n)
  for cluster in 0..<k {
    let total = distance.reduce(0.0) { $0 + Double($1) }
    var best: (point: Int, distance: [Float], total: Double)?
    for _ in 0..<(cluster == 0 ? 1 : trials) {
      let point = draw(distance, random.uniform() * total)
      var closer = distance
      let vector = unit.pointer + point * d
      for other in 0..<n {
        let away = max(0, 1 - Float.kernels.dot(d, unit.pointer + other * d, vector))
        if away < closer[other] { closer[other] = away }
      }
      let sum = closer.reduce(0.0) { $0 + Double($1) }
      if sum < best?.total ?? .infinity { best = (point, closer, sum) }
    }
    guard let best else { return }
    distance = best.distance
    (centroids.pointer + cluster * d).update(from: unit.pointer + best.point * d, count: d)
  }
}

/// The first index at which the running sum of the weights passes a threshold.
private func draw(_ weights: [Float], _ threshold: Double) -> Int {
  var left = threshold
  for (index, weight) in weights.enumerated() {
    left -= Double(weight)
    if left < 0 { return index }
  }
  return weights.count - 1
}
