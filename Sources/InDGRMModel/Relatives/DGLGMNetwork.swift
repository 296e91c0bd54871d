// How is the deep global and local generative model trained, step by step?

import DenseMath
import Fitting
import Glibc
import Training

/// What training minimises; nothing that a fitted model needs.
struct DGLGMObjective: Sendable {
  /// Share of the input dropped.
  var dropout = 0.0
  /// lambda, the weight of the discrepancies.
  var penalty = 0.0
  /// Epochs before the ARD variances are learnt; nil where they are not.
  var ardEpoch: Int?
  /// alpha of the stick-breaking prior.
  var concentration = 1.0
}

/// DGLGM (Liu et al., WWW 2020): a user is a global Gaussian and a mixture of local ones, under the
/// Wasserstein autoencoder's penalty.
///
/// z = [z_global, z_local], z_local = sum_k pi~_k z^(k); logits = tanh(z W1 + b1) W2 + b2;
/// loss = -sum_j x_j log softmax(logits)_j + lambda (MMD(z_global, N(0, I)) + MMD(z_local, prior)), the mean
/// over a batch, where the local prior draws k from stick-breaking weights and z from N(0, Lambda^(k))
/// with ARD variances. Published without code: the kernel (inverse multiquadratic), the blend and the
/// decoder are those of its nearest relatives.
final class DGLGMNetwork<T: Real>: TrainableNetwork {
  let itemCount: Int
  let shape: NetworkShape
  private let objective: DGLGMObjective
  let seed: UInt64
  let encoder: Encoder<T>
  let clusters: UserClusters<T>
  private let globalPosterior: Dense<T>
  private let hidden: Dense<T>
  private let decoder: Dense<T>
  private let globalPrior: Matrix<T>
  private var epochs = 0
  private var pending = 0
  private let noise: Matrix<T>
  private let memory = (0..<13).map { _ in Workspace<T>() }

  /// - Parameter shape: of the encoder, for the local part.
  init(
    items: Int, users: Int, shape: NetworkShape, objective: DGLGMObjective, seed: UInt64
  ) {
    itemCount = items
    (self.shape, self.objective) = (shape, objective)
    self.seed = seed
    let (width, d, batch) = (shape.width, shape.latent, shape.batch)
    encoder = Encoder(items: items, shape: shape, seed: seed)
    clusters = UserClusters(
      count: shape.clusters, latent: d, users: users, concentration: objective.concentration)
    globalPosterior = Dense(
      "global", inputs: width, outputs: 2 * d, batch: batch, seed: seed,
      stage: RandomStage.dglgmGlobal,
      initialisation: .fanIn())
    hidden = Dense(
      "hidden", inputs: 2 * d, outputs: width, batch: batch, seed: seed,
      stage: RandomStage.dglgmHidden)
    decoder = Dense(
      "decoder", inputs: width, outputs: items, batch: batch, seed: seed,
      stage: RandomStage.dglgmDecoder,
      outputsAreItems: true)
    globalPrior = Matrix(rows: 1, columns: d)
    noise = Matrix(rows: batch, columns: d)
  }

  var parameters: [Parameter<T>] {
    encoder.parameters + globalPosterior.parameters + hidden.parameters + decoder.parameters
      + clusters.parameters
  }

