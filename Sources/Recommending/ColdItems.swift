// How do items that nobody chose yet get scores?

import DenseMath
import Interchange

/// A model with further items, which it was not fitted to: each scores as the model's items of its categories do on
/// average.
///
/// The average goes over the items of the highest cosine between sets of categories, and over those of the next
/// ones until there are twenty, weighted by it. Where scores are products of vectors it is the score of the mean
/// vector (Gantner et al., 2010: attributes mapped to factors by nearest neighbours). Further items of the same
/// categories score alike.
public final class ColdItems: RecommendationModel {
  private let inner: any RecommendationModel
  /// For each set of categories the model's items that stand for it, with weights that add up to 1.
  private let profiles: [[(item: UInt32, weight: Float)]]
  /// The set of each further item.
  private let profileOf: [Int]
  private let scores = Workspace<Float>()
  private static let least = 20

  /// - Parameters:
  ///   - known: the categories of the model's items.
  ///   - further: those of the further ones; each has one that an item of the model has.
  public init(_ inner: any RecommendationModel, known: [[UInt32]], further: [[UInt32]]) {
    precondition(known.count == inner.itemCount)
    self.inner = inner
    let (known, sets) = (known.map { Set($0).sorted() }, further.map { Set($0).sorted() })
    let distinct = Dictionary(
      sets.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let firsts = distinct.values.sorted()
    let places = Dictionary(uniqueKeysWithValues: firsts.enumerated().map { (sets[$1], $0) })
    profiles = firsts.map { Self.neighbours(of: sets[$0], known) }
    profileOf = sets.compactMap { places[$0] }
    precondition(profiles.allSatisfy { !$0.isEmpty })
  }

  private static func neighbours(
    of categories: [UInt32], _ known: [[UInt32]]
  ) -> [(item: UInt32, weight: Float)] {
    let cosines = known.map { categoryCosine(categories, $0) }
    let order = cosines.indices.filter { cosines[$0] > 0 }
      .sorted { (cosines[$1], $0) < (cosines[$0], $1) }
    guard let last = order.prefix(least).last else { return [] }
    // All that are as near as the last one are taken, so that their order says nothing.
    let chosen = order.filter { cosines[$0] >= cosines[last] }
    let sum = chosen.reduce(Float(0)) { $0 + cosines[$1] }
    return chosen.map { (UInt32($0), cosines[$0] / sum) }
  }

  public var itemCount: Int { inner.itemCount + profileOf.count }
  public var settings: JSONValue { inner.settings }
  public func tensors() -> [Tensor] { inner.tensors() }

  /// - Parameter foldIn: over the model's own items; nothing is known of who chose others.
  public func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    precondition(foldIn.columnCount == inner.itemCount && scores.columns == itemCount)
    let known = self.scores.matrix(rows: rows.count, columns: inner.itemCount)
    inner.score(foldIn, rows: rows, into: known)
    Parallel.blocks(rows.count, size: 4) { block in
      for row in block {
        let (source, target) = (known.row(row), scores.row(row))
        _ = target.update(from: source)
        let means = profiles.map { $0.reduce(Float(0)) { $0 + $1.weight * source[Int($1.item)] } }
        for (place, profile) in profileOf.enumerated() {
          target[source.count + place] = means[profile]
        }
      }
    }
  }

  public func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation] {
    items.map { item in
      guard item >= inner.itemCount else { return inner.explain(foldIn, items: [item])[0] }
      let neighbours = profiles[profileOf[Int(item) - inner.itemCount]]
      var (score, parts) = (0.0, [Explanation.Contribution]())
      let all = inner.explain(foldIn, items: neighbours.map(\.item))
      for (explanation, neighbour) in zip(all, neighbours) {
        let weight = Double(neighbour.weight)
        score += weight * explanation.score
        parts += explanation.contributions.map {
          .init(source: $0.source, value: weight * $0.value)
        }
      }
      return Explanation(item: item, score: score, contributions: parts.bySource)
    }
  }

  /// A matrix of one row an item of the model, with the mean rows of the further items below.
  public func extended(_ vectors: Matrix<Float>) -> Matrix<Float> {
    let result = Matrix<Float>(rows: itemCount, columns: vectors.columns)
    result.rowBlock(0..<vectors.rows).copy(from: vectors)
    for (place, profile) in profileOf.enumerated() {
      let target = result.row(vectors.rows + place)
      for (item, weight) in profiles[profile] {
        let source = vectors.row(Int(item))
        for column in source.indices { target[column] += weight * source[column] }
      }
    }
    return result
  }
}

/// The cosine of two sets of categories, each ascending and without repeats; 0 where one is empty.
public func categoryCosine(_ first: [UInt32], _ second: [UInt32]) -> Float {
  var (shared, at, other) = (0, 0, 0)
  while at < first.count, other < second.count {
    if first[at] == second[other] { shared += 1 }
    let (left, right) = (first[at], second[other])
    at += left <= right ? 1 : 0
    other += right <= left ? 1 : 0
  }
  guard shared > 0 else { return 0 }
  return Float(shared) / Float(first.count * second.count).squareRoot()
}
