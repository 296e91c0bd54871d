// Are intra-list diversity and calibration what their definitions say?

import Glibc
import Testing

@testable import RankingMetrics

@Suite struct LikenessTests {
  /// Items 0 and 1 are of category 0, item 2 of both, item 3 of category 1, item 4 of none.
  private static let categories: [[UInt32]] = [[0], [0], [1, 0, 1], [1], []]
  private static let weights: [UInt32] = [2, 1, 2, 4, 7]

  private static func evaluate(
    _ features: ItemFeatures, _ lists: [(ranking: [UInt32], history: [UInt32])], cutoffs: [Int]
  ) throws -> RankingEvaluation {
    var options = MetricsOptions()
    options.cutoffs = cutoffs
    options.metrics = Metric.likeness
    let accumulator = try RankingAccumulator(
      options: options,
      catalogue: Catalogue(itemCount: 5, trainingCounts: weights, features: features))
    for (user, list) in lists.enumerated() {
      try accumulator.add(
        user: UInt32(user), ranking: list.ranking, truth: [0], foldInCount: list.history.count,
        history: list.history)
    }
    return try accumulator.finish()
  }

  @Test func diversityByHand() throws {
    let features = ItemFeatures(categories: Self.categories, count: 2, weights: Self.weights)
    let found = try Self.evaluate(
      features, [([0, 1, 2, 3, 4], [0]), ([4], [0]), ([], [0])], cutoffs: [1, 2, 3, 4, 5])
    func values(_ n: Int) -> [Double] { found.userValues(.diversity, at: n)?.values ?? [] }
    let half = 0.5.squareRoot()
    // Pairs 01: 1; 02, 12, 23: the root of a half; all others 0.
    let expected = [0, 0, 1 - (1 + 2 * half) / 3, 1 - (1 + 3 * half) / 6, 1 - (1 + 3 * half) / 10]
    for (n, value) in zip(1...5, expected) {
      #expect(close(values(n)[0], value), "\(n)")
      #expect(values(n)[1] == 0 && values(n)[2] == 0)
    }
    // The list is the same whatever part of the truth is looked at.
    #expect(found.report.row(.diversity, at: 5, group: "items-0-5") != nil)
  }

  @Test func diversityByVectors() throws {
    let vectors: [[Float]] = [[2, 0], [0, 3], [-1, 0], [1, 1], []]
    let features = ItemFeatures(vectors: vectors, beside: nil)
    #expect(!features.hasCategories)
    let found = try Self.evaluate(features, [([0, 1, 2, 4], [])], cutoffs: [2, 3, 4])
    #expect(close(found.userValues(.diversity, at: 2)?.values[0], 1))
    #expect(close(found.userValues(.diversity, at: 3)?.values[0], 1 + 1.0 / 3))
    #expect(close(found.userValues(.diversity, at: 4)?.values[0], 1 + 1.0 / 6))
  }

  @Test func calibrationByHand() throws {
    let features = ItemFeatures(categories: Self.categories, count: 2, weights: Self.weights)
    let found = try Self.evaluate(
      features,
      [([0, 3], [0, 2]), ([2], [0, 3]), ([3], [0, 1]), ([4], [3]), ([0, 3], [4])], cutoffs: [1, 2])
    func divergence(_ p: [Double], _ q: [Double]) -> Double {
      zip(p, q).reduce(0) { $0 + ($1.0 > 0 ? $1.0 * log($1.0 / (0.99 * $1.1 + 0.01 * $1.0)) : 0) }
    }
    let one = try #require(found.userValues(.calibration, at: 1)).values
    let two = try #require(found.userValues(.calibration, at: 2)).values
    #expect(close(one[0], divergence([0.75, 0.25], [1, 0])))
    #expect(close(two[0], divergence([0.75, 0.25], [0.5, 0.5])))
    #expect(close(one[1], 0))
    // Nothing of what was chosen, and nothing of any category.
    #expect(close(one[2], log(100)) && close(one[3], log(100)))
    // Without a history of any category, as all chose: 4 and 5 of 9.
    #expect(close(two[4], divergence([4.0 / 9, 5.0 / 9], [0.5, 0.5])))
  }
}
