// Does a fit say how it ended, and return what it made whichever way?

import DenseMath
import Interchange
import Support
import Synchronization
import Testing

@testable import Fitting
@testable import ModelCatalogue
@testable import MultVAE
@testable import Recommending
@testable import Training

@Suite struct FitOutcomeTests {
  private static let small = ["width=8", "latent=4", "epochs=6", "batch=16"]
  private let data = TrainingData(
    rows: SparseRows(lists: SmallData.twoTastes(users: 64), columnCount: 12), seed: 3)

  private func fit(
    _ name: String, _ words: [String], _ monitor: TrainingMonitor = TrainingMonitor()
  ) throws -> FittedModel {
    let family = try ModelCatalogue.family(named: name)
    return try family.fit(data, ModelSettings(words, for: family), monitor)
  }

  @Test(arguments: ["mult-vae", "indgrm", "recvae", "dglgm", "ials", "ease", "popularity"])
  func aFitThatMayEndIsFinished(_ name: String) throws {
    let words = ["ials": ["epochs=3"], "ease": [], "popularity": []][name] ?? Self.small
    #expect(try fit(name, words).outcome == .finished)
  }

  @Test(arguments: ["mult-vae", "indgrm", "ials"])
  func aFitThatTheMonitorEndsIsStopped(_ name: String) throws {
    let heard = Counter()
    let monitor = TrainingMonitor(
      epochEnded: { _ in heard.add() }, shouldStop: { heard.count > 0 })
    let fitted = try fit(name, name == "ials" ? ["epochs=9"] : Self.small, monitor)
    #expect(fitted.outcome == .stopped && !fitted.model.tensors().isEmpty)
  }

  /// The epoch and the batch are named, and what was best before is kept.
  @Test func aFitWhoseLossIsNoNumberFails() throws {
    let settings = try ModelSettings(["batch=16", "epochs=9"], for: MultVAEFamily.self)
    let network = FailingNetwork()
    let run = try Trainer(
      network: network, plan: TrainingPlan(settings, seed: 1), data: data,
      monitor: TrainingMonitor()
    ).run()
    #expect(run.outcome == .failed(.loss(epoch: 2, batch: 2, batches: 4)))
    #expect(run.epoch == 1 && network.weight.value.array.allSatisfy(\.isFinite))
  }
}

/// A network whose loss is no number in the sixth batch.
private final class FailingNetwork: TrainableNetwork {
  let itemCount = 12
  let weight = Parameter<Float>("weight", rows: 1, columns: 1)
  var parameters: [Parameter<Float>] { [weight] }

  func train(_ batch: SparseRows, step: UInt64, anneal: Double) -> [(name: String, value: Double)] {
    [("loss", step == 5 ? .nan : 1)]
  }
  func stepEnded(_ learningRate: Double, _ sums: [Double]) {}
  func epochEnded(_ epoch: Int) {}
  func parametersChanged() {}
  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) { scores.fill(0) }
}
