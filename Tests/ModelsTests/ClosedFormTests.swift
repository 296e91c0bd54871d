// Are the updates that are not Adam's what their formulas say?

import DenseMath
import Glibc
import Interchange
import Testing

@testable import Fitting
@testable import InDGRMModel
@testable import Training

@Suite struct ClosedFormTests {
  private func clusters(_ count: Int, latent: Int, users: Int) -> UserClusters<Double> {
    UserClusters(count: count, latent: latent, users: users, concentration: 2)
  }

  /// Stick-breaking weights by hand: sizes 60, 30 and 10, alpha 2, the last stick whole.
  @Test func stickBreakingWeights() {
    let clusters = clusters(3, latent: 2, users: 100)
    let weights = Matrix<Double>(rows: 1, columns: 3, [0.3, 0.6, 0.1])
    let means = Matrix<Double>(rows: 1, columns: 6)
    for _ in 0..<2000 {
      clusters.update(
        clusters.sums(weights: weights, means: means, logVariances: means),
        learnsVariances: false)
    }
    let first = (
      own: digamma(61) - digamma(61 + 42), rest: digamma(42) - digamma(61 + 42)
    )
    let second = (
      own: digamma(31) - digamma(31 + 12), rest: digamma(12) - digamma(31 + 12)
    )
    let expected = [first.rest + second.own, first.own, first.rest + second.rest]
    for (cluster, value) in expected.enumerated() {
      #expect(abs(clusters.logWeights.value[0, cluster] - value) < 1e-6)
    }
  }

  /// ARD variances by hand, and variances that are learnt from the first step on start at 1.
  @Test func relevanceVariances() {
    let clusters = clusters(2, latent: 2, users: 50)
    let weights = Matrix<Double>(rows: 1, columns: 2, [0.5, 0.5])
    let means = Matrix<Double>(rows: 1, columns: 4, [3, 0, 1, 0])
    let posterior = Matrix<Double>(rows: 1, columns: 4, [0, log(0.01), 0, log(4)])
    clusters.update(
      clusters.sums(weights: weights, means: means, logVariances: posterior),
      learnsVariances: true)
    for index in 0..<4 {
      let own = exp(clusters.logVariances.value.pointer[index])
      #expect(own > 0.8 && own < 1.1, "\(own) after one step")
    }
    for _ in 0..<2000 {
      clusters.update(
        clusters.sums(weights: weights, means: means, logVariances: posterior),
        learnsVariances: true)
    }
    // (sum_i q (mu^2 + sigma^2) + 2 eta_b) / (N_k + 2 eta_a + 2)
    for (index, moment) in [10.0, 0.01, 2, 4].enumerated() {
      let expected = log((25 * moment + 0.2) / (25 + 4))
      #expect(abs(clusters.logVariances.value.pointer[index] - expected) < 1e-6)
    }
  }

  /// Averages that are taken from a model's weights and variances lead back to them.
  @Test func averagesFollowAnEarlierModel() {
    let trained = clusters(2, latent: 1, users: 4000)
    let weights = Matrix<Double>(rows: 1, columns: 2, [0.7, 0.3])
    let means = Matrix<Double>(rows: 1, columns: 2, [2, 0.5])
    let posterior = Matrix<Double>(rows: 1, columns: 2)
    for _ in 0..<2000 {
      trained.update(
        trained.sums(weights: weights, means: means, logVariances: posterior),
        learnsVariances: true)
    }
    let next = clusters(2, latent: 1, users: 4000)
    for (own, source) in zip(next.parameters, trained.parameters) {
      own.value.copy(from: source.value)
    }
    next.followParameters()
    next.update(
      next.sums(weights: weights, means: means, logVariances: posterior),
      learnsVariances: true)
    for (own, source) in zip(next.parameters, trained.parameters) {
      for index in 0..<own.value.count {
        #expect(abs(own.value.pointer[index] - source.value.pointer[index]) < 0.01)
      }
    }
  }

  /// The group lasso's step by hand; rows it shrinks to nothing stay nothing in the running average.
  @Test func shrunkRowsStayEmpty() {
    let shape = NetworkShape(
      width: 1, depth: 0, latent: 2, clusters: 1, groups: 2, usesGroups: true, usesCosine: true)
    let decoder = Decoder<Double>(items: 3, shape: shape, seed: 1)
    let mapping = decoder.mapping.value
    for (index, value) in [3.0, 4, 0.3, 0.4].enumerated() { mapping.pointer[index] = value }
    var running = Snapshot(decoder.parameters)
    decoder.shrinkMapping(by: 0.2 * 5)
    // |o| = 5 becomes 4, |o| = 0.5 less than nothing.
    #expect(abs(mapping[0, 0] - 2.4) < 1e-12 && abs(mapping[0, 1] - 3.2) < 1e-12)
    #expect(mapping[1, 0] == 0 && mapping[1, 1] == 0)
    running.follow(decoder.parameters, keeping: 0.75)
    running.restore(to: decoder.parameters)
    #expect(abs(mapping[0, 0] - 2.85) < 1e-12)
    #expect(mapping[1, 0] == 0 && mapping[1, 1] == 0)
  }
}
