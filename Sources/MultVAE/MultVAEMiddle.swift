// What lies between the layers of Mult-VAE that have weights for items?

import DenseMath
import Fitting
import Training

/// H - d - H: tanh, the posterior, a draw of z, the hidden layer, forward and backward.
final class MultVAEMiddle<T: Real> {
  let latent: Int
  private let beta: Double
  private let seed: UInt64
  private let posterior: Dense<T>
  private let hidden: Dense<T>
  private let z: Matrix<T>
  private let noise: Matrix<T>
  private let latentGradient: Matrix<T>

  init(width: Int, latent: Int, beta: Double, batch: Int, seed: UInt64) {
    self.latent = latent
    self.beta = beta
    self.seed = seed
    posterior = Dense(
      "posterior", inputs: width, outputs: 2 * latent, batch: batch, seed: seed,
      stage: RandomStage.multVAEPosterior)
    hidden = Dense(
      "hidden", inputs: latent, outputs: width, batch: batch, seed: seed,
      stage: RandomStage.multVAEHidden)
    z = Matrix(rows: batch, columns: latent)
    noise = Matrix(rows: batch, columns: latent)
    latentGradient = Matrix(rows: batch, columns: 2 * latent)
  }

  var parameters: [Parameter<T>] { posterior.parameters + hidden.parameters }

  /// One pass forward and backward.
  ///
  /// - Parameters:
  ///   - h: x W + b of the first layer, B x H; overwritten.
  ///   - output: for the last layer's input, B x H, the losses of its rows and the gradient of their mean by it.
  /// - Returns: the gradient by the first layer's output, and the parts of the mean loss.
  func pass(
    _ h: Matrix<T>, step: UInt64, anneal: Double,
    output: (Matrix<T>) -> (losses: [T], gradient: Matrix<T>)
  ) -> (gradient: Matrix<T>, loss: [(name: String, value: Double)]) {
    let count = h.rows
    let rows = 0..<count
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
    let (losses, dp) = output(p)
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
    let reconstruction = losses.reduce(0.0) { $0 + Double($1) } / Double(count)
    return (dh, [("reconstruction", reconstruction), ("kl", weight * kl / Double(count))])
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

  /// The last layer's input by the mean of the posterior.
  ///
  /// - Parameter h: as in `pass`.
  func decode(_ h: Matrix<T>) -> Matrix<T> {
    tanhForward(h)
    let q = posterior.forward(h)
    let z = self.z.rowBlock(0..<h.rows)
    copyLeadingColumns(of: q, into: z)
    let p = hidden.forward(z)
    tanhForward(p)
    return p
  }
}
