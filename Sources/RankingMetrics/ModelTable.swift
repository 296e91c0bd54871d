// How do several models compare over several splits?

/// A metric at a cut-off.
public struct MetricColumn: Hashable, Sendable, LosslessStringConvertible {
  public let metric: Metric
  public let n: Int

  public init(_ metric: Metric, at n: Int) { (self.metric, self.n) = (metric, n) }

  /// As in `ndcg@100`; nil where there is no such metric or the cut-off is not above 0.
  public init?(_ text: String) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, let metric = Metric(rawValue: String(parts[0])), let n = Int(parts[1]),
      n > 0
    else { return nil }
    self.init(metric, at: n)
  }

  public var description: String { "\(metric.rawValue)@\(n)" }
}

/// What one model reached.
public struct ModelFigures: Equatable, Sendable {
  public var name: String
  /// How many splits the figures are means of.
  public var splits: Int
  /// One a column; nil where it was not measured.
  public var means: [Double?]
  /// Standard errors over splits; nil for fewer than two.
  public var errors: [Double?]
  /// Standard errors over users, the root of their mean square over splits, which share most users.
  public var userErrors: [Double?]
}

/// Where one model stands among others in a column.
public struct ModelPlace: Equatable, Sendable {
  public enum Verdict: String, Sendable {
    case first
    case level = "within a standard error of first"
    case behind = "not first"
  }

  public var column: MetricColumn
  public var mean: Double
  public var best: String
  public var bestMean: Double
  /// Of the best of the others, over users.
  public var error: Double
  public var verdict: Verdict
}

/// Two models in the table's last column, on the splits that both have.
public struct ModelDuel: Equatable, Sendable {
  public var a: String
  public var b: String
  public var splits: Int
  public var meanA: Double
  public var meanB: Double
  /// The largest p of paired t-tests, one a split, over users and over rounds; nil where no split has a test.
  public var usersP: Double?
  public var roundsP: Double?
}

/// Means over splits of several models in one group of users or items, and tests between them.
public struct ModelTable: Equatable, Sendable {
  public var group: String
  public var columns: [MetricColumn]
  /// From worst to best by the last column.
  public var models: [ModelFigures]
  /// Models as they should follow each other, worst first; neighbours are tested.
  public var order: [ModelDuel]
  /// Each model that is asked about against every other, the best of those first.
  public var duels: [ModelDuel]

  /// Where a model stands in each column among the models that are not tested (`duels`) with it; columns without a
  /// figure are left out.
  public func places(of name: String) -> [ModelPlace] {
    let tested = Set(duels.map(\.b)).union([name])
    guard let own = models.first(where: { $0.name == name }) else { return [] }
    return columns.indices.compactMap { column in
      let others = models.filter { !tested.contains($0.name) && $0.means[column] != nil }
      guard let mean = own.means[column],
        let best = others.max(by: { $0.means[column] ?? 0 < $1.means[column] ?? 0 }),
        let bestMean = best.means[column]
      else { return nil }
      let error = best.userErrors[column] ?? 0
      return ModelPlace(
        column: columns[column], mean: mean, best: best.name, bestMean: bestMean, error: error,
        verdict: mean > bestMean ? .first : mean > bestMean - error ? .level : .behind)
    }
  }
}

/// Gathers the figures of a `ModelTable`: 8 bytes a user, model and split, of the last column.
public struct ModelTableBuilder {
  public let group: String
  public let columns: [MetricColumn]
  private var names: [String] = []
  private var figures: [String: [Int: Figures]] = [:]

  private struct Figures {
    let means: [Double?]
    let errors: [Double?]
    let users: UserValues?
    /// The last column's mean of each round.
    let rounds: [Int: Double]
  }

  /// - Parameter columns: at least one.
  public init(group: String, columns: [MetricColumn]) {
    (self.group, self.columns) = (group, columns)
  }

