// Is the old file whole or the new one, and the exit status true, whichever call of the system fails?

import Foundation
import Support
import Testing

private let source = Shell.repository.appendingPathComponent("Tests/Faults/faults.c")

@Suite struct FaultTests {
  private let folder: Folder
  private let shim: String

  init() throws {
    folder = try Folder()
    shim = folder.path("faults.so")
    // Swift brings its own clang.
    let built = Shell.run(
      "clang -Wall -Wextra -Werror -shared -fPIC -O1 '\(source.path)' -o '\(shim)' -ldl")
    #expect(built.status == 0, "\(built.errors)")
    _ = try folder.write(
      "r.csv", (0..<400).map { "u\($0 * 7 % 40),i\($0 * 13 % 31),\($0 % 5 + 1)\n" }.joined())
    _ = try folder.write("space.json", "{\"lambda\": {\"log\": [1, 1000]}}")
    let made = folder.run(
      "ingest -q r.csv -o r && binarize -q --min 3 r | split -q -o x && fit -q --model ease x -o m"
        + " && score -q --model m --top 5 x -o lists && shard -q --into 2 r -o s && gzip -k r.csv"
        + " && python3 -m zipfile -c r.zip r.csv && printf old > old")
    #expect(made.status == 0, "\(made.errors)")
  }

  private func bytes(_ name: String) -> Data? {
    try? Data(contentsOf: URL(fileURLWithPath: folder.path(name)))
  }

  private static let network =
    "fit -q --model mult-vae --set width=4 --set latent=2 --set batch=40 --set epochs=2"

  /// Each call of each kind fails once, and from each on all; `read` and `write` also take half of what they are
  /// given.
  @Test(arguments: [
    "ingest -q r.csv", "ingest -q r.csv.gz", "ingest -q r.zip", "binarize -q --min 3 r",
    "split -q r", "group-items -q --groups 2 x",
    "fit -q --model ease x", "\(network) x", "tune -q --model ease --space space.json --trials 2 x",
    "score -q --model m --top 5 x", "score -q --model m --top 5 --format tsv x",
    "explain -q --model m --top 1 x", "metrics -q --truth x lists",
    "report -q --model m --data x", "interpret -q --model m x", "merge -q s/part-*",
    "simulate -q --users 40 --items 100 --interactions 1000",
    "dump -q --to csv r", "dump -q --to npz r",
  ])
  func theOldFileIsWholeOrTheNewOne(_ command: String) throws {
    let whole = folder.run("\(command) -o new")
    #expect(whole.status == 0, "\(command): \(whole.errors)")
    let new = try #require(bytes("new"))
    let kinds = [
      "open": 28, "read": 5, "write": 28, "fstat": 5, "fsync": 5, "close": 122, "rename": 13,
    ]
    for (call, error) in kinds.sorted(by: { $0.key < $1.key }) {
      var faults = ["\(error)"]
      if call == "read" || call == "write" { faults += ["0", "4"] }
      for fault in faults {
        for number in 1... {
          let lasts = call == "write" && fault == "28" && number % 2 == 1 ? "+" : ""
          let what = "\(command): \(call):\(number)\(lasts):\(fault)"
          let done = folder.run(
            "rm -f hit && cp old out && INDGRM_FAULT=\(call):\(number)\(lasts):\(fault)"
              + " INDGRM_FAULT_HIT=hit LD_PRELOAD='\(shim)' \(command) -o out")
          guard folder.names.contains("hit") else { break }
          let kept = try #require(bytes("out"), "\(what)")
          // Halves and interruptions (EINTR) are no failures.
          let mayFail = fault != "0" && fault != "4"
          #expect(kept == new || kept == Data("old".utf8), "\(what): neither old nor new")
          #expect((done.status == 0) == (kept == new), "\(what): \(done.status) \(done.errors)")
          #expect(mayFail || done.status == 0, "\(what): \(done.errors)")
          #expect(
            done.status == 0
              || [71, 73, 74].contains(done.status)
                && done.errors.split(separator: "\n").count == 1,
            "\(what): \(done.status) \(done.errors)")
          #expect(!folder.names.contains { $0.hasSuffix(".tmp") }, "\(what)")
        }
      }
    }
  }

  /// A checkpoint is the last whole one, and what is piped on is cut where it fails.
  @Test func checkpointsAndPipes() throws {
    let fit = "\(Self.network) x -o out --checkpoint point --checkpoint-every 1"
    #expect(folder.run(fit).status == 0)
    for call in ["write:1", "write:2", "fsync:1", "fsync:3", "rename:1", "rename:2"] {
      let done = folder.run(
        "rm -f hit && INDGRM_FAULT=\(call):28 INDGRM_FAULT_HIT=hit LD_PRELOAD='\(shim)' \(fit)")
      #expect(done.status == 0 || [73, 74].contains(done.status), "\(call): \(done.errors)")
      let check = folder.run("check --all out point")
      #expect(check.status == 0, "\(call): \(check.errors)")
    }
    for tool in ["ingest -q r.csv", "split -q r", "score -q --model m x", "dump --to csv r"] {
      let done = folder.run("INDGRM_FAULT=write:1:28 LD_PRELOAD='\(shim)' \(tool) > piped")
      #expect(done.status == 74, "\(tool): \(done.errors)")
    }
  }
}
