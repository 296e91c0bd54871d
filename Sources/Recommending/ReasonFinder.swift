// Which claims about a recommendation hold when the user is scored again?

import DenseMath

/// Finds what own items, tastes and popularity do for recommendations, by scoring users without some of their items.
///
/// For each user two batches are scored: without near own items and without all own items of a kind; then without
/// those of them together that did most, and without others for comparison.
public struct ReasonFinder: Sendable {
  /// Item vectors of unit length; nil where the model has none.
  private let vectors: Matrix<Float>?
  /// The item group of each item.
  private let groups: [UInt32]?
  private let categories: [[UInt32]]?
  /// What everybody gets: each item's lead without a history.
  private let general: [Double]

  /// - Parameter categories: of the model's items.
  public init(_ model: any RecommendationModel, categories: [[UInt32]]?) {
    self.categories = categories
    groups = model.itemGroups?.assignment
    vectors = (model.core as? any LatentModel).map { Self.directions($0.itemVectors) }
    let nothing = SparseRows(lists: [[]], columnCount: model.itemCount)
    let scores = Matrix<Float>(rows: 1, columns: model.itemCount)
    model.score(nothing, rows: 0..<1, into: scores)
    let mean = Trials.mean(scores.row(0))
    general = scores.buffer.map { Double($0) - mean }
  }

  private static func directions(_ vectors: Matrix<Float>) -> Matrix<Float> {
    let unit = Matrix<Float>(rows: vectors.rows, columns: vectors.columns)
    normaliseRows(vectors, into: unit, norms: Matrix(rows: 1, columns: vectors.rows))
    return unit
  }

  /// A reason for each explanation of a user, in their order.
  ///
  /// - Parameters:
  ///   - model: the model this was made for, or a copy.
  ///   - history: the user's own items; an item that is explained must not be among them.
  public func reasons(
    _ model: any RecommendationModel, _ history: [UInt32], _ explanations: [Explanation]
  ) -> [RecommendationReason] {
    // So many at a time bound the memory for scores.
    let block = 10
    return stride(from: 0, to: explanations.count, by: block).flatMap { start in
      let part = explanations[start..<min(start + block, explanations.count)]
      return reasonsOfBlock(model, history, Array(part))
    }
  }

  private func reasonsOfBlock(
    _ model: any RecommendationModel, _ history: [UInt32], _ explanations: [Explanation]
  ) -> [RecommendationReason] {
    let near = explanations.map { nearness(of: $0, history) }
    let kinds = explanations.flatMap { self.kinds(of: $0.item) }
    let own = Dictionary(kinds.map { ($0, self.own(of: $0, history)) }) { first, _ in first }
    var trials = Trials(model, history)
    let singles = near.map { $0.prefix(RecommendationReason.namedAmong).map { [$0] } }
    let wide = near.map { near in
      RecommendationReason.sizes.filter { 2 * $0 <= history.count }.map { Array(near.prefix($0)) }
    }
    let wholes = kinds.compactMap { own[$0] }.filter {
      $0.count >= RecommendationReason.leastOfTaste
    }
    trials.add([[]] + singles.joined() + wide.joined() + wholes)
    let first = zip(explanations, near).map { explanation, near in
      Finding(explanation, near, general: general[Int(explanation.item)], trials)
    }
    let candidates = first.map { finding in
      self.kinds(of: finding.item).filter { kind in
        own[kind].map { finding.carries($0, trials) } ?? false
      }
    }
    trials.add(
      first.flatMap(\.named)
        + candidates.joined().flatMap { kind in
          TasteTrial(own[kind] ?? [], in: history).map { $0.kind + $0.others } ?? []
        })
    return zip(first, zip(wide, candidates)).map { finding, found in
      var reason = finding.reason(wide: found.0, trials)
      reason.taste = found.1.compactMap { kind in
        finding.taste(kind, own[kind] ?? [], in: history, trials)
      }.max { $0.telling < $1.telling }
      return reason
    }
  }

  // MARK: What is near, what is of a kind