  func train(_ batch: SparseRows, step: UInt64, anneal: Double) -> [(name: String, value: Double)] {
    let (batch, targets) = (batch.with(values: nil), batch)
    let (count, d, k) = (batch.rowCount, shape.latent, shape.clusters)
    let rows = 0..<count
    func matrix(_ place: Int, _ columns: Int) -> Matrix<T> {
      memory[place].matrix(rows: count, columns: columns)
    }
    encoder.forward(batch, dropout: objective.dropout, seed: seed, step: step)
    let q = globalPosterior.forward(encoder.features)
    let weights = matrix(0, k)
    weights.copy(from: encoder.logWeights)
    exponentiate(weights)
    // Both parts' samples; the local ones blended.
    let (local, global, zLocal) = (matrix(1, k * d), matrix(2, d), matrix(3, d))
    let (slopes, divergences) = (matrix(4, k * d), matrix(5, k))
    fillNormal(noise.rowBlock(rows), seed: seed, stage: RandomStage.noise, index: step)
    samplePosterior(
      means: encoder.means, logVariances: encoder.logVariances.rowBlock(rows),
      noise: noise.rowBlock(rows), prior: CompositePrior(logVariances: clusters.logVariances.value),
      samples: local, slopes: slopes, divergences: divergences)
    blend(local, weights: weights, into: zLocal)
    fillNormal(noise.rowBlock(rows), seed: seed, stage: RandomStage.noise + 1, index: step)
    for row in rows {
      let (q, z, noise) = (q.row(row), global.row(row), noise.row(row))
      for index in 0..<d { z[index] = q[index] + noise[index] * T.exp(q[d + index] / 2) }
    }
    let z = matrix(6, 2 * d)
    join(global, zLocal, into: z)
    let h = hidden.forward(z)
    tanhForward(h)
    let logits = decoder.forward(h)
    let losses = softmaxCrossEntropy(
      logits, targets: targets, scales: [T](repeating: T(1 / Double(count)), count: count))
    let dh = decoder.backward(h, logits)
    tanhBackward(h, dh)
    let dz = hidden.backward(z, dh)
    let (dGlobal, dLocal, prior) = (matrix(7, d), matrix(8, d), matrix(9, d))
    let weight = T(objective.penalty * anneal)
    fillNormal(prior, seed: seed, stage: RandomStage.noise + 2, index: step)
    var distance = meanDiscrepancy(global, prior, weight: weight, gradient: dGlobal)
    drawLocalPrior(prior, step: step)
    distance += meanDiscrepancy(zLocal, prior, weight: weight, gradient: dLocal)
    add(columns: 0, of: dz, to: dGlobal)
    add(columns: d, of: dz, to: dLocal)
    backward(batch, q, weights, local, slopes, dGlobal, dLocal)
    pending = count
    let reconstruction = losses.reduce(0.0) { $0 + Double($1) } / Double(count)
    return [("reconstruction", reconstruction), ("discrepancy", distance)]
  }

  /// From the gradients of both parts of z to those of the encoder.
  private func backward(
    _ batch: SparseRows, _ q: Matrix<T>, _ weights: Matrix<T>, _ local: Matrix<T>,
    _ slopes: Matrix<T>, _ dGlobal: Matrix<T>, _ dLocal: Matrix<T>
  ) {
    let (count, d, k) = (batch.rowCount, shape.latent, shape.clusters)
    let dq = memory[10].matrix(rows: count, columns: 2 * d)
    for row in 0..<count {
      let (q, dz, noise, dq) = (q.row(row), dGlobal.row(row), noise.row(row), dq.row(row))
      for index in 0..<d {
        dq[index] = dz[index]
        dq[d + index] = dz[index] * noise[index] * T.exp(q[d + index] / 2) / 2
      }
    }
    let dFeatures = globalPosterior.backward(encoder.features, dq)
    let dWeights = Matrix<T>(rows: count, columns: k)
    let (dMeans, dLogVariances) = (
      memory[11].matrix(rows: count, columns: k * d),
      memory[12].matrix(rows: count, columns: k * d)
    )
    posteriorBackward(
      gradient: dLocal, weights: weights, klWeights: [T](repeating: 0, count: count),
      means: encoder.means, rawLogVariances: encoder.rawLogVariances,
      bounds: (Encoder<T>.lowestLogVariance, Encoder<T>.highestLogVariance), samples: local,
      slopes: slopes, meanGradient: dMeans, logVarianceGradient: dLogVariances,
      addingTo: dWeights)
    let dLogits = Matrix<T>(rows: count, columns: k)
    softmaxBackward(weights, dWeights, addingTo: dLogits, scale: 1)
    encoder.backward(
      batch, means: dMeans, logVariances: dLogVariances, logits: dLogits, features: dFeatures)
  }

