// indgrm fit: learns a model from training users.

import ArgumentParser
import DenseMath
import Fitting
import InteractionData
import Interchange
import ModelCatalogue
import Recommending
import ToolKit

@main
struct Fit: Tool {
  static let toolName = "fit"
  static let configuration = toolConfiguration(
    "Fit a model to the training users of a split, or to all users of plain interactions.",
    discussion: """
      With a split, validation users decide when to stop and which epoch is kept (all of them up to two \
      billion scores, else every second, third ... one); test users are never \
      looked at (but an earlier model in --init knows the users it was fitted to, whatever they are \
      now; split --stable keeps users in their part). A run put aside by --checkpoint goes on by \
      --resume with the same settings (epochs and patience may differ) and --init, and ends in the same bytes \
      as if it had never stopped. A fit that TERM, INT, HUP or XCPU ends writes the best model so far, marked \
      as stopped, and exits with 75. A network is compared with models that take seconds, and the last line says \
      what it gained. --refit fits once more, for use, when validation users have had their \
      say. Holds the interactions, the model and one batch in memory, --refit the training users \
      and the model twice.
      """)

  @Argument(help: "Split or interactions to read; - is standard input.")
  var input = "-"

  @OptionGroup var chosen: ModelChoice

  @Option(
    help: ArgumentHelp(
      "What validation users are judged by: ndcg, recall or recall-min, then @ and a length.",
      valueName: "metric"))
  var validateBy = "ndcg@100"

  @Option(
    help: ArgumentHelp(
      "Seconds to spend on a network: training ends after the last epoch that fits in, or goes on with further members.",
      valueName: "seconds"))
  var budget: Double?

  @Flag(
    help: ArgumentHelp(
      "Do not fit the models that take seconds, which a network is compared with at the end."))
  var noRivals = false

  @Option(help: ArgumentHelp("Item groups to start from, made by group-items.", valueName: "file"))
  var groups: String?

  @Option(
    help: ArgumentHelp(
      "Train on a nested part of the training users: 20, 40, 60, 80 or 100 %.", valueName: "percent"
    ))
  var trainPercent = 100

  @Flag(
    help: ArgumentHelp(
      "Fit again to training and validation users together, by what the first fit settled: its best epoch and"
        + " what validation users chose."))
  var refit = false

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      "An earlier model of the same kind and sizes to start from; items may differ.",
      valueName: "file"))
  var start: String?

  @OptionGroup var aside: CheckpointOptions

  @Option(
    help: ArgumentHelp(
      "File for a training log, a JSON object an epoch, which grows as they end; with --resume it keeps the"
        + " epochs before.", valueName: "file"))
  var logJSON: String?

  @OptionGroup var ranks: RankOption
  @OptionGroup var output: OutputOption
  @OptionGroup var seed: SeedOption
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard [20, 40, 60, 80, 100].contains(trainPercent) else {
      throw ValidationError("--train-percent must be 20, 40, 60, 80 or 100")
    }
    guard !refit || trainPercent == 100 else {
      throw ValidationError("--refit takes all training users; leave --train-percent out")
    }
    guard budget ?? 1 > 0 else { throw ValidationError("--budget must be positive") }
    try refuseOptionsTogether()
  }

  func execute(_ context: ToolContext) throws {
    if chosen.list { return try chosen.printModels() }
    try SharedFit.run(ranks, threads: common.threads) { shared in
      try fit(shared.isFirst ? context : context.silenced, shared)
    }
  }

  private func fit(_ context: ToolContext, _ shared: SharedFit) throws {
    let time = budget.map { TrainingBudget(seconds: $0) }
    let family = try ModelCatalogue.family(named: chosen.model)
    let settings = try ModelSettings(chosen.set, preset: chosen.preset, for: family)
    try refuseWhatCannotApply(family)
    try refuseWhatCannotBeCut(family)
    try refuseWhatCannotBeShared(shared)
    let metric = try ValidationMetric(validateBy)
    try BLAS.open()
    let file = try shared.open(output)
    if shared.isFirst { try aside.tryPlace() }
    var inputs = try FitInputs(
      input, percent: trainPercent, refits: refit, metric: metric, seed: seed.seed, context)
    inputs.share(among: shared)
    if let groups { try inputs.start(fromGroups: groups, beside: chosen.set) }
    if let start { try inputs.start(fromModel: start, of: chosen.model) }
    let putAside = RunCheckpoint(
      model: chosen.model, options: family.options, settings: settings.json, seed: seed.seed,
      metric: metric.text, percent: trainPercent, ranks: shared.ranks.count,
      itemRanks: shared.itemRanks,
      digests: inputs.digests,
      provenance: inputs.history(context, seed: seed.seed))
    if let resume = aside.resume {
      inputs.task.data.resume = try putAside.read(
        InputFile.stream(resume, expecting: [.checkpoint, .model], for: "--checkpoint"))
    }
    try shared.refuseDifferences(
      in: putAside.whole, "\(refit) \(noRivals) \(aside.words)", inputs.task.data.resume)
    let report = try TrainingReport(
      context, logFile: shared.isFirst ? logJSON : nil,
      after: inputs.task.data.resume?.description["epoch"]?.int)
    var monitor = report.monitor
    monitor.budget = time
    aside.keep(putAside, by: &monitor, shared)
    let run = FitRun(
      family: family, model: chosen.model, settings: settings, metric: metric, task: inputs.task,
      whole: inputs.whole, budget: budget, comparesRivals: !noRivals, report: report,
      provenance: putAside.provenance)
    let made = try run.run(monitor, context.log)
    try made.model.write(to: file, kind: .model)
    try file.commit()
    let described = made.model.description["settings"] ?? .null
    try report.finish(described, made.gain)
    try refuseSuccess(made.outcome, isOfFirst: refit && described["refit"] == nil)
  }
}