  /// The user's own items, the nearest to an item first: by item vectors, by what they add to its score directly, or,
  /// where a model has both, by either.
  package func nearness(of explanation: Explanation, _ history: [UInt32]) -> [UInt32] {
    let direct = explanation.contributions.compactMap { part -> Explanation.Weighted? in
      guard case .item(let item) = part.source else { return nil }
      return .init(index: Int(item), weight: part.value)
    }
    guard let vectors else { return Self.ordered(history, direct) }
    let target = vectors.row(Int(explanation.item))
    let cosines = history.map {
      Explanation.Weighted(index: Int($0), weight: Double(dot(vectors.row(Int($0)), target)))
    }
    let byVectors = Self.ordered(history, cosines)
    // Without places of its own a model's direct parts are falls, which tell of influence and not of nearness.
    guard !explanation.nearest.isEmpty, !direct.isEmpty else { return byVectors }
    var places: [UInt32: (Int, Int)] = [:]
    for (place, item) in byVectors.enumerated() { places[item] = (place, place) }
    for (place, item) in Self.ordered(history, direct).enumerated() {
      let own = places[item] ?? (place, place)
      places[item] = (min(own.0, place), own.1)
    }
    return history.sorted { (places[$0] ?? (0, 0)) < (places[$1] ?? (0, 0)) }
  }

  private static func ordered(_ history: [UInt32], _ weights: [Explanation.Weighted]) -> [UInt32] {
    let known = Dictionary(weights.map { (UInt32($0.index), $0.weight) }) { first, _ in first }
    return history.sorted { (-(known[$0] ?? 0), $0) < (-(known[$1] ?? 0), $1) }
  }

  /// The kinds that an item is of.
  private func kinds(of item: UInt32) -> [RecommendationReason.Kind] {
    let group = groups.map { [RecommendationReason.Kind.group(Int($0[Int(item)]))] } ?? []
    return group + (categories?[Int(item)] ?? []).map { .category(Int($0)) }
  }

  private func own(of kind: RecommendationReason.Kind, _ history: [UInt32]) -> [UInt32] {
    switch kind {
    case .group(let group): history.filter { groups?[Int($0)] == UInt32(group) }
    case .category(let category):
      history.filter { categories?[Int($0)].contains(UInt32(category)) ?? false }
    }
  }
}

// MARK: What scoring without some items showed

/// What is known of one recommendation.
private struct Finding {
  let item: UInt32
  let near: [UInt32]
  let base: RecommendationReason
  /// Own items among the nearest with a share, the largest first, up to as many as are named.
  let influential: [UInt32]

  init(_ explanation: Explanation, _ near: [UInt32], general: Double, _ trials: Trials) {
    item = explanation.item
    self.near = near
    let start = trials.standing(of: item, without: [])
    let personal = start.lead - general
    base = RecommendationReason(
      item: item, place: start.place, general: general, personal: personal,
      popularityLeads: max(general, explanation.popularity) > max(personal, 0))
    let falls = near.prefix(RecommendationReason.namedAmong).map {
      (item: $0, fall: start.lead - trials.lead(of: explanation.item, without: [$0]))
    }
    influential = falls.filter { $0.fall > 0 }.sorted { ($0.fall, $1.item) > ($1.fall, $0.item) }
      .prefix(RecommendationReason.mostNamed).map(\.item)
  }

  /// The sets of which all items are named.
  var named: [[UInt32]] {
    influential.indices.map { Array(influential.prefix($0 + 1)) }
  }

  func removal(_ items: [UInt32], named: Int, _ trials: Trials) -> RecommendationReason.Removal {
    let standing = trials.standing(of: item, without: items)
    let start = trials.lead(of: item, without: [])
    return RecommendationReason.Removal(
      items: items, named: named, share: (start - standing.lead) / base.personal,
      placeWithout: standing.place)
  }

  /// Whether the item falls, and loses enough of its personal part, without these.
  func carries(_ items: [UInt32], _ trials: Trials) -> Bool {
    base.personal > 0 && items.count >= RecommendationReason.leastOfTaste
      && carries(removal(items, named: 0, trials))
  }

  private func carries(_ removal: RecommendationReason.Removal) -> Bool {
    removal.share >= RecommendationReason.leastShare && removal.placeWithout > base.place
  }

  /// The smallest set that carries the recommendation, or a little of many.
  func reason(wide: [[UInt32]], _ trials: Trials) -> RecommendationReason {
    var reason = base
    guard base.personal > 0, !influential.isEmpty else { return reason }
    let small = named.map { removal($0, named: $0.count, trials) }
    let large = wide.map { set in
      // Scored as the nearest ones; those that are named go first.
      let found = removal(set, named: influential.count, trials)
      return RecommendationReason.Removal(
        items: influential + set.filter { !influential.contains($0) }, named: found.named,
        share: found.share, placeWithout: found.placeWithout)
    }
    let enough = (small + large).filter { $0.share >= RecommendationReason.leastShare }
    reason.own = enough.first(where: carries) ?? enough.first
    if reason.own == nil { reason.little = small.prefix(2).last }
    return reason
  }

