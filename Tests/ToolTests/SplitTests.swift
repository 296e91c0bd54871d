// Do shares, seed and scheme decide who is held out?

import Foundation
import Support
import Testing

@Suite struct SplitTests {
  private let folder: Folder

  init() throws {
    folder = try Folder()
    _ = try folder.simulated()
  }

  @Test func sharesAndSeedDecide() {
    let made = folder.run(
      "for n in 7a 7b 8c; do split -q --seed ${n%?} --test 0.2 --validation 0.1 plain.ig -o $n || exit; done;"
        + " for n in 7a 7b 8c; do dump --to csv $n | sha256sum; done;"
        + " for part in test-in validation-in; do dump --part $part --to csv 7a | sed 1d | cut -d, -f1 | sort -u | wc -l; done;"
        + " dump --to csv plain.ig | sed 1d | cut -d, -f1 | sort -u | wc -l")
    let lines = made.output.split(separator: "\n").map(String.init)
    #expect(made.status == 0 && lines.count == 6, "\(made.output) \(made.errors)")
    guard lines.count == 6 else { return }
    #expect(lines[0] == lines[1] && lines[0] != lines[2])
    let users = Int(lines[5]) ?? 0
    #expect(
      abs((Int(lines[3]) ?? 0) - users / 5) <= 1 && abs((Int(lines[4]) ?? 0) - users / 10) <= 1)
  }

  /// What is held out by leave-one-out is the last of each.
  @Test func theLastChoiceIsHeldOut() throws {
    let run = try Folder.run(
      "ingest -q ratings.csv | split -q --scheme leave-one-out | dump --part test-out --to csv | sed 1d | cut -d, -f1,2",
      "user,item,timestamp\n"
        + (0..<12).flatMap { user in
          (0..<5).map { "u\(user),i\((user + $0) % 7),\(2_000_000_000 - 1000 * $0 + user)\n" }
        }.joined())
    let found = Set(run.output.split(separator: "\n").map(String.init))
    #expect(run.status == 0 && !found.isEmpty, "\(run.errors)")
    #expect(found.isSubset(of: Set((0..<12).map { "u\($0),i\($0 % 7)" })), "\(found)")
  }
}
