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
    let stream = try InputFile.stream(input, expecting: [.interactions])
    let (data, _) = try InteractionSet.read(stream)
    if let unread = data.unreadRatings { context.log.warning(unread) }
    var task = try FittingTask(
      data, name: stream.name, percent: trainPercent, metric: metric, seed: seed.seed)
    var whole = try refit ? task.refitting(data, name: stream.name) : nil
    let training = task.training
    context.log.notice(
      "\(training.rows.rowCount) users, \(training.items.ids.count) items,"
        + " \(training.rows.count) interactions to train on")
    if task.isValidationVain {
      context.log.warning(
        "\(stream.name): no validation user chose an item that is trained on; nothing ends the training early"
      )
    }
    var (provenance, paths) = ([stream.provenance], [input])
    var digests = ["data": stream.digest ?? 0]
    if let groups {
      let stored = try StoredModel(InputFile.stream(groups, expecting: [.itemGroups]))
      digests["groups"] = stored.digest
      task.data.groups = try startingGroups(stored, groups, training)
      if let more = whole?.training {
        // Items that validation users alone chose have no group where groups were made without them.
        whole?.data.groups = try startingGroups(stored, groups, more, isPartial: true)
      }
      provenance.append(stored.provenance)
      paths.append(groups)
    }
    if let start {
      let earlier = try StoredModel(InputFile.stream(start, expecting: [.model]))
      guard earlier.description["model"]?.string == model else {
        throw ToolError(
          .badData, "\(start): is not a model of the kind '\(model)'; start from one that is")
      }
      task.data.start = (earlier, training.items.ids, task.categories)
      if let more = whole?.training {
        whole?.data.start = (earlier, more.items.ids, task.categories)
      }
      digests["init"] = earlier.digest
      provenance.append(earlier.provenance)
      paths.append(start)
    }
    let putAside = RunCheckpoint(
      model: model, options: family.options, settings: settings.json, seed: seed.seed,
      metric: metric.text,
      percent: trainPercent, digests: digests,
      provenance: context.provenance(from: provenance, at: paths, seed: seed.seed))
    if let resume {
      task.data.resume = try putAside.read(
        InputFile.stream(resume, expecting: [.checkpoint, .model]))
    }
    let report = try TrainingReport(
      context, logFile: logJSON, after: task.data.resume?.description["epoch"]?.int)
    var monitor = report.monitor
    monitor.checkpointEvery = checkpointEvery
    monitor.budget = time
    if let checkpoint { monitor.checkpoint = { try putAside.write($0, to: checkpoint) } }
    var result: StoredModel
    var outcome: FitOutcome
    var gain: NetworkGain?
    do {
      let rivals =
        family.trainsInEpochs && !noRivals ? SimpleRivals.fit(task.data, monitor) : []
      report.tell(rivals, metric)
      let start = seconds()
      let fitted = try family.fit(task.data, settings, monitor)
      let taken = seconds() - start
      report.tell(fitted.settings)
      result = task.stored(fitted, family: model, putAside.provenance)
      outcome = fitted.outcome
      gain = task.gain(of: fitted.model, named: model, seconds: taken, over: rivals)
      if let budget, outcome == .finished {
        let again = TrainingBudget.words(fitted.settings, for: family)
        result.description = result.description.setting(
          "budget", ["seconds": .number(budget), "again": .string(again)])
        context.log.notice("the same again, whatever time it takes: \(again)")
      }
      if let gain { result.description = result.description.setting("gain", gain.json) }
      if let whole, outcome == .finished, !StopRequest.isMade {
        context.log.notice("fitting again to all \(whole.training.rows.rowCount) users")
        do {
          result = try whole.refit(as: result, family, settings, report.refitMonitor) ?? result
        } catch let error as ModelError {
          outcome = .failed(.further(error.description))
        }
      }
    } catch {
      report.fail(error)
      throw error
    }
    // A signal may have come while something ran that cannot be cut short.
    if outcome == .finished, StopRequest.isMade { outcome = .stopped }
    if outcome == .stopped {
      result.description = result.description.setting("stopped", .bool(true))
    }
    try result.write(to: file, kind: .model)
    try file.commit()
    let described = result.description["settings"] ?? .null
    try report.finish(described, gain)
    switch outcome {
    case .finished: break
    case .failed(let failure):
      throw ToolError(.internalFault, "\(failure); the best model before was kept")
    case .stopped:
      let what =
        refit && described["refit"] == nil ? "the first fit's model" : "the best model so far"
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

  /// The stored groups of the items trained on.
  ///
  /// - Parameter isPartial: whether items may be in none.
  private func startingGroups(
    _ stored: StoredModel, _ name: String, _ training: TrainingSet, isPartial: Bool = false
  ) throws -> (assignment: [UInt32?], count: Int) {
    guard let groups = stored.tensors["groups"]?.integers, groups.count == stored.items.ids.count,
      let count = stored.description["groups"]?.int, count > 0,
      groups.allSatisfy({ Int($0) < count })
    else { throw ToolError(.badData, "\(name): has no usable item groups; make them again") }
    let items = ItemMap(from: training.items.ids, to: stored.items.ids)
    let assignment = training.items.ids.indices.map { items[UInt32($0)].map { groups[Int($0)] } }
    let missing = assignment.count { $0 == nil }
    guard missing == 0 || isPartial else {
      throw ToolError(
        .badData,
        "\(name): \(missing) training items have no group; make the groups from the same data")
    }
    return (assignment, count)
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
