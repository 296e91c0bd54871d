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
}
