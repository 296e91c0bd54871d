// By how much should a model follow what is liked of late?

import DenseMath
import Glibc
import Interchange
import Recommending

/// A term of every item's score, w (log pi_h - r log pi_inf): pi_h are the shares of items in the training
/// interactions of late, with half-life h, and pi_inf those in all of them, which the model's own scores hold already.
public struct RecencyTerm: Sendable, Equatable {
  /// h in days.
  public var halfLife: Double
  /// w.
  public var weight: Double
  /// r, the share of ever being popular that is taken out.
  public var popularity: Double

  public init(halfLife: Double, weight: Double, popularity: Double) {
    self.halfLife = halfLife
    self.weight = weight
    self.popularity = popularity
  }

  static let options = [
    ModelOption(
      "recency-weight", .number(0, 0...1000),
      "Weight of what is liked of late in a score; 0 leaves it out, auto chooses on validation users (0 without any, or without times, or where none gains)",
      auto: .unlessGiven(formerly: "-1")
    ),
    ModelOption(
      "recency-half-life", .number(30, 0.01...100_000),
      "Days after which an interaction is half as recent; auto chooses on validation users (30 without any)",
      auto: .always(formerly: "-1")
    ),
    ModelOption(
      "recency-popularity", .number(0.5, 0...1),
      "Share of long-run popularity that the term takes out; auto chooses on validation users (0.5 without any)",
      auto: .always(formerly: "-1")
    ),
  ]

  /// The numbers as set, or as usual where they are left to the data.
  init(_ settings: ModelSettings) {
    let numbers = Self.options.map { option in
      settings.isAuto(option.name)
        ? option.usualValue.double ?? 0 : settings.number(option.name)
    }
    self.init(halfLife: numbers[1], weight: numbers[0], popularity: numbers[2])
  }

  private var numbers: [(String, JSONValue)] {
    [
      ("recency-weight", .number(weight)), ("recency-half-life", .number(halfLife)),
      ("recency-popularity", .number(popularity)),
    ]
  }

  /// Settings with these numbers.
  func noted(in settings: JSONValue) -> JSONValue {
    numbers.reduce(settings) { $0.setting($1.0, $1.1) }
  }

  /// Settings with these numbers where they were left to the data, and why.
  func noted(in settings: ModelSettings, _ reason: Reason) -> ModelSettings {
    numbers.reduce(settings) { settings, number in
      settings.isAuto(number.0) ? settings.setting(number.0, number.1, reason) : settings
    }
  }

  /// The term of each item, less its mean.
  ///
  /// - Parameters:
  ///   - recent: shares with the half-life.
  ///   - ever: shares without any.
  func values(recent: ItemPopularity, ever: ItemPopularity) -> Matrix<Float> {
    let raw = zip(recent.shares, ever.shares).map { recent, ever in
      weight * (log(Double(recent)) - popularity * log(Double(ever)))
    }
    let mean = raw.reduce(0, +) / Double(max(raw.count, 1))
    return Matrix(rows: 1, columns: raw.count, raw.map { Float($0 - mean) })
  }
}

/// Chooses the term that suits validation users.
struct RecencyChoice {
  private let data: TrainingData
  /// Users of whom something is known: the others get what is popular of late whatever the term is.
  private let held: ValidationUsers
  private let ever: ItemPopularity

