// Do closed-form models solve what they say they solve?

import DenseMath
import Support
import Testing

@testable import FactorModels
@testable import LinearModels

private let rows: SparseRows = {
  let lists = SmallData.twoTastes(users: 50, items: 12)
  return SparseRows(lists: lists, columnCount: 12)
}()

@Suite struct RegressionTests {
  init() throws { try BLAS.load() }

  /// The gradient of the loss that `ItemItemRegression` states is zero at its solution, off the diagonal.
  @Test(arguments: [(0.0, 0.0), (0.5, 0.0), (0.4, 0.5)])
  func theGradientVanishes(_ dropout: Double, _ userWeight: Double) throws {
    var regression = ItemItemRegression(lambda: 3)
    regression.dropout = dropout
    regression.userWeight = userWeight
    let weights = try regression.fit(rows)
    var gram = [[Double]](repeating: [Double](repeating: 0, count: 12), count: 12)
    for user in 0..<rows.rowCount {
      let items = rows.row(user)
      var weight = 1.0
      if userWeight == 0.5 { weight = 1 / Double(items.count).squareRoot() }
      for a in items { for b in items { gram[Int(a)][Int(b)] += weight } }
    }
    let trace = (0..<12).reduce(0) { $0 + gram[$1][$1] }
    let lambda = userWeight == 0 ? 3 : 3 * trace / Double(rows.count)
    for target in 0..<12 {
      for source in 0..<12 where source != target {
        var gradient = -gram[source][target]
        for other in 0..<12 {
          gradient += gram[source][other] * Double(weights[UInt32(other), UInt32(target)])
        }
        let ridge = lambda + dropout / (1 - dropout) * gram[source][source]
        gradient += ridge * Double(weights[UInt32(source), UInt32(target)])
        #expect(abs(gradient) < 1e-4)
      }
      #expect(weights[UInt32(target), UInt32(target)] == 0)
    }
  }

  /// Users without interactions change nothing but that there are more users than items, so that the inverse
  /// is one over items and not over users.
  @Test(arguments: [(0.0, 0.0), (0.5, 0.0), (0.4, 0.5)])
  func theInverseOverUsersIsTheOneOverItems(_ dropout: Double, _ userWeight: Double) throws {
    // More items than two blocks of columns hold.
    let (users, items) = (90, 289)
    let lists = (0..<users).map { user in
      (0..<items).filter { (user * 31 + $0 * $0 + user * $0) % 23 < 3 }.map { UInt32($0) }
    }
    let regression = ItemItemRegression(lambda: 3, dropout: dropout, userWeight: userWeight)
    let overUsers = try regression.fit(SparseRows(lists: lists, columnCount: items))
    let overItems = try regression.fit(
      SparseRows(lists: lists + [[UInt32]](repeating: [], count: items), columnCount: items))
    var largest: Float = 0
    for source in 0..<UInt32(items) {
      for target in 0..<UInt32(items) {
        largest = max(largest, abs(overItems[source, target]))
        #expect(abs(overItems[source, target] - overUsers[source, target]) < 1e-6)
      }
    }
    #expect(largest > 0.01)
  }

  /// With as many neighbours as there are items, and all items meeting, the sparse solution is the dense
  /// one.
  @Test func sparseMeetsDense() throws {
    let lists = (0..<60).map { user in
      (0..<12).filter { (user * 7 + $0 * $0 * 5 + user * $0) % 12 < 5 }.map { UInt32($0) }
    }
    let mixed = SparseRows(lists: lists, columnCount: 12)
    var regression = ItemItemRegression(lambda: 2, dropout: 0.3, userWeight: 0.5)
    let dense = try regression.fit(mixed)
    regression.neighbours = 11
    let sparse = try regression.fit(mixed)
    for source in 0..<12 as Range<UInt32> {
      for target in 0..<12 as Range<UInt32> {
        #expect(abs(dense[source, target] - sparse[source, target]) < 1e-5)
      }
    }
  }

