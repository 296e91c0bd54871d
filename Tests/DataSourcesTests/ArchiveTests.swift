// Is a damaged, cut or joined archive refused or read to its end?

import Foundation
import Support
import Testing

@testable import DataSources

@Suite struct ArchiveTests {
  private let folder: Folder
  private let rows = (0..<60_000).map { "u\($0 * 7 % 1000),i\($0 * 13 % 700),\($0 % 5 + 1)\n" }

  init() throws {
    folder = try Folder()
    _ = try folder.write("r.csv", rows.joined())
  }

  private func make(_ command: String) -> [UInt8] {
    let made = Shell.run("cd '\(folder.path("."))' && \(command)")
    #expect(made.status == 0, "\(made.errors)")
    return (try? Data(contentsOf: URL(fileURLWithPath: folder.path("made")))).map { [UInt8]($0) }
      ?? []
  }

  private func count(_ bytes: [UInt8]) throws -> Int {
    try Data(bytes).write(to: URL(fileURLWithPath: folder.path("again")))
    return try read(folder.path("again")).count
  }

  private func refusal(_ bytes: [UInt8]) -> String {
    let error = #expect(throws: SourceError.self) { try count(bytes) }
    return error?.description ?? ""
  }

  @Test func gzipMembersAreHeldAgainstTheirTails() throws {
    let whole = make("gzip -c r.csv > made")
    #expect(try count(whole) == rows.count)
    for (place, what) in [(8, "incorrect data check"), (4, "incorrect length check")] {
      var changed = whole
      changed[whole.count - place] ^= 1
      let said = refusal(changed)
      #expect(said.contains("gzip member 1 is damaged: \(what)"), "\(said)")
      // The same in the first and in the second of two members.
      #expect(refusal(changed + whole).contains("gzip member 1 is damaged: \(what)"))
      #expect(refusal(whole + changed).contains("gzip member 2 is damaged: \(what)"))
    }
    #expect(try count(whole + whole + whole) == 3 * rows.count)
    #expect(try count(whole + [UInt8](repeating: 0, count: 700)) == rows.count)
    #expect(refusal(whole + Array("more".utf8)).contains("behind gzip member 1"))
    #expect(refusal(whole + [0, 0, 0x1F]).contains("behind gzip member 1"))
    for cut in [1, 7, 8, 9, whole.count / 2, whole.count - 3] {
      #expect(refusal(Array(whole.dropLast(cut))).contains("is cut short"))
    }
  }

  /// A member is of an archive; of a plain file it would be passed over.
  @Test func plainFilesHaveNoMembers() throws {
    _ = make("gzip -k r.csv; cp r.csv made")
    for file in ["r.csv", "r.csv.gz"] {
      let error = #expect(throws: SourceError.self) { try read(folder.path(file) + "::r.csv") }
      #expect(error?.description.contains("is no archive and has no member 'r.csv'") == true)
    }
    // What macOS puts beside a file is meant by no pattern.
    let beside = make(
      "mkdir -p __MACOSX && cp r.csv a.csv && cp r.csv.gz __MACOSX/._a.csv"
        + " && python3 -m zipfile -c made a.csv __MACOSX/")
    try Data(beside).write(to: URL(fileURLWithPath: folder.path("mac.zip")))
    #expect(try read(folder.path("mac.zip") + "::*.csv").count == rows.count)
  }

  /// A log that is rotated or written anew while it is read is no part of one and of another.
  @Test(arguments: ["cut", "rewritten", "grown", "half a line"])
  func changesWhileReadingAreNoticed(_ change: String) throws {
    let path = try folder.write("log.csv", String(repeating: rows.joined(), count: 4))
    let bytes = try ByteStream(path)
    var block = [UInt8](repeating: 0, count: 1 << 16)
    #expect(try block.withUnsafeMutableBytes { try bytes.read(into: $0) } == block.count)
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    switch change {
    case "cut": try file.truncate(atOffset: 500_000)
    case "rewritten": try file.write(contentsOf: Data("u999,i999,1\n".utf8))
    default:
      try file.seekToEnd()
      try file.write(contentsOf: Data((change == "grown" ? "u1,i1,5\n" : "u1,i").utf8))
    }
    func readOn() throws {
      while try block.withUnsafeMutableBytes({ try bytes.read(into: $0) }) > 0 {}
      try bytes.finish()
    }
    guard change != "grown" else { return try readOn() }
    let error = #expect(throws: SourceError.self) { try readOn() }
    let said =
      change == "half a line" ? "last line is still being written" : "was changed while it was read"
    #expect(error?.description.contains(said) == true, "\(error?.description ?? "")")
  }

