// indgrm score: ranks items for users, known or never seen.

import ArgumentParser
import DenseMath
import Fitting
import InteractionData
import Interchange
import ModelCatalogue
import Recommending
import ToolKit

@main
struct Score: Tool {
  static let toolName = "score"
  static let configuration = toolConfiguration(
    "Rank items for users by a fitted model.",
    discussion: """
      Of a split, the test users are ranked for in every round, with the round's truth left out of \
      their history; of plain interactions, all users, with all they have. Users need not have been in \
      the training. Items a user has are left out of the ranking. Users of whose items the model knows \
      none get the items most chosen in the training, scored by the share of users who chose them; where \
      times showed fit that what was chosen of late suits validation users better, that instead. Holds \
      the interactions, or of a part that shard cut a block of users, the model and the scores of a block of users: \
      512, or fewer beyond 131072 items.
      """)

  static let companions = ["--diversity-by": "--diversity"]

  @Argument(help: "Split or interactions to read; - is standard input.")
  var input = "-"

  @Option(help: ArgumentHelp("The fitted model.", valueName: "file"))
  var model: String

  @Option(help: ArgumentHelp("Items to rank for each user.", valueName: "n"))
  var top = 100

  @Option(help: "Of a split, whom to rank for.")
  var role: HeldOutRole = .test

  @Option(
    help: ArgumentHelp(
      "Rank only for the users whose ids this file lists; of a split, among those of --role.",
      valueName: "file"))
  var users: String?

  @OptionGroup var candidates: CandidateItems
  @OptionGroup var personal: PersonalItems
  @OptionGroup var new: NewItems
  @OptionGroup var shape: ListShape

  @OptionGroup var known: KnownShare

  @Flag(help: "Rank also what a user already has.")
  var keepSeen = false

  @Option(
    help:
      "ig is the stream that metrics reads; tsv and jsonl are text; npz holds vectors, no lists."
  )
  var format: RankingFormat = .ig

  @OptionGroup var output: StreamOutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (1...1_000_000).contains(top) else {
      throw ValidationError("--top must be between 1 and 1000000")
    }
    if format == .npz,
      !personal.isEmpty || new.newItems != nil || shape.diversity > 0 || shape.fill || keepSeen
    {
      throw ValidationError(
        "npz holds vectors and no lists; leave out --candidates-by-user, --exclude-by-user, --new-items,"
          + " --diversity, --fill and --keep-seen")
    }
  }

  func execute(_ context: ToolContext) throws {
    try BLAS.open()
    let file = try output.open(binary: format == .ig || format == .npz)
    let stored = try StoredModel(InputFile.stream(model, expecting: [.model]))
    let fitted = try ModelCatalogue.restore(stored)
    let stream = try InputFile.stream(input, expecting: [.interactions])
    let data = try DataBlocks(stream)
    let isOfSplit = data.metadata["split"] != nil
    let items = ItemMap(from: data.items.ids, to: stored.items.ids)
    try known.refuseContradiction(data.items, stored.items, { items[$0] }, stream.name)
    try warn(of: stored, stream, context)
    let shelf = try new.shelf(fitted, stored, model, context)
    let mask = try candidates.mask(shelf.items.ids, known, context)
    let personal = try self.personal.read(items: shelf.items.ids, known, context)
    let popular = stored.popularity
    let maker = try listMaker(shelf, fitted, popular, mask)
    var wanted = try wantedUsers(data.shard)
    var writer: RankingWriter?
    var tally = Tally()
    let progress = Progress("ranked", unit: "users", context.log)
    while let block = try data.next() {
      let chosen = wanted?.found(block)
      let cases = try selectCases(block, items, chosen)
      tally.add(cases, of: block)
      // What is known of a whole is judged before anything is written, of a part as it goes.
      if data.shard == nil {
        try wanted?.check(known, context)
        try judge(tally, isOfSplit: isOfSplit, popular != nil, stream.name, context)
      } else if cases.interactions > 0 {
        try known.refuse(
          interactions: tally.known, of: tally.interactions, of: tally.lists, stream.name)
      }
      if format == .npz {
        tally.warn(context)
        return try exportVectors(of: block, cases, fitted, stored, mask, to: file, data, context)
      }
      let rules = try rules(personal, cases, block, shelf, chosen, isPart: data.shard != nil)
      let output = try writer ?? open(file, stored, shelf, data, stream, context)
      writer = output
      try rank(cases, by: maker, rules) { range, lists in
        for (index, list) in zip(range, lists) {
          tally.add(listOf: list.entries.count, top)
          try output.append(
            user: block.users.ids[cases.users[index]], round: cases.rounds[index], list)
        }
        progress.update(tally.lists - cases.count + range.upperBound)
      }
    }
    if let shard = data.shard {
      try wanted?.check(known, context)
      if tally.lists > 0 || !shard.isPart {
        try judge(tally, isOfSplit: isOfSplit, popular != nil, stream.name, context)
      }
    }
    if data.shard == nil { try tally.refuseNone(stream.name) }
    try (writer ?? open(file, stored, shelf, data, stream, context)).finish()
    try file.commit()
    progress.finish()
    tally.report(top, context)
  }
}
