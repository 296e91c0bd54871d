// How is a network trained: batches, epochs, validation, early stopping, the best model kept?

import DenseMath
import Interchange

/// A network that learns from batches of sparse rows.
protocol TrainableNetwork: AnyObject {
  associatedtype Scalar: Real
  var itemCount: Int { get }
  var parameters: [Parameter<Scalar>] { get }

  /// One forward and backward pass; leaves the gradients of the batch's mean loss.
  ///
  /// - Parameters:
  ///   - batch: one row a user.
  ///   - step: numbers the batches of a run from 0; random numbers are keyed by it.
  ///   - anneal: the factor on the KL weight, 0 to 1.
  /// - Returns: the parts of the mean loss, which is their sum.
  func train(_ batch: SparseRows, step: UInt64, anneal: Double) -> [(name: String, value: Double)]

  /// The parameters that the passes of an epoch (from 1) update; all of them unless a network says
  /// otherwise.
  func updated(in epoch: Int) -> [Parameter<Scalar>]
  /// Called after the parameters were updated.
  func stepEnded(_ learningRate: Double)
  /// Called after every epoch.
  func epochEnded(_ epoch: Int)
  /// Called when the parameters' values were replaced from outside.
  func parametersChanged()
  /// Scores all items for some rows, without dropout or noise.
  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Scalar>)
}

extension TrainableNetwork {
  func updated(in epoch: Int) -> [Parameter<Scalar>] { parameters }
}

/// How long and how fast a network is trained.
struct TrainingPlan {
  var epochs: Int
  var batchSize: Int
  var adam: AdamSettings
  /// Epochs over which the KL weight rises from 0; 0 starts at the full weight.
  var annealEpochs: Double
  /// Validation passes without improvement after which training ends.
  var patience: Int
  /// Epochs between validation passes.
  var validateEvery: Int
  /// The weight of earlier epochs in the running average of the parameters that is validated and kept;
  /// 0 keeps an epoch's own.
  var average: Double
  var seed: UInt64

  /// The settings of all trained networks.
  static func options(epochs: Int, batch: Int, rate: Double, anneal: Double) -> [ModelOption] {
    [
      ModelOption(
        "epochs", .integer(epochs, 1...100_000), "Passes over the training users at most"),
      ModelOption("batch", .integer(batch, 1...100_000), "Users in a batch"),
      ModelOption("learning-rate", .number(rate, 0...1), "Adam's step size"),
      ModelOption("weight-decay", .number(0, 0...1), "Decoupled weight decay"),
      ModelOption("anneal-epochs", .number(anneal, 0...1e6), "Epochs until the KL weight is full"),
      ModelOption(
        "patience", .integer(6, 1...1000), "Validations without a better one before the end"),
      ModelOption("validate-every", .integer(2, 1...1000), "Epochs between validations"),
      ModelOption(
        "average", .number(0, 0...0.999),
        "Weight of earlier epochs in a running average of the parameters"),
    ]
  }

  init(_ settings: ModelSettings, seed: UInt64) {
    epochs = settings.integer("epochs")
    batchSize = settings.integer("batch")
    adam = AdamSettings(
      learningRate: settings.number("learning-rate"), weightDecay: settings.number("weight-decay"))
    annealEpochs = settings.number("anneal-epochs")
    patience = settings.integer("patience")
    validateEvery = settings.integer("validate-every")
    average = settings.number("average")
    self.seed = seed
  }
}

/// Trains a network until it no longer gets better on the validation users.
struct Trainer<Network: TrainableNetwork> {
  let network: Network
  let plan: TrainingPlan
  let data: TrainingData
  let monitor: TrainingMonitor

  /// Runs the training; the network is left at its best validated state (its last, without
  /// validation users).
  ///
  /// - Returns: the best epoch and its validation value.
  /// - Throws: `ModelError` when the loss is not a number, naming epoch and batch.
  func run() throws -> (epoch: Int, validation: Double?) {
    let users = data.rows.rowCount
    guard users > 0, data.rows.count > 0 else {
      throw ModelError(.badData, "there are no training interactions; check the split")
    }
    let batches = (users + plan.batchSize - 1) / plan.batchSize
    var best: (epoch: Int, value: Double, state: Snapshot<Network.Scalar>)?
    var misses = 0
    var step: UInt64 = 0
    var lastEpoch = 0
    var running = plan.average > 0 ? Snapshot(network.parameters) : nil
    epochs: for epoch in 1...plan.epochs {
      let start = seconds()
      var random = RandomStream(seed: plan.seed, stage: 0x5348_5546, index: UInt64(epoch))
      let order = random.permutation(users)
      var sums: [(name: String, value: Double)] = []
      let updated = network.updated(in: epoch)
      for batch in 0..<batches {
        let rows = order[batch * plan.batchSize..<min((batch + 1) * plan.batchSize, users)]
        let ramp = plan.annealEpochs * Double(batches)
        let anneal = ramp > 0 ? min(1, Double(step + 1) / ramp) : 1
        let parts = network.train(data.rows.rows(at: Array(rows)), step: step, anneal: anneal)
        let loss = parts.reduce(0) { $0 + $1.value }
        guard loss.isFinite else {
          throw ModelError(
            .internalFault,
            "the loss is not a number in epoch \(epoch), batch \(batch + 1) of \(batches);"
              + " lower the learning-rate")
        }
        step += 1
        for parameter in updated {
          parameter.update(
            learningRate: Network.Scalar(plan.adam.learningRate),
            weightDecay: Network.Scalar(plan.adam.weightDecay), step: Int(step))
        }
        network.stepEnded(plan.adam.learningRate)
        if sums.isEmpty { sums = parts.map { ($0.name, 0) } }
        for index in parts.indices {
          sums[index].value += parts[index].value * Double(rows.count) / Double(users)
        }
        monitor.batchEnded(epoch, Double(batch + 1) / Double(batches))
        if monitor.shouldStop() { break epochs }
      }
      network.epochEnded(epoch)
      lastEpoch = epoch
      // The average forgets its start faster while it is young.
      running?.follow(network.parameters, keeping: min(plan.average, 1 - 1 / Double(epoch)))
      var validation: Double?
      if let held = data.validation, epoch % plan.validateEvery == 0 || epoch == plan.epochs {
        let own = running.map { running in
          let own = Snapshot(network.parameters)
          running.restore(to: network.parameters)
          network.parametersChanged()
          return own
        }
        let value = validationNDCG(held.foldIn, held.truth) { rows, scores in
          network.score(held.foldIn, rows: rows, into: scores)
        }
        validation = value
        if value > best?.value ?? -1 {
          best = (epoch, value, Snapshot(network.parameters))
          misses = 0
        } else {
          misses += 1
        }
        own?.restore(to: network.parameters)
      }
      monitor.epochEnded(
        EpochRecord(
          epoch: epoch, epochs: plan.epochs, loss: sums.reduce(0) { $0 + $1.value }, parts: sums,
          validation: validation, seconds: seconds() - start))
      if misses >= plan.patience { break }
    }
    (best?.state ?? running)?.restore(to: network.parameters)
    network.parametersChanged()
    return (best?.epoch ?? lastEpoch, best?.value)
  }
}
