// Is a fitted model the same in its canonical basis, and one that can be read?

import DenseMath
import Support
import Testing

@testable import FactorModels
@testable import Fitting
@testable import InDGRMModel
@testable import Recommending

@Suite struct BasisTests {
  /// Users of two tastes and what all of them like.
  private let data = TrainingData(
    rows: SparseRows(lists: SmallData.twoTastes(users: 60), columnCount: 12), seed: 7)

  private func network(_ words: [String]) throws -> InDGRM {
    let settings = try ModelSettings(
      ["width=12", "clusters=2", "groups=3"]
        + (words.contains("latent=10") ? [] : ["latent=6", "epochs=8"]) + words,
      for: InDGRMFamily.self)
    let model = try #require(
      try InDGRMFamily.fit(data, settings, TrainingMonitor()).model as? InDGRM)
    return model
  }

  private func scores(_ model: InDGRM) -> Matrix<Float> {
    let scores = Matrix<Float>(rows: data.rows.rowCount, columns: 12)
    model.score(data.rows, rows: 0..<data.rows.rowCount, into: scores)
    return scores
  }

  /// With nothing left out scores are what they were, whatever is switched on.
  @Test(arguments: [
    [], ["item-groups=off"], ["group-parts=on"], ["item-features=on"], ["ard=on"],
    ["similarity=inner-product"],
  ])
  func scoresDoNotChange(_ words: [String]) throws {
    let model = try network(words + ["factor-loss=0", "closed-doors=0"])
    let before = scores(model)
    #expect(model.canonicalise(turned(model)))
    let after = scores(model)
    for (old, new) in zip(before.buffer, after.buffer) {
      #expect(abs(old - new) <= 2e-4 * max(1, abs(old)), "\(words): \(old) became \(new)")
    }
  }

  /// Other users than those the fit took its basis from, so that the basis changes.
  private func turned(_ model: InDGRM) -> TrainingData {
    TrainingData(rows: data.rows.rows(at: Array(0..<20)), seed: 7)
  }

  /// Factors of least squares too: users do not correlate along two of them, and scores are what folding in gives.
  @Test func factorisationsHaveTheBasis() throws {
    let settings = try ModelSettings(["factors=5", "epochs=6"], for: ImplicitALS.self)
    let fitted = try ImplicitALS.fit(data, settings, TrainingMonitor())
    let model = try #require(fitted.model as? FactorModel)
    #expect(model.settings["basis"]?.string == "canonical")
    let users = model.userFactors(data.rows, rows: 0..<60).factors
    let unit = Matrix<Float>(rows: 60, columns: 5)
    normaliseRows(users, into: unit, norms: Matrix<Float>(rows: 1, columns: 60))
    let means = (0..<5).map { axis in (0..<60).reduce(0) { $0 + Double(unit[$1, axis]) } / 60 }
    #expect(means[0] > 0.1 && means.dropFirst().allSatisfy { abs($0) < 1e-5 })
    for first in 1..<5 {
      for second in 1..<first {
        let product = (0..<60).reduce(0.0) { $0 + Double(unit[$1, first] * unit[$1, second]) }
        #expect(abs(product) < 1e-3)
      }
    }
    // Another rotation of the same factors ranks alike.
    let turned = Matrix<Float>(rows: 12, columns: 5, model.items.array)
    try #require(CanonicalBasis(users: users)).turn(turned)
    let method = AlternatingLeastSquares(model.settings, factors: 5)
    let other = FactorModel(turned, method, neighbours: nil, settings: model.settings)
    let (own, same) = (
      Matrix<Float>(rows: 60, columns: 12), Matrix<Float>(rows: 60, columns: 12)
    )
    model.score(data.rows, rows: 0..<60, into: own)
    other.score(data.rows, rows: 0..<60, into: same)
    #expect(zip(own.buffer, same.buffer).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  @Test func basesAreOrthogonalOrderedAndSigned() throws {
    let users = Matrix<Float>(rows: 40, columns: 5)
    fillNormal(users, seed: 3, stage: 1, index: 0)
    for row in 0..<40 { users[row, 2] += 2 }
    normaliseRows(users, into: users, norms: Matrix<Float>(rows: 1, columns: 40))
    let basis = try #require(CanonicalBasis(users: users))
    for first in 0..<5 {
      for second in 0..<5 {
        var product = 0.0
        for row in 0..<5 { product += basis.rotation[row, first] * basis.rotation[row, second] }
        #expect(abs(product - (first == second ? 1 : 0)) < 1e-9)
      }
    }
    basis.turn(users)
    var own: [Double] = []
    for axis in 0..<5 {
      let values = (0..<40).map { Double(users[$0, axis]) }
      let mean = values.reduce(0, +) / 40
      // The mean lies along the first axis alone.
      #expect(axis == 0 ? mean > 0.5 : abs(mean) < 1e-6)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 40
      guard axis > 0 else { continue }
      own.append(variance)
      #expect(values.reduce(0) { $0 + $1 * $1 * $1 } >= -1e-9)
    }
    #expect(own == own.sorted(by: >))
  }

  /// Loadings on one axis each are found again after any rotation of the axes, by an orthogonal one.
  @Test func simpleStructureIsFound() throws {
    let (planted, mixed) = (
      Matrix<Double>(rows: 60, columns: 4), Matrix<Double>(rows: 60, columns: 4)
    )
    for row in 0..<60 { planted[row, row % 4] = 1 + Double(row % 7) / 7 }
    let random = Matrix<Float>(rows: 40, columns: 4)
    fillNormal(random, seed: 5, stage: 1, index: 0)
    let turn = try #require(CanonicalBasis(users: random)).rotation
    multiply(planted, turn, into: mixed)
    #expect((0..<60).contains { mixed.row($0).count { abs($0) > 0.2 } > 1 })
    let rotation = try #require(varimax(mixed))
    for first in 0..<4 {
      for second in 0..<4 {
        let product = (0..<4).reduce(0) { $0 + rotation[$1, first] * rotation[$1, second] }
        #expect(abs(product - (first == second ? 1 : 0)) < 1e-9)
      }
    }
    let found = Matrix<Double>(rows: 60, columns: 4)
    multiply(mixed, rotation, into: found)
    for row in 0..<60 { #expect(found.row(row).count { abs($0) > 1e-4 } == 1) }
    let broken = Matrix<Double>(rows: 1, columns: 2, [.nan, 1])
    #expect(varimax(broken) == nil)
  }

  /// Loadings that prefer no axes leave it to the pairs: products of one part each are found again.
  @Test func pairsAreTurnedToFewParts() throws {
    let planted = Matrix<Double>(rows: 80, columns: 3)
    for row in 0..<80 { planted[row, row % 3] = 1 + Double(row % 5) / 5 }
    let random = Matrix<Float>(rows: 40, columns: 3)
    fillNormal(random, seed: 5, stage: 1, index: 0)
    let turn = try #require(CanonicalBasis(users: random)).rotation
    let mixed = Matrix<Double>(rows: 80, columns: 3)
    multiply(planted, turn, into: mixed)
    let loadings = Matrix<Float>(rows: 400, columns: 3)
    fillNormal(loadings, seed: 6, stage: 1, index: 0)
    let found = Matrix<Double>(rows: 80, columns: 3)
    func parts(_ rotation: Matrix<Double>) -> Double {
      multiply(mixed, rotation, into: found)
      return found.buffer.reduce(0) { $0 + $1 * $1 * $1 * $1 }
    }
    let alone = try #require(varimax(loadings.doubles))
    let both = try #require(
      varimax(loadings.doubles, pairs: ProductPairs(left: mixed, right: mixed), weight: 100))
    let most = planted.buffer.reduce(0) { $0 + $1 * $1 * $1 * $1 }
    #expect(parts(alone) < 0.9 * most)
    #expect(parts(both) > 0.99 * most && parts(both) < 1.0001 * most)
    for first in 0..<3 {
      for second in 0..<3 {
        let product = (0..<3).reduce(0) { $0 + both[$1, first] * both[$1, second] }
        #expect(abs(product - (first == second ? 1 : 0)) < 1e-9)
      }
    }
    let broken = Matrix<Double>(rows: 1, columns: 3, [.nan, 1, 1])
    #expect(
      varimax(loadings.doubles, pairs: ProductPairs(left: broken, right: broken)) == nil)
  }

  /// Some axes turned among themselves: the others stay, all are ordered by variance and signed again.
  @Test func axesAreTurnedAmongThemselves() throws {
    let users = Matrix<Float>(rows: 50, columns: 5)
    fillNormal(users, seed: 9, stage: 1, index: 0)
    try #require(CanonicalBasis(users: users)).turn(users)
    let half = 0.5.squareRoot()
    let turn = Matrix<Double>(rows: 2, columns: 2, [half, half, -half, half])
    let basis = CanonicalBasis(turning: [1, 4], by: turn, users: users)
    let turned = Matrix<Float>(rows: 50, columns: 5, users.array)
    basis.turn(turned)
    #expect((0..<50).allSatisfy { turned[$0, 0] == users[$0, 0] })
    func moments(_ axis: Int, _ power: Int) -> Double {
      (0..<50).reduce(0) { sum, row in
        (0..<power).reduce(1) { value, _ in value * Double(turned[row, axis]) } + sum
      }
    }
    let squares = (1..<5).map { moments($0, 2) }
    #expect(squares == squares.sorted(by: >) && (1..<5).allSatisfy { moments($0, 3) >= -1e-6 })
    for row in 0..<50 {
      let (before, after) = (
        (0..<5).reduce(0) { $0 + users[row, $1] * users[row, $1] },
        (0..<5).reduce(0) { $0 + turned[row, $1] * turned[row, $1] }
      )
      #expect(abs(before - after) < 1e-4)
    }
  }

  /// Where users differ along few axes, few are kept, and what is left out is zero.
  @Test func axesThatSayNothingAreLeftOut() throws {
    let model = try network(["latent=10", "epochs=60", "factor-loss=0.05", "closed-doors=0"])
    let kept = model.keptDimensions
    #expect(kept.allSatisfy { $0[0] && $0.contains(false) }, "\(kept)")
    let seen = model.represent(data.rows)
    for axis in 0..<10 where kept.allSatisfy({ !$0[axis] }) {
      #expect((0..<seen.points.rows).allSatisfy { seen.points[$0, axis] == 0 })
    }
  }
}