  @Test func smallMembersAndWhatIsInThem() throws {
    // Many members of a few bytes each, as bgzip and log rotation make them, one of them empty.
    let many = make("for i in 1 2 3 4 5 6 7 8 9; do echo u$i,i$i,3 | gzip; done > made")
    let empty = make(": | gzip > made")
    #expect(try count(many + empty + many) == 18)
    // Few bytes that become many times as many as fit at once.
    let same = make("seq 300000 | sed 's|.*|u1,i1,3|' | gzip -9 > made")
    #expect(try count(same) == 300_000)
  }

  @Test func tarsHaveAnEnd() throws {
    let whole = make("head -n 100 r.csv > s.csv && tar -cf made s.csv")
    #expect(try count(whole) == 100)
    // The member's head and its padded bytes.
    let size = (try Data(contentsOf: URL(fileURLWithPath: folder.path("s.csv")))).count
    let end = 512 + (size + 511) / 512 * 512
    for cut in [Array(whole[..<end]), Array(whole[..<(end + 512)])] {
      let said = refusal(cut)
      #expect(said.contains("is a tar without its end"), "\(said)")
    }
    #expect(try count(Array(whole[..<(end + 1024)])) == 100)
    #expect(refusal(Array(whole[..<(end - 1)])).contains("runcated"))
    for packer in ["gzip", "zstd -q", "xz"] {
      try Data(whole[..<end]).write(to: URL(fileURLWithPath: folder.path("cut.tar")))
      let packed = make("\(packer) -c < cut.tar > made")
      #expect(refusal(packed).contains("is a tar without its end"), "\(packer)")
      // A pipe is read once.
      let piped = Shell.run("ingest -q - < '\(folder.path("again"))' | dump -q --to csv")
      #expect(piped.status != 0 && piped.errors.contains("without its end"), "\(piped.errors)")
    }
  }

