// Are simulated data those that were asked for, and the same by one seed?

import Foundation
import Support
import Testing

@Suite struct SimulateTests {
  @Test func sizesAndSeedDecide() throws {
    let folder = try Folder()
    let run = folder.run(
      "for n in 3a 3b 4c; do simulate -q --users 60 --items 80 --interactions 1800 --seed ${n%?} --truth t$n -o $n || exit; done;"
        + " for n in 3a 3b 4c t3a t3b; do check --digests $n | sed '/^#/d; s/ .*//'; done; dump --stats 3a"
    )
    let lines = run.output.split(separator: "\n").map(String.init)
    #expect(run.status == 0 && lines.count == 6, "\(run.output) \(run.errors)")
    guard lines.count == 6 else { return }
    #expect(lines[0] == lines[1] && lines[0] != lines[2] && lines[3] == lines[4])
    #expect(lines[5].contains("\"users\":60,") || lines[5].contains("\"users\":60}"), "\(lines[5])")
    let rows = lines[5].components(separatedBy: "\"rows\":").last.flatMap {
      Int($0.prefix { $0.isNumber })
    }
    #expect(abs(Double(rows ?? 0) / 1800 - 1) < 0.1, "\(lines[5])")
  }
}
