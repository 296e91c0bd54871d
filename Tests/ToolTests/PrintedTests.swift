// Does what is printed do nothing to terminals and spreadsheets, and say what is true of what was kept?

import Foundation
import Support
import Testing

@Suite struct PrintedTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  @Test func spreadsheetsGetNoFormulas() throws {
    _ = try folder.write(
      "r.csv",
      "user,item,rating\n=1+1,@x,5\n-u,\"+a,b\",4\nu\u{202E}x,i,1\n\u{FF1D}1,i,1\nit's,a=b,2\n")
    #expect(folder.run("ingest -q r.csv -o r").status == 0)
    let guarded = folder.run("dump --to csv --guard r")
    #expect(
      guarded.output.hasPrefix("user,item,rating\n'=1+1,'@x,5.0\n'-u,\"'+a,b\",4.0\nu"),
      "\(guarded.output)")
    #expect(guarded.output.hasSuffix("\n'\u{FF1D}1,i,1.0\nit's,a=b,2.0\n"))
    #expect(folder.run("dump --to csv r").output.contains("\n=1+1,@x,5.0\n-u,\"+a,b\",4.0\n"))
    // Parts of splits and lists as well.
    let lists = folder.run(
      "binarize -q r | fit -q --model popularity -o m && binarize -q r"
        + " | score -q --model m --top 2 | dump --to csv --guard; binarize -q r | split -q --scheme ratio"
        + " | dump --to csv --guard --part train")
    #expect(lists.output.contains("\n'=1+1,,1,"), "\(lists.output) \(lists.errors)")
    #expect(!lists.output.contains("\n=") && !lists.output.contains(",@x"))
    #expect(lists.output.contains(",'@x"))
    for words in ["--guard", "--guard --to jsonl"] {
      #expect(folder.run("dump \(words) r").status == 64)
    }
  }

  @Test func jsonLinesOnTerminalsAreText() throws {
    let name = "a\\177b\\302\\205c\\342\\200\\256d"
    let error = folder.run("check --log json \"$(printf '\(name)')\"")
    #expect(
      error.errors.contains("a\\u007fb\\u0085c\\u202ed: cannot be opened"), "\(error.errors)")
    #expect(
      folder.run(
        "check --log json \"$(printf '\(name)')\" 2>&1"
          + " | python3 -c 'import json; json.load(open(0))'"
      ).status != 1)
    // Rows reach a terminal as text, and a file as they are.
    _ = try folder.write("t.csv", "user,item\nu\u{202E}x,i\n")
    let shown = folder.run(
      "ingest -q t.csv -o t && script -qec 'dump --to csv t' /dev/null; dump --to csv t | od -c")
    #expect(shown.output.contains("u\\u{202e}x,i"), "\(shown.output) \(shown.errors)")
    #expect(shown.output.contains("342 200 256"))
  }

  /// The model is there although its log is not, and the line says so.
  @Test(arguments: ["ease", "mult-vae --set width=4 --set latent=2 --set epochs=3"])
  func logsThatFailAreNotTheModel(_ model: String) throws {
    let split = try folder.simulated().split
    let fit = folder.run("fit -q --model \(model) --log-json /dev/full \(split) -o model")
    #expect(fit.status == 74, "\(fit.errors)")
    #expect(
      fit.errors.contains("/dev/full: cannot be written") && fit.errors.contains("written whole"),
      "\(fit.errors)")
    #expect(folder.run("check --all model").status == 0)
  }
}
