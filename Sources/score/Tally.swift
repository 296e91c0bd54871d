// For whom were items ranked, and how much of them does the model know?

import InteractionData
import Interchange
import ToolKit

/// Counts over all blocks of users.
struct Tally {
  /// Users and rounds.
  private(set) var lists = 0
  private(set) var known = 0
  private(set) var interactions = 0
  private(set) var strangers = 0
  /// Lists that are shorter than was asked for, and those without any item.
  private(set) var short = 0
  private(set) var empty = 0
  private var unread = UnreadRatings()

  mutating func add(_ cases: FoldInCases, of block: InteractionSet) {
    unread.add(block.ratings)
    lists += cases.count
    known += cases.knownInteractions
    interactions += cases.interactions
    strangers += cases.strangers
  }

  /// Counts a list.
  mutating func add(listOf count: Int, _ top: Int) {
    short += count < top ? 1 : 0
    empty += count == 0 ? 1 : 0
  }

  /// Refuses to give out lists of which none has any item.
  ///
  /// - Throws: `ToolError` (badData).
  func refuseNone(_ name: String) throws {
    guard lists > 1, empty == lists else { return }
    throw ToolError(
      .badData,
      "\(name): none of the \(lists) lists has any item, for nothing is left beside what users have and what is"
        + " excluded; give other candidates or exclusions, or --keep-seen")
  }

  /// Says that histories have ratings.
  func warn(_ context: ToolContext) {
    if let warning = unread.warning { context.log.warning(warning) }
  }

  func report(_ top: Int, _ context: ToolContext) {
    warn(context)
    let fewer = short > 0 ? "; \(short) lists are shorter than \(top) for want of candidates" : ""
    context.log.notice(
      "ranked items for \(lists) users and rounds\(fewer)",
      counts: ["lists": lists, "short": short])
  }
}

/// The users asked for, and those of them who were met.
struct WantedUsers {
  private let ids: Set<ID>
  private var missing: Set<ID>
  /// Ids that lines hold within something else, and a user that is one of them.
  private var inner: [ID: ID] = [:]
  private var meant: ID?
  private let file: String

  init(_ ids: [String], file: String) {
    self.ids = Set(ids.map(ID.init))
    missing = self.ids
    self.file = file
    for line in ids {
      for id in ListedID.within(line) { inner[ID(id)] = ID(line) }
    }
  }

  /// The places of those of a block, in its order.
  mutating func found(_ block: InteractionSet) -> [Int] {
    let found = (0..<block.userCount).filter { ids.contains(ID(block.users.ids[$0])) }
    for user in found { missing.remove(ID(block.users.ids[user])) }
    if !inner.isEmpty {
      meant = meant ?? block.users.ids.lazy.map(ID.init).first { inner[$0] != nil }
    }
    return found
  }

  /// Refuses when too few were met, and says how many were not.
  func check(_ known: KnownShare, _ context: ToolContext) throws {
    if let meant, let line = inner[meant], missing.contains(line) {
      throw ListedID.more(line.text, meant.text, file)
    }
    try known.check(
      ids.count - missing.count, of: ids.count, "wanted users are in the input",
      first: missing.min()?.text, file, context)
  }
}
