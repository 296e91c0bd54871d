// How is a network trained: batches, epochs, validation, early stopping, the best model kept?

import DenseMath
import Fitting
import Interchange
import Ranks
import Recommending

/// A network that learns from batches of sparse rows.
public protocol TrainableNetwork: AnyObject {
  associatedtype Scalar: Real
  var itemCount: Int { get }
  var parameters: [Parameter<Scalar>] { get }

  /// One forward and backward pass; leaves the gradients of the batch's mean loss.
  ///
  /// - Parameters:
  ///   - batch: one row a user; its values are confidences, by which the likelihood of each item counts.
  ///   - step: numbers the batches of a run from 0; random numbers are keyed by it.
  ///   - anneal: the factor on the KL weight, 0 to 1.
  /// - Returns: the parts of the mean loss, which is their sum.
  func train(_ batch: SparseRows, step: UInt64, anneal: Double) -> [(name: String, value: Double)]

  /// The parameters that the passes of an epoch (from 1) update; all of them unless a network says
  /// otherwise.
  func updated(in epoch: Int) -> [Parameter<Scalar>]
  /// What `stepEnded` needs to know of the batch that was trained on, as sums over its users: those of its parts are
  /// added up.
  var batchSums: [Double] { get }
  /// Called after the parameters were updated.
  ///
  /// - Parameter sums: `batchSums` of the whole batch.
  func stepEnded(_ learningRate: Double, _ sums: [Double])
  /// Called after every epoch.
  func epochEnded(_ epoch: Int)
  /// Called when the parameters' values were replaced from outside.
  func parametersChanged()
  /// Called after that when they are an earlier model's: what is kept beside them has to follow.
  func startedFromEarlierModel()
  /// What the network keeps beside its parameters, for checkpoints.
  var state: [(name: String, values: [Double])] { get }
  /// Parameters that follow those learnt, for checkpoints; none while they are of no use.
  var followers: [Parameter<Scalar>] { get }
  /// Takes back what `state` gave.
  ///
  /// - Parameter followers: fills a follower with what it had; false where there is nothing.
  func restore(state: [String: [Double]], followers: (Parameter<Scalar>) -> Bool)
  /// Scores all items for some rows, without dropout or noise.
  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Scalar>)
  /// The metric of validation users.
  ///
  /// - Parameter group: processes that rank for a part of them each.
  func validate(_ held: ValidationUsers, sharedBy group: RankGroup) -> Double
}

extension TrainableNetwork {
  public func updated(in epoch: Int) -> [Parameter<Scalar>] { parameters }
  public var batchSums: [Double] { [] }
  public var state: [(name: String, values: [Double])] { [] }
  public var followers: [Parameter<Scalar>] { [] }
  public func restore(state: [String: [Double]], followers: (Parameter<Scalar>) -> Bool) {}
  public func startedFromEarlierModel() {}
  public func validate(_ held: ValidationUsers, sharedBy group: RankGroup) -> Double {
    Fitting.validate(held, sharedBy: group) { rows, scores in
      score(held.foldIn, rows: rows, into: scores)
    }
  }
}

/// Trains a network until it no longer gets better on the validation users.
public struct Trainer<Network: TrainableNetwork> {
  public let network: Network
  public let plan: TrainingPlan
  public let data: TrainingData
  public let monitor: TrainingMonitor

  public init(network: Network, plan: TrainingPlan, data: TrainingData, monitor: TrainingMonitor) {
    self.network = network
    self.plan = plan
    self.data = data
    self.monitor = monitor
  }

