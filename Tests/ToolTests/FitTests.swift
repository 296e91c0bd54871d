// Does fit refuse what cannot apply, keep what it should, and say what is true of the model it wrote?

import Foundation
import Support
import Testing

@Suite struct FitTests {
  private let folder: Folder
  private let split: String
  private let plain: String
  private let small = "--set width=12 --set latent=6 --set batch=40 --set epochs=4"

  init() throws {
    folder = try Folder()
    (plain, split) = try folder.simulated()
  }

  private func fit(_ words: String, _ data: String? = nil) -> Shell.Result {
    Shell.run("fit -q --no-rivals \(words) \(data ?? split) -o \(folder.path("m"))")
  }

  @Test(arguments: [
    ("--model ease --checkpoint c", "--checkpoint is for networks"),
    ("--model ials --init c", "--init is for networks"),
    ("--model mult-vae --groups g", "--groups is for models with item groups"),
    ("--model indgrm --groups g --init m", "exclude each other"),
    ("--checkpoint m --log-json m", "different files"),
    ("--set groups=0", "groups must be 1 to 10000, or auto"),
    ("--set learning-rate=-0.5", "learning-rate must be"),
    ("--set privileged=on --set item-groups=off", "set item-groups=on"),
  ])
  func whatCannotApplyIsRefused(_ words: String, _ reason: String) {
    let run = fit(words)
    #expect(run.status == 64 && run.errors.contains(reason), "\(run.errors)")
    #expect(!folder.names.contains("m"))
  }

  @Test func partsOfTrainingUsersNeedASplit() throws {
    let run = fit("--model ease --train-percent 20", plain)
    #expect(run.status == 64 && run.errors.contains("split it by users"), "\(run.errors)")
    // Where all users are trained on there are no parts either.
    let ratio = Shell.run("split -q --scheme ratio \(plain) -o \(folder.path("ratio"))")
    #expect(ratio.status == 0)
    let other = fit("--model ease --train-percent 20", folder.path("ratio"))
    #expect(other.status == 64 && other.errors.contains("split it by users"), "\(other.errors)")
  }

  /// A fit and what is made of it say why settings are what they are; the words of earlier versions mean the same.
  @Test func settingsSayWhy() {
    let words = "\(small) --set depth=-1 --set expert-weight=0 --set clusters=3"
    let run = Shell.run("fit -v \(words) \(split) -o \(folder.path("m"))")
    #expect(run.status == 0, "\(run.errors)")
    for line in ["depth=1: rule 6: 1, below 35 interactions a user", "latent=6: given"] {
      #expect(run.errors.contains(line), "\(run.errors)")
      #expect(Shell.run("dump \(folder.path("m"))").output.contains(line))
    }
    let old = Shell.run("dump --to npz \(folder.path("m")) | sha256sum").output
    #expect(fit("\(small) --set depth=auto --set clusters=3").status == 0)
    #expect(Shell.run("dump --to npz \(folder.path("m")) | sha256sum").output == old)
  }

  /// The manual has the table that `fit --list` prints.
  @Test func theManualTellsTheRules() throws {
    let page = try String(
      contentsOf: Shell.repository.appendingPathComponent("man/man1/indgrm-fit.1"), encoding: .utf8)
    func words(_ text: some StringProtocol) -> String {
      text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
    let told = words(page.replacingOccurrences(of: "\n.It ", with: "\n"))
    let listed = Shell.run("fit --list").output.split(separator: "\n").filter {
      $0.hasPrefix("  rule ")
    }
    #expect(listed.count == 10)
    for line in listed {
      // "rule 6, depth: How deep? 1, below ...; evidence: ..."
      let row = line.dropFirst(2).components(separatedBy: "; evidence: ")[0]
      let parts = row.split(separator: "?", maxSplits: 1).map(words)
      #expect(parts.count == 2 && told.contains("\(parts[0])? \(parts[1])."), "\(row)")
    }
  }

  /// Variants by name: the manual has their settings, and what is given beside one counts.
  @Test func presetsAreSettingsTogether() throws {
    let page = try String(
      contentsOf: Shell.repository.appendingPathComponent("man/man1/indgrm-fit.1"), encoding: .utf8)
    let told = page.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let listed = Shell.run("fit --list").output.split(separator: "\n").filter {
      $0.hasPrefix("  preset ")
    }
    #expect(listed.count >= 6)
    for line in listed {
      let words = line.components(separatedBy: ": ").last ?? "?"
      #expect(told.contains(words), "\(line)")
      let name = line.split(separator: " ")[1]
      let given = "--set latent=5 --set privileged=off"
      let run = Shell.run(
        "fit --verbose --no-rivals \(small) --preset \(name) \(given) \(split) -o \(folder.path("m"))"
      )
      #expect(run.status == 0, "\(name): \(run.errors)")
      let reasons = run.errors.split(separator: "\n")
      #expect(reasons.contains { $0.hasSuffix("latent=5: given") }, "\(run.errors)")
      for setting in words.split(separator: " ").map({ $0.prefix { $0 != "=" } })
      where !["latent", "privileged", "batch"].contains(setting) {
        #expect(
          reasons.contains { $0.contains(" \(setting)=") && $0.hasSuffix("as preset \(name)") },
          "\(setting) \(run.errors)")
      }
    }
    let none = fit("\(small) --preset best")
    #expect(none.status == 64 && none.errors.contains("no preset 'best'"), "\(none.errors)")
    let other = fit("--model ease --preset paper")
    #expect(other.status == 64 && other.errors.contains("it has none"), "\(other.errors)")
  }

