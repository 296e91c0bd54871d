// How does a model come of a task, its settings and its rivals?

import Fitting
import Interchange
import ModelCatalogue
import Ranks
import Recommending
import ToolKit

/// One fit, from tasks to the model that is written.
struct FitRun {
  let family: any ModelFamily.Type
  /// The family's name.
  let model: String
  let settings: ModelSettings
  let metric: ValidationMetric
  let task: FittingTask
  /// Validation users too, for --refit.
  let whole: FittingTask?
  /// The seconds of --budget.
  let budget: Double?
  let comparesRivals: Bool
  let report: TrainingReport
  let provenance: Provenance

  /// A model and how its fit ended.
  struct Made {
    var model: StoredModel
    var outcome: FitOutcome
    var gain: NetworkGain?
  }

  /// Fits the rivals, the model, and with --refit the model once more; failures are told to the log as well, and
  /// a model whose fit was stopped says so.
  func run(_ monitor: TrainingMonitor, _ log: Diagnostics) throws -> Made {
    do {
      var made = try first(monitor, log)
      // All processes that share the fit make another, or none does.
      let data = task.data
      if let whole, made.outcome == .finished, !data.group.any(StopRequest.isMade) {
        try again(whole, &made, log)
      }
      // A signal may have come, to any of them, while something ran that cannot be cut short.
      let isStopped = data.group.any(StopRequest.isMade)
      if made.outcome == .finished, isStopped { made.outcome = .stopped }
      for (name, ranks) in [("ranks", data.ranks), ("item_ranks", data.itemRanks)]
      where ranks.count > 1 {
        made.model.description = made.model.description.setting(name, .integer(ranks.count))
      }
      if made.outcome == .stopped {
        made.model.description = made.model.description.setting("stopped", .bool(true))
      }
      return made
    } catch {
      report.fail(error)
      throw error
    }
  }

  /// The fit that validation users judge.
  private func first(_ monitor: TrainingMonitor, _ log: Diagnostics) throws -> Made {
    let rivals =
      family.trainsInEpochs && comparesRivals ? SimpleRivals.fit(task.data, monitor) : []
    report.tell(rivals, metric)
    let start = seconds()
    let fitted = try family.fit(task.data, settings, monitor)
    let taken = seconds() - start
    report.tell(fitted.settings)
    var made = Made(
      model: task.stored(fitted, family: model, provenance), outcome: fitted.outcome,
      gain: task.gain(of: fitted.model, named: model, seconds: taken, over: rivals))
    if let budget, made.outcome == .finished {
      let again = TrainingBudget.words(fitted.settings, for: family)
      made.model.description = made.model.description.setting(
        "budget", ["seconds": .number(budget), "again": .string(again)])
      log.notice("the same again, whatever time it takes: \(again)")
    }
    if let gain = made.gain {
      made.model.description = made.model.description.setting("gain", gain.json)
    }
    return made
  }

  /// The fit to training and validation users; where it fails, the first one's model stays.
  private func again(_ whole: FittingTask, _ made: inout Made, _ log: Diagnostics) throws {
    log.notice("fitting again to all \(whole.training.rows.rowCount) users")
    do {
      made.model =
        try whole.refit(as: made.model, family, settings, report.refitMonitor) ?? made.model
    } catch let error as ModelError {
      made.outcome = .failed(.further(error.description))
    }
  }
}
