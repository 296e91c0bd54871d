// Is what was liked of late told from what was ever liked, and given to those of whom nothing is known?

import DenseMath
import InteractionData
import Interchange
import Support
import Testing

@testable import Fitting
@testable import ModelCatalogue
@testable import Recommending

@Suite struct PopularityTests {
  /// Two items, one liked twice four days ago, one liked once now: half of two in four days is one.
  @Test func decayedSharesByHand() {
    var data = TrainingData(rows: SparseRows(lists: [[0], [0], [1]], columnCount: 2), seed: 1)
    data.times = [0, 0, 4 * 86_400]
    let plain = ItemPopularity(data, halfLife: 0)
    #expect(plain.shares == [2.0 / 3, 1.0 / 3])
    let even = ItemPopularity(data, halfLife: 4)
    // 1 % of the counts 2 and 1, 99 % of 1 and 1 scaled to their sum.
    #expect(abs(even.shares[0] - (0.02 + 0.99 * 1.5) / 3) < 1e-6)
    #expect(abs(even.shares[1] - (0.01 + 0.99 * 1.5) / 3) < 1e-6)
    let short = ItemPopularity(data, halfLife: 0.001)
    #expect(short.shares[0] > 0 && short.shares[1] > 100 * short.shares[0])
    data.times = [.min, .min, .max]
    #expect(ItemPopularity(data, halfLife: 1).shares.allSatisfy { $0.isFinite && $0 > 0 })
  }

  @Test func halfLifeIsChosenWhereItGains() throws {
    let drifting = try fit(driftingTask(), "popularity")
    let chosen = try #require(drifting.description["settings"]?["half-life"]?.double)
    #expect(chosen > 0 && chosen <= 14)
    let plain = try fit(driftingTask(), "popularity", ["half-life=0"])
    #expect(plain.description["settings"]?["half-life"]?.double == 0)
    let (with, without) = (
      try #require(drifting.description["settings"]?["validation"]?.double),
      try #require(plain.description["settings"]?["validation"]?.double)
    )
    #expect(with > 1.5 * without)
    let back = try ModelCatalogue.restore(drifting)
    #expect(back.settings["half-life"]?.double == chosen)
  }

  @Test func nothingIsChosenWithoutTimes() throws {
    let timeless = try driftingTask(times: false, scheme: .ratio)
    let model = try fit(timeless, "popularity")
    #expect(model.description["settings"]?["half-life"]?.double == 0)
    #expect(throws: ModelError.self) { try fit(timeless, "popularity", ["half-life=30"]) }
    var alike = try driftingTask().data
    alike.times = alike.times?.map { _ in 5 }
    #expect(ItemPopularity(choosingFor: alike).halfLife == 0)
  }

  /// A gain is one where it is more than chance would make it.
  @Test func gainsByHand() {
    let gain = Gain([0.5, 0.7, 0.6], over: [0.4, 0.4, 0.4])
    #expect(abs(gain.mean - 0.2) < 1e-12)
    #expect(abs(gain.standardError - (0.02 / 2 / 3).squareRoot()) < 1e-12)
    #expect(gain.isCertain(errors: 3) && !gain.isCertain(errors: 4))
    #expect(!Gain([0.5, 0.1], over: [0.4, 0.1]).isCertain(errors: 1))
  }

  /// Of most validation users nothing is known: they get what is popular of late from every model, now and from file.
  @Test(arguments: ["ease", "ials", "item-knn"]) func strangersGetWhatIsPopular(_ name: String)
    throws
  {
    let task = try driftingTask()
    let held = try #require(task.data.validation)
    let popular = try #require(held.popular)
    let strangers = held.truth.indices.filter { held.foldIn.row($0).isEmpty }
    #expect(strangers.count > 5)
    let model = try fit(task, name)
    #expect(model.description["popularity_half_life"]?.double ?? 0 > 0)
    let cold = try #require(model.popularity)
    let scores = Matrix<Float>(rows: 1, columns: cold.itemCount)
    cold.score(held.foldIn, rows: strangers[0]..<strangers[0] + 1, into: scores)
    #expect(Array(scores.row(0)) == popular)

    var alone = held
    alone.foldIn = held.foldIn.rows(at: strangers)
    alone.truth = strangers.map { held.truth[$0] }
    alone.lengths = strangers.map { held.lengths[$0] }
    alone.rounds = strangers.map { held.rounds[$0] }
    #expect(alone.value(of: try ModelCatalogue.restore(model)) == alone.value(of: cold))
  }

  @Test func whatIsPopularIsAsBeforeWithoutTimes() throws {
    let model = try fit(driftingTask(times: false, scheme: .ratio), "ease")
    #expect(model.description["popularity_half_life"] == nil)
    #expect(model.tensors["popularity"] == nil)
    let users = Float(model.description["training_users"]?.int ?? 0)
    let cold = try #require(model.popularity)
    let scores = Matrix<Float>(rows: 1, columns: cold.itemCount)
    cold.score(SparseRows(lists: [[]], columnCount: cold.itemCount), rows: 0..<1, into: scores)
    #expect(Array(scores.row(0)) == model.itemInteractions.map { Float($0) / users })
  }

  /// A refit goes by the half-life of the first fit, over all that is trained on then.
  @Test func refitKeepsTheHalfLife() throws {
    let data = try drifting()
    let task = try FittingTask(data, name: "test", seed: 20)
    for name in ["ease", "popularity"] {
      let family = try ModelCatalogue.family(named: name)
      let first = try fit(task, name)
      let again = try #require(
        try task.refitting(data, name: "test").refit(
          as: first, family, ModelSettings([], for: family), TrainingMonitor()))
      for key in ["popularity_half_life"] {
        #expect(again.description[key] == first.description[key])
      }
      #expect(
        again.description["settings"]?["half-life"] == first.description["settings"]?["half-life"])
      #expect(again.items.ids.count > first.items.ids.count)
      #expect(again.popularity != nil)
    }
  }
}
