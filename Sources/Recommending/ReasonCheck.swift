// Does what a sentence claims hold when the user is scored again?

import DenseMath

/// Claims of reasons, scored anew one by one and apart from how they were found.
public struct ReasonCheck {
  /// What a sentence can claim.
  public enum Claim: String, CaseIterable, Sendable {
    /// The item's place is the one told.
    case place
    /// Own items carry it: without them it is where told, and at least `RecommendationReason.leastShare` is gone without
    /// those alone that are named.
    case own
    /// A little of many: the same with something gone without those that are named, and less than that; a tenth, or the
    /// item falls.
    case little
    /// A taste carries it, and by a tenth of the personal part more than as many other own items; those that are named
    /// move it.
    case taste
    /// What everybody gets outweighs the personal part.
    case popularity
    /// No near own item has a tenth of the personal part, where nothing is claimed of own items.
    case nothing
  }

  private let model: any RecommendationModel
  private let finder: ReasonFinder

  /// - Parameter finder: knows what is near.
  public init(_ model: any RecommendationModel, _ finder: ReasonFinder) {
    (self.model, self.finder) = (model, finder)
  }

  /// Each claim that a reason makes, and whether it holds.
  ///
  /// - Parameter basis: of the same item.
  public func claims(
    _ reason: RecommendationReason, _ basis: ReasonBasis, _ history: [UInt32]
  ) -> [(
    claim: Claim, holds: Bool
  )] {
    let scores = Rescored(model, history, reason.item)
    let (start, nothing) = (scores.without([]), scores.without(history))
    let personal = start.lead - nothing.lead
    let near = finder.nearness(of: basis, history).prefix(
      RecommendationReason.namedAmong(history.count))
    func share(_ items: [UInt32]) -> Double { (start.lead - scores.without(items).lead) / personal }
    /// What is told of own items but their share.
    func holds(_ removal: RecommendationReason.Removal) -> Bool {
      scores.without(removal.items).place == removal.placeWithout
        && !removal.items.contains(reason.item) && Set(removal.items).isSubset(of: history)
        && removal.items.prefix(removal.named).allSatisfy { near.contains($0) && share([$0]) > 0 }
    }
    let least = RecommendationReason.leastShare
    var found: [(Claim, Bool)] = [(.place, start.place == reason.place)]
    if let own = reason.own {
      let ofNamed = share(Array(own.items.prefix(own.named)))
      found.append((.own, holds(own) && ofNamed >= least))
    }
    if let little = reason.little {
      let ofNamed = share(Array(little.items.prefix(little.named)))
      let isTold = ofNamed >= RecommendationReason.leastTold || little.placeWithout > reason.place
      found.append((.little, holds(little) && ofNamed > 0 && ofNamed < least && isTold))
    }
    if let taste = reason.taste {
      let share = share(taste.own.items)
      let trial = TasteTrial(taste.own.items.sorted(), in: history)
      let beyond = trial?.beyond(taste.own.items) { scores.without($0).lead } ?? 0
      let isAlone = beyond >= RecommendationReason.leastOfTasteAlone * personal
      found.append((.taste, holds(taste.own) && share >= least && isAlone))
    }
    if reason.popularityLeads {
      found.append((.popularity, max(nothing.lead, basis.popularity) > max(personal, 0)))
    }
    if reason.own == nil, reason.little == nil, reason.taste == nil {
      let standsOut = near.contains { share([$0]) >= RecommendationReason.leastTold }
      found.append((.nothing, personal <= 0 || !standsOut))
    }
    return found.map { (claim: $0.0, holds: $0.1) }
  }
}

/// Scores of one user and item, one history at a time.
private struct Rescored {
  let model: any RecommendationModel
  let history: [UInt32]
  let item: UInt32

  init(_ model: any RecommendationModel, _ history: [UInt32], _ item: UInt32) {
    (self.model, self.history, self.item) = (model, history, item)
  }

  func without(_ set: [UInt32]) -> (lead: Double, place: Int) {
    let scores = Matrix<Float>(rows: 1, columns: model.itemCount)
    let left = history.filter { !set.contains($0) }
    model.score(SparseRows(lists: [left], columnCount: model.itemCount), rows: 0..<1, into: scores)
    let values = scores.row(0)
    let own = values[Int(item)]
    let candidates = values.indices.filter { !history.contains(UInt32($0)) }
    let mean =
      candidates.reduce(0.0) { $0 + Double(values[$1]) } / Double(max(candidates.count, 1))
    let before = candidates.filter {
      values[$0] > own || (values[$0] == own && $0 < Int(item))
    }
    return (Double(own) - mean, 1 + before.count)
  }
}
