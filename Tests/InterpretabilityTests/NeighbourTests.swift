// Are neighbours those of highest cosine, and explainable items those with a neighbour in the history?

import DenseMath
import Testing

@testable import Interpretability

@Suite struct NeighbourTests {
  /// Random interactions.
  static func users(_ count: Int, items: Int, density: Double, seed: UInt64) -> SparseRows {
    var random = RandomStream(seed: seed, stage: 2, index: 0)
    var offsets = [0]
    var columns: [UInt32] = []
    for _ in 0..<count {
      for item in 0..<items where random.uniform() < density { columns.append(UInt32(item)) }
      offsets.append(columns.count)
    }
    return SparseRows(offsets: offsets, columns: columns, columnCount: items)
  }

  @Test func byHand() {
    // Users {0 1}, {0 1 2}, {2 3}, {4}: cosines 0-1 1, 0-2 1/2, 1-2 1/2, 2-3 1/sqrt 2, 4 alone.
    let rows = SparseRows(
      offsets: [0, 2, 5, 7, 8], columns: [0, 1, 0, 1, 2, 2, 3, 4], columnCount: 6)
    let nearest = NearestItems(rows, count: 2)
    let lists = (0..<6).map { Array(nearest.lists.row($0)) }
    #expect(lists == [[1, 2], [0, 2], [3, 0], [2], [], []])
    // With 0 in the history: item 1 has 1 of 2, item 2 has 1 of 2, item 0 itself does not count.
    #expect(nearest.explainable(by: [0], above: 0.01) == [1, 2])
    #expect(nearest.explainable(by: [0], above: 0.5) == [])
    #expect(nearest.explainable(by: [0, 2], above: 0.5) == [1, 3])
    #expect(nearest.explainable(by: [4, 5], above: 0) == [])
  }

  @Test(arguments: [1, 3, 50]) func equalsBruteForce(_ count: Int) {
    let rows = Self.users(60, items: 40, density: 0.12, seed: 7)
    let nearest = NearestItems(rows, count: count)
    let owners = (0..<40).map { item in
      Set((0..<60).filter { rows.row($0).contains(UInt32(item)) })
    }
    for item in 0..<40 {
      // Squared cosines as exact fractions, compared by cross-multiplication.
      let ranked = (0..<40).filter { $0 != item && !owners[item].isDisjoint(with: owners[$0]) }
        .sorted { a, b in
          let (x, y) = (
            owners[item].intersection(owners[a]).count, owners[item].intersection(owners[b]).count
          )
          let (left, right) = (x * x * owners[b].count, y * y * owners[a].count)
          return left != right ? left > right : a < b
        }
      #expect(Array(nearest.lists.row(item)) == ranked.prefix(count).map { UInt32($0) })
    }
    for history in [[0, 5, 9], [1], [2, 3, 4, 30, 31]] as [[UInt32]] {
      let expected = (0..<40).map { UInt32($0) }.filter { item in
        let list = nearest.lists.row(Int(item))
        let common = list.filter(history.contains).count
        return !history.contains(item) && Double(common) > 0.1 * Double(list.count)
      }
      #expect(nearest.explainable(by: history, above: 0.1) == expected)
    }
  }

  @Test func theNumberOfThreadsDoesNotMatter() {
    let rows = Self.users(200, items: 90, density: 0.1, seed: 9)
    let before = Parallel.threads
    defer { Parallel.threads = before }
    Parallel.threads = 1
    let one = NearestItems(rows, count: 10).lists.columns
    Parallel.threads = 4
    #expect(NearestItems(rows, count: 10).lists.columns == one)
  }
}