  @Test func placesThatCannotBeWrittenAreFoundAtOnce() {
    let run = fit("\(small) --model mult-vae --set epochs=100000 --checkpoint /nonexistent/c")
    #expect(run.status == 73 && run.errors.contains("/nonexistent/c"), "\(run.errors)")
  }

  /// What the model says of itself is what metrics measures, with expert and pruning.
  @Test(arguments: [
    "indgrm --set expert=linear", "indgrm --set cost=bernoulli",
    "indgrm --set ard=on", "ease", "ials --set factors=4",
    "mult-vae",
  ])
  func theValidationFigureIsTheModels(_ model: String) {
    let words = model.contains("vae") || model.contains("indgrm") ? small : ""
    let run = fit("--model \(model) \(words)")
    #expect(run.status == 0, "\(run.errors)")
    func value(_ text: String, _ start: String) -> Double {
      text.components(separatedBy: start).dropFirst().first
        .flatMap { Double($0.prefix { !",}\n".contains($0) }) } ?? -1
    }
    let said = value(Shell.run("dump --header \(folder.path("m"))").output, "\"validation\":")
    let measured = Shell.run(
      "score -q --role validation --model \(folder.path("m")) \(split)"
        + " | metrics -q --truth \(split) --metrics ndcg --at 100 --format csv | grep '^all'")
    let mean = value(measured.output, "all,ndcg,100,")
    #expect(said > 0 && abs(said - mean) < 1e-6, "\(said) but \(measured.output)\(measured.errors)")
  }

