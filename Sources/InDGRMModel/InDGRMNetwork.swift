// How is InDGRM trained, step by step?

import DenseMath
import Fitting
import Glibc
import Ranks
import Recommending
import Training

/// The interpretable deep generative recommendation model: a mixture of Gaussians over users, item
/// groups by prototypes, and sparse factor-to-group vectors.
///
/// loss_i = -sum_j x_ij log p_ij + gamma |x_i| ( sum_k q_ik KL(q(z|k, x_i) || p(z|k)) +
/// KL(q(k|x_i) || E[pi]) ), the mean over a batch (Eq. 10-12 with the multinomial likelihood); plus
/// the ranking loss of privileged categories. The prior of a dimension mixes N(0, lambda^(k)_l), the posterior under the previous epoch's encoder and
/// N(0, e^10) (RecVAE's composite prior), its KL estimated by one sample shared by the clusters.
///
/// With inner steps, a user's posterior psi = (mu, log variance) first follows its own gradient, starting
/// from the encoder's (local variational optimisation, Algorithm 2); then all parameters take a step at
/// psi_L, the encoder's with the gradient at psi_L as Algorithm 2 has it.
///
/// Where the items are cut a process has the rows of its parts' items alone, and all take the same users at once.
final class InDGRMNetwork<T: Real>: TrainableNetwork {
  let itemCount: Int
  let shape: NetworkShape
  private let objective: InDGRMObjective
  let seed: UInt64
  let encoder: Encoder<T>
  let decoders: DecoderParts<T>
  let clusters: UserClusters<T>
  /// Nil where clusters' weights are told by the encoder's features alone.
  let affinity: ClusterAffinity<T>?

  private let previous: Encoder<T>
  private var hasPrevious = false
  private var itemsAreCurrent = false
  private let noise: Matrix<T>
  private let samples: Matrix<T>
  private let slopes: Matrix<T>
  private let divergences: Matrix<T>
  private let weights: Matrix<T>
  private let users: Matrix<T>
  private var sampler: CandidateSampler?
  /// y of the batch at hand; nil without group parts.
  private var places: Matrix<T>?
  private let meanGradient: Matrix<T>
  private let logVarianceGradient: Matrix<T>
  private let logitGradient: Matrix<T>

  /// - Parameter ranks: the parts that items are cut into.
  init(
    items: Int, users count: Int, shape: NetworkShape, objective: InDGRMObjective, seed: UInt64,
    cut ranks: VirtualRanks = .one
  ) {
    itemCount = items
    (self.shape, self.objective) = (shape, objective)
    self.seed = seed
    let (batch, d, k) = (shape.batch, shape.latent, shape.clusters)
    encoder = Encoder(items: items, shape: shape, seed: seed, cut: ranks)
    previous = Encoder(items: items, shape: shape, seed: seed, cut: ranks)
    decoders = DecoderParts(
      items: items, shape: shape, objective: objective, seed: seed, cut: ranks)
    clusters = UserClusters(
      count: k, latent: d, users: count)
    affinity =
      shape.usesGroupAttention && k > 1 ? ClusterAffinity(clusters: k, latent: d) : nil
    noise = Matrix(rows: batch, columns: d)
    samples = Matrix(rows: batch, columns: k * d)
    slopes = Matrix(rows: batch, columns: k * d)
    divergences = Matrix(rows: batch, columns: k)
    weights = Matrix(rows: batch, columns: k)
    users = Matrix(rows: batch, columns: d)
    meanGradient = Matrix(rows: batch, columns: k * d)
    logVarianceGradient = Matrix(rows: batch, columns: k * d)
    logitGradient = Matrix(rows: batch, columns: k)
  }

  /// What scores all items, or a part of them where they are cut; that has what parts have in common.
  var decoder: Decoder<T> { decoders.parts[0] }

  /// Scores a batch on drawn candidates instead of all items, and updates only rows it touches.
  func samplesItems(_ sampler: CandidateSampler) {
    self.sampler = sampler
    encoder.trunk.input.updatesTouchedRows = true
  }

  /// Everything learnt, the closed-form cluster prior included.
  var parameters: [Parameter<T>] {
    encoder.parameters + decoders.parameters + clusters.parameters + (affinity?.parameters ?? [])
  }

  /// eta_psi of local variational optimisation (Algorithm 2).
  private static var innerRate: Double { 0.05 }
  /// The share of users from which on a cluster is kept.
  private static var leastShare: Double { 0.005 }
  /// epsilon_lambda: the share of the cluster's largest variance from which on a dimension is kept.
  private static var leastVariance: Double { 0.001 }

  /// Whether the epoch at hand updates the decoder alone, without dropout (RecVAE's schedule).
  private var trainsDecoderAlone = false

