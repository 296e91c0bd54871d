// indgrm split: decides who is trained on, what is folded in and what is held out.

import ArgumentParser
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
      100 %. Holds all interactions in memory (about 30 bytes each); of a part that shard cut --stable \
      holds a block of users.
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

  @Flag(
    help:
      "With --scheme time, keep what a user chooses again in each part it falls into: the truth then holds what is known."
  )
  var repeats = false

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
    guard scheme == .time || !repeats else {
      throw ValidationError("--repeats are told by time; add --scheme time")
    }
    guard scheme == .time || (validationFrom == nil && testFrom == nil) else {
      throw ValidationError("--validation-from and --test-from cut time; add --scheme time")
    }
  }

  func execute(_ context: ToolContext) throws {
    try context.refuse(vainOptions, since: "what divides here tells it")
    let reader = InteractionReader(try InputFile.stream(input, expecting: [.interactions]))
    if let shard = try Shard(reader.stream) {
      guard stable || !shard.isPart else {
        throw ToolError(
          .badData,
          "\(reader.stream.name): is \(shard.name); add --stable, which divides each part as it would the whole"
        )
      }
      if stable, let blocks = try UserBlocks(reader) { return try divide(blocks, context) }
    }
    warn(ofSplit: reader, context)
    let progress = Progress("read", unit: "interactions", context.log)
    let rows = try InteractionRows(reader) { progress.update($0) }
    progress.finish()
    let before = try until.map { try rows.before($0) } ?? rows
    let (data, merged) = try (repeats ? before.parted(options) : before.unsplit).sorted()
    if merged > 0 { context.log.notice("merged \(merged) duplicates: the last one of each counts") }
    if let unread = data.unreadRatings { context.log.warning(unread) }
    let (used, unused) = data.compacted()
    if unused.users + unused.items > 0 {
      context.log.notice(
        "left out \(unused.users) users and \(unused.items) items without interactions")
    }
    let divided = try used.split(options)
    let file = try output.open()
    let writer = try writer(file, divided.metadata, reader.provenance, context)
    try divided.write(to: writer)
    try writer.finish()
    try file.commit()
    try report(divided, context)
  }

  var options: SplitOptions {
    var options = SplitOptions()
    options.scheme = scheme
    options.folds = folds
    options.testShare = test
    options.validationShare = validation
    options.seed = seed.seed
    options.isStable = stable
    options.keepsRepeats = repeats
    (options.validationFrom, options.testFrom) = (validationFrom, testFrom)
    return options
  }

  func writer(
    _ file: OutputFile, _ metadata: JSONValue, _ history: Provenance, _ context: ToolContext
  ) throws -> InteractionWriter {
    try InteractionWriter(
      file, metadata: metadata,
      provenance: context.provenance(from: [history], at: [input], seed: seed.seed),
      compression: output.compression > 0 ? output.compression : nil)
  }
}
