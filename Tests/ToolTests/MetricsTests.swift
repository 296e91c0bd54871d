// Are lists of several models and splits measured together as they are one by one?

import Foundation
import Support
import Testing

@Suite struct MetricsTests {
  private let folder: Folder

  init() throws {
    folder = try Folder()
    _ = try folder.simulated()
    let made = folder.run(
      """
      for seed in 20 21; do split -q --seed $seed plain.ig -o split-$seed.ig
        for model in popularity item-knn; do
          fit -q --model $model split-$seed.ig -o m
          score -q --model m split-$seed.ig -o $model-$seed.recs
        done
      done
      """)
    #expect(made.status == 0, "\(made.errors)")
  }

  private let both = "--truth split-20.ig --truth split-21.ig"
  private let lists =
    "popularity-20.recs popularity-21.recs item-knn-20.recs item-knn-21.recs"

  @Test func meansAreThoseOfEachSplit() throws {
    let table = folder.run("metrics -q \(both) --metrics recall@5,ndcg@10 --format csv \(lists)")
    #expect(table.status == 0, "\(table.errors)")
    let rows = table.output.split(separator: "\n").map { $0.split(separator: ",") }
    for model in ["popularity", "item-knn"] {
      let single = [20, 21].map { seed in
        folder.run(
          "metrics -q --truth split-\(seed).ig --at 10 --metrics ndcg --format csv \(model)-\(seed).recs"
            + " | awk -F, '$1 == \"all\" { print $4 }'"
        ).output.trimmingCharacters(in: .whitespacesAndNewlines)
      }.compactMap(Double.init)
      #expect(single.count == 2)
      let row = rows.first { $0[0] == model && $0[1] == "ndcg" }
      let mean = row.flatMap { Double($0[3]) } ?? 0
      #expect(abs(mean - single.reduce(0, +) / 2) < 1e-12 && row?[5] == "2", "\(table.output)")
    }
    // The order of files does not matter.
    let turned = folder.run(
      "metrics -q --truth split-21.ig --truth split-20.ig --metrics recall@5,ndcg@10 --format csv"
        + " item-knn-21.recs popularity-21.recs item-knn-20.recs popularity-20.recs")
    #expect(turned.output == table.output)
  }

  /// Where times tell the last choice, every seed has the same split: each list is then of a fit of its own.
  @Test func fitsOfOneSplitAreToldApart() {
    let made = folder.run(
      """
      split -q --scheme leave-one-out --seed 1 plain.ig -o split-1.ig
      split -q --scheme leave-one-out --seed 2 plain.ig -o split-2.ig
      cmp split-1.ig split-2.ig
      for seed in 1 2; do
        fit -q --model mult-vae --seed $seed --set epochs=2 split-$seed.ig -o m
        score -q --model m split-$seed.ig -o vae-$seed.recs
      done
      metrics -q --truth split-1.ig --truth split-2.ig --metrics ndcg@10 --format csv vae-1.recs vae-2.recs
      """)
    #expect(made.status == 0, "\(made.errors)")
    let row = made.output.split(separator: "\n").last?.split(separator: ",") ?? []
    #expect(row.count == 6 && row[0] == "vae" && row[5] == "2" && row[4] != "0", "\(made.output)")
  }

