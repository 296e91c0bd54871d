// Which claims about a user's recommendations does scoring them without some items bear out?

/// The search for reasons of some recommendations of one user: it asks for trials, looks at what they show, and asks
/// for those that this calls for, until nothing is open.
struct ReasonSearch {
  let trials: Trials
  private let finder: ReasonFinder
  private let history: [UInt32]
  private var items: [OwnItemSearch]
  private var tastes: [TasteSearch]
  /// The user's own items of every kind, and what those of a kind are compared with.
  private var kinds: [RecommendationReason.Kind: OwnKind] = [:]

  init(_ finder: ReasonFinder, _ history: [UInt32], _ bases: [ReasonBasis]) {
    (self.finder, self.history) = (finder, history)
    trials = Trials(history)
    let general = finder.general(bases.map(\.item), history)
    items = zip(bases, general).map {
      OwnItemSearch($0, finder.nearness(of: $0, history), general: $1)
    }
    tastes = bases.map { TasteSearch(finder.kinds(of: $0.item)) }
    trials.want([[]] + items.flatMap(\.first))
    for place in tastes.indices { askForKinds(place) }
  }

  /// Looks at what the last trials showed, and asks for those that they call for.
  mutating func goOn() {
    for place in items.indices {
      items[place].goOn(trials)
      let item = items[place]
      while tastes[place].goOn(item, kinds, trials) { askForKinds(place) }
    }
  }

  /// Asks for what is gone without the user's own items of each kind that is looked at next.
  private mutating func askForKinds(_ place: Int) {
    for kind in tastes[place].kinds where kinds[kind] == nil {
      kinds[kind] = OwnKind(finder.own(of: kind, history), in: history)
    }
    trials.want(
      tastes[place].kinds.compactMap { kinds[$0]?.own }.filter {
        $0.count >= RecommendationReason.leastOfTaste
      })
  }

  /// What was found, in the order of the recommendations.
  func reasons() -> [RecommendationReason] {
    zip(items, tastes).map { item, taste in
      var reason = item.reason
      reason.taste = taste.best { finder.size(of: $0) }
      // That all of the choices count for more than a few of them tells nothing.
      if reason.own != nil, reason.taste?.own.items.count == history.count { reason.taste = nil }
      return reason
    }
  }
}

/// A user's own items of a kind.
struct OwnKind {
  let own: [UInt32]
  /// Nil where they are too few for a taste.
  let trial: TasteTrial?

  init(_ own: [UInt32], in history: [UInt32]) {
    self.own = own
    trial = TasteTrial(own, in: history)
  }
}

// MARK: Own items

/// The search for the smallest set of own items near to a recommendation that carries it: one that carries it alone,
/// else those of which all are named and, where the largest such set does, those of these and the nearest others.
struct OwnItemSearch {
  /// What is asked for.
  private enum Step {
    /// So many of the influential ones.
    case named(Int)
    /// The largest set of these and the nearest others.
    case widest
    /// A set of these and the nearest others, the smallest first.
    case wide(Int)
    case none
  }

  /// What is known of the recommendation.
  private(set) var reason: RecommendationReason
  /// Own items, the nearest first.
  let near: [UInt32]
  private let basis: ReasonBasis
  private let general: Double
  /// Own items among the nearest without which it falls, the one that does most alone first.
  private(set) var influential: [UInt32] = []
  /// As many of them as are named at most.
  private var named: ArraySlice<UInt32> {
    influential.prefix(RecommendationReason.mostNamed)
  }
  /// The sets of these and the nearest others, the smallest first.
  private var wide: [[UInt32]] = []
  private var found: [RecommendationReason.Removal] = []
  private var (isBegun, isFound) = (false, false)
  private var step = Step.none

  init(_ basis: ReasonBasis, _ near: [UInt32], general: Double) {
    (self.basis, self.near, self.general) = (basis, near, general)
    reason = RecommendationReason(
      item: basis.item, choices: near.count, score: 0, place: 1, general: general, personal: 0,
      popularityLeads: false)
  }

