// Do a live service's index, rules for each user and notebooks get what score would have ranked?

import Foundation
import Support
import Testing

private let root = Shell.repository.path

private func canImport(_ modules: String) -> Bool {
  Shell.run("python3 -c 'import \(modules)'").status == 0
}

@Suite(.serialized) struct ServiceTests {
  private let folder: Folder
  private let made: Shell.Result

  init() throws {
    folder = try Folder()
    made = Shell.run(
      """
      cd \(folder.path(""))
      simulate -q --users 120 --items 80 --interactions 3000 --min-user 5 --groups 4 -o log.ig
      fit -q --model ials log.ig -o m && score -q --model m --top 10 log.ig -o lists.ig
      """)
  }

  /// Rows of text as fields, without the heading.
  private func rows(_ command: String, by mark: Character) -> [[String]] {
    let run = Shell.run("cd \(folder.path("")) && \(command)")
    #expect(run.status == 0, "\(run.errors)")
    return run.output.split(separator: "\n").dropFirst().map { line in
      line.split(separator: mark, omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// One user's list as item ids.
  private func list(_ user: String, _ options: String) -> [String] {
    rows("score -q --model m --format tsv \(options) log.ig", by: "\t").filter { $0[0] == user }
      .map { $0[3] }
  }

  @Test func rulesOfOneUserLeaveOthersAlone() throws {
    #expect(made.status == 0, "\(made.errors)")
    let lists = rows("dump --to csv lists.ig", by: ",")
    let first = try #require(lists.first)[0]
    let items = lists.filter { $0[0] == first }.map { $0[3] }
    let other = try #require(lists.first { $0[0] != first })[0]
    let others = lists.filter { $0[0] == other }.map { $0[3] }
    #expect(items.count == 10 && others.count == 10)

    let banned = try folder.write(
      "banned.csv", "user,item\n\(first),\(items[0])\n\(first),\(items[3])\n")
    let allowed = try folder.write(
      "allowed.csv", "user,item\n" + items[2..<6].map { "\(first),\($0)\n" }.joined())
    #expect(Shell.run("ingest -q \(banned) -o \(folder.path("banned.ig"))").status == 0)
    #expect(Shell.run("ingest -q \(allowed) -o \(folder.path("allowed.ig"))").status == 0)
    for model in ["ials", "ease"] {
      // A model of products, which ranks without all scores, and one that computes them.
      _ = Shell.run("cd \(folder.path("")) && fit -q --model \(model) log.ig -o m")
      let whole = list(first, "--top 40")
      let rest = list(other, "--top 40")
      let without = list(first, "--top 40 --exclude-by-user banned.ig")
      let left = whole.filter { $0 != items[0] && $0 != items[3] }
      #expect(left.count == 38 && without.prefix(38) == left[...])
      #expect(list(other, "--top 40 --exclude-by-user banned.ig") == rest)
      let within = list(first, "--top 40 --candidates-by-user allowed.ig")
      #expect(within == whole.filter(Set(items[2..<6]).contains))
      #expect(list(other, "--top 40 --candidates-by-user allowed.ig") == rest)
      let both = "--top 40 --candidates-by-user allowed.ig --exclude-by-user banned.ig"
      #expect(list(first, both) == within.filter { $0 != items[3] })
    }
    let strangers = try folder.write("strangers.csv", "user,item\nnobody,\(items[0])\n")
    let refused = Shell.run(
      "cd \(folder.path("")) && ingest -q \(strangers) -o w.ig && score --model m --exclude-by-user w.ig log.ig"
    )
    #expect(refused.status == 65 && refused.errors.contains("names none of the users"))
  }

  @Test func shortListsAreFilledAndMarked() throws {
    let plain = rows("score -q --model m --top 40 --format tsv log.ig", by: "\t")
    let user = try #require(plain.first)[0]
    let (own, banned) = (plain[3][3], plain[0][3])
    _ = try folder.write("own.csv", "user,item\n\(user),\(own)\n")
    _ = try folder.write("banned.csv", "user,item\n\(user),\(banned)\n")
    let command =
      "for f in own banned; do ingest -q $f.csv -o $f.ig; done && (dump --to csv log.ig | cut -d, -f 1,2 &&"
      + " echo nobody,nothing) | ingest -q -o more.ig && score -q --model m --top 12 --fill"
      + " --candidates-by-user own.ig --exclude-by-user banned.ig"
    let found = rows("\(command) --format tsv more.ig", by: "\t")
    let list = found.filter { $0[0] == user }
    #expect(list.count == 12 && list.map { $0[6] } == ["0"] + [String](repeating: "1", count: 11))
    #expect(list[0][3] == own && !list.map { $0[3] }.contains(banned))
    #expect(Set(list.map { $0[3] }).count == 12)
    let had = rows("dump --to csv log.ig", by: ",").filter { $0[0] == user }.map { $0[1] }
    #expect(Set(had).isDisjoint(with: list.map { $0[3] }))
    // What fills is popular, most of all first.
    let filler = list.dropFirst().compactMap { Double($0[4]) }
    #expect(filler == filler.sorted(by: >) && filler.count == 11)
    let stranger = found.filter { $0[0] == "nobody" }
    #expect(stranger.count == 12 && stranger.allSatisfy { $0[6] == "1" })
    let others = found.filter { $0[0] != user && $0[0] != "nobody" }
    #expect(!others.isEmpty && others.allSatisfy { $0[6] == "0" })

    let stream = rows("\(command) more.ig | dump --to csv", by: ",")
    let isSame = stream.map { [$0[0], $0[3], $0[5]] } == found.map { [$0[0], $0[3], $0[6]] }
    #expect(isSame, "the stream and the text differ")
    for way in ["--format jsonl more.ig", "more.ig | dump --to jsonl"] {
      let text = Shell.run("cd \(folder.path("")) && \(command) \(way)").output
      #expect(text.components(separatedBy: "\"filler\":true").count - 1 == 11 + 12)
    }
  }

  @Test func itemsThatNobodyChoseScoreAsTheirLike() throws {
    let items = Shell.run("dump --items \(folder.path("log.ig"))").output
    var kinds: [String: String] = [:]
    for line in items.split(separator: "\n") {
      let parts = line.split(separator: "\"").map(String.init)
      // {"categories":["KIND"],"id":"ID", and so on
      kinds[parts[7]] = parts[3]
    }
    let names = Set(kinds.values).sorted()
    try #require(names.count > 1)
    _ = try folder.write(
      "new.csv",
      "item,title,genres\nnew0,First,\(names[0])\nnew1,Second,\(names[1])\nodd,Odd,Unheard\n")
    _ = try folder.write("ids", "new0\nnew1\n")
    let whole = rows("score -q --model m --top 99 --format tsv log.ig", by: "\t")
    let more = "score --model m --top 99 --format tsv --new-items new.csv log.ig"
    let run = Shell.run("cd \(folder.path("")) && \(more)")
    #expect(run.errors.contains("1 of 3 new items have no category"), "\(run.errors)")
    let all = rows(more, by: "\t")
    #expect(all.count == whole.count + 2 * 120)
    let without = all.filter { !$0[3].hasPrefix("new") }
    let isSame = without.map { [$0[0], $0[3]] } == whole.map { [$0[0], $0[3]] }
    #expect(isSame, "the other items change places")

    let shelf = rows(
      "score -q --model m --top 1 --format tsv --new-items new.csv --candidates ids log.ig",
      by: "\t")
    var (right, judged) = (0, 0)
    let log = rows("dump --to csv log.ig", by: ",")
    for row in shelf {
      #expect(row[5] == (row[3] == "new0" ? "First" : "Second"))
      let own = log.filter { $0[0] == row[0] }.compactMap { kinds[$0[1]] }
      let counts = names.prefix(2).map { name in own.count { $0 == name } }
      guard max(counts[0], counts[1]) > 2 * min(counts[0], counts[1]) else { continue }
      judged += 1
      right += (row[3] == "new0") == (counts[0] > counts[1]) ? 1 : 0
    }
    #expect(judged > 20 && right * 10 > judged * 8, "\(right) of \(judged)")

    // One who had a new item meanwhile does not get it, and models without categories say so.
    let met = Shell.run(
      """
      cd \(folder.path("")) && (dump --to csv log.ig | cut -d, -f 1,2 && echo \(shelf[0][0]),new0) \
        | ingest -q | score -q --model m --top 2 --format tsv --new-items new.csv --candidates ids \
        | grep -c new0 || exit
      dump --to csv log.ig | ingest -q -o bare.ig && fit -q --model ials bare.ig -o bare || exit
      score -q --model bare --new-items new.csv bare.ig
      """)
    #expect(met.output == "119\n" && met.status == 65)
    #expect(met.errors.contains("knows no categories"), "\(met.errors)")
  }

  @Test func listsBecomeAsDiverseAsIsAskedFor() throws {
    let run = Shell.run(
      """
      cd \(folder.path("")) && split -q log.ig -o s && fit -q --model ials s -o m || exit
      for w in 0 0.05 0.5; do
        score -q --model m --top 10 --diversity $w s -o l$w || exit
        metrics -q --truth s --diversity --metrics diversity,calibration --at 10 --format csv l$w \
          | grep ^all | cut -d, -f 2,4 | tr '\n' ' '
      done
      score -q --model m --top 10 s -o l && cmp <(dump --to csv l) <(dump --to csv l0) || exit
      score -q --model m --top 10 --diversity 0.5 --diversity-by vectors s -o v || exit
      for l in l v; do
        metrics -q --truth s --vectors m --metrics diversity --at 10 --format csv $l | grep ^all | cut -d, -f 2,4
      done
      """)
    #expect(run.status == 0, "\(run.errors)")
    let words = run.output.split(whereSeparator: \.isWhitespace).map { $0.split(separator: ",") }
    try #require(words.allSatisfy { $0.count == 2 } && words.count == 8, "\(run.output)")
    func values(_ name: String) -> [Double] {
      words.filter { $0[0] == name }.compactMap { Double($0[1]) }
    }
    let diversity = values("diversity")
    #expect(diversity[0] < diversity[1] && diversity[1] < diversity[2], "\(diversity)")
    #expect(diversity[3] < diversity[4], "\(diversity)")
    #expect(values("calibration").allSatisfy { (0...4.7).contains($0) })
    let refused = Shell.run(
      """
      cd \(folder.path("")) && dump --to csv log.ig | ingest -q -o bare.ig && split -q bare.ig -o b || exit
      fit -q --model ease b -o e && score -q --model e b -o l || exit
      score --model e --diversity 0.5 b > /dev/null; echo $?
      metrics --truth b --diversity l; echo $?
      metrics --truth b --metrics calibration l; echo $?
      """)
    #expect(refused.output == "64\n65\n64\n", "\(refused.errors)")
    #expect(refused.errors.contains("categories nor vectors"))
  }

  /// Brute force stands in for faiss and hnswlib where they are not installed.
  @Test(.enabled(if: canImport("numpy"))) func anIndexOfVectorsFindsTheSameItems() throws {
    let program = try folder.write(
      "search.py",
      """
      import json, sys
      import numpy
      v = numpy.load("vectors.npz")
      users, items = v["users"], v["items"]
      found = {"numpy": numpy.argsort(-(users @ items.T), axis=1, kind="stable")[:, :20]}
      try:
          import faiss
          index = faiss.IndexFlatIP(items.shape[1])
          index.add(items)
          found["faiss"] = index.search(users, 20)[1]
      except ImportError:
          print("SKIPPED: faiss is not to be had")
      try:
          import hnswlib
          index = hnswlib.Index(space="ip", dim=items.shape[1])
          index.init_index(max_elements=len(items), ef_construction=400, M=32)
          index.add_items(items)
          index.set_ef(200)
          found["hnswlib"] = index.knn_query(users, k=20)[0]
      except ImportError:
          print("SKIPPED: hnswlib is not to be had")
      lists = [json.loads(line) for line in open("lists.jsonl")]
      assert [entry["user"] for entry in lists] == list(v["user_ids"])
      for name, rows in found.items():
          same = 0
          for entry, row in zip(lists, rows):
              same += len({item["item"] for item in entry["items"]} & set(v["item_ids"][row]))
          share = same / (20 * len(lists))
          assert share > (0.999 if name != "hnswlib" else 0.95), (name, share)
      best = lists[0]["items"][0]
      score = users[0] @ items[list(v["item_ids"]).index(best["item"])]
      if "item_shares" in v:
          sys.exit("shares were not expected")
      assert abs(score - best["score"]) < 1e-4 * max(1, abs(score)), (score, best)
      """)
    let indgrm =
      "--model indgrm --set item-groups=off --set epochs=2 --set members=1 --set privileged=off"
    for model in ["--model ials", indgrm] {
      let run = Shell.run(
        """
        cd \(folder.path("")) && fit -q \(model) log.ig -o m || exit
        score -q --model m --format npz log.ig -o vectors.npz || exit
        score -q --model m --keep-seen --top 20 --format jsonl log.ig -o lists.jsonl || exit
        python3 \(program)
        """)
      #expect(run.status == 0, "\(model): \(run.errors)")
      print(run.output, terminator: "")
    }
    let ease = Shell.run(
      "cd \(folder.path("")) && fit -q --model ease log.ig -o m && score --model m --format npz log.ig"
    )
    #expect(ease.status == 64 && ease.errors.contains("products"), "\(ease.errors)")
    #expect(ease.errors.contains("recency-weight=0"))
    // A model has no users of its own: their vectors come from histories.
    let users = folder.run("dump --users m")
    #expect(users.status == 65 && users.errors.contains("score --format npz"), "\(users.errors)")
  }

  /// The module for notebooks and dump agree on every row.
  @Test(.enabled(if: canImport("numpy, zstandard"))) func notebooksReadStreams() throws {
    let program = try folder.write(
      "notebook.py",
      """
      import csv, sys
      sys.path.insert(0, "\(root)/python")
      sys.dont_write_bytecode = True
      import indgrm
      log = indgrm.read("log.ig")
      rows = log.tables["interactions"]
      mine = [[log.users[u], log.items[i]] for u, i in zip(rows["user"], rows["item"])]
      assert mine == [row[:2] for row in csv.reader(open("log.csv"))][1:]
      lists = [(user, item, float(s)) for user, items, scores in indgrm.read("lists.ig").lists()
               for item, s in zip(items, scores)]
      dumped = [(row[0], row[3], float(row[4])) for row in list(csv.reader(open("lists.csv")))[1:]]
      assert [entry[:2] for entry in lists] == [entry[:2] for entry in dumped]
      assert all(abs(a[2] - b[2]) < 1e-6 for a, b in zip(lists, dumped))
      model = indgrm.read("m")
      assert model.kind == "model" and all(t.size for t in model.tensors.values())
      whole = open("lists.ig", "rb").read()
      for size in range(0, len(whole), 97):
          try:
              indgrm.Stream(whole[:size])
              sys.exit(f"{size} bytes passed")
          except ValueError:
              pass
      """)
    let run = Shell.run(
      """
      cd \(folder.path("")) && dump --to csv log.ig > log.csv && dump --to csv lists.ig > lists.csv || exit
      python3 \(program)
      """)
    #expect(run.status == 0, "\(run.errors)")
  }
}
