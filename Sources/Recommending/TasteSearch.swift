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
    while rival.turn < rival.trial.others.count {
      let others = rival.trial.others[rival.turn]
      guard trials.has(others) else {
        trials.want([others])
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
    let beyond = rival.trial.beyond(rival.own, turns: rival.turn) {
      trials.lead(of: item.item, without: $0)
    }
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

/// Sets of own items to be taken away for comparison with those of a kind: as many of them, and as few of the kind as
/// there are others to take. Three samples, evenly spread, of what there is more of than it takes; none where the user
/// has nothing of another kind.
struct TasteTrial {
  let others: [[UInt32]]

  private static let samples = 3

  /// Nil where there are too few of the kind.
  init?(_ own: [UInt32], in history: [UInt32]) {
    guard own.count >= RecommendationReason.leastOfTaste else { return nil }
    let members = Set(own)
    let rest = history.filter { !members.contains($0) }
    others =
      rest.count < own.count
      ? rest.isEmpty ? [] : Self.samples(of: own, own.count - rest.count).map { rest + $0 }
      : Self.samples(of: rest, own.count)
  }

  /// How much farther an item's lead falls without those of the kind than without as many others, at least.
  ///
  /// - Parameters:
  ///   - turns: how many comparisons are made; each can only lessen what is found.
  ///   - lead: of the item without a set.
  func beyond(_ own: [UInt32], turns: Int = samples, _ lead: ([UInt32]) -> Double) -> Double {
    (others.prefix(turns).map(lead).min() ?? .infinity) - lead(own)
  }

  private static func samples(of items: [UInt32], _ count: Int) -> [[UInt32]] {
    guard items.count > count else { return [items] }
    return (0..<samples).map { turn in
      (0..<count).map { items[(samples * $0 + turn) * items.count / (samples * count)] }
    }
  }
}
