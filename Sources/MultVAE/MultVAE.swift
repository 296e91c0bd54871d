// What is the variational autoencoder with multinomial likelihood, forward and backward?

import DenseMath
import Fitting
import Training

/// Mult-VAE (Liang et al., WWW 2018): M - H - d - H - M with tanh layers.
///
/// q(z|x) = N(mu, exp(logvar)) from tanh(x W + b); logits = tanh(z W1 + b1) W2 + b2;
/// loss = -sum_j x_j log softmax(logits)_j + beta KL(q || N(0, I)), mean over the batch.
final class MultVAENetwork<T: Real>: TrainableNetwork {
  let itemCount: Int
  let latent: Int
  let dropout: Double
  let beta: Double
  let seed: UInt64
  private let input: SparseInput<T>
  private let posterior: Dense<T>
  private let hidden: Dense<T>
  private let decoder: Dense<T>
  private let z: Matrix<T>
  private let noise: Matrix<T>
  private let latentGradient: Matrix<T>
  private let batchLimit: Int

  init(
    items: Int, width: Int, latent: Int, dropout: Double, beta: Double, batch: Int, seed: UInt64
  ) {
    itemCount = items
    self.latent = latent
    self.dropout = dropout
    self.beta = beta
    self.seed = seed
    batchLimit = batch
    input = SparseInput(
      "encoder", items: items, width: width, batch: batch, seed: seed,
      stage: RandomStage.multVAEEncoder)
    posterior = Dense(
      "posterior", inputs: width, outputs: 2 * latent, batch: batch, seed: seed,
      stage: RandomStage.multVAEPosterior)
    hidden = Dense(
      "hidden", inputs: latent, outputs: width, batch: batch, seed: seed,
      stage: RandomStage.multVAEHidden)
    decoder = Dense(
      "decoder", inputs: width, outputs: items, batch: batch, seed: seed,
      stage: RandomStage.multVAEDecoder,
      outputsAreItems: true)
    z = Matrix(rows: batch, columns: latent)
    noise = Matrix(rows: batch, columns: latent)
    latentGradient = Matrix(rows: batch, columns: 2 * latent)
  }

  var width: Int { posterior.weights.value.rows }

  var parameters: [Parameter<T>] {
    input.parameters + posterior.parameters + hidden.parameters + decoder.parameters
  }

  func train(_ batch: SparseRows, step: UInt64, anneal: Double) -> [(name: String, value: Double)] {
    let (batch, targets) = (batch.with(values: nil), batch)
    let count = batch.rowCount
    let rows = 0..<count
    let h = input.forward(batch, dropout: dropout, seed: seed, step: step)
    tanhForward(h)
    _ = posterior.forward(h)
    let (z, noise, dq) = (
      self.z.rowBlock(rows), self.noise.rowBlock(rows), latentGradient.rowBlock(rows)
    )
    fillNormal(noise, seed: seed, stage: RandomStage.noise, index: step)
    let weight = beta * anneal
    let kl = sample(rows, klShare: T(weight / Double(count)))
    let p = hidden.forward(z)
    tanhForward(p)
    let logits = decoder.forward(p)
    let losses = softmaxCrossEntropy(
      logits, targets: targets, scales: [T](repeating: T(1 / Double(count)), count: count))
    let dp = decoder.backward(p, logits)
    tanhBackward(p, dp)
    let dz = hidden.backward(z, dp)
    Parallel.blocks(count, size: 32) { part in
      for row in part {
        let (dz, deviation, dq) = (dz.row(row), noise.row(row), dq.row(row))
        for index in 0..<latent {
          dq[index] += dz[index]
          dq[latent + index] += dz[index] * deviation[index] / 2
        }
      }
    }
    let dh = posterior.backward(h, dq)
    tanhBackward(h, dh)
    input.backward(batch, dh)
    let reconstruction = losses.reduce(0.0) { $0 + Double($1) } / Double(count)
    return [("reconstruction", reconstruction), ("kl", weight * kl / Double(count))]
  }

  /// z = mu + noise exp(logvar / 2); the noise becomes z - mu, and the posterior's gradient gets the KL's part.
  /// Returns the summed KL.
  private func sample(_ rows: Range<Int>, klShare: T) -> Double {
    let divergences = Matrix<Double>(rows: 1, columns: rows.count)
    let q = posterior.output
    Parallel.blocks(rows.count, size: 32) { part in
      for row in part {
        let (q, z, noise, dq) = (q.row(row), z.row(row), noise.row(row), latentGradient.row(row))
        let variances = UnsafeMutableBufferPointer(rebasing: dq[latent...])
        _ = variances.update(from: q[latent...])
        exponentiate(variances)
        var kl = 0.0
        for index in 0..<latent {
          let (mu, logvar, variance) = (q[index], q[latent + index], variances[index])
          noise[index] *= variance.squareRoot()
          z[index] = mu + noise[index]
          kl += Double(-1 - logvar + mu * mu + variance) / 2
          dq[index] = klShare * mu
          variances[index] = klShare * (variance - 1) / 2
        }
        divergences.pointer[row] = kl
      }
    }
    return divergences.buffer.reduce(0, +)
  }

  func stepEnded(_ learningRate: Double, _ sums: [Double]) {}
  func parametersChanged() {}
  func epochEnded(_ epoch: Int) {}

  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<T>) {
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: batchLimit) {
      let block = Array(start..<min(start + batchLimit, rows.upperBound))
      let h = input.forward(foldIn.rows(at: block), dropout: 0, seed: 0, step: 0)
      tanhForward(h)
      let q = posterior.forward(h)
      let z = self.z.rowBlock(0..<block.count)
      for row in 0..<block.count {
        for index in 0..<latent { z[row, index] = q[row, index] }
      }
      let p = hidden.forward(z)
      tanhForward(p)
      let first = start - rows.lowerBound
      let target = scores.rowBlock(first..<first + block.count)
      multiply(p, decoder.weights.value, into: target)
      addRow(decoder.bias.value, to: target)
    }
  }
}
