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

  @Option(
    help: "Which model to fit; --list shows them.",
    completion: .list(ModelCatalogue.families.map { $0.name }))
  var model = "indgrm"

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "A setting of the model, repeatable; --list shows them.", valueName: "name=value"))
  var set: [String] = []

  @Option(
    help: ArgumentHelp(
      "Settings that go together under a name, such as paper; --set takes precedence, --list shows them.",
      valueName: "name"))
  var preset: String?

  @Flag(help: "List the models, their settings and presets and the rules, then end.")
  var list = false

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

  @Option(
    help: ArgumentHelp(
      "File to put the run aside in now and then, and when it ends.", valueName: "file"))
  var checkpoint: String?

  @Option(help: ArgumentHelp("Epochs between checkpoints.", valueName: "n"))
  var checkpointEvery = 10

  @Option(help: ArgumentHelp("A checkpoint to go on from.", valueName: "file"))
  var resume: String?

  @Option(
    help: ArgumentHelp(
      "File for a training log, a JSON object an epoch, which grows as they end; with --resume it keeps the"
        + " epochs before.", valueName: "file"))
  var logJSON: String?

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
    guard checkpointEvery > 0 else {
      throw ValidationError("--checkpoint-every must be positive")
    }
    let written = [output.output, checkpoint, logJSON].compactMap { $0 }.filter { $0 != "-" }
    guard Set(written).count == written.count else {
      throw ValidationError("--output, --checkpoint and --log-json must be different files")
    }
    guard start == nil || groups == nil else {
      throw ValidationError(
        "--init and --groups exclude each other: an earlier model has its groups")
    }
  }

  func execute(_ context: ToolContext) throws {
    if list { return try listModels() }
    let time = budget.map { TrainingBudget(seconds: $0) }
    let family = try ModelCatalogue.family(named: model)
    let settings = try ModelSettings(set, preset: preset, for: family)
    try refuseWhatCannotApply(family)
    let metric = try ValidationMetric(validateBy)
    try BLAS.open()
    let file = try output.open(binary: true)
    // Made now and thrown away, so that a place that cannot be written to is known before any training.
    if let checkpoint { _ = try OutputFile(checkpoint, binary: true) }
    var inputs = try FitInputs(
      input, percent: trainPercent, refits: refit, metric: metric, seed: seed.seed, context.log)
    if let groups { try inputs.start(fromGroups: groups) }
    if let start { try inputs.start(fromModel: start, of: model) }
    let putAside = RunCheckpoint(
      model: model, options: family.options, settings: settings.json, seed: seed.seed,
      metric: metric.text,
      percent: trainPercent, digests: inputs.digests,
      provenance: context.provenance(
        from: inputs.provenance, at: inputs.paths, seed: seed.seed))
    if let resume {
      inputs.task.data.resume = try putAside.read(
        InputFile.stream(resume, expecting: [.checkpoint, .model]))
    }
    let report = try TrainingReport(
      context, logFile: logJSON, after: inputs.task.data.resume?.description["epoch"]?.int)
    var monitor = report.monitor
    monitor.checkpointEvery = checkpointEvery
    monitor.budget = time
    if let checkpoint { monitor.checkpoint = { try putAside.write($0, to: checkpoint) } }
    let run = FitRun(
      family: family, model: model, settings: settings, metric: metric, task: inputs.task,
      whole: inputs.whole, budget: budget, comparesRivals: !noRivals, report: report,
      provenance: putAside.provenance)
    var made = try run.run(monitor, context.log)
    // A signal may have come while something ran that cannot be cut short.
    if made.outcome == .finished, StopRequest.isMade { made.outcome = .stopped }
    if made.outcome == .stopped {
      made.model.description = made.model.description.setting("stopped", .bool(true))
    }
    try made.model.write(to: file, kind: .model)
    try file.commit()
    let described = made.model.description["settings"] ?? .null
    try report.finish(described, made.gain)
    try refuseSuccess(made.outcome, isOfFirst: refit && described["refit"] == nil)
  }

  /// Throws `ToolError` where the model that was written is not all that was asked for.
  ///
  /// - Parameter isOfFirst: whether it is the first fit's, of which --refit asks two.
  private func refuseSuccess(_ outcome: FitOutcome, isOfFirst: Bool) throws {
    switch outcome {
    case .finished: break
    case .failed(let failure):
      throw ToolError(.internalFault, "\(failure); the best model before was kept")
    case .stopped:
      let what = isOfFirst ? "the first fit's model" : "the best model so far"
      throw ToolError(
        .stopped,
        "stopped by a signal; \(what) was written and is marked as stopped"
          + (checkpoint.map { "; go on with --resume \($0)" } ?? ""))
    }
  }

  /// Options that the model has no use for, before they are silently of none.
  private func refuseWhatCannotApply(_ family: any ModelFamily.Type) throws {
    let given = [
      ("--init", start), ("--checkpoint", checkpoint), ("--resume", resume),
      ("--budget", budget.map { "\($0)" }),
    ]
    if !family.trainsInEpochs, let useless = given.first(where: { $0.1 != nil }) {
      throw ToolError(
        .usage,
        "\(useless.0) is for networks; '\(model)' is none")
    }
    if !family.takesGroups, groups != nil {
      throw ToolError(.usage, "--groups is for models with item groups; '\(model)' has none")
    }
  }

  private func listModels() throws {
    let file = try OutputFile("-", binary: false)
    for family in ModelCatalogue.families {
      try file.write("\(family.name): \(family.summary)\n")
      for option in family.options {
        let help = family.help(of: option)
        try file.write("  \(option.name)=\(option.defaultText)  \(help) (\(option.rangeText))\n")
      }
      for preset in family.presets {
        let words = preset.words.joined(separator: " ")
        try file.write("  preset \(preset.name)  \(preset.summary): \(words)\n")
      }
    }
    try file.write("rules: what auto takes, where its row comes from and where it was tried\n")
    for rule in ModelCatalogue.rules { try file.write("  \(rule.line)\n") }
    try file.commit()
  }
}
