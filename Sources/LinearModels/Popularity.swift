// What does everybody like?

import DenseMath
import Fitting
import Interchange
import Recommending

/// Ranks items by their number of training interactions, or by those of late more.
package final class Popularity: RecommendationModel, ModelFamily {
  package static let name = "popularity"
  package static let summary =
    "items by their number of interactions, of late or ever, the same for everybody"
  package static let options: [ModelOption] = [
    ModelOption(
      "half-life", .number(0, 0...100_000),
      "Days after which an interaction counts half; 0 counts all alike, auto chooses on validation users (0 without any, or without times, or where none gains)",
      auto: .unlessGiven(formerly: "-1")
    )
  ]

  /// Interactions of each item divided by the number of training users, decayed ones scaled to the same sum; 1 x M.
  private let shares: Matrix<Float>
  package let settings: JSONValue

  private init(_ popularity: ItemPopularity) {
    shares = Matrix(rows: 1, columns: popularity.shares.count, popularity.shares)
    settings = ["half-life": .number(popularity.halfLife)]
  }

  package static func fit(
    _ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor
  ) throws -> FittedModel {
    let halfLife = settings.number("half-life")
    guard halfLife <= 0 || data.times != nil else {
      throw ModelError(
        .badData, "half-life needs times, and these interactions have none; leave it out")
    }
    guard settings.isAuto("half-life") else {
      return FittedModel(Popularity(ItemPopularity(data, halfLife: halfLife)), settings)
    }
    let chosen = ItemPopularity(choosingFor: data)
    return FittedModel(
      Popularity(chosen),
      settings.setting(
        "half-life", .number(chosen.halfLife), .chosen("what suits validation users")))
  }

  /// What those get of whom nothing is known, as a model file of any family tells: what was popular of late where
  /// validation users wanted that, else what most training users chose; nil where it does not.
  package init?(trainingOf stored: StoredModel) {
    settings = .object([:])
    let name = stored.description["model"]?.string == Self.name ? "shares" : nil
    let shape = [stored.items.ids.count]
    if let own = try? name.map({ try stored.floats($0, [1] + shape) })
      ?? stored.floats(StoredModel.popularityTensor, shape)
    {
      shares = own
      return
    }
    let counts = stored.itemInteractions
    guard counts.contains(where: { $0 > 0 }) else { return nil }
    let users = max(Float(stored.description["training_users"]?.int ?? 1), 1)
    shares = Matrix(rows: 1, columns: counts.count, counts.map { Float($0) / users })
  }

  package static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    try Popularity(stored)
  }

  private init(_ stored: StoredModel) throws {
    shares = try stored.floats("shares", [1, stored.items.ids.count])
    settings = stored.description["settings"] ?? .object([:])
  }

  package var itemCount: Int { shares.columns }
  package var suitsStrangers: Bool { true }
  package func tensors() -> [Tensor] { [shares.tensor("shares")] }

  package func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    for row in 0..<rows.count { _ = scores.row(row).update(from: shares.buffer) }
  }

  package func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation] {
    items.map { item in
      let share = Double(shares[0, Int(item)])
      return Explanation(
        item: item, score: share, contributions: [.init(source: .itemBias, value: share)])
    }
  }
}
