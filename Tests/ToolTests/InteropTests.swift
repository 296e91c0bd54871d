// Does a second reader, written from the man page, read the same from our streams?

import Foundation
import Support
import Testing

private let reader = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().appendingPathComponent("Interop/read_ig.py").path

/// Whether both print the same; a comparison that explains itself would take forever on long texts.
private func areSame(_ ours: some Sequence<Substring>, _ theirs: [Substring]) -> Bool {
  ours.elementsEqual(theirs)
}

private func lines(_ command: String) -> [Substring] {
  let run = Shell.run(command)
  #expect(run.status == 0, "\(command): \(run.errors)")
  return run.output.split(separator: "\n")
}

@Suite struct InteropTests {
  private let folder: Folder
  private let ratings: String

  /// A stream of two chunks with ratings, times, titles and categories.
  init() throws {
    folder = try Folder()
    ratings = folder.path("ratings.ig")
    let run = Shell.run(
      "simulate -q --users 2000 --items 300 --interactions 280000 --min-user 5 -o \(ratings)")
    #expect(run.status == 0, "\(run.errors)")
  }

  @Test func interactions() {
    #expect(
      areSame(lines("dump --to csv \(ratings)").dropFirst(), lines("\(reader) rows \(ratings)")))
    // Without compression, split, and with negative times and long ids.
    let plain = folder.path("plain.ig")
    let text = "user,item,rating,time\\nü,long-item-1,0.1,-5\\nb,x,-3.25,9999999999\\n"
    #expect(Shell.run("printf '\(text)' | ingest -z 0 -o \(plain)").status == 0)
    #expect(lines("\(reader) rows \(plain)") == ["ü,long-item-1,0.1,-5", "b,x,-3.25,9999999999"])
    let split = folder.path("split.ig")
    #expect(
      Shell.run("binarize --min 4 \(ratings) | split --folds 3 -z 3 -o \(split)").status == 0)
    #expect(
      areSame(lines("dump --to csv \(split)").dropFirst(), lines("\(reader) rows \(split)")))
    #expect(lines("\(reader) users \(split)").contains { $0.hasSuffix(",2,0") })
  }

  @Test func dictionaries() {
    let items = lines("\(reader) items \(ratings)")
    #expect(items.count == 300)
    #expect(items.first?.hasPrefix("1,Item 1,Group ") == true)
  }

  @Test func recommendationsAndModels() {
    let (model, lists) = (folder.path("m"), folder.path("r"))
    let run = Shell.run(
      "split \(ratings) -o \(folder.path("s")) && fit --model ease \(folder.path("s")) -o \(model)"
        + " && score --top 7 --model \(model) \(folder.path("s")) -o \(lists)")
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      areSame(lines("dump --to csv \(lists)").dropFirst(), lines("\(reader) rows \(lists)")))
    #expect(lines("\(reader) tensors \(model)").map { $0.split(separator: ",")[1] } == ["300x300"])
  }

  @Test func damageIsFound() throws {
    let url = URL(fileURLWithPath: ratings)
    let whole = try Data(contentsOf: url)
    for place in [9, 40, 300, whole.count / 2, whole.count - 20] {
      var damaged = whole
      damaged[place] ^= 4
      try damaged.write(to: URL(fileURLWithPath: folder.path("d")))
      #expect(Shell.run("\(reader) rows \(folder.path("d"))").status == 1, "byte \(place)")
      #expect(Shell.run("check --all \(folder.path("d"))").status == 65, "byte \(place)")
    }
    try whole.dropLast(8).write(to: URL(fileURLWithPath: folder.path("d")))
    #expect(Shell.run("\(reader) rows \(folder.path("d"))").status == 1)
  }
}
