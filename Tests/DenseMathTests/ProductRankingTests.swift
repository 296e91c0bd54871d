// Does ranking without all products find what ranking all of them finds?

import Glibc
import Testing

@testable import DenseMath

@Suite struct ProductRankingTests {
  /// Normal numbers with rows of very different lengths.
  private func factors(_ rows: Int, _ columns: Int, seed: UInt64, spread: Float) -> Matrix<Float> {
    let result = Matrix<Float>(rows: rows, columns: columns)
    fillNormal(result, seed: seed, stage: 1, index: 0)
    for row in 0..<rows { scale(result.row(row), by: 1 / (1 + spread * Float(row * 7 % rows))) }
    return result
  }

  /// Every product by the kernel that candidates are computed with, sorted.
  private func expected(
    _ user: UnsafeMutableBufferPointer<Float>, _ items: Matrix<Float>, without: Set<UInt32>,
    count: Int
  ) -> [Ranked<Float>] {
    let all = (0..<items.rows).filter { !without.contains(UInt32($0)) }
      .map { Ranked(index: UInt32($0), score: dot(user, items.row($0))) }
      .filter { !$0.score.isNaN }
    return Array(
      all.sorted { ($0.score, $1.index) > ($1.score, $0.index) }.prefix(count))
  }

  @Test(
    arguments: [
      (items: 2000, dimensions: 64, spread: Float(0)), (1999, 65, 0.01), (769, 1, 0.1),
      (3000, 400, 0.002), (50, 8, 0),
    ], [true, false])
  func findsWhatAllProductsSay(
    _ shape: (items: Int, dimensions: Int, spread: Float), _ rounds: Bool
  ) {
    let items = factors(shape.items, shape.dimensions, seed: 3, spread: shape.spread)
    let users = factors(150, shape.dimensions, seed: 4, spread: 0)
    let seen = SparseRows(
      offsets: (0...150).map { 5 * $0 },
      columns: (0..<150).flatMap { user in
        (0..<5).map { UInt32((user * 31 + $0 * 11) % shape.items) }.sorted()
      }, columnCount: shape.items)
    let ranking = ProductRanking(RankingFactors(items), rounds: rounds)
    for count in [1, 20, 100] {
      let lists = ranking.top(RankingFactors(users), leavingOut: seen, rows: 0..<150, count: count)
      let wrong = (0..<150).filter { user in
        lists[user]
          != expected(
            users.row(user), items, without: Set(seen.row(user)), count: count)
      }
      #expect(wrong.isEmpty, "\(shape), \(count) items")
    }
  }

  /// Groups' shares as InDGRM has them: some users like few groups, some items lie in one alone.
  @Test(arguments: [true, false])
  func findsWhatAllScoresWithSharesSay(_ rounds: Bool) {
    let (count, groups) = (2100, 18)
    let biases = Matrix<Float>(rows: 1, columns: count)
    fillNormal(biases, seed: 6, stage: 1, index: 0)
    scale(biases, by: 3)
    let (v, u) = (factors(count, 30, seed: 5, spread: 0), factors(90, 30, seed: 7, spread: 0))
    let (c, r) = (
      factors(count, groups, seed: 8, spread: 0), factors(90, groups, seed: 9, spread: 0)
    )
    scale(c, by: 4)
    softmaxRows(c)
    scale(r, by: 3)
    for index in r.buffer.indices { r.pointer[index] = exp(r.pointer[index]) }
    for group in 0..<groups { c[11, group] = group == 3 ? 1 : 0 }
    let (items, users) = (
      RankingFactors(items: v, biases: biases, shares: c),
      RankingFactors(users: u, scale: 0.5, shares: r)
    )
    let ranking = ProductRanking(items, rounds: rounds)
    for wanted in [1, 100] {
      let lists = ranking.top(users, leavingOut: nil, rows: 0..<90, count: wanted)
      let wrong = (0..<90).filter { user in
        let all = (0..<count).map { item in
          Ranked(
            index: UInt32(item),
            score: dot(users.factors.row(user), items.factors.row(item))
              + log(dot(r.row(user), c.row(item)) + RankingFactors.leastShare))
        }
        let best = all.sorted { ($0.score, $1.index) > ($1.score, $0.index) }.prefix(wanted)
        return lists[user] != Array(best)
      }
      #expect(wrong.isEmpty, "\(wanted) items")
    }
  }

  @Test func biasesSurviveRounding() {
    let vectors = Matrix<Float>(rows: 3, columns: 2, [1, 2, 3, 4, 5, 6])
    let biases = Matrix<Float>(rows: 1, columns: 3, [0.1, -7.3, 1e-4])
    let items = RankingFactors(items: vectors, biases: biases)
    let users = RankingFactors(users: Matrix<Float>(rows: 1, columns: 2, [1, -1]), scale: 2)
    #expect(users.factors.array == [2, -2, 1, 1])
    for item in 0..<3 {
      #expect(items.bias(item) == biases[0, item])
      #expect(Array(items.vector(item)) == Array(vectors.row(item)))
      #expect(items.factors[item, 2].bitPattern & 0xFFFF == 0)
      #expect(abs(items.factors[item, 3]) <= abs(biases[0, item]) * 0x1p-8)
    }
  }

  @Test func scoresThatRoundingCannotTellApart() {
    // Neighbours differ in the last bits alone, far below what bfloat16 holds.
    let items = Matrix<Float>(rows: 1600, columns: 32)
    for row in 0..<1600 {
      let length = Float(1) + Float((row * 389) % 1600) * Float(0x1p-20)
      for index in items.row(row).indices { items[row, index] = length }
    }
    let users = Matrix<Float>(rows: 2, columns: 32)
    users.fill(0.7)
    let lists = ProductRanking(RankingFactors(items)).top(
      RankingFactors(users), leavingOut: nil, rows: 0..<2, count: 30)
    let wanted = expected(users.row(0), items, without: [], count: 30)
    #expect(lists[0] == wanted)
    #expect(lists[1] == lists[0])
  }

  @Test func equalScoresRankByIndex() {
    let items = Matrix<Float>(rows: 900, columns: 4)
    items.fill(0.5)
    let users = Matrix<Float>(rows: 1, columns: 4)
    users.fill(1)
    let list = ProductRanking(RankingFactors(items)).top(
      RankingFactors(users), leavingOut: nil, rows: 0..<1, count: 40)[0]
    let found = list.map { Int($0.index) }
    #expect(found == Array(0..<40))
  }

  @Test func whatIsNotAllowedOrNotANumberNeverRanks() {
    let items = factors(300, 8, seed: 9, spread: 0)
    items[17, 3] = .nan
    items[18, 2] = .infinity
    let users = factors(3, 8, seed: 10, spread: 0)
    users[1, 0] = .nan
    let allowed = (0..<300).map { $0 % 2 == 0 }
    let lists = ProductRanking(RankingFactors(items), allowed: allowed)
      .top(RankingFactors(users), leavingOut: nil, rows: 0..<3, count: 1000)
    var hidden: Set<UInt32> = [18]
    for item in stride(from: 1, to: 300, by: 2) { hidden.insert(UInt32(item)) }
    let wanted = expected(users.row(0), items, without: hidden, count: 1000)
    #expect(lists[0] == wanted)
    #expect(lists[0].count == 149)
    #expect(lists[1].isEmpty)
    #expect(lists[2].count == 149)
    let none = ProductRanking(RankingFactors(items), allowed: [Bool](repeating: false, count: 300))
    let empty = none.top(RankingFactors(users), leavingOut: nil, rows: 0..<3, count: 5)
    #expect(empty.map(\.count) == [0, 0, 0])
  }
}
