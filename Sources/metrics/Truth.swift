// What did the users of the recommendations really choose?

import Interpretability
import InteractionData
import Interchange
import RankingMetrics
import ToolKit

/// An evaluation with the name of what was evaluated.
struct Measured {
  let name: String
  let evaluation: RankingEvaluation
  /// Lists of the split's users and rounds that are not there, of how many.
  let missing: (lists: Int, of: Int)
  /// Of the lists.
  let digest: UInt64?
  /// How many items each has at most, where that is told.
  let top: Int?
  /// Whether what is true is what the lists were made from.
  let isOfHistory: Bool
  var report: MetricsReport { evaluation.report }
}

/// The truth of every user and round, from a split or from plain interactions.
final class Truth {
  private let data: InteractionSet
  private let plan: SplitPlan?
  private let digest: UInt64?
  private let places: IDPlaces
  private let trainingCounts: [UInt32]
  private var neighbours: NearestItems?
  let name: String

  init(_ stream: StreamReader) throws {
    data = try InteractionSet.read(stream).0
    (digest, name) = (stream.digest, stream.name)
    plan = try SplitPlan(data)
    places = IDPlaces(data.users.ids)
    trainingCounts = (plan?.training() ?? data.rows()).columnCounts().map { UInt32(clamping: $0) }
  }

  /// The id of a user number that `evaluate` used.
  func id(of user: UInt32) -> String { data.users.ids[Int(user)] }

  /// The digest of the split, as lists name it.
  var digestText: String? { digest.map(hexadecimal) }
  var items: ItemChunk { data.items }
  /// Whether it tells what users were known by.
  var tellsHistories: Bool { plan != nil }
  /// What items are compared by; nil where none has a category.
  var categories: ItemFeatures? {
    data.items.categories.map {
      ItemFeatures(categories: $0, count: data.categories.count, weights: trainingCounts)
    }
  }

  /// Measures all lists of a stream.
  ///
  /// Throws `FormatError`, and `ToolError` when lists and truth do not belong together.
  func evaluate(
    _ reader: RecommendationReader, _ options: MetricsOptions, _ features: ItemFeatures?
  ) throws -> Measured {
    let role: UserRole = reader.metadata["role"]?.string == "validation" ? .validation : .test
    try refuseOtherSplit(reader)
    let lists = try readAll(reader)
    let explained = try options.explainability.map { ($0, try nearestItems($0.neighbours)) }
    // Items are numbered as in the truth; ones it has never seen come after.
    var numbers = IDPlaces(data.items.ids)
    var counts = trainingCounts
    let items = lists.items.map { id -> UInt32 in
      let number = numbers.place(of: id, else: counts.count)
      if number == counts.count { counts.append(0) }
      return UInt32(number)
    }
    var scorable = [Bool](repeating: false, count: counts.count)
    for item in items { scorable[Int(item)] = true }
    do {
      let accumulator = try RankingAccumulator(
        options: options,
        catalogue: Catalogue(
          itemCount: counts.count, trainingCounts: counts, scorable: scorable, features: features))
      for chunk in lists.chunks {
        for list in chunk.lists {
          let id = lists.users[Int(list.user)]
          guard let user = places[id] else {
            throw ToolError(
              .badData,
              "\(reader.stream.name): user '\(id)' is not in the truth; do they belong together?")
          }
          let chosen = truth(of: user, role, round: list.round)
          let history = foldIn(of: user, role, round: list.round)
          var explainable: [UInt32] = []
          if let (settings, nearest) = explained {
            explainable = nearest.explainable(by: history, above: settings.threshold)
            if settings.reading == .literal { explainable.removeAll { !chosen.contains($0) } }
          }
          try accumulator.add(
            user: UInt32(user), round: list.round.map(Int.init) ?? RankingAccumulator.noRound,
            ranking: chunk.items[list.rows].map { items[Int($0)] }, truth: chosen,
            foldInCount: history.count, explainable: explainable, history: history)
        }
      }
      return Measured(
        name: name(of: reader), evaluation: try accumulator.finish(),
        missing: missing(lists, role), digest: reader.stream.digest,
        top: reader.metadata["top"]?.int,
        isOfHistory: plan == nil && digest != nil
          && reader.metadata["interactions"]?.string == digest.map(hexadecimal))
    } catch MetricsError.invalidOption(let reason) {
      throw ToolError(.usage, reason)
    } catch let error as MetricsError {
      throw ToolError(.badData, "\(reader.stream.name): \(worded(error))")
    }
  }

