// Do interpret and metrics --explainability say what planted data must give?

import Foundation
import Support
import Testing

@testable import Interchange

@Suite(.serialized) struct InterpretTests {
  /// A split of simulated data with a model and its recommendations; the path before the suffix.
  private func made(_ folder: Folder, model: String, _ settings: String = "") throws -> String {
    let split = folder.path("split.ig")
    let base = folder.path("m")
    let run = Shell.run(
      "simulate --users 240 --items 80 --interactions 6000 --clusters 3 --groups 4 | split -o \(split)"
        + " && fit -q --no-rivals --model \(model) \(settings) \(split) -o \(base).model"
        + " && score -q --model \(base).model \(split) -o \(base).recs")
    #expect(run.status == 0, "\(run.errors)")
    return base
  }

  private func json(_ command: String) throws -> JSONValue {
    let run = Shell.run(command)
    #expect(run.status == 0, "\(command): \(run.errors)")
    return try JSONDecoder().decode(JSONValue.self, from: Data(run.output.utf8))
  }

  private static let small =
    "--set epochs=3 --set width=24 --set latent=8 --set batch=40"

  /// A model agrees with itself, by another seed less, and with one without groups and clusters not at all.
  @Test func groupsAreHeldAgainstAnotherModels() throws {
    let folder = try Folder()
    let words = Self.small + " --set clusters=3 --set groups=4"
    let (base, split) = (try made(folder, model: "indgrm", words), folder.path("split.ig"))
    let more = Shell.run(
      "fit -q --no-rivals --seed 5 --model indgrm \(words) \(split) -o \(base).other && fit -q --model ease \(split)"
        + " -o \(base).ease")
    #expect(more.status == 0, "\(more.errors)")
    func agreement(_ other: String) throws -> [String: Double] {
      let report = try json(
        "interpret -q --only agreement --other \(base).\(other) --model \(base).model --format json \(split)"
      )
      let rows = try #require(report["agreement"]?.array).filter {
        $0["categories"]?.string == "other" && $0["by"]?.string == "model"
      }
      return Dictionary(
        rows.map { ($0["of"]?.string ?? "", $0["ari"]?.double ?? -1) }, uniquingKeysWith: min)
    }
    #expect(try agreement("model") == ["items": 1, "users": 1])
    let other = try agreement("other")
    #expect(other.count == 2 && other.values.allSatisfy { $0 < 1 }, "\(other)")
    let none = Shell.run(
      "interpret -q --only agreement --other \(base).ease --model \(base).model \(split)")
    #expect(none.status == 65 && none.errors.contains("neither item groups"), "\(none.errors)")
    #expect(
      Shell.run("interpret --other a --planted b --model \(base).model \(split)").status == 64)
  }

  /// Doors that were planted closed are counted where a model has doors.
  @Test func plantedDoorsAreLookedFor() throws {
    let folder = try Folder()
    let run = folder.run(
      "simulate -q --users 120 --items 60 --interactions 2400 --min-user 10 --clusters 1 --factors 6 --groups 4"
        + " --closed-doors 0.5 --truth t -o all.ig; split -q all.ig -o x.ig;"
        + " fit -q --no-rivals \(Self.small) --set groups=4 --set closed-doors=0.4 --set factor-loss=0 x.ig -o m"
    )
    #expect(run.status == 0, "\(run.errors)")
    let report = try json(
      "cd \(folder.path("")) && interpret -q --only agreement --planted t --model m --format json x.ig"
    )
    let doors = report["agreement"]?.array?.first { $0["of"] == "doors" }
    // Half of six factors are alive, in four groups at most; half of all doors are closed.
    let (pairs, planted) = (doors?["pairs"]?.int ?? 0, doors?["planted"]?.int ?? 0)
    #expect(pairs > 0 && pairs <= 12 && planted > 0 && planted < pairs)
    #expect(doors?["closed"]?.int ?? 0 > 0 && 0...1 ~= doors?["f1"]?.double ?? -1)
  }

  @Test(arguments: ["mult-vae", "macridvae", "indgrm", "recvae", "dglgm", "ials"])
  func modelsWithLatentFeatures(_ model: String) throws {
    let folder = try Folder()
    let settings = [
      "macridvae": "--set epochs=3 --set latent=6 --set concepts=3",
      "ials": "--set factors=8",
      "indgrm": Self.small
        + " --set clusters=3 --set groups=4 --set closed-doors=0.25 --set factor-loss=0",
    ]
    let base = try made(folder, model: model, settings[model] ?? Self.small)
    let split = folder.path("split.ig")
    let report = try json(
      "interpret -q --model \(base).model --votes 2 --draws 4 --fidelity-users 10 --orders 4"
        + " --format json \(split)")
    #expect(report["model"]?.string == model)
    for part in ["users", "items"] {
      for kind in ["cosine", "pearson"] {
        let value = try #require(report["independence"]?[part]?[kind]?.double)
        #expect((0...1).contains(value), "\(model) \(part) \(kind)")
      }
    }
    let score = try #require(report["disentanglement"])
    let features = try #require(score["features"]?.int)
    #expect(score["votesJudged"]?.int == 2 * features)
    #expect(abs((score["chance"]?.double ?? 0) - 1 / Double(features)) < 1e-12)
    let most = try #require(score["most"])
    #expect(most["features"]?.int == min(features, 10))
    #expect(abs((most["chance"]?.double ?? 0) - 1 / Double(min(features, 10))) < 1e-12)
    // Of no more than ten features both are the same.
    #expect(features > 10 || most["accuracy"] == score["accuracy"])
    let rows = try #require(report["agreement"]?.array)
    // Two each of k-means of items and of users, of item groups and of user clusters.
    #expect(rows.count == 2 * (["indgrm": 4, "macridvae": 3, "dglgm": 3][model] ?? 2))
    for row in rows {
      #expect((row["purity"]?.double ?? 0) >= (row["purityOfOneGroup"]?.double ?? 2))
    }
    #expect(report["fidelity"]?["users"]?.int == 10)
    let kinds = model == "ials" ? ["score"] : ["probability", "expected"]
    for kind in kinds {
      let bound = try #require(report["bounds"]?[kind])
      let (error, limit) = (
        bound["meanError"]?.double ?? 9, bound["theorem2"]?["bound"]?.double ?? 0
      )
      #expect(error < limit)
      #expect((bound["rootError"]?.double ?? 9) < (bound["theorem4"]?["bound"]?.double ?? 0))
    }
    let components = ["indgrm": [3, 4], "macridvae": [1, 3], "dglgm": [6, 1]][model] ?? [1, 1]
    #expect(report["bounds"]?["clusters"]?.int == components[0])
    #expect(report["bounds"]?["groups"]?.int == components[1])
    guard model == "indgrm" else { return }
    let structure = try #require(report["structure"])
    // Of 4 groups and all factors but the one that all users share.
    let dimensions = try #require(report["independence"]?["users"]?["dimensions"]?.int)
    #expect(structure["closed"]?.double ?? -1 > 0 && structure["live"]?.int ?? 99 <= dimensions)
    #expect(
      (structure["closedOfLive"]?.double ?? 2) <= (structure["closed"]?.double ?? -1) + 1e-12)
    #expect((1...4).contains(structure["groupsOfFactor"]?.double ?? 0))
    for share in ["fourLargest", "deletionByGroup", "deletionByFactor"] {
      #expect((0...1).contains(structure[share]?.double ?? 2), "\(share)")
    }
  }

  @Test func aLinearModelsExplanationsAreFaithful() throws {
    let folder = try Folder()
    let base = try made(folder, model: "ease")
    let split = folder.path("split.ig")
    let report = try json(
      "interpret -q --model \(base).model --recommendations \(base).recs --format json \(split)")
    #expect(report["independence"] == .null && report["agreement"] == .null)
    let score = try #require(report["fidelity"]?["score"])
    for walk in ["deletion", "insertion"] {
      #expect((score[walk]?["share"]?.double ?? 0) > 0.99, "\(walk)")
    }
    // The lists' first items are the model's own best ones.
    let own = try json(
      "interpret -q --model \(base).model --only fidelity --format json \(split)")
    #expect(own["fidelity"] == report["fidelity"])
    let text = Shell.run("interpret -q --model \(base).model \(split)")
    #expect(text.status == 0 && text.output.contains("Generalisation bounds"))
  }

  @Test func explanationsByThreadsAndSeedAreEqual() throws {
    let folder = try Folder()
    let base = try made(folder, model: "mult-vae", Self.small)
    let split = folder.path("split.ig")
    let command = "interpret -q --model \(base).model --votes 2 --fidelity-users 8 --format json"
    let one = Shell.run("\(command) --threads 1 \(split)")
    #expect(one.status == 0 && Shell.run("\(command) --threads 3 \(split)").output == one.output)
  }

  @Test func explainableShares() throws {
    let folder = try Folder()
    let base = try made(folder, model: "ease")
    let split = folder.path("split.ig")
    let command = "metrics -q --truth \(split) --explainability --at 1,10 --format json"
    let report = try json("\(command) --neighbours 5 --threshold 0.3 \(base).recs")
    #expect(report["explainability"]?["neighbours"]?.int == 5)
    func mean(_ report: JSONValue, _ metric: String, _ n: Int) -> Double {
      report["rows"]?.array?.first {
        $0["group"]?.string == "all" && $0["metric"]?.string == metric && $0["n"]?.int == n
      }?["mean"]?.double ?? -1
    }
    #expect(mean(report, "mep", 10) > 0.05 && mean(report, "mep", 10) <= 1)
    #expect(mean(report, "mer", 1) <= mean(report, "mer", 10))
    #expect(mean(report, "ndcg", 10) > 0)
    // By the literal reading explainable items are hits.
    let literal = try json(
      "\(command) --neighbours 5 --threshold 0.3 --reading literal \(base).recs")
    #expect(mean(literal, "mep", 10) <= mean(literal, "precision", 10))
    #expect(mean(literal, "mep", 10) <= mean(report, "mep", 10))
    #expect(mean(literal, "explainable", 1) < mean(report, "explainable", 1))
    // A threshold that one neighbour passes explains more.
    let loose = try json("\(command) --neighbours 5 --threshold 0.01 \(base).recs")
    #expect(mean(loose, "mep", 10) >= mean(report, "mep", 10))
    let compared = Shell.run(
      "metrics -q --truth \(split) --explainability --at 5 --compare \(base).recs \(base).recs")
    #expect(compared.status == 0 && compared.output.contains("mer"))
  }

  @Test func badInputIsOneLine() throws {
    let folder = try Folder()
    let base = try made(folder, model: "popularity")
    let split = folder.path("split.ig")
    let whole = folder.path("whole.ig")
    let other = folder.path("other.ig")
    _ = Shell.run("simulate --users 60 --items 80 --interactions 1500 -o \(whole)")
    _ = Shell.run("printf 'a,b,5\\na,c,5\\nd,b,4\\n' | ingest -o \(other)")
    for (command, status) in [
      ("interpret \(split)", 64), ("interpret --model \(base).model --only nonsense \(split)", 64),
      ("interpret --model \(base).model --only , \(split)", 64),
      ("interpret --model \(base).model --votes 0 \(split)", 64),
      ("interpret --model \(base).model --confidence 1 \(split)", 64),
      ("interpret --model \(split) \(split)", 65),
      ("interpret --model \(base).model \(base).recs", 65),
      ("interpret --model \(base).model \(other)", 65),
      ("interpret --model \(base).model --recommendations \(split) \(split)", 65),
      ("interpret --model \(base).model /nonexistent", 66),
      ("metrics --truth \(split) --metrics mep \(base).recs", 64),
      ("metrics --truth \(split) --explainability --neighbours 0 \(base).recs", 64),
      ("metrics --truth \(split) --explainability --threshold 1 \(base).recs", 64),
      ("metrics --truth \(whole) --explainability \(base).recs", 65),
    ] as [(String, Int32)] {
      let run = Shell.run(command)
      #expect(run.status == status, "\(command): \(run.status) \(run.errors)")
      #expect(run.output.isEmpty && (1...3).contains(run.errors.split(separator: "\n").count))
    }
    let plain = Shell.run("interpret -q --model \(base).model \(split)")
    #expect(plain.status == 0, "\(plain.errors)")
    #expect(plain.output.contains("none: explanations name no items of the user's own"))
  }
}
