// Does every tool refuse every kind of bad input in one line, with the right status, leaving nothing?

import Foundation
import Support
import Testing

/// Small whole files of every kind.
struct SmallFiles {
  let folder: Folder
  let csv: String
  let ratings: String
  let split: String
  let model: String
  let lists: String
  let groups: String

  init() throws {
    folder = try Folder()
    var text = "userId,movieId,rating\n"
    for (user, items) in SmallData.twoTastes().enumerated() {
      for item in items { text += "\(user),\(item),\(3 + (user + Int(item)) % 3)\n" }
    }
    csv = try folder.write("ratings.csv", text)
    (ratings, split) = (folder.path("ratings.ig"), folder.path("split.ig"))
    (model, lists, groups) = (folder.path("m"), folder.path("lists"), folder.path("groups"))
    let run = Shell.run(
      "set -e; ingest \(csv) -o \(ratings); split \(ratings) -o \(split);"
        + " fit --model ease \(split) -o \(model); score --model \(model) \(split) -o \(lists);"
        + " group-items --groups 2 --dimensions 4 \(ratings) -o \(groups)")
    #expect(run.status == 0, "\(run.errors)")
  }
}

@Suite struct BadInputTests {
  private let files: SmallFiles

  init() throws { files = try SmallFiles() }

  /// Checks one failing command; `OUT` in it stands for an output file.
  private func expectFailure(_ command: String, _ status: Int32, _ note: String = "") {
    let out = files.folder.path("out-\(UUID().uuidString)")
    let words = command.split(separator: " ", maxSplits: 1)
    let quiet = words.count > 1 ? "\(words[0]) -q \(words[1])" : command
    let run = Shell.run(quiet.replacingOccurrences(of: "OUT", with: out))
    #expect(run.status == status, "\(command) \(note): \(run.status) \(run.errors)")
    let lines = run.errors.split(separator: "\n")
    // Usage errors add the way to the help.
    let isOneLine = lines.count == 1 || (status == 64 && lines.count == 2)
    #expect(isOneLine, "\(command) \(note): \(run.errors)")
    let tool = command.split(separator: " ").first ?? ""
    #expect(run.errors.hasPrefix("indgrm \(tool): "), "\(command) \(note): \(run.errors)")
    let left = files.folder.names.filter { $0.hasPrefix("out-") || $0.hasSuffix(".tmp") }
    #expect(left.isEmpty, "\(command) \(note) left \(left)")
    for name in left { try? FileManager.default.removeItem(atPath: files.folder.path(name)) }
  }

  /// Every tool with every stream it reads; `IN` stands for the bad one.
  private var readers: [(command: String, input: String)] {
    let (split, model, lists) = (files.split, files.model, files.lists)
    return [
      ("binarize --min 4 IN -o OUT", files.ratings),
      ("binarize --min-user 2 IN -o OUT", files.ratings),
      ("split IN -o OUT", files.ratings), ("group-items --groups 2 IN -o OUT", files.ratings),
      ("fit --model popularity IN -o OUT", split),
      ("fit --model indgrm --groups IN \(split) -o OUT", files.groups),
      ("score --model \(model) IN -o OUT", split), ("score --model IN \(split) -o OUT", model),
      ("score --model \(model) --exclude-by-user IN \(split) -o OUT", files.ratings),
      ("explain --model \(model) IN -o OUT", split), ("explain --model IN \(split) -o OUT", model),
      ("interpret --only bounds --model \(model) IN -o OUT", split),
      ("interpret --only bounds --model IN \(split) -o OUT", model),
      ("metrics --truth IN \(lists) -o OUT", split), ("metrics --truth \(split) IN -o OUT", lists),
      ("metrics --truth \(split) --compare IN \(lists) -o OUT", lists),
      ("metrics --truth \(split) --vectors IN \(lists) -o OUT", model),
      ("dump --to csv IN -o OUT", files.ratings), ("dump IN -o OUT", model),
      ("dump --to npz IN -o OUT", split), ("check --all IN", lists),
    ]
  }

