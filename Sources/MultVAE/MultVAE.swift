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
  let seed: UInt64
  private let input: SparseInput<T>
  private let middle: MultVAEMiddle<T>
  private let decoder: Dense<T>
  private let batchLimit: Int

  init(
    items: Int, width: Int, latent: Int, dropout: Double, beta: Double, batch: Int, seed: UInt64
  ) {
    itemCount = items
    self.latent = latent
    self.dropout = dropout
    self.seed = seed
    batchLimit = batch
    input = SparseInput(
      "encoder", items: items, width: width, batch: batch, seed: seed,
      stage: RandomStage.multVAEEncoder)
    middle = MultVAEMiddle(width: width, latent: latent, beta: beta, batch: batch, seed: seed)
    decoder = Dense(
      "decoder", inputs: width, outputs: items, batch: batch, seed: seed,
      stage: RandomStage.multVAEDecoder,
      outputsAreItems: true)
  }

  var width: Int { decoder.weights.value.rows }

  var parameters: [Parameter<T>] {
    input.parameters + middle.parameters + decoder.parameters
  }

  func train(_ batch: SparseRows, step: UInt64, anneal: Double) -> [(name: String, value: Double)] {
    let (batch, targets) = (batch.with(values: nil), batch)
    let count = batch.rowCount
    let h = input.forward(batch, dropout: dropout, seed: seed, step: step)
    let pass = middle.pass(h, step: step, anneal: anneal) { p in
      let logits = decoder.forward(p)
      let losses = softmaxCrossEntropy(
        logits, targets: targets, scales: [T](repeating: T(1 / Double(count)), count: count))
      return (losses, decoder.backward(p, logits))
    }
    input.backward(batch, pass.gradient)
    return pass.loss
  }

  func stepEnded(_ learningRate: Double, _ sums: [Double]) {}
  func parametersChanged() {}
  func epochEnded(_ epoch: Int) {}

  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<T>) {
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: batchLimit) {
      let block = Array(start..<min(start + batchLimit, rows.upperBound))
      let p = middle.decode(input.forward(foldIn.rows(at: block), dropout: 0, seed: 0, step: 0))
      let first = start - rows.lowerBound
      let target = scores.rowBlock(first..<first + block.count)
      multiply(p, decoder.weights.value, into: target)
      addRow(decoder.bias.value, to: target)
    }
  }
}
