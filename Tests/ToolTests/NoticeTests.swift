// Do the tools say what nobody looked at and what adds nothing?

import Foundation
import Support
import Testing

@Suite struct NoticeTests {
  @Test func ratingsThatNobodyLookedAt() throws {
    var rows = "user,item,rating\n"
    for (user, items) in SmallData.twoTastes().enumerated() {
      for item in items { rows += "\(user),\(item),\((user + Int(item)) % 3 * 2)\n" }
    }
    let warning = "ratings of 0 to 4 are not looked at: each counts as a like, the lowest too"
    let split = try Folder.run("ingest -q ratings.csv | split -o s.ig", rows)
    #expect(
      split.status == 0 && split.errors.contains("indgrm split: warning: \(warning)"),
      "\(split.errors)")
    let fit = try Folder.run("ingest -q ratings.csv | split -q | fit --model popularity -o m", rows)
    #expect(
      fit.status == 0 && fit.errors.contains("indgrm fit: warning: \(warning)"), "\(fit.errors)")
    // Dropped without a look they are no longer there for later tools to see.
    for options in ["", "--min-user 1", "--duplicates mean"] {
      let dropped = try Folder.run("ingest -q ratings.csv | binarize \(options) -o b", rows)
      #expect(
        dropped.status == 0 && dropped.errors.contains("indgrm binarize: warning: \(warning)"),
        "\(options): \(dropped.errors)")
    }
    let parts = try Folder.run(
      "ingest -q ratings.csv -o r && shard -q --into 2 r -o s && binarize s/part-00000.ig -o b",
      rows)
    #expect(parts.status == 0 && parts.errors.contains("are not looked at"), "\(parts.errors)")
    let kept = try Folder.run(
      "ingest -q ratings.csv | binarize --min 1 --confidence linear -o b", rows)
    #expect(kept.status == 0 && !kept.errors.contains("looked at"), "\(kept.errors)")
    for use in [
      "score --model m", "explain --model m --top 1", "interpret --model m --only structure",
      "group-items --groups 2",
    ] {
      let used = try Folder.run(
        "ingest -q ratings.csv -o r && binarize -q --min 2 r | fit -q --model ials -o m && \(use) r -o o",
        rows)
      #expect(
        used.status == 0 && used.errors.contains("warning: \(warning)"), "\(use): \(used.errors)")
    }
    let liked = try Folder.run(
      "ingest -q ratings.csv | binarize --min 2 | split | fit --model popularity -o m", rows)
    #expect(liked.status == 0 && !liked.errors.contains("looked at"), "\(liked.errors)")
    let same = try Folder.run(
      "ingest -q ratings.csv | split -o s.ig",
      "user,item,rating\n"
        + (0..<40).map {
          "\($0 % 20),\($0 % 7),1\n"
        }.joined())
    #expect(!same.errors.contains("looked at"), "\(same.errors)")
  }

  @Test func inputsThatAddNothingAreNamed() throws {
    let header = try Folder.run(
      "head -1 ratings.csv > b.csv; ingest ratings.csv b.csv -o out.ig", "user,item,rating\na,x,5\n"
    )
    #expect(
      header.status == 0 && header.errors.contains("warning: b.csv: holds no interactions"),
      "\(header.errors)")
    let twice = try Folder.run(
      "ingest -q ratings.csv -o r && shard --into 2 r ./r -o parts", "user,item\na,x\nb,y\n")
    #expect(
      twice.status == 0 && twice.errors.contains("./r: is named twice, and its rows count twice"),
      "\(twice.errors)")
  }
}
