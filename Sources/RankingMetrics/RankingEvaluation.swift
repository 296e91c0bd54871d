// What are the means, errors and intervals of an evaluation, and what did each user get?

/// Values of one metric at one cut-off for the users of one group.
public struct UserValues: Sendable, Equatable {
  /// Users, ascending.
  public let users: [UInt32]
  /// The mean over a user's rounds, one value a user.
  public let values: [Double]

  /// Values of users given in ascending order without repeats.
  ///
  /// Throws `MetricsError.invalidOption` when the users are not, or the counts differ.
  public init(users: [UInt32], values: [Double]) throws {
    guard users.count == values.count, zip(users, users.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw MetricsError.invalidOption("users must be ascending, with one value each")
    }
    self.users = users
    self.values = values
  }

  fileprivate init(ascending users: [UInt32], _ values: [Double]) {
    self.users = users
    self.values = values
  }
}

/// A finished evaluation: its report, and users' values for paired comparisons.
public final class RankingEvaluation {
  public let report: MetricsReport
  private let tables: [UserTable]
  private let orders: [[Int]]

  init(_ source: RankingAccumulator) {
    let options = source.options
    for table in source.tables { table.average() }
    tables = source.tables
    orders = tables.map { $0.order() }
    let slots = source.exposures.indices.filter { source.exposures[$0] != nil }

    var rows: [MetricRow] = []
    for (index, group) in source.groups.enumerated() {
      guard tables[index].rows.count > 0 else { continue }
      rows += perUserRows(group.name, tables[index], orders[index], slots: slots, options: options)
      if index == 0 { rows += catalogueRows(source, slots: slots) }
    }
    let tables = tables
    report = MetricsReport(
      cutoffs: options.cutoffs, confidence: options.confidence,
      bootstrapReplicates: options.bootstrapReplicates, seed: options.seed,
      catalogueItems: source.walk.scorableCount,
      rounds: source.hasRounds == true ? Array(slots) : [], counts: source.counts,
      explainability: options.explainability,
      groups: source.groups.indices.map { index in
        GroupSummary(
          name: source.groups[index].name, definition: source.groups[index].definition,
          users: tables[index].users.count, lists: tables[index].listCount)
      },
      rows: rows)
  }

  /// Each user's value of a metric, or nil if that was not evaluated or is a catalogue metric.
  public func userValues(_ metric: Metric, at n: Int, group: String = "all") -> UserValues? {
    guard let index = report.groups.firstIndex(where: { $0.name == group }),
      let row = report.row(metric, at: n, group: group), metric.kind == .perUser
    else { return nil }
    let columns = report.rows.filter { $0.group == group && $0.metric.kind == .perUser }
    guard let column = columns.firstIndex(of: row) else { return nil }
    let table = tables[index]
    return UserValues(
      ascending: orders[index].map { table.users[$0] },
      orders[index].map { table.rows.row($0)[column] })
  }
}

// MARK: - Rows of the report

private func perUserRows(
  _ group: String, _ table: UserTable, _ order: [Int], slots: [Int], options: MetricsOptions
) -> [MetricRow] {
  let moments = Moments(table, order)
  let users = order.count
  let resampled = bootstrap(
    table, order, replicates: options.bootstrapReplicates, confidence: options.confidence,
    seed: options.seed, group: group)
  let quantile =
    users > 1
    ? studentTwoSidedQuantile(confidence: options.confidence, degrees: Double(users - 1)) : 0
  var rows: [MetricRow] = []
  var column = 0
  for metric in options.metrics where metric.kind == .perUser {
    for n in options.cutoffs {
      let rounds = slots.map { slot -> Double? in
        guard slot < table.roundUsers.count, table.roundUsers[slot] > 0 else { return nil }
        return table.roundSums.row(slot)[column] / Double(table.roundUsers[slot])
      }
      let mean = meanOf(rounds) ?? 0
      let error = moments.standardErrors?[column]
      // Resamples average users; rounds of unequal size shift the mean a little against that.
      let shift = mean - moments.means[column]
      rows.append(
        MetricRow(
          group: group, metric: metric, n: n, mean: mean, standardError: error,
          interval: error.map { Interval(low: mean - quantile * $0, high: mean + quantile * $0) },
          bootstrap: resampled.map {
            Interval(low: $0[column].low + shift, high: $0[column].high + shift)
          },
          users: users, rounds: rounds))
      column += 1
    }
  }
  return rows
}

private func catalogueRows(_ source: RankingAccumulator, slots: [Int]) -> [MetricRow] {
  let wanted = source.options.metrics.filter { $0.kind == .catalogue }
  guard !wanted.isEmpty else { return [] }
  let itemCount = source.catalogue.itemCount
  let information = source.catalogue.trainingCounts.flatMap(information)
  var spreads: [[Spread]] = []
  for slot in slots {
    guard let exposure = source.exposures[slot] else { continue }
    exposure.accumulate(itemCount: itemCount)
    spreads.append(
      source.options.cutoffs.indices.map { cut in
        Spread(
          UnsafeBufferPointer(start: exposure.counts + cut * itemCount, count: itemCount),
          scorableCount: source.walk.scorableCount, information: information)
      })
  }
  var rows: [MetricRow] = []
  for metric in wanted {
    for (cut, n) in source.options.cutoffs.enumerated() {
      let rounds = spreads.map { spread -> Double? in
        switch metric {
        case .coverage: spread[cut].coverage
        case .gini: spread[cut].gini
        case .novelty: spread[cut].novelty
        default: nil
        }
      }
      guard let mean = meanOf(rounds) else { continue }
      rows.append(
        MetricRow(
          group: "all", metric: metric, n: n, mean: mean, users: source.counts.users,
          rounds: rounds))
    }
  }
  return rows
}

private func meanOf(_ values: [Double?]) -> Double? {
  let present = values.compactMap { $0 }
  return present.isEmpty ? nil : present.reduce(0, +) / Double(present.count)
}

/// Means and standard errors over users, one of each column.
private struct Moments {
  var means: [Double]
  /// Sample standard deviation / sqrt(users); nil for fewer than two users.
  var standardErrors: [Double]?

  init(_ table: UserTable, _ order: [Int]) {
    let users = Double(order.count)
    let width = table.rows.width
    var sums = [Double](repeating: 0, count: width)
    for index in order {
      let row = table.rows.row(index)
      for column in 0..<width { sums[column] += row[column] }
    }
    means = sums.map { $0 / users }
    guard order.count > 1 else { return }
    var squares = [Double](repeating: 0, count: width)
    for index in order {
      let row = table.rows.row(index)
      for column in 0..<width {
        let deviation = row[column] - means[column]
        squares[column] += deviation * deviation
      }
    }
    standardErrors = squares.map { ($0 / (users - 1) / users).squareRoot() }
  }
}
