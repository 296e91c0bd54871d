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

  static let companions = ["--confidence-unit": "--confidence"]

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
    // What was kept before stays true of what is kept now.
    let before = metadata["binarized"] ?? .object([:])
    func bound(_ key: String, _ value: Int?, _ stricter: (Int, Int) -> Int) -> JSONValue {
      let both = [before[key]?.int, value].compactMap(\.self)
      return both.first.map { .integer(stricter($0, both.last ?? $0)) } ?? .null
    }
    members["binarized"] =
      before
      .setting("min", min.map { .number(Double($0)) } ?? before["min"] ?? .null)
      .setting("min_user", bound("min_user", minUser, Swift.max))
      .setting("min_item", bound("min_item", minItem, Swift.max))
      .setting("since", bound("since", since.map { Int($0.seconds) }, Swift.max))
      .setting("until", bound("until", until.map { Int($0.seconds) }, Swift.min))
    if let confidence {
      members["confidences"] = true
      members["binarized"] = members["binarized"]?
        .setting("confidence", .string(confidence.rawValue))
        .setting("confidence_unit", .number(confidenceUnit))
    }
    return .object(members)
  }
}

extension DuplicateRule: ExpressibleByArgument {}

/// A time as users write it, in the forms that logs have.
struct Moment: ExpressibleByArgument {
  /// Since 1970, in UTC.
  let seconds: Int64
  let text: String

  init?(argument: String) {
    guard let seconds = secondsSince1970(argument) else { return nil }
    (self.seconds, text) = (seconds, argument)
  }
}
