// Do explanations add up, hold when put to the test, and say what a model has learnt?

import Foundation
import Support
import Testing

private let small = "--set epochs=4 --set width=16 --set latent=8 --set batch=50 --set ard=on"

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
      + " && fit -q \(small) --set groups=6 --set expert=linear \(data) -o \(model)"
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
        #expect(abs(sum(contrast["by_groups"]) - (score - other)) <= 1e-4 * max(abs(score), 1))
        #expect((line["sentence"] as? String)?.hasPrefix(line["title"] as? String ?? "?") == true)
      }
    }
  }

  /// Where several items have one title, the id tells them apart.
  @Test func noTwoItemsHaveOneName() throws {
    let folder = try Folder()
    let ratings = SmallData.twoTastes(users: 60, items: 20).enumerated().flatMap { user, items in
      items.map { "u\(user),i\($0),5\n" }
    }
    let titles = (0..<20).map { "i\($0),\($0 < 3 ? "Same" : "Title \($0)")\n" }.joined()
    let (rows, names) = (
      try folder.write("r.csv", "userId,movieId,rating\n" + ratings.joined()),
      try folder.write("i.csv", "movieId,title\n" + titles)
    )
    let run = Shell.run(
      "cd \(folder.path("")) && ingest -q \(rows) --items \(names) -o all.ig"
        + " && fit -q --model ease all.ig -o m.model"
        + " && explain -q --model m.model --user u0 --user u1 --top 20 all.ig")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("Same [i1]") && run.output.contains("Title 5"))
    #expect(!run.output.contains("Same:") && !run.output.contains("Same,"))
    #expect(!run.output.contains("Title 5 ["))
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
        // All their items are left out of the ranking, as they really have them.
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
    let good = try folder.write("t", "# ours\n{rank}. {title}[ fits {own1}|] for {user}\n")
    let run = Shell.run("explain --model \(model) --user 7 --top 1 --template \(good) \(data)")
    #expect(run.output.contains("in short: 1. "))
    #expect(run.output.contains(" for 7\n"))
    for (text, complaint) in [
      ("{title}\n{nobody}\n", "line 2"), ("{title\n", "open {"), ("# nothing\n", "no template"),
      ("{title} [{own1}|\n", "open ["), ("{title}]\n", "without a ["),
    ] {
      let bad = try folder.write("bad", text)
      let run = Shell.run("explain --model \(model) --user 7 --template \(bad) \(data)")
      #expect(run.status == 65)
      #expect(run.errors.contains(complaint), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1)
    }
  }

  /// Alternatives, optional parts and letters that would otherwise mean something.
  @Test func templatesChooseWhatCanBeFilled() throws {
    let folder = try Folder()
    let (data, model) = fitted(folder)
    let command = "explain --model \(model) --user 7 --top 4 --format jsonl \(data)"
    let reasons = try objects(Shell.run(command).output)
    let template = try folder.write("t", "[{own1}[: {own2}|]|none] \\[{own_share}\\]\n-\n")
    let run = Shell.run("\(command) --template \(template)")
    #expect(run.status == 0, "\(run.errors)")
    for (line, before) in zip(try objects(run.output), reasons) {
      let reason = try #require(before["reason"] as? [String: Any])
      let own = reason["own"] as? [String: Any]
      let named = (own?["items"] as? [[String: Any]])?.prefix(own?["named"] as? Int ?? 0)
        .compactMap { $0["title"] as? String }
      let words = named.map { $0.prefix(2).joined(separator: ": ") } ?? "none"
      let share = (own?["share_of_named"] as? Double).map { " [\(Int(100 * min($0, 1)))]" }
      #expect(line["sentence"] as? String == share.map { words + $0 } ?? "-")
    }
  }

  /// Without the parts of scores the sentences, reasons and scores are the same; a cluster's name is found all the same.
  @Test func briefAnswersSayTheSame() throws {
    let folder = try Folder()
    let (data, model) = fitted(folder)
    let command = "explain --model \(model) --user 7 --user 9 --item 5 --item 8 --item 11 \(data)"
    let whole = try objects(Shell.run("\(command) --format jsonl").output)
    let brief = Shell.run("\(command) --format jsonl --brief")
    #expect(brief.status == 0, "\(brief.errors)")
    let short = try objects(brief.output)
    #expect(whole.count == 6 && short.count == 6)
    for (whole, short) in zip(whole, short) {
      for key in ["user", "item", "title", "sentence"] {
        #expect(whole[key] as? String == short[key] as? String)
      }
      #expect(whole["reason"] as? NSDictionary == short["reason"] as? NSDictionary)
      let scores = [whole, short].compactMap { $0["score"] as? Double }
      #expect(scores.count == 2 && abs(scores[0] - scores[1]) < 1e-4)
      #expect(short["contributions"] == nil && short["without"] == nil)
    }
    let text = Shell.run("\(command) --brief").output
    for line in short { #expect(text.contains(line["sentence"] as? String ?? "?")) }
    #expect(!text.contains("made of"))
    let template = try folder.write("t", "{title}, as {cluster} would\n{title}\n")
    let named = [" --brief", ""].map {
      Shell.run("\(command) --format jsonl --template \(template)\($0)").output
    }
    #expect(
      try objects(named[0]).map { $0["sentence"] as? String }
        == objects(named[1]).map { $0["sentence"] as? String })
    #expect(Shell.run("\(command) --brief --counterfactual").status == 64)
  }

  /// The man page tells all places that templates have.
  @Test func allPlacesAreInTheManual() throws {
    let folder = try Folder()
    let (data, model) = fitted(folder)
    let bad = try folder.write("bad", "{nobody}\n")
    let run = Shell.run("explain --model \(model) --template \(bad) \(data)")
    let listed = run.errors.components(separatedBy: "there are ").last ?? ""
    let places = listed.split(whereSeparator: { " \n".contains($0) })
    let page = try String(
      contentsOf: Shell.repository.appendingPathComponent("man/man1/indgrm-explain.1"),
      encoding: .utf8)
    #expect(places.count > 20)
    for place in places { #expect(page.contains(place), "\(place)") }
  }

  /// Lists are explained from the histories they were made from: no item by itself, at the rank it was given.
  @Test func listsAreExplainedAsTheyWereMade() throws {
    let folder = try Folder()
    let (data, _) = fitted(folder)
    let run = Shell.run(
      "cd \(folder.path("")) && split -q \(data) -o s.ig && fit -q --model ease s.ig -o e.model"
        + " && score -q --model e.model --top 5 s.ig -o l.recs"
        + " && score -q --model e.model --top 5 --format tsv s.ig -o l.tsv"
        + " && explain -q --model e.model --recommendations l.recs --top 3 --format jsonl s.ig")
    #expect(run.status == 0, "\(run.errors)")
    let scored = try String(contentsOfFile: folder.path("l.tsv"), encoding: .utf8)
      .split(separator: "\n").dropFirst().map { $0.split(separator: "\t").map(String.init) }
      .filter { Int($0[2]) ?? 9 <= 3 }
    let found = try objects(run.output)
    #expect(found.count == scored.count && found.count > 100)
    for (line, row) in zip(found, scored) {
      #expect(line["user"] as? String == row[0] && line["round"] as? Int == Int(row[1]))
      #expect(line["rank"] as? Int == Int(row[2]) && line["item"] as? String == row[3])
      let score = try #require(line["score"] as? Double)
      #expect(abs(score - (Double(row[4]) ?? 0)) <= 1e-4 * max(1, abs(score)))
      let reason = try #require(line["reason"] as? [String: Any])
      #expect(reason["place"] as? Int == Int(row[2]))
      for kind in ["own", "little", "taste"] {
        let items = (reason[kind] as? [String: Any])?["items"] as? [[String: Any]] ?? []
        #expect(!items.contains { $0["item"] as? String == row[3] })
      }
    }
    for (words, status, complaint) in [
      ("--item 3 s.ig", Int32(64), "exclude"), (data, 65, "of a split"),
      ("--user nobody s.ig", 65, "not in the input"),
    ] {
      let bad = Shell.run(
        "cd \(folder.path("")) && explain --model e.model --recommendations l.recs \(words)")
      #expect(bad.status == status && bad.errors.contains(complaint), "\(bad.errors)")
    }
  }

  /// An item may be named by part of its title, and one of the user's own is explained by the others.
  @Test func itemsAreFoundByTitle() throws {
    let folder = try Folder()
    var ratings = "user,item,rating\n"
    for user in 0..<40 {
      for step in 0..<5 { ratings += "u\(user),\((user * 3 + step * 5) % 13),5\n" }
    }
    let titles = ["Alien (1979)", "Aliens (1986)", "Alien 3 (1992)", "Brazil (1985)"]
    let items =
      "item,title\n" + (0..<13).map { "\($0),\($0 < 4 ? titles[$0] : "T\($0)")\n" }.joined()
    let made = Shell.run(
      "ingest -q \(try folder.write("r.csv", ratings)) --items \(try folder.write("i.csv", items))"
        + " -o \(folder.path("d.ig")) && cd \(folder.path("")) && fit -q --model ease d.ig -o e.model"
    )
    #expect(made.status == 0, "\(made.errors)")
    func explained(_ words: String) -> Shell.Result {
      Shell.run("cd \(folder.path("")) && explain --model e.model --user u2 --item \(words) d.ig")
    }
    for words in ["ALIEN", "'alien (1979)'", "0"] {
      #expect(explained(words).output.contains("Alien (1979)  score"), "\(words)")
    }
    #expect(explained("razi").output.contains("Brazil (1985)  score"))
    let several = explained("ien")
    #expect(several.status == 65 && several.errors.contains("0 (Alien (1979)), 1 (Aliens (1986))"))
    #expect(explained("zorro").status == 65)
    // u2 has 6, 11, 3, 8 and 0.
    let own = explained("0").output
    #expect(own.contains("is the user's own") && !own.contains("because you chose Alien (1979)"))
  }

  /// A cluster is called what `--clusters` calls it: one category of half its interactions, or items; no two alike.
  @Test func clustersAreNamedForWhatSetsThemApart() throws {
    let folder = try Folder()
    let (data, model) = fitted(folder)
    let bare = folder.path("bare.ig")
    let bareModel = folder.path("bare.model")
    let made = Shell.run(
      "dump --to csv \(data) | ingest -q - -o \(bare) && fit -q \(small) --set groups=6 \(bare) -o \(bareModel)"
    )
    #expect(made.status == 0, "\(made.errors)")
    let template = try folder.write("t", "{title}: [for fans of {cluster}|for all]\n")
    for (model, data) in [(model, data), (bareModel, bare)] {
      var names: [Int: String] = [:]
      let views = Shell.run("explain --model \(model) --clusters --show 0 --format jsonl \(data)")
      for view in try objects(views.output) {
        let number = try #require(view["cluster"] as? Int)
        guard let name = view["name"] as? String else { continue }
        #expect(!names.values.contains(name))
        names[number] = name
        let categories = (view["categories"] as? [[String: Any]] ?? []).filter {
          ($0["share"] as? Double ?? 0) >= 0.5 && ($0["lift"] as? Double ?? 0) >= 1.25
        }.compactMap { $0["category"] as? String }
        let items = (view["items"] as? [[String: Any]] ?? []).filter {
          $0["lift"] as? Double ?? 0 >= 1.25
        }.compactMap { $0["title"] as? String }
        #expect(categories.contains(name) || name == items.prefix(2).joined(separator: ", "))
      }
      #expect(!names.isEmpty)
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
        let heaviest = (clusters.first?["name"] as? String).map { "for fans of \($0)" } ?? "for all"
        #expect((line["sentence"] as? String)?.hasSuffix(": \(heaviest)") == true)
      }
    }
    let alone = Shell.run(
      "dump --to csv \(data) | awk -F, 'NR == 1 || $1 == 7' | ingest -q -"
        + " | explain --model \(model) --top 1 --template \(template) -")
    #expect(alone.output.contains(": for all"), "\(alone.errors)")
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