  /// A taste that the user's own items of a kind carry, and carry more than as many others.
  func taste(
    _ kind: RecommendationReason.Kind, _ own: [UInt32], in history: [UInt32], _ trials: Trials
  )
    -> RecommendationReason.Taste?
  {
    guard let trial = TasteTrial(own, in: history) else { return nil }
    let leads = { (sets: [[UInt32]]) in sets.map { trials.lead(of: item, without: $0) } }
    guard let of = leads(trial.kind).max(), let others = leads(trial.others).min(), of < others
    else { return nil }
    let found = removal(own, named: 0, trials)
    let members = Set(own)
    return RecommendationReason.Taste(
      kind: kind,
      own: .init(
        items: near.filter(members.contains), named: min(own.count, 2), share: found.share,
        placeWithout: found.placeWithout))
  }
}

extension RecommendationReason.Taste {
  /// Of two tastes a category tells more than an item group, and the narrower one: what one of its items has on average.
  fileprivate var telling: (Int, Double) {
    let mean = own.share / Double(max(own.items.count, 1))
    if case .category = kind { return (1, mean) }
    return (0, mean)
  }
}

/// Sets of own items of a kind, and of as many others each, to be taken away for comparison: all of the fewer and
/// three samples of the more, evenly spread.
struct TasteTrial {
  let kind: [[UInt32]]
  let others: [[UInt32]]

  private static let samples = 3

  /// Nil where there are too few of either to compare.
  init?(_ own: [UInt32], in history: [UInt32]) {
    let members = Set(own)
    let rest = history.filter { !members.contains($0) }
    let count = min(own.count, rest.count)
    guard count >= RecommendationReason.leastOfTaste else { return nil }
    kind = Self.samples(of: own, count)
    others = Self.samples(of: rest, count)
  }

  private static func samples(of items: [UInt32], _ count: Int) -> [[UInt32]] {
    guard items.count > count else { return [items] }
    return (0..<samples).map { turn in
      (0..<count).map { items[(samples * $0 + turn) * items.count / (samples * count)] }
    }
  }
}

/// Scores of one user without sets of his items.
struct Trials {
  /// How an item stands against the others.
  struct Standing {
    let lead: Double
    /// From 1, among items that are not the user's own.
    let place: Int
  }

  private let model: any RecommendationModel
  private let history: [UInt32]
  /// Where the scores without each set are, the set in ascending order.
  private var rows: [[UInt32]: (batch: Int, row: Int)] = [:]
  private var batches: [Matrix<Float>] = []
  private var means: [[Double]] = []

  init(_ model: any RecommendationModel, _ history: [UInt32]) {
    (self.model, self.history) = (model, history)
  }

  /// Scores the user without each of some sets that have not been scored yet.
  mutating func add(_ sets: [[UInt32]]) {
    var lists: [[UInt32]] = []
    for set in sets.map({ $0.sorted() }) where rows[set] == nil {
      rows[set] = (batches.count, lists.count)
      let gone = Set(set)
      lists.append(history.filter { !gone.contains($0) })
    }
    guard !lists.isEmpty else { return }
    let scores = Matrix<Float>(rows: lists.count, columns: model.itemCount)
    model.score(
      SparseRows(lists: lists, columnCount: model.itemCount), rows: 0..<lists.count, into: scores)
    means.append(
      (0..<lists.count).map { row in
        let values = scores.row(row)
        let mean = Self.mean(values)
        for own in history { values[Int(own)] = -.infinity }
        return mean
      })
    batches.append(scores)
  }

  static func mean(_ values: UnsafeMutableBufferPointer<Float>) -> Double {
    values.reduce(0.0) { $0 + Double($1) } / Double(max(values.count, 1))
  }

  func lead(of item: UInt32, without set: [UInt32]) -> Double {
    let (scores, row, mean) = scored(set)
    return Double(scores[row, Int(item)]) - mean
  }

  func standing(of item: UInt32, without set: [UInt32]) -> Standing {
    let (scores, row, mean) = scored(set)
    return Standing(
      lead: Double(scores[row, Int(item)]) - mean,
      place: place(of: Int(item), in: UnsafeBufferPointer(scores.row(row))))
  }

  private func scored(_ set: [UInt32]) -> (scores: Matrix<Float>, row: Int, mean: Double) {
    guard let found = rows[set.sorted()] else { preconditionFailure("a set that was not added") }
    return (batches[found.batch], found.row, means[found.batch][found.row])
  }
}
