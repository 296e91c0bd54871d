// Into which groups do directions fall, that need not be round?

import Glibc

/// Groups by the normalised cut of the graph of nearest neighbours (Shi and Malik, 2000; Ng, Jordan and Weiss, 2002).
///
/// Points are joined to those with the highest cosines, by positive cosines; with degrees D the graph's adjacency A gives
/// S = D^-1/2 A D^-1/2, whose leading eigenvectors are found by subspace iteration. Rows of these, of unit length, are
/// cut by spherical k-means, the most cohesive of several starts. A group may be long or bent; k-means would cut it.
///
/// Costs n^2 d operations for the neighbours and 40 n (k + 8) for each of 200 iterations.
///
/// - Parameters:
///   - points: n x d.
///   - groups: k; with fewer points than that some stay empty.
/// - Returns: the group of each point, below `groups`; nil where there is no graph to cut.
///
/// Equal seeds give equal results, whatever the number of threads.
public func normalisedCut(
  _ points: Matrix<Float>, groups: Int, neighbours: Int = 20, starts: Int = 10, seed: UInt64
) -> [UInt32]? {
  guard groups > 1, points.rows > groups else { return nil }
  let unit = Matrix<Float>(rows: points.rows, columns: points.columns)
  normaliseRows(points, into: unit, norms: Matrix(rows: 1, columns: points.rows))
  let graph = neighbourGraph(unit, count: min(neighbours, points.rows - 1))
  guard let vectors = leadingVectors(graph, groups, seed: seed) else { return nil }
  var best: SphericalClusters?
  for start in 0..<max(starts, 1) {
    let found = sphericalKMeans(
      vectors, clusters: groups, seed: seed &+ UInt64(start), iterations: 100)
    if found.cohesion > best?.cohesion ?? -.infinity { best = found }
  }
  return best?.assignment
}

/// S of points joined to the nearest, both ways.
///
/// - Parameter unit: rows of unit length, or zero.
private func neighbourGraph(_ unit: Matrix<Float>, count: Int) -> SparseRows {
  let n = unit.rows
  var joined = [[(end: UInt32, weight: Float)]](repeating: [], count: n)
  let memory = Matrix<Float>(rows: min(512, n), columns: n)
  for start in stride(from: 0, to: n, by: 512) {
    let rows = start..<min(start + 512, n)
    let cosines = memory.rowBlock(0..<rows.count)
    multiply(unit.rowBlock(rows), unit, transposeB: true, into: cosines)
    let own = SparseRows(lists: rows.map { [UInt32($0)] }, columnCount: n)
    let nearest = topItems(cosines, own, rows: 0..<rows.count, count: count)
    for (point, list) in zip(rows, nearest) {
      for found in list where found.score > 0 {
        joined[point].append((found.index, found.score))
        joined[Int(found.index)].append((UInt32(point), found.score))
      }
    }
  }
  let degrees = joined.map { $0.reduce(0) { $0 + Double($1.weight) } }
  var (offsets, ends, weights) = ([0], [UInt32](), [Float]())
  for (point, list) in joined.enumerated() {
    for (end, weight) in list {
      ends.append(end)
      weights.append(weight / Float((degrees[point] * degrees[Int(end)]).squareRoot()))
    }
    offsets.append(ends.count)
  }
  return SparseRows(offsets: offsets, columns: ends, values: weights, columnCount: n)
}

/// The leading eigenvectors of S, n x count; nil where they cannot be found.
private func leadingVectors(_ graph: SparseRows, _ count: Int, seed: UInt64) -> Matrix<Float>? {
  let (n, width) = (graph.rowCount, min(count + 8, graph.rowCount))
  let vectors = Matrix<Float>(rows: n, columns: width)
  let joined = Matrix<Float>(rows: n, columns: width)
  // (I + S) / 2, which has no eigenvalue below zero.
  func step() {
    multiply(sparse: graph, rows: 0..<n, dense: vectors, into: joined, entryScale: nil)
    add(vectors, to: joined)
    scale(joined, by: 0.5)
  }
  fillNormal(vectors, seed: seed, stage: RandomStage.cutStart, index: 0)
  for iteration in 0..<200 {
    if iteration % 4 == 0 { orthonormalise(vectors) }
    step()
    vectors.copy(from: joined)
  }
  orthonormalise(vectors)
  step()
  let inner = Matrix<Float>(rows: width, columns: width)
  multiply(vectors, transposeA: true, joined, into: inner)
  let exact = Matrix<Double>(rows: width, columns: width, inner.buffer.map(Double.init))
  guard let (axes, _, _) = singularValues(exact) else { return nil }
  let leading = Matrix<Float>(rows: width, columns: count)
  for row in 0..<width {
    for column in 0..<min(count, width) { leading[row, column] = Float(axes[row, column]) }
  }
  let found = Matrix<Float>(rows: n, columns: count)
  multiply(vectors, leading, into: found)
  return found
}
