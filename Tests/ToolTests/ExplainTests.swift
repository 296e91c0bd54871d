// Do explanations add up, hold when put to the test, and say what a model has learnt?

import Foundation
import Support
import Testing

private let small = "--set epochs=4 --set width=16 --set latent=8 --set batch=50 --set ard-epoch=2"

/// Lines of JSON.
private func objects(_ text: String) throws -> [[String: Any]] {
  try text.split(separator: "\n").map {
    try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
  }
}

private func sum(_ list: Any?) -> Double {
  ((list as? [[String: Any]]) ?? []).reduce(0) { $0 + (($1["value"] as? Double) ?? 0) }
}

/// Interactions with titles and categories, and a model of them, in a folder.
private func fitted(_ folder: Folder) -> (data: String, model: String) {
  let (data, model) = (folder.path("all.ig"), folder.path("m.model"))
  let run = Shell.run(
    "simulate --users 300 --items 60 --interactions 6000 --groups 6 --factors 8 -o \(data)"
      + " && fit -q \(small) --set groups=6 --set expert=linear --set expert-weight=2 \(data) -o \(model)"
  )
  #expect(run.status == 0, "\(run.errors)")
  return (data, model)
}

@Suite(.serialized) struct ExplainTests {
  @Test func partsAndContrastsAddUp() throws {
    let folder = try Folder()
    let (data, model) = fitted(folder)
    for show in [0, 2] {
      let run = Shell.run(
        "explain --model \(model) --user 7 --user 9 --top 3 --contrast 5 --show \(show)"
          + " --format jsonl \(data)")
      #expect(run.status == 0, "\(run.errors)")
      let found = try objects(run.output)
      #expect(found.count == 6)
      for line in found {
        let score = try #require(line["score"] as? Double)
        #expect(abs(sum(line["contributions"]) - score) <= 1e-4 * max(abs(score), 1))
        let contrast = try #require((line["contrasts"] as? [[String: Any]])?.first)
        #expect(contrast["item"] as? String == "5")
        let other = try #require(contrast["score"] as? Double)
        #expect(abs(sum(contrast["differences"]) - (score - other)) <= 1e-4 * max(abs(score), 1))
        #expect((line["sentence"] as? String)?.hasPrefix(line["title"] as? String ?? "?") == true)
      }
    }
  }

  /// What a counterfactual says is what a user without these items gets.
  @Test func counterfactualsHoldWhenRescored() throws {
    let folder = try Folder()
    let (data, model) = fitted(folder)
    let rows = Shell.run("dump --to csv \(data)").output.split(separator: "\n").dropFirst()
    var checked = 0
    for user in 3...12 {
      let run = Shell.run(
        "explain --model \(model) --user \(user) --top 2 --counterfactual --most 8 --format jsonl \(data)"
      )
      #expect(run.status == 0, "\(run.errors)")
      for line in try objects(run.output) {
        guard let found = line["counterfactual"] as? [String: Any] else { continue }
        let gone = Set(
          ((found["without"] as? [[String: Any]]) ?? []).compactMap { $0["item"] as? String })
        #expect(!gone.isEmpty)
        // All his items are left out of the ranking, as he really has them.
        let history = rows.filter { $0.hasPrefix("\(user),") }
        let own = history.map { String($0.split(separator: ",")[1]) }
        let reduced = history.filter { !gone.contains(String($0.split(separator: ",")[1])) }
        let csv = try folder.write(
          "h.csv", "user,item,rating,time\n" + reduced.map { "\($0)\n" }.joined())
        let list = Shell.run(
          "ingest -q \(csv) | score -q --model \(model) --top 60 --format tsv"
            + " --exclude \(try folder.write("own", own.joined(separator: "\n") + "\n")) -")
        #expect(list.status == 0, "\(list.errors)")
        let ranked = list.output.split(separator: "\n").dropFirst().map {
          String($0.split(separator: "\t")[2])
        }
        let place = try #require(ranked.firstIndex(of: line["item"] as? String ?? ""))
        #expect(place + 1 == found["rank_without"] as? Int)
        #expect(place >= 2)
        checked += 1
      }
    }
    #expect(checked > 5)
  }

  @Test func sentencesComeFromTemplates() throws {
    let folder = try Folder()
    let (data, model) = fitted(folder)
    let good = try folder.write("t", "# ours\n{rank}. {title} fits {own1} for {user}\n")
    let run = Shell.run("explain --model \(model) --user 7 --top 1 --template \(good) \(data)")
    #expect(run.output.contains("in short: 1. "))
    #expect(run.output.contains(" for 7\n"))
    for (text, complaint) in [
      ("{title}\n{nobody}\n", "line 2"), ("{title\n", "open {"), ("# nothing\n", "no template"),
    ] {
      let bad = try folder.write("bad", text)
      let run = Shell.run("explain --model \(model) --user 7 --template \(bad) \(data)")
      #expect(run.status == 65)
      #expect(run.errors.contains(complaint), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1)
    }
  }

