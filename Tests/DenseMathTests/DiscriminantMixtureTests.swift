// Does the mixture with one covariance find groups that k-means does not?

import Testing

@testable import DenseMath

@Suite(.serialized) struct DiscriminantMixtureTests {
  /// Two bars along the first axis: 900 points at height 1, 100 at height -1.
  private func bars() -> Matrix<Float> {
    let points = Matrix<Float>(rows: 1000, columns: 3)
    for row in 0..<1000 {
      var random = RandomStream(seed: 5, stage: 1, index: UInt64(row))
      points[row, 0] = Float(20 * random.uniform() - 10)
      points[row, 1] = (row < 900 ? 1 : -1) + Float(0.1 * random.normal())
      points[row, 2] = Float(0.1 * random.normal())
    }
    return points
  }

  @Test func tellsUnevenBarsApart() {
    let found = discriminantMixture(bars(), clusters: 2, seed: 1)
    let (large, small) = (found.assignment[0], found.assignment[999])
    #expect(large != small)
    #expect(found.assignment == (0..<1000).map { $0 < 900 ? large : small })
    #expect(abs(found.weights[Int(large)] - 0.9) < 1e-6)
    // What k-means does with them: a cut across.
    let cut = sphericalKMeans(bars(), clusters: 2, seed: 1, iterations: 50).assignment
    #expect((0..<900).count { cut[$0] == cut[0] } < 600)
  }

  @Test func discriminantsGiveTheAssignment() {
    let points = bars()
    let found = discriminantMixture(points, clusters: 3, seed: 2)
    for row in 0..<points.rows {
      let scores = (0..<3).map { cluster in
        (0..<3).reduce(found.offsets[cluster]) {
          $0 + points[row, $1] * found.discriminants[cluster, $1]
        }
      }
      let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
      let own = scores[Int(found.assignment[row])]
      #expect(own > scores[best] - 1e-3 * max(1, abs(own)))
    }
  }

  /// By hand: means at 9 and 11, T = 1.01, W = 1.01 - 1 + ridge of 0.001 T, so that the discriminants are
  /// +-1 / W, the offsets -+10 / W.
  @Test func oneDimensionByHand() throws {
    let values: [Float] = [8.9, 9.1, 10.9, 11.1]
    let points = Matrix<Float>(rows: 4, columns: 1)
    for (row, value) in values.enumerated() { points[row, 0] = value }
    let found = discriminantMixture(points, clusters: 2, seed: 3)
    let within: Float = 0.01 + 0.00101
    let right = Int(found.assignment[3])
    #expect(found.assignment == [0, 0, 1, 1].map { $0 == 1 ? UInt32(right) : UInt32(1 - right) })
    #expect(abs(found.discriminants[right, 0] * within - 1) < 1e-3)
    #expect(abs(found.discriminants[1 - right, 0] * within + 1) < 1e-3)
    #expect(abs(found.offsets[right] * within + 10) < 1e-2)
    #expect(abs(found.weights[0] - 0.5) < 1e-6)
  }

  @Test func seedsDecideAndThreadsDoNot() {
    let before = Parallel.threads
    let found = [1, 2, 5].map { threads in
      Parallel.threads = threads
      return discriminantMixture(bars(), clusters: 4, seed: 9)
    }
    Parallel.threads = before
    for other in found.dropFirst() {
      #expect(other.discriminants.array == found[0].discriminants.array)
      #expect(other.offsets == found[0].offsets)
      #expect(other.logLikelihood == found[0].logLikelihood)
    }
  }

  @Test(arguments: [0, 1, 2, 7])
  func fewOrEqualPointsStayFinite(_ count: Int) {
    let points = Matrix<Float>(rows: count, columns: 4)
    points.fill(0.5)
    let found = discriminantMixture(points, clusters: 6, seed: 1)
    #expect(found.assignment.count == count)
    #expect(found.discriminants.array.allSatisfy { $0.isFinite })
    #expect(found.offsets.allSatisfy { $0.isFinite })
  }

  /// Uneven clusters, all longer along one axis.
  @Test(arguments: [1, 4]) func clustersAreCounted(_ clusters: Int) {
    let (n, d) = (360, 6)
    let points = Matrix<Float>(rows: n, columns: d)
    let ends = (1...clusters).map { n * $0 * ($0 + 1) / (clusters * (clusters + 1)) }
    for row in 0..<n {
      var random = RandomStream(seed: 11, stage: 1, index: UInt64(row))
      let own = ends.firstIndex { row < $0 } ?? 0
      for axis in 0..<d {
        points[row, axis] = Float((axis == 0 ? 4 : 1) * random.normal()) + (axis == own + 1 ? 6 : 0)
      }
    }
    let before = Parallel.threads
    for threads in [1, 2] {
      Parallel.threads = threads
      #expect(clusterCount(points, most: 12, seed: 4, starts: 1, iterations: 20) == clusters)
    }
    Parallel.threads = before
  }

  @Test func fewPointsAreOneCluster() {
    #expect(clusterCount(Matrix<Float>(rows: 40, columns: 3), seed: 1) == 1)
    #expect(clusterCount(Matrix<Float>(rows: 60, columns: 3), most: 5, seed: 1) == 1)
    #expect(clusterCount(Matrix<Float>(rows: 0, columns: 3), seed: 1) == 1)
  }
}
