// Where is a log cut?

/// A point in the time of a log.
public enum Moment: Sendable, Equatable {
  /// Seconds since the beginning of 1970, UTC.
  case seconds(Int64)
  /// The share of interactions, in order of time, that lie before it.
  case share(Double)
}

extension InteractionRows {
  /// The interactions before a moment: what lies behind it must not win over a duplicate before.
  ///
  /// Throws `SplitError` where there are no times or nothing lies before.
  public func before(_ end: Moment) throws -> InteractionRows {
    guard let times = rows.times else {
      throw SplitError(description: "--until needs timestamps, and these interactions have none")
    }
    // All is before the whole, the last interaction included.
    guard end != .share(1), rows.count > 0 else { return self }
    let until = end.seconds(among: times.sorted())
    var kept = self
    kept.rows = rows.rows(at: times.indices.filter { times[$0] < until })
    guard kept.rows.count > 0 else {
      throw SplitError(description: "no interaction lies before --until; look at the date")
    }
    return kept
  }
}

extension Moment {
  /// The moment as a time: of a share the time of the first interaction behind it.
  func seconds(among ordered: [Int64]) -> Int64 {
    switch self {
    case .seconds(let seconds): seconds
    case .share(let share):
      ordered[min(ordered.count - 1, Int(Double(ordered.count) * share))]
    }
  }
}
