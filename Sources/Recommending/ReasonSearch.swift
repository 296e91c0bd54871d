// Which claims about a user's recommendations does scoring him without some items bear out?

/// The search for reasons of some recommendations of one user, in two steps: each says which trials it takes.
struct ReasonSearch {
  let trials: Trials
  private let finder: ReasonFinder
  private let history: [UInt32]
  private let bases: [ReasonBasis]
  /// For each recommendation the user's own items, the nearest first.
  private let near: [[UInt32]]
  /// For each the sets of its nearest ones, the smallest first.
  private let wide: [[[UInt32]]]
  /// The user's own items of every kind.
  private let own: [RecommendationReason.Kind: [UInt32]]
  private var findings: [Finding] = []
  private var tried: [(named: [[UInt32]], wide: [[UInt32]])] = []
  /// For each recommendation the kinds that may be a taste.
  private var kinds: [[RecommendationReason.Kind]] = []

  init(_ finder: ReasonFinder, _ history: [UInt32], _ bases: [ReasonBasis]) {
    (self.finder, self.history, self.bases) = (finder, history, bases)
    near = bases.map { finder.nearness(of: $0, history) }
    wide = near.map { near in
      RecommendationReason.sizes.filter { 2 * $0 <= history.count }.map { Array(near.prefix($0)) }
    }
    let kinds = bases.flatMap { finder.kinds(of: $0.item) }
    own = Dictionary(kinds.map { ($0, finder.own(of: $0, history)) }) { first, _ in first }
    trials = Trials(history)
    trials.want([[]])
    for near in near { trials.want(near.prefix(RecommendationReason.namedAmong).map { [$0] }) }
    trials.want(wide.compactMap(\.last))
    trials.want(own.values.filter { $0.count >= RecommendationReason.leastOfTaste })
  }

  /// Looks at what the first trials showed, and asks for those that they call for.
  mutating func goOn() {
    let general = finder.general(bases.map(\.item), history)
    findings = bases.indices.map {
      Finding(bases[$0], near[$0], general: general[$0], trials)
    }
    tried = zip(findings, wide).map { $0.tried(wide: $1, trials) }
    kinds = findings.map { finding in
      finder.kinds(of: finding.item).filter { kind in
        own[kind].map { finding.carries($0, trials) } ?? false
      }
    }
    for sets in tried { trials.want(sets.named + sets.wide) }
    for kind in Set(kinds.joined()) {
      if let trial = TasteTrial(own[kind] ?? [], in: history) {
        trials.want(trial.kind + trial.others)
      }
    }
  }

  /// What both steps found, in the order of the recommendations.
  func reasons() -> [RecommendationReason] {
    findings.indices.map { place in
      let finding = findings[place]
      var reason = finding.reason(tried[place], trials)
      // Deeper levels come behind those that they are in.
      reason.taste =
        kinds[place].compactMap { kind in
          finding.taste(kind, own[kind] ?? [], in: history, trials)
        }.enumerated().max(by: isBefore)?.element
      return reason
    }
  }

