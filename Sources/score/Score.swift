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

  @Option(help: ArgumentHelp("Rank only the items whose ids this file lists.", valueName: "file"))
  var candidates: String?

  @Option(help: ArgumentHelp("Never rank the items whose ids this file lists.", valueName: "file"))
  var exclude: String?

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
    let items = ItemMap(from: data.items.ids, to: stored.items.ids)
    try known.refuseContradiction(data.items, stored.items, { items[$0] }, stream.name)
    warn(of: stored, data.metadata["split"], context)
    let shelf = try new.shelf(fitted, stored, model, context)
    let mask = try candidateMask(shelf.items.ids, context)
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
      tally.add(cases)
      // What is known of a whole is judged before anything is written, of a part as it goes.
      if data.shard == nil {
        try wanted?.check(known, context)
        try judge(
          tally, isOfSplit: data.metadata["split"] != nil, popular != nil, stream.name, context)
      } else if cases.interactions > 0 {
        try known.refuse(
          interactions: tally.known, of: tally.interactions, of: tally.lists, stream.name)
      }
      if format == .npz {
        return try exportVectors(of: block, cases, fitted, stored, mask, to: file, data, context)
      }
      let rules = try rules(personal, cases, block, shelf, chosen, isPart: data.shard != nil)
      let output = try writer ?? open(file, stored, shelf, data, stream, context)
      writer = output
      try rank(cases, by: maker, rules) { range, lists in
        for (index, list) in zip(range, lists) {
          tally.short += list.entries.count < top ? 1 : 0
          try output.append(
            user: block.users.ids[cases.users[index]], round: cases.rounds[index], list)
        }
        progress.update(tally.lists - cases.count + range.upperBound)
      }
    }
    if let shard = data.shard {
      try wanted?.check(known, context)
      if tally.lists > 0 || !shard.isPart {
        try judge(
          tally, isOfSplit: data.metadata["split"] != nil, popular != nil, stream.name, context)
      }
    }
    try (writer ?? open(file, stored, shelf, data, stream, context)).finish()
    try file.commit()
    progress.finish()
    tally.report(top, context)
  }

  private func listMaker(
    _ shelf: Shelf, _ fitted: any RecommendationModel, _ popular: (any RecommendationModel)?,
    _ mask: [Bool]?
  ) throws -> ListMaker {
    ListMaker(
      model: Ranker(shelf.model, candidates: mask),
      popular: popular.map { own in
        Ranker(own, candidates: mask.map { Array($0.prefix(own.itemCount)) })
      },
      knownItems: fitted.itemCount, diversity: try shape.diversity(of: shelf, fitted, model),
      top: top, keepsSeen: keepSeen, fills: shape.fill)
  }

  /// Ranks for blocks of users and hands their lists on, in order.
  private func rank(
    _ cases: FoldInCases, by maker: ListMaker, _ rules: PersonalRules?,
    _ body: (Range<Int>, [ListMaker.List]) throws -> Void
  ) throws {
    // Scores of a block take a quarter of a gigabyte at most.
    let block = min(512, max(1, (1 << 26) / max(cases.history.columnCount, 1)))
    for start in stride(from: 0, to: cases.count, by: block) {
      let range = start..<min(start + block, cases.count)
      try body(range, maker.lists(cases.history, rows: range, rules))
    }
  }

  /// What is left out for each case; nil where that is what it has of the model's items.
  private func rules(
    _ personal: PersonalPairs, _ cases: FoldInCases, _ block: InteractionSet, _ shelf: Shelf,
    _ chosen: [Int]?, isPart: Bool
  ) throws -> PersonalRules? {
    guard !personal.isEmpty || shelf.cold != nil else { return nil }
    let seen =
      shelf.cold == nil
      ? cases.history
      : try selectCases(block, ItemMap(from: block.items.ids, to: shelf.items.ids), chosen).history
    return try personal.rules(
      users: cases.users.map { block.users.ids[$0] }, seen: seen, isPart: isPart)
  }

  /// Of a split the held-out users with what they are folded in by, else all users with all they have; the chosen ones
  /// of them.
  private func selectCases(
    _ data: InteractionSet, _ items: ItemMap, _ chosen: [Int]?
  ) throws -> FoldInCases {
    guard let plan = try SplitPlan(data) else {
      return FoldInCases(data, users: chosen ?? Array(0..<data.userCount), items: items)
    }
    if let chosen {
      let held = Set(plan.heldOutUsers(role.userRole))
      let others = chosen.filter { !held.contains($0) }
      guard others.isEmpty else {
        throw ToolError(
          .badData,
          "\(others.count) of \(chosen.count) wanted users are no \(role.rawValue) users of the split, first"
            + " '\(data.users.ids[others[0]])'; score interactions that are not split to rank for anybody"
        )
      }
    }
    return FoldInCases(plan, role: role.userRole, users: chosen.map { Set($0) }, items: items)
  }

  /// The users that --users lists; of a part those who belong to it.
  private func wantedUsers(_ shard: Shard?) throws -> WantedUsers? {
    guard let users else { return nil }
    let listed = try InputFile.ids(users)
    let own = shard.map { shard in
      listed.filter { UserPlace($0).part(of: shard.parts) == shard.part }
    }
    return WantedUsers(own ?? listed, file: users)
  }

  /// Refuses to rank for nobody, or for histories that the model mostly does not know, and says what is left out.
  private func judge(
    _ tally: Tally, isOfSplit: Bool, _ hasPopularity: Bool, _ name: String, _ context: ToolContext
  ) throws {
    guard tally.lists > 0 || !isOfSplit else {
      throw ToolError(
        .badData, "the split holds no \(role.rawValue) users; split with larger shares")
    }
    try known.check(
      interactions: tally.known, of: tally.interactions, strangers: tally.strangers,
      of: tally.lists, fate: hasPopularity ? "get what is popular" : "get no items", name, context)
  }

  private func warn(of stored: StoredModel, _ split: JSONValue?, _ context: ToolContext) {
    if split?["repeats"]?.bool == true, !keepSeen {
      context.log.warning(
        "\(input): what users chose again is truth in this split, and they get none of it; add --keep-seen"
      )
    }
    if stored.description["stopped"]?.bool == true {
      context.log.warning("\(model): its fit was stopped by a signal before its end")
    }
    if role == .validation, stored.description["settings"]?["refit"]?.bool == true {
      context.log.warning(
        "\(model): was fitted to validation users as well; figures on them say nothing of others")
    }
  }

  /// For each item whether it may be ranked; nil when all may.
  private func candidateMask(_ ids: [String], _ context: ToolContext) throws -> [Bool]? {
    guard candidates != nil || exclude != nil else { return nil }
    var mask = [Bool](repeating: candidates == nil, count: ids.count)
    let places = IDPlaces(ids)
    for (path, value) in [(candidates, true), (exclude, false)] {
      guard let path else { continue }
      let listed = try InputFile.ids(path)
      try ListedID.refuseMore(in: listed, path) { places[$0] != nil }
      let found = listed.compactMap { places[$0] }
      for item in found { mask[item] = value }
      let missing = listed.first { places[$0] == nil }
      if value {
        try known.check(
          found.count, of: listed.count, "candidates are in the model", first: missing, path,
          context)
      } else if let missing {
        // What must not be shown may well be more than what was ever chosen.
        context.log.warning(
          "\(path): \(listed.count - found.count) of \(listed.count) items are not in the model, first '\(missing)'"
        )
      }
    }
    return mask
  }

  private func open(
    _ file: OutputFile, _ stored: StoredModel, _ shelf: Shelf, _ data: DataBlocks,
    _ stream: StreamReader, _ context: ToolContext
  ) throws -> RankingWriter {
    try RankingWriter(
      file, format: format, items: shelf.items,
      marksFillers: shape.fill, metadata: metadata(stored, data, shelf, digest: stream.digest),
      compression: output.compression > 0 ? output.compression : nil,
      provenance: context.provenance(
        from: [stream.provenance, stored.provenance], at: [input, model]))
  }

  /// What the lists are of; which interactions, a part that is read in blocks does not know in time.
  private func metadata(
    _ stored: StoredModel, _ data: DataBlocks, _ shelf: Shelf, digest: UInt64?
  ) -> JSONValue {
    // Nobody has chosen items that the model was not fitted to.
    let further = shelf.items.ids.count - stored.items.ids.count
    let counts = stored.description["item_interactions"]?.array.map {
      JSONValue.array($0 + [JSONValue](repeating: .integer(0), count: further))
    }
    let lists: JSONValue = [
      "model": stored.description["model"] ?? .null, "role": .string(role.rawValue),
      "split": data.metadata["split"] ?? .null,
      "interactions": data.shard == nil ? digest.map { .string(hexadecimal($0)) } ?? .null : .null,
      "top": .integer(top), "item_interactions": counts ?? .null,
      "training_users": stored.description["training_users"] ?? .null,
    ]
    return data.shard.map { lists.setting("shard", $0.note) } ?? lists
  }

  /// Writes what scores are products of.
  ///
  /// Throws `ToolError` (usage) for models whose scores are not, and (badData) for parts.
  private func exportVectors(
    of block: InteractionSet, _ cases: FoldInCases, _ fitted: any RecommendationModel,
    _ stored: StoredModel, _ mask: [Bool]?, to file: OutputFile, _ data: DataBlocks,
    _ context: ToolContext
  ) throws {
    guard data.shard == nil else {
      throw ToolError(.badData, "\(input): is a part; merge the parts for vectors of all users")
    }
    guard let vectors = try NumpyVectors(fitted, stored.items.ids, mask) else {
      throw ToolError(
        .usage,
        "\(model): its scores are not products of a user's and an item's vector alone, so an index of"
          + " vectors cannot find the best; fit ials, or indgrm without expert, members and refinement"
      )
    }
    let users = try vectors.write(cases, block.users.ids, to: file)
    try file.commit()
    context.log.notice(
      "vectors of \(users) users and rounds and of \(vectors.itemCount) items, \(vectors.width) numbers each"
        + (vectors.hasShares ? ", and shares for a second step" : ""),
      counts: ["users": users, "items": vectors.itemCount])
  }
}

/// Whom of a split to rank for.
enum HeldOutRole: String, ExpressibleByArgument, CaseIterable {
  case test
  case validation

  var userRole: UserRole { self == .test ? .test : .validation }
}
