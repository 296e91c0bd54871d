// What do a user's items say directly about others, beside what the model infers from them?

import DenseMath
import FactorModels
import Fitting
import Glibc
import Interchange
import LinearModels
import Recommending
import Training

/// An expert multiplied to InDGRM's: log p_ij + w (x_i B)_j + f p_i . q_j + (v - 1) log(1 + n_j), B an item-item
/// regression with users weighted by their size, p . q a factorisation by alternating least squares (none unless it is
/// asked for), either fitted apart from the rest, n_j the training interactions of an item. What is given the user's
/// items both are sums over them. All parts of the product know which items are popular; v < 1 takes out what counts
/// twice, and v > 1 adds popularity where data are too thin for the factors to have learnt it. w, v and f are chosen on
/// validation users, and so is whether all items or few tell an item best where tastes are spread.
struct NeighbourhoodExpert {
  /// B; nil where it has no weight.
  var weights: ItemItemWeights?
  /// Q and how p is made; nil where they have no weight.
  var factors: FactorModel?
  /// w, f and v.
  var choice: Choice
  /// (v - 1) log(1 + n_j), 1 x M.
  var bias: Matrix<Float>
  /// How many items B tells an item by at most; 0 for all.
  let neighbours: Int

  static let options = [
    ModelOption(
      "expert", .choice("none", ["none", "linear", "linear+ials"]),
      "A linear neighbourhood model multiplied to the generative one, or that and a factorisation as ials makes it"
    ),
    ModelOption(
      "expert-neighbours", .integer(0, 0...100_000),
      "Items each item is explained by; auto takes all, or 200 above 20,000 items (rule 2), and with group parts what suits validation users better (200 without any)",
      auto: .always(formerly: "0")
    ),
    ModelOption(
      "expert-weight", .number(12, 0...1e6),
      "Its weight; auto chooses on validation users (12 without any)",
      auto: .always(formerly: "0")),
    ModelOption(
      "expert-ials-weight", .number(4, 0...1e6),
      "Weight of the factorisation; auto chooses on validation users (4 without any)",
      auto: .always(formerly: "0")),
    ModelOption(
      "expert-ials-epochs", .integer(16, 1...100_000),
      "Rounds of the factorisation; auto takes the best of 16 by validation users",
      auto: .always(formerly: "0")),
    ModelOption(
      "expert-popularity", .number(0.7, 0...100),
      "Power of popularity in the product: 1 leaves what its factors say, less takes some out, more adds; auto chooses on validation users (0.7 without any)",
      auto: .always(formerly: "-1")
    ),
  ]

  /// Settings that earlier versions had, and what is done now.
  static let withdrawn = [
    "expert-dropout": "the expert emulates a dropout of 0.33",
    "expert-lambda": "the expert's L2 regularisation is 300",
    "expert-user-weight": "the expert weighs users by their size to minus 0.5",
  ]

  /// Fits the expert and chooses its weight beside a trained model; nil when it is off.
  ///
  /// Throws `ModelError`.
  init?(_ data: TrainingData, _ settings: ModelSettings, beside model: InDGRM)
    throws
  {
    guard settings.choice("expert") != "none" else { return nil }
    let logCounts = Matrix<Float>(
      rows: 1, columns: data.rows.columnCount,
      data.rows.columnCounts().map { Float(log(1 + Double($0))) })
    let given = Given(data.settled) ?? Given(settings)
    let numbers =
      given.neighbours.map { [$0] }
      ?? Self.neighbours(
        settings.integer("expert-neighbours"), items: data.rows.columnCount,
        spread: model.shape.usesParts, canChoose: data.validation != nil)
    let isSettled = numbers.count == 1 && given.weight != nil && given.popularity != nil
    var best: (choice: Choice, weights: ItemItemWeights, neighbours: Int)?
    for neighbours in numbers {
      let weights = try ItemItemRegression(
        lambda: 300, dropout: 0.33, userWeight: 0.5, neighbours: neighbours, ranks: data.ranks
      ).fit(data.weightedRows)
      let choice = Self.choose(
        weight: given.weight, popularity: given.popularity, isSettled ? nil : data.validation
      ) { held, mixtures in
        validate(held, mixing: mixtures, bias: logCounts) { rows, base, linear, _ in
          model.score(held.foldIn, rows: rows, into: base)
          weights.score(held.foldIn, rows: rows, into: linear)
        }
      }
      if best.map({ choice.value > $0.choice.value }) ?? true {
        best = (choice, weights, neighbours)
      }
    }
    guard var best else { return nil }
    var factors: FactorModel?
    if settings.choice("expert") == "linear+ials", given.factors != 0 {
      let found = try Self.factorise(data, rounds: given.rounds)
      best.choice = Self.chooseFactors(given, beside: best.choice, data.validation) {
        held, mixtures in
        validate(held, mixing: mixtures, bias: logCounts) { rows, base, linear, factors in
          model.score(held.foldIn, rows: rows, into: base)
          best.weights.score(held.foldIn, rows: rows, into: linear)
          found.score(held.foldIn, rows: rows, into: factors)
        }
      }
      if best.choice.factors > 0 { factors = found }
    }
    (choice, neighbours, self.factors) = (best.choice, best.neighbours, factors)
    weights = choice.weight > 0 ? best.weights : nil
    bias = logCounts
    scale(bias, by: Float(choice.popularity - 1))
  }

