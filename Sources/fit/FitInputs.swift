// What is read before a fit, and where does it come from?

import Fitting
import InteractionData
import Interchange
import Recommending
import ToolKit

/// The tasks that interactions make, with what a fit starts from.
struct FitInputs {
  var task: FittingTask
  /// Validation users too, for --refit.
  private(set) var whole: FittingTask?
  /// Of the inputs, by what they are.
  private(set) var digests: [String: UInt64]
  private(set) var provenance: [Provenance]
  private(set) var paths: [String]

  /// Reads the interactions, and says how many there are to train on.
  init(
    _ path: String, percent: Int, refits: Bool, metric: ValidationMetric, seed: UInt64,
    _ context: ToolContext
  ) throws {
    let log = context.log
    let stream = try InputFile.stream(path, expecting: [.interactions])
    let (data, _) = try InteractionSet.read(stream)
    try log.warn(ofPart: stream)
    if let unread = data.unreadRatings { log.warning(unread) }
    task = try FittingTask(data, name: stream.name, percent: percent, metric: metric, seed: seed)
    whole = try refits ? task.refitting(data, name: stream.name) : nil
    (provenance, paths) = ([stream.provenance], [path])
    digests = ["data": stream.digest ?? 0]
    let training = task.training
    log.notice(
      "\(training.rows.rowCount) users, \(training.items.ids.count) items,"
        + " \(training.rows.count) interactions to train on")
    if task.data.validation == nil {
      try context.refuse(["--validate-by"], since: "\(stream.name): has no validation users")
    }
    if task.isValidationVain {
      log.warning(
        "\(stream.name): no validation user chose an item that is trained on; nothing ends the training early"
      )
    }
  }

  /// Cuts the batches of all fits for ranks.
  mutating func share(among shared: SharedFit) {
    task.data.ranks = shared.ranks
    task.data.itemRanks = shared.itemRanks
    whole?.data.ranks = shared.ranks
    whole?.data.itemRanks = shared.itemRanks
  }

  /// Starts from the item groups of a file.
  ///
  /// - Parameter settings: as they were given, which must not speak of another number of groups.
  mutating func start(fromGroups path: String, beside settings: [String]) throws {
    let stored = try StoredModel(InputFile.stream(path, expecting: [.itemGroups]))
    let found = try Self.groups(stored, path, of: task.training)
    if let said = settings.last(where: { $0.hasPrefix("groups=") }),
      Int(said.dropFirst("groups=".count)) != found.count
    {
      throw ToolError(
        .usage, "\(path): has \(found.count) groups, and --set \(said) says otherwise; leave it out"
      )
    }
    task.data.groups = found
    if let more = whole?.training {
      // Items that validation users alone chose have no group where groups were made without them.
      whole?.data.groups = try Self.groups(stored, path, of: more, isPartial: true)
    }
    note(stored, as: "groups", path)
  }

  /// Starts from an earlier model of the same family.
  mutating func start(fromModel path: String, of family: String) throws {
    let earlier = try StoredModel(InputFile.stream(path, expecting: [.model]))
    guard earlier.description["model"]?.string == family else {
      throw ToolError(
        .badData, "\(path): is not a model of the kind '\(family)'; start from one that is")
    }
    let items = task.training.items
    let map = ItemMap(from: items.ids, to: earlier.items.ids)
    try items.refuseOtherThings(in: earlier.items, path) { map[$0] }
    task.data.start = (earlier, items.ids, task.categories)
    if let more = whole?.training {
      whole?.data.start = (earlier, more.items.ids, task.categories)
    }
    note(earlier, as: "init", path)
  }

  /// The history of what is made of them, which tells of which data.
  func history(_ context: ToolContext, seed: UInt64) -> Provenance {
    context.provenance(
      from: provenance, at: paths, seed: seed,
      details: ["data": .string(hexadecimal(digests["data"] ?? 0))])
  }

  private mutating func note(_ stored: StoredModel, as name: String, _ path: String) {
    digests[name] = stored.digest
    provenance.append(stored.provenance)
    paths.append(path)
  }

  /// The stored groups of the items trained on.
  ///
  /// - Parameter isPartial: whether items may be in none.
  private static func groups(
    _ stored: StoredModel, _ name: String, of training: TrainingSet, isPartial: Bool = false
  ) throws -> (assignment: [UInt32?], count: Int) {
    guard let groups = stored.tensors["groups"]?.integers, groups.count == stored.items.ids.count,
      let count = stored.description["groups"]?.int, count > 0,
      groups.allSatisfy({ Int($0) < count })
    else { throw ToolError(.badData, "\(name): has no usable item groups; make them again") }
    let items = ItemMap(from: training.items.ids, to: stored.items.ids)
    try training.items.refuseOtherThings(in: stored.items, name) { items[$0] }
    let assignment = training.items.ids.indices.map { items[UInt32($0)].map { groups[Int($0)] } }
    let missing = assignment.count { $0 == nil }
    guard missing == 0 || isPartial else {
      throw ToolError(
        .badData,
        "\(name): \(missing) training items have no group; make the groups from the same data")
    }
    return (assignment, count)
  }
}
