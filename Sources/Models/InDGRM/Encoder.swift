// How do a user's items become a mixture of Gaussians?

import DenseMath

/// The inference network (Eq. 13-15): a trunk, one shared head and a small departure from it for
/// every cluster, and the clusters' weights.
///
/// mu^(k) = h (W + dW^(k)) + b, likewise the log variances; log pi~ = log softmax(tanh(h V1 + c1) V2
/// + c2). Means and log variances are B x (K d), cluster by cluster.
final class Encoder<T: Real> {
  static var lowestLogVariance: T { -12 }
  static var highestLogVariance: T { 4 }

  let clusters: Int
  let latent: Int
  let trunk: Trunk<T>
  let sharedMean: Dense<T>
  let sharedLogVariance: Dense<T>
  let clusterMeans: Dense<T>
  let clusterLogVariances: Dense<T>
  let attentionHidden: Dense<T>
  let attention: Dense<T>
  private let sharedGradient: Matrix<T>
  /// The trunk's output for the last batch, B x width.
  private(set) var features: Matrix<T>

  /// The last batch's posterior: means, log variances before and after clamping (B x K d) and log
  /// cluster weights (B x K).
  private(set) var means: Matrix<T>
  private(set) var rawLogVariances: Matrix<T>
  private(set) var logWeights: Matrix<T>
  let logVariances: Matrix<T>

  init(items: Int, options: InDGRMOptions, seed: UInt64) {
    let (width, d, k, batch) = (options.width, options.latent, options.clusters, options.batch)
    clusters = k
    latent = d
    trunk = Trunk(
      "encoder", items: items, width: width, depth: options.depth, batch: batch, seed: seed,
      stage: 10)
    func dense(
      _ name: String, _ outputs: Int, _ stage: UInt32, inputs: Int? = nil, gain: Double = 1
    )
      -> Dense<T>
    {
      Dense(
        name, inputs: inputs ?? width, outputs: outputs, batch: batch, seed: seed, stage: stage,
        initialisation: .fanIn(gain: gain))
    }
    sharedMean = dense("mean", d, 50)
    sharedLogVariance = dense("log-variance", d, 51)
    clusterMeans = dense("cluster-mean", k * d, 52, gain: 0.1)
    clusterLogVariances = dense("cluster-log-variance", k * d, 53, gain: 0.1)
    attentionHidden = dense("attention-hidden", 64, 54)
    attention = dense("attention", k, 55, inputs: 64)
    sharedGradient = Matrix(rows: batch, columns: d)
    logVariances = Matrix(rows: batch, columns: k * d)
    features = Matrix(rows: 0, columns: width)
    means = Matrix(rows: 0, columns: k * d)
    rawLogVariances = Matrix(rows: 0, columns: k * d)
    logWeights = Matrix(rows: 0, columns: k)
  }

  private var heads: [Dense<T>] {
    [sharedMean, sharedLogVariance, clusterMeans, clusterLogVariances, attentionHidden, attention]
  }

  var parameters: [Parameter<T>] { trunk.parameters + heads.flatMap(\.parameters) }

  /// - Parameter affinity: added to the logits of the clusters' weights, B x K.
  func forward(
    _ batch: SparseRows, dropout: Double, seed: UInt64, step: UInt64, affinity: Matrix<T>? = nil
  ) {
    let rows = 0..<batch.rowCount
    features = trunk.forward(batch, dropout: dropout, seed: seed, step: step)
    means = clusterMeans.forward(features, repeating: sharedMean.forward(features))
    rawLogVariances = clusterLogVariances.forward(
      features, repeating: sharedLogVariance.forward(features))
    clamp(
      rawLogVariances, low: Self.lowestLogVariance, high: Self.highestLogVariance,
      into: logVariances.rowBlock(rows))
    let hidden = attentionHidden.forward(features)
    tanhForward(hidden)
    logWeights = attention.forward(hidden)
    if let affinity { add(affinity, to: logWeights) }
    logSoftmaxRows(logWeights)
  }

  /// Moves every cluster's posterior against its gradient, by `rate` of the mean's length and by `rate`
  /// (root mean square) in log variances (a step of Algorithm 2).
  ///
  /// - Parameter means, logVariances: gradients of the raw outputs, B x (K d).
  func refine(means dMeans: Matrix<T>, logVariances dLogVariances: Matrix<T>, rate: T) {
    stepAgainst(dMeans, of: means, parts: latent, relative: rate)
    stepAgainst(dLogVariances, of: rawLogVariances, parts: latent, absolute: rate)
    clamp(
      rawLogVariances, low: Self.lowestLogVariance, high: Self.highestLogVariance,
      into: logVariances.rowBlock(0..<means.rows))
  }

  /// Leaves all gradients, given those of the raw outputs (means, log variances: B x K d) and of the
  /// attention's logits (B x K), and of the features where they have other uses.
  func backward(
    _ batch: SparseRows, means dMeans: Matrix<T>, logVariances dLogVariances: Matrix<T>,
    logits dLogits: Matrix<T>, features dFeatures: Matrix<T>? = nil
  ) {
    let rows = 0..<batch.rowCount
    let total = clusterMeans.backward(features, dMeans)
    let shared = sharedGradient.rowBlock(rows)
    sumColumnParts(of: dMeans, into: shared)
    add(sharedMean.backward(features, shared), to: total)
    add(clusterLogVariances.backward(features, dLogVariances), to: total)
    sumColumnParts(of: dLogVariances, into: shared)
    add(sharedLogVariance.backward(features, shared), to: total)
    let hidden = attentionHidden.output.rowBlock(rows)
    let dHidden = attention.backward(hidden, dLogits)
    tanhBackward(hidden, dHidden)
    add(attentionHidden.backward(features, dHidden), to: total)
    if let dFeatures { add(dFeatures, to: total) }
    trunk.backward(batch, total)
  }
}