  @Test func damagedStreams() throws {
    for (command, input) in readers {
      let whole = try Data(contentsOf: URL(fileURLWithPath: input))
      var cases: [(note: String, bytes: Data)] = [
        ("empty", Data()), ("trailing", whole + Data([0])), ("twice", whole + whole),
        ("text", Data("userId,movieId\n1,2\n".utf8)), ("gzip", Data([0x1F, 0x8B, 8, 0, 0])),
        ("ELF", Data([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0]) + Data(count: 100)),
        ("zeros", Data(count: 4096)),
      ]
      for cut in [1, 8, 31, 32, 40, 56, whole.count / 2, whole.count - 40, whole.count - 1] {
        cases.append(("cut at \(cut)", whole.prefix(cut)))
      }
      for place in [0, 10, 13, 20, 33, 37, 45, 60, whole.count / 2, whole.count - 12] {
        var flipped = whole
        flipped[place] ^= 0x10
        cases.append(("flipped \(place)", flipped))
      }
      let path = files.folder.path("bad")
      for (note, bytes) in cases {
        try bytes.write(to: URL(fileURLWithPath: path))
        expectFailure(command.replacingOccurrences(of: "IN", with: path), 65, note)
      }
    }
  }

  @Test func wrongKindsAndMissingFiles() {
    for (command, input) in readers {
      expectFailure(command.replacingOccurrences(of: "IN", with: "/nonexistent"), 66)
      for other in [files.ratings, files.lists, files.groups, files.model]
      where other != input && !command.hasPrefix("dump") && !command.hasPrefix("check") {
        // Models may take the place of interactions in group-items, and ratings that of a split.
        if command.hasPrefix("group-items"), other == files.model { continue }
        if input == files.split, other == files.ratings { continue }
        expectFailure(command.replacingOccurrences(of: "IN", with: other), 65)
      }
    }
  }

  @Test func badOutputs() {
    let (split, model, lists) = (files.split, files.model, files.lists)
    for command in [
      "ingest \(files.csv)", "binarize --min 4 \(files.ratings)", "split \(files.ratings)",
      "group-items --groups 2 \(files.ratings)", "fit --model popularity \(split)",
      "score --model \(model) \(split)", "score --format tsv --model \(model) \(split)",
      "explain --model \(model) \(split)", "interpret --model \(model) \(split)",
      "metrics --truth \(split) \(lists)",
      "dump --to csv \(split)", "dump \(model)",
      "simulate --users 50 --items 50 --interactions 1000",
    ] {
      expectFailure("\(command) -o /nonexistent/x", 73)
      expectFailure("\(command) > /dev/full", 74)
      let closed = Shell.run(
        "{ \(command); } 2>\(files.folder.path("err")) | true; exit ${PIPESTATUS[1]}")
      #expect(closed.status == 0)
      let said = (try? String(contentsOfFile: files.folder.path("err"), encoding: .utf8)) ?? ""
      #expect(!said.contains("fatal") && !said.contains("internal"), "\(command): \(said)")
    }
  }

