// Does a second reader, written from the man page, read the same from our streams?

import Foundation
import Support
import Testing

private let reader = Shell.repository.appendingPathComponent("Tests/Interop/read_ig.py").path

/// Whether both print the same; a comparison that explains itself would take forever on long texts.
private func areSame(_ ours: some Sequence<Substring>, _ theirs: [Substring]) -> Bool {
  ours.elementsEqual(theirs)
}

private func lines(_ command: String) -> [Substring] {
  let run = Shell.run(command)
  #expect(run.status == 0, "\(command): \(run.errors)")
  return run.output.split(separator: "\n")
}

/// The objects `dump --users` or `--items` prints, as lines of the second reader.
private func dictionary(_ command: String) throws -> [Substring] {
  try lines(command).map { line in
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
    var cells = [object["id"] as? String ?? "no id"]
    if let role = object["role"] as? String {
      let code = ["train", "validation", "test"].firstIndex(of: role) ?? -1
      cells += ["\(code)", "\(object["tier"] as? Int ?? 0)"]
    }
    if command.contains("--items") {
      let categories = object["categories"] as? [String] ?? []
      cells += [object["title"] as? String ?? "", categories.joined(separator: "|")]
    }
    return Substring(cells.map(quoted).joined(separator: ","))
  }
}

/// A cell of CSV.
private func quoted(_ cell: String) -> String {
  guard cell.contains(where: { ",\"".contains($0) }) else { return cell }
  return "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\""
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
  }

  @Test func otherSchemes() {
    for scheme in ["ratio", "leave-one-out", "time"] {
      let split = folder.path(scheme)
      let made = Shell.run("split -q --scheme \(scheme) \(ratings) -o \(split)")
      #expect(made.status == 0, "\(made.errors)")
      let rows = lines("\(reader) rows \(split)")
      #expect(areSame(lines("dump --to csv \(split)").dropFirst(), rows), "\(scheme)")
      #expect(Set(rows.compactMap { $0.split(separator: ",").last }) == ["-1", "0", "1"])
    }
  }

  @Test func dictionaries() throws {
    let split = folder.path("split.ig")
    #expect(Shell.run("split \(ratings) -o \(split)").status == 0)
    let odd = try oddStream()
    for (stream, users, items) in [(ratings, 2000, 300), (split, 2000, 300), (odd, 2, 2)] {
      for (what, count) in [("users", users), ("items", items)] {
        let ours = try dictionary("dump --\(what) \(stream)")
        let theirs = lines("\(reader) \(what) \(stream)")
        #expect(theirs.count == count)
        let isSame = areSame(ours, theirs)
        #expect(isSame, "\(what) of \(stream)")
      }
    }
    #expect(
      lines("\(reader) items \(odd)") == ["1,\"Well, \"\"Ü\"\"\",Drama|Comedy", "2,Plain,Comedy"])
    #expect(
      areSame(lines("dump --to csv \(odd)").dropFirst(), lines("\(reader) rows \(odd)")))
  }

  /// A small stream without compression whose texts need quotes.
  private func oddStream() throws -> String {
    let titles = try folder.write(
      "titles.csv",
      "movieId,title,genres\n1,\"Well, \"\"Ü\"\"\",Drama|Comedy\n2,Plain,Comedy\n")
    let rows = try folder.write("odd.csv", "userId,movieId,rating\n\"a,b\",1,4.5\nc,2,3\n")
    let odd = folder.path("odd.ig")
    let run = Shell.run("ingest -q -z 0 --items \(titles) \(rows) -o \(odd)")
    #expect(run.status == 0, "\(run.errors)")
    return odd
  }

  @Test func recommendationsAndModels() {
    let (model, lists) = (folder.path("m"), folder.path("r"))
    let run = Shell.run(
      "split \(ratings) -o \(folder.path("s")) && fit --model ease \(folder.path("s")) -o \(model)"
        + " && score --top 7 --model \(model) \(folder.path("s")) -o \(lists)")
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      areSame(lines("dump --to csv \(lists)").dropFirst(), lines("\(reader) rows \(lists)")))
    // Item weights, and what is liked of late where validation users gain by it.
    let shapes = lines("\(reader) tensors \(model)").map { $0.split(separator: ",")[1] }
    #expect(shapes.filter { $0 != "300" } == ["300x300"] && shapes.count <= 2, "\(shapes)")
  }

  @Test func everyByteCounts() throws {
    let odd = try oddStream()
    // One process: a start of Python for each byte would take most of the time.
    let program = try folder.write(
      "flip.py",
      """
      import importlib.machinery, importlib.util, sys
      loader = importlib.machinery.SourceFileLoader("read_ig", sys.argv[1])
      reader = importlib.util.module_from_spec(importlib.util.spec_from_loader("read_ig", loader))
      loader.exec_module(reader)
      whole = open(sys.argv[2], "rb").read()
      reader.Stream(whole)
      for place in range(2 * len(whole)):
          damaged = bytearray(whole)
          if place < len(whole):
              damaged[place] ^= 1 << place % 8
          else:
              del damaged[place - len(whole):]
          try:
              reader.Stream(bytes(damaged))
              sys.exit(f"{place} passed")
          except reader.Damaged:
              pass
      """)
    let run = Shell.run("python3 \(program) \(reader) \(odd)")
    #expect(run.status == 0, "\(run.errors)")
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
