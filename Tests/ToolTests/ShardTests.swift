// Do parts come to the same bytes as the whole, and are parts that do not belong together refused?

import Foundation
import Support
import Testing

@Suite struct ShardTests {
  private let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.cut()
  }

  private func expectEqual(_ files: String..., after command: String) throws {
    let made = folder.run(command)
    #expect(made.status == 0, "\(made.errors)")
    let found = try files.flatMap { try folder.digests($0) }
    #expect(found.count == files.count && Set(found).count == 1, "\(command): \(found)")
  }

  @Test func partsMergeToTheSameWholeHoweverMany() throws {
    try expectEqual(
      "one.ig", "m7.ig", "m3.ig", "again.ig",
      after: "merge -q parts/part-*.ig -o m7.ig; shard -q --into 3 raw.ig -o three;"
        + " merge -q --manifest three/MANIFEST -o m3.ig; shard -q --into 1 --part 0 m7.ig -o again.ig"
    )
    let rows = folder.run(
      "for f in raw one m7; do dump --to csv $f.ig | LC_ALL=C sort | md5sum; done | uniq | wc -l")
    #expect(rows.output == "1\n")
    let manifest = folder.run(
      "check --manifest parts/MANIFEST && grep -v '^#' parts/MANIFEST | wc -l")
    #expect(manifest.status == 0 && manifest.output == "7\n", "\(manifest.errors)")
    let counts = folder.run(
      "sed -n '1s/# \\([0-9]*\\) users, .* items, \\([0-9]*\\) .*/\\1 \\2/p' parts/MANIFEST;"
        + " awk '/^#/ && NR > 1 { u += $2; i += $4 } END { print u, i }' parts/MANIFEST")
    #expect(
      Set(counts.output.split(separator: "\n")).count == 1
        && counts.output.hasPrefix("300 "), "\(counts.output)")
  }

  @Test func severalInputsAreOne() throws {
    let halves = folder.run(
      "dump --to csv raw.ig > raw.csv; head -1 raw.csv > b.csv; head -5000 raw.csv > a.csv;"
        + " tail -n +5001 raw.csv >> b.csv; for f in raw a b; do ingest -q $f.csv -o $f.i; done")
    #expect(halves.status == 0, "\(halves.errors)")
    try expectEqual(
      "w.ig", "ab.ig",
      after: "shard -q --into 1 --part 0 raw.i -o w.ig; shard -q --into 1 --part 0 a.i b.i -o ab.ig"
    )
    let other = folder.run("cut -d, -f1,2 b.csv | ingest -q -o c.i; shard --into 2 a.i c.i -o no")
    #expect(
      other.status == 65 && other.errors.contains("c.i: was made otherwise"), "\(other.errors)")
  }

  @Test func aCoreOfPartsIsThatOfTheWhole() throws {
    let script = Shell.repository.appendingPathComponent("pipelines/cluster/k-core").path
    let rounds = folder.run(
      "binarize -q --min 4 --min-user 10 --min-item 50 one.ig -o one.k;"
        + " \(script) parts core 10 50 --min 4; merge -q --manifest core/MANIFEST -o all.k;"
        + " merge -q one.k -o one.m")
    #expect(rounds.status == 0 && rounds.errors.contains("round 3: "), "\(rounds.errors)")
    #expect(try Set(folder.digests("one.m", "all.k")).count == 1)
    let nothing = folder.run("\(script) parts none 12 55 --min 4")
    #expect(nothing.status == 65 && nothing.errors.contains("nothing is left"), "\(nothing.errors)")
    let alone = folder.run("binarize --min-item 2 parts/part-00000.ig -o no.ig")
    #expect(alone.status == 65 && alone.errors.contains("give --item-counts"), "\(alone.errors)")
    let strange = folder.run(
      "dump --item-counts raw.ig > counts; binarize --min-item 2 --item-counts counts raw.ig -o no.ig"
    )
    #expect(strange.status == 65 && strange.errors.contains("no part"), "\(strange.errors)")
    let broken = folder.run(
      "echo x > counts; binarize --min-item 2 --item-counts counts parts/part-00000.ig -o no.ig")
    #expect(broken.status == 65 && broken.errors.contains("no count"), "\(broken.errors)")
  }

  @Test func aWholeIsDividedAnyWayAndAPartBySharesOfNone() throws {
    let whole = folder.run(
      "for s in users ratio time; do split -q --scheme $s one.ig | dump --stats; done;"
        + " fit -q --model ease one.ig -o m; split -q one.ig | score -q --model m | dump --stats")
    #expect(whole.status == 0 && whole.output.split(separator: "\n").count == 4, "\(whole.errors)")
    let part = folder.run("split parts/part-00000.ig -o no.x")
    #expect(part.status == 65 && part.errors.contains("add --stable"), "\(part.errors)")
    let share = folder.run("split --stable --until 0.5 parts/part-00000.ig -o no.x")
    #expect(share.status == 64 && share.errors.contains("give --until a date"), "\(share.errors)")
  }

  @Test func partsAreOfEvenUsersAndSplitsOfEvenParts() throws {
    // What a split holds out must not gather in one part, whatever the seed.
    let shares = folder.run(
      "shard -q --into 4 <(seq 4000 | sed 's/$/,1/' | ingest -q) -o even && for s in 20 42; do"
        + " for p in even/*.ig; do split -q --stable --seed $s $p | dump --stats; done; done")
    let pieces = shares.output.split(separator: "\n").compactMap {
      try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
    #expect(pieces.count == 8, "\(shares.errors)")
    for piece in pieces {
      #expect((850...1150).contains(piece["users"] as? Int ?? 0), "\(piece)")
      #expect((65...140).contains(piece["test_users"] as? Int ?? 0), "\(piece)")
    }
  }
}