  /// A cluster is called what `--clusters` lists first of it: categories, or items without any.
  @Test func clustersAreNamedForWhatSetsThemApart() throws {
    let folder = try Folder()
    let (data, model) = fitted(folder)
    let bare = folder.path("bare.ig")
    let bareModel = folder.path("bare.model")
    let made = Shell.run(
      "dump --to csv \(data) | ingest -q - -o \(bare) && fit -q \(small) --set groups=6 \(bare) -o \(bareModel)"
    )
    #expect(made.status == 0, "\(made.errors)")
    let template = try folder.write("t", "{title}: for fans of {cluster}\n")
    for (model, data, list, title) in [
      (model, data, "categories", "category"), (bareModel, bare, "items", "title"),
    ] {
      var names: [Int: String] = [:]
      let views = Shell.run("explain --model \(model) --clusters --format jsonl \(data)")
      for view in try objects(views.output) {
        let number = try #require(view["cluster"] as? Int)
        let told = (view[list] as? [[String: Any]] ?? []).compactMap { $0[title] as? String }
        names[number] =
          told.isEmpty ? "cluster \(number)" : told.prefix(2).joined(separator: " and ")
      }
      #expect(names.values.contains { !$0.hasPrefix("cluster ") })
      let run = Shell.run(
        "explain --model \(model) --top 1 --format jsonl --template \(template) \(data)")
      #expect(run.status == 0, "\(run.errors)")
      let found = try objects(run.output)
      #expect(found.count == 300)
      for line in found {
        let clusters = try #require(line["clusters"] as? [[String: Any]])
        for cluster in clusters {
          #expect(cluster["name"] as? String == names[cluster["cluster"] as? Int ?? -1])
        }
        let heaviest = try #require(clusters.first?["name"] as? String)
        #expect((line["sentence"] as? String)?.hasSuffix(": for fans of \(heaviest)") == true)
      }
    }
    let alone = Shell.run(
      "dump --to csv \(data) | awk -F, 'NR == 1 || $1 == 7' | ingest -q -"
        + " | explain --model \(model) --top 1 --template \(template) -")
    #expect(alone.output.contains(": for fans of cluster "), "\(alone.errors)")
  }

  @Test func viewsSayWhatAModelHasLearnt() throws {
    let folder = try Folder()
    let (data, model) = fitted(folder)
    func lines(_ options: String) throws -> [[String: Any]] {
      let run = Shell.run("explain --model \(model) --format jsonl \(options)")
      #expect(run.status == 0, "\(run.errors)")
      return try objects(run.output)
    }
    let clusters = try lines("--clusters \(data)")
    let shares = clusters.compactMap { $0["share"] as? Double }
    #expect(abs(shares.reduce(0, +) - 1) < 1e-9)
    let groups = try lines("--groups")
    #expect(groups.compactMap { $0["size"] as? Int }.reduce(0, +) == 60)
    // Those that speak about some item.
    let factors = try lines("--factors")
    #expect((1...8).contains(factors.count) && factors[0]["factor"] as? Int == 0)
    #expect(factors.allSatisfy { (1...6).contains($0["open"] as? Int ?? 0) })
    for walk in [
      try lines("--alter 2 --user 7 --steps 2 --reach 30 \(data)"),
      try lines("--alter 2 --item 7 --steps 2 --reach 30"),
    ] {
      #expect(walk.compactMap { $0["deviations"] as? Double } == [-30, -15, 0, 15, 30])
      let middle = walk[2]["items"] as? [[String: Any]] ?? []
      #expect(middle.allSatisfy { $0["is_new"] as? Bool == false } && !middle.isEmpty)
    }
    for (options, status) in [
      ("--clusters --groups \(data)", Int32(64)), ("--alter 99 --item 7", 65),
      ("--alter 1 \(data)", 64),
    ] {
      let run = Shell.run("explain --model \(model) \(options)")
      #expect(run.status == status, "\(options): \(run.errors)")
    }
    let ease = folder.path("ease.model")
    _ = Shell.run("fit -q --model ease \(data) -o \(ease)")
    for options in ["--clusters \(data)", "--groups", "--factors"] {
      let run = Shell.run("explain --model \(ease) \(options)")
      #expect(run.status == 65 && run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    }
  }
}
