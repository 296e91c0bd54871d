// What are a fitted InDGRM's user clusters worth, and is one enough?

import DenseMath
import Fitting
import Glibc

extension InDGRM {
  /// Makes one cluster of all, unless weights of a user's own serve validation users better; every user then has each
  /// cluster's mean by the share of users that it has.
  ///
  /// - Parameter sample: training users that shares are found by.
  /// - Returns: what a user's own weights are worth; nil where there is one cluster.
  func joinClusters(_ validation: ValidationUsers, _ sample: SparseRows) -> ClusterWorth? {
    guard shape.clusters > 1 else { return nil }
    let shares = clusterShares(sample)
    let apart = (users, decoder, clusters, affinity, shape, settings)
    let before = ValidationProfile(validation, self)
    users = users.joined(shape, shares)
    shape.clusters = 1
    decoder = Decoder(joining: shares, of: decoder, shape: shape)
    apart.1.forgetItems()
    clusters = UserClusters(joining: shares, of: clusters)
    affinity = nil
    decoder.prepareItems(seed: 0, step: nil)
    settings = settings.setting("clusters", 1)
    let worth = ClusterWorth(
      count: shares.count, gain: before.gain(over: ValidationProfile(validation, self)),
      metric: validation.metric.text)
    if worth.areKept {
      (users, decoder, clusters, affinity, shape, settings) = apart
      decoder.prepareItems(seed: 0, step: nil)
    }
    return worth
  }

  /// The mean of users' cluster weights.
  private func clusterShares(_ sample: SparseRows) -> [Float] {
    let weights = represent(sample).clusterWeights
    let sums = Matrix<Float>(rows: 1, columns: weights.columns)
    columnSums(of: weights, into: sums)
    scale(sums, by: 1 / Float(max(weights.rows, 1)))
    return Array(sums.row(0))
  }
}

/// What user clusters' own weights are worth to validation users, against one weighting for all.
struct ClusterWorth {
  let count: Int
  let gain: Gain
  let metric: String

  var areKept: Bool { gain.mean > 0 }

  /// Why there are so many clusters.
  func reason(_ settings: ModelSettings) -> Reason {
    func text(_ value: Double) -> String { "\((value * 1e4).rounded() / 1e4)" }
    let words =
      "a user's own weights of \(count) clusters gain \(text(gain.mean)) of \(metric) on validation users"
      + " over one weighting for all, with a standard error of \(text(gain.standardError))"
    if areKept, case .rule(let number, let why)? = settings.reason(for: "clusters") {
      return .rule(number, "\(why); \(words)")
    }
    return .chosen(words)
  }
}
