// Is it said when inputs do not belong together, before it goes wrong in silence?

import Foundation
import Support
import Testing

@Suite struct MismatchTests {
  private let folder: Folder
  private let plain: String
  private let split: String

  init() throws {
    folder = try Folder()
    (plain, split) = try folder.simulated()
  }

  /// What one split folds in is another's truth.
  @Test func listsOfAnotherSplitAreRefused() throws {
    let made = folder.run(
      "split -q --seed 7 plain.ig -o other.ig && fit -q --model popularity split.ig -o m"
        + " && score -q --model m other.ig -o other.lists && score -q --model m plain.ig -o plain.lists"
        + " && score -q --model m split.ig -o own.lists")
    #expect(made.status == 0, "\(made.errors)")
    let other = folder.run("metrics --truth split.ig other.lists")
    #expect(
      other.status == 65 && other.errors.contains("made for another split"), "\(other.errors)")
    let whole = folder.run("metrics --truth split.ig plain.lists")
    #expect(
      whole.status == 65 && whole.errors.contains("interactions without a split"), "\(whole.errors)"
    )
    let folded = folder.run("metrics --truth plain.ig own.lists")
    #expect(
      folded.status == 65 && folded.errors.contains("made for a split"), "\(folded.errors)")
    let own = folder.run("metrics --truth split.ig own.lists")
    #expect(own.status == 0 && !own.errors.contains("warning"), "\(own.errors)")
  }

  /// Users of the truth without a list, and lists of a split that was changed since.
  @Test func missingAndOtherUsersAreCounted() throws {
    let made = folder.run(
      "fit -q --model popularity split.ig -o m && score -q --model m split.ig -o own.lists"
        + " && score -q --format tsv --model m split.ig | cut -f1 | sort -u | grep -v user | head -3 > three"
        + " && score -q --model m --users three split.ig -o three.lists")
    #expect(made.status == 0, "\(made.errors)")
    let refused = folder.run("metrics -q --truth split.ig three.lists")
    #expect(
      refused.status == 65 && refused.errors.contains("60 of 75 lists") && refused.output.isEmpty,
      "\(refused.errors)")
    let three = folder.run("metrics --partial --truth split.ig three.lists")
    #expect(three.status == 0 && three.errors.contains("60 of 75 lists"), "\(three.errors)")
    let none = folder.run(
      "score -q --role validation --model m split.ig -o v.lists"
        + " && metrics --truth split.ig --at 5 --metrics ndcg own.lists --compare v.lists")
    #expect(none.status == 0, "\(none.errors)")
    let row = none.output.split(separator: "\n").first { $0.contains("ndcg") } ?? ""
    #expect(row.split(separator: " ").dropFirst(5).first == "-", "\(none.output)")
    #expect(
      folder.run("metrics --truth split.ig --item-groups 9223372036854775807 own.lists").status
        == 64)
    #expect(folder.run("split --folds 65 plain.ig -o x").status == 64)
  }

  /// A first row that names one of user and item is neither data nor a header to guess by.
  @Test func halfAHeaderIsRefused() {
    for head in ["user_id,rating", "movieId,rating", "user_id,timestamp"] {
      for words in ["", "--header yes"] {
        let half = folder.run("printf '\(head)\\n1,5\\n2,4\\n' | ingest \(words) -o x")
        #expect(
          half.status == 65 && half.errors.contains("--columns"), "\(head) \(words) \(half.errors)")
      }
      let data = folder.run("printf '\(head)\\n1,5\\n' | ingest -q --header no | dump --to csv")
      #expect(data.output.contains(head), "\(data.output)")
    }
    // Letters that are names of columns as well, beside a number.
    let letters = folder.run("printf 'u,i,5\\nb,i,4\\n' | ingest -q | dump --to csv")
    #expect(letters.output == "user,item,rating\nu,i,5.0\nb,i,4.0\n", "\(letters.output)")
  }

  @Test func idsAreUniqueAndItemsMatch() {
    let twice = folder.run(
      "printf 'A\\nB\\nA\\n' > ids; printf '0,0\\n1,1\\n' | ingest --item-ids ids -o x")
    #expect(
      twice.status == 65 && twice.errors.contains("row 3 repeats the id 'A'"), "\(twice.errors)")
    let strange = folder.run(
      "printf '99,x,Horror\\n' > items; printf '1,1\\n' | ingest --items items -o x")
    #expect(
      strange.status == 0 && strange.errors.contains("warning: items: has neither"),
      "\(strange.errors)")
    let known = folder.run(
      "printf '1,x,Horror\\n' > items; printf '1,1\\n' | ingest --items items -o x")
    #expect(known.status == 0 && !known.errors.contains("warning"), "\(known.errors)")
  }

  @Test func rawDataAreNotReplaced() {
    let run = folder.run("printf '1,2\n' > raw.csv; ln -s raw.csv link; ingest link -o raw.csv")
    #expect(run.status == 64 && run.errors.contains("link: would be lost"), "\(run.errors)")
    #expect(folder.run("cat raw.csv").output == "1,2\n")
  }

  /// When validation users can tell nothing, training does not end at the first epoch.
  @Test func vainValidationIsSaid() {
    let fit = folder.run(
      "for u in $(seq 40); do for k in 1 2 3 4 5 6; do echo $u,$u-$k; done; done | ingest -q | split -q -o u.ig"
        + " && fit --model mult-vae --set epochs=9 --set width=8 --set latent=4 u.ig -o m")
    #expect(
      fit.status == 0 && fit.errors.contains("warning: u.ig: no validation user"), "\(fit.errors)")
    #expect(fit.errors.contains("best epoch 9"), "\(fit.errors)")
    #expect(
      folder.run(
        "echo '{\"beta\": {\"number\": [0, 1]}}' > s; tune --model mult-vae --space s u.ig -o n"
      )
      .status == 65)
  }

  /// Groups that stand for categories do not become others'.
  @Test func categoriesOfAnEarlierModelMustBeTheSame() throws {
    let small = "--set epochs=2 --set width=8 --set latent=4 --set privileged=on --set expert=none"
    let made = folder.run(
      "dump --items plain.ig > items.jsonl; dump --to csv split.ig | cut -d, -f1,2 > rows.csv"
        + " && awk -F, 'NR > 1 { c[$2] } END { for (i in c) print i \",t\" i \",\" (i % 3 ? \"A\" : \"B\") }' rows.csv > one.csv"
        + " && sed 's/,B$/,C/' one.csv > two.csv"
        + " && ingest -q rows.csv --items one.csv | split -q -o one.ig"
        + " && ingest -q rows.csv --items two.csv | split -q -o two.ig"
        + " && fit -q \(small) one.ig -o one.m && fit -q \(small) --init one.m one.ig -o again.m")
    #expect(made.status == 0, "\(made.errors)")
    let other = folder.run("fit -q \(small) --init one.m two.ig -o two.m")
    #expect(other.status == 65 && other.errors.contains("not the categories"), "\(other.errors)")
  }

  /// Messages that nobody reads end nothing; output that nobody reads leaves nothing behind.
  @Test func closedPipes() {
    let loud = folder.run(
      "{ fit -v --model mult-vae --set epochs=30 --set width=8 --set latent=4 split.ig -o loud.m 2>&1;"
        + " echo $? > status; } | true; cat status")
    #expect(
      loud.output == "0\n" && folder.names.contains("loud.m"), "\(loud.output) \(loud.errors)")
    #expect(folder.names.allSatisfy { !$0.hasSuffix(".tmp") }, "\(folder.names)")
  }
}
