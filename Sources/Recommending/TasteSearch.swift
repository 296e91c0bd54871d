// Is a recommendation for a taste in a kind of items?

/// The search for a taste that the user's own items of a kind carry, and carry more than as many others: of the item's
/// categories, or of its item group where none of them is one, since a category tells more.
struct TasteSearch {
  /// A kind whose own items are compared with others; each comparison can only lessen what goes beyond those.
  private struct Rival {
    let kind: RecommendationReason.Kind
    let own: [UInt32]
    let trial: TasteTrial
    var turn = 0
  }

  /// The kinds that are looked at now.
  private(set) var kinds: [RecommendationReason.Kind]
  /// Those that are looked at where none of these is a taste.
  private var later: [RecommendationReason.Kind]
  /// Of `kinds`; nil until it is known what is gone without each.
  private var rivals: [Rival]?
  private var found: [RecommendationReason.Taste] = []

  init(_ kinds: [RecommendationReason.Kind]) {
    func isCategory(_ kind: RecommendationReason.Kind) -> Bool {
      if case .category = kind { true } else { false }
    }
    let categories = kinds.filter(isCategory)
    let groups = kinds.filter { !isCategory($0) }
    (self.kinds, later) = categories.isEmpty ? (groups, []) : (categories, groups)
  }

  /// Looks at what the last trials showed, and asks for those that they call for.
  ///
  /// - Parameters:
  ///   - item: what is known of the recommendation.
  ///   - own: the user's own items of each of the kinds that are looked at.
  /// - Returns: whether other kinds are looked at from now on.
  mutating func goOn(
    _ item: OwnItemSearch, _ own: [RecommendationReason.Kind: OwnKind], _ trials: Trials
  ) -> Bool {
    guard item.reason.personal > 0 else { return false }
    let rivals = self.rivals ?? begin(item, own, trials)
    self.rivals = rivals?.compactMap { compared($0, item, trials) }
    guard self.rivals?.isEmpty ?? false, found.isEmpty, !later.isEmpty else { return false }
    (kinds, later, self.rivals) = (later, [], nil)
    return true
  }

  /// The kinds without which enough is gone; nil where that is not known yet.
  private func begin(
    _ item: OwnItemSearch, _ own: [RecommendationReason.Kind: OwnKind], _ trials: Trials
  ) -> [Rival]? {
    let all = kinds.compactMap { kind in
      own[kind].flatMap { own in own.trial.map { Rival(kind: kind, own: own.own, trial: $0) } }
    }
    guard all.allSatisfy({ trials.has($0.own) }) else { return nil }
    return all.filter {
      item.share(of: trials.lead(of: item.item, without: $0.own), trials)
        >= RecommendationReason.leastShare
    }
  }

  /// A rival with all comparisons that can be made; nil where it is no taste, or is found to be one.
  private mutating func compared(
    _ rival: Rival, _ item: OwnItemSearch, _ trials: Trials
  ) -> Rival? {
    var rival = rival
    while rival.turn < rival.trial.turns {
      let sets = rival.trial.sets(rival.turn)
      guard sets.allSatisfy(trials.has) else {
        trials.want(sets)
        return rival
      }
      rival.turn += 1
      guard alone(rival, item, trials) >= RecommendationReason.leastOfTasteAlone else { return nil }
    }
    found.append(taste(rival, item, trials))
    return nil
  }

  /// The share that goes with a kind beyond what goes with as many others, by the comparisons made.
  private func alone(_ rival: Rival, _ item: OwnItemSearch, _ trials: Trials) -> Double {
    let whole = item.share(of: trials.lead(of: item.item, without: rival.own), trials)
    let beyond = rival.trial.beyond(
      whole: whole * item.reason.personal, turns: rival.turn
    ) { trials.lead(of: item.item, without: $0) }
    return beyond / item.reason.personal
  }

  private func taste(
    _ rival: Rival, _ item: OwnItemSearch, _ trials: Trials
  ) -> RecommendationReason.Taste {
    let removal = item.removal(rival.own, named: 0, trials)
    let members = Set(rival.own)
    let near = item.near.filter(members.contains)
    let named = near.filter(item.influential.contains).prefix(2)
    return RecommendationReason.Taste(
      kind: rival.kind,
      own: .init(
        items: named + near.filter { !named.contains($0) }, named: named.count,
        share: removal.share, placeWithout: removal.placeWithout),
      // Beside nothing else a broad kind is all there is; a narrower one that stands the comparison tells more.
      shareAlone: rival.trial.others.isEmpty
        ? RecommendationReason.leastOfTasteAlone : alone(rival, item, trials))
  }

  /// Of several tastes the one of which clearly more goes beyond what goes with as many others, and the narrower one.
  ///
  /// - Parameter size: how many items there are of a kind.
  func best(_ size: (RecommendationReason.Kind) -> Int) -> RecommendationReason.Taste? {
    // Deeper levels come behind those that they are in.
    let ordered = kinds.compactMap { kind in found.first { $0.kind == kind } }
    return ordered.enumerated().max { a, b in
      func telling(_ taste: (offset: Int, element: RecommendationReason.Taste)) -> (Int, Int, Int) {
        (Int(10 * taste.element.shareAlone), -size(taste.element.kind), taste.offset)
      }
      return telling(a) < telling(b)
    }?.element
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

  /// How many comparisons there are.
  var turns: Int { max(kind.count, others.count) }

  /// What is scored for a comparison: a set of the kind and one of others.
  func sets(_ turn: Int) -> [[UInt32]] {
    [kind[min(turn, kind.count - 1)], others[min(turn, others.count - 1)]]
  }

  /// How much farther an item's lead falls without the kind than without as many others, at least.
  ///
  /// - Parameters:
  ///   - lead: of the item without a set.
  ///   - whole: how far it falls without all of the kind, which counts where there are no others.
  ///   - turns: how many comparisons are made; each can only lessen what is found.
  func beyond(whole: Double, turns: Int = samples, _ lead: ([UInt32]) -> Double) -> Double {
    guard let of = kind.prefix(turns).map(lead).max(),
      let others = others.prefix(turns).map(lead).min()
    else { return whole }
    return others - of
  }

  private static func samples(of items: [UInt32], _ count: Int) -> [[UInt32]] {
    guard items.count > count else { return [items] }
    return (0..<samples).map { turn in
      (0..<count).map { items[(samples * $0 + turn) * items.count / (samples * count)] }
    }
  }
}
