// indgrm tune: searches a model's settings on the validation users.

import ArgumentParser
import DenseMath
import Fitting
import InteractionData
import Interchange
import ModelCatalogue
import Recommending
import ToolKit
import Tuning

@main
struct Tune: Tool {
  static let toolName = "tune"
  static let configuration = toolConfiguration(
    "Search the settings of a model on validation users, and write the best model.",
    discussion: """
      Tries settings by tree-structured Parzen estimators, the defaults first. Trials are logged as JSON \
      lines; with the log of an earlier run of the same search (model, data, seed, metric and --set) it goes \
      on where that ended. Trials that fall behind the median of the others are stopped. Test users are \
      never looked at. Holds what fit holds, and the best model.
      """)

  @Argument(help: "Split to read; - is standard input.")
  var input = "-"

  @Option(
    help: "Which model to tune.", completion: .list(ModelCatalogue.families.map { $0.name }))
  var model = "indgrm"

  @Option(help: ArgumentHelp("JSON file of settings and their ranges.", valueName: "file"))
  var space: String

  @Option(help: ArgumentHelp("Trials in all, those of the log included.", valueName: "n"))
  var trials = 20

  @Option(help: ArgumentHelp("Log of trials, read first and added to.", valueName: "file"))
  var trialsLog: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("A setting that stays as it is, repeatable.", valueName: "name=value"))
  var set: [String] = []

  @Option(
    help: ArgumentHelp(
      "What validation users are judged by: ndcg, recall or recall-min, then @ and a length.",
      valueName: "metric"))
  var validateBy = "ndcg@100"

  @Flag(help: "Let hopeless trials run to their end.")
  var patient = false

  @Flag(
    help:
      "Fit the best trial's settings again, to training and validation users together, as fit --refit does."
  )
  var refit = false

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "File for the best model, complete or not at all; - is standard output.", valueName: "file"))
  var output = "-"

  @OptionGroup var seed: SeedOption
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard trials > 0 else { throw ValidationError("--trials must be positive") }
    guard trialsLog == nil || trialsLog != output else {
      throw ValidationError("--trials-log and --output are the same file")
    }
  }

  func execute(_ context: ToolContext) throws {
    let metric = try ValidationMetric(validateBy)
    try BLAS.open()
    let family = try ModelCatalogue.family(named: model)
    let search = try search(of: family)
    let file = try OutputFile(output, binary: true)
    let stream = try InputFile.stream(input, expecting: [.interactions])
    let (data, _) = try InteractionSet.read(stream)
    try context.log.warn(ofPart: stream)
    let task = try FittingTask(data, name: stream.name, metric: metric, seed: seed.seed)
    guard task.data.validation != nil else {
      throw ToolError(.badData, "\(stream.name): has no validation users; split it first")
    }
    let whole = try refit ? task.refitting(data, name: stream.name) : nil
    let about = searched(stream.digest ?? 0, metric)
    let journal = try TrialJournal(trialsLog, of: about)
    if !journal.trials.isEmpty {
      context.log.notice("\(journal.trials.count) trials taken from \(trialsLog ?? "")")
    }
    let runner = TrialRunner(family: family, task: task, isPatient: patient, about: about)
    let best = try runTrials(search, runner, journal, family, context)
    guard let winner = journal.trials.filter({ $0.value != nil }).max(by: { $0.ranks(below: $1) })
    else {
      let reason = journal.trials.lazy.compactMap(\.failure).first ?? "see the log"
      throw ToolError(.badData, "no trial succeeded; the first failed since \(reason)")
    }
    var fitted = best?.trial.number == winner.number ? best?.fitted : nil
    if fitted == nil {
      context.log.notice("fitting trial \(winner.number + 1) of the log again")
      fitted = try runner.run(winner.number, winner.settings, fixed: set, others: []).fitted
    }
    guard let fitted else { throw ToolError(.internalFault, "trial \(winner.number + 1) failed") }
    var result = task.stored(fitted, family: model, history(of: winner, stream, context))
    var refitFailure: String?
    if let whole {
      context.log.notice("fitting again to all \(whole.training.rows.rowCount) users")
      let settings = try runner.settings(winner.settings, fixed: set)
      do {
        result = try whole.refit(as: result, family, settings, TrainingMonitor()) ?? result
      } catch let error as ModelError {
        refitFailure = error.description
      }
    }
    try result.write(to: file, kind: .model)
    try file.commit()
    context.log.notice("best: " + winner.description)
    if let refitFailure {
      throw ToolError(.internalFault, "\(refitFailure); the best trial's model was kept")
    }
  }

  /// Runs the trials that are missing; returns the best of them that succeeded.
  private func runTrials(
    _ search: ParzenSearch, _ runner: TrialRunner, _ journal: TrialJournal,
    _ family: any ModelFamily.Type, _ context: ToolContext
  ) throws -> (trial: Trial, fitted: FittedModel)? {
    var best: (trial: Trial, fitted: FittedModel)?
    while journal.trials.count < trials {
      let number = journal.trials.count
      let choice = number == 0 ? [:] : settings(from: search, after: journal.trials, family)
      let (trial, fitted) = try runner.run(number, choice, fixed: set, others: journal.trials)
      try journal.add(trial)
      context.log.notice("trial \(trial.number + 1) of \(trials): " + trial.description)
      if let fitted, let value = trial.value, value > best?.trial.value ?? -1 {
        best = (trial, fitted)
      }
    }
    return best
  }
}
