// Can one tell from what a model infers which latent feature was held fixed?

import DenseMath

/// The disentanglement score of Kim and Mnih (2018, section 4) as section 6.2.5 applies it to latent
/// features.
///
/// One vote: a target feature u is held at the value it has in one of the representations, in L others drawn
/// at random, which vary in all other features as representations do. The model turns them into interactions and these into
/// representations again. The feature whose variance there, over its variance in the representations, is
/// smallest is the vote for u. A majority vote classifier learns u from the feature on one half of the
/// votes; the score is its accuracy on the other half.
public struct DisentanglementScore: Sendable, Equatable {
  /// The share of votes whose target was told rightly.
  public let accuracy: Double
  /// sqrt(accuracy (1 - accuracy) / votes judged).
  public let standardError: Double
  /// The accuracy of guessing, 1 / features.
  public let chance: Double
  /// Features that could be fixed and be told.
  public let features: Int
  public let votesLearnt: Int
  public let votesJudged: Int
}

/// How the score is taken.
public struct DisentanglementPlan: Sendable {
  /// Votes to learn from for each feature; as many again are judged. Nil for 10, or beyond 200 features as many as make
  /// 2,000 of all together, 3 at least.
  public var votes: Int?
  /// Representations put together for each vote, L.
  public var draws = 64
  public var seed: UInt64 = 20
  /// Representations handed to the model at once.
  public var block = 256

  public init() {}

  /// Takes the score; nil when fewer than two features vary.
  ///
  /// - Parameters:
  ///   - sources: representations of real users (or items), one a row.
  ///   - active: the features not pruned; nil takes all. Pruned ones keep a source's value and are never
  ///     targets nor votes.
  ///   - regenerate: what the model infers from what it makes of such representations; row r of the
  ///     result belongs to row r given, which comes with the number of the source it began as.
  ///   - progress: gets the number of representations done.
  public func score(
    _ sources: Matrix<Float>, active: [Bool]? = nil, progress: (Int) -> Void = { _ in },
    regenerate: (Matrix<Float>, _ sources: [Int], _ first: Int) -> Matrix<Float>
  ) -> DisentanglementScore? {
    let variances = columnVariances(sources)
    let features = (0..<sources.columns).filter { (active?[$0] ?? true) && variances[$0] > 1e-12 }
    let votes = votes ?? min(10, max(3, 2000 / max(features.count, 1)))
    guard features.count > 1, sources.rows > 1, votes > 0, draws > 1 else { return nil }
    let half = votes * features.count
    let total = 2 * half
    // Every feature is the target equally often in either half.
    let targets = (0..<total).map { features[$0 % features.count] }
    var told = [Int](repeating: 0, count: total)
    let perBlock = max(block / draws, 1)
    for first in stride(from: 0, to: total, by: perBlock) {
      let range = first..<min(first + perBlock, total)
      let (made, began) = together(sources, targets: targets[range], first: first)
      let inferred = regenerate(made, began, first * draws)
      for (place, vote) in range.enumerated() {
        let rows = inferred.rowBlock(place * draws..<(place + 1) * draws)
        told[vote] = Self.steadiest(columnVariances(rows), over: variances, among: features)
      }
      progress(range.upperBound * draws)
    }
    return judge(targets: targets, told: told, half: half, features: features)
  }

  /// Representations that share the target's value, `draws` a vote.
  private func together(
    _ sources: Matrix<Float>, targets: ArraySlice<Int>, first: Int
  ) -> (Matrix<Float>, began: [Int]) {
    let made = Matrix<Float>(rows: targets.count * draws, columns: sources.columns)
    var began: [Int] = []
    for (place, target) in targets.enumerated() {
      var random = RandomStream(
        seed: seed, stage: RandomStage.disentanglement, index: UInt64(first + place))
      let value = sources[random.below(sources.rows), target]
      for draw in 0..<draws {
        let row = made.row(place * draws + draw)
        let source = random.below(sources.rows)
        began.append(source)
        _ = row.update(from: sources.row(source))
        row[target] = value
      }
    }
    return (made, began)
  }

  /// The feature of the smallest normalised variance; ties go to the lower one.
  private static func steadiest(
    _ variances: [Double], over whole: [Double], among features: [Int]
  ) -> Int {
    var best = features[0]
    var least = Double.infinity
    for feature in features where variances[feature] / whole[feature] < least {
      (best, least) = (feature, variances[feature] / whole[feature])
    }
    return best
  }

  private func judge(targets: [Int], told: [Int], half: Int, features: [Int])
    -> DisentanglementScore
  {
    // Votes by feature told and target; for each feature told, the target it stands for most often.
    var counts: [Int: [Int: Int]] = [:]
    for vote in 0..<half { counts[told[vote], default: [:]][targets[vote], default: 0] += 1 }
    let answers = counts.mapValues { row in
      row.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key ?? features[0]
    }
    let right = (half..<2 * half).count { answers[told[$0]] == targets[$0] }
    let accuracy = Double(right) / Double(half)
    return DisentanglementScore(
      accuracy: accuracy,
      standardError: (accuracy * (1 - accuracy) / Double(half)).squareRoot(),
      chance: 1 / Double(features.count), features: features.count, votesLearnt: half,
      votesJudged: half)
  }
}
