// What is the macro-disentangled variational autoencoder, forward and backward?

import DenseMath
import Fitting
import Training

/// MacridVAE in its authors' formulation (Ma et al., NeurIPS 2019).
///
/// Items belong to K concepts by softmax(cos(h_j, m_k) / tau), relaxed by Gumbel noise in training. For each
/// concept k a shared encoder reads x ∘ c_k: (a, b) = W2 tanh(W1 x_k + b1) + b2 with mu = a / |a| and
/// sigma = s0 exp(-b / 2); z = mu + noise sigma, normalised. Then
/// p_j ~ sum_k c_jk exp(cos(z_k, h_j) / tau), and loss = -sum_j x_j log p_j + beta sum_k KL_k with
/// KL_k = sum_d (e^-b + b - 1) / 2, the mean over a batch. K encoder and decoder passes a user.
///
/// Rows of representations stand slab by slab of a few users, in each concept by concept; a slab goes through
/// the decoder, the loss and back before the next, so that its scores stay near the processor.
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
  private let unitGradient: Matrix<T>
  private let zGradient: Matrix<T>
  private let posteriorGradient: Matrix<T>
  private let scoreMemory = Workspace<T>()
  private let mixtureMemory = Workspace<T>()
  private let logitMemory = Workspace<T>()
  private let meanGradient: Matrix<T>
  private var isCurrent = false

  init(items count: Int, options: Options, seed: UInt64) {
    itemCount = count
    self.options = options
    self.seed = seed
    let (k, d, rows) = (options.concepts, options.latent, options.concepts * options.batch)
    items = Parameter("items", rows: count, columns: d, items: .rows)
    items.initialiseGlorot(seed: seed, stage: RandomStage.macridItems)
    concepts = ItemGroups(
      count: k, latent: d, temperature: options.temperature, usesCosine: true, seed: seed)
    input = SparseInput(
      "encoder", items: count, width: d, batch: rows, seed: seed, stage: RandomStage.macridEncoder)
    posterior = Dense(
      "posterior", inputs: d, outputs: 2 * d, batch: rows, seed: seed,
      stage: RandomStage.macridPosterior)
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
    unitGradient = Matrix(rows: rows, columns: d)
    unitZ = Matrix(rows: rows, columns: d)
    zNorms = Matrix(rows: 1, columns: rows)
    zGradient = Matrix(rows: rows, columns: d)
    posteriorGradient = Matrix(rows: rows, columns: 2 * d)
    meanGradient = Matrix(rows: rows, columns: d)
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
    concepts.forward(
      unitItems, ids: nil, places: 0..<unitItems.rows, seed: seed, step: step)
    transpose(concepts.membership, into: shares)
  }

  /// Users that go through the decoder together.
  private static var slabSize: Int { 32 }

  /// The slabs of some users and the rows of representations of each.
  private func slabs(_ users: Int) -> [(users: Range<Int>, rows: Range<Int>)] {
    stride(from: 0, to: users, by: Self.slabSize).map { first in
      let slab = first..<min(first + Self.slabSize, users)
      return (slab, slab.lowerBound * options.concepts..<slab.upperBound * options.concepts)
    }
  }

  /// The batch once for every concept, its entries weighted by the items' shares in it.
  private func masked(_ batch: SparseRows) -> SparseRows {
    let slabs = slabs(batch.rowCount)
    var offsets = [0]
    offsets.reserveCapacity(options.concepts * batch.rowCount + 1)
    for slab in slabs {
      for _ in 0..<options.concepts {
        for user in slab.users {
          offsets.append(
            (offsets.last ?? 0) + batch.offsets[user + 1] - batch.offsets[user])
        }
      }
    }
    let starts = offsets
    return SparseRows(offsets: offsets, columnCount: batch.columnCount) { columns, values in
      Parallel.blocks(slabs.count, size: 1) { part in
        for slab in part { mask(batch, slabs[slab].users, starts, columns, values) }
      }
    }
  }

  /// The part of `masked` that belongs to a slab.
  private func mask(
    _ batch: SparseRows, _ users: Range<Int>, _ offsets: [Int], _ columns: SharedBuffer<UInt32>,
    _ values: SharedBuffer<Float>
  ) {
    var place = offsets[users.lowerBound * options.concepts]
    for concept in 0..<options.concepts {
      let share = shares.pointer + concept * itemCount
      for user in users {
        for item in batch.row(user) {
          columns[place] = item
          values[place] = Float(share[Int(item)])
          place += 1
        }
      }
    }
  }

  /// Means mu of all concepts; leaves the layers' outputs for `backward`.
  private func encode(_ masked: SparseRows, dropout: Double, step: UInt64) -> Matrix<T> {
    let rows = 0..<masked.rowCount
    let h = input.forward(masked, dropout: dropout, seed: seed, step: step)
    tanhForward(h)
    let q = posterior.forward(h)
    let d = options.latent
    let raw = z.rowBlock(rows)
    Parallel.blocks(rows.count, size: 64) { part in
      for row in part { (raw.pointer + row * d).update(from: q.pointer + row * 2 * d, count: d) }
    }
    let means = self.means.rowBlock(rows)
    normaliseRows(raw, into: means, norms: meanNorms)
    return means
  }

  /// exp(cos(z_k, h_j) / tau) of a slab, and its mixture over concepts.
  private func decode(_ unit: Matrix<T>, users: Int) -> (scores: Matrix<T>, mixture: Matrix<T>) {
    let scores = scoreMemory.matrix(rows: unit.rows, columns: itemCount)
    let mixture = mixtureMemory.matrix(rows: users, columns: itemCount)
    multiply(
      unit, unitItems, transposeB: true, into: scores, alpha: T(1 / options.temperature))
    mixExponentials(scores, weights: shares, into: mixture)
    return (scores, mixture)
  }

  func train(_ batch: SparseRows, step: UInt64, anneal: Double) -> [(name: String, value: Double)] {
    isCurrent = false
    prepareItems(step: step)
    let masked = masked(batch)
    let users = batch.rowCount
    let rows = 0..<masked.rowCount
    let means = encode(masked, dropout: options.dropout, step: step)
    fillNormal(noise.rowBlock(rows), seed: seed, stage: RandomStage.noise, index: step)
    let beta = options.beta * anneal
    let kl = sample(rows, klShare: T(beta / Double(users)))
    normaliseRows(z.rowBlock(rows), into: unitZ.rowBlock(rows), norms: zNorms)

    shareGradient.fill(0)
    var loss = 0.0
    for slab in slabs(users) {
      loss += passDecoder(
        unitZ.rowBlock(slab.rows), batch.rows(at: Array(slab.users)), of: users,
        isFirst: slab.users.lowerBound == 0, into: unitGradient.rowBlock(slab.rows))
    }

    let dz = zGradient.rowBlock(rows)
    normaliseRowsBackward(
      unitZ.rowBlock(rows), unitGradient.rowBlock(rows), norms: zNorms, into: dz)
    backwardPosterior(rows, means, dz)
    let h = input.output.rowBlock(rows)
    let dh = posterior.backward(h, posteriorGradient.rowBlock(rows))
    tanhBackward(h, dh)
    input.backward(masked, dh)
    addInputGradient(masked, dh, users: users)

    transpose(shareGradient, into: membershipGradient)
    concepts.backward(unitItems, membershipGradient, addingTo: unitItemGradient)
    normaliseRowsBackward(unitItems, unitItemGradient, norms: itemNorms, into: items.gradient)
    return [("reconstruction", loss / Double(users)), ("kl", beta * kl / Double(users))]
  }

  /// A slab's scores, its loss (summed over its users) and back: leaves dL/dz_k and adds to the gradients of the
  /// unit items and of the shares.
  private func passDecoder(
    _ unit: Matrix<T>, _ targets: SparseRows, of users: Int, isFirst: Bool,
    into dUnit: Matrix<T>
  ) -> Double {
    let count = targets.rowCount
    let (scores, mixture) = decode(unit, users: count)
    let logits = logitMemory.matrix(rows: count, columns: itemCount)
    logits.fill(0)
    addLog(of: mixture, plus: 0, to: logits)
    let losses = softmaxCrossEntropy(
      logits, targets: targets, scales: [T](repeating: T(1 / Double(users)), count: count))
    divide(logits, by: mixture, plus: 0, into: mixture)
    mixExponentialsBackward(
      mixture, exponentials: scores, weights: shares, addingTo: shareGradient)
    let tau = T(1 / options.temperature)
    multiply(scores, unitItems, into: dUnit, alpha: tau)
    multiply(
      scores, transposeA: true, unit, into: unitItemGradient, alpha: tau, beta: isFirst ? 0 : 1)
    return losses.reduce(0.0) { $0 + Double($1) }
  }

  /// z = mu + noise s0 exp(-b / 2); the posterior's gradient gets the KL's part. Returns the summed KL.
  private func sample(_ rows: Range<Int>, klShare: T) -> Double {
    let d = options.latent
    let deviation = T(options.deviation)
    let q = posterior.output
    let divergences = Matrix<Double>(rows: 1, columns: rows.count)
    Parallel.blocks(rows.count, size: 32) { part in
      for row in part {
        let (q, mean) = (q.row(row), means.row(row))
        let (z, noise, dq) = (z.row(row), noise.row(row), posteriorGradient.row(row))
        let variances = UnsafeMutableBufferPointer(rebasing: dq[d...])
        for index in 0..<d { variances[index] = -q[d + index] }
        exponentiate(variances)
        var kl = 0.0
        for index in 0..<d {
          let variance = variances[index]
          z[index] = mean[index] + noise[index] * deviation * variance.squareRoot()
          kl += Double(variance + q[d + index] - 1) / 2
          variances[index] = klShare * (1 - variance) / 2
        }
        divergences.pointer[row] = kl
      }
    }
    return divergences.buffer.reduce(0, +)
  }

  /// dL/d(a, b) from dL/dz.
  private func backwardPosterior(_ rows: Range<Int>, _ means: Matrix<T>, _ dz: Matrix<T>) {
    let d = options.latent
    let da = meanGradient.rowBlock(rows)
    normaliseRowsBackward(means, dz, norms: meanNorms, into: da)
    Parallel.blocks(rows.count, size: 64) { part in
      for row in part {
        let (z, mean, dz) = (z.row(row), means.row(row), dz.row(row))
        let (da, dq) = (da.row(row), posteriorGradient.row(row))
        for index in 0..<d {
          dq[index] = da[index]
          dq[d + index] -= dz[index] * (z[index] - mean[index]) / 2
        }
      }
    }
  }

  /// What the shares receive through the encoder's input.
  private func addInputGradient(_ masked: SparseRows, _ dh: Matrix<T>, users: Int) {
    let gradients = input.entryGradients(masked, dh)
    let slabs = slabs(users)
    masked.columns.withUnsafeBufferPointer { columns in
      let columns = ReadOnlyBuffer(columns)
      Parallel.blocks(options.concepts, size: 1) { part in
        for concept in part {
          let target = shareGradient.row(concept)
          for slab in slabs {
            let first = slab.rows.lowerBound + concept * slab.users.count
            for entry in masked.offsets[first]..<masked.offsets[first + slab.users.count] {
              target[Int(columns[entry])] += gradients.pointer[entry]
            }
          }
        }
      }
    }
  }

  func stepEnded(_ learningRate: Double, _ sums: [Double]) {}
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
      for slab in slabs(block.count) {
        let first = start - rows.lowerBound + slab.users.lowerBound
        let target = out.rowBlock(first..<first + slab.users.count)
        let (_, mixture) = decode(means.rowBlock(slab.rows), users: slab.users.count)
        target.fill(0)
        addLog(of: mixture, plus: 0, to: target)
      }
    }
  }
}
