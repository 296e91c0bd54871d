// How is Mult-VAE trained where no process holds the weights of all items?

import DenseMath
import Fitting
import Interchange
import Ranks
import Recommending
import Training

/// The network of `MultVAENetwork` with its items cut: all processes take the same users at the same time.
final class CutMultVAENetwork<T: Real>: TrainableNetwork {
  let itemCount: Int
  private let dropout: Double
  private let seed: UInt64
  private let input: SparseInput<T>
  private let output: CutOutput<T>
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
    input = SparseInput(
      "encoder", items: items, width: width, batch: batch, seed: seed,
      stage: RandomStage.multVAEEncoder, cut: ranks)
    output = CutOutput(
      "decoder", items: items, width: width, batch: batch, seed: seed,
      stage: RandomStage.multVAEDecoder, cut: ranks)
    middle = MultVAEMiddle(width: width, latent: latent, beta: beta, batch: batch, seed: seed)
  }

  var parameters: [Parameter<T>] { input.parameters + output.parameters + middle.parameters }

  func train(_ batch: SparseRows, step: UInt64, anneal: Double) -> [(name: String, value: Double)] {
    let (batch, targets) = (batch.with(values: nil), batch)
    let h = input.forward(batch, dropout: dropout, seed: seed, step: step)
    let pass = middle.pass(h, step: step, anneal: anneal) { output.crossEntropy($0, targets) }
    input.backward(batch, pass.gradient)
    return pass.loss
  }

  /// Ends training: users are represented to the last bit as by the network that is read back, and the memory that
  /// training took is given back.
  func end() {
    input.addsInOrder = true
    parameters.forEach { $0.forgetTraining() }
  }

  func stepEnded(_ learningRate: Double, _ sums: [Double]) {}
  func parametersChanged() {}
  func epochEnded(_ epoch: Int) {}

  func validate(_ held: ValidationUsers, sharedBy group: RankGroup) -> Double {
    var sum = MetricSum(held)
    let none = Matrix<T>(rows: 1, columns: itemCount)
    for start in stride(from: 0, to: held.foldIn.rowCount, by: batchLimit) {
      let rows = start..<min(start + batchLimit, held.foldIn.rowCount)
      let users = held.foldIn.rows(at: Array(rows))
      let p = middle.decode(input.forward(users, dropout: 0, seed: 0, step: 0))
      sum.add(rows, output.best(p, of: held, rows: rows, adding: [none])[0])
    }
    return sum.mean
  }

  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<T>) {
    for (block, p) in decoded(foldIn, rows) {
      let first = block.lowerBound - rows.lowerBound
      output.score(p, into: scores.rowBlock(first..<first + block.count))
    }
  }

  /// The last layer's input for users, block by block, as the network has it that is not cut.
  private func decoded(_ foldIn: SparseRows, _ rows: Range<Int>) -> some Sequence<
    (Range<Int>, Matrix<T>)
  > {
    stride(from: rows.lowerBound, to: rows.upperBound, by: batchLimit).lazy.map { start in
      let block = start..<min(start + self.batchLimit, rows.upperBound)
      let users = foldIn.rows(at: Array(block))
      return (block, self.middle.decode(self.input.forward(users, dropout: 0, seed: 0, step: 0)))
    }
  }
}

extension CutMultVAENetwork where T == Float {
  func lists(of held: ValidationUsers, rows: Range<Int>, adding terms: [Matrix<Float>])
    -> [[[Ranked<Float>]]]
  {
    var lists = [[[Ranked<Float>]]](repeating: [], count: terms.count)
    for (block, p) in decoded(held.foldIn, rows) {
      for (place, found) in output.best(p, of: held, rows: block, adding: terms).enumerated() {
        lists[place] += found
      }
    }
    return lists
  }

  /// What every process holds, and what none does, of the network that is not cut.
  var held: [Tensor] {
    ([input.bias] + middle.parameters).map { $0.value.tensor($0.name) }
  }
  var streamed: [StreamedTensor] { input.streamed + output.streamed }
}

/// The network as a model: all processes judge and store it together, with their parts where they are.
final class CutMultVAEModel: ListingModel {
  private let network: CutMultVAENetwork<Float>
  let settings: JSONValue
  var itemCount: Int { network.itemCount }

  /// Ends the network's training.
  init(_ network: CutMultVAENetwork<Float>, settings: JSONValue) {
    network.end()
    self.network = network
    self.settings = settings
  }

  func tensors() -> [Tensor] { network.held }
  func streamedTensors() -> [StreamedTensor] { network.streamed }

  func lists(of held: ValidationUsers, rows: Range<Int>, adding terms: [Matrix<Float>])
    -> [[[Ranked<Float>]]]
  {
    network.lists(of: held, rows: rows, adding: terms)
  }

  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    network.score(foldIn, rows: rows, into: scores)
  }

  func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation] {
    explainByLeavingOut(self, foldIn, items: items)
  }
}
