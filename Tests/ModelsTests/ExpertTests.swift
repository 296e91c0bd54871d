// Are the expert's weight and the power of popularity chosen as they should be?

import DenseMath
import Interchange
import Testing

@testable import Fitting
@testable import InDGRMModel
@testable import ModelCatalogue
@testable import Recommending

@Suite struct ExpertTests {
  private let held = ValidationUsers(
    foldIn: SparseRows(offsets: [0, 1], columns: [0], columnCount: 3), truth: [[1]])

  /// A metric that is best at w = 8, v = 0.6.
  private func hill(_: ValidationUsers, _ mixtures: [ExpertMixture]) -> [Double] {
    mixtures.map { -abs($0.linear - 8) - 10 * abs($0.bias + 0.4) }
  }

  @Test func bothAreFoundOnTheGrid() {
    let found = NeighbourhoodExpert.choose(weight: nil, popularity: nil, held, hill)
    #expect(abs(found.weight - 8) < 1e-9 && found.factors == 0)
    #expect(abs(found.popularity - 0.6) < 1e-9)
    #expect(abs(found.value) < 1e-9)
  }

  @Test func givenOnesAreKept() {
    let kept = NeighbourhoodExpert.choose(weight: 3, popularity: nil, held, hill)
    #expect(kept.weight == 3 && abs(kept.popularity - 0.6) < 1e-9)
    let plain = NeighbourhoodExpert.choose(weight: nil, popularity: 1, held, hill)
    #expect(abs(plain.weight - 8) < 1e-9 && plain.popularity == 1)
    let both = NeighbourhoodExpert.choose(weight: 3, popularity: 1, held, hill)
    #expect(both.weight == 3 && both.popularity == 1 && abs(both.value + 9) < 1e-9)
    let unheld = NeighbourhoodExpert.choose(weight: nil, popularity: nil, nil, hill)
    #expect(unheld.weight == 12 && unheld.popularity == 0.7)
  }

  /// Beside w = 16 factors are best at f = 8 and w halved; a metric they harm leaves all as it was.
  @Test func factorsAreAddedWhereTheyHelp() throws {
    func settings(_ words: [String]) throws -> NeighbourhoodExpert.Given {
      .init(try ModelSettings(pinning: words, for: InDGRMFamily.self))
    }
    let first = NeighbourhoodExpert.Choice(weight: 16, popularity: 0.6, value: -9)
    func choose(_ words: [String], _ held: ValidationUsers?, _ best: Double = 8) throws
      -> NeighbourhoodExpert.Choice
    {
      NeighbourhoodExpert.chooseFactors(try settings(words), beside: first, held) {
        $1.map { -abs($0.linear - 16 + best) - abs($0.factors - best) }
      }
    }
    let found = try choose([], held)
    #expect(found.weight == 8 && abs(found.factors - 8) < 1e-9)
    #expect(abs(found.popularity - 0.6) < 1e-12 && abs(found.value) < 1e-9)
    let none = try choose([], held, 0)
    #expect(none.weight == 16 && none.factors == 0)
    let given = try choose(["expert-ials-weight=3"], held)
    #expect(given.weight == 8 && given.factors == 3)
    let fixed = try choose(["expert-weight=16"], held)
    #expect(fixed.weight == 16 && abs(fixed.factors - 8) < 1e-9)
    let both = try choose(["expert-weight=16", "expert-ials-weight=3"], held)
    #expect(both.weight == 16 && both.factors == 3 && both.value == -9)
    let unheld = try choose([], nil)
    #expect(unheld.weight == 16 && unheld.factors == 4)
  }

  /// Where neighbours do not help, popularity still may; where neither does, nothing is added.
  @Test(arguments: [4.0, 1.0])
  func popularityMayHelpWhereNeighboursDoNot(_ best: Double) {
    let found = NeighbourhoodExpert.choose(weight: nil, popularity: nil, held) {
      $1.map { -$0.linear - abs($0.bias - (best - 1)) }
    }
    #expect(found.weight == 0 && found.popularity == best)
  }

