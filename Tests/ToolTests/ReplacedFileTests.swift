// Is no file that a run reads, and none that it writes, lost to an output of the same run?

import Foundation
import Support
import Testing

@Suite struct ReplacedFileTests {
  private let files: SmallFiles

  init() throws { files = try SmallFiles() }

  /// Runs a command among the small files; they must be as they were.
  private func expectRefusal(_ command: String, _ words: String) {
    let sum = "cat ratings.csv ratings.ig split.ig m lists groups ids items.csv | cksum"
    let run = files.folder.run(
      "seq 0 9 > ids; printf 'item,title\\n0,A\\n1,B\\n' > items.csv; before=$(\(sum)); \(command) <&0; s=$?;"
        + " [ \"$(\(sum))\" = \"$before\" ] || echo changed; exit $s")
    #expect(run.status == 64 && !run.output.contains("changed"), "\(command): \(run.status)")
    #expect(run.errors.contains(words), "\(command): \(run.errors)")
    #expect(!files.folder.names.contains { $0.hasSuffix(".tmp") }, "\(command)")
  }

  @Test func outputsReplaceNoInput() {
    for (command, lost) in [
      ("ingest ratings.csv --items items.csv -o items.csv", "items.csv"),
      ("binarize ratings.ig -o ratings.ig", "ratings.ig"),
      ("split ratings.ig -o ratings.ig", "ratings.ig"),
      ("fit --model ease split.ig -o split.ig", "split.ig"),
      ("fit --model indgrm split.ig --groups groups -o groups", "groups"),
      ("fit --model ease split.ig --log-json split.ig -o n", "split.ig"),
      ("score --model m split.ig -o m", "m"),
      ("score --model m split.ig -o split.ig", "split.ig"),
      ("score --model m ratings.ig --candidates ids -o ids", "ids"),
      ("score --model m split.ig --exclude-by-user ratings.ig -o ratings.ig", "ratings.ig"),
      ("explain --model m split.ig -o m", "m"),
      ("explain --model m split.ig --recommendations lists -o lists", "lists"),
      ("metrics --truth split.ig lists -o split.ig", "split.ig"),
      ("metrics --truth split.ig lists --per-user lists", "lists"),
      ("group-items ratings.ig -o ratings.ig", "ratings.ig"),
      ("interpret --model m split.ig -o m", "m"), ("report --model m -o m", "m"),
      ("report --model m --data split.ig -o split.ig", "split.ig"),
      ("dump --to csv ratings.ig -o ratings.ig", "ratings.ig"),
      ("dump --provenance m -o m", "m"),
    ] {
      expectRefusal(command, "\(lost): would be lost to the output; name another file in --")
    }
  }

  /// What a shell opens before the tool counts as well, and a file under another name.
  @Test func inputsAreKnownUnderAnyName() {
    expectRefusal("binarize < ratings.ig -o ratings.ig", "standard input: would be lost")
    expectRefusal("dump --to csv ratings.ig >> ratings.ig", "ratings.ig: would be lost")
    expectRefusal("ln -s m link; score --model link split.ig -o m", "link: would be lost")
    expectRefusal("ln m twin; score --model twin split.ig -o ./m", "twin: would be lost")
  }

  @Test func outputsOfOneRunAreDifferentFiles() {
    expectRefusal("metrics --truth split.ig lists --per-user f -o f", "f: is named by both")
    expectRefusal("metrics --truth split.ig lists --per-user f -o ./f", "f: is named by both")
    expectRefusal(
      "simulate --users 50 --items 90 --interactions 2000 --truth f -o f", "f: is named by both")
  }

  /// What is put aside and what is added to are read and written for the same.
  @Test func whatGoesOnIsReplaced() {
    let fit =
      "fit -q --no-rivals --model mult-vae --set width=8 --set latent=4 split.ig --checkpoint point"
      + " --log-json log -o n"
    let run = files.folder.run(
      "\(fit) --set epochs=2 && \(fit) --set epochs=4 --resume point && wc -l < log")
    #expect(run.status == 0, "\(run.errors)")
  }
}
