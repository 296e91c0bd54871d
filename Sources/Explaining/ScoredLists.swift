// Which lists are to be explained, and from which histories were they made?

import Fitting
import InteractionData
import Interchange
import Recommending
import ToolKit

/// Lists that `score` wrote.
struct ScoredLists {
  struct List {
    let user: String
    let round: UInt8?
    /// The model's items, best first.
    let items: [UInt32]
  }

  private let name: String
  private let role: UserRole
  private(set) var lists: [List] = []

  /// Reads the first items of every list.
  ///
  /// Throws `FormatError`, and `ToolError` where the lists hold no item of the model, or another kind of model or
  /// another split was what they were made from.
  init(_ path: String, of model: StoredModel, for data: StreamReader, top: Int) throws {
    let reader = RecommendationReader(try InputFile.stream(path, expecting: [.recommendations]))
    try reader.refuseOthers(thanOf: model, for: data)
    name = reader.stream.name
    role = reader.metadata["role"]?.string == "validation" ? .validation : .test
    let places = IDPlaces(model.items.ids)
    var (users, known) = ([String](), [UInt32?]())
    while let part = try reader.next() {
      switch part {
      case .users(let ids): users += ids
      case .items(let chunk): known += chunk.ids.map { places[$0].map { UInt32($0) } }
      case .recommendations(let chunk):
        for list in chunk.lists {
          let items = list.rows.prefix(top).compactMap { known[Int(chunk.items[$0])] }
          lists.append(List(user: users[Int(list.user)], round: list.round, items: items))
        }
      }
    }
    guard lists.contains(where: { !$0.items.isEmpty }) else {
      throw ToolError(
        .badData, "\(name): recommends no item of the model; do they belong together?")
    }
  }

  /// The lists of chosen users whose histories are known, each with the history it was made from.
  ///
  /// - Parameter chosen: users of the data.
  /// - Returns: the cases, the items of each, and how many lists of those users had no history.
  /// - Throws: `SplitError`, and `ToolError` where the data are not what the lists were made from.
  func cases(_ data: InteractionSet, chosen: [Int], _ map: ItemMap) throws -> (
    cases: FoldInCases, items: [[UInt32]], missing: Int
  ) {
    let plan = try SplitPlan(data)
    guard plan != nil || lists.allSatisfy({ $0.round == nil }) else {
      throw ToolError(
        .badData, "\(name): the lists are of a split; give the split they were made from")
    }
    let all =
      if let plan, lists.contains(where: { $0.round != nil }) {
        FoldInCases(plan, role: role, users: Set(chosen), items: map)
      } else {
        FoldInCases(data, users: chosen, items: map)
      }
    var rows: [Place: Int] = [:]
    for row in 0..<all.count { rows[Place(user: all.users[row], round: all.rounds[row])] = row }
    let (users, wanted) = (IDPlaces(data.users.ids), Set(chosen))
    var (found, items, missing) = ([Int](), [[UInt32]](), 0)
    for list in lists {
      let user = users[list.user]
      if let user, !wanted.contains(user) { continue }
      guard let user, let row = rows[Place(user: user, round: list.round)],
        !all.history.row(row).isEmpty
      else {
        missing += 1
        continue
      }
      found.append(row)
      items.append(list.items)
    }
    guard !found.isEmpty else {
      throw ToolError(
        .badData,
        "\(name): none of its lists is of these users; do lists and input belong together?")
    }
    return (all.cases(at: found), items, missing)
  }

  private struct Place: Hashable {
    let user: Int
    let round: UInt8?
  }
}
