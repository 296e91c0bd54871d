// Can training be interrupted, resumed and started from earlier models?

import Foundation
import Interchange
import Support
import Testing

@Suite struct TrainingTests {
  private let folder: Folder
  private let split: String
  /// Without rivals, which take longer than such a fit.
  private let alone = "--no-rivals"
  private let small = "--set width=12 --set latent=6 --set batch=40"

  init() throws {
    folder = try Folder()
    split = try folder.simulated().split
  }

  /// 2 + 2 epochs are 4 epochs, to the byte.
  @Test(arguments: [
    "indgrm --set depth=1 --set clusters=2 --set groups=3 --set ard=on",
    "mult-vae", "recvae --set depth=1 --set encoder-passes=1",
    "macridvae --set concepts=2", "dglgm --set clusters=2 --set ard-epoch=1",
  ])
  func resumedRunsAreTheSame(_ model: String) throws {
    let settings =
      model.hasPrefix("macridvae")
      ? small.replacingOccurrences(of: "--set width=12 ", with: "") : small
    let (whole, half, point) = (folder.path("whole"), folder.path("half"), folder.path("point"))
    func fit(_ words: String) -> Shell.Result {
      Shell.run("fit -q \(alone) --model \(model) \(settings) \(words) \(split)")
    }
    #expect(fit("--set epochs=4 -o \(whole)").status == 0)
    let first = fit("--set epochs=2 --checkpoint \(point) --checkpoint-every 1 -o \(half)")
    #expect(first.status == 0, "\(first.errors)")
    let second = fit(
      "--set epochs=4 --resume=\(point) --checkpoint=\(point).2 --checkpoint-every=3 -o \(half)")
    #expect(second.status == 0, "\(second.errors)")
    // How a run went on is no part of its history.
    let same = Shell.run("cmp \(whole) \(half)")
    #expect(same.status == 0, "\(same.output)")
  }

