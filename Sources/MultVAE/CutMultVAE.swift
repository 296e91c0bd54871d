// How is Mult-VAE trained where no process holds the weights of all items?

import DenseMath
import Fitting
import Ranks
import Recommending
import Training

/// The network of `MultVAENetwork` with its items cut: all processes take the same users at the same time.
final class CutMultVAENetwork<T: Real>: TrainableNetwork {
  let itemCount: Int
  private let dropout: Double
  private let seed: UInt64
  private let items: CutItems<T>
  private let middle: MultVAEMiddle<T>
  private let batchLimit: Int

  init(
    items: Int, width: Int, latent: Int, dropout: Double, beta: Double, batch: Int, seed: UInt64,
    cut ranks: VirtualRanks
  ) {
    itemCount = items
    self.dropout = dropout
    self.seed = seed
    batchLimit = batch
    self.items = CutItems(
      inputName: "encoder", outputName: "decoder", items: items, width: width, batch: batch,
      seed: seed, stages: (RandomStage.multVAEEncoder, RandomStage.multVAEDecoder), cut: ranks)
    middle = MultVAEMiddle(width: width, latent: latent, beta: beta, batch: batch, seed: seed)
  }

  var parameters: [Parameter<T>] { items.parameters + middle.parameters }

  func train(_ batch: SparseRows, step: UInt64, anneal: Double) -> [(name: String, value: Double)] {
    let h = items.forward(batch, dropout: dropout, seed: seed, step: step)
    let pass = middle.pass(h, step: step, anneal: anneal) { items.crossEntropy($0) }
    items.backward(pass.gradient)
    return pass.loss
  }

  func stepEnded(_ learningRate: Double, _ sums: [Double]) {}
  func parametersChanged() {}
  func epochEnded(_ epoch: Int) {}

  func validate(_ held: ValidationUsers, sharedBy group: RankGroup) -> Double {
    var sum = MetricSum(held)
    for start in stride(from: 0, to: held.foldIn.rowCount, by: batchLimit) {
      let rows = start..<min(start + batchLimit, held.foldIn.rowCount)
      let users = held.foldIn.rows(at: Array(rows))
      let p = middle.decode(items.forward(users, dropout: 0, seed: 0, step: 0))
      sum.add(rows, items.best(p, of: held, rows: rows))
    }
    return sum.mean
  }

  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<T>) {
    preconditionFailure("a network whose items are cut ranks, but has no scores of all items")
  }

  /// Gives the whole network's parameters, by their names, the values of all processes, and its own memory back.
  func move(to whole: [Parameter<T>]) {
    parameters.forEach { $0.forgetTraining() }
    for parameter in whole {
      if let own = (middle.parameters + [items.bias]).first(where: { $0.name == parameter.name }) {
        parameter.value.copy(from: own.value)
      } else {
        items.gather(parameter)
      }
    }
  }
}
