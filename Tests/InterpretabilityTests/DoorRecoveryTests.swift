// Are planted doors found again whatever groups and factors are called?

import DenseMath
import Testing

@testable import Interpretability

@Suite struct DoorRecoveryTests {
  /// Of all ways to give each row a column of its own the best, against trying all.
  @Test(arguments: [(4, 4), (3, 5), (5, 3), (1, 1)]) func matchingsAreTheBest(
    _ rows: Int, _ columns: Int
  ) {
    func best(_ gains: Matrix<Double>, _ row: Int, _ taken: Set<Int>) -> Double {
      guard row < rows else { return 0 }
      let open = (0..<columns).filter { !taken.contains($0) }
      let own = open.map { gains[row, $0] + best(gains, row + 1, taken.union([$0])) }
      // A row is left over only where there are too many.
      let skipped = rows > columns ? best(gains, row + 1, taken) : -Double.infinity
      return max(own.max() ?? -.infinity, skipped)
    }
    for seed in 1...20 {
      var random = RandomStream(seed: UInt64(seed), stage: 1, index: 0)
      let gains = Matrix<Double>(
        rows: rows, columns: columns, (0..<rows * columns).map { _ in random.uniform() })
      let found = bestMatching(gains)
      let columnsUsed = found.compactMap { $0 }
      #expect(columnsUsed.count == min(rows, columns))
      #expect(Set(columnsUsed).count == columnsUsed.count)
      let sum = found.enumerated().reduce(0.0) { sum, pair in
        sum + (pair.element.map { gains[pair.offset, $0] } ?? 0)
      }
      #expect(abs(sum - best(gains, 0, [])) < 1e-9)
    }
  }

  /// A plan of three groups and four factors, of which two doors are closed.
  private func plan() -> DoorPlan {
    let doors = Matrix<Float>(rows: 3, columns: 4)
    doors.fill(1)
    (doors[0, 1], doors[2, 3]) = (0, 0)
    let items = Matrix<Float>(rows: 30, columns: 4)
    fillNormal(items, seed: 3, stage: 1, index: 0)
    return DoorPlan(doors: doors, items: items, groups: (0..<30).map { UInt32($0 % 3) })
  }

  @Test func namesDoNotMatter() {
    let planted = plan()
    // Groups and factors the other way round, factors of other signs and sizes, one that nothing was planted for.
    let (doors, items) = (Matrix<Float>(rows: 3, columns: 5), Matrix<Float>(rows: 30, columns: 5))
    for group in 0..<3 {
      for factor in 0..<4 { doors[2 - group, 4 - factor] = planted.doors[group, factor] }
    }
    for item in 0..<30 {
      for factor in 0..<4 { items[item, 4 - factor] = -3 * planted.items[item, factor] }
    }
    let groups = planted.groups.map { 2 - $0 }
    let found = DoorRecovery(planted, DoorPlan(doors: doors, items: items, groups: groups))
    #expect(found.pairs == 12 && found.planted == 2 && found.closed == 2 && found.both == 2)
    #expect(found.f1 == 1 && abs(found.likeness - 1) < 1e-6)
    // One of them open, another one closed: half of either is right.
    doors[2, 3] = 1
    doors[1, 4] = 0
    let half = DoorRecovery(planted, DoorPlan(doors: doors, items: items, groups: groups))
    #expect(half.precision == 0.5 && half.recall == 0.5 && half.f1 == 0.5)
    doors.fill(1)
    #expect(
      DoorRecovery(planted, DoorPlan(doors: doors, items: items, groups: groups)).f1 == 0)
  }
}
