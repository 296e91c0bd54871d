// Do outputs survive kills, signals, limits and each other, with nothing left behind?

import Foundation
import Support
import Testing

@Suite struct TemporaryFileTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func run(_ command: String) -> Shell.Result {
    Shell.runWithSignals("cd \(folder.path("")) && \(command)")
  }

  private static let small = "simulate -q --users 50 --items 50 --interactions 1000"
  /// Starts a tool that has made its temporary file, beside any that is there, and waits for input, and holds the other
  /// end of its pipe open.
  private static let waiting =
    "old=$(ls -A | grep tmp$); mkfifo p; ingest -q -o x.ig < p & exec 9>p;"
    + " for i in $(seq 600); do ls -A | grep tmp$ | grep -qvxF \"$old\" && break; sleep .05; done"

  @Test(arguments: ["HUP", "INT", "QUIT", "ALRM", "TERM", "XCPU", "USR1"])
  func signalsLeaveNothing(_ name: String) {
    // Jobs in the background ignore INT and QUIT unless job control is on.
    let end = run(
      "set -m; \(Self.waiting); kill -\(name) $!; wait $!; echo $(($? - 128)); kill -l \(name)")
    let lines = end.output.split(separator: "\n")
    #expect(lines.count == 2 && lines.first == lines.last, "\(end.output) \(end.errors)")
    #expect(folder.names == ["p"], "\(folder.names)")
  }

  @Test func ignoredSignalsStayIgnored() {
    let end = run(
      "trap '' HUP; \(Self.waiting); kill -HUP $!; echo 1,2 >&9; exec 9>&-; wait $!; echo $?")
    #expect(end.output == "0\n" && folder.names.contains("x.ig"), "\(end.output) \(end.errors)")
    // A reader that went away is an error like others where SIGPIPE is ignored.
    let pipe = run(
      "trap '' PIPE; { simulate -q --users 9000 --items 900 --interactions 200000 2> e; echo $? > s; } | true;"
        + " cat s e")
    #expect(pipe.output.hasPrefix("74\n") && pipe.output.contains("Broken pipe"), "\(pipe.output)")
  }

  @Test func killedRunsAreSweptAndLivingOnesAreNot() {
    let first = run("\(Self.waiting); kill -9 $!; wait $!; ls -A | grep -c tmp$")
    #expect(first.output == "1\n", "\(first.output) \(first.errors)")
    let second = run(
      "rm p; \(Self.waiting); ls -A | grep -c tmp$;"
        + " \(Self.small) -o y.ig; ls -A | grep -c tmp$; echo 1,2 >&9; exec 9>&-; wait $!; echo $?;"
        + " ls -A | grep -c tmp$; check --all x.ig y.ig")
    #expect(second.output == "1\n1\n0\n0\n", "\(second.output) \(second.errors)")
    #expect(second.status == 0, "\(second.errors)")
  }

  @Test func modeStays() {
    let modes = run(
      "umask 022; \(Self.small) -o o; stat -c %a o; chmod 640 o; \(Self.small) -o o; stat -c %a o;"
        + " ln -s o l; chmod 600 o; \(Self.small) -o l; stat -c %a o; readlink l")
    #expect(modes.output == "644\n640\n600\no\n", "\(modes.output) \(modes.errors)")
  }

  @Test func aFileThatMayNotGrowIsAnError() {
    let full = run(
      "echo old > o; (ulimit -f 64; simulate -q --users 9000 --items 900 --interactions 200000 -o o)"
    )
    #expect(full.status == 74 && full.errors.contains("File too large"), "\(full.errors)")
    #expect(folder.names == ["o"] && run("cat o").output == "old\n", "\(folder.names)")
  }

  /// Writers that have one process number in their containers, or that write at once.
  @Test func writersOfOneFileDoNotMeet() {
    let runs = run(
      "for n in 1 2 3 4 5 6; do simulate -q --threads 1 --users $((n * 50)) --items 300"
        + " --interactions $((n * 5000)) -o o.ig & done; wait; check --all o.ig && ls -A")
    #expect(runs.status == 0 && runs.output == "o.ig\n", "\(runs.output) \(runs.errors)")
  }
}
