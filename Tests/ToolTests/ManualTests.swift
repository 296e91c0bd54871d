// Do the man pages, --help and the examples agree?

import Foundation
import Support
import Testing

private let root = Shell.repository

/// The tools as the dispatcher lists them.
private let tools: [String] = {
  Shell.run("indgrm --help").output.split(separator: "\n")
    .filter { $0.hasPrefix("  ") }.compactMap { $0.split(separator: " ").first.map(String.init) }
}()

private func page(_ tool: String) throws -> String {
  try String(
    contentsOf: root.appendingPathComponent("man/man1/indgrm-\(tool).1"), encoding: .utf8)
}

@Suite(.serialized) struct ManualTests {
  @Test func everyToolIsListedBuiltAndDescribed() throws {
    #expect(tools.count >= 9)
    let pages = try FileManager.default.contentsOfDirectory(
      atPath: root.appendingPathComponent("man/man1").path)
    #expect(Set(pages) == Set(tools.map { "indgrm-\($0).1" } + ["indgrm.1", "indgrm-nightly.1"]))
    for tool in tools {
      #expect(Shell.run("indgrm \(tool) --version").output.hasPrefix("indgrm \(tool) "))
    }
  }

  @Test func pagesAndHelpHaveTheSameOptions() throws {
    for tool in tools {
      let help = Shell.run("\(tool) --help").output
      let offered = Set(
        help.split(separator: "\n").filter { $0.hasPrefix("  -") }.flatMap { line in
          line.split(whereSeparator: { " ,".contains($0) }).filter { $0.hasPrefix("--") }.map(
            String.init)
        })
      let described = Set(
        try page(tool).split(separator: "\n").filter { $0.hasPrefix(".It Fl") }.flatMap { line in
          line.split(separator: " ").filter { $0.hasPrefix("-") }.map { "-" + $0 }
        }.filter { $0.hasPrefix("--") })
      #expect(!offered.isEmpty)
      #expect(offered == described, "\(tool)")
    }
  }

  @Test func examplesRun() throws {
    for tool in tools {
      let lines = try page(tool).split(separator: "\n", omittingEmptySubsequences: false)
      var examples = 0
      for start in lines.indices where lines[start] == ".\\\" run" {
        let commands = lines[(start + 2)...].prefix { $0 != ".Ed" }
          .map {
            $0.split(separator: "\\e", omittingEmptySubsequences: false).joined(separator: "\\")
          }
        let folder = try Folder()
        let run = Shell.run("cd \(folder.path("")) && set -e; " + commands.joined(separator: "\n"))
        #expect(run.status == 0, "\(tool): \(commands.joined(separator: "; ")): \(run.errors)")
        examples += 1
      }
      #expect(examples > 0, "\(tool)")
    }
  }
}
