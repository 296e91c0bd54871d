// Do searches go on where they ended, outlive odd spaces and keep what is best?

import Foundation
import Support
import Testing

@Suite struct TuneTests {
  private let folder: Folder
  private let split: String
  private let small = "--set width=12 --set latent=6 --set batch=40"

  init() throws {
    folder = try Folder()
    split = try folder.simulated().split
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
