// Over which users and items are figures reported, beside all of them?

/// A part of users or of items that gets figures of its own.
struct ListGroup {
  enum Kind: Equatable {
    /// Every list.
    case all
    /// Lists of users with few folded-in interactions.
    case nearCold
    /// Truth restricted to the items of one frequency group.
    case items(Int)
  }

  let kind: Kind
  /// Stable key in reports.
  let name: String
  let definition: String
}

/// The groups of an evaluation: all, near-cold-start users, item-frequency groups (if known).
func listGroups(_ options: MetricsOptions, _ catalogue: Catalogue) -> [ListGroup] {
  var groups = [
    ListGroup(kind: .all, name: "all", definition: "all users and items"),
    ListGroup(
      kind: .nearCold, name: "near-cold-start",
      definition: "users and rounds with fewer than \(options.nearColdThreshold) interactions "
        + "folded in"),
  ]
  guard catalogue.trainingCounts != nil else { return groups }
  var least = 0
  for (index, bound) in (options.frequencyBounds.map { Optional($0) } + [nil]).enumerated() {
    let range = bound.map { "\(least)-\($0)" } ?? "\(least)+"
    groups.append(
      ListGroup(
        kind: .items(index), name: "items-\(range)",
        definition: "truth restricted to items with \(range) training interactions, ranking whole; "
          + "users without such truth left out"))
    least = (bound ?? 0) + 1
  }
  return groups
}

/// The frequency group of each item.
///
/// - Parameters:
///   - counts: training interactions, one an item
///   - bounds: greatest counts of all groups but the last, ascending
func frequencyGroups(_ counts: [UInt32], bounds: [Int]) -> [UInt8] {
  counts.map { count in
    UInt8(bounds.firstIndex { Int(count) <= $0 } ?? bounds.count)
  }
}
