// What do a user's items say directly about others, beside what the model infers from them?

import DenseMath
import Glibc
import Interchange

/// A linear expert multiplied to InDGRM's: log p_ij + w (x_i B)_j - v log(1 + n_j), B an item-item regression
/// with users weighted by their size, fitted apart from the rest, n_j the training interactions of an
/// item. Both factors of the product know which items are popular; v takes out what counts twice. w and v
/// are chosen on validation users.
struct NeighbourhoodExpert {
  let weights: ItemItemWeights
  /// w.
  let strength: Double
  /// v.
  let tempering: Double
  /// - v log(1 + n_j), 1 x M.
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
      "expert-tempering", .number(-1, 0...10),
      "Share of log popularity taken out of the product; -1 chooses on validation users (0.3 without any)"
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
    self.weights = weights
    let popularity = Matrix<Float>(
      rows: 1, columns: data.rows.columnCount,
      data.rows.columnCounts().map { Float(log(1 + Double($0))) })
    let (weight, share) = (
      settings.number("expert-weight"), settings.number("expert-tempering")
    )
    let chosen = Self.choose(
      weight: weight > 0 ? weight : nil, tempering: share >= 0 ? share : nil, data.validation
    ) { held, mixtures in
      validate(held, mixing: mixtures, bias: popularity) { rows, base, added in
        model.score(held.foldIn, rows: rows, into: base)
        weights.score(held.foldIn, rows: rows, into: added)
      }
    }
    strength = chosen.weight
    // Without the other factor nothing counts twice.
    tempering = strength > 0 ? chosen.tempering : 0
    bias = popularity
    scale(bias, by: Float(-tempering))
  }

  /// w and v where they are not given: first w without tempering, in steps of a third of an octave from
  /// 1/2 to 100, then v up to 0.8 with w nearby.
  ///
  /// - Parameter measure: the validation metric of each mixture.
  static func choose(
    weight: Double?, tempering: Double?, _ held: ValidationUsers?,
    _ measure: (ValidationUsers, [ExpertMixture]) -> [Double]
  ) -> (weight: Double, tempering: Double) {
    if let weight, let tempering { return (weight, tempering) }
    guard let held else { return (weight ?? 12, tempering ?? 0.3) }
    func best(_ mixtures: [ExpertMixture]) -> ExpertMixture {
      let values = measure(held, mixtures)
      return mixtures[values.indices.max { values[$0] < values[$1] } ?? 0]
    }
    let octaves = (0..<24).map { exp2(Double($0) / 3 - 1) }
    let first = best(
      (weight.map { [$0] } ?? [0] + octaves).map {
        ExpertMixture(added: $0, bias: $0 > 0 ? -(tempering ?? 0) : 0)
      })
    guard tempering == nil, first.added > 0 else { return (first.added, tempering ?? 0) }
    let nearby = weight.map { [$0] } ?? (-1...2).map { first.added * exp2(Double($0) / 3) }
    let second = best(
      nearby.flatMap { near in
        (0...8).map { ExpertMixture(added: near, bias: -0.1 * Double($0)) }
      })
    return (second.added, -second.bias)
  }

  /// Brings the expert back; nil when the model has none.
  ///
  /// Throws `ModelError`.
  init?(_ stored: StoredModel) throws {
    guard let strength = stored.description["settings"]?["expert-weight"]?.double,
      stored.description["settings"]?["expert"]?.string == "linear"
    else { return nil }
    weights = try ItemItemWeights(stored, prefix: "expert-")
    self.strength = strength
    tempering = stored.description["settings"]?["expert-tempering"]?.double ?? 0
    let own = Parameter<Float>("expert-bias", rows: 1, columns: stored.items.ids.count)
    // Models fitted before there was tempering have none.
    if stored.tensors[own.name] != nil { try stored.fill([own]) }
    bias = own.value
  }

  var tensors: [Tensor] {
    weights.tensors(prefix: "expert-") + [bias.tensor("expert-bias")]
  }

  /// Adds w (x B) - v log(1 + n) to scores.
  func add(_ foldIn: SparseRows, rows: Range<Int>, to scores: Matrix<Float>) {
    guard strength != 0 else { return }
    let own = Matrix<Float>(rows: scores.rows, columns: scores.columns)
    weights.score(foldIn, rows: rows, into: own)
    addScaled(own, by: Float(strength), to: scores)
    addRow(bias, to: scores)
  }
}
