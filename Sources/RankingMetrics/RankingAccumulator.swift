// How do ranked lists become figures, one list after another?

/// Takes in ranked lists with their truths and keeps what means, errors and tests need.
///
/// Time is linear in the listed items down to the greatest cut-off; nothing is allocated for a list
/// but room for a new user. Memory: 8 bytes x metrics x cut-offs for a user in each group they
/// belong to, and 4 bytes x cut-offs x items for each round.
/// Another order of arrival may change the last digits of means, and nothing else.
/// After an error the accumulator is to be thrown away.
public final class RankingAccumulator {
  /// Stands for the round of lists that have none.
  public static let noRound = -1
  /// Rounds are 0..<maximumRounds.
  public static let maximumRounds = 64

  public let options: MetricsOptions
  public let catalogue: Catalogue
  let groups: [ListGroup]
  let tables: [UserTable]
  /// Values of one list that are kept, as positions among all of `ListWalk.values`.
  let columns: [Int]
  let walk: ListWalk
  var exposures: [Exposure?] = []
  private(set) var counts = ListCounts()
  private(set) var hasRounds: Bool?
  private var finished = false

  /// Row of each user in the table of all lists.
  private var rowOfUser: [UInt32: Int] = [:]
  /// Rounds of which each row has lists, as bits.
  private var roundsOfRow: [UInt64] = []
  /// Row in each further group's table, or -1; `groups.count - 1` for each row.
  private var rowsInGroups: [Int32] = []
  /// Rounds in which a user's truth was empty, as bits.
  private var emptyRounds: [UInt32: UInt64] = [:]

  /// An evaluation without lists yet.
  ///
  /// Throws `MetricsError.invalidOption`.
  public init(options: MetricsOptions = MetricsOptions(), catalogue: Catalogue) throws {
    let options = try options.checked()
    self.options = options
    self.catalogue = catalogue
    groups = listGroups(options, catalogue)
    let cuts = options.cutoffs.count
    columns = Metric.perUser.enumerated().filter { options.metrics.contains($0.element) }
      .flatMap { index, _ in (0..<cuts).map { index * cuts + $0 } }
    let width = columns.count
    tables = groups.map { _ in UserTable(width: width) }
    walk = ListWalk(options: options, catalogue: catalogue)
    if options.explainability != nil { counts.unexplainableLists = 0 }
  }

  /// Takes in one user's list of one round.
  ///
  /// - Parameters:
  ///   - user: any number that stands for the user, the same in all rounds and compared files
  ///   - round: 0..<maximumRounds, or `noRound` for all lists
  ///   - ranking: item indices, best first; more than the greatest cut-off are not looked at
  ///   - truth: item indices, strictly ascending; those that cannot be scored are misses
  ///   - foldInCount: interactions that were folded in for this list
  ///   - explainable: the items that these interactions make explainable, when the options ask for it
  ///   - history: the items that were folded in, when metrics of likeness are asked for
  ///
  /// Throws `MetricsError`.
  public func add(
    user: UInt32, round: Int = noRound, ranking: UnsafeBufferPointer<UInt32>,
    truth: UnsafeBufferPointer<UInt32>, foldInCount: Int,
    explainable: UnsafeBufferPointer<UInt32> = .init(start: nil, count: 0), history: [UInt32] = []
  ) throws {
    let slot = try roundSlot(round, user: user)
    guard foldInCount >= 0 else { throw MetricsError.negativeFoldIn(user: user, round: round) }
    guard !truth.isEmpty else { return try noteEmpty(user: user, round: round, slot: slot) }
    let row = try rowOf(user, round: round, slot: slot)

    let unscorable = try walk.begin(truth: truth, user: user, round: round)
    walk.take(explainable: explainable)
    walk.take(history: history)
    if let count = counts.unexplainableLists, walk.explainableCount == 0 {
      counts.unexplainableLists = count + 1
    }
    try walk.walk(ranking, exposure: exposure(slot).counts, user: user, round: round)
    counts.lists += 1
    counts.truthItems += truth.count
    counts.unscorableTruthItems += unscorable
    if unscorable == truth.count { counts.unscorableLists += 1 }
    if ranking.isEmpty { counts.emptyRankings += 1 }
    if ranking.count < (options.cutoffs.last ?? 0) { counts.shortRankings += 1 }

    columns.withUnsafeBufferPointer { columns in
      guard let columns = columns.baseAddress else { return }
      for index in groups.indices {
        let tally: Int
        switch groups[index].kind {
        case .all: tally = 0
        case .nearCold:
          guard foldInCount < options.nearColdThreshold else { continue }
          tally = 0
        case .items(let group):
          tally = 1 + group
          guard walk.truthCount(tally) > 0 else { continue }
        }
        tables[index].add(
          row: rowIn(group: index, row: row, user: user), round: slot,
          values: walk.values(tally), columns: columns)
      }
    }
  }

