// indgrm binarize: ratings become interactions.

import ArgumentParser
import DataSources
import InteractionData
import Interchange
import ToolKit

@main
struct Binarize: Tool {
  static let toolName = "binarize"
  static let configuration = toolConfiguration(
    "Turn ratings into interactions: keep what was liked, drop the rating or make a confidence of it.",
    discussion: """
      Reads interactions and writes interactions without ratings. With --min, --since and --until alone \
      it streams and holds one chunk; --min-user, --min-item and --duplicates hold all interactions \
      (about 20 bytes each), but of a part that shard cut a block of users. --min-item asks for --item-counts there. \
      With --confidence each interaction keeps how much its rating says, which fit weighs it by.
      """)

  @Argument(help: "Interactions to read; - is standard input.")
  var input = "-"

  @Option(help: ArgumentHelp("Keep ratings of at least this value.", valueName: "rating"))
  var min: Float?

  @Option(
    help: ArgumentHelp(
      "Keep interactions from this time on: 2024-01-31, 2024-01-31T18:00Z or seconds since 1970.",
      valueName: "time"))
  var since: Moment?

  @Option(help: ArgumentHelp("Keep interactions before this time.", valueName: "time"))
  var until: Moment?

  @Option(help: ArgumentHelp("Drop users with fewer interactions, repeatedly.", valueName: "n"))
  var minUser = 0

  @Option(help: ArgumentHelp("Drop items with fewer interactions, repeatedly.", valueName: "n"))
  var minItem = 0

  @Option(
    help: ArgumentHelp(
      "Take the interactions of items from this file, lines of dump --item-counts of all parts, added up; --min-item"
        + " and --min-user then look once, not repeatedly.", valueName: "file"))
  var itemCounts: String?

  @Option(help: "Which of several ratings of one item by one user counts.")
  var duplicates: DuplicateRule?

  @Option(
    help: ArgumentHelp(
      "Keep a confidence made of each rating, in units: linear takes their number, log the logarithm to base 2 of"
        + " one more; with --duplicates sum of what was added up, or of repeats where there are no ratings.",
      valueName: "rule"))
  var confidence: ConfidenceRule?

  @Option(help: ArgumentHelp("The rating whose confidence is 1.", valueName: "rating"))
  var confidenceUnit = 1.0

