// Do scores fall faster in the order of exact explanations, and are areas what they are by hand?

import DenseMath
import Testing

@testable import Interpretability

@Suite struct FidelityTests {
  /// A linear model's scores: item l of a history adds weights[l, j] to item j.
  private static func score(_ weights: Matrix<Float>) -> (SparseRows, Matrix<Float>) -> Void {
    { rows, scores in
      for row in 0..<rows.rowCount {
        let target = scores.row(row)
        target.update(repeating: 0)
        for own in rows.row(row) {
          for item in 0..<weights.columns { target[item] += weights[Int(own), item] }
        }
      }
    }
  }

  @Test func oneUserByHand() throws {
    // Own items 0 and 1 add 3 and 1 to item 2; item 3 has 2 from item 1 alone.
    let weights = Matrix<Float>(
      rows: 4, columns: 4, [0, 0, 3, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0])
    var plan = FidelityPlan()
    plan.steps = 2
    plan.orders = 200
    let found = try #require(
      plan.measure(
        [FidelityCase(target: 2, order: [0, 1])], itemCount: 4, score: Self.score(weights)))
    // Scores 4, 1, 0 by deletion and 0, 3, 4 by insertion, in units of 4.
    #expect(found.fall == 4 && found.cases == 1 && found.orders == 200)
    #expect(found.score.deletion.explained == [1, 0.25, 0])
    #expect(found.score.insertion.explained == [0, 0.75, 1])
    #expect(abs(found.score.deletion.explainedArea - (1.25 - 0.5) / 2) < 1e-12)
    // Random orders: 1 or 3 left in the middle, 2 on average.
    #expect(abs(found.score.deletion.random[1] - 0.5) < 0.06)
    #expect(found.score.deletion.share == 1 && found.score.insertion.share == 1)
    // Ranks among items 2 and 3: first, second (1 against 2), tied at 1.5.
    let gains = found.gain.deletion.explained
    #expect(gains[0] == 1)
    #expect(abs(gains[1] - 1 / 1.584962500721156) < 1e-12)
    #expect(abs(gains[2] - 1 / 1.3219280948873624) < 1e-12)
  }

  @Test func exactContributionsBeatRandomOrdersForEveryUser() throws {
    let items = 60
    let weights = Matrix<Float>(rows: items, columns: items)
    fillNormal(weights, seed: 4, stage: 4, index: 0)
    for index in 0..<weights.count { weights.pointer[index] += 0.2 }
    var random = RandomStream(seed: 4, stage: 5, index: 0)
    let cases = (0..<50).map { _ in
      let own = random.permutation(items).prefix(5 + random.below(20)).map { UInt32($0) }
      let target = (0..<items).map { UInt32($0) }.first { !own.contains($0) } ?? 0
      return FidelityCase(
        target: target,
        order: own.sorted { weights[Int($0), Int(target)] > weights[Int($1), Int(target)] })
    }
    let plan = FidelityPlan()
    let found = try #require(
      plan.measure(cases, itemCount: items, score: Self.score(weights)))
    #expect(found.score.deletion.share == 1 && found.score.insertion.share == 1)
    #expect(found.score.deletion.explainedArea < found.score.deletion.randomArea)
    #expect(found.score.insertion.explainedArea > found.score.insertion.randomArea)
    #expect(found.gain.deletion.share > 0.9)
    // Reversed explanations are as bad as these are good.
    let reversed = cases.map { FidelityCase(target: $0.target, order: $0.order.reversed()) }
    let worst = try #require(
      plan.measure(reversed, itemCount: items, score: Self.score(weights)))
    #expect(worst.score.deletion.share == 0 && worst.score.insertion.share == 0)
    #expect(plan.measure([], itemCount: items, score: Self.score(weights)) == nil)
  }

  /// How many histories are scored at once changes nothing.
  @Test func blocksDoNotMatter() throws {
    let weights = Matrix<Float>(rows: 20, columns: 20)
    fillNormal(weights, seed: 6, stage: 4, index: 0)
    let cases = (0..<9).map { FidelityCase(target: UInt32($0), order: [12, 15, 11, 18, 19, 17]) }
    var plan = FidelityPlan()
    let whole = plan.measure(cases, itemCount: 20, score: Self.score(weights))
    plan.block = 1
    #expect(plan.measure(cases, itemCount: 20, score: Self.score(weights)) == whole)
  }

  @Test func boundsByHand() {
    var error = ReconstructionError(items: 3)
    // x = (1, 0, 0) with (0.5, 0.25, 0); x = (0, 0, 1) with (0, 0, 1).
    for (estimates, own) in [([0.5, 0.25, 0], [0]), ([0, 0, 1], [2])] as [([Float], [UInt32])] {
      var values = estimates
      values.withUnsafeMutableBufferPointer { error.add($0, own) }
    }
    #expect(error.users == 2 && error.interactions == 2)
    #expect(abs(error.squares - 0.3125) < 1e-12 && error.largest == 0.25)
    #expect(abs(error.mean - 0.3125 / 6) < 1e-12 && abs(error.density - 1.0 / 3) < 1e-12)
    let bounds = GeneralisationBounds(error, clusters: 2, groups: 1, confidence: 0.95)
    // sqrt(log 0.05 / -12) 0.25 = 0.12491..., 4 sqrt(7/3 x 2 x 2 / (1/3)) + 4 = 25.1660..., over sqrt 6.
    #expect(abs(bounds.slack - 0.1249111) < 1e-6)
    #expect(abs(bounds.expectedError - 0.3125 / 6 - bounds.slack) < 1e-15)
    #expect(abs(bounds.rootError - 25.16601049 / 6.0.squareRoot()) < 1e-6)
    #expect(abs(bounds.provenRootError - (4 * 56.0.squareRoot() + 4) / 6.0.squareRoot()) < 1e-9)
    #expect(abs(bounds.componentConfidence - (1 - 1.0 / 1728)) < 1e-12)
  }
}
