// What is the macro-disentangled variational autoencoder, forward and backward?

import DenseMath

/// MacridVAE in its authors' formulation (Ma et al., NeurIPS 2019).
///
/// Items belong to K concepts by softmax(cos(h_j, m_k) / tau), relaxed by Gumbel noise in training. For each
/// concept k a shared encoder reads x ∘ c_k: (a, b) = W2 tanh(W1 x_k + b1) + b2 with mu = a / |a| and
/// sigma = s0 exp(-b / 2); z = mu + noise sigma, normalised. Then
/// p_j ~ sum_k c_jk exp(cos(z_k, h_j) / tau), and loss = -sum_j x_j log p_j + beta sum_k KL_k with
/// KL_k = sum_d (e^-b + b - 1) / 2, the mean over a batch. K encoder and decoder passes a user.
final class MacridVAENetwork<T: Real>: TrainableNetwork {
  struct Options {
    var concepts = 7
    var latent = 100
    var temperature = 0.1
    var deviation = 0.075
    var dropout = 0.5
    var beta = 0.2
    var batch = 250
  }

  let itemCount: Int
  let options: Options
  private let seed: UInt64
  private let items: Parameter<T>
  private let concepts: ItemGroups<T>
  private let input: SparseInput<T>
  private let posterior: Dense<T>
  private let unitItems: Matrix<T>
  private let itemNorms: Matrix<T>
  private let unitItemGradient: Matrix<T>
  private let shares: Matrix<T>
  private let shareGradient: Matrix<T>
  private let membershipGradient: Matrix<T>
  private let means: Matrix<T>
  private let meanNorms: Matrix<T>
  private let noise: Matrix<T>
  private let z: Matrix<T>
  private let unitZ: Matrix<T>
  private let zNorms: Matrix<T>
  private let zGradient: Matrix<T>
  private let posteriorGradient: Matrix<T>
  private var scores: Matrix<T>
  private var mixture: Matrix<T>
  private var isCurrent = false

  init(items count: Int, options: Options, seed: UInt64) {
    itemCount = count
    self.options = options
    self.seed = seed
    let (k, d, rows) = (options.concepts, options.latent, options.concepts * options.batch)
    items = Parameter("items", rows: count, columns: d)
    items.initialiseGlorot(seed: seed, stage: 80)
    var grouping = InDGRMOptions()
    grouping.groups = k
    grouping.latent = d
    grouping.temperature = options.temperature
    concepts = ItemGroups(options: grouping, seed: seed)
    input = SparseInput("encoder", items: count, width: d, batch: rows, seed: seed, stage: 81)
    posterior = Dense("posterior", inputs: d, outputs: 2 * d, batch: rows, seed: seed, stage: 82)
    unitItems = Matrix(rows: count, columns: d)
    itemNorms = Matrix(rows: 1, columns: count)
    unitItemGradient = Matrix(rows: count, columns: d)
    shares = Matrix(rows: k, columns: count)
    shareGradient = Matrix(rows: k, columns: count)
    membershipGradient = Matrix(rows: count, columns: k)
    means = Matrix(rows: rows, columns: d)
    meanNorms = Matrix(rows: 1, columns: rows)
    noise = Matrix(rows: rows, columns: d)
    z = Matrix(rows: rows, columns: d)
    unitZ = Matrix(rows: rows, columns: d)
    zNorms = Matrix(rows: 1, columns: rows)
    zGradient = Matrix(rows: rows, columns: d)
    posteriorGradient = Matrix(rows: rows, columns: 2 * d)
    scores = Matrix(rows: 0, columns: count)
    mixture = Matrix(rows: 0, columns: count)
  }

  var parameters: [Parameter<T>] {
    [items, concepts.prototypes] + input.parameters + posterior.parameters
  }

