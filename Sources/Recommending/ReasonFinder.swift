// Which claims about a recommendation hold when the user is scored again?

import DenseMath

/// Finds what own items, tastes and popularity do for recommendations, by scoring users without some of their items.
///
/// Each round scores what the last ones call for: first the user without each of some near own items and without all of
/// a kind, then without those together that did most, one set after another until one carries the recommendation, and
/// without others for comparison. Trials of several users are scored together.
public struct ReasonFinder: Sendable {
  /// Item vectors of unit length; nil where the model has none.
  private let vectors: Matrix<Float>?
  /// The item group of each item.
  private let groups: [UInt32]?
  private let categories: [[UInt32]]?
  /// How many items there are of each kind.
  private let sizes: [RecommendationReason.Kind: Int]
  /// What everybody gets: each item's score without a history.
  private let general: [Float]

  /// - Parameter categories: of the model's items.
  public init(_ model: any RecommendationModel, categories: [[UInt32]]?) {
    self.categories = categories
    let groups = model.itemGroups?.assignment
    self.groups = groups
    var sizes: [RecommendationReason.Kind: Int] = [:]
    for group in groups ?? [] { sizes[.group(Int(group)), default: 0] += 1 }
    for category in (categories ?? []).joined() { sizes[.category(Int(category)), default: 0] += 1 }
    self.sizes = sizes
    vectors = (model.core as? any LatentModel).map { Self.directions($0.itemVectors) }
    let nothing = SparseRows(lists: [[]], columnCount: model.itemCount)
    let scores = Matrix<Float>(rows: 1, columns: model.itemCount)
    model.score(nothing, rows: 0..<1, into: scores)
    general = scores.array
  }

  private static func directions(_ vectors: Matrix<Float>) -> Matrix<Float> {
    let unit = Matrix<Float>(rows: vectors.rows, columns: vectors.columns)
    normaliseRows(vectors, into: unit, norms: Matrix(rows: 1, columns: vectors.rows))
    return unit
  }

  /// A reason for each of some items, in their order.
  ///
  /// - Parameters:
  ///   - model: the model this was made for, or a copy.
  ///   - history: the user's own items, without those that are explained.
  public func reasons(
    _ model: any RecommendationModel, _ history: [UInt32], items: [UInt32]
  ) -> [RecommendationReason] {
    reasons(model, [(history, items)])[0].reasons
  }

  /// The same for several users, which takes less time together, and what was found out on the way of how far scores
  /// fall without single own items; nothing of users of whom more items are asked for than are looked at together.
  public func reasons(
    _ model: any RecommendationModel, _ users: [(history: [UInt32], items: [UInt32])]
  ) -> [(reasons: [RecommendationReason], falls: KnownFalls)] {
    var found = users.map { _ in (reasons: [RecommendationReason](), falls: KnownFalls()) }
    // So many items at a time bound the memory for scores.
    let block = 10
    let most = users.map(\.items.count).max() ?? 0
    for start in stride(from: 0, to: most, by: block) {
      let places = users.indices.filter { users[$0].items.count > start }
      var searches = places.map { user in
        let (history, items) = users[user]
        let part = Array(items[start..<min(start + block, items.count)])
        return ReasonSearch(self, history, model.bases(history, items: part))
      }
      while Trials.score(model, searches.map(\.trials)) {
        for place in searches.indices { searches[place].goOn() }
      }
      for (user, search) in zip(places, searches) {
        found[user].reasons += search.reasons()
        let items = users[user].items
        if items.count <= block { found[user].falls = search.trials.falls(of: items) }
      }
    }
    return found
  }

  // MARK: What is near, what is of a kind

  /// The user's own items, the nearest to an item first: by item vectors, by what they add to its score directly, or,
  /// where a model has both, by either.
  package func nearness(of basis: ReasonBasis, _ history: [UInt32]) -> [UInt32] {
    guard let vectors else { return Self.ordered(history, basis.direct) }
    let target = vectors.row(Int(basis.item))
    let cosines = history.map {
      Explanation.Weighted(index: Int($0), weight: Double(dot(vectors.row(Int($0)), target)))
    }
    let byVectors = Self.ordered(history, cosines)
    // Without places of its own a model's direct parts are falls, which tell of influence and not of nearness.
    guard basis.hasBoth else { return byVectors }
    var places: [UInt32: (Int, Int)] = [:]
    for (place, item) in byVectors.enumerated() { places[item] = (place, place) }
    for (place, item) in Self.ordered(history, basis.direct).enumerated() {
      let own = places[item] ?? (place, place)
      places[item] = (min(own.0, place), own.1)
    }
    return history.sorted { (places[$0] ?? (0, 0)) < (places[$1] ?? (0, 0)) }
  }

  private static func ordered(_ history: [UInt32], _ weights: [Explanation.Weighted]) -> [UInt32] {
    let known = Dictionary(weights.map { (UInt32($0.index), $0.weight) }) { first, _ in first }
    return history.map { (weight: known[$0] ?? 0, item: $0) }
      .sorted { ($1.weight, $0.item) < ($0.weight, $1.item) }.map(\.item)
  }

  /// The kinds that an item is of, but those that most items are of, which are nobody's taste.
  func kinds(of item: UInt32) -> [RecommendationReason.Kind] {
    let group = groups.map { [RecommendationReason.Kind.group(Int($0[Int(item)]))] } ?? []
    let all = group + (categories?[Int(item)] ?? []).map { .category(Int($0)) }
    return all.filter { 2 * size(of: $0) <= general.count }
  }

  /// The leads of items without a history, as they are held against those of a user.
  func general(_ items: [UInt32], _ history: [UInt32]) -> [Double] {
    let mean = general.withUnsafeBufferPointer { Trials.mean($0, but: history) }
    return items.map { Double(general[Int($0)]) - mean }
  }

  func size(of kind: RecommendationReason.Kind) -> Int { sizes[kind] ?? 0 }

  func own(of kind: RecommendationReason.Kind, _ history: [UInt32]) -> [UInt32] {
    switch kind {
    case .group(let group): history.filter { groups?[Int($0)] == UInt32(group) }
    case .category(let category):
      history.filter { categories?[Int($0)].contains(UInt32(category)) ?? false }
    }
  }
}
