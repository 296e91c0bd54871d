// What do all users like, and what did they like of late?

import DenseMath
import Glibc

/// How popular items are: by all training interactions alike, or by those of late more.
public struct ItemPopularity: Sendable {
  /// Days after which an interaction counts half; 0 where all count alike.
  public let halfLife: Double
  /// Interactions of each item divided by the number of training users, decayed ones scaled to the same sum.
  public let shares: [Float]

  /// Half-lives that are chosen from, in days.
  static let halfLives = [1, 2, 4, 7, 14, 21, 30, 60, 90, 180, 365, 730].map(Double.init)
  /// The part of every interaction that never decays, so that items of which nothing was heard of late are ordered
  /// too, and no share is zero.
  static let lasting = 0.01

  /// - Parameter halfLife: in days; 0 makes all interactions count alike, and so do data without times.
  public init(_ data: TrainingData, halfLife: Double) {
    let times = halfLife > 0 ? data.times : nil
    self.halfLife = times == nil ? 0 : halfLife
    let counts = data.rows.columnCounts().map(Double.init)
    let users = Double(max(data.rows.rowCount, 1))
    guard let times, let last = times.max() else {
      shares = counts.map { Float($0 / users) }
      return
    }
    var decayed = counts.map { _ in 0.0 }
    for (column, time) in zip(data.rows.columns, times) {
      decayed[Int(column)] += exp2((Double(time) - Double(last)) / (86_400 * halfLife))
    }
    // The latest interaction weighs 1, so that the sum is no zero.
    let scale = Double(data.rows.count) / decayed.reduce(0, +)
    shares = zip(counts, decayed).map { count, recent in
      Float((Self.lasting * count + (1 - Self.lasting) * scale * recent) / users)
    }
  }

  /// The half-life that suits validation users best; 0 without times or users, and where none gains more than a
  /// standard error of its gain.
  public init(choosingFor data: TrainingData) {
    let plain = ItemPopularity(data, halfLife: 0)
    guard data.hasTimes, let held = data.validation else {
      self = plain
      return
    }
    let before = held.values(ranking: plain.shares)
    var best = (popularity: plain, gain: 0.0)
    for halfLife in Self.halfLives {
      let candidate = ItemPopularity(data, halfLife: halfLife)
      let gain = Gain(held.values(ranking: candidate.shares), over: before)
      if gain.isCertain(errors: 1), gain.mean > best.gain { best = (candidate, gain.mean) }
    }
    self = best.popularity
  }
}

/// How much more one way of ranking reaches than another on the same cases.
public struct Gain: Sendable {
  public let mean: Double
  /// Of the mean; as if cases knew nothing of each other.
  public let standardError: Double

  /// - Parameter errors: how many standard errors chance is given; more where more was tried.
  public func isCertain(errors: Double) -> Bool { mean > errors * standardError }

  init(_ values: [Double], over others: [Double]) {
    let differences = zip(values, others).map { $0 - $1 }
    let count = Double(max(differences.count, 1))
    let mean = differences.reduce(0, +) / count
    let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.mean = mean
    standardError = (squares / max(count - 1, 1) / count).squareRoot()
  }
}

extension TrainingData {
  /// Whether interactions have times that differ.
  var hasTimes: Bool {
    guard let times, let first = times.first else { return false }
    return times.contains { $0 != first }
  }
}

extension ValidationUsers {
  /// The metric of each case with some truth where everybody's list is ordered by one score an item.
  func values(ranking scores: [Float]) -> [Double] {
    let sum = MetricSum(self)
    let order = scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
    return truth.indices.filter { lengths[$0] > 0 }.map { row in
      let seen = keepsSeen ? [] : Set(foldIn.row(row))
      let list = order.lazy.filter { !seen.contains(UInt32($0)) }.prefix(metric.depth)
      return sum.value(row, list.map { Ranked(index: UInt32($0), score: scores[$0]) })
    }
  }

  /// Puts what is popular in the place of scores of those of whom nothing is known.
  ///
  /// - Parameter scores: of the cases `rows`.
  public func fillStrangers<T: Real>(_ scores: Matrix<T>, rows: Range<Int>) {
    guard let popular else { return }
    for row in rows where foldIn.row(row).isEmpty {
      let target = scores.row(row - rows.lowerBound)
      for item in target.indices { target[item] = T(popular[item]) }
    }
  }
}
