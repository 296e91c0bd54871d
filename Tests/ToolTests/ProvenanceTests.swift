// Does a file's history make the file again?

import Foundation
import Support
import Testing

@Suite(.serialized) struct ProvenanceTests {
  private func sources(_ folder: Folder) throws {
    var ratings = "user,item,rating\n"
    for user in 0..<60 {
      for step in 0..<6 {
        ratings += "u\(user),\((user * 3 + step * 5) % 17),\(2 + (user + step) % 4)\n"
      }
    }
    _ = try folder.write("r.csv", ratings)
    _ = try folder.write("i.csv", "item,title\n1,One's\n2,Two\n")
  }

  /// Files between steps, pipes, both readers of one file, a model through a pipe, odd names, and standard input.
  @Test(arguments: [
    "ingest --items i.csv r.csv | binarize --min 3 -o b.ig && split b.ig -o 's x.ig'"
      + " && fit --model ease 's x.ig' -o e.model && score --model=e.model 's x.ig' -o made",
    "ingest r.csv | split -o s.ig && fit --model item-knn s.ig | score --model /dev/stdin s.ig -o made",
    "cat r.csv | ingest - | binarize --min 3 | tee copy.ig | split - -o made && rm copy.ig",
    "simulate --users 60 --items 200 --interactions 1500 --seed 5 > plain.ig && split plain.ig > made",
    "ingest r.csv -o a.ig && group-items --groups 3 a.ig -o g.ig"
      + " && fit --set epochs=2 --set width=8 --set latent=4 --set groups=3 --groups g.ig a.ig -o made",
  ])
  func historiesAreScriptsThatRun(_ commands: String) throws {
    let (first, second) = (try Folder(), try Folder())
    try sources(first)
    try sources(second)
    let made = Shell.run(
      "cd \(first.path("")) && \(commands) && dump --provenance made -o again.sh")
    #expect(made.status == 0, "\(made.errors)")
    let script = first.path("again.sh")
    let again = Shell.run(
      "cd \(second.path("")) && INPUT=r.csv sh \(script) made && cmp made \(first.path("made"))")
    let text = try String(contentsOfFile: script, encoding: .utf8)
    #expect(again.status == 0, "\(again.errors)\(again.output)\n\(text)")
    #expect(Shell.run("shellcheck \(script)").status == 0, "\(text)")
    let piped = Shell.run(
      "mkdir \(first.path("x")) && cd \(first.path("x")) && cp ../r.csv ../i.csv . && INPUT=r.csv sh \(script) | cmp - ../made"
    )
    #expect(piped.status == 0, "\(piped.errors)")
  }

  @Test func nothingIsOverwritten() throws {
    let folder = try Folder()
    try sources(folder)
    let run = Shell.run(
      "cd \(folder.path("")) && ingest -q r.csv -o a.ig && split -q a.ig -o s.ig && dump --provenance s.ig -o again.sh"
        + " && sha256sum a.ig > sums; sh again.sh other.ig; echo status $?; sha256sum -c sums; ls")
    #expect(run.output.contains("status 73") && run.output.contains("a.ig: OK"), "\(run.output)")
    #expect(!folder.names.contains("other.ig") && run.errors.contains("a.ig exists"))
  }
}
