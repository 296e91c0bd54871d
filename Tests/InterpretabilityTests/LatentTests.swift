// Do independence and disentanglement tell planted representations from mixed-up ones?

import DenseMath
import Testing

@testable import Interpretability

@Suite struct LatentTests {
  private static func normal(_ rows: Int, _ columns: Int, seed: UInt64 = 3) -> Matrix<Float> {
    let matrix = Matrix<Float>(rows: rows, columns: columns)
    fillNormal(matrix, seed: seed, stage: 9, index: 0)
    return matrix
  }

  @Test func independenceByHand() {
    // Columns (1, 2, 3), (1, 2, 3) and (1, 0, 1), and one that never varies.
    let values = Matrix<Float>(rows: 3, columns: 4, [1, 1, 1, 5, 2, 2, 0, 5, 3, 3, 1, 5])
    let found = Independence(values)
    #expect(found.dimensions == 3 && found.constant == 1)
    // Cosines 1 and twice 4 / sqrt(14 x 2); Pearson 1 and twice 0.
    let cosine = 1 - (1 + 2 * 4 / 28.0.squareRoot()) / 3
    #expect(abs(found.cosine - cosine) < 1e-12)
    #expect(abs(found.pearson - 2.0 / 3) < 1e-12)
    let pruned = Independence(values, active: [true, false, true, true])
    #expect(pruned.dimensions == 2 && abs(pruned.pearson - 1) < 1e-12)
  }

  @Test func independenceOfIndependentColumnsIsNearOne() {
    let found = Independence(Self.normal(4000, 12))
    #expect(found.cosine > 0.98 && found.pearson > 0.98)
  }

  @Test func aPerfectModelIsDisentangled() throws {
    let found = try #require(
      DisentanglementPlan().score(Self.normal(400, 8)) { made, _, _ in made })
    #expect(found.accuracy == 1 && found.standardError == 0)
    #expect(found.features == 8 && found.chance == 1.0 / 8)
    #expect(found.votesJudged == 80 && found.votesLearnt == 80)
  }

  /// Another order and scale of features is no less disentangled.
  @Test func permutedFeaturesAreDisentangled() throws {
    let sources = Self.normal(400, 6)
    let found = try #require(
      DisentanglementPlan().score(sources) { made, _, _ in
        let turned = Matrix<Float>(rows: made.rows, columns: 6)
        for row in 0..<made.rows {
          for column in 0..<6 { turned[row, (column + 2) % 6] = 3 * made[row, column] }
        }
        return turned
      })
    #expect(found.accuracy == 1)
  }

  @Test func noiseIsAtChance() throws {
    var plan = DisentanglementPlan()
    plan.votes = 100
    var calls: UInt64 = 0
    let found = try #require(
      plan.score(Self.normal(400, 10)) { made, _, _ in
        calls += 1
        return Self.normal(made.rows, 10, seed: 1000 + calls)
      })
    #expect(found.chance == 0.1)
    #expect(abs(found.accuracy - 0.1) < 4 * (0.09 / 1000).squareRoot())
  }

  /// Features that all mix into one another are told worse than separate ones, better than by chance.
  @Test func mixedFeaturesAreInBetween() throws {
    var plan = DisentanglementPlan()
    plan.votes = 40
    plan.draws = 12
    let found = try #require(
      plan.score(Self.normal(400, 8)) { made, _, first in
        let noisy = Matrix<Float>(rows: made.rows, columns: 8)
        let noise = Self.normal(made.rows, 8, seed: UInt64(first) + 5)
        for index in 0..<made.count {
          noisy.pointer[index] = made.pointer[index] + noise.pointer[index]
        }
        return noisy
      })
    #expect(found.accuracy > 0.3 && found.accuracy < 0.95)
  }

  @Test func prunedFeaturesAreNoTargets() throws {
    let active = [true, false, true, true, false]
    let sources = Self.normal(300, 5)
    let found = try #require(
      DisentanglementPlan().score(sources, active: active) { made, began, _ in
        for row in 0..<made.rows {
          #expect(made[row, 1] == sources[began[row], 1])
          // A pruned feature that never varies must not draw the votes.
          made[row, 4] = 0
        }
        return made
      })
    #expect(found.features == 3 && found.accuracy == 1)
    #expect(
      DisentanglementPlan().score(sources, active: [true] + active.dropFirst().map { _ in false }) {
        made, _, _ in made
      } == nil)
  }
}
