// How does a model score and explain that follows what is liked of late?

import DenseMath
import Glibc
import Interchange
import Recommending

/// Another model with a recency term: s = f + b_j where f is the logarithm of a probability, and else
/// s = log(max(f, 0) + e) + b_j, which ranks as (max(f, 0) + e) exp(b_j) does.
///
/// In an explanation b_j is a part of its own; parts of f on another scale share log(max(f, 0) + e) - log(e) as they
/// share f, and log(e) is the base rate.
final class RecentModel: WrappingModel {
  let inner: any RecommendationModel
  let term: RecencyTerm
  /// b_j, 1 x M.
  let recency: Matrix<Float>
  /// e; 0 where scores are logarithms already.
  private let floor: Double

  init(
    _ inner: any RecommendationModel, _ term: RecencyTerm, _ recency: Matrix<Float>, floor: Double
  ) {
    (self.inner, self.term, self.recency, self.floor) = (inner, term, recency, floor)
  }

  /// Adds the term that a model file holds; nil where it holds none.
  ///
  /// Throws `ModelError` where it makes no sense.
  init?(_ inner: any RecommendationModel, _ stored: StoredModel) throws {
    guard stored.tensors[Self.tensor] != nil else { return nil }
    recency = try stored.floats(Self.tensor, [stored.items.ids.count])
    let settings = stored.description["settings"]
    guard let weight = settings?["recency-weight"]?.double, weight > 0,
      let floor = settings?["recency-floor"]?.double, floor >= 0, floor.isFinite,
      floor > 0 || Self.hasLogarithms(inner)
    else { throw ModelError(.badData, "the model's recency is unusable; fit the model again") }
    self.inner = inner
    self.floor = floor
    term = RecencyTerm(
      halfLife: settings?["recency-half-life"]?.double ?? 0, weight: weight,
      popularity: settings?["recency-popularity"]?.double ?? 0)
  }

  private static let tensor = "recency"

  static func hasLogarithms(_ model: any RecommendationModel) -> Bool {
    (model as? any LatentModel)?.scoresAreLogProbabilities ?? (model is any ListingModel)
  }

  var itemCount: Int { inner.itemCount }
  var suitsStrangers: Bool { inner.suitsStrangers }
  var itemGroups: (assignment: [UInt32], prototypes: Matrix<Float>)? { inner.itemGroups }

  var settings: JSONValue {
    term.noted(in: inner.settings).setting("recency-floor", .number(floor))
  }

  func tensors() -> [Tensor] {
    inner.tensors() + [
      Tensor(Self.tensor, shape: [recency.columns], floats: recency.array)
    ]
  }

  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    inner.score(foldIn, rows: rows, into: scores)
    takeLogarithms(scores, floor: floor)
    addRow(recency, to: scores)
  }

  func score(_ foldIn: SparseRows, items: [UInt32], into scores: Matrix<Float>) {
    inner.score(foldIn, items: items, into: scores)
    takeLogarithms(scores, floor: floor)
    let own = items.map { recency[0, Int($0)] }
    addRow(Matrix(rows: 1, columns: own.count, own), to: scores)
  }

  func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation] {
    explain([(foldIn, items)], known: [])[0]
  }

  func explain(
    _ users: [(history: [UInt32], items: [UInt32])], known: [KnownFalls]
  ) -> [[Explanation]] {
    // What is known is of s, which on another scale falls otherwise than f does.
    inner.explain(users, known: floor == 0 ? known : []).map { $0.map(withRecency) }
  }

  private func withRecency(_ explanation: Explanation) -> Explanation {
    var changed = floor > 0 ? logarithmic(explanation) : explanation
    let own = Double(recency[0, Int(explanation.item)])
    changed.contributions.append(.init(source: .recency, value: own))
    changed.score += own
    return changed
  }

  func bases(_ foldIn: [UInt32], items: [UInt32]) -> [ReasonBasis] {
    // On another scale parts depend on the score.
    guard floor == 0 else { return explain(foldIn, items: items).map(ReasonBasis.init) }
    return inner.bases(foldIn, items: items).map { basis in
      var changed = basis
      changed.popularity += Double(recency[0, Int(basis.item)])
      return changed
    }
  }

  /// An explanation of f as one of log(max(f, 0) + e).
  private func logarithmic(_ explanation: Explanation) -> Explanation {
    var changed = explanation
    let score = explanation.score
    let logarithm = log(max(score, 0) + floor)
    let scale = score > 0 ? (logarithm - log(floor)) / score : 0
    changed.score = logarithm
    changed.contributions =
      [.init(source: .baseRate, value: log(floor))]
      + explanation.contributions.map { .init(source: $0.source, value: scale * $0.value) }
    changed.leaveOneOut = explanation.leaveOneOut.map {
      .init(index: $0.index, weight: logarithm - log(max(score - $0.weight, 0) + floor))
    }
    return changed
  }
}

/// log(max(f, 0) + e) of all scores; as they are where e is 0.
func takeLogarithms(_ scores: Matrix<Float>, floor: Double) {
  guard floor > 0 else { return }
  let least = Float(floor)
  Parallel.blocks(scores.rows, size: 16) { block in
    for row in block {
      let values = scores.row(row)
      for item in values.indices { values[item] = logf(max(values[item], 0) + least) }
    }
  }
}

/// Where the other model ranks by products and its scores are logarithms, the term is a bias of items.
extension RecentModel: FactorisedModel {
  var itemFactors: RankingFactors? {
    guard floor == 0 else { return nil }
    return (inner as? any FactorisedModel)?.itemFactors?.adding(recency)
  }

  func userFactors(_ foldIn: SparseRows, rows: Range<Int>) -> RankingFactors {
    guard let inner = inner as? any FactorisedModel else {
      preconditionFailure("only asked where there are item factors")
    }
    return inner.userFactors(foldIn, rows: rows)
  }
}
