// Are items fitted to the factors that may speak of them by what the criterion says?

import DenseMath
import Support
import Testing

@testable import InDGRMModel

@Suite struct PassingItemTests {
  /// Directions of 30 users along five factors, and of eight items.
  private static let drawn: (users: Matrix<Float>, items: Matrix<Float>) = {
    let (users, items) = (Matrix<Float>(rows: 30, columns: 5), Matrix<Float>(rows: 8, columns: 5))
    fillNormal(users, seed: 3, stage: 1, index: 0)
    fillNormal(items, seed: 3, stage: 1, index: 1)
    for matrix in [users, items] {
      let lengths = Matrix<Float>(rows: 1, columns: matrix.rows)
      let unit = Matrix<Float>(rows: matrix.rows, columns: 5)
      normaliseRows(matrix, into: unit, norms: lengths)
      matrix.copy(from: unit)
    }
    return (users, items)
  }()
  private let users = drawn.users
  private let items = drawn.items

  /// Every user has the three items of their number first.
  private var passing: PassingItems {
    let lists = (0..<30).map { user in
      (0..<3).map { Ranked<Float>(index: UInt32((user + 3 * $0) % 8), score: 0) }
    }
    return PassingItems(users: users, lists: lists, items: items, usesCosine: true)
  }

  /// sum_i w_ij (u_i . h_j - u'_i . v)^2 + ridge |v - h_j|^2, by the letter.
  private func loss(_ item: Int, _ vector: [Double], alive: [Bool]) -> Double {
    var sum = 0.0
    for user in 0..<30 {
      let reads = (0..<3).contains { (user + 3 * $0) % 8 == item }
      let own = (0..<5).map { alive[$0] ? Double(users[user, $0]) : 0 }
      let length = own.reduce(0) { $0 + $1 * $1 }.squareRoot()
      var gap = 0.0
      for axis in 0..<5 {
        gap +=
          Double(users[user, axis]) * Double(items[item, axis]) - own[axis] / length * vector[axis]
      }
      sum += (reads ? 1 : 0.02) * gap * gap
    }
    for axis in 0..<5 {
      let gap = vector[axis] - Double(items[item, axis])
      sum += 1e-3 * gap * gap
    }
    return sum
  }

  @Test func withEveryWayOpenNothingChanges() {
    let vectors = Matrix<Float>(rows: 8, columns: 5)
    #expect(passing.fit(into: vectors) { _, _ in true } == [true, true, true, true, true])
    #expect(zip(vectors.buffer, items.buffer).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  /// No small step along an open factor lowers the criterion; closed ones are zero.
  @Test(arguments: [false, true]) func theCriterionIsLeast(_ closesAll: Bool) {
    let vectors = Matrix<Float>(rows: 8, columns: 5)
    func isOpen(_ item: Int, _ factor: Int) -> Bool {
      factor == 0 || (item + factor) % 2 == 0 && !(closesAll && factor == 3)
    }
    let alive = passing.fit(into: vectors, isOpen: isOpen)
    #expect(alive == [true, true, true, !closesAll, true])
    for item in 0..<8 {
      let found = vectors.row(item).map(Double.init)
      let least = loss(item, found, alive: alive)
      for factor in 0..<5 {
        #expect(isOpen(item, factor) || found[factor] == 0)
        guard isOpen(item, factor) else { continue }
        for step in [-1e-3, 1e-3] {
          var other = found
          other[factor] += step
          #expect(loss(item, other, alive: alive) > least)
        }
      }
    }
  }
}
