// How is InDGRM trained, step by step?

import DenseMath
import Glibc

/// The interpretable deep generative recommendation model: a mixture of Gaussians over users, item
/// groups by prototypes, and sparse factor-to-group vectors.
///
/// loss_i = w_i ( -sum_j x_ij log p_ij + gamma |x_i| ( sum_k q_ik KL(q(z|k, x_i) || p(z|k)) +
/// KL(q(k|x_i) || E[pi]) ) ), the mean over a batch (Eq. 10-12 with the multinomial likelihood), w_i
/// proportional to |x_i|^-userWeight; plus the ranking loss of privileged categories. The prior
/// of a dimension mixes N(0, lambda^(k)_l), the posterior under the previous epoch's encoder and
/// N(0, e^10) (RecVAE's composite prior), its KL estimated by one sample shared by the clusters.
final class InDGRMNetwork<T: Real>: TrainableNetwork {
  let itemCount: Int
  let options: InDGRMOptions
  let seed: UInt64
  let encoder: Encoder<T>
  let decoder: Decoder<T>
  let clusters: UserClusters<T>

  /// Makes user weights 1 on average over the training interactions.
  var weightScale = 1.0
  private let previous: Encoder<T>
  private var hasPrevious = false
  private var epochs = 0
  private var itemsAreCurrent = false
  private let noise: Matrix<T>
  private let samples: Matrix<T>
  private let slopes: Matrix<T>
  private let divergences: Matrix<T>
  private let weights: Matrix<T>
  private let users: Matrix<T>
  private let logits: Matrix<T>
  private let meanGradient: Matrix<T>
  private let logVarianceGradient: Matrix<T>
  private let logitGradient: Matrix<T>

  init(items: Int, users count: Int, options: InDGRMOptions, seed: UInt64, trains: Bool = true) {
    itemCount = items
    self.options = options
    self.seed = seed
    let (batch, d, k) = (options.batch, options.latent, options.clusters)
    encoder = Encoder(items: items, options: options, seed: seed)
    var small = options
    if !trains {
      small.batch = 0
      small.width = 1
      small.depth = 0
    }
    previous = Encoder(items: trains ? items : 0, options: small, seed: seed)
    decoder = Decoder(items: items, options: options, seed: seed)
    clusters = UserClusters(options: options, users: count)
    let rows = trains ? batch : 0
    noise = Matrix(rows: rows, columns: d)
    samples = Matrix(rows: rows, columns: k * d)
    slopes = Matrix(rows: rows, columns: k * d)
    divergences = Matrix(rows: rows, columns: k)
    weights = Matrix(rows: batch, columns: k)
    users = Matrix(rows: batch, columns: d)
    logits = Matrix(rows: rows, columns: items)
    meanGradient = Matrix(rows: rows, columns: k * d)
    logVarianceGradient = Matrix(rows: rows, columns: k * d)
    logitGradient = Matrix(rows: rows, columns: k)
  }

  /// Everything learnt, the closed-form cluster prior included.
  var parameters: [Parameter<T>] {
    encoder.parameters + decoder.parameters + clusters.parameters
  }

  /// Whether the epoch at hand updates the decoder alone, without dropout (RecVAE's schedule).
  private var trainsDecoderAlone = false

  func updated(in epoch: Int) -> [Parameter<T>] {
    guard options.encoderPasses > 0 else { return parameters }
    trainsDecoderAlone = epoch % (options.encoderPasses + 1) == 0
    return trainsDecoderAlone ? decoder.parameters : encoder.parameters
  }

  func train(_ batch: SparseRows, step: UInt64, anneal: Double) -> [(name: String, value: Double)] {
    let count = batch.rowCount
    let rows = 0..<count
    itemsAreCurrent = false
    encoder.forward(
      batch, dropout: trainsDecoderAlone ? 0 : options.dropout, seed: seed, step: step)
    if hasPrevious { previous.forward(batch, dropout: 0, seed: seed, step: step) }
    fillNormal(noise.rowBlock(rows), seed: seed, stage: 0x4E4F_4953, index: step)
    let weights = self.weights.rowBlock(rows)
    weights.copy(from: encoder.logWeights)
    exponentiate(weights)
    sample(rows, weights: weights)
    let users = self.users.rowBlock(rows)
    let logits = self.logits.rowBlock(rows)
    decoder.prepareItems(seed: seed, step: step)
    decoder.forward(users, weights: weights, into: logits)
    let shares = rows.map { row in
      userWeight(batch.offsets[row + 1] - batch.offsets[row]) / Double(count)
    }
    let losses = softmaxCrossEntropy(logits, targets: batch, scales: shares.map { T($0) })
    let (dUsers, dWeights) = decoder.backward(users, weights: weights, logits)
    let kl = backwardPosterior(batch, weights, dUsers, dWeights, shares, anneal: anneal)
    encoder.backward(
      batch, means: meanGradient.rowBlock(rows), logVariances: logVarianceGradient.rowBlock(rows),
      logits: logitGradient.rowBlock(rows))
    let reconstruction = zip(losses, shares).reduce(0.0) { $0 + Double($1.0) * $1.1 }
    guard decoder.groups.privileged != nil else {
      return [("reconstruction", reconstruction), ("kl", kl)]
    }
    return [
      ("reconstruction", reconstruction), ("kl", kl), ("ranking", decoder.groups.rankingLoss),
    ]
  }