  /// Of two tastes a category tells more than an item group; the one of which clearly more goes beyond what goes with
  /// as many others; and the narrower one.
  private func isBefore(
    _ a: (offset: Int, element: RecommendationReason.Taste),
    _ b: (offset: Int, element: RecommendationReason.Taste)
  ) -> Bool {
    func telling(_ place: Int, _ taste: RecommendationReason.Taste) -> (Int, Int, Int, Int) {
      let isCategory = if case .category = taste.kind { 1 } else { 0 }
      return (isCategory, Int(10 * taste.shareAlone), -finder.size(of: taste.kind), place)
    }
    return telling(a.offset, a.element) < telling(b.offset, b.element)
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

  init(_ basis: ReasonBasis, _ near: [UInt32], general: Double, _ trials: Trials) {
    item = basis.item
    self.near = near
    let start = trials.standing(of: item, without: [])
    let personal = start.lead - general
    base = RecommendationReason(
      item: item, score: start.score, place: start.place, general: general, personal: personal,
      popularityLeads: max(general, basis.popularity) > max(personal, 0))
    let falls = near.prefix(RecommendationReason.namedAmong).map {
      (item: $0, fall: start.lead - trials.lead(of: basis.item, without: [$0]))
    }
    influential = falls.filter { $0.fall > 0 }.sorted { ($0.fall, $1.item) > ($1.fall, $0.item) }
      .prefix(RecommendationReason.mostNamed).map(\.item)
  }

  /// The sets of which all items are named.
  private var named: [[UInt32]] {
    influential.indices.map { Array(influential.prefix($0 + 1)) }
  }

  func removal(_ items: [UInt32], named: Int, _ trials: Trials) -> RecommendationReason.Removal {
    let standing = trials.standing(of: item, without: items)
    let start = trials.lead(of: item, without: [])
    return RecommendationReason.Removal(
      items: items, named: named, share: (start - standing.lead) / base.personal,
      placeWithout: standing.place)
  }

  /// Whether the item loses enough of its personal part without these.
  func carries(_ items: [UInt32], _ trials: Trials) -> Bool {
    base.personal > 0 && items.count >= RecommendationReason.leastOfTaste
      && removal(items, named: 0, trials).share >= RecommendationReason.leastShare
  }

  private func carries(_ removal: RecommendationReason.Removal) -> Bool {
    removal.share >= RecommendationReason.leastShare && removal.placeWithout > base.place
  }

  /// The sets that are tried as a reason, the smallest first: one item where it carries the recommendation alone, else
  /// those of which all are named and, where the largest does, those of the nearest.
  func tried(wide: [[UInt32]], _ trials: Trials) -> (named: [[UInt32]], wide: [[UInt32]]) {
    guard base.personal > 0, let one = named.first else { return ([], []) }
    if carries(removal(one, named: 1, trials)) { return ([one], []) }
    let most = wide.last.map { removal($0, named: 0, trials).share } ?? 0
    return (named, most >= RecommendationReason.leastShare ? wide : [])
  }

  /// The smallest set that carries the recommendation, or a little of many.
  func reason(_ tried: (named: [[UInt32]], wide: [[UInt32]]), _ trials: Trials)
    -> RecommendationReason
  {
    var reason = base
    let small = tried.named.map { set in
      var found = removal(set, named: set.count, trials)
      found.shareOfNamed = found.share
      return found
    }
    let large = tried.wide.map { set in
      // Scored as the nearest ones; those that are named go first.
      let found = removal(set, named: influential.count, trials)
      return RecommendationReason.Removal(
        items: influential + set.filter { !influential.contains($0) }, named: found.named,
        share: found.share, shareOfNamed: small.last?.share, placeWithout: found.placeWithout)
    }
    let enough = (small + large).filter { $0.share >= RecommendationReason.leastShare }
    reason.own = enough.first(where: carries) ?? enough.first
    // Two that each move the item may do nothing together.
    if reason.own == nil { reason.little = small.prefix(2).last { $0.share > 0 } }
    return reason
  }

  /// A taste that the user's own items of a kind carry, and carry more than as many others.
  func taste(
    _ kind: RecommendationReason.Kind, _ own: [UInt32], in history: [UInt32], _ trials: Trials
  ) -> RecommendationReason.Taste? {
    guard let trial = TasteTrial(own, in: history) else { return nil }
    let found = removal(own, named: 0, trials)
    let beyond = trial.beyond(whole: found.share * base.personal) {
      trials.lead(of: item, without: $0)
    }
    let alone = beyond / base.personal
    guard alone >= RecommendationReason.leastOfTasteAlone else { return nil }
    let members = Set(own)
    return RecommendationReason.Taste(
      kind: kind,
      own: .init(
        items: near.filter(members.contains), named: min(own.count, 2), share: found.share,
        placeWithout: found.placeWithout),
      // Beside nothing else a broad kind is all there is; a narrower one that stands the comparison tells more.
      shareAlone: trial.others.isEmpty ? RecommendationReason.leastOfTasteAlone : alone)
  }
}

/// Sets of own items of a kind, and of as many others each, to be taken away for comparison: all of the fewer and
/// three samples of the more, evenly spread. There are none where the user has nothing of another kind.
struct TasteTrial {
  let kind: [[UInt32]]
  let others: [[UInt32]]

  private static let samples = 3

  /// Nil where there are too few of the kind.
  init?(_ own: [UInt32], in history: [UInt32]) {
    guard own.count >= RecommendationReason.leastOfTaste else { return nil }
    let members = Set(own)
    let rest = history.filter { !members.contains($0) }
    let count = min(own.count, rest.count)
    kind = count > 0 ? Self.samples(of: own, count) : []
    others = count > 0 ? Self.samples(of: rest, count) : []
  }

  /// How much farther an item's lead falls without the kind than without as many others, at least.
  ///
  /// - Parameters:
  ///   - lead: of the item without a set.
  ///   - whole: how far it falls without all of the kind, which counts where there are no others.
  func beyond(whole: Double, _ lead: ([UInt32]) -> Double) -> Double {
    guard let of = kind.map(lead).max(), let others = others.map(lead).min() else { return whole }
    return others - of
  }

  private static func samples(of items: [UInt32], _ count: Int) -> [[UInt32]] {
    guard items.count > count else { return [items] }
    return (0..<samples).map { turn in
      (0..<count).map { items[(samples * $0 + turn) * items.count / (samples * count)] }
    }
  }
}
