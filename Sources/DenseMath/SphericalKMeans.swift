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
  var random = RandomStream(seed: seed, stage: RandomStage.kMeans, index: 0)
  seedCentroids(unit, centroids, k, &random)
  let similarity = Matrix<Float>(rows: n, columns: wanted)
  var assignment = [UInt32](repeating: 0, count: n)
  var cohesion = 0.0
  for iteration in 0..<max(iterations, 1) {
    multiply(unit, centroids, transposeB: true, into: similarity)
    let nearest = nearestCentroids(similarity, k)
    let moved = zip(nearest.clusters, assignment).count { $0 != $1 }
    assignment = nearest.clusters
    var closeness = nearest.closeness
    cohesion = closeness.reduce(0) { $0 + Double($1) } / Double(n)
    if iteration > 0, moved == 0 { break }
    let sizes = sumClusters(unit, assignment, k, into: centroids)
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

/// The cluster of the highest cosine of each point, the first of equals, and that cosine.
private func nearestCentroids(_ similarity: Matrix<Float>, _ k: Int) -> (
  clusters: [UInt32], closeness: [Float]
) {
  var clusters = [UInt32](repeating: 0, count: similarity.rows)
  var closeness = [Float](repeating: 0, count: similarity.rows)
  clusters.withUnsafeMutableBufferPointer { clusters in
    closeness.withUnsafeMutableBufferPointer { closeness in
      let (clusters, closeness) = (SharedBuffer(clusters), SharedBuffer(closeness))
      Parallel.blocks(similarity.rows, size: 1024) { points in
        for point in points {
          let row = similarity.pointer + point * similarity.columns
          var best = 0
          for cluster in 1..<max(k, 1) where row[cluster] > row[best] { best = cluster }
          clusters[point] = UInt32(best)
          closeness[point] = row[best]
        }
      }
    }
  }
  return (clusters, closeness)
}

/// The sum of each cluster's points and their number; a cluster is summed by one task in the order of its
/// points.
private func sumClusters(
  _ unit: Matrix<Float>, _ assignment: [UInt32], _ k: Int, into sums: Matrix<Float>
) -> [Int] {
  var starts = [Int](repeating: 0, count: k + 1)
  for cluster in assignment { starts[Int(cluster) + 1] += 1 }
  let sizes = Array(starts.dropFirst())
  for cluster in 0..<k { starts[cluster + 1] += starts[cluster] }
  var (free, members) = (starts, [UInt32](repeating: 0, count: assignment.count))
  for (point, cluster) in assignment.enumerated() {
    members[free[Int(cluster)]] = UInt32(point)
    free[Int(cluster)] += 1
  }
  sums.fill(0)
  let d = unit.columns
  let (order, bounds) = (members, starts)
  Parallel.blocks(k, size: 1) { clusters in
    for cluster in clusters {
      for place in bounds[cluster]..<bounds[cluster + 1] {
        Float.kernels.add(d, unit.pointer + Int(order[place]) * d, sums.pointer + cluster * d)
      }
    }
  }
  return sizes
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
    let drawn = (0..<(cluster == 0 ? 1 : trials)).map { _ in
      UInt32(draw(distance, random.uniform() * total))
    }
    let candidates = Matrix<Float>(rows: drawn.count, columns: d)
    gatherRows(unit, drawn, into: candidates)
    let cosines = Matrix<Float>(rows: drawn.count, columns: n)
    multiply(candidates, unit, transposeB: true, into: cosines)
    let current = distance
    Parallel.blocks(drawn.count, size: 1) { rows in
      for row in rows {
        let closer = cosines.row(row)
        for point in 0..<n { closer[point] = min(max(0, 1 - closer[point]), current[point]) }
      }
    }
    let sums = (0..<drawn.count).map { row in cosines.row(row).reduce(0.0) { $0 + Double($1) } }
    guard let best = sums.indices.min(by: { sums[$0] < sums[$1] }) else { return }
    distance = Array(cosines.row(best))
    (centroids.pointer + cluster * d).update(from: candidates.pointer + best * d, count: d)
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