  @Test func badRatings() throws {
    let rows: [(text: String, options: String)] = [
      ("", ""), ("userId,movieId,rating\n1,2,nan\n", ""), ("userId,movieId,rating\n1,2,inf\n", ""),
      ("userId,movieId,rating\n1,2,1e99\n", ""), ("1,2,3\n1,2\n", ""), ("1,2,3\n,2,3\n", ""),
      ("1,2,3\n\"1,2,3\n", ""), ("hello\nworld\n", ""), ("{\"user\": 1}\n", ""), ("{\n", ""),
      ("7:\n1,x,2005-01-01\n", ""), ("1,2\n", "--columns user=9"), ("1,2\n", "--layout jsonl"),
      ("a b c\n", "--layout netflix"), ("x\n", "--item-ids IN"),
    ]
    for (text, options) in rows {
      let path = try files.folder.write("bad", text)
      let options = options.replacingOccurrences(of: "IN", with: path)
      expectFailure("ingest \(path) \(options) -o OUT", 65, text)
    }
    let raw = files.folder.path("raw")
    for bytes: [UInt8] in [
      [0x31, 0x2C, 0x32, 0x0A, 0xFF, 0xFE, 0x2C, 0x31, 0x0A], Array(repeating: 0, count: 100),
      [0x1F, 0x8B, 8, 0, 1, 2, 3], Array("PK\u{3}\u{4}".utf8) + [0, 0, 0, 0],
      [0x28, 0xB5, 0x2F, 0xFD, 0, 0, 1], [0x31, 0x2C, 0x00, 0x0A],
    ] {
      try Data(bytes).write(to: URL(fileURLWithPath: raw))
      expectFailure("ingest --encoding utf-8 \(raw) -o OUT", 65, "\(bytes.prefix(8))")
    }
    expectFailure("ingest /nonexistent -o OUT", 66)
    expectFailure("ingest /dev/null -o OUT", 65)
    #expect(Shell.run("ingest /dev/null").errors.contains("is empty"))
    #expect(
      Shell.run("printf '1,\"2\\t3\",4\\n' | ingest --delimiter ,").errors.contains(
        "holds a control character"))
    expectFailure("ingest / -o OUT", 66)
    expectFailure("ingest --columns users=1 \(files.csv) -o OUT", 64)
    let skipped = Shell.run("printf '1,2,3\\n1,x\\n4,5,6\\n' | ingest --skip-bad 1 | dump --to csv")
    #expect(skipped.output == "user,item,rating\n1,2,3.0\n4,5,6.0\n")
    #expect(skipped.errors.contains("skipped 1 bad rows; first: standard input: line 2"))
  }

  @Test func badOptions() throws {
    let (split, model) = (files.split, files.model)
    let unknown = try files.folder.write("unknown", "no-such-id\n")
    let empty = try files.folder.write("empty", "")
    for (command, status) in [
      ("binarize --min x", 64), ("binarize --min-user -1 \(files.ratings)", 64),
      ("split --folds 1 \(files.ratings) -o OUT", 64),
      ("split --test 2 \(files.ratings) -o OUT", 64),
      ("fit --model nonsense \(split) -o OUT", 64), ("fit --set x \(split) -o OUT", 64),
      ("fit --model mult-vae --set epochs=-3 \(split) -o OUT", 64),
      ("fit --model mult-vae --set width=1e12 \(split) -o OUT", 64),
      ("score --model \(model) --top 0 \(split) -o OUT", 64),
      ("score --model \(model) --candidates \(unknown) \(split) -o OUT", 65),
      ("score --model \(model) --users \(unknown) \(split) -o OUT", 65),
      ("score --model \(model) --candidates-by-user - \(split) -o OUT", 64),
      ("score --model \(model) --diversity 1.5 \(split) -o OUT", 64),
      ("score --model \(model) --diversity nan \(split) -o OUT", 64),
      ("score --model \(model) --format npz --fill \(split) -o OUT", 64),
      ("score --model \(model) --new-items /nonexistent \(split) -o OUT", 66),
      ("score --model \(model) --new-items \(empty) \(split) -o OUT", 65),
      ("explain --model \(model) --user nobody \(split) -o OUT", 65),
      ("explain --model \(model) --user 1 --item nothing \(split) -o OUT", 65),
      ("metrics --truth \(split) --metrics nonsense \(files.lists) -o OUT", 64),
      ("metrics --truth \(split) --at 0 \(files.lists) -o OUT", 64),
      ("simulate --users 0 -o OUT", 64), ("simulate --interactions 1 -o OUT", 64),
      ("dump --to nonsense \(split)", 64), ("group-items --groups 0 \(split) -o OUT", 64),
      ("ingest --threads -1 \(files.csv) -o OUT", 64),
      ("ingest --columns = \(files.csv) -o OUT", 64),
    ] as [(String, Int32)] { expectFailure(command, status) }
  }

  /// A negative number behind an option is its value, and words that are not UTF-8 name nothing.
  @Test func wordsAreTakenAsTheyStand() {
    let folder = files.folder
    for option in ["--min -3", "--min=-3"] {
      let kept = folder.run("binarize \(option) ratings.ig -o all.ig")
      #expect(kept.status == 0, "\(option): \(kept.errors)")
    }
    let skip = folder.run("ingest --skip-bad -1 ratings.csv -o no")
    #expect(skip.status == 64 && skip.errors.contains("skip-bad"), "\(skip.errors)")
    #expect(!skip.errors.contains("Missing"), "\(skip.errors)")
    let odd = folder.run(
      "ingest ratings.csv -o \"$(printf 'o\\377')\"; s=$?; ls | grep -c ^o; exit $s")
    #expect(odd.status == 64 && odd.output == "0\n", "\(odd.output) \(odd.errors)")
    #expect(odd.errors.contains("is not UTF-8"), "\(odd.errors)")
  }
}
