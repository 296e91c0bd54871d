// Is it said what a network gained over models that take seconds, and that they are as good where they are?

import DenseMath
import InteractionData
import Interchange
import Support
import Testing

@testable import Fitting
@testable import LinearModels
@testable import ModelCatalogue
@testable import Recommending

@Suite struct NetworkGainTests {
  private func gain(_ values: [Double], over others: [Double]) throws -> NetworkGain {
    func profile(_ values: [Double]) -> ValidationProfile { ValidationProfile(values: values) }
    let rivals = [
      SimpleRival(name: "popularity", profile: profile(others.map { $0 / 2 }), seconds: 0.04),
      SimpleRival(name: "ease", profile: profile(others), seconds: 0.44),
    ]
    return try #require(
      NetworkGain(
        of: "indgrm", profile(values), seconds: 79.2, over: rivals, by: ValidationMetric()))
  }

  /// Differences of 0.04 and 0.02 have a mean of 0.03 and a standard error of 0.01.
  @Test func sentencesByHand() throws {
    let others = [0.5, 0.3]
    let better = try gain([0.54, 0.32], over: others)
    #expect(better.verdict == .better && abs(better.standardError - 0.01) < 1e-12)
    #expect(
      better.sentence
        == "indgrm reaches ndcg@100 0.4300 in 79.2 s on validation users, ease 0.4000 in 0.4 s:"
        + " +7.5 % (standard error 2.5 %)")
    let even = try gain([0.54, 0.28], over: others)
    #expect(even.verdict == .even)
    #expect(
      even.sentence
        == "ease is as good: ndcg@100 0.4000 in 0.4 s on validation users, indgrm 0.4100 in 79.2 s:"
        + " +2.5 %, within a standard error (7.5 %)")
    let worse = try gain([0.46, 0.28], over: others)
    #expect(worse.verdict == .worse)
    #expect(worse.sentence.hasPrefix("ease is better: ndcg@100 0.4000"))
    #expect(worse.sentence.hasSuffix("indgrm 0.3700 in 79.2 s: -7.5 % (standard error 2.5 %)"))
  }

  /// What is stored is the same whenever it is made, and one user tells nothing.
  @Test func storedGainsHaveNoTimes() throws {
    let gain = try gain([0.54, 0.32], over: [0.5, 0.3])
    #expect(
      gain.json["text"]?.string
        == "indgrm reaches ndcg@100 0.4300 on validation users, ease 0.4000: +7.5 %"
        + " (standard error 2.5 %)")
    #expect(!gain.json.text.contains("seconds"))
    let alone = ValidationProfile(values: [0.5])
    let rival = SimpleRival(name: "ease", profile: alone, seconds: 1)
    #expect(
      NetworkGain(of: "indgrm", alone, seconds: 1, over: [rival], by: ValidationMetric()) == nil)
    let two = ValidationProfile(values: [0.5, 0.5])
    #expect(NetworkGain(of: "indgrm", two, seconds: 1, over: [], by: ValidationMetric()) == nil)
  }

  /// A rival is what `fit` makes of it, and the figure is that of its model file, strangers included.
  @Test(arguments: [SplitScheme.users, .time]) func rivalsAreTheModels(_ scheme: SplitScheme) throws
  {
    let task = try driftingTask(scheme: scheme)
    let rivals = SimpleRivals.fit(task.data, TrainingMonitor())
    let plain = ["item-knn", "ease", "edlae user-weight=0.5"].map { $0 + " recency-weight=0" }
    let names = rivals.map(\.name)
    #expect(Array(names.prefix(4)) == ["popularity"] + plain)
    // The best of pairs once more, with recency where it gains.
    let best = try #require(rivals[1...3].max { $0.profile.value < $1.profile.value })
    #expect(Array(names.dropFirst(4)) == [String(best.name.dropLast(" recency-weight=0".count))])
    #expect(rivals[4].profile.value >= best.profile.value)
    for rival in rivals {
      let words = rival.name.split(separator: " ").map(String.init)
      let family = try ModelCatalogue.family(named: words[0])
      let settings = try ModelSettings(Array(words.dropFirst()), for: family)
      let fitted = try family.fit(task.data, settings, TrainingMonitor())
      let stored = task.stored(fitted, family: words[0], Provenance())
      #expect(stored.description["settings"]?["validation"]?.double == rival.profile.value)
    }
  }

  @Test func nobodyJudgesWithoutValidationUsers() throws {
    var data = try driftingTask(scheme: .users).data
    data.validation = nil
    #expect(SimpleRivals.fit(data, TrainingMonitor()).isEmpty)
  }

  /// Large catalogues have regressions over few neighbours, and very large ones no models of pairs.
  @Test func rivalsFollowTheCatalogue() {
    func words(_ items: Int) -> [String] {
      SimpleRivals.chosen(items: items).map { ([$0.family.name] + $0.words).joined(separator: " ") }
    }
    #expect(
      words(10_001) == [
        "popularity", "item-knn", "ease neighbours=200",
        "edlae user-weight=0.5 neighbours=200",
      ])
    #expect(words(200_001) == ["popularity"])
  }

  @Test func profilesAreMeansOfUsers() throws {
    let data = try driftingTask(scheme: .users).data
    let validation = try #require(data.validation)
    let fitted = try EASE.fit(data, ModelSettings([], for: EASE.self), TrainingMonitor())
    let profile = ValidationProfile(validation, fitted.model)
    #expect(profile.value == validation.value(of: fitted.model))
    #expect(profile.userCount == validation.rounds.count { $0 == 0 })
    #expect(profile.gain(over: profile).mean == 0)
  }
}
