// Does everybody get a list of their own, or is it said why not?

import Foundation
import Support
import Testing

@Suite struct ScoreTests {
  private let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.chosen()
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
}
