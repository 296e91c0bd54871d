// indgrm fit: learns a model from training users.

import ArgumentParser
import DenseMath
import InteractionData
import Interchange
import Models
import ToolKit

@main
struct Fit: Tool {
  static let toolName = "fit"
  static let configuration = toolConfiguration(
    "Fit a model to the training users of a split, or to all users of plain interactions.",
    discussion: """
      With a split, validation users decide when to stop and which epoch is kept; test users are never \
      looked at. Holds the interactions, the model and one batch in memory.
      """)

  @Argument(help: "Split or interactions to read; - is standard input.")
  var input = "-"

  @Option(help: "Which model to fit; --list shows them.")
  var model = "indgrm"

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "A setting of the model, repeatable; --list shows them.", valueName: "name=value"))
  var set: [String] = []

  @Flag(help: "List the models and their settings, then end.")
  var list = false

  @Option(help: ArgumentHelp("Item groups to start from, made by group-items.", valueName: "file"))
  var groups: String?

  @Option(
    help: ArgumentHelp(
      "Train on a nested part of the training users: 20, 40, 60, 80 or 100 %.", valueName: "percent"
    ))
  var trainPercent = 100

  @Option(help: ArgumentHelp("File for a training log, a JSON object an epoch.", valueName: "file"))
  var logJSON: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "File to write, complete or not at all; - is standard output.", valueName: "file"))
  var output = "-"

  @OptionGroup var seed: SeedOption
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard [20, 40, 60, 80, 100].contains(trainPercent) else {
      throw ValidationError("--train-percent must be 20, 40, 60, 80 or 100")
    }
  }

  func execute(_ context: ToolContext) throws {
    if list { return try listModels() }
    let family = try ModelCatalogue.family(named: model)
    let settings = try ModelSettings(set, for: family)
    try BLAS.open()
    let file = try OutputFile(output, binary: true)
    let stream = try InputFile.stream(input, expecting: [.interactions])
    let (data, _) = try InteractionSet.read(stream)
    var task = try FittingTask(data, name: stream.name, percent: trainPercent, seed: seed.seed)
    let training = task.training
    context.log.notice(
      "\(training.rows.rowCount) users, \(training.items.ids.count) items,"
        + " \(training.rows.count) interactions to train on")
    var provenance = [stream.provenance]
    if let groups {
      let stored = try StoredModel(InputFile.stream(groups, expecting: [.itemGroups]))
      task.data.groups = try startingGroups(stored, groups, training)
      provenance.append(stored.provenance)
    }
    let report = try TrainingReport(context, logFile: logJSON)
    let fitted = try family.fit(task.data, settings, report.monitor)
    let result = task.stored(
      fitted, family: model, context.provenance(from: provenance, seed: seed.seed))
    try result.write(to: file, kind: .model)
    try file.commit()
    try report.finish(fitted.settings)
  }

  private func startingGroups(_ stored: StoredModel, _ name: String, _ training: TrainingSet) throws
    -> (
      assignment: [UInt32], count: Int
    )
  {
    guard let groups = stored.tensors["groups"]?.integers, groups.count == stored.items.ids.count,
      let count = stored.description["groups"]?.int, count > 0,
      groups.allSatisfy({ Int($0) < count })
    else { throw ToolError(.badData, "\(name): has no usable item groups; make them again") }
    let items = ItemMap(from: training.items.ids, to: stored.items.ids)
    let assignment = training.items.ids.indices.map { items[UInt32($0)].map { groups[Int($0)] } }
    guard assignment.allSatisfy({ $0 != nil }) else {
      throw ToolError(
        .badData,
        "\(name): \(assignment.count { $0 == nil }) training items have no group;"
          + " make the groups from the same data")
    }
    return (assignment.compactMap { $0 }, count)
  }

  private func listModels() throws {
    let file = try OutputFile("-", binary: false)
    for family in ModelCatalogue.families {
      try file.write("\(family.name): \(family.summary)\n")
      for option in family.options {
        try file.write(
          "  \(option.name)=\(option.defaultText)  \(option.help) (\(option.rangeText))\n")
      }
    }
    try file.commit()
  }
}
