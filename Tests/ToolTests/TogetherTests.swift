// Is it said where things that are right alone are wrong together?

import Foundation
import Support
import Testing

/// Rated data, two splits of it, and models of a split, of the other and of all: made once, for it takes a while.
private let made: (folder: Folder, run: Shell.Result)? = {
  guard let folder = try? Folder() else { return nil }
  let run = folder.run(
    "simulate -q --users 90 --items 40 --interactions 2000 --min-user 5 --ratings stars -o r.ig"
      + " && binarize -q --min 4 --min-user 8 r.ig -o all.ig && split -q all.ig -o a.x"
      + " && split -q --seed 7 all.ig -o b.x && fit -q --model ease a.x -o a.m"
      + " && fit -q --model ease b.x -o b.m && fit -q --model ease all.ig -o all.m"
      + " && score -q --model a.m a.x -o a.lists")
  return (folder, run)
}()

@Suite(.serialized) struct TogetherTests {
  private let folder: Folder

  init() throws {
    let made = try #require(made)
    try #require(made.run.status == 0, "\(made.run.errors)")
    folder = made.folder
  }

  private func expectRefusal(_ command: String, _ words: String, _ status: Int32 = 65) {
    let run = folder.run("\(command) -o no")
    #expect(
      run.status == status && run.errors.contains(words), "\(command): \(run.status) \(run.errors)")
    #expect(!folder.names.contains("no"), "\(command)")
  }

  private func expectWarning(_ command: String, _ words: String?) {
    let run = folder.run(command)
    let said = run.errors.split(separator: "\n").filter { $0.contains("warning") }
    #expect(run.status == 0, "\(command): \(run.errors)")
    if let words {
      #expect(said.contains { $0.contains(words) }, "\(command): \(run.errors)")
    } else {
      #expect(said.isEmpty, "\(command): \(run.errors)")
    }
  }

  /// A model that was trained on users of the test looks better than it is.
  @Test func modelsThatKnowTheTruthAreSaid() {
    expectWarning("score --model a.m a.x -o l", nil)
    expectWarning("score --model b.m a.x -o l", "b.m: was fitted to another split, and may know")
    expectWarning("score --model all.m a.x -o l", "was fitted to interactions that were not split")
    expectWarning("score --model all.m all.ig -o l", nil)
    expectWarning("split -q all.ig -o again.x && score --model a.m again.x -o l", nil)
    expectWarning(
      "dump --to csv all.ig > w.csv && ingest -q w.csv | split -q -o w.x && fit -q --model ease w.x -o w.m"
        + " && sed -i 2,200d w.csv && ingest -q w.csv | split -q -o w.x && score --model w.m w.x -o l",
      "another split")
    // Users stay in their part, whatever the log holds by then.
    let more = "binarize -q --min 3 r.ig -o more.ig && split -q --stable more.ig -o more.x"
    expectWarning(
      "\(more) && split -q --stable all.ig -o s.x && fit -q --model ease s.x -o s.m"
        + " && score --model s.m more.x -o l", nil)
    expectWarning(
      "split -q --stable --test 0.2 all.ig -o t.x && score --model s.m t.x -o l", "another split")
  }

  /// Two models of one kind give other scores for the same items.
  @Test func listsOfAnotherModelOfTheKindAreRefused() {
    expectRefusal(
      "explain --model b.m --recommendations a.lists a.x", "was made by another 'ease' than this")
    expectRefusal(
      "report --model b.m --data a.x --recommendations a.lists", "was made by another 'ease'")
    expectWarning("explain --model a.m --recommendations a.lists --brief a.x", nil)
  }

  @Test func figuresThatMeanNothingAreSaid() {
    let measure = "metrics --at 10 --metrics ndcg --truth"
    expectWarning(
      "score -q --model a.m all.ig -o l && \(measure) all.ig l", "what the lists were made from")
    expectWarning(
      "score -q --model a.m --exclude-by-user a.x a.x -o l && \(measure) a.x l",
      "no list holds anything of its truth")
    expectWarning(
      "score -q --model a.m --top 5 a.x -o l && \(measure) a.x a.lists --compare l",
      "l (ease): its lists end after 5 items")
    expectWarning("cp a.lists l && \(measure) a.x a.lists --compare l", "hold the same lists")
    expectWarning("metrics --truth a.x --truth b.x a.lists", "b.x: none of the lists was made for")
    expectWarning("\(measure) a.x a.lists", nil)
  }

  /// What a tool undoes or sees a part of.
  @Test func inputsOfAnotherStageAreSaid() {
    expectWarning("split a.x -o l", "is a split already, and all of it is divided anew")
    expectWarning("binarize --min-user 6 a.x -o l", "is a split, whose parts lose")
    expectWarning("split --test 0.0001 all.ig -o l", "nobody is held out for the test")
    expectWarning("split --test 0 all.ig -o l", nil)
    expectWarning(
      "shard -q --into 2 all.ig -o s && fit --model popularity s/part-00001.ig -o l",
      "is part 1 of 2, and the others are not looked at")
    expectWarning("shard --into 2 s/part-00000.ig -o same", "is part 0 of 2, and the others")
    let again = folder.run("shard --into 3 s/part-00000.ig -o again")
    #expect(
      again.status == 65 && again.errors.contains("is part 0 of 2 already"), "\(again.errors)")
  }

  @Test func thresholdsOnAnotherScaleAreSaid() {
    expectWarning("binarize --min 0.8 r.ig -o l", "no rating is below --min 0.8: each of 1 to 5")
    expectWarning("binarize --min 1 r.ig -o l", nil)
    // Whoever keeps likes alone has them all above it.
    expectWarning("printf '1,1,5\\n1,2,5\\n' | ingest -q | binarize --min 4 -o l", nil)
    for year in ["2005", "200501", "12784", "0.5"] {
      expectRefusal("binarize --min 4 --since \(year) r.ig", "write a date, as in", 64)
    }
    expectWarning("binarize --min 4 --since 1970-01-01 r.ig -o l", nil)
    expectWarning(
      "seq 9 | awk '{ print $1 \",1,4,\" $1 }' | ingest -q --columns time=4 | binarize --min 4 --since 5 -o l",
      nil)
  }

  /// Parts that were cut, divided or ranked otherwise make no whole.
  @Test func partsThatWereMadeOtherwiseAreRefused() {
    let cut = folder.run(
      "shard -q --into 2 all.ig -o one && simulate -q --users 90 --items 40 --interactions 2000"
        + " --min-user 5 --ratings stars --seed 3 | binarize -q --min 4 | shard -q --into 2 -o two"
        + " && for s in 1 2; do p=one/part-0000$((s - 1)).ig; split -q --stable --seed $s $p -o $s.x;"
        + " score -q --model a.m $p -o $s.l; done; score -q --model all.m one/part-00001.ig -o m.l;"
        + " score -q --keep-seen --model a.m one/part-00001.ig -o k.l")
    #expect(cut.status == 0, "\(cut.errors)")
    expectRefusal(
      "merge one/part-00000.ig two/part-00001.ig", "two/part-00001.ig: was cut from other data")
    expectRefusal("merge 1.x 2.x", "2.x: was made otherwise than 1.x: --seed differs")
    expectRefusal("merge 1.l m.l", "--model differs")
    expectRefusal("merge 1.l k.l", "--keep-seen differs")
    #expect(folder.run("merge -q 1.l 2.l -o whole").status == 0)
  }

  @Test func rowsThatCannotBeKeptOrMeantAreSaid() {
    expectWarning(
      "printf '1,1,16777217\\n1,2,3\\n' | ingest -o l", "ratings such as 16777216 may be rounded")
    expectWarning(
      "printf '1,1,4\\n1,2,3\\n' > stars; printf '2,1,80\\n' > shares; ingest stars shares -o l",
      "ratings of 80 to 80 in shares are on another scale than those of 3 to 4 in stars")
    let guarded =
      "printf '=a,x\\n-b,y\\n' | ingest -q | dump --to csv --guard > g.csv && ingest g.csv"
    expectRefusal(guarded, "ids such as ''=a' bear a mark for spreadsheets; take it out: sed")
    // The line that takes it out, as it is printed.
    let freed = folder.run(
      "ingest g.csv -o no 2>&1 | sed -n 's/.*take it out: \\(.*\\) | ingest -.*/\\1/p' > line;"
        + " bash line | ingest -q | dump --to csv")
    #expect(freed.output == "user,item\n=a,x\n-b,y\n", "\(freed.output) \(freed.errors)")
    for text in ["=\"007\",=\"1\"\\n", "\"=\"\"007\"\"\",\"=\"\"1\"\"\"\\n"] {
      let bare = folder.run(
        "printf '\(text)' > h.csv; ingest h.csv -o no 2>&1 | sed -n 's/.*take it out: \\(.*\\) | ingest -.*/\\1/p'"
          + " > line; bash line | ingest -q | dump --to csv")
      #expect(bare.output == "user,item\n007,1\n", "\(text): \(bare.output) \(bare.errors)")
    }
    let kept = folder.run("ingest -q --quotes none g.csv | dump --to csv")
    #expect(kept.output == "user,item\n'=a,x\n'-b,y\n", "\(kept.output) \(kept.errors)")
  }

  /// A search whose space or log says a thing twice.
  @Test func searchesAreSaidOnce() {
    expectRefusal(
      "echo '{\"lambda\": {\"log\": [1, 9]}, \"lambda\": {\"log\": [1, 3]}}' > space; tune --model ease --space space a.x",
      "space: 'lambda' is said twice")
    expectRefusal(
      "echo '{\"lambda\": {\"log\": [1, 9], \"log\": [1, 3]}}' > space; tune --model ease --space space a.x",
      "space: 'lambda.log' is said twice")
    expectRefusal(
      "echo '{\"lambda\": {\"log\": [1, 9]}}' > space;"
        + " tune -q --model ease --space space --trials 2 --trials-log t a.x -o n; cat t t > tt;"
        + " tune --model ease --space space --trials 9 --trials-log tt a.x",
      "tt: line 3 is trial 1, as is line 1")
  }
}
