// What do a user's items say directly about others, beside what the model infers from them?

import DenseMath
import Glibc
import Interchange

/// A linear expert multiplied to InDGRM's: log p_ij + w (x_i B)_j + (v - 1) log(1 + n_j), B an item-item
/// regression with users weighted by their size, fitted apart from the rest, n_j the training interactions of an
/// item. Both factors of the product know which items are popular; v < 1 takes out what counts twice, and v > 1
/// adds popularity where data are too thin for the factors to have learnt it. w and v are chosen on validation
/// users, and so is whether all items or few tell an item best where tastes are spread.
struct NeighbourhoodExpert {
  /// B; nil where it has no weight.
  let weights: ItemItemWeights?
  /// w.
  let strength: Double
  /// v.
  let popularity: Double
  /// (v - 1) log(1 + n_j), 1 x M.
  let bias: Matrix<Float>
  /// How many items B tells an item by at most; 0 for all.
  let neighbours: Int

  static let options = [
    ModelOption(
      "expert", .choice("none", ["none", "linear"]),
      "A linear neighbourhood model multiplied to the generative one"),
    ModelOption("expert-lambda", .number(300, 1e-6...1e9), "Its L2 regularisation"),
    ModelOption("expert-dropout", .number(0.33, 0...0.99), "The dropout it emulates"),
    ModelOption("expert-user-weight", .number(0.5, 0...2), "Its weight of users, as in edlae"),
    ModelOption(
      "expert-neighbours", .integer(0, 0...100_000),
      "Items each item is explained by; 0 takes all, or 200 above 20,000 items, and with group parts what suits validation users better (200 without any)"
    ),
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
  /// Throws `ModelError`.
  init?(_ data: TrainingData, _ settings: ModelSettings, beside model: InDGRM)
    throws
  {
    guard settings.choice("expert") == "linear" else { return nil }
    let logCounts = Matrix<Float>(
      rows: 1, columns: data.rows.columnCount,
      data.rows.columnCounts().map { Float(log(1 + Double($0))) })
    let given = Given(data.settled) ?? Given(settings)
    let numbers =
      given.neighbours.map { [$0] }
      ?? Self.neighbours(
        settings.integer("expert-neighbours"), items: data.rows.columnCount,
        spread: model.options.usesParts, canChoose: data.validation != nil)
    let isSettled = numbers.count == 1 && given.weight != nil && given.popularity != nil
    var best: (choice: Choice, weights: ItemItemWeights, neighbours: Int)?
    for neighbours in numbers {
      let weights = try ItemItemRegression(
        lambda: settings.number("expert-lambda"), dropout: settings.number("expert-dropout"),
        userWeight: settings.number("expert-user-weight"), neighbours: neighbours
      ).fit(data.rows)
      let choice = Self.choose(
        weight: given.weight, popularity: given.popularity, isSettled ? nil : data.validation
      ) { held, mixtures in
        validate(held, mixing: mixtures, bias: logCounts) { rows, base, added in
          model.score(held.foldIn, rows: rows, into: base)
          weights.score(held.foldIn, rows: rows, into: added)
        }
      }
      if best.map({ choice.value > $0.choice.value }) ?? true {
        best = (choice, weights, neighbours)
      }
    }
    guard let best else { return nil }
    (strength, popularity, neighbours) = (
      best.choice.weight, best.choice.popularity, best.neighbours
    )
    weights = strength > 0 ? best.weights : nil
    bias = logCounts
    scale(bias, by: Float(popularity - 1))
  }

  /// The numbers of neighbours to choose from, 0 for all: several only where tastes are spread, so that the model has
  /// group parts, and there are validation users.
  static func neighbours(_ setting: Int, items: Int, spread: Bool, canChoose: Bool) -> [Int] {
    let usual = ItemItemRegression.neighbours(setting, items: items)
    guard setting == 0, spread else { return [usual] }
    let few = ItemItemRegression.neighbours(ItemItemRegression.few, items: items)
    return few == usual || !canChoose ? [few] : [few, usual]
  }

  /// What need not be chosen.
  private struct Given {
    var weight: Double?
    var popularity: Double?
    var neighbours: Int?

    /// What the user set.
    init(_ settings: ModelSettings) {
      let (weight, power) = (
        settings.number("expert-weight"), settings.number("expert-popularity")
      )
      self.weight = weight > 0 ? weight : nil
      popularity = power >= 0 ? power : nil
    }

    /// What an earlier fit chose, no weight included; nil where it had no expert.
    init?(_ earlier: JSONValue?) {
      guard let weight = earlier?["expert-weight"]?.double, weight >= 0,
        let popularity = earlier?["expert-popularity"]?.double, popularity >= 0,
        let neighbours = earlier?["expert-neighbours"]?.int, neighbours >= 0
      else { return nil }
      (self.weight, self.popularity, self.neighbours) = (weight, popularity, neighbours)
    }
  }

  /// w and v, and the validation metric with them; 0 without validation users.
  typealias Choice = (weight: Double, popularity: Double, value: Double)

  /// w and v where they are not given: first w with popularity as it is, in steps of a third of an octave from
  /// 1/2 to 100, then v from 0.2 to 6 with w nearby.
  ///
  /// - Parameter measure: the validation metric of each mixture.
  static func choose(
    weight: Double?, popularity: Double?, _ held: ValidationUsers?,
    _ measure: (ValidationUsers, [ExpertMixture]) -> [Double]
  ) -> Choice {
    guard let held else { return (weight ?? 12, popularity ?? 0.7, 0) }
    func best(_ mixtures: [ExpertMixture]) -> Choice {
      let values = measure(held, mixtures)
      let place = values.indices.max { values[$0] < values[$1] } ?? 0
      return (mixtures[place].added, mixtures[place].bias + 1, values[place])
    }
    let octaves = (0..<24).map { exp2(Double($0) / 3 - 1) }
    let first = best(
      (weight.map { [$0] } ?? [0] + octaves).map {
        ExpertMixture(added: $0, bias: (popularity ?? 1) - 1)
      })
    if let popularity { return (first.weight, popularity, first.value) }
    let nearby =
      weight.map { [$0] }
      ?? (first.weight > 0 ? (-1...2).map { first.weight * exp2(Double($0) / 3) } : [0])
    let powers = (0...8).map { 1 - 0.1 * Double($0) } + [1.3, 1.6, 2, 2.5, 3, 4, 6]
    return best(
      nearby.flatMap { near in powers.map { ExpertMixture(added: near, bias: $0 - 1) } })
  }

  /// Brings the expert back; nil when the model has none.
  ///
  /// Throws `ModelError`.
  init?(_ stored: StoredModel) throws {
    guard let strength = stored.description["settings"]?["expert-weight"]?.double,
      stored.description["settings"]?["expert"]?.string == "linear"
    else { return nil }
    weights = strength > 0 ? try ItemItemWeights(stored, prefix: "expert-") : nil
    neighbours = stored.description["settings"]?["expert-neighbours"]?.int ?? 0
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
