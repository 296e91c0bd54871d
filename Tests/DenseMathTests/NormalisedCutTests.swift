// Does the normalised cut find groups that are long or bent, and end on input that has none?

import Glibc
import Support
import Testing

@testable import DenseMath

@Suite struct NormalisedCutTests {
  /// Points along arcs far longer than the gaps between them, in shuffled order, with the arc of each.
  private func arcs(_ count: Int, each: Int) -> (points: Matrix<Float>, arcs: [Int]) {
    let points = Matrix<Float>(rows: count * each, columns: 3)
    var random = RandomStream(seed: 3, stage: RandomStage.cutStart, index: 9)
    let order = random.permutation(count * each)
    for (place, row) in order.enumerated() {
      let (arc, step) = place.quotientAndRemainder(dividingBy: each)
      // Circles of latitude on the sphere, three quarters of the way round.
      let height = -0.8 + 1.6 * Double(arc) / Double(max(count - 1, 1))
      let angle = 1.5 * Double.pi * Double(step) / Double(each)
      let radius = (1 - height * height).squareRoot()
      points[row, 0] = Float(radius * cos(angle))
      points[row, 1] = Float(radius * sin(angle))
      points[row, 2] = Float(height)
    }
    var labels = [Int](repeating: 0, count: count * each)
    for (place, row) in order.enumerated() { labels[row] = place / each }
    return (points, labels)
  }

  @Test func longGroupsStayWhole() throws {
    let (points, arcs) = arcs(3, each: 120)
    let found = try #require(normalisedCut(points, groups: 3, neighbours: 6, seed: 1))
    for arc in 0..<3 {
      #expect(Set(arcs.indices.filter { arcs[$0] == arc }.map { found[$0] }).count == 1)
    }
    #expect(Set(found).count == 3)
    // Round groups of the same points cut them.
    let round = sphericalKMeans(points, clusters: 3, seed: 1, iterations: 50).assignment
    #expect(
      (0..<3).contains { arc in
        Set(arcs.indices.filter { arcs[$0] == arc }.map { round[$0] }).count > 1
      })
    #expect(found == normalisedCut(points, groups: 3, neighbours: 6, seed: 1))
  }

  @Test func whatHasNoGraphIsLeft() {
    #expect(normalisedCut(Matrix<Float>(rows: 3, columns: 2), groups: 3, seed: 1) == nil)
    #expect(normalisedCut(Matrix<Float>(rows: 9, columns: 2), groups: 1, seed: 1) == nil)
    // Points without direction, and points all alike.
    let zeros = normalisedCut(Matrix<Float>(rows: 30, columns: 2), groups: 4, seed: 1)
    #expect(zeros?.count ?? 30 == 30 && zeros?.allSatisfy { $0 < 4 } ?? true)
    let same = Matrix<Float>(rows: 30, columns: 2)
    same.fill(1)
    let alike = normalisedCut(same, groups: 4, seed: 1)
    #expect(alike?.count ?? 30 == 30 && alike?.allSatisfy { $0 < 4 } ?? true)
  }
}