  @Test func modelsAreTested() {
    let text = folder.run(
      "metrics -q \(both) --test 'item-*' --order popularity,dglgm,item-knn \(lists)")
    #expect(text.status == 0, "\(text.errors)")
    #expect(text.output.contains("item-knn against popularity: ndcg@100"), "\(text.output)")
    #expect(text.output.contains("the order popularity < item-knn"), "\(text.output)")
    let place = folder.run(
      "metrics -q \(both) --metrics recall@5,ndcg@100 --place popularity \(lists) | grep 'best of the others'"
    )
    let lines = place.output.split(separator: "\n")
    #expect(lines.count == 2 && lines[0].hasPrefix("recall@5: popularity 0."), "\(place.output)")
    #expect(lines.allSatisfy { $0.contains("others item-knn 0.") && $0.contains("standard error") })
    let unknown = folder.run("metrics -q \(both) --place ease \(lists)")
    #expect(unknown.status == 64 && unknown.errors.contains("no lists of 'ease'"))
    let markdown = folder.run(
      "metrics -q \(both) --group near-cold-start --format markdown \(lists)")
    #expect(
      markdown.status == 0 && markdown.output.hasPrefix("| means | recall@20 | ndcg@100 | splits |")
        || markdown.status == 65, "\(markdown.errors)\(markdown.output)")
    let single = folder.run(
      "metrics -q --truth split-20.ig --format markdown --at 5 item-knn-20.recs")
    #expect(single.output.contains("| metric | @5 |\n| --- | ---: |\n"), "\(single.output)")
  }

  @Test(arguments: [
    ("metrics --truth split-20.ig LISTS", 65, "none of the splits"),
    ("metrics BOTH LISTS --compare popularity-20.recs", 64, "--compare is of one file"),
    ("metrics BOTH LISTS --format json", 64, "--format json is of one file"),
    ("metrics BOTH popularity-20.recs -", 64, "standard input"),
    (
      "cp popularity-20.recs popularity-7.recs; metrics BOTH LISTS popularity-7.recs", 64,
      "other lists"
    ),
    ("metrics BOTH LISTS popularity-20.recs", 64, "other lists"),
    ("metrics BOTH LISTS --group mine", 64, "there is no group 'mine'"),
    ("metrics BOTH LISTS --test mine", 64, "no lists of 'mine'"),
    ("metrics BOTH LISTS --metrics ndcg,coverage", 64, "the last of --metrics"),
    ("metrics BOTH LISTS --metrics ndcg@0", 64, "whole number"),
    ("metrics BOTH LISTS --metrics ndcg@5,ndcg@5", 64, "twice"),
    ("metrics --truth split-20.ig --metrics ndcg@5 popularity-20.recs", 64, "name them by --at"),
  ])
  func whatCannotBeIsRefused(_ line: String, _ status: Int, _ words: String) {
    let run = folder.run(
      line.replacing("BOTH", with: both).replacing("LISTS", with: lists) + " -o out")
    #expect(
      run.status == status && run.errors.contains(words)
        && run.errors.split(separator: "\n").count == 1,
      "\(line): \(run.status) \(run.errors)")
    #expect(folder.run("test -e out").status == 1)
  }

  @Test func aFigureBelowItsFloorIsStatusOne() throws {
    let folder = try Folder()
    let (split, _, lists) = try folder.ranked()
    let metrics = "metrics -q --truth \(split) --at 5,10 --metrics ndcg"
    #expect(Shell.run("\(metrics) --fail-below ndcg@10=0 \(lists)").status == 0)
    let low = Shell.run("\(metrics) --fail-below ndcg@5=0 --fail-below ndcg@10=0.999 \(lists)")
    #expect(low.status == 1)
    #expect(low.output.contains("ndcg"), "the figures are written all the same")
    #expect(low.errors.contains("ndcg@10 is 0.") && low.errors.contains("below 0.999"))
    #expect(Shell.run("\(metrics) --fail-below recall@10=0.1 \(lists)").status == 64)
    for wrong in ["ndcg=1", "ndcg@0=1", "ndcg@10=nan", "best@10=1", "ndcg@10"] {
      #expect(Shell.run("\(metrics) --fail-below \(wrong) \(lists)").status == 64, "\(wrong)")
    }
  }
}

/// What `pipelines/paper/interpretability` prints over seeds.
@Test func meansOverSeedsHaveIntervals() {
  // 1, 2, 3: a spread of 1 over the root of 3, times 4.303; twelve values: beyond the table, 1.96.
  let lines =
    ["x 20 a 1", "x 21 a 2", "x 22 a 3", "x 20 b null", "x 21 b", "x 22 b 0.5", "y 20 c 0.25"]
    + (0..<12).map { "y \($0) a \($0 % 2)" }
  let program = Shell.repository.appendingPathComponent("pipelines/paper/means.py").path
  let run = Shell.run("printf '%s\\n' '\(lines.joined(separator: "' '"))' | python3 \(program)")
  #expect(run.status == 0, "\(run.errors)")
  let words = run.output.split(separator: "\n").map {
    $0.split(separator: " ").joined(separator: " ")
  }
  #expect(
    words == [
      "means a b c", "x 2.0000 +- 2.4843 0.5000 +- 0.0000 -",
      "y 0.5000 +- 0.2955 - 0.2500 +- 0.0000",
    ])
  #expect(Shell.run("python3 \(program) < /dev/null").output == "means         \n")
}
