// How good is a model on the validation users?

import DenseMath
import Glibc
import RankingMetrics
import Ranks
import Recommending

/// Users kept aside to judge a model by while it is fitted.
public struct ValidationUsers: Sendable {
  /// What is folded in, one row a user and round, and by the same row the truth that can be recommended, the
  /// number of items of the whole truth, and the round.
  public var foldIn: SparseRows
  public var truth: [[UInt32]]
  public var lengths: [Int]
  public var rounds: [Int]
  public var metric = ValidationMetric()
  /// Whether what is folded in is ranked too, since it can be chosen again.
  public var keepsSeen = false
  /// What those get of whom nothing is known, a score for each item; nil leaves them to the model.
  public var popular: [Float]?

  /// - Parameters:
  ///   - lengths: as long as `truth` is when nil.
  ///   - rounds: all of one when nil.
  public init(
    foldIn: SparseRows, truth: [[UInt32]], lengths: [Int]? = nil, rounds: [Int]? = nil
  ) {
    self.foldIn = foldIn
    self.truth = truth
    self.lengths = lengths ?? truth.map(\.count)
    self.rounds = rounds ?? truth.map { _ in 0 }
  }
}

extension ValidationUsers {
  /// The mean metric of a model.
  ///
  /// - Parameter group: processes that rank for a part of the users each.
  public func value(of model: any RecommendationModel, sharedBy group: RankGroup = .alone)
    -> Double
  {
    if model.listing != nil { return ValidationProfile(self, model).value }
    return validate(asked(of: model), sharedBy: group) { (rows, scores: Matrix<Float>) in
      model.score(foldIn, rows: rows, into: scores)
    }
  }

  /// The users as a model is asked for them: one that suits strangers ranks for those too of whom nothing is known.
  fileprivate func asked(of model: any RecommendationModel) -> ValidationUsers {
    var asked = self
    if model.suitsStrangers { asked.popular = nil }
    return asked
  }

  /// The lists that a model makes of all cases.
  fileprivate func rank(
    by model: any RecommendationModel, _ body: (Range<Int>, [[Ranked<Float>]]) -> Void
  ) {
    guard let (listing, term) = model.listing else {
      return rank {
        model.score(foldIn, rows: $0, into: $1)
      } _: {
        body($0, $1)
      }
    }
    for start in stride(from: 0, to: foldIn.rowCount, by: Self.block) {
      let rows = start..<min(start + Self.block, foldIn.rowCount)
      body(rows, listing.lists(of: self, rows: rows, adding: [term])[0])
    }
  }

  /// Cases that are ranked for at once.
  static let block = 500

  /// The lists of all cases, fold-in items left out, in blocks, so that memory does not grow with their number;
  /// those of whom nothing is known get what is popular, as in `score`.
  ///
  /// - Parameter cases: nil takes all.
  fileprivate func rank<T: Real>(
    _ cases: Range<Int>? = nil, _ score: (Range<Int>, Matrix<T>) -> Void,
    _ body: (Range<Int>, [[Ranked<T>]]) -> Void
  ) {
    let cases = cases ?? 0..<foldIn.rowCount
    let scores = Matrix<T>(rows: min(Self.block, cases.count), columns: foldIn.columnCount)
    for start in stride(from: cases.lowerBound, to: cases.upperBound, by: Self.block) {
      let rows = start..<min(start + Self.block, cases.upperBound)
      let block = scores.rowBlock(0..<rows.count)
      score(rows, block)
      fillStrangers(block, rows: rows)
      body(rows, lists(block, rows: rows))
    }
  }

  /// The lists of some cases by their scores, which are overwritten where they do not count.
  public func lists<T: Real>(_ scores: Matrix<T>, rows: Range<Int>) -> [[Ranked<T>]] {
    guard keepsSeen else { return topItems(scores, foldIn, rows: rows, count: metric.depth) }
    let nothing = SparseRows(
      offsets: [Int](repeating: 0, count: rows.count + 1), columns: [],
      columnCount: foldIn.columnCount)
    return topItems(scores, nothing, rows: 0..<rows.count, count: metric.depth)
  }
}

/// The metric of every validation user, the mean over the rounds of each, by which two models are compared.
///
/// Where the best of several tries is taken their mean alone flatters: what was lucky with these users is taken. Chance is
/// given two standard errors of the difference, over users.
public struct ValidationProfile: Sendable {
  /// As `ValidationUsers.value(of:)`.
  public let value: Double
  private let values: [Double]

  /// - Parameter held: cases user by user, the rounds of each in order.
  public init(_ held: ValidationUsers, _ model: any RecommendationModel) {
    var sum = MetricSum(held)
    var users: [(total: Double, rounds: Int)] = []
    var last = Int.max
    held.asked(of: model).rank(by: model) { rows, lists in
      sum.add(rows, lists)
      for (row, list) in zip(rows, lists) {
        if held.rounds[row] <= last { users.append((0, 0)) }
        last = held.rounds[row]
        guard held.lengths[row] > 0 else { continue }
        users[users.count - 1].total += sum.value(row, list)
        users[users.count - 1].rounds += 1
      }
    }
    value = sum.mean
    values = users.filter { $0.rounds > 0 }.map { $0.total / Double($0.rounds) }
  }

