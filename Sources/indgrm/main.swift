// indgrm: the one name on PATH; runs the tool of the name that follows.

import CVersion
import Glibc

/// Writes to standard error and ends.
func fail(_ message: String, status: Int32) -> Never {
  var text = "indgrm: \(message)\n"
  text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
  exit(status)
}

/// Writes to standard output; ends with 74 when that fails.
func say(_ text: String) {
  var text = text
  let done = text.withUTF8 { write(1, $0.baseAddress, $0.count) == $0.count }
  if !done { fail("standard output cannot be written", status: 74) }
}

// The system's library reads them there.
if CommandLine.arguments.isEmpty {
  fail("/proc is not mounted, so no options can be read; mount -t proc proc /proc", status: 71)
}
let words = CommandLine.arguments.dropFirst()
switch words.first {
case nil, "--help", "-h":
  say(ToolDirectory.overview)
  exit(words.isEmpty ? 64 : 0)
case "--version":
  let commit = String(cString: indgrm_commit())
  say("indgrm 0.1.0 (\(commit.isEmpty ? "" : commit + ", ")format 1.0)\n")
case "--exec-path":
  say(ToolDirectory.path + "\n")
case "completions":
  guard let shell = words.dropFirst().first, let script = Completions.script(for: shell) else {
    fail("completions needs a shell: bash, zsh or fish", status: 64)
  }
  say(script)
case "help":
  guard let tool = words.dropFirst().first else {
    say(ToolDirectory.overview)
    break
  }
  ToolDirectory.showManual(of: tool)
case let tool?:
  ToolDirectory.run(tool, Array(words.dropFirst()))
}
