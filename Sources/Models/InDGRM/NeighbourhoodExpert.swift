// What do a user's items say directly about others, beside what the model infers from them?

import DenseMath
import Glibc
import Interchange

/// A linear expert multiplied to InDGRM's: log p_ij + w (x_i B)_j + (v - 1) log(1 + n_j), B an item-item
/// regression with users weighted by their size, fitted apart from the rest, n_j the training interactions of an
/// item. Both factors of the product know which items are popular; v < 1 takes out what counts twice, and v > 1
/// adds popularity where data are too thin for the factors to have learnt it. w and v are chosen on validation
/// users.
struct NeighbourhoodExpert {
  /// B; nil where it has no weight.
  let weights: ItemItemWeights?
  /// w.
  let strength: Double
  /// v.
  let popularity: Double
  /// (v - 1) log(1 + n_j), 1 x M.
  let bias: Matrix<Float>

  static let options = [
    ModelOption(
      "expert", .choice("none", ["none", "linear"]),
      "A linear neighbourhood model multiplied to the generative one"),
    ModelOption("expert-lambda", .number(300, 1e-6...1e9), "Its L2 regularisation"),
    ModelOption("expert-dropout", .number(0.33, 0...0.99), "The dropout it emulates"),
    ModelOption("expert-user-weight", .number(0.5, 0...2), "Its weight of users, as in edlae"),
    ModelOption(
      "expert-neighbours", .integer(0, 0...100_000),
      "Items each item is explained by; 0 takes all, or 200 above 20,000 items or with group parts"),
    ModelOption(
      "expert-weight", .number(0, 0...1e6),
      "Its weight; 0 chooses on validation users (12 without any)"),
    ModelOption(
      "expert-popularity", .number(-1, 0...100),
      "Power of popularity in the product: 1 leaves what its factors say, less takes some out, more adds; -1 chooses on validation users (0.7 without any)"
    ),
  ]

  /// Fits the expert and chooses its weight beside a trained model; nil when it is off.
  ///
  /// Where tastes are spread, so that the model has group parts, an item is told best by few others.
  ///
  /// Throws `ModelError`.
  init?(_ data: TrainingData, _ settings: ModelSettings, beside model: InDGRM)
    throws
  {
    guard settings.choice("expert") == "linear" else { return nil }
    let regression = ItemItemRegression(
      lambda: settings.number("expert-lambda"), dropout: settings.number("expert-dropout"),
      userWeight: settings.number("expert-user-weight"),
      neighbours: ItemItemRegression.neighbours(
        settings.integer("expert-neighbours"), items: data.rows.columnCount,
        few: model.options.usesParts))
    let weights = try regression.fit(data.rows)
    let logCounts = Matrix<Float>(
      rows: 1, columns: data.rows.columnCount,
      data.rows.columnCounts().map { Float(log(1 + Double($0))) })
    let (weight, power) = (
      settings.number("expert-weight"), settings.number("expert-popularity")
    )
    (strength, popularity) = Self.choose(
      weight: weight > 0 ? weight : nil, popularity: power >= 0 ? power : nil, data.validation
    ) { held, mixtures in
      validate(held, mixing: mixtures, bias: logCounts) { rows, base, added in
        model.score(held.foldIn, rows: rows, into: base)
        weights.score(held.foldIn, rows: rows, into: added)
      }
    }
    self.weights = strength > 0 ? weights : nil
    bias = logCounts
    scale(bias, by: Float(popularity - 1))
  }

  /// w and v where they are not given: first w with popularity as it is, in steps of a third of an octave from
  /// 1/2 to 100, then v from 0.2 to 6 with w nearby.
  ///
  /// - Parameter measure: the validation metric of each mixture.
  static func choose(
    weight: Double?, popularity: Double?, _ held: ValidationUsers?,
    _ measure: (ValidationUsers, [ExpertMixture]) -> [Double]
  ) -> (weight: Double, popularity: Double) {
    if let weight, let popularity { return (weight, popularity) }
    guard let held else { return (weight ?? 12, popularity ?? 0.7) }
    func best(_ mixtures: [ExpertMixture]) -> ExpertMixture {
      let values = measure(held, mixtures)
      return mixtures[values.indices.max { values[$0] < values[$1] } ?? 0]
    }
    let octaves = (0..<24).map { exp2(Double($0) / 3 - 1) }
    let first = best(
      (weight.map { [$0] } ?? [0] + octaves).map {
        ExpertMixture(added: $0, bias: (popularity ?? 1) - 1)
      })
    if let popularity { return (first.added, popularity) }
    let nearby =
      weight.map { [$0] }
      ?? (first.added > 0 ? (-1...2).map { first.added * exp2(Double($0) / 3) } : [0])
    let powers = (0...8).map { 1 - 0.1 * Double($0) } + [1.3, 1.6, 2, 2.5, 3, 4, 6]
    let second = best(
      nearby.flatMap { near in powers.map { ExpertMixture(added: near, bias: $0 - 1) } })
    return (second.added, second.bias + 1)
  }

  /// Brings the expert back; nil when the model has none.
  ///
  /// Throws `ModelError`.
  init?(_ stored: StoredModel) throws {
    guard let strength = stored.description["settings"]?["expert-weight"]?.double,
      stored.description["settings"]?["expert"]?.string == "linear"
    else { return nil }
    weights = strength > 0 ? try ItemItemWeights(stored, prefix: "expert-") : nil
    self.strength = strength
    popularity = stored.description["settings"]?["expert-popularity"]?.double ?? 1
    let own = Parameter<Float>("expert-bias", rows: 1, columns: stored.items.ids.count)
    // Early models have none.
    if stored.tensors[own.name] != nil { try stored.fill([own]) }
    bias = own.value
  }

  var tensors: [Tensor] {
    (weights?.tensors(prefix: "expert-") ?? []) + [bias.tensor("expert-bias")]
  }

  /// Adds w (x B) + (v - 1) log(1 + n) to scores.
  func add(_ foldIn: SparseRows, rows: Range<Int>, to scores: Matrix<Float>) {
    if let weights {
      let own = Matrix<Float>(rows: scores.rows, columns: scores.columns)
      weights.score(foldIn, rows: rows, into: own)
      addScaled(own, by: Float(strength), to: scores)
    }
    addRow(bias, to: scores)
  }

  /// What each item of a user's adds to an item's score, largest first.
  func contributions(_ foldIn: [UInt32], to item: UInt32) -> [Explanation.Contribution] {
    weights?.contributions(foldIn, to: item, scale: strength) ?? []
  }
}