  /// SLIM's weights satisfy the conditions of the minimum: the gradient is zero where a weight is
  /// positive and points outwards where it is zero.
  @Test func elasticNetIsAtItsMinimum() throws {
    var regression = ItemItemRegression(lambda: 2, neighbours: 11)
    regression.sparsity = 1.5
    let weights = try regression.fit(rows)
    var gram = [[Double]](repeating: [Double](repeating: 0, count: 12), count: 12)
    for user in 0..<rows.rowCount {
      for a in rows.row(user) { for b in rows.row(user) { gram[Int(a)][Int(b)] += 1 } }
    }
    var positive = 0
    for target in 0..<12 {
      for source in 0..<12 where source != target {
        let weight = Double(weights[UInt32(source), UInt32(target)])
        var gradient = 1.5 - gram[source][target] + 2 * weight
        for other in 0..<12 {
          gradient += gram[source][other] * Double(weights[UInt32(other), UInt32(target)])
        }
        #expect(weight >= 0)
        if weight > 0 { positive += 1 }
        #expect(weight > 0 ? abs(gradient) < 1e-2 : gradient > -1e-2)
      }
    }
    #expect(positive > 10)
  }

  /// A row's factors minimise the loss: central differences of it vanish.
  @Test func leastSquaresAreLeast() {
    let method = AlternatingLeastSquares(
      factors: 3, unobserved: 0.2, lambda: 0.3, exponent: 0.8, explainability: 0.7)
    let items = Matrix<Double>(rows: 12, columns: 3)
    fillNormal(items, seed: 4, stage: 1, index: 0)
    let user = rows.rows(at: [3])
    let pulls = user.columns.map { Float($0 % 3) / 2 }
    let found = Matrix<Double>(rows: 1, columns: 3)
    method.solve(user, pulls: pulls, given: items, method.shared(items), into: found)
    func loss(_ p: [Double]) -> Double {
      var sum = 0.0
      func dot(_ item: Int) -> Double { (0..<3).reduce(0) { $0 + p[$1] * items[item, $1] } }
      for item in 0..<12 { sum += 0.2 * dot(item) * dot(item) }
      for (place, item) in user.columns.enumerated() {
        sum += (1 - dot(Int(item))) * (1 - dot(Int(item)))
        for factor in 0..<3 {
          let gap = p[factor] - items[Int(item), factor]
          sum += 0.7 * Double(pulls[place]) * gap * gap
        }
      }
      // The weight a0 of observed pairs is part of the sum over all pairs.
      let ridge = 0.3 * power(Double(user.count) + 0.2 * 12, 0.8)
      return sum + ridge * p.reduce(0) { $0 + $1 * $1 }
    }
    let best = found.array
    for factor in 0..<3 {
      var (above, below) = (best, best)
      above[factor] += 1e-4
      below[factor] -= 1e-4
      #expect(abs(loss(above) - loss(below)) / 2e-4 < 1e-6)
    }
  }

  /// As many conjugate steps as there are factors lead to the solution, from any start, pulls included.
  @Test func conjugateStepsReachTheSolution() {
    var method = AlternatingLeastSquares(
      factors: 5, unobserved: 0.2, lambda: 0.3, exponent: 0.8, explainability: 0.7)
    method.conjugateSteps = 10
    let items = Matrix<Float>(rows: 12, columns: 5)
    fillNormal(items, seed: 4, stage: 1, index: 0)
    let pulls = rows.columns.map { Float($0 % 3) / 2 }
    for pulls in [nil, pulls] {
      let exact = Matrix<Float>(rows: rows.rowCount, columns: 5)
      let approached = Matrix<Float>(rows: rows.rowCount, columns: 5)
      fillNormal(approached, seed: 5, stage: 1, index: 0)
      let shared = method.shared(items)
      method.solve(rows, pulls: pulls, given: items, shared, into: exact)
      method.approach(rows, pulls: pulls, given: items, shared, approached)
      for (a, b) in zip(approached.array, exact.array) { #expect(abs(a - b) < 1e-4) }
    }
  }

  private func power(_ base: Double, _ exponent: Double) -> Double {
    var (low, high) = (0.0, base + 1)
    // x with x^5 = base^4, by bisection: exponent is 0.8.
    precondition(exponent == 0.8)
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if middle * middle * middle * middle * middle < base * base * base * base {
        low = middle
      } else {
        high = middle
      }
    }
    return low
  }
}
