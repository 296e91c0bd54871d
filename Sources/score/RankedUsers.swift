// Whom are lists for?

import ArgumentParser
import InteractionData
import Interchange
import ToolKit

extension Score {
  /// Of a split the held-out users with what they are folded in by, else all users with all they have; the chosen ones
  /// of them.
  func selectCases(
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
  func wantedUsers(_ shard: Shard?) throws -> WantedUsers? {
    guard let users else { return nil }
    let listed = try InputFile.ids(users)
    let own = shard.map { shard in
      listed.filter { UserPlace($0).part(of: shard.parts) == shard.part }
    }
    return WantedUsers(own ?? listed, file: users)
  }

  /// Refuses to rank for nobody, or for histories that the model mostly does not know, and says what is left out.
  func judge(
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

  /// Says what of the model and the split may surprise.
  ///
  /// Throws `ToolError` (usage) where a part of a split is asked for and there is none.
  func warn(of stored: StoredModel, _ stream: StreamReader, _ context: ToolContext) throws {
    let split = stream.metadata["split"]
    if split == nil { try context.refuse(["--role"], since: "\(stream.name): is no split") }
    if format == .npz { try context.refuse(["--top"], since: "npz holds vectors and no lists") }
    context.log.warn(of: stored, model, knowing: stream)
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
}

/// Whom of a split to rank for.
enum HeldOutRole: String, ExpressibleByArgument, CaseIterable {
  case test
  case validation

  var userRole: UserRole { self == .test ? .test : .validation }
}
