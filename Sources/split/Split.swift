// indgrm split: decides who is trained on, what is folded in and what is held out.

import ArgumentParser
import DataSources
import InteractionData
import Interchange
import ToolKit

@main
struct Split: Tool {
  static let toolName = "split"
  static let configuration = toolConfiguration(
    "Divide interactions into training and held-out parts.",
    discussion: """
      By default the paper's protocol: a tenth of the users for validation, a tenth for testing, and \
      each held-out user's interactions in equal folds, one of which is the truth of a round while \
      the others are folded in. Training users are ranked into nested sets of 20, 40, 60, 80 and \
      100 %. Holds all interactions in memory (about 30 bytes each).
      """)

  @Argument(help: "Interactions to read; - is standard input.")
  var input = "-"

  @Option(help: "What is divided: users, or every user's interactions by ratio, last one or time.")
  var scheme: SplitScheme = .users

  @Option(
    help: ArgumentHelp("Folds of a held-out user, which is the number of rounds.", valueName: "n"))
  var folds = 5

  @Option(help: ArgumentHelp("Share held out for testing.", valueName: "share"))
  var test = 0.1

  @Option(help: ArgumentHelp("Share held out for validation.", valueName: "share"))
  var validation = 0.1

  @Option(
    help: ArgumentHelp(
      "Leave out what was from then on: a date, a date and a time of day or seconds since 1970, or a share of the interactions in order of time.",
      valueName: "moment"))
  var until: Moment?

  @Option(
    help: ArgumentHelp(
      "With --scheme time, where the validation begins, instead of by its share.",
      valueName: "moment"))
  var validationFrom: Moment?

  @Option(
    help: ArgumentHelp(
      "With --scheme time, where the test begins, instead of by its share.", valueName: "moment"))
  var testFrom: Moment?

  @Flag(
    help:
      "Tell a user's part by the id and the seed alone, so that it stays the same when others come; shares hold on average."
  )
  var stable = false

  @OptionGroup var seed: SeedOption
  @OptionGroup var output: StreamOutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (2...64).contains(folds) else {
      throw ValidationError("--folds must be between 2 and 64")
    }
    guard test >= 0, validation >= 0, test + validation < 1 else {
      throw ValidationError(
        "--test and --validation must not be negative and must add up to less than 1")
    }
    guard !stable || scheme == .users else {
      throw ValidationError("--stable keeps users in their part; leave --scheme out")
    }
    guard scheme == .time || (validationFrom == nil && testFrom == nil) else {
      throw ValidationError("--validation-from and --test-from cut time; add --scheme time")
    }
  }

  func execute(_ context: ToolContext) throws {
    let stream = try InputFile.stream(input, expecting: [.interactions])
    let progress = Progress("read", unit: "interactions", context.log)
    let (data, merged) = try InteractionSet.read(stream) { progress.update($0) }
    progress.finish()
    if merged > 0 { context.log.notice("merged \(merged) duplicates: the last one of each counts") }
    if let unread = data.unreadRatings { context.log.warning(unread) }
    let (used, unused) = try (until.map { try data.before($0) } ?? data).compacted()
    if unused.users + unused.items > 0 {
      context.log.notice(
        "left out \(unused.users) users and \(unused.items) items without interactions")
    }

    var options = SplitOptions()
    options.scheme = scheme
    options.folds = folds
    options.testShare = test
    options.validationShare = validation
    options.seed = seed.seed
    options.isStable = stable
    (options.validationFrom, options.testFrom) = (validationFrom, testFrom)
    let divided = try used.split(options)

    let file = try output.open()
    let writer = try InteractionWriter(
      file, metadata: divided.metadata,
      provenance: context.provenance(from: [stream.provenance], seed: seed.seed),
      compression: output.compression > 0 ? output.compression : nil)
    try divided.write(to: writer)
    try writer.finish()
    try file.commit()
    try report(divided, context)
  }

  private func report(_ data: InteractionSet, _ context: ToolContext) throws {
    guard let plan = try SplitPlan(data) else { return context.log.notice("nothing was split") }
    let training = plan.trainingUsers().count
    let test = plan.heldOutUsers(.test).count
    let validation = plan.heldOutUsers(.validation).count
    let known = plan.training().columnCounts().filter { $0 > 0 }.count
    context.log.notice(
      "\(training) users to train on, \(validation) to validate, \(test) to test;"
        + " \(data.itemCount - known) of \(data.itemCount) items occur only in held-out parts and"
        + " cannot be recommended",
      counts: [
        "training_users": training, "validation_users": validation, "test_users": test,
        "items": data.itemCount, "unknown_items": data.itemCount - known,
      ])
  }
}

extension SplitScheme: ExpressibleByArgument {}
extension Moment: ExpressibleByArgument {
  /// A share of the interactions, or a time as users write it.
  public init?(argument: String) {
    if let share = Double(argument), (0...1).contains(share) {
      self = .share(share)
    } else if let seconds = secondsSince1970(argument) {
      self = .seconds(seconds)
    } else {
      return nil
    }
  }
}
