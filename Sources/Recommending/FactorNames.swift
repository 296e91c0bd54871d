// What are latent factors called?

import DenseMath
import Interchange

/// Names for the factors of a model in its canonical basis: what all users share is the general appeal; any other is
/// told by well-known items that lie far out along it, on the side of the item that is spoken of.
public struct FactorNames: Sendable {
  /// By factor, the best known items far out on its sides, farthest first.
  private let ends: [(high: [Int], low: [Int])]
  private let vectors: Matrix<Float>
  private let commonCount: Int
  private let items: ItemChunk

  /// Items that stand for a side.
  private static let shown = 2

  /// Nil for models whose factors are those of no particular basis.
  public init?(_ fitted: any RecommendationModel, _ stored: StoredModel) {
    guard let inner = fitted.core as? any InterpretableModel,
      fitted.settings["basis"]?.string == "canonical", !stored.itemInteractions.isEmpty
    else { return nil }
    let popularity = stored.itemInteractions
    // A tenth of the items, at least a few, that are chosen most: what others are told by must be known.
    let known = popularity.indices.sorted { (popularity[$0], $1) > (popularity[$1], $0) }
      .prefix(max(popularity.count / 10, 20))
    let vectors = inner.factorVectors
    commonCount = inner.commonCount
    ends = (0..<inner.latentCount).map { factor in
      let order = known.sorted { (vectors[$0, factor], $1) > (vectors[$1, factor], $0) }
      return (
        Array(order.prefix(Self.shown + 1)), Array(order.suffix(Self.shown + 1).reversed())
      )
    }
    self.vectors = vectors
    items = stored.items
  }

  /// The name of a factor where it speaks for or against an item; nil for factors beyond those of the model itself, as
  /// further members have.
  public func name(of factor: Int, for item: Int) -> String? {
    guard ends.indices.contains(factor) else { return nil }
    guard factor >= commonCount else { return "general appeal" }
    let side = vectors[item, factor] >= 0 ? ends[factor].high : ends[factor].low
    let others = side.filter { $0 != item }.prefix(Self.shown)
    return "factor \(factor) (\(others.map { items.name(of: $0) }.joined(separator: ", ")))"
  }
}
