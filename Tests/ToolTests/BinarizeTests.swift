// Is what binarize keeps what was asked for, and does a confidence that it makes reach the models?

import Foundation
import Support
import Testing

@Suite struct BinarizeTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  /// The rows of a table as `binarize` with some options leaves them.
  private func binarized(_ rows: String, _ options: String) -> Shell.Result {
    Shell.run("printf '\(rows)' | ingest -q | binarize -q \(options) | dump --to csv")
  }

  private let bought = "user,item,rating\\n1,10,3\\n1,11,7\\n2,10,1\\n2,10,2\\n"

  @Test func ratingsBecomeConfidences() {
    #expect(
      binarized(bought, "--confidence linear").output
        == "user,item,confidence\n1,10,3.0\n1,11,7.0\n2,10,1.0\n2,10,2.0\n")
    #expect(
      binarized(bought, "--confidence log --min 2").output
        == "user,item,confidence\n1,10,2.0\n1,11,3.0\n2,10,\(Float(log2(3.0)))\n")
    #expect(
      binarized(bought, "--confidence log --confidence-unit 7 --min-user 2").output
        == "user,item,confidence\n1,10,\(Float(log2(1 + 3.0 / 7)))\n1,11,1.0\n")
    #expect(
      binarized(bought, "--confidence linear --duplicates sum").output
        == "user,item,confidence\n1,10,3.0\n1,11,7.0\n2,10,3.0\n")
  }

  /// Repeats are counted where there are no ratings, in a whole as in the parts of one.
  @Test func repeatsBecomeConfidences() throws {
    let rows = "user,item\\n1,10\\n1,10\\n1,10\\n1,11\\n2,10\\n"
    let expected = "1,10,2.0\n1,11,1.0\n2,10,1.0\n"
    let options = "--duplicates sum --confidence log"
    #expect(binarized(rows, options).output == "user,item,confidence\n" + expected)
    let parts = Shell.run(
      "cd \(folder.path("")) && printf '\(rows)' | ingest -q | shard -q --into 2 -o parts"
        + " && for part in parts/part-*.ig; do binarize -q \(options) $part -o $part.done; done"
        + " && merge -q parts/*.done | dump --to csv | tail -n +2 | sort")
    #expect(parts.output == expected, "\(parts.errors)")
  }

  @Test(arguments: [
    ("user,item,rating\\n1,10,3\\n1,11,0\\n2,11,-2\\n", "--confidence log", "2 interactions"),
    ("user,item,rating\\n1,10,3\\n1,11,0\\n", "--confidence linear --min-user 1", "by --min"),
    ("user,item\\n1,10\\n1,11\\n", "--confidence log", "has no ratings to make confidences of"),
  ])
  func whatMakesNoConfidenceIsRefused(_ rows: String, _ options: String, _ reason: String) {
    let path = folder.path("out.ig")
    let run = Shell.run(
      "printf '\(rows)' | ingest -q | binarize \(options) -o \(path)")
    #expect(run.status == 65 && run.errors.contains(reason), "\(run.errors)")
    #expect(folder.names.isEmpty)
  }

  /// A split keeps them, and so does a second binarize; a fit by equal ones is the fit by none.
  @Test func confidencesReachTheModel() throws {
    let made = Shell.run(
      """
      cd \(folder.path("")) && simulate -q --users 80 --items 40 --interactions 1500 --min-user 5 -o plain.ig &&
      dump --to csv plain.ig | awk -F, -v OFS=, '{ print $1, $2, NR == 1 ? "rating" : 1 + NR % 4 }' > rows.csv &&
      ingest -q rows.csv | binarize -q | split -q -o none.ig &&
      ingest -q rows.csv | binarize -q --min 0 --confidence linear | binarize -q | split -q -o some.ig &&
      awk -F, -v OFS=, 'NR > 1 { $3 = 5 } { print }' rows.csv | ingest -q | binarize -q --confidence log |
        split -q -o equal.ig && dump --to csv some.ig | head -1 &&
      for name in none some equal; do
        fit -q --model ials --set factors=4 --set epochs=2 $name.ig -o $name.model || exit
        dump --to npz $name.model | sha256sum
      done
      """)
    let lines = made.output.split(separator: "\n")
    try #require(made.status == 0 && lines.count == 4, "\(made.output) \(made.errors)")
    #expect(lines[0].hasPrefix("user,item,confidence,fold"))
    #expect(lines[1] == lines[3] && lines[1] != lines[2])
  }

  @Test func binarizeFailsWhereNothingIsKept() throws {
    let rows = "user,item,rating\na,x,3\nb,y,4\n"
    for options in ["--min 5", "--min 5 --min-user 1", "--min-user 2", "--min-item 2"] {
      let result = try Folder.run(
        "ingest -q ratings.csv | binarize \(options) -o out.ig; s=$?; ls; exit $s", rows)
      #expect(result.status == 65)
      #expect(
        result.errors.contains(
          "none of its 2 interactions are kept; lower --min, --min-user or --min-item"),
        "\(options): \(result.errors)")
      #expect(!result.output.contains("out.ig"))
    }
    #expect(try Folder.run("ingest -q ratings.csv | binarize --min 4 -o out.ig", rows).status == 0)
  }

  /// What was kept stays noted when less of it is kept.
  @Test func twoFiltersAreBothNoted() throws {
    let run = try Folder.run(
      "ingest -q ratings.csv | binarize -q --min 2 --min-user 2 | binarize -q --min-item 1 | dump --header",
      "user,item,rating\na,x,5\na,y,4\nb,x,1\nb,y,3\n")
    #expect(run.output.contains("\"min\":2,\"min_item\":1,\"min_user\":2"), "\(run.output)")
  }

  /// A window is cut out of the log before one of several ratings is chosen.
  @Test func aWindowOfTimesIsCutOut() throws {
    let folder = try Folder()
    let csv = try folder.write(
      "a.csv",
      "user,item,rating,timestamp\n1,7,5,2024-01-30\n1,7,3,2024-01-31\n2,8,4,2024-02-01T12:00:00Z\n"
        + "2,9,4,2024-02-02\n")
    func kept(_ options: String) -> String {
      let run = Shell.run(
        "ingest -q \(csv) | binarize -q \(options) | dump --to csv | cut -d, -f 1,2")
      return run.output.split(separator: "\n").dropFirst().joined(separator: " ")
    }
    #expect(kept("--since 2024-01-31") == "1,7 2,8 2,9")
    #expect(kept("--until 2024-02-01T13:00+01:00") == "1,7 1,7")
    #expect(kept("--since 2024-01-31 --until 2024-02-02") == "1,7 2,8")
    #expect(kept("--since 1706745600 --until 2024-02-02") == "2,8")
    // The 5 of the day before is not there to be the highest.
    #expect(kept("--since 2024-01-31 --until 2024-02-02 --duplicates highest --min 4") == "2,8")
    let source = "ingest -q \(csv) | binarize"
    #expect(Shell.run("\(source) --since 2024-02-30").status == 64)
    #expect(Shell.run("\(source) --since 2024-02-02 --until 2024-02-02").status == 64)
    let none = Shell.run("\(source) --since 2025-01-01")
    #expect(none.status == 65 && none.errors.contains("--since"), "\(none.errors)")
    let timeless = Shell.run("printf '1,2\\n3,4\\n' | ingest -q | binarize --until 2025-01-01")
    #expect(timeless.status == 65 && timeless.errors.contains("no times"), "\(timeless.errors)")
  }
}