  /// A file system writes zeros where a file was never written; to libarchive they are a tar without end.
  @Test func zerosAreNoTar() throws {
    for count in [1, 511, 512, 10_240, 3 << 20] {
      let zeros = [UInt8](repeating: 0, count: count)
      #expect(refusal(zeros).contains("zero bytes"), "\(count)")
    }
    for packer in ["gzip", "zstd -q", "xz -1", "bzip2"] {
      #expect(
        refusal(make("head -c 3000000 /dev/zero | \(packer) > made")).contains("zero bytes"),
        "\(packer)")
    }
    let endless = Shell.run("timeout 20 ingest -o never.ig < /dev/zero")
    #expect(endless.status == 65 && endless.errors.contains("zero bytes"), "\(endless.errors)")
  }

  /// What stands behind the first end of joined tars is no less of the file.
  @Test func joinedTarsAreReadToTheLast() throws {
    let first = make("head -n 100 r.csv > s1.csv && tar -cf made s1.csv")
    let second = make("head -n 50 r.csv > s2.csv && tar -cf made s2.csv")
    #expect(refusal(first + second).contains("s1.csv, s2.csv"))
    try Data(first + second).write(to: URL(fileURLWithPath: folder.path("both.tar")))
    #expect(try read(folder.path("both.tar::s*.csv")).count == 150)
  }

  /// Each of these has checksums that its own library looks at.
  @Test func otherChecksums() throws {
    for packer in [
      "xz -c r.csv > made", "bzip2 -c r.csv > made", "zstd -qc --check r.csv > made",
      "python3 -m zipfile -c made r.csv",
    ] {
      let whole = make(packer)
      #expect(try count(whole) == rows.count, "\(packer)")
      // Noise in the middle, and an end that is missing.
      for place in [whole.count / 3, whole.count / 2] {
        var changed = whole
        changed[place] ^= 0x20
        #expect(!refusal(changed).isEmpty, "\(packer)")
      }
      #expect(!refusal(Array(whole.dropLast(whole.count / 4))).isEmpty, "\(packer)")
      // What stands behind the end may be the other half, damaged at its start.
      let behind = refusal(whole + [0x20] + whole.dropFirst())
      #expect(!behind.isEmpty, "\(packer)")
    }
  }

  /// Members of a zip are whole where its list of them is not; which are missing nobody knows.
  @Test func zipsHaveAnEnd() throws {
    let whole = make("head -n 100 r.csv > s.csv && python3 -m zipfile -c made s.csv")
    #expect(try count(whole) == 100)
    for cut in [22, 60] {
      let said = refusal(Array(whole.dropLast(cut)))
      #expect(said.contains("is a zip without its end"), "\(said)")
    }
    #expect(try count(whole + Array("a comment".utf8)) == 100)
  }

  @Test func membersAreNamed() throws {
    let two = make(
      "head -n 9 r.csv > 's 1.csv' && cp 's 1.csv' t.csv && tar -cf made 's 1.csv' t.csv")
    let said = refusal(two)
    #expect(said.contains("as in '\(folder.path("again"))::s 1.csv'; it holds"), "\(said)")
    // What macOS adds, and a name that is a pattern of others.
    let odd = make("cp t.csv '[x].csv' && cp t.csv ._t.csv && tar -cf made ._t.csv '[x].csv'")
    #expect(try count(odd) == 9)
    let twice = make("gzip -c t.csv | gzip -c > made")
    #expect(refusal(twice).contains("packed twice by gzip; unpack it: cat <(zcat "))
  }

  /// A name that two members have names neither, and what is joined in silence is a log twice as long.
  @Test func aNameIsOfOneMember() throws {
    func refused(_ suffix: String) throws -> String {
      let error = #expect(throws: SourceError.self) { try read(folder.path("made" + suffix)) }
      return error?.description ?? ""
    }
    _ = make(
      "head -n 9 r.csv > a.csv && mkdir x y && cp a.csv x/ratings.csv && cp a.csv y/ratings.csv"
        + " && cp a.csv x/a.csv && tar -cf made x/ratings.csv y/ratings.csv && tar -rf made a.csv x/a.csv && "
        + "tar -rf made y/ratings.csv")
    #expect(try refused("").contains("it holds x/ratings.csv, y/ratings.csv"))
    #expect(try refused("::ratings.csv").contains("made::x/ratings.csv"))
    #expect(try refused("::y/ratings.csv").contains("y/ratings.csv and y/ratings.csv; unpack"))
    #expect(try refused("::a.csv").contains("a.csv and x/a.csv; unpack the one"))
    #expect(try read(folder.path("made::x/*.csv")).count == 18)
    // Of a catalogue one file is read, so that one has to be meant; its end is looked at as well.
    _ = make("printf '1,One\\n' > i.csv && cp i.csv j.csv && tar -cf made i.csv j.csv")
    for (name, what) in [("*.csv", "i.csv and j.csv; name one"), ("j.csv", "without its end")] {
      if name == "j.csv" { _ = make("truncate -s 2048 made") }
      var items = ItemMetadata()
      let error = #expect(throws: SourceError.self) {
        try items.read(ByteStream(folder.path("made::" + name)))
      }
      #expect(error?.description.contains(what) == true, "\(error?.description ?? "")")
    }
  }

  /// Where the locale has ASCII alone, names of zips are no less than others.
  @Test func namesInUnicode() throws {
    let zip =
      "import sys, zipfile as z; a = z.ZipFile(\"made\", \"w\"); [a.write(\"r.csv\", n) for n in sys.argv[1:]]"
    #expect(try count(make("python3 -c '\(zip)' Größe.csv")) == rows.count)
    let said = refusal(make("python3 -c '\(zip)' b.csv 評価.csv"))
    #expect(said.contains("b.csv, 評価.csv"), "\(said)")
  }
}