  /// Takes in a list given as arrays; for tests and small inputs.
  public func add(
    user: UInt32, round: Int = noRound, ranking: [UInt32], truth: [UInt32], foldInCount: Int,
    explainable: [UInt32] = [], history: [UInt32] = []
  ) throws {
    try ranking.withUnsafeBufferPointer { ranking in
      try truth.withUnsafeBufferPointer { truth in
        try explainable.withUnsafeBufferPointer { explainable in
          try add(
            user: user, round: round, ranking: ranking, truth: truth, foldInCount: foldInCount,
            explainable: explainable, history: history)
        }
      }
    }
  }

  /// Ends the evaluation and computes all figures.
  ///
  /// Throws `MetricsError.finished` when called twice.
  public func finish() throws -> RankingEvaluation {
    guard !finished else { throw MetricsError.finished }
    finished = true
    counts.users = tables[0].users.count
    counts.emptyTruthUsers = emptyRounds.keys.reduce(0) { $0 + (rowOfUser[$1] == nil ? 1 : 0) }
    return RankingEvaluation(self)
  }

  // MARK: - Where a list belongs

  private func roundSlot(_ round: Int, user: UInt32) throws -> Int {
    guard !finished else { throw MetricsError.finished }
    let numbered = round != Self.noRound
    guard (hasRounds ?? numbered) == numbered else { throw MetricsError.mixedRounds(user: user) }
    guard !numbered || (round >= 0 && round < Self.maximumRounds) else {
      throw MetricsError.roundOutOfRange(user: user, round: round)
    }
    hasRounds = numbered
    return numbered ? round : 0
  }

  private func noteEmpty(user: UInt32, round: Int, slot: Int) throws {
    let bit = UInt64(1) << UInt64(slot)
    let evaluated = rowOfUser[user].map { roundsOfRow[$0] } ?? 0
    let empty = emptyRounds[user] ?? 0
    guard (evaluated | empty) & bit == 0 else {
      throw MetricsError.repeatedList(user: user, round: round)
    }
    emptyRounds[user] = empty | bit
    counts.emptyTruthLists += 1
  }

  private func rowOf(_ user: UInt32, round: Int, slot: Int) throws -> Int {
    let bit = UInt64(1) << UInt64(slot)
    let empty = emptyRounds.isEmpty ? 0 : emptyRounds[user] ?? 0
    guard let row = rowOfUser[user] else {
      guard empty & bit == 0 else { throw MetricsError.repeatedList(user: user, round: round) }
      let row = tables[0].append(user: user)
      rowOfUser[user] = row
      roundsOfRow.append(bit)
      rowsInGroups.append(contentsOf: repeatElement(-1, count: groups.count - 1))
      return row
    }
    guard (roundsOfRow[row] | empty) & bit == 0 else {
      throw MetricsError.repeatedList(user: user, round: round)
    }
    roundsOfRow[row] |= bit
    return row
  }

  private func rowIn(group: Int, row: Int, user: UInt32) -> Int {
    guard group > 0 else { return row }
    let place = row * (groups.count - 1) + group - 1
    if rowsInGroups[place] < 0 {
      rowsInGroups[place] = Int32(tables[group].append(user: user))
    }
    return Int(rowsInGroups[place])
  }

  private func exposure(_ slot: Int) -> Exposure {
    while exposures.count <= slot { exposures.append(nil) }
    if let present = exposures[slot] { return present }
    let fresh = Exposure(bands: options.cutoffs.count, itemCount: catalogue.itemCount)
    exposures[slot] = fresh
    return fresh
  }
}
