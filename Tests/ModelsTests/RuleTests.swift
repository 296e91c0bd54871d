// Is everything that is left to the data settled by a row of the table, with its reason?

import DenseMath
import Foundation
import Interchange
import Testing

@testable import Fitting
@testable import InDGRMModel
@testable import ModelCatalogue
@testable import Recommending

@Suite struct RuleTests {
  /// The numbers of the decision records.
  private static func records() throws -> [Int] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../pipelines/paper/records").standardizedFileURL
    return try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .compactMap { Int($0.prefix(2)) }
  }

  @Test func rowsAreWhole() throws {
    for family in ModelCatalogue.families {
      for rule in family.rules {
        for name in rule.settings {
          let option = family.options.first { $0.name == name }
          #expect(
            option.map { $0.auto != .never } ?? false, "\(family.name): rule \(rule.number)")
        }
      }
      for option in family.options where option.auto != .never {
        // What no row settles says itself what auto takes.
        let isSettled = family.rules.contains { $0.settings.contains(option.name) }
        #expect(isSettled || option.help.contains("auto "), "\(family.name): \(option.name)")
        #expect(family.help(of: option).contains("auto takes") || !isSettled)
      }
      for option in family.options {
        #expect(option.ranges(over: option.usualText), "\(family.name): \(option.name)")
      }
    }
    let rules = ModelCatalogue.rules
    let records = try Self.records()
    #expect(rules.map(\.number) == Array(1...rules.count) && rules.count <= 10)
    for rule in rules {
      let words =
        [rule.question, rule.condition, rule.drawnFrom, rule.testedOn] + rule.values.map(\.value)
      #expect(words.allSatisfy { !$0.isEmpty } && rule.question.hasSuffix("?"), "\(rule.number)")
      #expect(rule.record.map(records.contains) ?? true, "\(rule.number)")
    }
  }

  /// What earlier versions wrote for auto means it still, and is written anew in checkpoints.
  @Test(arguments: [
    ("depth", "-1"), ("latent", "-1"), ("dropout", "-1"), ("kl-weight", "-1.0"), ("start", "auto"),
    ("expert-weight", "0"), ("recency-weight", "-1"), ("group-draws", "0"), ("batch", "-1"),
  ])
  func earlierWordsMeanAuto(_ name: String, _ word: String) throws {
    for text in [word, "auto"] {
      let settings = try ModelSettings(["\(name)=\(text)"], for: Timely<InDGRMFamily>.self)
      #expect(settings.isAuto(name) && settings.json[name] == "auto")
    }
    let option = try #require(Timely<InDGRMFamily>.options.first { $0.name == name })
    let stored = Double(word).map { JSONValue.number($0) } ?? .string(word)
    #expect(option.current(stored) == "auto")
    #expect(option.current(option.usualValue) == option.usualValue)
  }

  @Test func valuesThatAreNoneAreRefused() {
    for word in ["depth=-2", "width=auto", "ard=auto", "samples=-3", "cost=some", "groups=0"] {
      #expect(throws: (any Error).self) { try ModelSettings([word], for: InDGRMFamily.self) }
    }
  }

  /// What earlier versions had is refused by name, with what is done now, and so is what a fit finds out itself.
  @Test func withdrawnSettingsAreRefusedByName() throws {
    for family in ModelCatalogue.families {
      let found = family.options.filter { !$0.isGivable }.map { ($0.name, "finds out itself") }
      for (name, now) in found + family.withdrawn.map({ ($0.key, $0.value) }) {
        #expect(!family.options.contains { $0.name == name && $0.isGivable })
        let error = #expect(throws: ModelError.self) {
          try ModelSettings(["\(name)=1"], for: family)
        }
        #expect(error?.category == .usage && error?.description.contains(now) ?? false, "\(name)")
      }
    }
    let all = try ModelCatalogue.family(named: "indgrm").options
    #expect(all.count { $0.isGivable } <= 30)
    #expect(try !ModelCatalogue.family(named: "indgrm").withdrawn.isEmpty)
  }

  private func resolved(_ words: [String], _ shape: DataShape, _ earlier: JSONValue? = nil) throws
    -> ModelSettings
  {
    try InDGRMFamily.resolve(
      Evidence(shape, ModelSettings(words, for: InDGRMFamily.self)),
      following: earlier.map {
        EarlierSettings($0, keeping: ["clusters"], title: "the earlier model")
      })
  }

  /// Rich data of few users: every setting has the reason that decided it.
  @Test func everySettingSaysWhy() throws {
    let shape = DataShape(users: 1600, items: 500, interactions: 160_000)
    let settings = try resolved(["latent=50"], shape)
    #expect(settings.integer("clusters") == 3 && settings.choice("cost") == "bernoulli")
    #expect(settings.reason(for: "latent") == .given)
    #expect(settings.reason(for: "groups") == .usual)
    #expect(settings.reason(for: "width") == nil)
    let why = settings.reason(for: "clusters")?.description ?? ""
    #expect(
      why.hasPrefix(
        "rule 9: one for every 500 users, at most 6, from 35 interactions")
        && why.hasSuffix("(1600 users)"), "\(why)")
    #expect(settings.reasonTexts.contains("clusters=3: \(why)"))
    let few = DataShape(users: 400, items: 300, interactions: 40_000)
    #expect(try resolved([], few).integer("clusters") == 1)
    let followed = try resolved([], shape, ["clusters": 5])
    #expect(followed.integer("clusters") == 5)
    #expect(followed.reason(for: "clusters")?.description == "as the earlier model")
    // Nothing is left that a row is about.
    for name in InDGRMFamily.rules.flatMap(\.settings) { #expect(!settings.isAuto(name)) }
  }

  /// Where several rows are about a setting the first that speaks is heard.
  @Test func theFirstRowThatSpeaksIsHeard() throws {
    let shape = DataShape(users: 1600, items: 500, interactions: 160_000)
    #expect(try resolved([], shape).choice("start") == "linear")
    let parts = try resolved(["group-parts=on"], shape)
    #expect(parts.choice("start") == "random" && parts.integer("latent") == 100)
    #expect(parts.number("learning-rate") == 1e-3)
  }
}