  /// The concept each item belongs to most, and the concepts' prototypes.
  var itemGroups: (assignment: [UInt32], prototypes: Matrix<T>) {
    prepareScoring()
    let assignment = (0..<itemCount).map { item in
      let row = concepts.membership.row(item)
      return UInt32(row.indices.max { row[$0] < row[$1] } ?? 0)
    }
    return (assignment, concepts.prototypes.value)
  }

  private func prepareItems(step: UInt64?) {
    normaliseRows(items.value, into: unitItems, norms: itemNorms)
    concepts.forward(unitItems, ids: nil, seed: seed, step: step)
    transpose(concepts.membership, into: shares)
  }

  /// The batch once for every concept, its entries weighted by the items' shares in it.
  private func masked(_ batch: SparseRows) -> SparseRows {
    var offsets = [0]
    var columns: [UInt32] = []
    var values: [Float] = []
    offsets.reserveCapacity(options.concepts * batch.rowCount + 1)
    for concept in 0..<options.concepts {
      let share = shares.row(concept)
      for row in 0..<batch.rowCount {
        for item in batch.row(row) {
          columns.append(item)
          values.append(Float(share[Int(item)]))
        }
        offsets.append(columns.count)
      }
    }
    return SparseRows(
      offsets: offsets, columns: columns, values: values, columnCount: batch.columnCount)
  }

  /// Means mu of all concepts; leaves the layers' outputs for `backward`.
  private func encode(_ masked: SparseRows, dropout: Double, step: UInt64) -> Matrix<T> {
    let rows = 0..<masked.rowCount
    let h = input.forward(masked, dropout: dropout, seed: seed, step: step)
    tanhForward(h)
    let q = posterior.forward(h)
    let d = options.latent
    let raw = z.rowBlock(rows)
    for row in rows { (raw.pointer + row * d).update(from: q.pointer + row * 2 * d, count: d) }
    let means = self.means.rowBlock(rows)
    normaliseRows(raw, into: means, norms: meanNorms)
    return means
  }

  /// exp(cos(z_k, h_j) / tau) into `scores` and its mixture over concepts into `mixture`.
  private func decode(_ unit: Matrix<T>, users: Int) {
    if scores.rows != unit.rows { scores = Matrix(rows: unit.rows, columns: itemCount) }
    if mixture.rows != users { mixture = Matrix(rows: users, columns: itemCount) }
    multiply(
      unit, unitItems, transposeB: true, into: scores, alpha: T(1 / options.temperature))
    exponentiate(scores)
    mixBlocks(scores, weights: shares, into: mixture)
  }

  func train(_ batch: SparseRows, step: UInt64, anneal: Double) -> [(name: String, value: Double)] {
    isCurrent = false
    prepareItems(step: step)
    let masked = masked(batch)
    let (users, d) = (batch.rowCount, options.latent)
    let rows = 0..<masked.rowCount
    let means = encode(masked, dropout: options.dropout, step: step)
    let q = posterior.output.rowBlock(rows)
    fillNormal(noise.rowBlock(rows), seed: seed, stage: 0x4E4F_4953, index: step)
    let beta = options.beta * anneal
    let kl = sample(rows, means, q, klShare: T(beta / Double(users)))
    normaliseRows(z.rowBlock(rows), into: unitZ.rowBlock(rows), norms: zNorms)
    decode(unitZ.rowBlock(rows), users: users)

    let logits = Matrix<T>(rows: users, columns: itemCount)
    addLog(of: mixture, plus: 0, to: logits)
    let losses = softmaxCrossEntropy(
      logits, targets: batch, scales: [T](repeating: T(1 / Double(users)), count: users))
    divide(logits, by: mixture, plus: 0, into: mixture)
    mixBlocksBackward(mixture, scores: scores, weights: shares, weightGradient: shareGradient)

    let tau = T(1 / options.temperature)
    let unit = unitZ.rowBlock(rows)
    let dUnit = means  // mu is not needed as such any more, only z and its derivative
    let dz = zGradient.rowBlock(rows)
    let meansKept = Matrix<T>(rows: means.rows, columns: d, means.array)
    multiply(scores, unitItems, into: dUnit, alpha: tau)
    multiply(scores, transposeA: true, unit, into: unitItemGradient, alpha: tau)
    normaliseRowsBackward(unit, dUnit, norms: zNorms, into: dz)
    backwardPosterior(rows, meansKept, dz)
    let h = input.output.rowBlock(rows)
    let dh = posterior.backward(h, posteriorGradient.rowBlock(rows))
    tanhBackward(h, dh)
    input.backward(masked, dh)
    addInputGradient(masked, dh, users: users)

    transpose(shareGradient, into: membershipGradient)
    concepts.backward(unitItems, membershipGradient, addingTo: unitItemGradient)
    normaliseRowsBackward(unitItems, unitItemGradient, norms: itemNorms, into: items.gradient)
    let reconstruction = losses.reduce(0.0) { $0 + Double($1) } / Double(users)
    return [("reconstruction", reconstruction), ("kl", beta * kl / Double(users))]
  }

