// Does every option that is given count, or is it refused?

import Foundation
import Support
import Testing

@Suite struct VainOptionTests {
  private let files: SmallFiles

  init() throws { files = try SmallFiles() }

  private func expectRefusal(_ command: String, _ words: String) {
    let run = files.folder.run(command)
    #expect(
      run.status == 64 && run.errors.contains(words), "\(command): \(run.status) \(run.errors)")
  }

  /// Of two files that are named in one place, the first would be passed over.
  @Test func filesAreNamedOnce() {
    _ = files.folder.run("seq 0 3 > few; seq 4 7 > more")
    for (command, option) in [
      ("score --model m ratings.ig --exclude few --exclude more", "--exclude"),
      ("score --model m ratings.ig --exclude few --exclude=more", "--exclude"),
      ("score --model m ratings.ig --users few --users more", "--users"),
      ("score --model m --model m ratings.ig", "--model"),
      ("split ratings.ig -o a --output b", "--output"),
      ("metrics --truth split.ig lists --compare lists --compare lists", "--compare"),
      ("ingest ratings.csv --item-ids few --item-ids more", "--item-ids"),
    ] { expectRefusal(command, "\(option) is given twice, and one of its files would not count") }
    // Scripts have defaults, which what comes later replaces; some options are for several files.
    for command in [
      "split --seed 1 ratings.ig --seed 2 -o a", "split -q -q ratings.ig -o a",
      "metrics --truth split.ig --truth split.ig lists",
    ] {
      let run = files.folder.run(command)
      #expect(run.status == 0, "\(command): \(run.errors)")
    }
  }

  /// A file whose name begins like an option is not taken apart into letters.
  @Test func namesAreNoLetters() {
    for name in ["-dash.csv", "-h5", "-x"] {
      let run = files.folder.run(
        "cp ratings.csv ./\(name); ingest \(name) -o out; s=$?; ls; exit $s")
      #expect(run.status == 64 && !run.output.contains("OVERVIEW"), "\(name): \(run.output)")
      #expect(files.folder.run("ingest -q ./\(name) -o a && ingest -q -o b -- \(name)").status == 0)
    }
  }

  @Test func optionsWithoutWhatTheyAreAbout() {
    for (command, option) in [
      ("binarize ratings.ig --confidence-unit 2", "--confidence-unit"),
      ("score --model m ratings.ig --diversity-by vectors", "--diversity-by"),
      ("score --model m ratings.ig --role validation", "--role"),
      ("explain --model m ratings.ig --most 3", "--most"),
      ("explain --model m ratings.ig --steps 3", "--steps"),
      ("explain --model m ratings.ig --clusters --brief", "leave out what recommendations"),
      ("explain --model m ratings.ig --factors --user 1", "leave out what recommendations"),
      ("metrics --truth split.ig lists --neighbours 3", "--neighbours"),
      ("metrics --truth split.ig lists --reading literal", "--reading"),
      ("dump --to csv split.ig --round 1", "--round"),
      ("dump --to csv --header split.ig", "exclude each other"),
      ("dump --provenance --to csv split.ig", "exclude each other"),
      ("group-items m --groups 5", "--groups"),
      ("group-items --from categories --groups 5 ratings.ig", "--groups"),
      ("split --scheme ratio --folds 3 ratings.ig", "--folds"),
      ("split --scheme leave-one-out --test 0.3 ratings.ig", "--test"),
      ("split --scheme time --test-from 2020-01-01 --test 0.3 ratings.ig", "--test"),
      ("simulate --users 50 --interactions 2000 --scale 2", "--scale"),
      ("score --model m --format npz --top 5 ratings.ig", "--top"),
      ("fit --model ease --checkpoint-every 2 split.ig", "--checkpoint-every"),
      ("fit --model ease --validate-by recall@5 ratings.ig", "--validate-by"),
      ("interpret --model m --only bounds --votes 3 split.ig", "--votes"),
      (
        "interpret --model m --only structure --recommendations lists split.ig", "--recommendations"
      ),
      ("metrics --truth split.ig lists --place lists --at 5", "--at"),
      ("metrics --truth split.ig lists --place lists --confidence 0.9", "--confidence"),
      ("group-items --groups 99 ratings.ig", "--groups 99 is more than the 12 items"),
      ("fit --set epochs=1 --set groups=5 --groups groups split.ig", "groups: has 2 groups"),
    ] { expectRefusal("\(command) -o out", option) }
    #expect(!files.folder.names.contains("out"))
  }
}
