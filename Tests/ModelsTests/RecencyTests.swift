// Do models follow what is liked of late where that serves validation users, and say so?

import DenseMath
import Glibc
import InteractionData
import Interchange
import Support
import Testing

@testable import Fitting
@testable import InDGRMModel
@testable import LinearModels
@testable import ModelCatalogue
@testable import Recommending

@Suite struct RecencyTests {
  private static let small = ["epochs=4", "latent=6", "width=16", "batch=50"]
  private static let cases: [(String, [String])] = [
    ("ease", []), ("item-knn", []), ("ials", ["factors=4"]), ("mult-vae", small),
    ("indgrm", small + ["clusters=2", "groups=3"]),
    ("indgrm", small + ["clusters=2", "groups=3", "expert=linear"]),
  ]

  /// Shares 3/4 and 1/4 ever, even ones of late; w 2 and r 1/2.
  @Test func termByHand() {
    var data = TrainingData(
      rows: SparseRows(lists: [[0], [0], [0], [1]], columnCount: 2), seed: 1)
    data.times = [0, 0, 86_400 * 10, 86_400 * 10]
    let (ever, recent) = (
      ItemPopularity(data, halfLife: 0), ItemPopularity(data, halfLife: 0.1)
    )
    let term = RecencyTerm(halfLife: 0.1, weight: 2, popularity: 0.5)
    let values = term.values(recent: recent, ever: ever)
    let (first, second) = (0.01 * 0.75 + 0.99 * 0.5, 0.01 * 0.25 + 0.99 * 0.5)
    let expected = 2 * (log(first / second) - 0.5 * log(3))
    #expect(abs(Double(values[0, 0] - values[0, 1]) - expected) < 1e-5)
    #expect(abs(values[0, 0] + values[0, 1]) < 1e-6)
  }

  @Test(arguments: cases.indices) func theTermIsChosenWhereItGains(_ index: Int) throws {
    let (name, words) = Self.cases[index]
    let task = try driftingTask()
    let with = try fit(task, name, words)
    let without = try fit(task, name, words + ["recency-weight=0"])
    let settings = try #require(with.description["settings"])
    #expect(settings["recency-weight"]?.double ?? 0 > 0)
    #expect(1...60 ~= settings["recency-half-life"]?.double ?? 0)
    #expect(without.tensors["recency"] == nil)
    let (value, before) = (
      try #require(settings["validation"]?.double),
      try #require(without.description["settings"]?["validation"]?.double)
    )
    #expect(value > before, "\(name)")
    // What the file brings back is what was judged.
    let back = try ModelCatalogue.restore(with)
    #expect(task.validation(of: back) == value)
  }

  @Test(arguments: cases.indices) func partsAddUp(_ index: Int) throws {
    let (name, words) = Self.cases[index]
    let task = try driftingTask()
    let set = ["recency-weight=2", "recency-half-life=5", "recency-popularity=0.25"]
    let stored = try fit(task, name, words + set)
    let model = try ModelCatalogue.restore(stored)
    let (rows, count) = (task.data.rows, model.itemCount)
    let scores = Matrix<Float>(rows: 1, columns: count)
    let some = Matrix<Float>(rows: rows.rowCount, columns: 3)
    model.score(rows, items: [0, 5, 9], into: some)
    let lists = Ranker(model).top(rows, rows: 0..<20, count: 5)
    for user in [0, 7, 19] {
      model.score(rows, rows: user..<user + 1, into: scores)
      #expect(abs(some[user, 1] - scores[0, 5]) < 1e-4)
      for explanation in model.explain(
        Array(rows.row(user)), items: (0..<count).map { UInt32($0) })
      {
        let score = Double(scores[0, Int(explanation.item)])
        let sum = explanation.contributions.reduce(0) { $0 + $1.value }
        #expect(abs(sum - score) < 1e-4 * max(1, abs(score)), "\(name)")
        #expect(abs(explanation.score - score) < 1e-4 * max(1, abs(score)))
        #expect(explanation.contributions.filter { $0.source == .recency }.count == 1)
      }
      let wanted = topItems(scores, rows.rows(at: [user]), rows: 0..<1, count: 5)[0]
      for (own, other) in zip(lists[user], wanted) {
        #expect(abs(own.score - other.score) < 2e-4 * max(1, abs(other.score)), "\(name)")
      }
    }
    #expect((model.core as? any InterpretableModel != nil) == (name == "indgrm"))
  }

  @Test func nothingIsFollowedWithoutTimes() throws {
    let timeless = try driftingTask(times: false, scheme: .ratio)
    let model = try fit(timeless, "ease", [])
    #expect(model.tensors["recency"] == nil)
    #expect(model.description["settings"]?["recency-weight"] == 0)
    #expect(throws: ModelError.self) { try fit(timeless, "ease", ["recency-weight=1"]) }
  }

  /// Half of an expert adds half of what it adds to scores; none leaves the model alone; all is what there was.
  @Test func anExpertIsKeptInShares() throws {
    let task = try driftingTask()
    let words = Self.small + ["clusters=2", "groups=3", "expert=linear", "expert-weight=3"]
    let model = try #require(
      try InDGRMFamily.fit(
        task.data, ModelSettings(pinning: words, for: InDGRMFamily.self), TrainingMonitor()
      ).model as? InDGRM)
    func scores(_ share: Double) -> [Float] {
      model.keepExpert(share)
      let scores = Matrix<Float>(rows: 2, columns: model.itemCount)
      model.score(task.data.rows, rows: 3..<5, into: scores)
      return scores.array
    }
    let (none, half, all) = (scores(0), scores(0.5), scores(1))
    #expect(zip(zip(none, all), half).allSatisfy { abs(($0.0 + $0.1) / 2 - $1) < 1e-4 })
    #expect(none != all && scores(1) == all)
    model.keepExpert(0.5)
    #expect(model.settings["expert-weight"]?.double == 1.5)
  }

  /// A refit takes the term of the first fit, over all that is trained on then.
  @Test func refitKeepsTheTerm() throws {
    let data = try drifting()
    let task = try FittingTask(data, name: "test", seed: 20)
    let first = try fit(task, "ease", [])
    let family = try ModelCatalogue.family(named: "ease")
    let again = try #require(
      try task.refitting(data, name: "test").refit(
        as: first, family, ModelSettings([], for: family), TrainingMonitor()))
    for name in ["recency-weight", "recency-half-life", "recency-popularity"] {
      #expect(
        again.description["settings"]?[name]?.double
          == first.description["settings"]?[name]?.double)
    }
    #expect(again.tensors["recency"]?.shape == [again.items.ids.count])
  }
}