  /// Takes a model's evaluation on one split, in the place of an earlier one; user numbers of a split mean the same users
  /// for every model.
  public mutating func add(_ name: String, split: Int, _ evaluation: RankingEvaluation) {
    if figures[name] == nil { names.append(name) }
    let report = evaluation.report
    let rows = columns.map { report.row($0.metric, at: $0.n, group: group) }
    guard let last = columns.last, let row = rows.last ?? nil else {
      figures[name, default: [:]][split] = Figures(
        means: rows.map { $0?.mean }, errors: rows.map { $0?.standardError }, users: nil,
        rounds: [:])
      return
    }
    let rounds = zip(report.rounds, row.rounds).compactMap { round, mean in
      mean.map { (round, $0) }
    }
    figures[name, default: [:]][split] = Figures(
      means: rows.map { $0?.mean }, errors: rows.map { $0?.standardError },
      users: evaluation.userValues(last.metric, at: last.n, group: group),
      rounds: Dictionary(uniqueKeysWithValues: rounds))
  }

  /// The table; nil where no model has a figure in the last column.
  ///
  /// Means of different splits cannot be compared: only those that every model has count, where there are any.
  ///
  /// - Parameters:
  ///   - order: names as they should follow each other; those that were not measured are passed over.
  ///   - asked: names of models that are tested against every other.
  public func table(order: [String] = [], asked: [String] = []) -> ModelTable? {
    let measured = names.filter { !splits(of: $0).isEmpty }
    guard !measured.isEmpty else { return nil }
    let common = measured.dropFirst().reduce(splits(of: measured[0])) {
      $0.intersection(splits(of: $1))
    }
    let models = measured.map { name in
      describe(name, over: (common.isEmpty ? splits(of: name) : common).sorted())
    }.enumerated().sorted {
      (last($0.element), $0.offset) < (last($1.element), $1.offset)
    }.map(\.element)
    let known = order.filter(measured.contains)
    let rivals = models.reversed().map(\.name).filter { !asked.contains($0) }
    return ModelTable(
      group: group, columns: columns, models: models,
      order: zip(known, known.dropFirst()).compactMap { duel($0, $1) },
      duels: asked.filter(measured.contains).flatMap { own in
        rivals.compactMap { duel($0, own) }
      })
  }

  private func last(_ model: ModelFigures) -> Double { (model.means.last ?? nil) ?? -.infinity }

  private func splits(of name: String) -> Set<Int> {
    Set((figures[name] ?? [:]).filter { ($0.value.means.last ?? nil) != nil }.keys)
  }

  private func describe(_ name: String, over splits: [Int]) -> ModelFigures {
    let columns = columns.indices.map { column in
      splits.compactMap { figures[name]?[$0]?.means[column] }
    }
    return ModelFigures(
      name: name, splits: splits.count,
      means: columns.map { $0.isEmpty ? nil : $0.reduce(0, +) / Double($0.count) },
      errors: columns.map(standardError),
      userErrors: self.columns.indices.map { column in
        let errors = splits.compactMap { figures[name]?[$0]?.errors[column] }
        guard !errors.isEmpty else { return nil }
        return (errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count)).squareRoot()
      })
  }

  private func standardError(_ values: [Double]) -> Double? {
    guard values.count > 1 else { return nil }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / (count - 1) / count).squareRoot()
  }

  private func duel(_ a: String, _ b: String) -> ModelDuel? {
    let both = splits(of: a).intersection(splits(of: b)).sorted()
    let pairs = both.compactMap { split in
      figures[a]?[split].flatMap { first in figures[b]?[split].map { (first, $0) } }
    }
    guard !pairs.isEmpty else { return nil }
    func mean(_ values: [Double?]) -> Double {
      values.reduce(0) { $0 + ($1 ?? 0) } / Double(values.count)
    }
    return ModelDuel(
      a: a, b: b, splits: pairs.count, meanA: mean(pairs.map { $0.0.means.last ?? nil }),
      meanB: mean(pairs.map { $0.1.means.last ?? nil }),
      usersP: pairs.compactMap { first, second in
        first.users.flatMap { own in second.users.flatMap { pairedTTest(own, $0).p } }
      }.max(),
      roundsP: pairs.compactMap { first, second in
        let rounds = first.rounds.keys.filter { second.rounds[$0] != nil }.sorted()
        guard rounds.count > 1 else { return nil }
        return pairedTTest(
          rounds.compactMap { first.rounds[$0] }, rounds.compactMap { second.rounds[$0] }
        ).p
      }.max())
  }
}