  /// Draws from the mixture prior: k ~ E[pi], z ~ N(0, Lambda^(k)).
  private func drawLocalPrior(_ z: Matrix<T>, step: UInt64) {
    fillNormal(z, seed: seed, stage: RandomStage.noise + 3, index: step)
    let weights = clusters.logWeights.value.array.map { exp(Double($0)) }
    let total = weights.reduce(0, +)
    var random = RandomStream(seed: seed, stage: RandomStage.priorCluster, index: step)
    for row in 0..<z.rows {
      var (left, cluster) = (random.uniform() * total, 0)
      while cluster < weights.count - 1, left >= weights[cluster] {
        left -= weights[cluster]
        cluster += 1
      }
      let (values, logs) = (z.row(row), clusters.logVariances.value.row(cluster))
      for index in values.indices { values[index] *= T.exp(logs[index] / 2) }
    }
  }

  private func join(_ left: Matrix<T>, _ right: Matrix<T>, into z: Matrix<T>) {
    z.fill(0)
    add(left, to: z, columnOffset: 0)
    add(right, to: z, columnOffset: left.columns)
  }

  var batchSums: [Double] {
    clusters.sums(
      weights: memory[0].matrix(rows: pending, columns: shape.clusters), means: encoder.means,
      logVariances: encoder.logVariances.rowBlock(0..<pending))
  }

  func stepEnded(_ learningRate: Double, _ sums: [Double]) {
    clusters.update(sums, learnsVariances: objective.ardEpoch.map { epochs >= $0 } ?? false)
  }

  func epochEnded(_ epoch: Int) { epochs = epoch }
  func parametersChanged() {}

  func startedFromEarlierModel() { clusters.followParameters() }

  var state: [(name: String, values: [Double])] {
    clusters.state + [("epochs", [Double(epochs)])]
  }

  func restore(state: [String: [Double]], followers: (Parameter<T>) -> Bool) {
    clusters.restore(state: state)
    epochs = state["epochs"]?.first.map { Int($0) } ?? 0
  }

  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<T>) {
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: shape.batch) {
      let block = Array(start..<min(start + shape.batch, rows.upperBound))
      let first = start - rows.lowerBound
      decode(
        place(foldIn.rows(at: block)).points,
        into: scores.rowBlock(first..<first + block.count))
    }
  }

  /// Both parts of the posterior's mean, B x 2d, and the local components' weights, B x K.
  ///
  /// - Parameter batch: at most a batch of users.
  func place(_ batch: SparseRows) -> (points: Matrix<T>, weights: Matrix<T>) {
    let (count, d) = (batch.rowCount, shape.latent)
    encoder.forward(batch, dropout: 0, seed: 0, step: 0)
    let q = globalPosterior.forward(encoder.features)
    let weights = Matrix<T>(rows: count, columns: shape.clusters)
    weights.copy(from: encoder.logWeights)
    exponentiate(weights)
    let local = memory[3].matrix(rows: count, columns: d)
    blend(encoder.means, weights: weights, into: local)
    let z = Matrix<T>(rows: count, columns: 2 * d)
    z.fill(0)
    add(local, to: z, columnOffset: d)
    for row in 0..<count { for index in 0..<d { z[row, index] = q[row, index] } }
    return (z, weights)
  }

  /// The logits of all items for z, at most a batch of points.
  func decode(_ z: Matrix<T>, into scores: Matrix<T>) {
    let h = hidden.forward(z)
    tanhForward(h)
    multiply(h, decoder.weights.value, into: scores)
    addRow(decoder.bias.value, to: scores)
  }
}