  /// A fit that starts from an earlier model is resumed with it, refitted or not, to the byte; without it, or with
  /// another, it is another run.
  @Test(arguments: ["indgrm --set clusters=2 --set groups=3", "mult-vae --set average=0.5"])
  func warmRunsAreResumedToTheSame(_ model: String) {
    let (early, other) = (folder.path("early"), folder.path("other"))
    let (whole, half, point) = (folder.path("whole"), folder.path("half"), folder.path("point"))
    func fit(_ words: String) -> Shell.Result {
      Shell.run("fit -q \(alone) --model \(model) \(small) --refit \(words) \(split)")
    }
    #expect(fit("--set epochs=2 -o \(early)").status == 0)
    #expect(fit("--set epochs=3 -o \(other)").status == 0)
    #expect(fit("--init \(early) --set epochs=4 -o \(whole)").status == 0)
    #expect(
      fit("--init \(early) --set epochs=2 --checkpoint \(point) -o \(half)").status == 0)
    for wrong in ["", "--init \(other)"] {
      let refused = fit("\(wrong) --set epochs=4 --resume \(point) -o \(half)")
      #expect(
        refused.status == 65 && refused.errors.contains("made with another --init"),
        "\(refused.errors)")
    }
    let second = fit("--init \(early) --set epochs=4 --resume \(point) -o \(half)")
    #expect(second.status == 0, "\(second.errors)")
    #expect(Shell.run("cmp \(whole) \(half)").status == 0)
  }

  /// A log can be read while epochs go on, and a resumed run keeps what the first one told.
  @Test func logsGrowAndAreKept() throws {
    let (log, point) = (folder.path("log"), folder.path("point"))
    func fit(_ words: String) -> Shell.Result {
      Shell.run(
        "fit -q \(alone) --model mult-vae \(small) --log-json \(log) \(words) \(split) -o \(folder.path("m"))"
      )
    }
    func epochs() -> [String] {
      Shell.run("grep -o '\"epoch\":[0-9]*' \(log)").output.split(separator: "\n").map(String.init)
    }
    // The third line of a run that is killed then has its place already.
    let killed = Shell.run(
      "rm -f \(log); fit -q --model mult-vae \(small) --set epochs=10000 --set patience=1000"
        + " --log-json \(log) \(split) -o \(folder.path("m")) & run=$!;"
        + " for wait in $(seq 600); do [ ! -s \(log) ] || [ $(wc -l < \(log)) -lt 3 ] || break;"
        + " sleep 0.1; done; kill -KILL $run; wc -l < \(log)")
    #expect((Int(killed.output.trimmingPrefix("\n").dropLast()) ?? 0) >= 3, "\(killed.errors)")
    #expect(fit("--set epochs=4 --checkpoint \(point) --checkpoint-every 2").status == 0)
    #expect(epochs() == (1...4).map { "\"epoch\":\($0)" })
    // The last line was cut short, and there are epochs that the checkpoint does not know.
    let longer =
      "{ cat \(log); echo '{\"event\":\"epoch\",\"epoch\":5}'; printf '{\"ev'; } > \(log).2; mv \(log).2 \(log)"
    #expect(Shell.run(longer).status == 0)
    let second = fit("--set epochs=6 --resume \(point)")
    #expect(second.status == 0, "\(second.errors)")
    #expect(epochs() == (1...6).map { "\"epoch\":\($0)" })
    #expect(Shell.run("grep -c '\"event\":\"end\"' \(log)").output == "1\n")
    // Another file is not taken for a log and lost.
    #expect(Shell.run("printf 'mine\n\n' > \(log)").status == 0)
    let other = fit("--set epochs=7 --resume \(point)")
    #expect(other.status == 65 && other.errors.contains("line 1 is not from a training log"))
    #expect(Shell.run("cat \(log)").output == "mine\n\n")
  }

  /// The last epoch is validated whether it was due or not, and so it is when the run had ended already.
  @Test func endedRunsAreResumedToTheSame() {
    let (point, whole, again) = (folder.path("point"), folder.path("whole"), folder.path("again"))
    let fit =
      "fit -q \(alone) --model mult-vae \(small) --set epochs=7 \(split)"
    for words in ["--checkpoint \(point) -o \(whole)", "--resume \(point) -o \(again)"] {
      let run = Shell.run("\(fit) \(words)")
      #expect(run.status == 0, "\(run.errors)")
    }
    let tensors = [whole, again].map { Shell.run("dump --to npz \($0) | sha256sum").output }
    #expect(tensors[0] == tensors[1])
    #expect(Shell.run("dump --header \(whole)").output.contains("\"best_epoch\":7"))
  }

  /// The log tells the two fits apart, a resumed run keeps the first alone, and nobody judges by users that were
  /// fitted to without being told.
  @Test func refitsAreToldFromFits() throws {
    let (model, log, point) = (folder.path("m"), folder.path("log"), folder.path("point"))
    func fit(_ words: String) -> Shell.Result {
      Shell.run(
        "fit --refit --model mult-vae \(small) --log-json \(log) --checkpoint \(point) \(words) \(split)"
          + " -o \(model)")
    }
    func count(_ event: String) -> String {
      Shell.run("grep -c '\"event\":\"\(event)\"' \(log)").output
    }
    let first = fit("--set epochs=4")
    #expect(first.status == 0 && first.errors.contains("fitting again to all"), "\(first.errors)")
    #expect(Shell.run("dump --header \(model)").output.contains("\"refit\":true"))
    let best = Shell.run("dump --header \(model) | grep -o '\"best_epoch\":[0-9]*' | cut -d: -f2")
    #expect(count("epoch") == "4\n" && count("refit-epoch") == best.output)
    let before = Shell.run("dump --to npz \(model) | sha256sum").output
    #expect(fit("--set epochs=4 --resume \(point)").status == 0)
    #expect(count("epoch") == "4\n" && count("refit-epoch") == best.output)
    #expect(Shell.run("dump --to npz \(model) | sha256sum").output == before)
    let score = Shell.run(
      "score --role validation --model \(model) \(split) -o \(folder.path("r"))")
    #expect(score.status == 0 && score.errors.contains("was fitted to validation users"))
    #expect(
      !Shell.run("score --model \(model) \(split) -o \(folder.path("r"))").errors.contains(
        "was fitted to validation users"))
  }

  @Test func refitsNeedValidationUsersAndAllTrainingUsers() {
    let plain = Shell.run(
      "printf 'a,x\nb,y\n' | ingest -q | fit -q --refit --model ease -o /dev/null")
    #expect(plain.status == 64 && plain.errors.contains("leave --refit out"), "\(plain.errors)")
    let part = Shell.run("fit -q --refit --train-percent 40 --model ease \(split) -o /dev/null")
    #expect(part.status == 64 && part.errors.contains("leave --train-percent out"))
  }

  /// Groups made from a split do not know the items that validation users alone chose.
  @Test func refitsTakeGroupsMadeFromTheSplit() {
    let (more, groups, model) = (folder.path("more.ig"), folder.path("g"), folder.path("m"))
    let made = Shell.run(
      "user=$(dump --part validation-in --to csv \(split) | sed -n 2p | cut -d, -f1);"
        + " { dump --to csv \(split) | cut -d, -f1,2; echo \"$user,only\"; } | ingest -q | split -q -o \(more);"
        + " group-items -q --groups 3 \(more) -o \(groups); dump --part train --to csv \(more) | grep -c only"
    )
    #expect(made.output == "0\n", "\(made.output) \(made.errors)")
    let run = Shell.run(
      "fit -q \(alone) --refit --groups \(groups) \(small) --set epochs=2 \(more) -o \(model)")
    #expect(run.status == 0, "\(run.errors)")
    #expect(Shell.run("dump --items \(model) | grep -c '\"only\"'").output == "1\n")
  }

  /// The winner of a search is fitted to validation users too, with its settings.
  @Test func tunedModelsAreRefitted() throws {
    let (space, tuned, plain) = (folder.path("space"), folder.path("tuned"), folder.path("plain"))
    try #"{"lambda": {"log": [10, 1000]}}"#.write(toFile: space, atomically: true, encoding: .utf8)
    let run = Shell.run(
      "tune -q --refit --trials 3 --space \(space) --model ease \(split) -o \(tuned)")
    #expect(run.status == 0, "\(run.errors)")
    let lambda = Shell.run(
      "dump --header \(tuned) | grep -o '\"lambda\":[0-9.e+-]*' | tail -1 | cut -d: -f2")
    let again = Shell.run(
      "fit -q --refit --model ease --set lambda=\(lambda.output.dropLast()) \(split) -o \(plain)")
    #expect(again.status == 0, "\(again.errors)")
    let tensors = [tuned, plain].map { Shell.run("dump --to npz \($0) | sha256sum").output }
    #expect(tensors[0] == tensors[1])
  }

  @Test func checkpointsOfOtherRunsAreRefused() throws {
    let point = folder.path("point")
    let model = "fit -q \(alone) --model mult-vae \(small)"
    #expect(
      Shell.run("\(model) --set epochs=2 --checkpoint \(point) \(split) -o \(folder.path("m"))")
        .status == 0)
    for words in ["--set beta=0.3", "--seed 3"] {
      let run = Shell.run("\(model) \(words) --resume \(point) \(split) -o \(folder.path("n"))")
      #expect(run.status == 65 && run.errors.contains("other"), "\(run.errors)")
    }
    let wrong = Shell.run("\(model) --resume \(folder.path("m")) \(split) -o \(folder.path("n"))")
    #expect(wrong.status == 65 && wrong.errors.contains("no checkpoint"), "\(wrong.errors)")
    #expect(Shell.run("score --model \(point) \(split)").status == 65)
    #expect(Shell.run("dump \(point)").output.contains(": a checkpoint, "))
  }

  /// Earlier versions wrote checkpoints as models of that name.
  @Test func checkpointsOfEarlierVersionsAreResumed() throws {
    let (point, old) = (folder.path("point"), folder.path("old"))
    let model = "fit -q \(alone) --model mult-vae \(small)"
    let made = Shell.run(
      "\(model) --set epochs=2 --checkpoint \(point) \(split) -o \(folder.path("m"))")
    #expect(made.status == 0, "\(made.errors)")
    let bytes = OwnedBytes(copying: try Data(contentsOf: URL(filePath: point)))
    var stored = try StoredModel(StreamReader(ByteInput(bytes, name: point)))
    stored.description = stored.description.setting("model", "checkpoint")
    let sink = MemorySink()
    try stored.write(to: sink, kind: .model)
    try Data(sink.bytes).write(to: URL(filePath: old))
    let tensors = [point, old].map { point in
      let resumed = Shell.run(
        "\(model) --set epochs=4 --resume \(point) \(split) | dump --to npz | sha256sum")
      #expect(resumed.status == 0 && resumed.errors.isEmpty, "\(resumed.errors)")
      return resumed.output
    }
    #expect(tensors[0] == tensors[1])
  }

  /// A model started from an earlier one of fewer items knows at once what that knew.
  @Test func laterDataStartFromAnEarlierModel() throws {
    let (more, old, new) = (folder.path("more.ig"), folder.path("old"), folder.path("new"))
    let made = Shell.run(
      "{ dump --to csv \(split) | cut -d, -f1,2; printf '1,new\\n2,new\\n3,new\\n5,new\\n'; }"
        + " | ingest -q | split -q -o \(more)")
    #expect(made.status == 0, "\(made.errors)")
    let model = "fit -q \(alone) --model mult-vae \(small) --log-json"
    #expect(
      Shell.run("\(model) \(folder.path("a")) --set epochs=30 \(split) -o \(old)").status == 0)
    let run = Shell.run(
      "\(model) \(folder.path("b")) --set epochs=2 --init \(old) \(more) -o \(new)")
    #expect(run.status == 0, "\(run.errors)")
    #expect(Shell.run("\(model) \(folder.path("c")) --set epochs=2 \(more) -o \(new)").status == 0)
    func loss(_ name: String) -> Double {
      // Rivals that take seconds come before the first epoch.
      let line = Shell.run("grep -m1 reconstruction \(folder.path(name))").output
      let value = line.split(separator: ",").first { $0.contains("reconstruction") }
      return value.flatMap { $0.split(separator: ":").last.flatMap { Double($0) } } ?? 0
    }
    #expect(loss("b") < loss("c") - 1, "\(loss("b")) against \(loss("c"))")
    let wrong = Shell.run("fit -q --model mult-vae --init \(old) \(more) -o \(new)")
    #expect(wrong.status == 65, "other sizes: \(wrong.errors)")
  }

  @Test func aLossThatIsNoNumberKeepsTheBestModel() throws {
    let model = folder.path("m")
    let run = Shell.run(
      "fit -q --model macridvae --set learning-rate=1 --set temperature=0.012 --set epochs=60"
        + " \(split) -o \(model)")
    #expect(run.status == 70, "\(run.errors)")
    #expect(run.errors.contains("the loss is not a number in epoch"), "\(run.errors)")
    if run.errors.contains("was kept") {
      #expect(Shell.run("check --all \(model)").status == 0)
    } else {
      #expect(!folder.names.contains("m"))
    }
  }

  /// A search that was cut short ends in the same trials and the same model as one that was not.
  @Test func searchesGoOnWhereTheyEnded() throws {
    let space = try folder.write(
      "space.json", #"{"dropout": {"number": [0, 0.8]}, "beta": {"log": [0.01, 1]}}"#)
    func tune(_ words: String, _ name: String) -> Shell.Result {
      Shell.run(
        "tune -q --model mult-vae \(small) --set epochs=4 --space \(space)"
          + " --trials-log \(folder.path(name)).log \(words) \(split) -o \(folder.path(name))")
    }
    for (words, name) in [("--trials 7", "whole"), ("--trials 5", "half"), ("--trials 7", "half")] {
      let run = tune(words, name)
      #expect(run.status == 0, "\(run.errors)")
    }
    let trials = ["whole", "half"].map { name in
      Shell.run("sed 's/\"seconds\":[^,}]*//' \(folder.path(name)).log").output
    }
    #expect(trials[0].split(separator: "\n").count == 7)
    #expect(trials[0] == trials[1])
    let tensors = ["whole", "half"].map {
      Shell.run("dump --to npz \(folder.path($0)) | sha256sum").output
    }
    #expect(tensors[0] == tensors[1])
    // The model is that of the best trial.
    let best = trials[0].split(separator: "\n").compactMap { line in
      line.split(separator: "\"validation\":").last.flatMap { Double($0.prefix { $0 != "}" }) }
    }.max()
    let kept = Shell.run("dump --header \(folder.path("whole"))").output
    #expect(best != nil && kept.contains("\(best ?? -1)"), "\(trials[0])")
    // A line that was cut short is made again, and so is one without its end.
    for bytes in [40, 1] {
      let cut = Shell.run("truncate -s -\(bytes) \(folder.path("half")).log")
      #expect(cut.status == 0, "\(cut.errors)")
      let run = tune("--trials 7", "half")
      #expect(run.status == 0, "\(run.errors)")
      #expect(Shell.run("wc -l < \(folder.path("half")).log").output == "7\n")
    }
    for words in ["--seed 3", "--set width=13", "--validate-by recall@20"] {
      let run = tune("--trials 9 " + words, "half")
      #expect(run.status == 65 && run.errors.contains("a search with other"), "\(run.errors)")
    }
  }

  /// Settings that no fit survives are trials too; with nothing else there is no model.
  @Test func searchesOutliveFailedTrials() throws {
    let space = try folder.write("space.json", #"{"prior-wide": {"number": [0.4, 0.9]}}"#)
    let log = folder.path("log")
    let run = Shell.run(
      "tune -q --model recvae --set prior-old=0.95 --trials 2 --space \(space)"
        + " --trials-log \(log) \(split) -o \(folder.path("m"))")
    #expect(run.status == 65 && run.errors.contains("less than 1"), "\(run.errors)")
    #expect(Shell.run("grep -c '\"failure\"' \(log)").output == "2\n")
    #expect(!folder.names.contains("m"))
    let wide = try folder.write("mixed.json", #"{"prior-wide": {"number": [0, 0.9]}}"#)
    let mixed = Shell.run(
      "tune -q --model recvae \(small) --set depth=0 --set epochs=2 --set prior-old=0.7 --trials 8"
        + " --space \(wide) --trials-log \(folder.path("mixed")) \(split) -o \(folder.path("m"))")
    #expect(mixed.status == 0 && folder.names.contains("m"), "\(mixed.errors)")
    let failed = Shell.run("grep -c '\"failure\"' \(folder.path("mixed"))").output
    #expect((1..<8).contains(Int(failed.dropLast()) ?? 0), "\(failed)")
    let wrong = Shell.run("tune -q --model ease --space \(space) \(split) -o \(folder.path("n"))")
    #expect(wrong.status == 64 && wrong.errors.contains("prior-wide"), "\(wrong.errors)")
    #expect(!folder.names.contains("n"))
  }

  /// Defaults outside the ranges, settings that cannot be combined and choices a model does not have.
  @Test func searchesOutliveOddSpaces() throws {
    func tune(_ model: String, _ space: String, _ trials: Int) throws -> Shell.Result {
      let file = try folder.write("space.json", space)
      return Shell.run(
        "tune -q --model \(model) --space \(file) --trials \(trials) --trials-log"
          + " \(folder.path("log")) \(split) -o \(folder.path("m")); s=$?; wc -l < \(folder.path("log"))"
          + "; rm -f \(folder.path("log")); exit $s")
    }
    // lambda is 300 by default, and may be the best for all the search can find.
    let outside = try tune("edlae", #"{"lambda": {"number": [1, 2]}}"#, 12)
    #expect(outside.status == 0 && outside.output == "12\n", "\(outside.errors)")
    let apart = try tune(
      "recvae --set width=8 --set latent=4 --set epochs=2",
      #"{"prior-old": {"number": [0, 1]}, "prior-wide": {"number": [0, 1]}}"#, 8)
    #expect(apart.status == 0 && apart.output == "8\n", "\(apart.errors)")
    let unknown = try tune("indgrm", #"{"cost": {"choice": ["auto", "foo", "bernoulli"]}}"#, 3)
    #expect(unknown.status == 64 && unknown.errors.contains("foo"), "\(unknown.errors)")
    let both = try tune("edlae --set lambda=3", #"{"lambda": {"number": [1, 2]}}"#, 3)
    #expect(both.status == 64 && both.errors.contains("both"), "\(both.errors)")
    let below = try tune("indgrm", #"{"kl-weight": {"number": [-1, 0.03]}}"#, 3)
    #expect(below.status == 64 && below.errors.contains("outside its range"), "\(below.errors)")
    // A file that is no log is left as it is.
    let notes = try folder.write("notes.txt", "remember the milk")
    let ridge = try folder.write("ridge.json", #"{"lambda": {"log": [1, 9]}}"#)
    let foreign = Shell.run(
      "tune -q --model ease --space \(ridge) --trials-log \(notes) \(split) -o \(folder.path("m"))")
    #expect(foreign.status == 65 && foreign.errors.contains("is no trial"), "\(foreign.errors)")
    #expect(Shell.run("cat \(notes)").output == "remember the milk")
    let unwritable = Shell.run(
      "tune -q --model ease --space \(ridge) --trials-log /nonexistent/l \(split) -o \(folder.path("m"))"
    )
    #expect(unwritable.status == 73, "\(unwritable.errors)")
  }

  /// Every range the comparison tunes in is one its model has.
  @Test func rangesOfTheComparisonAreTheModels() throws {
    let paper = Shell.repository.appendingPathComponent("pipelines/paper")
    let models = try String(contentsOf: paper.appendingPathComponent("models.txt"), encoding: .utf8)
    let lines = Dictionary(
      uniqueKeysWithValues: models.split(separator: "\n").compactMap { line in
        let words = line.split(separator: " ")
        return line.hasPrefix("#") || words.count < 2
          ? nil : (String(words[0]), words[1...].joined(separator: " "))
      })
    let spaces = paper.appendingPathComponent("spaces")
    let names = try FileManager.default.contentsOfDirectory(atPath: spaces.path)
    #expect(!names.isEmpty)
    for name in names {
      let model = try #require(lines[String(name.dropLast(5))], "\(name) is of no model")
      let run = Shell.run(
        "tune --model \(model) --space \(spaces.path)/\(name) \(folder.path("none")) -o \(folder.path("m"))"
      )
      // Ranges are looked at before the data, which are not there.
      #expect(run.status == 66, "\(run.errors)")
    }
  }
}
