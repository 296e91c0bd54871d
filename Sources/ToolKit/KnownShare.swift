// Do the interactions and lists of a run belong to the model at all?

import ArgumentParser
import Interchange

/// How much of what is asked for must be known, lest lists that mean nothing are published.
public struct KnownShare: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Fail when less than this share of the interactions is of items the model knows, or less of the ids that a"
        + " list names is known; what is not known is left out.", valueName: "share"))
  public var minKnown = 0.5

  public init() {}

  public func validate() throws {
    guard (0...1).contains(minKnown) else {
      throw ValidationError("--min-known must be between 0 and 1")
    }
  }

  /// Refuses histories without users, or mostly of items that the model does not know.
  ///
  /// - Throws: `ToolError` (badData).
  public func refuse(interactions known: Int, of all: Int, of users: Int, _ name: String) throws {
    guard users > 0, all > 0 else {
      throw ToolError(
        .badData, "\(name): holds no interactions of the users asked for; was its log empty?")
    }
    guard known > 0, Double(known) >= minKnown * Double(all) else {
      throw ToolError(
        .badData,
        "\(name): the model knows the items of \(known) of \(all) interactions; give the catalogue it was"
          + " fitted to\(known > 0 ? ", fit it again, or lower --min-known (\(minKnown))" : ", or fit it again")"
      )
    }
  }

  /// Refuses histories as `refuse` does, and says what is left out.
  ///
  /// - Parameters:
  ///   - known: interactions with items that the model knows, of `all`.
  ///   - strangers: users without any, of `users`.
  ///   - fate: what becomes of them.
  /// - Throws: `ToolError` (badData).
  public func check(
    interactions known: Int, of all: Int, strangers: Int, of users: Int, fate: String,
    _ name: String, _ context: ToolContext
  ) throws {
    try refuse(interactions: known, of: all, of: users, name)
    if known < all {
      context.log.notice(
        "items the model does not know are left out, with \(all - known) of the \(all) interactions"
      )
    }
    if strangers > 0 {
      context.log.warning(
        "\(name): the model knows no item of \(strangers) of \(users) users and rounds; they \(fate)"
      )
    }
  }

  /// Refuses data of another catalogue than the model's: other things by the same ids, or mostly others.
  ///
  /// - Parameter counts: the interactions of each of the data's items.
  /// - Throws: `ToolError` (badData).
  public func refuseOthers(
    _ data: ItemChunk, _ counts: [Int], users: Int, than model: ItemChunk,
    _ place: (UInt32) -> UInt32?, _ name: String
  ) throws {
    try refuseContradiction(data, model, place, name)
    let known = counts.indices.reduce(0) { $0 + (place(UInt32($1)) == nil ? 0 : counts[$1]) }
    try refuse(interactions: known, of: counts.reduce(0, +), of: users, name)
  }

  /// Refuses a list of ids of which too few are known, and says how many are left out.
  ///
  /// - Throws: `ToolError` (badData).
  public func check(
    _ known: Int, of all: Int, _ what: String, first missing: String?, _ name: String,
    _ context: ToolContext
  ) throws {
    guard let missing else { return }
    let words = "\(name): \(known) of \(all) \(what); '\(missing)' is not"
    guard known > 0, Double(known) >= minKnown * Double(all) else {
      let lower = known > 0 ? ", or lower --min-known (\(minKnown))" : ""
      throw ToolError(.badData, "\(words); check the ids\(lower)")
    }
    context.log.warning("\(words) and is left out, as are all that are not")
  }

  /// Refuses a catalogue in which the model's ids stand for other things: where both have titles, most differ.
  ///
  /// - Throws: `ToolError` (badData).
  public func refuseContradiction(
    _ data: ItemChunk, _ model: ItemChunk, _ place: (UInt32) -> UInt32?, _ name: String
  ) throws {
    guard minKnown > 0, let words = data.contradiction(of: model, place) else { return }
    throw ToolError(
      .badData,
      "\(name): \(words); give the catalogue it was fitted to, or --min-known 0 where titles were altered"
    )
  }
}

extension ItemChunk {
  /// How items are called otherwise in a catalogue by the same ids, in words, where most are that have titles in both.
  ///
  /// - Parameter place: where an item is in the other; nil for none.
  public func contradiction(
    of other: ItemChunk, in what: String = "the model", _ place: (UInt32) -> UInt32?
  ) -> String? {
    guard let here = titles, let there = other.titles else { return nil }
    var (equal, different) = (0, 0)
    var example: (id: String, here: String, there: String)?
    for (item, title) in here.enumerated() where !title.isEmpty {
      guard let place = place(UInt32(item)), !there[Int(place)].isEmpty else { continue }
      if ID(title) == ID(there[Int(place)]) {
        equal += 1
      } else {
        different += 1
        example = example ?? (ids[item], title, there[Int(place)])
      }
    }
    guard let example, different > equal else { return nil }
    return
      "\(different) of \(equal + different) items have another title than in \(what), such as '\(example.id)',"
      + " '\(example.here)' here and '\(example.there)' there"
  }

  /// Throws `ToolError` (badData) where a model, or groups of items, by the same ids are of other things.
  public func refuseOtherThings(
    in stored: ItemChunk, _ name: String, _ place: (UInt32) -> UInt32?
  ) throws {
    guard let words = contradiction(of: stored, in: name, place) else { return }
    throw ToolError(.badData, "\(words); do they belong together?")
  }
}