  /// The sets that are asked for at first, beside that of no items.
  var first: [[UInt32]] { near.prefix(RecommendationReason.namedAmong(near.count)).map { [$0] } }

  var item: UInt32 { basis.item }

  /// What becomes of the recommendation without some items.
  func removal(_ items: [UInt32], named: Int, _ trials: Trials) -> RecommendationReason.Removal {
    let standing = trials.standing(of: item, without: items)
    return RecommendationReason.Removal(
      items: items, named: named, share: share(of: standing.lead, trials),
      placeWithout: standing.place)
  }

  /// The share that is gone where the item's lead is this.
  func share(of lead: Double, _ trials: Trials) -> Double {
    (trials.lead(of: item, without: []) - lead) / reason.personal
  }

  /// Looks at what the last trials showed, and asks for those that they call for.
  mutating func goOn(_ trials: Trials) {
    if !isBegun { begin(trials) }
    while !isFound {
      switch step {
      case .none: break
      case .named(let count):
        take(removal(Array(named.prefix(count)), named: count, trials))
      case .widest:
        let most = wide.last.map { share(of: trials.lead(of: item, without: $0), trials) } ?? 0
        if most < RecommendationReason.leastShare { settle() }
      case .wide(let place):
        var removal = removal(wide[place], named: named.count, trials)
        removal.shareOfNamed = found[named.count - 1].share
        take(removal)
      }
      guard !isFound, let set = next() else { return }
      trials.want([set])
      guard trials.has(set) else { return }
    }
  }

  private mutating func begin(_ trials: Trials) {
    isBegun = true
    let start = trials.standing(of: item, without: [])
    let personal = start.lead - general
    reason = RecommendationReason(
      item: item, choices: near.count, score: start.score, place: start.place, general: general,
      personal: personal,
      popularityLeads: max(general, basis.popularity) > max(personal, 0))
    let falls = first.map { (item: $0[0], fall: start.lead - trials.lead(of: item, without: $0)) }
    influential = falls.filter { $0.fall > 0 }.sorted { ($0.fall, $1.item) > ($1.fall, $0.item) }
      .map(\.item)
    let others = near.filter { !named.contains($0) }
    wide = RecommendationReason.sizes.filter { 2 * $0 <= near.count }.map {
      Array(named + others.prefix($0 - named.count))
    }
    if personal <= 0 || influential.isEmpty { isFound = true }
  }

  private mutating func take(_ removal: RecommendationReason.Removal) {
    found.append(removal)
    guard removal.share >= RecommendationReason.leastShare, removal.placeWithout > reason.place
    else { return }
    settle(falling: removal)
  }

  /// The set that is to be tried next; nil where none is left.
  private mutating func next() -> [UInt32]? {
    switch step {
    case .none: step = .named(1)
    case .named(let count) where count < named.count: step = .named(count + 1)
    case .named: step = .widest
    case .widest: step = .wide(0)
    case .wide(let place): step = .wide(place + 1)
    }
    switch step {
    case .named(let count): return Array(named.prefix(count))
    case .widest where !wide.isEmpty: return wide.last
    case .wide(let place) where place < wide.count: return wide[place]
    default:
      settle()
      return nil
    }
  }

  /// Own items of which those that are named are enough alone: of a set without which the recommendation falls, or of
  /// the smallest. Where none are, it is a little of many.
  private mutating func settle(falling: RecommendationReason.Removal? = nil) {
    isFound = true
    let falling = falling.map { [$0] } ?? []
    reason.own = (falling + found).first { $0.shareOfNamed >= RecommendationReason.leastShare }
    guard reason.own == nil else { return }
    // Some that each move the item may do nothing together.
    reason.little = (falling + found.prefix(named.count).reversed()).first {
      $0.shareOfNamed >= RecommendationReason.leastTold
        || $0.shareOfNamed > 0 && $0.placeWithout > reason.place
    }
  }
}