  /// How many of the lists that the split asks for are missing, of how many.
  private func missing(_ lists: Lists, _ role: UserRole) -> (lists: Int, of: Int) {
    guard let plan else { return (0, 0) }
    var found = Set<Int>()
    for list in lists.chunks.lazy.flatMap(\.lists) {
      guard let user = places[lists.users[Int(list.user)]] else { continue }
      for round in list.round.map({ Int($0)..<Int($0) + 1 }) ?? 0..<plan.rounds {
        found.insert(user * plan.rounds + round)
      }
    }
    let judged = plan.heldOutUsers(role)
    let missing = judged.reduce(0) { sum, user in
      sum + (0..<plan.rounds).count { !found.contains(user * plan.rounds + $0) }
    }
    return (missing, judged.count * plan.rounds)
  }

  /// Throws `ToolError` when lists were made for something else than the split that is the truth, so that what was
  /// folded in would count as truth.
  private func refuseOtherSplit(_ reader: RecommendationReader) throws {
    guard let split = reader.metadata["split"] else { return }
    guard plan != nil else {
      // Interactions without a split are a later log's, or what lists must not hold.
      guard split != .null else { return }
      throw ToolError(
        .badData,
        "\(reader.stream.name): was made for a split, which tells what is true; give it as --truth")
    }
    let other = reader.metadata["interactions"]?.string.map { $0 != digest.map(hexadecimal) }
    guard other ?? (split != data.metadata["split"]) else { return }
    throw ToolError(
      .badData,
      "\(reader.stream.name): was made for "
        + (split == .null ? "interactions without a split" : "another split")
        + "; score the split that is the truth")
  }

  private func truth(of user: Int, _ role: UserRole, round: UInt8?) -> [UInt32] {
    guard let plan, let round else { return Array(data.items(of: user)) }
    return plan.truth(of: user, role, round: Int(round))
  }

  private func foldIn(of user: Int, _ role: UserRole, round: UInt8?) -> [UInt32] {
    guard let plan, let round else { return [] }
    return plan.foldIn(of: user, role, round: Int(round))
  }

  /// The neighbours of every item in the training users, found once.
  private func nearestItems(_ count: Int) throws -> NearestItems {
    if let neighbours { return neighbours }
    guard let plan else {
      throw ToolError(
        .badData, "--explainability needs a split as the truth: it tells what users were known by")
    }
    let found = NearestItems(plan.training(), count: count)
    neighbours = found
    return found
  }

  private func name(of reader: RecommendationReader) -> String {
    reader.metadata["model"]?.string.map { "\(reader.stream.name) (\($0))" } ?? reader.stream.name
  }

  /// The error with the user's own id in place of a number.
  private func worded(_ error: MetricsError) -> String {
    switch error {
    case .repeatedList(let user, let round):
      "user '\(id(of: user))' has two lists in round \(round)"
    case .repeatedItem(let user, _, let rank, _):
      "the list of user '\(id(of: user))' repeats an item at rank \(rank)"
    case .mixedRounds(let user): "user '\(id(of: user))' has lists with and without a round"
    case .roundOutOfRange(let user, let round):
      "user '\(id(of: user))' has round \(round + 1); rounds up to"
        + " \(RankingAccumulator.maximumRounds) can be told apart, so split into fewer folds"
    default: error.description
    }
  }

  private typealias Lists = (
    users: [String], items: [String], chunks: [RecommendationChunk]
  )

  private func readAll(_ reader: RecommendationReader) throws -> Lists {
    var (users, items, chunks) = ([String](), [String](), [RecommendationChunk]())
    while let part = try reader.next() {
      switch part {
      case .users(let ids): users += ids
      case .items(let chunk): items += chunk.ids
      case .recommendations(let chunk): chunks.append(chunk)
      }
    }
    return (users, items, chunks)
  }
}