  /// Runs the training; the network is left at its best validated state (its last, without
  /// validation users).
  ///
  /// When the loss is no longer a number the run ends, and the best state before is kept (the last epoch's,
  /// before any validation).
  ///
  /// Throws `ModelError` when there is no such state, or a checkpoint does not fit.
  public func run() throws -> TrainingRun {
    try check()
    let shared = SharedBatch(network, data.ranks)
    var course = Course<Network>(
      running: plan.average > 0 ? Snapshot(network.parameters) : nil)
    if let checkpoint = data.resume { try course.resume(checkpoint, network) }
    // The validation for the run's end alone, below, is not part of a checkpoint.
    if course.epoch == plan.epochs, course.epoch % TrainingPlan.validateEvery != 0 {
      _ = validate(&course)
    }
    var outcome = FitOutcome.finished
    var cut: Int?
    while course.epoch < plan.epochs, course.misses < plan.patience, cut == nil {
      let start = seconds()
      let (sums, trouble) = pass(&course, shared)
      if let trouble {
        outcome = .failed(trouble)
        break
      }
      // The average forgets its start faster while it is young.
      course.running?.follow(
        network.parameters, keeping: min(plan.average, 1 - 1 / Double(course.epoch)))
      if course.best == nil { course.last = course.running ?? Snapshot(network.parameters) }
      let isDue = course.epoch % TrainingPlan.validateEvery == 0
      var validation = isDue ? validate(&course) : nil
      var isLast = course.epoch == plan.epochs || course.misses >= plan.patience
      if !isLast, let budget = monitor.budget, !budget.permits(seconds() - start) {
        (isLast, cut) = (true, course.epoch)
      }
      let isStopped = shouldStop()
      // A validation for the run's end alone is not part of what may go on.
      if isLast || isStopped || course.epoch % max(monitor.checkpointEvery, 1) == 0 {
        if let checkpoint = monitor.checkpoint {
          shared.completeMoments()
          try checkpoint(course.checkpoint(network))
        }
      }
      if isLast, !isDue { validation = validate(&course) }
      monitor.epochEnded(
        EpochRecord(
          epoch: course.epoch, epochs: plan.epochs, loss: sums.reduce(0) { $0 + $1.value },
          parts: sums, validation: validation, metric: data.validation?.metric,
          seconds: seconds() - start))
      if isStopped {
        outcome = .stopped
        break
      }
    }
    guard let kept = course.best?.state ?? course.last else {
      guard case .failed(let trouble) = outcome else {
        throw ModelError(.internalFault, "there was no epoch to keep; raise epochs")
      }
      throw ModelError(.internalFault, trouble.description)
    }
    kept.restore(to: network.parameters)
    network.parametersChanged()
    return TrainingRun(epoch: course.best?.epoch ?? course.epoch, outcome: outcome, cut: cut)
  }

  /// Throws `ModelError` where there is nothing to train on, or the plan cannot be followed here.
  private func check() throws {
    let users = data.rows.rowCount
    guard users > 0, data.rows.count > 0 else {
      throw ModelError(.badData, "there are no training interactions; check the split")
    }
    let least = plan.batches(of: users).map(\.count).min() ?? 0
    guard least >= data.ranks.count else {
      throw ModelError(
        .usage, "batches of \(least) users cannot be cut for \(data.ranks.count) ranks; give fewer")
    }
  }

  /// One pass over the users; returns the mean loss's parts, or what went wrong.
  private func pass(_ course: inout Course<Network>, _ shared: SharedBatch<Network>) -> (
    [(name: String, value: Double)], FitFailure?
  ) {
    let users = data.rows.rowCount
    let batches = plan.batches(of: users)
    let epoch = course.epoch + 1
    var random = RandomStream(seed: plan.seed, stage: RandomStage.shuffle, index: UInt64(epoch))
    let order = random.permutation(users)
    var sums: [(name: String, value: Double)] = []
    let weighted = data.weightedRows
    let updated = network.updated(in: epoch)
    for (batch, range) in batches.enumerated() {
      let rows = order[range]
      let ramp = plan.annealEpochs * Double(batches.count)
      let anneal = ramp > 0 ? min(1, Double(course.step + 1) / ramp) : 1
      let result = RoundedProducts.during(RoundedProducts.isFaster) {
        shared.train(weighted, rows: rows, step: course.step, anneal: anneal, updated: updated)
      }
      let parts = result.parts
      guard parts.allSatisfy({ $0.value.isFinite }) else {
        return ([], .loss(epoch: epoch, batch: batch + 1, batches: batches.count))
      }
      course.step += 1
      shared.update(updated, learningRate: plan.learningRate, step: Int(course.step))
      network.stepEnded(plan.learningRate, result.sums)
      if sums.isEmpty { sums = parts.map { ($0.name, 0) } }
      for index in parts.indices {
        sums[index].value += parts[index].value * Double(rows.count) / Double(users)
      }
      monitor.batchEnded(epoch, Double(batch + 1) / Double(batches.count))
      // With a checkpoint the epoch is brought to its end, so that the run can go on from there.
      if monitor.checkpoint == nil, shouldStop() { break }
    }
    course.epoch = epoch
    network.epochEnded(epoch)
    return (sums, nil)
  }