  static let weights = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 50]
  static let popularities = [0, 0.25, 0.5, 0.75, 1]
  /// Numbers that a choice may look at: some seconds.
  private static let mostScores = 4_000_000_000

  /// The lists of some cases with each of some terms added to scores.
  typealias Lists = (_ held: ValidationUsers, _ rows: Range<Int>, _ terms: [Matrix<Float>]) ->
    [[[Ranked<Float>]]]

  /// Nil without times or validation users of whom something is known.
  init?(_ data: TrainingData) {
    guard data.hasTimes, let held = data.validation else { return nil }
    self.data = data
    let known = held.truth.indices.filter { held.lengths[$0] > 0 && !held.foldIn.row($0).isEmpty }
    let candidates = Self.weights.count * ItemPopularity.halfLives.count
    let most = max(Self.mostScores / candidates / max(data.rows.columnCount, 1), 100)
    let step = (known.count + most - 1) / most
    let asked = known.indices.filter { $0 % max(step, 1) == 0 }.map { known[$0] }
    guard !asked.isEmpty else { return nil }
    self.held = held.cases(asked)
    ever = ItemPopularity(data, halfLife: 0)
  }

  /// The best of all half-lives and weights with a middling share taken out, then of the shares with weights nearby;
  /// what it gains is for the caller to judge.
  ///
  /// - Parameters:
  ///   - given: settings, of which the numbers stay that are not left to the data.
  ///   - lists: made by the logarithms of scores, or scores that are such.
  /// - Returns: the term with the values of the cases.
  func best(
    _ given: ModelSettings, _ lists: Lists
  ) -> (term: RecencyTerm, values: [Double])? {
    func numbers(_ name: String, _ all: [Double]) -> [Double] {
      given.isAuto("recency-" + name) ? all : [given.number("recency-" + name)]
    }
    let halfLives = numbers("half-life", ItemPopularity.halfLives)
    let (weights, middle) = (numbers("weight", Self.weights), numbers("popularity", [0.5]))
    let first = halfLives.flatMap { halfLife in
      weights.map { RecencyTerm(halfLife: halfLife, weight: $0, popularity: middle[0]) }
    }
    guard let rough = measure(first, lists) else { return nil }
    let nearby = numbers("weight", [0.6, 1, 1.6].map { $0 * rough.term.weight })
    let second = numbers("popularity", Self.popularities).flatMap { popularity in
      nearby.map {
        RecencyTerm(halfLife: rough.term.halfLife, weight: $0, popularity: popularity)
      }
    }
    guard let fine = measure(second, lists), fine.mean > rough.mean else {
      return (rough.term, rough.values)
    }
    return (fine.term, fine.values)
  }

  /// The cases' values without any term.
  func values(_ lists: Lists) -> [Double] {
    measure([RecencyTerm(halfLife: 0, weight: 0, popularity: 0)], lists)?.values ?? []
  }

  /// The first of the best terms with its mean and the values of the cases.
  private func measure(
    _ terms: [RecencyTerm], _ lists: Lists
  ) -> (term: RecencyTerm, mean: Double, values: [Double])? {
    var recent: [Double: ItemPopularity] = [0: ever]
    for term in terms where recent[term.halfLife] == nil {
      recent[term.halfLife] = ItemPopularity(data, halfLife: term.halfLife)
    }
    let rows = terms.map { $0.values(recent: recent[$0.halfLife] ?? ever, ever: ever) }
    var values = terms.map { _ in [Double]() }
    let sum = MetricSum(held)
    for start in stride(from: 0, to: held.foldIn.rowCount, by: ValidationUsers.block) {
      let block = start..<min(start + ValidationUsers.block, held.foldIn.rowCount)
      for (place, lists) in lists(held, block, rows).enumerated() {
        values[place] += zip(block, lists).map { sum.value($0, $1) }
      }
    }
    let means = values.map { $0.reduce(0, +) / Double(max($0.count, 1)) }
    guard let best = means.indices.max(by: { means[$0] < means[$1] }) else { return nil }
    return (terms[best], means[best], values[best])
  }
}

extension ValidationUsers {
  /// Some of the cases.
  func cases(_ places: [Int]) -> ValidationUsers {
    var chosen = ValidationUsers(
      foldIn: foldIn.rows(at: places), truth: places.map { truth[$0] },
      lengths: places.map { lengths[$0] }, rounds: places.map { rounds[$0] })
    (chosen.metric, chosen.popular, chosen.keepsSeen) = (metric, popular, keepsSeen)
    return chosen
  }
}
