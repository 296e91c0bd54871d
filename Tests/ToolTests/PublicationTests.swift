// Is nothing published that does not belong together, was stopped or is cut short?

import Foundation
import Support
import Testing

@Suite struct PublicationTests {
  private let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.chosen()
  }

  /// An empty log, a foreign catalogue, and one that is mostly foreign, with --quiet as well.
  @Test func foreignHistoriesAreRefused() {
    let made = folder.run(
      "{ echo user,item; for k in 1 2 3; do echo a,x$k; done; } > foreign.csv"
        + " && { cat foreign.csv; echo a,i1; echo b,i2; } > mostly.csv"
        + " && ingest -q foreign.csv -o foreign && ingest -q mostly.csv -o mostly && echo yesterday > lists"
    )
    #expect(made.status == 0, "\(made.errors)")
    for tool in ["score", "explain"] {
      for (input, words) in [("foreign", "0 of 3"), ("mostly", "2 of 5")] {
        let refused = folder.run("\(tool) -q --model m \(input) -o lists")
        #expect(
          refused.status == 65 && refused.errors.contains(words)
            && refused.errors.contains("--min-known") == (input == "mostly"),
          "\(tool) \(input) \(refused.errors)")
      }
      #expect(folder.run("cat lists").output == "yesterday\n")
      #expect(folder.run("\(tool) -q --model m --min-known 0.4 mostly -o other").status == 0)
      #expect(folder.run("\(tool) -q --model m --min-known 1.5 mostly").status == 64)
    }
  }

  /// What measures and draws a model does so on data of its catalogue alone.
  @Test func foreignDataAreNotMeasured() {
    let made = folder.run(
      "{ echo user,item; for u in $(seq 40); do for k in 1 2 3 4; do echo u$u,x$(((u + k * k) % 9)); done; done;"
        + " echo a,i1; echo a,i2; } > other.csv && ingest -q other.csv -o other.ig && sed 's/x/i/' other.csv > same.csv"
        + " && for k in 0 1 2 3 4 5 6 7 8; do echo i$k,Film $k,Drama; done > here && sed 's/Film/Shoe/' here > there"
        + " && ingest -q log.csv --items here | fit -q --model ials -o t && ingest -q same.csv --items there -o there.ig"
    )
    #expect(made.status == 0, "\(made.errors)")
    for (command, words) in [
      ("interpret --model t --only structure other.ig", "2 of 162 interactions"),
      ("report --model t --data other.ig", "2 of 162 interactions"),
      ("interpret --model t --only structure there.ig", "'Shoe 0' here and 'Film 0' there"),
      ("report --model t --data there.ig", "'Shoe 0' here and 'Film 0' there"),
    ] {
      let refused = folder.run("\(command) -o x; s=$?; ls; exit $s")
      #expect(
        refused.status == 65 && refused.errors.contains(words), "\(command): \(refused.errors)")
      #expect(!refused.output.split(separator: "\n").contains("x"))
      #expect(folder.run("\(command) --min-known 0 -o y").status == 0)
    }
  }

  /// A model or groups of other things by the same ids say nothing of these.
  @Test func foreignModelsAreNotTakenAlong() {
    let small =
      "--no-rivals --model indgrm --set epochs=1 --set groups=2 --set width=8 --set latent=4"
    let made = folder.run(
      "for k in 0 1 2 3 4 5 6 7 8; do echo i$k,Film $k,Drama; done > here; sed 's/Film/Shoe/' here > there;"
        + " for of in here there; do ingest -q log.csv --items $of -o $of.ig && split -q $of.ig -o $of.x"
        + " && fit -q \(small) $of.x -o $of.m && group-items -q --groups 2 $of.x -o $of.g"
        + " && score -q --model $of.m $of.x -o $of.l || exit; done")
    #expect(made.status == 0, "\(made.errors)")
    for command in [
      "fit \(small) here.x --init OF.m", "fit \(small) here.x --groups OF.g",
      "interpret --only agreement --model here.m --other OF.m here.x",
      "metrics --truth here.x --diversity --metrics diversity --vectors OF.m here.l",
    ] {
      let own = folder.run("\(command.replacing("OF", with: "here")) -o x")
      #expect(own.status == 0, "\(command): \(own.errors)")
      let other = folder.run("\(command.replacing("OF", with: "there")) -o x")
      #expect(
        other.status == 65 && other.errors.contains("'Film 0' here and 'Shoe 0' there"),
        "\(command): \(other.errors)")
    }
  }

  /// Lists of another split or of another kind of model say nothing of this one.
  @Test func foreignListsAreNotExplained() {
    let made = folder.run(
      "split -q log.ig -o s && split -q --seed 5 log.ig -o s5 && fit -q --model ials s -o f && fit -q --model ease s -o e"
        + " && score -q --model f s -o own && score -q --model f s5 -o other && score -q --model e s -o theirs"
    )
    #expect(made.status == 0, "\(made.errors)")
    for (command, isOfAny) in [
      ("explain --model f s", false), ("report --model f --data s", false),
      ("interpret --model f --only fidelity s", true),
    ] {
      #expect(folder.run("\(command) --recommendations own -o x").status == 0)
      let other = folder.run("\(command) --recommendations other -o x")
      #expect(
        other.status == 65 && other.errors.contains("other: was made for another split"),
        "\(command): \(other.errors)")
      let theirs = folder.run("\(command) --recommendations theirs -o x")
      #expect(
        isOfAny ? theirs.status == 0 : theirs.errors.contains("a model 'ease', not 'ials'"),
        "\(command): \(theirs.errors)")
    }
  }

  @Test func titlesThatContradictTheModelAreRefused() {
    let made = folder.run(
      "for k in 0 1 2 3 4 5 6 7 8; do echo i$k,Film $k,Drama; done > here; sed 's/Film/Shoe/' here > there;"
        + " ingest -q log.csv --items here -o here.ig && ingest -q log.csv --items there -o there.ig"
        + " && fit -q --model item-knn here.ig -o t && score -q --model t here.ig -o same")
    #expect(made.status == 0, "\(made.errors)")
    for tool in ["score", "explain"] {
      let refused = folder.run("\(tool) -q --model t there.ig -o x")
      #expect(
        refused.status == 65 && refused.errors.contains("'Shoe 0' here and 'Film 0' there"),
        "\(refused.errors)")
      #expect(folder.run("\(tool) -q --min-known 0 --model t there.ig -o x").status == 0)
    }
  }

  @Test(arguments: ["TERM", "HUP", "XCPU"])
  func aStoppedFitSaysSo(_ signal: String) {
    let stopped = Shell.runWithSignals(
      "cd \(folder.path("")); "
        + "fit --model mult-vae --set epochs=100000 --set patience=1000 --set width=8 --set latent=4 --checkpoint c"
        + " --log-json j log.ig -o s & for i in $(seq 200); do test -s j && break; sleep .05; done;"
        + " kill -\(signal) $!; wait $!; echo $?; score --model s log.ig -o l")
    #expect(stopped.output.hasPrefix("75\n"), "\(stopped.output) \(stopped.errors)")
    #expect(stopped.errors.contains("go on with --resume c"), "\(stopped.errors)")
    #expect(
      stopped.status == 0 && stopped.errors.contains("s: its fit was stopped by a signal"),
      "\(stopped.errors)")
  }
}