  /// Whether anybody asks for the end: all processes come to it at once.
  private func shouldStop() -> Bool { data.group.any(monitor.shouldStop()) }

  /// Measures the network, or its running average, and keeps it when it is the best so far.
  private func validate(_ course: inout Course<Network>) -> Double? {
    guard let held = data.validation else { return nil }
    let own = course.running.map { running in
      let own = Snapshot(network.parameters)
      running.restore(to: network.parameters)
      network.parametersChanged()
      return own
    }
    let value = network.validate(held, sharedBy: data.ranks.group)
    if value > course.best?.value ?? -1 {
      course.best = (course.epoch, value, Snapshot(network.parameters))
      course.misses = 0
    } else {
      course.misses += 1
    }
    if let own {
      own.restore(to: network.parameters)
      network.parametersChanged()
    }
    return value
  }
}

/// How far a run has come.
private struct Course<Network: TrainableNetwork> {
  var epoch = 0
  var step: UInt64 = 0
  var misses = 0
  var best: (epoch: Int, value: Double, state: Snapshot<Network.Scalar>)?
  /// The last epoch's, while there is no best one.
  var last: Snapshot<Network.Scalar>?
  var running: Snapshot<Network.Scalar>?

  init(running: Snapshot<Network.Scalar>?) { self.running = running }

  /// What the names of followers begin with.
  private static var followers: String { "network.previous" }

  func checkpoint(_ network: Network) -> Checkpoint {
    let parameters = network.parameters
    var result = Checkpoint(
      description: [
        "epoch": .integer(epoch), "step": .integer(Int(step)), "misses": .integer(misses),
      ], tensors: [:])
    result.save("value", parameters) { parameters[$0].value.array }
    result.save("first", parameters) { parameters[$0].state.first.array }
    result.save("second", parameters) { parameters[$0].state.second.array }
    if let best {
      result.description["best_epoch"] = .integer(best.epoch)
      result.description["best_validation"] = .number(best.value)
      result.save("best", parameters) { best.state.values[$0] }
    }
    if let running { result.save("running", parameters) { running.values[$0] } }
    result.save(Self.followers, network.followers) { network.followers[$0].value.array }
    for (name, values) in network.state {
      result.tensors["network.\(name)"] = Tensor(
        "network.\(name)", shape: [values.count], doubles: values)
    }
    return result
  }

  mutating func resume(_ checkpoint: Checkpoint, _ network: Network) throws {
    let parameters = network.parameters
    epoch = try checkpoint.integer("epoch")
    step = UInt64(try checkpoint.integer("step"))
    misses = try checkpoint.integer("misses")
    Snapshot(try checkpoint.values("value", parameters)).restore(to: parameters)
    for (place, first) in try checkpoint.values("first", parameters).enumerated() {
      _ = parameters[place].state.first.buffer.update(from: first)
    }
    for (place, second) in try checkpoint.values("second", parameters).enumerated() {
      _ = parameters[place].state.second.buffer.update(from: second)
    }
    if let value = checkpoint.description["best_validation"]?.double {
      best = (
        try checkpoint.integer("best_epoch"), value,
        Snapshot(try checkpoint.values("best", parameters))
      )
    }
    if running != nil { running = Snapshot(try checkpoint.values("running", parameters)) }
    if epoch > 0, best == nil { last = running ?? Snapshot(parameters) }
    var state: [String: [Double]] = [:]
    for (name, tensor) in checkpoint.tensors where name.hasPrefix("network.") {
      state[String(name.dropFirst(8))] = tensor.doubles.map { Array($0) }
    }
    network.restore(state: state) { checkpoint.fill($0, Self.followers) }
    network.parametersChanged()
  }
}