  /// Draws z^(k) for every cluster, the one-sample KL of each, and blends z = sum_k pi~_k z^(k).
  private func sample(_ rows: Range<Int>, weights: Matrix<T>) {
    var prior = CompositePrior(logVariances: clusters.logVariances.value)
    if hasPrevious {
      prior.old = (previous.means, previous.logVariances.rowBlock(rows))
      prior.oldShare = T(options.priorOld)
      prior.wideShare = T(options.priorWide)
    }
    samplePosterior(
      means: encoder.means, logVariances: encoder.logVariances.rowBlock(rows),
      noise: noise.rowBlock(rows), prior: prior, samples: samples.rowBlock(rows),
      slopes: slopes.rowBlock(rows), divergences: divergences.rowBlock(rows))
    blend(samples.rowBlock(rows), weights: weights, into: users.rowBlock(rows))
  }

  /// Gradients of the raw posterior; returns the weighted KL's mean.
  private func backwardPosterior(
    _ batch: SparseRows, _ weights: Matrix<T>, _ dUsers: Matrix<T>, _ dWeights: Matrix<T>,
    _ shares: [Double], anneal: Double
  ) -> Double {
    let count = batch.rowCount
    let rows = 0..<count
    let klWeights = rows.map {
      T(anneal * options.klWeight * Double(batch.offsets[$0 + 1] - batch.offsets[$0]) * shares[$0])
    }
    posteriorBackward(
      gradient: dUsers, weights: weights, klWeights: klWeights, means: encoder.means,
      rawLogVariances: encoder.rawLogVariances,
      bounds: (Encoder<T>.lowestLogVariance, Encoder<T>.highestLogVariance),
      samples: samples.rowBlock(rows), slopes: slopes.rowBlock(rows),
      meanGradient: meanGradient.rowBlock(rows),
      logVarianceGradient: logVarianceGradient.rowBlock(rows), addingTo: dWeights)
    // The cluster part: dL/dlogit_k = q_k (dL/dq_k - sum_l q_l dL/dq_l).
    let logPrior = clusters.logWeights.value
    var kl = 0.0
    for row in rows {
      let share = klWeights[row]
      var blended: T = 0
      for cluster in 0..<options.clusters {
        let q = weights[row, cluster]
        let excess =
          divergences[row, cluster] + encoder.logWeights[row, cluster] - logPrior[0, cluster]
        kl += Double(share * q * excess)
        dWeights[row, cluster] += share * (excess + 1)
        blended += q * dWeights[row, cluster]
      }
      for cluster in 0..<options.clusters {
        logitGradient[row, cluster] =
          weights[row, cluster] * (dWeights[row, cluster] - blended)
      }
    }
    pending = count
    return kl
  }

  /// Rows of the last batch, which the cluster prior has not seen yet.
  private var pending = 0

  func stepEnded(_ learningRate: Double) {
    decoder.shrinkMapping(learningRate)
    let rows = 0..<pending
    clusters.update(
      weights: weights.rowBlock(rows), means: encoder.means,
      logVariances: encoder.logVariances.rowBlock(rows),
      learnsVariances: epochs >= options.ardEpoch)
  }

  func epochEnded(_ epoch: Int) {
    epochs = epoch
    // In RecVAE's schedule the old posterior is that of the last round of encoder passes.
    let isDue = options.encoderPasses == 0 || (epoch + 1) % (options.encoderPasses + 1) == 0
    guard options.priorOld > 0, isDue else { return }
    hasPrevious = true
    for (old, new) in zip(previous.parameters, encoder.parameters) {
      old.value.copy(from: new.value)
    }
  }

  var state: [(name: String, values: [Double])] {
    clusters.state + [("epochs", [Double(epochs)])]
      + (hasPrevious
        ? previous.parameters.map { ("previous.\($0.name)", $0.value.array.map { Double($0) }) }
        : [])
  }

  func restore(state: [String: [Double]]) {
    clusters.restore(state: state)
    epochs = state["epochs"]?.first.map { Int($0) } ?? 0
    hasPrevious = false
    for parameter in previous.parameters {
      guard let values = state["previous.\(parameter.name)"], values.count == parameter.value.count
      else { continue }
      _ = parameter.value.buffer.update(from: values.map { T($0) })
      hasPrevious = true
    }
  }

  /// Users' representations z (B x d) and cluster weights (B x K) without noise.
  func represent(_ batch: SparseRows) -> (users: Matrix<T>, weights: Matrix<T>) {
    let rows = 0..<batch.rowCount
    encoder.forward(batch, dropout: 0, seed: 0, step: 0)
    let (users, weights) = (self.users.rowBlock(rows), self.weights.rowBlock(rows))
    weights.copy(from: encoder.logWeights)
    exponentiate(weights)
    blend(encoder.means, weights: weights, into: users)
    return (users, weights)
  }

  func parametersChanged() { itemsAreCurrent = false }

  /// The weight of a user with so many interactions, 1 on average over interactions.
  private func userWeight(_ interactions: Int) -> Double {
    guard options.userWeight > 0 else { return 1 }
    return weightScale * pow(Double(max(interactions, 1)), -options.userWeight)
  }

  func prepareScoring() {
    guard !itemsAreCurrent else { return }
    decoder.prepareItems(seed: seed, step: nil)
    itemsAreCurrent = true
  }

  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<T>) {
    prepareScoring()
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: options.batch) {
      let block = start..<min(start + options.batch, rows.upperBound)
      let (users, weights) = represent(foldIn.rows(at: Array(block)))
      let first = start - rows.lowerBound
      decoder.forward(
        users, weights: weights, into: scores.rowBlock(first..<first + block.count))
    }
  }
}
