// How much of each expert suits validation users?

import Fitting
import Glibc
import Interchange

extension NeighbourhoodExpert {
  /// w, f and v, and the validation metric with them; 0 without validation users.
  struct Choice {
    var weight: Double
    var factors = 0.0
    var popularity: Double
    var value = 0.0
  }

  /// What need not be chosen.
  struct Given {
    var weight: Double?
    var factors: Double?
    /// Rounds of the factorisation.
    var rounds: Int?
    var popularity: Double?
    var neighbours: Int?

    /// What the user set.
    init(_ settings: ModelSettings) {
      func chosen(_ name: String) -> Double? {
        settings.isAuto(name) ? nil : settings.number(name)
      }
      (weight, factors) = (chosen("expert-weight"), chosen("expert-ials-weight"))
      popularity = chosen("expert-popularity")
      rounds = chosen("expert-ials-epochs").map { Int($0) }
    }

    /// What an earlier fit chose, no weight included; nil where it had no expert.
    init?(_ earlier: JSONValue?) {
      guard let weight = earlier?["expert-weight"]?.double, weight >= 0,
        let popularity = earlier?["expert-popularity"]?.double, popularity >= 0,
        let neighbours = earlier?["expert-neighbours"]?.int, neighbours >= 0
      else { return nil }
      (self.weight, self.popularity, self.neighbours) = (weight, popularity, neighbours)
      factors = earlier?["expert-ials-weight"]?.double.map { max($0, 0) }
      rounds = earlier?["expert-ials-epochs"]?.int.map { max($0, 1) }
    }
  }

  /// What an expert must add to the validation metric to be kept: less is how ties fall, which hangs on a score's last
  /// bits and so on the processor.
  private static let leastGain = 1e-4

  typealias Measure = (ValidationUsers, [ExpertMixture]) -> [Double]

  /// w and v where they are not given: first w with popularity as it is, in steps of a third of an octave from
  /// 1/2 to 100 (0 where none gains `leastGain`), then v from 0.2 to 6 with w nearby.
  ///
  /// - Parameter measure: the validation metric of each mixture.
  static func choose(
    weight: Double?, popularity: Double?, _ held: ValidationUsers?, _ measure: Measure
  ) -> Choice {
    guard let held else { return Choice(weight: weight ?? 12, popularity: popularity ?? 0.7) }
    let octaves = (0..<24).map { exp2(Double($0) / 3 - 1) }
    var first = best(
      (weight.map { [$0] } ?? octaves).map {
        ExpertMixture(linear: $0, bias: (popularity ?? 1) - 1)
      }, held, measure)
    if weight == nil {
      let without = best([ExpertMixture(linear: 0, bias: (popularity ?? 1) - 1)], held, measure)
      if first.value < without.value + leastGain { first = without }
    }
    if popularity != nil { return first }
    let nearby =
      weight.map { [$0] }
      ?? (first.weight > 0 ? (-1...2).map { first.weight * exp2(Double($0) / 3) } : [0])
    let powers = (0...8).map { 1 - 0.1 * Double($0) } + [1.3, 1.6, 2, 2.5, 3, 4, 6]
    return best(
      nearby.flatMap { near in powers.map { ExpertMixture(linear: near, bias: $0 - 1) } }, held,
      measure)
  }

  /// f where it is not given, from 0 in steps of half an octave from 1 to 45, beside what was chosen without
  /// factors, of whose w they may take up to a half.
  ///
  /// - Parameter measure: the validation metric of each mixture.
  static func chooseFactors(
    _ given: Given, beside first: Choice, _ held: ValidationUsers?, _ measure: Measure
  ) -> Choice {
    guard let held, given.factors == nil || given.weight == nil else {
      var choice = first
      choice.factors = given.factors ?? 4
      return choice
    }
    let linear = given.weight.map { [$0] } ?? [1, 0.7, 0.5].map { first.weight * $0 }
    let factors = given.factors.map { [$0] } ?? [0] + (0..<12).map { exp2(Double($0) / 2) }
    return best(
      linear.flatMap { linear in
        factors.map { ExpertMixture(linear: linear, factors: $0, bias: first.popularity - 1) }
      }, held, measure)
  }

  /// The first of the best mixtures.
  private static func best(
    _ mixtures: [ExpertMixture], _ held: ValidationUsers, _ measure: Measure
  ) -> Choice {
    let values = measure(held, mixtures)
    let place = values.indices.max { values[$0] < values[$1] } ?? 0
    let mixture = mixtures[place]
    return Choice(
      weight: mixture.linear, factors: mixture.factors, popularity: mixture.bias + 1,
      value: values[place])
  }
}