  @OptionGroup var output: StreamOutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard minUser >= 0, minItem >= 0 else {
      throw ValidationError("--min-user and --min-item must not be negative")
    }
    guard itemCounts == nil || minItem > 0 else {
      throw ValidationError("--item-counts is what --min-item looks at; give both")
    }
    guard confidenceUnit > 0, confidenceUnit.isFinite else {
      throw ValidationError("--confidence-unit must be a positive number")
    }
    if let min, !min.isFinite { throw ValidationError("--min must be a number") }
    if let since, let until, since.seconds >= until.seconds {
      throw ValidationError("--since must be earlier than --until")
    }
  }

  func execute(_ context: ToolContext) throws {
    let reader = InteractionReader(
      try InputFile.stream(input, expecting: [.interactions]))
    if let min, reader.metadata["ratings"]?.bool == false {
      throw ToolError(
        .badData,
        "\(reader.stream.name): has no ratings to compare with --min \(min); leave the option out")
    }
    try refuseNoConfidence(reader.metadata["ratings"]?.bool != false, reader.stream.name)
    if since ?? until != nil, reader.metadata["times"]?.bool == false {
      throw ToolError(
        .badData, "\(reader.stream.name): has no times; leave --since and --until out")
    }
    let file = try output.open()
    let writer = try InteractionWriter(
      file, metadata: notes(on: reader.metadata),
      provenance: context.provenance(from: [reader.provenance], at: [input]),
      compression: output.compression > 0 ? output.compression : nil)
    if try isInBlocks(reader.stream), let blocks = try UserBlocks(reader) {
      try filter(blocks, writer, context)
    } else if minUser > 0 || minItem > 0 || duplicates != nil {
      try hold(reader, writer, context)
    } else {
      try stream(reader, writer, context)
    }
    try file.commit()
  }

  /// What later tools are told: there are no ratings any more, and why.
  private func notes(on metadata: JSONValue) -> JSONValue {
    var members: [String: JSONValue] = [:]
    if case .object(let known) = metadata { members = known }
    members["ratings"] = false
    members["binarized"] = [
      "min": min.map { .number(Double($0)) } ?? .null, "min_user": .integer(minUser),
      "min_item": .integer(minItem), "since": since.map { .integer(Int($0.seconds)) } ?? .null,
      "until": until.map { .integer(Int($0.seconds)) } ?? .null,
    ]
    if let confidence {
      members["confidences"] = true
      members["binarized"] = members["binarized"]?
        .setting("confidence", .string(confidence.rawValue))
        .setting("confidence_unit", .number(confidenceUnit))
    }
    return .object(members)
  }

  /// Throws `ToolError` where no interaction is left: nothing could be learned from what is written.
  func refuseNothing(_ kept: Int, of seen: Int, _ name: String) throws {
    guard kept == 0 else { return }
    throw ToolError(
      .badData,
      seen == 0
        ? "\(name): holds no interactions"
        : "\(name): none of its \(seen) interactions are kept; lower --min, --min-user or"
          + " --min-item, or look at --since and --until"
    )
  }

  /// Whether an interaction lies between --since and --until.
  func isInTime(_ rows: InteractionChunk, _ index: Int) -> Bool {
    guard since ?? until != nil, let times = rows.times else { return true }
    let time = times[index]
    return time >= since?.seconds ?? .min && (until.map { time < $0.seconds } ?? true)
  }

  /// Passes chunk after chunk, keeping what reaches the threshold.
  private func stream(
    _ reader: InteractionReader, _ writer: InteractionWriter, _ context: ToolContext
  )
    throws
  {
    let progress = Progress("read", unit: "interactions", context.log)
    var pending = InteractionChunk()
    var (seen, kept) = (0, 0)
    while let part = try reader.next() {
      guard case .interactions(var rows) = part else {
        try writer.write(part)
        continue
      }
      try refuseNoConfidence(rows.ratings != nil, reader.stream.name)
      rows.confidences = confidences(of: rows.ratings) ?? rows.confidences
      seen += rows.count
      pending.append(rows) { index in
        guard isInTime(rows, index) else { return false }
        guard let min, let ratings = rows.ratings else { return true }
        return ratings[index] >= min
      }
      if pending.count >= InteractionWriter.chunkRows {
        kept += pending.count
        try refuseUnusable(pending.confidences, reader.stream.name)
        try writer.write(.interactions(pending))
        pending = InteractionChunk()
      }
      progress.update(seen)
    }
    kept += pending.count
    try refuseUnusable(pending.confidences, reader.stream.name)
    try refuseNothing(kept, of: seen, reader.stream.name)
    try writer.write(.interactions(pending))
    try writer.finish()
    progress.finish()
    context.log.notice(
      "kept \(kept) of \(seen) interactions", counts: ["interactions": kept, "read": seen])
  }

  /// Sorts everything in memory, resolves duplicates, then filters.
  private func hold(
    _ reader: InteractionReader, _ writer: InteractionWriter, _ context: ToolContext
  )
    throws
  {
    let progress = Progress("read", unit: "interactions", context.log)
    var rows = try InteractionRows(reader) { progress.update($0) }
    progress.finish()
    let seen = rows.rows.count
    rows.rows.ratings = try counted(rows.rows.ratings, rows: seen, reader.stream.name)
    // What lies outside the window must not win over a duplicate inside.
    if since ?? until != nil {
      rows.rows = rows.rows.rows(at: rows.rows.users.indices.filter { isInTime(rows.rows, $0) })
    }
    let (all, merged) = try rows.sorted(duplicates: duplicates ?? .highest)
    var liked = all
    if let min, let ratings = all.ratings { liked = all.filtered { ratings[$0] >= min } }
    liked.confidences = confidences(of: liked.ratings) ?? liked.confidences
    try refuseUnusable(liked.confidences, reader.stream.name)
    liked.ratings = nil
    let (result, removed) = liked.core(minUser: minUser, minItem: minItem)
    try refuseNothing(result.count, of: seen, reader.stream.name)
    if try Shard(reader.stream) == nil {
      try result.write(to: writer)
      try writer.finish()
    } else {
      let blocks = try UserBlockWriter(writer, head: result.head)
      try blocks.append(result.block)
      try blocks.finish()
    }
    context.log.notice(
      "kept \(result.count) of \(seen) interactions, \(result.userCount) users,"
        + " \(result.itemCount) items; merged \(merged) duplicates; dropped \(removed.users) users"
        + " and \(removed.items) items",
      counts: [
        "interactions": result.count, "read": seen, "users": result.userCount,
        "items": result.itemCount, "merged": merged,
      ])
  }
}

extension DuplicateRule: ExpressibleByArgument {}

/// A time as users write it, in the forms that logs have.
struct Moment: ExpressibleByArgument {
  /// Since 1970, in UTC.
  let seconds: Int64

  init?(argument: String) {
    guard let seconds = secondsSince1970(argument) else { return nil }
    self.seconds = seconds
  }
}

extension InteractionChunk {
  /// Appends the rows of another chunk that are kept, without their ratings.
  mutating func append(_ other: InteractionChunk, where isKept: (Int) -> Bool) {
    if other.times != nil, times == nil { times = [] }
    if other.confidences != nil, confidences == nil { confidences = [] }
    if other.folds != nil, folds == nil { folds = [] }
    for index in 0..<other.count where isKept(index) {
      users.append(other.users[index])
      items.append(other.items[index])
      if let values = other.times { times?.append(values[index]) }
      if let values = other.confidences { confidences?.append(values[index]) }
      if let values = other.folds { folds?.append(values[index]) }
    }
  }
}
