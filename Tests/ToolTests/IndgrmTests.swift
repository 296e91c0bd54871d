// Does the front tool lead to each of the others?

import Foundation
import Support
import Testing

@Suite struct IndgrmTests {
  @Test func toolsAreReachedByTheirNames() {
    let listed = Shell.run("indgrm --help").output
    for tool in [
      "ingest", "binarize", "split", "fit", "score", "metrics", "explain", "dump", "tune",
    ] {
      #expect(listed.contains("  \(tool)"), "\(tool)")
      let (front, own) = (Shell.run("indgrm \(tool) --help"), Shell.run("\(tool) --help"))
      #expect(front.status == 0 && front.output == own.output, "\(tool)")
    }
    let passed = Shell.run("printf '1,2\\n3,4\\n' | indgrm ingest -q | indgrm dump --to csv")
    #expect(passed.output == "user,item\n1,2\n3,4\n", "\(passed.errors)")
    let status = Shell.run("indgrm check /nonexistent")
    #expect(status.status == Shell.run("check /nonexistent").status && status.status != 0)
  }

  @Test func whatIsNoToolIsRefused() {
    let run = Shell.run("indgrm nonsense")
    #expect(
      run.status == 64 && run.errors == "indgrm: there is no tool 'nonsense'\n", "\(run.errors)")
  }
}