  /// z = mu + noise s0 exp(-b / 2); the posterior's gradient gets the KL's part. Returns the summed KL.
  private func sample(_ rows: Range<Int>, _ means: Matrix<T>, _ q: Matrix<T>, klShare: T) -> Double
  {
    let d = options.latent
    let deviation = T(options.deviation)
    var kl = 0.0
    for row in rows {
      let (q, mean) = (q.row(row), means.row(row))
      let (z, noise, dq) = (z.row(row), noise.row(row), posteriorGradient.row(row))
      for index in 0..<d {
        let b = q[d + index]
        let variance = T.exp(-b)
        z[index] = mean[index] + noise[index] * deviation * variance.squareRoot()
        kl += Double(variance + b - 1) / 2
        dq[d + index] = klShare * (1 - variance) / 2
      }
    }
    return kl
  }

  /// dL/d(a, b) from dL/dz.
  private func backwardPosterior(_ rows: Range<Int>, _ means: Matrix<T>, _ dz: Matrix<T>) {
    let d = options.latent
    let da = Matrix<T>(rows: rows.count, columns: d)
    normaliseRowsBackward(means, dz, norms: meanNorms, into: da)
    for row in rows {
      let (z, mean, dz, dq) = (z.row(row), means.row(row), dz.row(row), posteriorGradient.row(row))
      for index in 0..<d {
        dq[index] = da[row, index]
        dq[d + index] -= dz[index] * (z[index] - mean[index]) / 2
      }
    }
  }

  /// What the shares receive through the encoder's input.
  private func addInputGradient(_ masked: SparseRows, _ dh: Matrix<T>, users: Int) {
    let gradients = input.entryGradients(masked, dh)
    for concept in 0..<options.concepts {
      let target = shareGradient.row(concept)
      let first = masked.offsets[concept * users]
      for entry in first..<masked.offsets[(concept + 1) * users] {
        target[Int(masked.columns[entry])] += gradients[entry]
      }
    }
  }

  func stepEnded(_ learningRate: Double) {}
  func epochEnded(_ epoch: Int) {}
  func parametersChanged() { isCurrent = false }

  private func prepareScoring() {
    guard !isCurrent else { return }
    prepareItems(step: nil)
    isCurrent = true
  }

  func score(_ foldIn: SparseRows, rows: Range<Int>, into out: Matrix<T>) {
    prepareScoring()
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: options.batch) {
      let block = Array(start..<min(start + options.batch, rows.upperBound))
      let means = encode(masked(foldIn.rows(at: block)), dropout: 0, step: 0)
      decode(means, users: block.count)
      let target = out.rowBlock(start - rows.lowerBound..<start - rows.lowerBound + block.count)
      target.fill(0)
      addLog(of: mixture, plus: 0, to: target)
    }
  }
}
