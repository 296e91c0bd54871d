// What does the model believe about user clusters before it sees a user?

import DenseMath
import Fitting
import Glibc
import Training

/// The mixture prior over users (Eq. 2-5): truncated stick-breaking weights and, for every cluster,
/// ARD variances, both updated in closed form from running averages over users.
///
/// - N_k: expected users in cluster k; q(v_k) = Beta(1 + N_k, alpha + sum_{l>k} N_l), clusters ordered by
///   size, and v = 1 for the last (Blei and Jordan, 2006); the weights used are E[log pi_k].
/// - lambda^(k)_l = (sum_i q_ik (mu^2 + sigma^2)_ikl + 2 eta_b) / (N_k + 2 eta_a + 2), the mode under
///   an inverse gamma prior.
final class UserClusters<T: Real> {
  let count: Int
  let latent: Int
  private let users: Double
  private let concentration: Double
  /// eta_a and eta_b of the inverse gamma prior.
  private static var priorShape: Double { 1 }
  private static var priorScale: Double { 0.1 }
  /// The weight of a new batch in the running averages.
  private let rate = 0.02

  /// Share of users in each cluster and mean of q (mu^2 + sigma^2), running averages.
  private var shares: [Double]
  private var seconds: [Double]
  /// E[log pi_k], 1 x K. Not updated by gradients, but kept with the best model.
  let logWeights: Parameter<T>
  /// Log of the ARD variances, K x d; zero until they are learnt. Not updated by gradients either.
  let logVariances: Parameter<T>

  /// - Parameters:
  ///   - count, latent: K and d.
  ///   - concentration: alpha of the stick-breaking prior.
  init(count: Int, latent: Int, users: Int, concentration: Double = 1) {
    (self.count, self.latent, self.concentration) = (count, latent, concentration)
    self.users = Double(users)
    shares = [Double](repeating: 1 / Double(count), count: count)
    // As if every user's posterior were N(0, I), with which the variances agree.
    seconds = [Double](repeating: 1 / Double(count), count: count * latent)
    logWeights = Parameter("cluster-log-weights", rows: 1, columns: count)
    logWeights.value.fill(T(-log(Double(count))))
    logVariances = Parameter("cluster-log-variances", rows: count, columns: latent)
    logWeights.rate = 0
    logVariances.rate = 0
  }

  /// Some of trained clusters.
  convenience init(keeping clusters: [Int], of trained: UserClusters<T>) {
    self.init(count: clusters.count, latent: trained.latent, users: Int(trained.users))
    for (place, cluster) in clusters.enumerated() {
      logWeights.value[0, place] = trained.logWeights.value[0, cluster]
      for dimension in 0..<latent {
        logVariances.value[place, dimension] = trained.logVariances.value[cluster, dimension]
      }
      shares[place] = trained.shares[cluster]
    }
  }

  /// One cluster in the place of trained ones.
  ///
  /// - Parameter weights: of those, adding up to 1.
  convenience init(joining weights: [T], of trained: UserClusters<T>) {
    self.init(count: 1, latent: trained.latent, users: Int(trained.users))
    for dimension in 0..<latent {
      let variance = weights.indices.reduce(T(0)) {
        $0 + weights[$1] * T.exp(trained.logVariances.value[$1, dimension])
      }
      logVariances.value[0, dimension] = T(log(Double(variance)))
    }
  }

  var parameters: [Parameter<T>] { [logWeights, logVariances] }

  /// What clusters learn of users: their number, and of each cluster the sums of their weights and then of their
  /// weighted second moments.
  ///
  /// - Parameters:
  ///   - weights: responsibilities, B x K.
  ///   - means, logVariances: of the posterior, B x (K d).
  func sums(weights: Matrix<T>, means: Matrix<T>, logVariances posterior: Matrix<T>) -> [Double] {
    let shares = (0..<count).map { cluster in
      (0..<weights.rows).reduce(0.0) { $0 + Double(weights[$1, cluster]) }
    }
    let moments = weightedSecondMoments(means, posterior, weights: weights)
    return [Double(weights.rows)] + shares + moments.map { Double($0) }
  }

  /// Takes a batch into account.
  ///
  /// - Parameters:
  ///   - sums: of its users.
  ///   - learnsVariances: whether the ARD variances follow yet.
  func update(_ sums: [Double], learnsVariances: Bool) {
    let size = sums[0]
    for cluster in 0..<count {
      shares[cluster] += rate * (sums[1 + cluster] / size - shares[cluster])
    }
    for index in seconds.indices {
      seconds[index] += rate * (sums[1 + count + index] / size - seconds[index])
    }
    updateWeights()
    guard learnsVariances else { return }
    for cluster in 0..<count {
      let row = logVariances.value.row(cluster)
      for dimension in 0..<latent {
        let sum = users * seconds[cluster * latent + dimension]
        row[dimension] = T(
          log(
            (sum + 2 * Self.priorScale)
              / (users * shares[cluster] + 2 * Self.priorShape + 2)))
      }
    }
  }

  private func updateWeights() {
    let order = (0..<count).sorted { (shares[$0], -$0) > (shares[$1], -$1) }
    var later = shares.reduce(0, +) * users
    var broken = 0.0
    for (place, cluster) in order.enumerated() {
      guard place < count - 1 else {
        logWeights.value[0, cluster] = T(broken)
        break
      }
      let size = users * shares[cluster]
      later -= size
      let (a, b) = (1 + size, concentration + max(later, 0))
      logWeights.value[0, cluster] = T(digamma(a) - digamma(a + b) + broken)
      broken += digamma(b) - digamma(a + b)
    }
  }

  /// Makes the running averages agree with weights and variances that came from an earlier model.
  func followParameters() {
    let weights = (0..<count).map { exp(Double(logWeights.value[0, $0])) }
    let total = weights.reduce(0, +)
    for cluster in 0..<count {
      shares[cluster] = weights[cluster] / total
      for dimension in 0..<latent {
        seconds[cluster * latent + dimension] =
          shares[cluster] * exp(Double(logVariances.value[cluster, dimension]))
      }
    }
  }

  /// The running averages, for checkpoints.
  var state: [(name: String, values: [Double])] { [("shares", shares), ("seconds", seconds)] }

  func restore(state: [String: [Double]]) {
    if let found = state["shares"], found.count == shares.count { shares = found }
    if let found = state["seconds"], found.count == seconds.count { seconds = found }
  }

  /// Expresses variances in another basis; those not learnt are the same in any.
  func turn(_ basis: CanonicalBasis) where T == Float {
    let logs = logVariances.value
    guard logs.buffer.contains(where: { $0 != 0 }) else { return }
    exponentiate(logs)
    basis.turnVariances(logs)
    for index in 0..<logs.count { logs.pointer[index] = log(max(logs.pointer[index], 1e-30)) }
  }

  /// The expected shares of users.
  var sizes: [Double] { shares }
}