  func updated(in epoch: Int) -> [Parameter<T>] {
    guard objective.encoderPasses > 0 else { return parameters }
    trainsDecoderAlone = epoch % (objective.encoderPasses + 1) == 0
    return trainsDecoderAlone ? decoders.parameters : encoder.parameters
  }

  func train(_ batch: SparseRows, step: UInt64, anneal: Double) -> [(name: String, value: Double)] {
    itemsAreCurrent = false
    let candidates: Candidates<T>? = sampler?.draw(for: batch, seed: seed, step: step)
    decoders.prepareItems(seed: seed, step: step, candidates: candidates)
    let targets = candidates?.targets ?? batch
    let batch = batch.with(values: nil)
    let entries = targets.with(values: nil)
    let directions = affinity?.directions(entries, sums: decoders.sums(entries, scales: nil))
    func sums(_ scales: [T]) -> Matrix<T> { decoders.sums(entries, scales: scales) }
    encoder.forward(
      batch, dropout: trainsDecoderAlone ? 0 : objective.dropout, seed: seed, step: step,
      affinity: directions.flatMap { affinity?.forward($0) }, sums: sums)
    if hasPrevious { previous.forward(batch, dropout: 0, seed: seed, step: step, sums: sums) }
    places = decoder.encodeParts(
      batch, entries: entries, training: (objective.dropout, seed, step))
    let shares = [Double](repeating: 1 / Double(batch.rowCount), count: batch.rowCount)
    // Local variational optimisation: psi follows its own gradient before anything else does.
    for inner in 0..<objective.innerSteps {
      _ = pass(targets, shares, (step, UInt32(inner) + 1), anneal, usersOnly: true)
      encoder.refine(
        means: meanGradient.rowBlock(0..<batch.rowCount),
        logVariances: logVarianceGradient.rowBlock(0..<batch.rowCount), rate: T(Self.innerRate))
    }
    let (reconstruction, kl) = pass(targets, shares, (step, 0), anneal, usersOnly: false)
    let rows = 0..<batch.rowCount
    encoder.backward(
      batch, means: meanGradient.rowBlock(rows), logVariances: logVarianceGradient.rowBlock(rows),
      logits: logitGradient.rowBlock(rows))
    if let directions { affinity?.backward(directions, logitGradient.rowBlock(rows)) }
    guard decoder.groups.privileged != nil else {
      return [("reconstruction", reconstruction), ("kl", kl)]
    }
    return [
      ("reconstruction", reconstruction), ("kl", kl), ("ranking", decoders.rankingLoss),
    ]
  }

  /// From the posterior psi to the loss and back: leaves the gradients of psi and the clusters' logits,
  /// and unless `usersOnly` those of the decoder.
  ///
  /// - Parameters:
  ///   - targets: the batch's items among those that are scored.
  ///   - key: the step and the inner step, which key the noise.
  private func pass(
    _ targets: SparseRows, _ shares: [Double], _ key: (step: UInt64, inner: UInt32),
    _ anneal: Double, usersOnly: Bool
  ) -> (reconstruction: Double, kl: Double) {
    let rows = 0..<targets.rowCount
    fillNormal(
      noise.rowBlock(rows), seed: seed, stage: RandomStage.noise &+ key.inner, index: key.step)
    let weights = self.weights.rowBlock(rows)
    weights.copy(from: encoder.logWeights)
    exponentiate(weights)
    sample(rows, weights: weights)
    let users = self.users.rowBlock(rows)
    let logits = decoders.forward(users, weights: weights, places: places)
    let losses = decoders.losses(logits, targets: targets, scales: shares.map { T($0) })
    let (dUsers, dWeights) = decoders.backward(
      users, weights: weights, places: places, logits, usersOnly: usersOnly)
    let kl = backwardPosterior(targets, weights, dUsers, dWeights, shares, anneal: anneal)
    return (zip(losses, shares).reduce(0.0) { $0 + Double($1.0) * $1.1 }, kl)
  }

  /// Draws z^(k) for every cluster, the one-sample KL of each, and blends z = sum_k pi~_k z^(k).
  private func sample(_ rows: Range<Int>, weights: Matrix<T>) {
    var prior = CompositePrior(logVariances: clusters.logVariances.value)
    if hasPrevious {
      prior.old = (previous.means, previous.logVariances.rowBlock(rows))
      prior.oldShare = T(objective.priorOld)
      prior.wideShare = T(objective.priorWide)
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
      T(
        anneal * objective.klWeight * Double(batch.offsets[$0 + 1] - batch.offsets[$0]) * shares[$0]
      )
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
      for cluster in 0..<shape.clusters {
        let q = weights[row, cluster]
        let excess =
          divergences[row, cluster] + encoder.logWeights[row, cluster] - logPrior[0, cluster]
        kl += Double(share * q * excess)
        dWeights[row, cluster] += share * (excess + 1)
        blended += q * dWeights[row, cluster]
      }
      for cluster in 0..<shape.clusters {
        logitGradient[row, cluster] =
          weights[row, cluster] * (dWeights[row, cluster] - blended)
      }
    }
    pending = count
    return kl
  }