  @Test(arguments: [
    (0, 20_000, false, true, [0]), (0, 20_001, false, true, [200]), (0, 500, true, true, [200, 0]),
    (0, 500, true, false, [200]), (0, 201, true, true, [0]), (0, 30_000, true, true, [200]),
    (50, 500, false, true, [50]), (50, 500, true, true, [50]), (100_000, 30_000, true, true, [0]),
  ])
  func neighboursAreFewInLargeCataloguesAndChosenForSpreadTastes(
    _ setting: Int, _ items: Int, _ spread: Bool, _ canChoose: Bool, _ counts: [Int]
  ) {
    #expect(
      NeighbourhoodExpert.neighbours(setting, items: items, spread: spread, canChoose: canChoose)
        == counts)
  }

  @Test func mixturesAreValidatedAsTheyScore() {
    // One user, items 1 and 2 to rank: the base prefers 2, the added scores 1, the bias 2 again.
    let bias = Matrix<Float>(rows: 1, columns: 3, [0, 0, 1])
    let values = validate(
      held,
      mixing: [
        .init(linear: 0, bias: 0), .init(linear: 2, bias: 0), .init(linear: 2, bias: 4),
        .init(linear: 2, factors: 3, bias: 0),
      ], bias: bias
    ) { _, base, linear, factors in
      base.copy(from: Matrix(rows: 1, columns: 3, [0, 0, 1]))
      linear.copy(from: Matrix(rows: 1, columns: 3, [0, 1, 0]))
      factors.copy(from: Matrix(rows: 1, columns: 3, [0, 0, 1]))
    }
    let second = 0.6309297535714575  // 1 / log2(3)
    #expect(abs(values[0] - second) < 1e-12)
    #expect(abs(values[1] - 1) < 1e-12)
    #expect(abs(values[2] - second) < 1e-12 && abs(values[3] - second) < 1e-12)
  }

  private static let small = ["width=16", "latent=8", "epochs=4", "clusters=2", "depth=0"]

  /// An expert without weight is not stored, and has but popularity in scores and explanations.
  @Test(arguments: ["0.5", "1", "3"]) func expertsOfNoWeightAreSilent(_ popularity: String) throws {
    let task = try driftingTask(times: false, scheme: .users)
    let words = ["expert=linear", "expert-weight=0", "expert-popularity=\(popularity)"]
    let stored = try fit(task, "indgrm", Self.small + words)
    #expect(stored.tensors["expert-bias"] != nil && stored.tensors["expert-weights"] == nil)
    let model = try ModelCatalogue.restore(stored)
    let scores = Matrix<Float>(rows: 1, columns: model.itemCount)
    model.score(task.data.rows, rows: 0..<1, into: scores)
    let item = try #require(model.explain(Array(task.data.rows.row(0)), items: [3]).first)
    #expect(abs(item.score - Double(scores[0, 3])) < 1e-3)
  }

  /// Beside group parts the expert tells an item by few others or by all, whichever validation users are served better
  /// by.
  @Test func neighboursAreChosenOnValidationUsers() throws {
    // Neighbours of 400 items: those of the same hundred, the nearer the likelier.
    let lists = (0..<300).map { user -> [UInt32] in
      let mixed = (0..<30).map { (user * 37 + $0 * $0 * 11 + ($0 % 3) * user) % 100 }
      return Set(mixed.map { UInt32(user % 4 * 100 + $0) }).sorted()
    }
    let rows = SparseRows(lists: lists, columnCount: 400)
    func held(_ users: Range<Int>) -> ValidationUsers {
      ValidationUsers(
        foldIn: SparseRows(
          lists: lists[users].map { Array($0.prefix($0.count / 2)) }, columnCount: 400),
        truth: lists[users].map { Array($0.suffix($0.count - $0.count / 2)) })
    }
    func value(_ neighbours: String) throws -> (value: Double, neighbours: Int?) {
      var data = TrainingData(rows: rows, seed: 3)
      data.validation = held(0..<60)
      let words =
        Self.small + [
          "groups=3", "group-parts=on", "expert=linear", "expert-neighbours=\(neighbours)",
        ]
      let model = try InDGRMFamily.fit(
        data, ModelSettings(pinning: words, for: InDGRMFamily.self), TrainingMonitor()
      ).model
      return (data.validation?.value(of: model) ?? 0, model.settings["expert-neighbours"]?.int)
    }
    let (few, all, chosen) = (try value("200"), try value("399"), try value("auto"))
    #expect(few.value != all.value && few.neighbours == 200 && all.neighbours == 0)
    #expect(chosen.value == max(few.value, all.value))
    #expect(chosen.neighbours == (few.value > all.value ? 200 : 0))
  }
}
