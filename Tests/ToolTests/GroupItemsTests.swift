// Are items put into as many groups as are asked for, and do fits take them?

import Foundation
import Support
import Testing

@Suite struct GroupItemsTests {
  private let folder: Folder
  private let split: String
  private let small = "--set width=12 --set latent=6 --set batch=40"

  init() throws {
    folder = try Folder()
    split = try folder.simulated().split
  }

  /// Groups made from a split do not know the items that validation users alone chose.
  @Test func refitsTakeGroupsMadeFromTheSplit() {
    let (more, groups, model) = (folder.path("more.ig"), folder.path("g"), folder.path("m"))
    let made = Shell.run(
      "user=$(dump --part validation-in --to csv \(split) | sed -n 2p | cut -d, -f1);"
        + " { dump --to csv \(split) | cut -d, -f1,2; echo \"$user,only\"; } | ingest -q | split -q -o \(more);"
        + " group-items -q --groups 3 \(more) -o \(groups); dump --part train --to csv \(more) | grep -c only"
    )
    #expect(made.output == "0\n", "\(made.output) \(made.errors)")
    let run = Shell.run(
      "fit -q --no-rivals --refit --groups \(groups) \(small) --set epochs=2 \(more) -o \(model)")
    #expect(run.status == 0, "\(run.errors)")
    #expect(Shell.run("dump --items \(model) | grep -c '\"only\"'").output == "1\n")
  }

  @Test(arguments: [2, 5]) func thereAreAsManyAsAskedFor(_ count: Int) {
    let run = folder.run(
      "group-items -q --groups \(count) --format tsv split.ig | tail -n +2 | cut -f2 | sort -u | wc -l;"
        + " for seed in 7 7 8; do group-items -q --groups \(count) --seed $seed split.ig -o g$seed || exit;"
        + " dump --to npz g$seed | sha256sum; done")
    let lines = run.output.split(separator: "\n").map(String.init)
    #expect(run.status == 0 && lines.count == 4, "\(run.output) \(run.errors)")
    #expect(lines.first == "\(count)" && lines.dropFirst().first == lines.dropFirst(2).first)
  }
}