  /// One round of users with these values.
  init(values: [Double]) {
    self.values = values
    value = values.reduce(0, +) / Double(max(values.count, 1))
  }

  /// Users with some truth.
  public var userCount: Int { values.count }

  /// Whether this model loses at most a share of what another has, standard errors of the difference added.
  ///
  /// - Parameters:
  ///   - other: of the same users.
  ///   - errors: how many are added.
  public func loses(atMost share: Double, of other: ValidationProfile, errors: Double = 2) -> Bool {
    let loss = other.gain(over: self)
    return loss.mean + errors * loss.standardError <= share * other.mean
  }

  /// The mean over users.
  private var mean: Double { values.reduce(0, +) / Double(max(values.count, 1)) }

  /// What this model has more than another, over the same users.
  public func gain(over other: ValidationProfile) -> Gain { Gain(values, over: other.values) }
}

/// What validation users are judged by, as `metrics` defines it.
public struct ValidationMetric: Sendable, Equatable {
  /// What is measured of a list.
  public enum Kind: String, Sendable, CaseIterable {
    case ndcg
    case recall
    /// Recall over min(n, |T|).
    case recallMin = "recall-min"
  }

  public var kind = Kind.ndcg
  /// The length n of the lists.
  public var depth = 100

  public init() {}

  /// Parses a name and a length such as `recall@20`.
  ///
  /// Throws `ModelError` (usage) for anything else.
  public init(_ text: String) throws {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])), let depth = Int(parts[1]),
      (1...10_000).contains(depth)
    else {
      let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw ModelError(
        .usage, "a metric is one of \(kinds), then @ and 1 to 10000, not '\(text)'")
    }
    self.kind = kind
    self.depth = depth
  }

  public var text: String { "\(kind.rawValue)@\(depth)" }
}

/// The mean metric over validation users with some truth and then over rounds.
///
/// - Parameter group: processes that rank for a part of the users each; all get the same mean.
public func validate<T: Real>(
  _ held: ValidationUsers, sharedBy group: RankGroup = .alone,
  score: (Range<Int>, Matrix<T>) -> Void
) -> Double {
  var sum = MetricSum(held)
  var values = [Double](repeating: 0, count: held.foldIn.rowCount)
  held.rank(group.share(of: values.count), score) { rows, lists in
    for (row, list) in zip(rows, lists) where held.lengths[row] > 0 {
      values[row] = sum.value(row, list)
    }
  }
  values.withUnsafeMutableBufferPointer { group.sum($0) }
  for row in values.indices { sum.add(row, values[row]) }
  return sum.mean
}

/// A running mean of a metric: over the users of a round, then over rounds.
public struct MetricSum {
  private let held: ValidationUsers
  private let figures: ListFigures
  private var rounds: [(total: Double, users: Int)]

  public init(_ held: ValidationUsers) {
    self.held = held
    rounds = Array(repeating: (0, 0), count: (held.rounds.max() ?? 0) + 1)
    figures = ListFigures(depth: held.metric.depth)
  }

  public var mean: Double {
    let means = rounds.filter { $0.users > 0 }.map { $0.total / Double($0.users) }
    return means.isEmpty ? 0 : means.reduce(0, +) / Double(means.count)
  }

  /// Adds the lists of some cases; those without any truth do not count.
  public mutating func add<T>(_ rows: Range<Int>, _ lists: [[Ranked<T>]]) {
    for (row, list) in zip(rows, lists) where held.lengths[row] > 0 { add(row, value(row, list)) }
  }

  /// Takes a case's metric into account, if it has some truth.
  fileprivate mutating func add(_ row: Int, _ value: Double) {
    guard held.lengths[row] > 0 else { return }
    rounds[held.rounds[row]].total += value
    rounds[held.rounds[row]].users += 1
  }

  /// The metric of one case with some truth by its list.
  public func value<T>(_ row: Int, _ list: [Ranked<T>]) -> Double {
    let relevant = Set(held.truth[row])
    let ranks = list.indices.filter { relevant.contains(list[$0].index) }
    let (truth, depth) = (held.lengths[row], held.metric.depth)
    return switch held.metric.kind {
    case .ndcg:
      figures.ndcg(
        gain: ranks.reduce(0) { $0 + figures.gain(at: $1) }, truth: truth, cutoff: depth)
    case .recall: figures.recall(hits: ranks.count, truth: truth)
    case .recallMin: figures.recallMin(hits: ranks.count, truth: truth, cutoff: depth)
    }
  }
}

/// Seconds of the monotonic clock.
public func seconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
