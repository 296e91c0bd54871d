// Is nothing published that does not belong together, was stopped or is cut short?

import Foundation
import Support
import Testing

@Suite struct PublicationTests {
  private let folder: Folder

  init() throws {
    folder = try Folder()
    let made = folder.run(
      "{ echo user,item; for u in $(seq 40); do for k in 1 2 3 4; do echo u$u,i$(((u + k * k) % 9)); done; done; }"
        + " > log.csv && ingest -q log.csv -o log.ig && fit -q --model item-knn log.ig -o m")
    #expect(made.status == 0, "\(made.errors)")
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

  @Test func usersOfWhomNothingIsKnownGetWhatIsPopular() {
    let mixed = folder.run(
      "printf 'user,item\\na,i1\\na,i2\\nb,zzz\\n' | ingest -q | score --model m --top 3 --format tsv"
        + " | grep ^b | cut -f4,5; fit -q --model popularity log.ig -o p"
        + " && score -q --model p --keep-seen --top 3 --format tsv log.ig | grep ^u1 | head -3 | cut -f4,5"
    )
    let lines = mixed.output.split(separator: "\n")
    #expect(lines.count == 6 && lines.prefix(3) == lines.suffix(3), "\(mixed.output)")
    #expect(mixed.errors.contains("no item of 1 of 2 users"), "\(mixed.errors)")
    let explained = folder.run(
      "printf 'user,item\\na,i1\\na,i2\\nb,zzz\\n' | ingest -q | explain --model m --format jsonl"
        + " | grep -c '\"user\":\"b\"'")
    #expect(explained.output == "0\n" && explained.errors.contains("are left out"))
  }

  @Test func usersThatLeftTheLogDoNotEndTheRun() {
    let some = folder.run(
      "printf 'u1\\nu2\\ngone\\n' > w; score --model m --users w --top 1 --format tsv log.ig")
    #expect(some.status == 0 && some.output.split(separator: "\n").count == 3, "\(some.errors)")
    #expect(some.errors.contains("2 of 3") && some.errors.contains("'gone'"), "\(some.errors)")
    let few = folder.run(
      "printf 'u1\\ngone\\naway\\n' > w; score -q --model m --users w log.ig -o x")
    #expect(few.status == 65 && few.errors.contains("1 of 3"), "\(few.errors)")
    let candidates = folder.run(
      "printf 'i1\\nk1\\nk2\\n' > w; score -q --model m --candidates w log.ig -o x")
    #expect(
      candidates.status == 65 && candidates.errors.contains("1 of 3"), "\(candidates.errors)")
  }

  /// Lists of nothing for everybody replace none; one user who has everything is no fault.
  @Test func listsWithoutAnyItemAreRefused() {
    let made = folder.run("sed 1d log.csv | cut -d, -f2 | sort -u > all && echo yesterday > lists")
    #expect(made.status == 0, "\(made.errors)")
    for rule in ["--exclude all", "--candidates-by-user log.ig", "--exclude-by-user every"] {
      let refused = folder.run(
        "{ echo user,item; for u in $(seq 40); do sed s/^/u$u,/ all; done; } | ingest -q -o every;"
          + " score -q --model m \(rule) log.ig -o lists")
      #expect(
        refused.status == 65 && refused.errors.contains("none of the 40 lists has any item"),
        "\(rule) \(refused.status) \(refused.errors)")
    }
    #expect(folder.run("cat lists").output == "yesterday\n")
    let one = folder.run("echo u1 > w; score -q --model m --users w --exclude all log.ig -o lists")
    #expect(one.status == 0, "\(one.errors)")
  }

  /// A table, quotes and blanks in place of ids: what else is listed would be passed over.
  @Test func listsHoldIDsAlone() {
    for (line, id) in [
      ("i1,sold out", "i1"), ("\"i1\"", "i1"), ("i1 ", "i1"), ("i1\tx", "i1"), ("i1;", "i1"),
    ] {
      for use in ["exclude", "candidates"] {
        let refused = folder.run(
          "printf 'i2\\n%s\\n' '\(line)' > w; score -q --model m --\(use) w log.ig -o x")
        #expect(
          refused.status == 65 && refused.errors.contains("w: line 2: ")
            && refused.errors.contains("not known, but '\(id)' is"), "\(use) \(refused.errors)")
      }
      let user = line.replacing("i1", with: "u1")
      for tool in ["score", "explain"] {
        let refused = folder.run(
          "printf 'u2\\nu3\\n%s\\n' '\(user)' > w; \(tool) -q --model m --users w log.ig -o x")
        #expect(
          refused.status == 65 && refused.errors.contains("not known, but 'u1' is"),
          "\(tool) \(refused.errors)")
      }
    }
    // Numbers that another program wrote otherwise.
    let numbers = folder.run(
      "sed 's/,i\\([0-9]\\)/,\\1/' log.csv > n.csv && ingest -q n.csv -o n.ig && fit -q --model item-knn n.ig -o n"
        + " && echo 3.0 > w && score -q --model n --exclude w n.ig -o x")
    #expect(
      numbers.status == 65 && numbers.errors.contains("'3.0' is not known, but '3' is"),
      "\(numbers.errors)")
    // What the model does not know at all is no fault of the list.
    let unknown = folder.run("echo new,item > w; score --model m --exclude w log.ig -o x")
    #expect(unknown.status == 0 && unknown.errors.contains("1 of 1 items"), "\(unknown.errors)")
    let pairs = folder.run(
      "printf 'user,item\\nu1,i2\\nu1,gone\\n' | ingest -q -o pairs"
        + " && score --model m --exclude-by-user pairs log.ig -o x")
    #expect(
      pairs.status == 0 && pairs.errors.contains("pairs: 1 of 2 items are not in the model"),
      "\(pairs.errors)")
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