  /// Rows of the last batch, which the cluster prior has not seen yet.
  private var pending = 0

  var batchSums: [Double] {
    let rows = 0..<pending
    return clusters.sums(
      weights: weights.rowBlock(rows), means: encoder.means,
      logVariances: encoder.logVariances.rowBlock(rows))
  }

  func stepEnded(_ learningRate: Double, _ sums: [Double]) {
    decoder.shrinkMapping(by: learningRate * objective.mappingPenalty)
    clusters.update(sums, learnsVariances: objective.usesARD)
  }

  func epochEnded(_ epoch: Int) {
    // In RecVAE's schedule the old posterior is that of the last round of encoder passes.
    let isDue = objective.encoderPasses == 0 || (epoch + 1) % (objective.encoderPasses + 1) == 0
    guard objective.priorOld + objective.priorWide > 0, isDue else { return }
    hasPrevious = true
    for (old, new) in zip(previous.parameters, encoder.parameters) {
      old.value.copy(from: new.value)
    }
  }

  var state: [(name: String, values: [Double])] { clusters.state }
  var followers: [Parameter<T>] { hasPrevious ? previous.parameters : [] }

  func restore(state: [String: [Double]], followers: (Parameter<T>) -> Bool) {
    clusters.restore(state: state)
    // One after another, all of them.
    hasPrevious = previous.parameters.map(followers).contains(true)
  }

  /// Users' representations z (B x d) and cluster weights (B x K) without noise.
  func represent(_ batch: SparseRows) -> (users: Matrix<T>, weights: Matrix<T>) {
    let rows = 0..<batch.rowCount
    let near = affinity.map {
      $0.forward($0.directions(batch, sums: decoders.sums(batch, scales: nil)))
    }
    encoder.forward(batch, dropout: 0, seed: 0, step: 0, affinity: near) {
      self.decoders.sums(batch, scales: $0)
    }
    let (users, weights) = (self.users.rowBlock(rows), self.weights.rowBlock(rows))
    weights.copy(from: encoder.logWeights)
    exponentiate(weights)
    blend(encoder.means, weights: weights, into: users)
    return (users, weights)
  }

  /// Which clusters a model keeps, and which dimensions of each: exp E[log pi_k] at least `leastShare`, and
  /// lambda^(k)_l at least `leastVariance` of the cluster's largest (section 4.3, Table 10).
  func kept() -> (clusters: [Int], keeps: (Int, Int) -> Bool) {
    let weights = clusters.logWeights.value.array.map { exp(Double($0)) }
    var found = weights.indices.filter { weights[$0] >= Self.leastShare }
    if found.isEmpty, let heaviest = weights.indices.max(by: { weights[$0] < weights[$1] }) {
      found = [heaviest]
    }
    let variances = clusters.logVariances.value
    let limits = (0..<shape.clusters).map { cluster in
      Double(variances.row(cluster).max() ?? 0) + log(Self.leastVariance)
    }
    return (found, { Double(variances[$0, $1]) >= limits[$0] })
  }

  func parametersChanged() { itemsAreCurrent = false }

  func startedFromEarlierModel() { clusters.followParameters() }

  func prepareScoring() {
    guard !itemsAreCurrent else { return }
    decoders.prepareItems(seed: seed, step: nil)
    itemsAreCurrent = true
  }

  func validate(_ held: ValidationUsers, sharedBy group: RankGroup) -> Double {
    guard decoders.isCut else {
      return Fitting.validate(held, sharedBy: group) { score(held.foldIn, rows: $0, into: $1) }
    }
    prepareScoring()
    var sum = MetricSum(held)
    for start in stride(from: 0, to: held.foldIn.rowCount, by: shape.batch) {
      let rows = start..<min(start + shape.batch, held.foldIn.rowCount)
      let (users, weights) = represent(held.foldIn.rows(at: Array(rows)))
      sum.add(rows, decoders.best(users, weights: weights, of: held, rows: rows))
    }
    return sum.mean
  }

  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<T>) {
    prepareScoring()
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: shape.batch) {
      let block = start..<min(start + shape.batch, rows.upperBound)
      let histories = foldIn.rows(at: Array(block))
      let (users, weights) = represent(histories)
      let first = start - rows.lowerBound
      decoder.forward(
        users, weights: weights, places: decoder.encodeParts(histories, entries: histories),
        into: scores.rowBlock(first..<first + block.count))
    }
  }
}