  /// The factorisation as `fit --model ials` makes it.
  ///
  /// - Parameter rounds: how many it takes where an earlier fit found out.
  ///
  /// Throws `ModelError` when it fails.
  private static func factorise(_ data: TrainingData, rounds: Int?) throws -> FactorModel {
    let words = rounds.map { ["epochs=\($0)"] } ?? []
    return try fitFactors(
      data, ModelSettings(words, for: ImplicitALS.self), TrainingMonitor(), neighbours: nil
    ).model
  }

  /// The numbers of neighbours to choose from, 0 for all: several only where tastes are spread, so that the model has
  /// group parts, and there are validation users.
  static func neighbours(_ setting: Int, items: Int, spread: Bool, canChoose: Bool) -> [Int] {
    let usual = ItemItemRegression.neighbours(setting, items: items)
    guard setting == 0, spread else { return [usual] }
    let few = ItemItemRegression.neighbours(ItemItemRegression.few, items: items)
    return few == usual || !canChoose ? [few] : [few, usual]
  }

  /// Brings the expert back; nil when the model has none.
  ///
  /// Throws `ModelError`.
  init?(_ stored: StoredModel) throws {
    let settings = stored.description["settings"]
    guard let strength = settings?["expert-weight"]?.double,
      settings?["expert"]?.string ?? "none" != "none"
    else { return nil }
    choice = Choice(
      weight: strength, factors: settings?["expert-ials-weight"]?.double ?? 0,
      popularity: settings?["expert-popularity"]?.double ?? 1)
    weights = strength > 0 ? try ItemItemWeights(stored, prefix: Self.prefix) : nil
    neighbours = settings?["expert-neighbours"]?.int ?? 0
    let own = Parameter<Float>("expert-bias", rows: 1, columns: stored.items.ids.count)
    // Early models have none.
    if stored.tensors[own.name] != nil { try stored.fill([own]) }
    bias = own.value
    factors =
      choice.factors > 0
      ? try FactorModel(stored, settings: settings?["expert-ials"], prefix: Self.prefix) : nil
  }

  private static let prefix = "expert-"

  var tensors: [Tensor] {
    (weights?.tensors(prefix: Self.prefix) ?? []) + (factors?.tensors(prefix: Self.prefix) ?? [])
      + [bias.tensor("expert-bias")]
  }

  /// Settings with what was chosen beside a model, and why.
  static func reasoning(_ settings: ModelSettings, _ model: InDGRM, _ data: TrainingData)
    -> ModelSettings
  {
    guard model.expert != nil else { return settings }
    let how = data.validation == nil ? "without validation users" : "on the validation users"
    let why = data.settled == nil ? Reason.chosen(how) : .taken("the first fit")
    return options.map(\.name).reduce(settings) { settings, name in
      guard settings.isAuto(name), let value = model.settings[name], value != "auto" else {
        return settings
      }
      return settings.setting(name, value, why)
    }
  }

  /// Settings with what was chosen.
  func noted(in settings: JSONValue) -> JSONValue {
    let noted = settings.setting("expert-weight", .number(choice.weight))
      .setting("expert-popularity", .number(choice.popularity))
      .setting("expert-neighbours", .integer(neighbours))
    guard settings["expert"]?.string == "linear+ials" else { return noted }
    return noted.setting("expert-ials-weight", .number(choice.factors))
      .setting("expert-ials-epochs", factors?.settings["best_epoch"] ?? 0)
      .setting("expert-ials", factors?.settings ?? .null)
  }

  /// Adds w (x B) + f P Q' + (v - 1) log(1 + n) to scores.
  func add(_ foldIn: SparseRows, rows: Range<Int>, to scores: Matrix<Float>) {
    func add(_ strength: Double, _ score: (Matrix<Float>) -> Void) {
      let own = Matrix<Float>(rows: scores.rows, columns: scores.columns)
      score(own)
      addScaled(own, by: Float(strength), to: scores)
    }
    if let weights { add(choice.weight) { weights.score(foldIn, rows: rows, into: $0) } }
    if let factors { add(choice.factors) { factors.score(foldIn, rows: rows, into: $0) } }
    addRow(bias, to: scores)
  }

  /// Adds f P Q' to scores of some items, rows x items.
  func addFactors(_ foldIn: SparseRows, items: [ScoredRows], to scores: Matrix<Float>) {
    guard let factors else { return }
    let users = factors.userFactors(foldIn, rows: 0..<foldIn.rowCount).factors
    for (rows, items) in items {
      for row in rows {
        for (place, item) in items.enumerated() {
          scores[row, place] +=
            Float(choice.factors) * dot(users.row(row), factors.items.row(Int(item)))
        }
      }
    }
  }

  /// What each item of a user's adds to an item's score by B, largest first.
  func linearContributions(_ foldIn: [UInt32], to item: UInt32) -> [Explanation.Contribution] {
    weights?.contributions(foldIn, to: item, scale: choice.weight) ?? []
  }

  /// What each item of a user's adds to items' scores by either, for each of these largest first.
  func contributions(_ foldIn: [UInt32], to items: [UInt32]) -> [[Explanation.Contribution]] {
    let linear = items.map { linearContributions(foldIn, to: $0) }
    guard let factors else { return linear }
    return zip(linear, factors.explain(foldIn, items: items)).map { linear, explanation in
      var sums = Dictionary(uniqueKeysWithValues: linear.map { ($0.source, $0.value) })
      for part in explanation.contributions {
        sums[part.source, default: 0] += choice.factors * part.value
      }
      return sums.map { Explanation.Contribution(source: $0.key, value: $0.value) }
        .sorted { ($0.value, $0.source.order) > ($1.value, $1.source.order) }
    }
  }
}
