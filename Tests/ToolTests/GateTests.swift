// Do the tools tell a script what it needs to decide whether a night's files go out?

import Foundation
import Support
import Testing

@Suite(.serialized) struct GateTests {
  private func made(in folder: Folder) throws -> (split: String, model: String, lists: String) {
    let (split, model, lists) = (
      try folder.simulated().split, folder.path("m"), folder.path("lists")
    )
    let run = Shell.run(
      "fit -q --model popularity \(split) -o \(model)"
        + " && score -q --model \(model) --top 10 \(split) -o \(lists)")
    #expect(run.status == 0, "\(run.errors)")
    return (split, model, lists)
  }

  @Test func aFigureBelowItsFloorIsStatusOne() throws {
    let folder = try Folder()
    let (split, _, lists) = try made(in: folder)
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

  @Test func statisticsCountWhatIsThere() throws {
    let folder = try Folder()
    let csv = try folder.write(
      "a.csv", "user,item,rating,timestamp\n1,7,5,1000\n1,8,4,3000\n2,7,3,2000\n1,7,2,1500\n")
    let stats = Shell.run("ingest -q \(csv) | dump --stats").output
    for part in [
      "\"rows\":4", "\"users\":2", "\"items\":2", "\"repeated\":1", "\"oldest\":1000",
      "\"newest\":3000", "\"kind\":\"INTR\"",
    ] {
      #expect(stats.contains(part), "\(part) in \(stats)")
    }
    let (split, model, lists) = try made(in: folder)
    let counted = Shell.run("dump --stats \(lists)").output
    #expect(counted.contains("\"longest\":10") && counted.contains("\"empty\":0"), "\(counted)")
    #expect(Shell.run("dump --stats \(split)").output.contains("\"test_users\":"))
    #expect(Shell.run("dump --stats \(model)").output.contains("\"model\":\"popularity\""))
    #expect(Shell.run("dump --stats --header \(split)").status == 64)
  }

  @Test func aManifestNoticesWhatWasReplaced() throws {
    let folder = try Folder()
    let (_, _, lists) = try made(in: folder)
    let manifest = folder.path("MANIFEST")
    let write = Shell.run("cd \(folder.path("")) && check --digests split.ig m lists > MANIFEST")
    #expect(write.status == 0, "\(write.errors)")
    #expect(Shell.run("cd / && check --manifest \(manifest)").status == 0)
    // A line that was lost is missed; without its head a manifest is one of an earlier version.
    for line in 2...4 {
      let lost = folder.run("sed \(line)d MANIFEST > less; check --manifest less")
      #expect(
        lost.status == 65 && lost.errors.contains("counts 3 files, 2 follow"), "\(lost.errors)")
    }
    let headless = folder.run("sed 1d MANIFEST > old; check --manifest old")
    #expect(headless.status == 0, "\(headless.errors)")
    _ = Shell.run("dump --to csv \(lists) > /dev/null; cp \(folder.path("m")) \(lists)")
    let other = Shell.run("check --manifest \(manifest)")
    #expect(other.status == 65)
    #expect(other.errors.contains("lists") && other.errors.contains("the manifest says"))
    _ = Shell.run("rm \(lists)")
    #expect(Shell.run("check --manifest \(manifest)").status == 66)
    let bad = try folder.write("bad", "zz 1 a\n")
    #expect(Shell.run("check --manifest \(bad)").errors.contains("line 1"))
    let empty = try folder.write("empty", "")
    #expect(Shell.run("check --manifest \(empty)").status == 65)
  }

  /// Without --all a small file with a broken middle does not pass.
  @Test func smallFilesAreCheckedWhole() throws {
    let folder = try Folder()
    let (split, _, _) = try made(in: folder)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: split))
    bytes[bytes.count / 2] ^= 0xFF
    try bytes.write(to: URL(fileURLWithPath: split))
    #expect(Shell.run("check \(split)").status == 65)
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

  /// A program that reads the lines finds numbers in fields, and one closing line whatever happened.
  @Test func logLinesCountAndClose() throws {
    func lines(_ command: String) throws -> [[String: Any]] {
      try Shell.run(command).errors.split(separator: "\n").map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
    }
    let good = try lines("printf '1,2\n3,4\n' | ingest --log json -o /dev/null")
    #expect(good.contains { $0["interactions"] as? Int == 2 && $0["users"] as? Int == 2 })
    #expect(good.last?["status"] as? Int == 0)
    #expect(good.dropLast().allSatisfy { $0["status"] == nil })
    #expect(good.allSatisfy { ($0["seconds"] as? Double).map { $0 >= 0 && $0 < 600 } ?? false })
    let bad = try lines("printf '' | ingest --log json -o /dev/null")
    #expect(bad.map { $0["status"] as? Int } == [65])
    #expect(try lines("check --log json /none").map { $0["status"] as? Int } == [66])
  }

  @Test func logLinesHaveTimeAndRun() throws {
    let run = Shell.run(
      "printf '1,2\\n3,4\\n' | INDGRM_RUN=night-7 ingest --log json -o /dev/null")
    #expect(run.errors.contains("\"run\":\"night-7\""), "\(run.errors)")
    #expect(run.errors.contains("\"time\":\"2"), "\(run.errors)")
  }
}
