// What lists do the tests evaluate, and by what slow and plain code are they checked?

import Glibc

@testable import RankingMetrics

/// One user's list of one round.
struct TestList {
  var user: UInt32
  var round: Int
  var ranking: [UInt32]
  var truth: [UInt32]
  var foldIn: Int
}

/// Evaluates lists in the order given.
func evaluate(
  _ lists: [TestList], _ catalogue: Catalogue, _ options: MetricsOptions = MetricsOptions()
) throws -> RankingEvaluation {
  let accumulator = try RankingAccumulator(options: options, catalogue: catalogue)
  for list in lists {
    try accumulator.add(
      user: list.user, round: list.round, ranking: list.ranking, truth: list.truth,
      foldInCount: list.foldIn)
  }
  return try accumulator.finish()
}

/// Options with other cut-offs than the protocol's.
func options(cutoffs: [Int]) -> MetricsOptions {
  var options = MetricsOptions()
  options.cutoffs = cutoffs
  return options
}

/// Random lists: some truths are empty, some lists short, some truth items not in the catalogue.
func randomLists(
  _ random: inout SplitMix, users: Int, rounds: Int, items: Int, length: Int
) -> [TestList] {
  var lists: [TestList] = []
  for user in 0..<users {
    for round in 0..<rounds where random.below(10) > 0 {
      let truthSize = random.below(min(items, 12))
      let truth = (0..<truthSize).map { _ in UInt32(random.below(items + 2)) }
      let size = random.below(4) == 0 ? random.below(length + 1) : length
      lists.append(
        TestList(
          user: UInt32(user * 3), round: round,
          ranking: Array(shuffled(items, &random).prefix(size)), truth: Set(truth).sorted(),
          foldIn: random.below(12)))
    }
  }
  return lists
}

/// The items 0..<count in random order.
func shuffled(_ count: Int, _ random: inout SplitMix) -> [UInt32] {
  var items = (0..<count).map { UInt32($0) }
  for last in stride(from: count - 1, to: 0, by: -1) {
    items.swapAt(last, random.below(last + 1))
  }
  return items
}

/// A per-user metric straight from its definition, with sets and powers.
func plain(_ metric: Metric, _ ranking: [UInt32], _ truth: [UInt32], _ n: Int) -> Double {
  let wanted = Set(truth)
  let relevance = ranking.prefix(n).map { wanted.contains($0) ? 1.0 : 0.0 }
  let hits = relevance.reduce(0, +)
  let best = Double(min(n, truth.count))
  switch metric {
  case .recall: return hits / Double(truth.count)
  case .recallMin: return hits / best
  case .precision: return hits / Double(n)
  case .hitRate: return relevance.contains(1) ? 1 : 0
  case .ndcg:
    let gain = { (relevances: [Double]) -> Double in
      relevances.enumerated().map { (pow(2, $1) - 1) / (log(Double($0) + 2) / log(2)) }
        .reduce(0, +)
    }
    return gain(relevance) / gain([Double](repeating: 1, count: Int(best)))
  case .reciprocalRank:
    return relevance.firstIndex(of: 1).map { 1 / Double($0 + 1) } ?? 0
  case .averagePrecision:
    let precisions = relevance.indices.map {
      relevance[$0] * relevance[...$0].reduce(0, +) / Double($0 + 1)
    }
    return precisions.reduce(0, +) / best
  case .explainabilityPrecision, .explainabilityRecall, .explainableItems, .diversity, .calibration,
    .coverage, .gini, .novelty:
    return .nan
  }
}

/// Whether two numbers agree, relative to the larger one or 1.
func close(_ a: Double?, _ b: Double?, within tolerance: Double = 1e-12) -> Bool {
  guard let a, let b else { return a == nil && b == nil }
  return abs(a - b) <= tolerance * max(1, abs(a), abs(b))
}
