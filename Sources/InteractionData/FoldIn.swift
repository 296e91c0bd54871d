// Which histories does a model get to see, user by user and round by round?

import DenseMath
import Interchange

/// Users to rank items for, with the history each is folded in with.
public struct FoldInCases: Sendable {
  /// The user of each case, an index into the data.
  public var users: [Int] = []
  /// The round of each case; nil outside the protocol.
  public var rounds: [UInt8?] = []
  /// One row a case over the model's items, ascending.
  public var history: SparseRows
  /// Interactions left out because the model does not know their items.
  public var unknownInteractions = 0

  public var count: Int { users.count }
  /// Interactions with items the model knows, and all.
  public var knownInteractions: Int { history.count }
  public var interactions: Int { history.count + unknownInteractions }
  /// Cases in which the model knows no item.
  public var strangers: Int { (0..<count).count { history.row($0).isEmpty } }

  /// Those in which the model knows an item.
  public var known: FoldInCases {
    guard strangers > 0 else { return self }
    return cases(at: (0..<count).filter { !history.row($0).isEmpty })
  }

  /// Some of them, in the order named.
  public func cases(at places: [Int]) -> FoldInCases {
    var result = self
    result.users = places.map { users[$0] }
    result.rounds = places.map { rounds[$0] }
    result.history = history.rows(at: places)
    return result
  }

  /// Cases of held-out users, or the chosen ones among them, in all their rounds, user by user.
  public init(
    _ plan: SplitPlan, role: UserRole, rounds wanted: [Int]? = nil, users chosen: Set<Int>? = nil,
    items: ItemMap
  ) {
    var builder = RowBuilder(items)
    for user in plan.heldOutUsers(role) where chosen?.contains(user) ?? true {
      for round in wanted ?? Array(0..<plan.rounds) {
        users.append(user)
        rounds.append(UInt8(round))
        builder.append(plan.foldIn(of: user, role, round: round))
      }
    }
    history = builder.rows
    unknownInteractions = builder.unknown
  }

  /// Cases of chosen users with all they have.
  public init(_ data: InteractionSet, users chosen: [Int], items: ItemMap) {
    var builder = RowBuilder(items)
    for user in chosen {
      users.append(user)
      rounds.append(nil)
      builder.append(data.items(of: user))
    }
    history = builder.rows
    unknownInteractions = builder.unknown
  }

  private struct RowBuilder {
    let items: ItemMap
    var offsets = [0]
    var columns: [UInt32] = []
    var unknown = 0

    init(_ items: ItemMap) { self.items = items }

    mutating func append(_ history: some Collection<UInt32>) {
      var row: [UInt32] = []
      for item in history {
        if let index = items[item] { row.append(index) } else { unknown += 1 }
      }
      row.sort()
      // Of a split that keeps repeats all that a user has names an item once for each part.
      columns += row.indices.filter { $0 == 0 || row[$0] != row[$0 - 1] }.map { row[$0] }
      offsets.append(columns.count)
    }

    var rows: SparseRows {
      SparseRows(offsets: offsets, columns: columns, columnCount: items.targetCount)
    }
  }
}

/// Where the items of one dictionary stand in another, by id.
public struct ItemMap: Sendable {
  private let target: [Int32]
  /// Items of the dictionary mapped to.
  public let targetCount: Int

  /// Maps items by their ids.
  public init(from source: [String], to target: [String]) {
    let places = IDPlaces(target)
    self.target = source.map { places[$0].map { Int32($0) } ?? -1 }
    targetCount = target.count
  }

  /// The index in the target dictionary, or nil.
  public subscript(_ item: UInt32) -> UInt32? {
    let index = target[Int(item)]
    return index >= 0 ? UInt32(index) : nil
  }

  /// How many items have a place.
  public var knownCount: Int { target.reduce(0) { $0 + ($1 >= 0 ? 1 : 0) } }
}

/// The part of a data set that a model is fitted to: training rows over the items that occur in them.
public struct TrainingSet: Sendable {
  /// One row a training user, columns numbered as `items`.
  public let rows: SparseRows
  /// The items with training interactions, with titles and categories.
  public let items: ItemChunk
  /// For each of them its index in the data.
  public let itemIndices: [Int]
  /// When each interaction was, in the order of `rows`, in seconds; nil where the data do not tell.
  public let times: [Int64]?
  /// How much each counts, in the order of `rows`, 1 on average; nil where all count alike.
  public let confidences: [Float]?

  /// From a share of a split or, without one, from all users.
  public init(_ data: InteractionSet, _ plan: SplitPlan?, _ share: TrainingShare = .training) {
    var columns: [UInt32]
    let (offsets, counts): ([Int], [Int])
    (offsets, columns, counts) = Self.entries(data, plan, share)
    let used = (0..<data.itemCount).filter { counts[$0] > 0 }
    var newIndex = [UInt32](repeating: 0, count: data.itemCount)
    for (index, item) in used.enumerated() { newIndex[item] = UInt32(index) }
    for place in columns.indices { columns[place] = newIndex[Int(columns[place])] }
    rows = SparseRows(offsets: offsets, columns: columns, columnCount: used.count)
    itemIndices = used
    times = data.times.map { plan?.training($0, share) ?? $0 }
    confidences = data.confidences.map { plan?.training($0, share) ?? $0 }.flatMap(Self.scaled)
    items = ItemChunk(
      ids: used.map { data.items.ids[$0] },
      titles: data.items.titles.map { titles in used.map { titles[$0] } },
      categories: data.items.categories.map { lists in used.map { lists[$0] } })
  }

  /// The training rows over all items of the data, in memory of their own where there is a split, and how many
  /// entries each item has.
  private static func entries(_ data: InteractionSet, _ plan: SplitPlan?, _ share: TrainingShare)
    -> (offsets: [Int], columns: [UInt32], counts: [Int])
  {
    let all = plan?.training(share) ?? data.rows()
    return (all.offsets, all.columns, all.columnCounts())
  }

  /// Confidences with a mean of 1; nil where they are alike.
  static func scaled(_ confidences: [Float]) -> [Float]? {
    guard let first = confidences.first, confidences.contains(where: { $0 != first }) else {
      return nil
    }
    let mean = confidences.reduce(0.0) { $0 + Double($1) } / Double(confidences.count)
    return confidences.map { Float(Double($0) / mean) }
  }
}
