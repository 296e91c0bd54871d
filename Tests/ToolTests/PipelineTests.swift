// Do the built tools work together, and do they fail as they should?

import Glibc
import Support
import Testing

@testable import Interchange

@Suite(.serialized) struct PipelineTests {
  /// Ratings of two tastes as a CSV file; 1 to 5 stars.
  private func ratings(in folder: Folder) throws -> String {
    var text = "userId,movieId,rating,timestamp\n"
    for (user, items) in SmallData.twoTastes(users: 80, items: 30).enumerated() {
      for (place, item) in items.enumerated() {
        text += "\(user + 1),\(item + 100),\(place % 4 == 3 ? 3 : 5),\(1000 + user * 50 + place)\n"
      }
    }
    return try folder.write("ratings.csv", text)
  }

  @Test func fromRatingsToMetrics() throws {
    let folder = try Folder()
    let csv = try ratings(in: folder)
    let split = folder.path("split.ig")
    let made = Shell.run("ingest \(csv) | binarize --min 4 | split --test 0.2 > \(split)")
    #expect(made.status == 0, "\(made.errors)")
    for model in ["popularity", "item-knn", "ease", "mult-vae", "dglgm", "indgrm"] {
      let small =
        ["mult-vae", "dglgm", "indgrm"].contains(model)
        ? "--set epochs=4 --set width=16 --set latent=8 --set batch=20" : ""
      let file = folder.path("\(model).model")
      let fit = Shell.run("fit --model \(model) \(small) \(split) -o \(file)")
      #expect(fit.status == 0, "\(fit.errors)")
      let metrics = Shell.run(
        "score --model \(file) \(split) --top 20 | metrics --truth \(split) --at 10 --format json")
      #expect(metrics.status == 0, "\(metrics.errors)")
      #expect(metrics.output.contains("\"ndcg\""))
      let explained = Shell.run("explain --model \(file) --user 1 --top 2 \(split)")
      #expect(explained.status == 0, "\(explained.errors)")
      #expect(explained.output.contains("made of:"))
    }
    let groups = Shell.run(
      "group-items --groups 3 \(split) -o \(folder.path("g.ig")) && "
        + "fit --model indgrm --groups \(folder.path("g.ig")) --set epochs=1 --set width=16 --set latent=8"
        + " \(split) -o \(folder.path("g.model")) && check --all \(folder.path("g.model"))")
    #expect(groups.status == 0, "\(groups.errors)")
  }

  /// Users picked from a split are ranked as they are among all: what is held out stays held out.
  @Test func pickedUsersAreFoldedInLikeAll() throws {
    let folder = try Folder()
    let csv = try ratings(in: folder)
    let (split, model) = (folder.path("split.ig"), folder.path("m"))
    let made = Shell.run(
      "ingest \(csv) | binarize --min 4 | split --test 0.2 > \(split)"
        + " && fit --model ease \(split) -o \(model)")
    #expect(made.status == 0, "\(made.errors)")
    let all = Shell.run("score --model \(model) \(split) | dump --to csv").output
    let user = all.split(separator: "\n").dropFirst().first?.split(separator: ",").first ?? ""
    let list = try folder.write("users", "\(user)\n")
    let own = Shell.run("score --model \(model) --users \(list) \(split) | dump --to csv").output
    let expected = all.split(separator: "\n").filter { $0.hasPrefix("\(user),") }
    #expect(!expected.isEmpty && own.split(separator: "\n").dropFirst().elementsEqual(expected))
    let wrong = Shell.run("score --model \(model) --role validation --users \(list) \(split)")
    #expect(wrong.status == 65 && wrong.errors.contains("no validation users"), "\(wrong.errors)")
  }

  @Test func equalRunsGiveEqualBytesWhateverTheThreads() throws {
    let folder = try Folder()
    let csv = try ratings(in: folder)
    let split = folder.path("split.ig")
    _ = Shell.run("ingest \(csv) | binarize --min 4 | split > \(split)")
    var files: [String] = []
    for threads in [1, 2, 2] {
      let name = folder.path("m\(files.count)")
      let run = Shell.run(
        "fit --threads \(threads) --set epochs=3 --set width=32 --set latent=8 \(split) -o \(name).model && "
          + "score --threads \(threads) --model \(name).model \(split) -o \(name).recs")
      #expect(run.status == 0, "\(run.errors)")
      files.append(name)
    }
    for name in files.dropFirst() {
      #expect(Shell.run("cmp \(files[0]).model \(name).model").status == 0)
    }
  }

  @Test func failuresAreOneLineAndLeaveNoFile() throws {
    let folder = try Folder()
    let text = try folder.write("text.csv", "hello\nworld\n")
    let empty = try folder.write("empty", "")
    let csv = try ratings(in: folder)
    let whole = folder.path("whole.ig")
    _ = Shell.run("ingest \(csv) -o \(whole)")
    _ = Shell.run("head -c 200 \(whole) > \(folder.path("cut.ig"))")
    let bad = try folder.write("bad.csv", "userId,movieId,rating\n1,2,3\n1,x,nan\n")
    let out = folder.path("out")
    let cases: [(String, Int32)] = [
      ("binarize \(text) -o \(out)", 65), ("binarize \(empty) -o \(out)", 65),
      ("split \(folder.path("cut.ig")) -o \(out)", 65), ("split /nonexistent -o \(out)", 66),
      ("fit --model nonsense \(whole) -o \(out)", 64), ("fit --set x=1 \(whole) -o \(out)", 64),
      ("score --model \(whole) \(whole) -o \(out)", 65), ("ingest \(bad) -o \(out)", 65),
      ("ingest \(csv) -o /nonexistent/out", 73), ("ingest \(csv) > /dev/full", 74),
      ("metrics \(whole) --truth \(whole) -o \(out)", 65),
      ("explain --model \(empty) \(whole)", 65),
      ("check \(folder.path("cut.ig"))", 65), ("binarize --nonsense", 64),
      ("group-items --from categories \(whole) -o \(out)", 65),
    ]
    for (command, status) in cases {
      let run = Shell.run(command)
      #expect(run.status == status, "\(command): \(run.status) \(run.errors)")
      let lines = run.errors.split(separator: "\n").count
      #expect((1...3).contains(lines), "\(command): \(run.errors)")
      #expect(run.errors.hasPrefix("indgrm "), "\(command): \(run.errors)")
      #expect(access(out, F_OK) != 0, "\(command) left a file")
    }
    #expect(folder.names.allSatisfy { !$0.hasSuffix(".tmp") })
  }

  @Test func linksStayAndWhatTheyLeadToIsReplaced() throws {
    let folder = try Folder()
    let csv = try ratings(in: folder)
    let (kept, link) = (folder.path("kept/ml.ig"), folder.path("ml.ig"))
    let run = Shell.run(
      "mkdir \(folder.path("kept")) && touch \(kept) && ln -s kept/ml.ig \(link)"
        + " && ingest \(csv) -o \(link) && test -L \(link)"
        + " && check -q \(kept) && ls -A \(folder.path("kept"))")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output == "ml.ig\n")
  }

  @Test func aClosedPipeEndsQuietly() throws {
    let folder = try Folder()
    let csv = try ratings(in: folder)
    let run = Shell.run("ingest \(csv) | head -c 1 | wc -c")
    #expect(run.status == 0)
    #expect(run.errors.isEmpty || run.errors.hasPrefix("indgrm ingest:"))
  }
}
