// What do a user's items say directly about others, beside what the model infers from them?

import DenseMath
import Glibc
import Interchange

/// A linear expert multiplied to InDGRM's: log p_ij + w (x_i B)_j, B an item-item regression with users
/// weighted by their size, fitted apart from the rest; w is chosen on validation users.
struct NeighbourhoodExpert {
  let weights: ItemItemWeights
  /// w.
  let strength: Double

  static let options = [
    ModelOption(
      "expert", .choice("none", ["none", "linear"]),
      "A linear neighbourhood model multiplied to the generative one"),
    ModelOption("expert-lambda", .number(300, 1e-6...1e9), "Its L2 regularisation"),
    ModelOption("expert-dropout", .number(0.33, 0...0.99), "The dropout it emulates"),
    ModelOption("expert-user-weight", .number(0.5, 0...2), "Its weight of users, as in edlae"),
    ModelOption(
      "expert-neighbours", .integer(0, 0...100_000),
      "Items each item is explained by; 0 takes all, or 200 above 20,000 items"),
    ModelOption(
      "expert-weight", .number(0, 0...1e6),
      "Its weight; 0 chooses on validation users (12 without any)"),
  ]

  /// Fits the expert and chooses its weight beside a trained model; nil when it is off.
  init?(_ data: TrainingData, _ settings: ModelSettings, beside model: InDGRM)
    throws
  {
    guard settings.choice("expert") == "linear" else { return nil }
    let regression = ItemItemRegression(
      lambda: settings.number("expert-lambda"), dropout: settings.number("expert-dropout"),
      userWeight: settings.number("expert-user-weight"),
      neighbours: ItemItemRegression.neighbours(
        settings.integer("expert-neighbours"), items: data.rows.columnCount))
    let weights = try regression.fit(data.rows)
    self.weights = weights
    let given = settings.number("expert-weight")
    if given > 0 {
      strength = given
    } else if let held = data.validation {
      // Steps of a third of an octave from 1/2 to 100.
      let choices: [Double] = [0] + (0..<24).map { exp2(Double($0) / 3 - 1) }
      let values = validate(held, mixing: choices) { rows, base, added in
        model.score(held.foldIn, rows: rows, into: base)
        weights.score(held.foldIn, rows: rows, into: added)
      }
      let best = values.indices.max { values[$0] < values[$1] } ?? 0
      strength = choices[best]
    } else {
      strength = 12
    }
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
  }

  /// Adds w (x B) to scores.
  func add(_ foldIn: SparseRows, rows: Range<Int>, to scores: Matrix<Float>) {
    guard strength != 0 else { return }
    let own = Matrix<Float>(rows: scores.rows, columns: scores.columns)
    weights.score(foldIn, rows: rows, into: own)
    addScaled(own, by: Float(strength), to: scores)
  }
}
