// How do a user's items become a mixture of Gaussians?

import DenseMath
import Ranks
import Training

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
  private let itemFeatures: HeadInputs<T>?
  /// The trunk's output for the last batch, B x width.
  private(set) var features: Matrix<T>
  /// What the heads saw of the last batch, B x (width, and d with item features).
  private var inputs: Matrix<T>

  /// The last batch's posterior: means, log variances before and after clamping (B x K d) and log
  /// cluster weights (B x K).
  private(set) var means: Matrix<T>
  private(set) var rawLogVariances: Matrix<T>
  private(set) var logWeights: Matrix<T>
  let logVariances: Matrix<T>

  /// - Parameter ranks: the parts that items are cut into.
  init(items: Int, shape: NetworkShape, seed: UInt64, cut ranks: VirtualRanks = .one) {
    let (width, d, k, batch) = (shape.width, shape.latent, shape.clusters, shape.batch)
    clusters = k
    latent = d
    trunk = Trunk(
      "encoder", items: items, width: width, depth: shape.depth, batch: batch, seed: seed,
      stage: RandomStage.trunk, cut: ranks)
    func dense(
      _ name: String, _ outputs: Int, _ stage: UInt32, inputs: Int? = nil, gain: Double = 1
    )
      -> Dense<T>
    {
      Dense(
        name, inputs: inputs ?? shape.headInputs, outputs: outputs, batch: batch, seed: seed,
        stage: stage,
        initialisation: .fanIn(gain: gain))
    }
    sharedMean = dense("mean", d, RandomStage.sharedMean)
    sharedLogVariance = dense("log-variance", d, RandomStage.sharedLogVariance)
    clusterMeans = dense("cluster-mean", k * d, RandomStage.clusterMeans, gain: 0.1)
    clusterLogVariances = dense(
      "cluster-log-variance", k * d, RandomStage.clusterLogVariances, gain: 0.1)
    attentionHidden = dense("attention-hidden", 64, RandomStage.attentionHidden, inputs: width)
    attention = dense("attention", k, RandomStage.attention, inputs: 64)
    sharedGradient = Matrix(rows: batch, columns: d)
    itemFeatures =
      shape.usesItemFeatures ? HeadInputs(width: width, latent: d, batch: batch) : nil
    logVariances = Matrix(rows: batch, columns: k * d)
    features = Matrix(rows: 0, columns: width)
    inputs = features
    means = Matrix(rows: 0, columns: k * d)
    rawLogVariances = Matrix(rows: 0, columns: k * d)
    logWeights = Matrix(rows: 0, columns: k)
  }

  private var heads: [Dense<T>] {
    [sharedMean, sharedLogVariance, clusterMeans, clusterLogVariances, attentionHidden, attention]
  }

  var parameters: [Parameter<T>] { trunk.parameters + heads.flatMap(\.parameters) }

  /// - Parameters:
  ///   - affinity: added to the logits of the clusters' weights, B x K.
  ///   - sums: for the heads of Eq. 14, as `HeadInputs.join` has it.
  func forward(
    _ batch: SparseRows, dropout: Double, seed: UInt64, step: UInt64, affinity: Matrix<T>? = nil,
    sums: HeadInputs<T>.Sums? = nil
  ) {
    let rows = 0..<batch.rowCount
    features = trunk.forward(batch, dropout: dropout, seed: seed, step: step)
    inputs = itemFeatures?.join(features, trunk.input, sums) ?? features
    means = clusterMeans.forward(inputs, repeating: sharedMean.forward(inputs))
    rawLogVariances = clusterLogVariances.forward(
      inputs, repeating: sharedLogVariance.forward(inputs))
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
    let heads = clusterMeans.backward(inputs, dMeans)
    let shared = sharedGradient.rowBlock(rows)
    sumColumnParts(of: dMeans, into: shared)
    add(sharedMean.backward(inputs, shared), to: heads)
    add(clusterLogVariances.backward(inputs, dLogVariances), to: heads)
    sumColumnParts(of: dLogVariances, into: shared)
    add(sharedLogVariance.backward(inputs, shared), to: heads)
    let total = itemFeatures?.ofFeatures(heads) ?? heads
    let hidden = attentionHidden.output.rowBlock(rows)
    let dHidden = attention.backward(hidden, dLogits)
    tanhBackward(hidden, dHidden)
    add(attentionHidden.backward(features, dHidden), to: total)
    if let dFeatures { add(dFeatures, to: total) }
    trunk.backward(batch, total)
  }
}

/// What the heads of Eq. 14 see: the trunk's features, and behind them sum_j x_ij h_j / sqrt(|x_i|).
///
/// The vectors h_j are not moved by it.
final class HeadInputs<T: Real> {
  private let width: Int
  private let joined: Matrix<T>
  private let gradient: Matrix<T>

  init(width: Int, latent: Int, batch: Int) {
    self.width = width
    joined = Matrix(rows: batch, columns: width + latent)
    gradient = Matrix(rows: batch, columns: width)
  }

  /// The sum of the vectors of each user's items, B x d, by what each entry of the batch counts.
  typealias Sums = ([T]) -> Matrix<T>

  /// - Parameters:
  ///   - input: the layer that has normalised the batch and dropped entries of it.
  ///   - sums: of the batch.
  func join(_ features: Matrix<T>, _ input: SparseInput<T>, _ sums: Sums?) -> Matrix<T> {
    guard let sums = sums?(input.scales) else {
      preconditionFailure("heads that see items need their vectors")
    }
    let rows = 0..<features.rows
    let joined = self.joined.rowBlock(rows)
    for row in rows {
      let target = joined.row(row)
      _ = target.update(from: features.row(row))
      _ = target[width...].update(from: sums.row(row))
    }
    return joined
  }

  /// The part of a gradient that belongs to the features.
  func ofFeatures(_ whole: Matrix<T>) -> Matrix<T> {
    let part = gradient.rowBlock(0..<whole.rows)
    copyLeadingColumns(of: whole, into: part)
    return part
  }
}