  /// A network says at the end what it gained, and so do its log and what shows the model; models that take seconds
  /// say nothing, and where nobody is to judge neither does it.
  @Test(arguments: ["indgrm", "mult-vae"]) func networksSayWhatTheyGained(_ model: String) throws {
    let (file, log) = (folder.path("m"), folder.path("log"))
    let run = Shell.run("fit --model \(model) \(small) --log-json \(log) \(split) -o \(file)")
    let last = try #require(run.errors.split(separator: "\n").last)
    #expect(run.status == 0 && last.contains(" on validation users, "), "\(run.errors)")
    #expect(last.contains("standard error"), "\(last)")
    #expect(
      Shell.run("grep -o '\"event\":\"rival\",\"model\":\"[a-z -]*' \(log) | cut -d'\"' -f8").output
        .hasPrefix("popularity\nitem-knn recency-weight\nease recency-weight\nedlae user-weight\n"))
    #expect(Shell.run("tail -1 \(log)").output.contains("\"gain\":{"))
    let dump = Shell.run("dump \(file)").output
    #expect(dump.contains("\ngain: ") && !dump.contains(" in 0."), "\(dump)")
    #expect(
      Shell.run("report --model \(file) --data \(split)").output.contains(
        "Compared with models that take seconds"))
    for words in ["--no-rivals \(split)", plain] {
      let silent = Shell.run("fit --model \(model) \(small) \(words) -o \(file)")
      #expect(silent.status == 0 && !silent.errors.contains("standard error"), "\(silent.errors)")
      #expect(!Shell.run("dump \(file)").output.contains("\ngain: "))
    }
    let simple = Shell.run("fit --model ease \(split) -o \(file)")
    #expect(!simple.errors.contains("standard error"), "\(simple.errors)")
  }

  /// A run goes on only as what it was, and knows the sizes an earlier model gave it.
  @Test func resumedRunsAreTheSameRun() {
    let (old, point, alone) = (folder.path("old"), folder.path("point"), folder.path("alone"))
    let model = "fit -q --no-rivals --model indgrm \(small) --set groups=3"
    for words in [
      "--set clusters=3 \(split) -o \(old)",
      "--set epochs=2 --init \(old) --checkpoint \(point) \(split) -o \(folder.path("a"))",
      "--init \(old) --resume \(point) \(split) -o \(folder.path("b"))",
      "--init \(old) \(split) -o \(folder.path("c"))",
      "--set epochs=2 --checkpoint \(alone) \(split) -o \(folder.path("e"))",
    ] {
      let run = Shell.run("\(model) \(words)")
      #expect(run.status == 0, "\(words): \(run.errors)")
    }
    let tensors = ["b", "c"].map {
      Shell.run("dump --to npz \(folder.path($0)) | sha256sum").output
    }
    #expect(tensors[0] == tensors[1])
    let groups = folder.path("g")
    #expect(Shell.run("group-items -q --groups 3 \(split) -o \(groups)").status == 0)
    let other = folder.path("other.ig")
    #expect(Shell.run("split -q --seed 5 \(plain) -o \(other)").status == 0)
    for (words, what) in [
      ("--validate-by recall@5 \(split)", "metric"), ("--groups \(groups) \(split)", "groups"),
      (other, "data"),
    ] {
      let run = Shell.run("\(model) --resume \(alone) \(words) -o \(folder.path("d"))")
      #expect(run.status == 65 && run.errors.contains("other \(what)"), "\(words): \(run.errors)")
    }
  }

  /// Without validation users the last whole epoch is kept, and the log says what happened.
  @Test func aLossThatIsNoNumberKeepsTheLastEpoch() {
    let log = folder.path("log")
    let run = fit(
      "--set width=16 --set latent=8 --set learning-rate=0.1 --set cost=bernoulli --set epochs=100"
        + " --set similarity=inner-product --set group-parts=on --log-json \(log)", plain)
    #expect(run.status == 70 && run.errors.contains("was kept"), "\(run.errors)")
    #expect(Shell.run("check --all \(folder.path("m"))").status == 0)
    #expect(Shell.run("tail -1 \(log)").output.contains("the loss is not a number"))
  }

  /// The process that runs tests blocks signals, and what it starts inherits that.
  private let unblocked =
    "python3 -c 'import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []);"
    + " os.execvp(sys.argv[1], sys.argv[1:])'"

  /// Before there is anything to keep a signal ends the tool as it ends others.
  @Test func signalsEndFitsWithoutEpochs() {
    let large = folder.path("large.ig")
    let run = Shell.run(
      "simulate -q --users 500 --items 2500 --interactions 50000 -o \(large) && \(unblocked) timeout"
        + " -s INT 1 fit -q --threads 1 --model slim --set neighbours=2500 --set l1=0.001"
        + " --set l2=0.01 \(large) -o \(folder.path("m"))")
    // timeout ends with 124 when it had to send its signal.
    #expect(run.status == 124, "\(run.status) \(run.errors)")
    #expect(folder.names.allSatisfy { !$0.contains("m.") && $0 != "m" }, "\(folder.names)")
  }

  /// A factorisation that is stopped between rounds keeps its best one.
  @Test func stoppedFactorisationsAreKept() {
    let (large, log) = (folder.path("large.ig"), folder.path("log"))
    // However busy the machine is, a round has ended when the signal comes.
    let run = Shell.run(
      "simulate -q --users 500 --items 1000 --interactions 50000 -o \(large) && {"
        + " \(unblocked) fit --model ials --set factors=96 --set epochs=100000 --log-json \(log) \(large) -o \(folder.path("m"))"
        + " & fit=$!; for n in $(seq 1200); do grep -q epoch \(log) 2>/dev/null && break; sleep 0.1; done;"
        + " kill -TERM $fit; wait $fit; }")
    #expect(run.errors.contains("stopped early by a signal"), "\(run.errors.suffix(300))")
    #expect(Shell.run("check --all \(folder.path("m"))").status == 0)
  }

  /// With categories as privileged information a group is called what it stands for, empty or not.
  @Test func privilegedGroupsAreTheCategories() {
    let run = fit("--set privileged=on --set width=12 --set latent=6 --set epochs=1")
    #expect(run.status == 0, "\(run.errors)")
    let groups = Shell.run(
      "group-items -q \(folder.path("m")) | dump --header | grep -o '\"names\":[^]]*'"
    ).output
    let names = groups.dropFirst(9).split(separator: ",")
    #expect(names.count >= 2 && Set(names).count == names.count, "\(groups)")
    #expect(names.allSatisfy { $0.hasPrefix("\"Group ") }, "\(groups)")
  }
}
