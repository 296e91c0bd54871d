// What shall lists be beside the best by score?

import ArgumentParser
import DenseMath
import Recommending
import ToolKit

/// How lists are made from scores.
struct ListShape: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How much items of a list shall differ: from 0, the order of the scores, to 1.",
      valueName: "weight"))
  var diversity: Float = 0

  @Option(help: "What items are compared by: categories where the model has them, else vectors.")
  var diversityBy: DiversityFeature = .auto

  @Flag(
    help: "Fill short lists with what is popular among all candidates, and mark what is popular.")
  var fill = false

  func validate() throws {
    guard (0...1).contains(diversity) else {
      throw ValidationError("--diversity must be between 0 and 1")
    }
  }

  /// The re-ranking that is asked for; nil for none.
  ///
  /// Throws `ToolError` (usage) when the model does not have what items shall be compared by.
  func diversity(of shelf: Shelf, _ fitted: any RecommendationModel, _ name: String) throws
    -> Diversity?
  {
    guard diversity > 0 else { return nil }
    if diversityBy != .vectors, let lists = shelf.items.categories,
      lists.contains(where: { !$0.isEmpty })
    {
      return Diversity(weight: diversity, .categories(lists))
    }
    if diversityBy != .categories, let latent = fitted.core as? any LatentModel {
      let vectors = latent.itemVectors
      return Diversity(weight: diversity, .vectors(shelf.cold?.extended(vectors) ?? vectors))
    }
    let missing =
      switch diversityBy {
      case .auto: "neither categories nor vectors"
      case .categories: "no categories"
      case .vectors: "no vectors"
      }
    throw ToolError(
      .usage,
      "\(name): has \(missing) of items for --diversity; ingest with --items and fit again, or fit another"
        + " model")
  }
}

/// What items are compared by.
enum DiversityFeature: String, ExpressibleByArgument, CaseIterable {
  case auto
  case categories
  case vectors
}

/// Makes the lists of a run, a block of users at a time.
struct ListMaker {
  struct List {
    var entries: [Ranked<Float>]
    /// How many of them the model ranked for the user, before what is popular.
    var own: Int
  }

  let model: Ranker
  /// What is popular among the model's own items, of which there are so many; nil where it is not known.
  let popular: Ranker?
  let knownItems: Int
  let diversity: Diversity?
  let top: Int
  let keepsSeen: Bool
  let fills: Bool

  /// Lists of some cases; those of whom nothing is known get what is popular, or nothing where that is not known.
  ///
  /// - Parameter rules: what is left out for each; nil where that is what they have.
  func lists(_ history: SparseRows, rows: Range<Int>, _ rules: PersonalRules?) -> [List] {
    let count = diversity == nil ? top : Diversity.pool(for: top)
    let hidden = rules?.hidden(rows: rows, keepsSeen: keepsSeen)
    var pools = model.top(
      history, rows: rows, count: count, keepsSeen: keepsSeen, leavingOut: hidden)
    let strangers = rows.filter { history.row($0).isEmpty }
    var favourites: [Ranked<Float>]?
    for row in strangers {
      // Without rules of their own they all get the same.
      let found =
        (rules == nil ? favourites : nil)
        ?? popular(row, count: count, of: history, but: hidden?.row(row - rows.lowerBound))
      favourites = found
      pools[row - rows.lowerBound] = found
    }
    if let diversity { pools = diversity.lists(from: pools, count: top) }
    var lists = pools.map { List(entries: $0, own: $0.count) }
    for row in strangers { lists[row - rows.lowerBound].own = 0 }
    if fills { fill(&lists, history, rows, rules) }
    return lists
  }

  private func popular(
    _ row: Int, count: Int, of history: SparseRows, but hidden: ArraySlice<UInt32>?
  ) -> [Ranked<Float>] {
    let hidden = hidden.map { items in
      SparseRows(lists: [items.filter { $0 < knownItems }], columnCount: knownItems)
    }
    return popular?.top(
      history, rows: row..<row + 1, count: count, keepsSeen: keepsSeen, leavingOut: hidden)[0] ?? []
  }

  /// Lengthens short lists by what is popular, whether or not it is among the user's own candidates.
  private func fill(
    _ lists: inout [List], _ history: SparseRows, _ rows: Range<Int>, _ rules: PersonalRules?
  ) {
    let short = rows.filter { lists[$0 - rows.lowerBound].entries.count < top }
    for row in short {
      let place = row - rows.lowerBound
      let hidden = rules?.hidden(
        rows: row..<row + 1, keepsSeen: keepsSeen, amongCandidates: false)
      let listed = Set(lists[place].entries.map(\.index))
      let more = popular(row, count: top, of: history, but: hidden?.row(0))
      lists[place].entries += more.filter { !listed.contains($0.index) }
        .prefix(top - listed.count)
    }
  }
}
