// Are small text files read as they stand, and refused with the line that is wrong?

import Foundation
import Interchange
import Support
import Testing
import ToolKit

@Suite struct InputFileTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func file(_ text: String) throws -> String { try folder.write("list", text) }

  private func fault(_ bytes: [UInt8], _ read: (String) throws -> Void) throws -> String? {
    let path = folder.path("bytes")
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return #expect(throws: ToolError.self) { try read(path) }?.description
  }

  @Test func linesLoseEndsMarksAndComments() throws {
    let path = try file("\u{FEFF}one\r\n\n# a comment\n  two \n\u{FEFF}three")
    #expect(try InputFile.lines(path) == ["one", "  two ", "three"])
    #expect(try InputFile.numberedLines(path).map(\.number) == [1, 4, 5])
  }

  @Test func idsAreTakenAsTheyStand() throws {
    #expect(try InputFile.ids(file("#1\n b\n\u{FEFF}c\r\n")) == ["#1", " b", "c"])
    // The last line may lack its end.
    #expect(try InputFile.ids(file("a\nb")) == ["a", "b"])
  }

  @Test func listsThatAreNoneAreRefused() throws {
    let ids: (String) throws -> Void = { _ = try InputFile.ids($0) }
    #expect(try fault(Array("a\n \nb\n".utf8), ids)?.contains("line 2 is blank") == true)
    #expect(try fault([], ids)?.contains("lists no ids") == true)
    #expect(try fault([0x61, 10, 0xFF, 10], ids)?.contains("line 2 is not UTF-8") == true)
    #expect(try fault([0x61, 10, 0x62, 0, 10], ids)?.contains("line 2 holds zero bytes") == true)
    let long = [UInt8](repeating: 0x61, count: 1 << 17)
    #expect(try fault([0x61, 10] + long, ids)?.contains("longer than 64 KiB") == true)
  }

  @Test func whatCannotBeOpenedIsNamed() throws {
    for (path, words) in [
      (folder.path("none"), "cannot be opened"), (folder.path(""), "is a directory"),
      ("", "'': cannot be opened"),
    ] {
      let error = #expect(throws: ToolError.self) { try InputFile.open(path) }
      #expect(error?.category == .noInput && error?.description.contains(words) == true)
    }
  }

  @Test func oneFileUnderTwoNamesIsRepeated() throws {
    let (one, other) = (try file("a\n"), try folder.write("other", "a\n"))
    let link = folder.path("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: one)
    #expect(InputFile.repeated([one, other]) == nil)
    #expect(InputFile.repeated([one, other, link]) == link)
    // What is read as it comes may come twice.
    #expect(InputFile.repeated(["-", "-", "/dev/null", "/dev/null"]) == nil)
  }
}

@Suite struct ManifestTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  @Test func entriesAreReadAsTheyAreWritten() throws {
    let entry = ManifestEntry(name: "a part.ig", bytes: 12, digest: 0xAB)
    #expect(entry.text == "00000000000000ab 12 a part.ig")
    let path = try folder.write("MANIFEST", "# 2 parts\n\(entry.text)\n\(entry.text)\n")
    let read = try ManifestEntry.read(path)
    #expect(read.map(\.name) == [folder.path("a part.ig"), folder.path("a part.ig")])
    #expect(read.allSatisfy { $0.bytes == 12 && $0.digest == 0xAB })
  }

  @Test(arguments: ["ab 12 x", "00000000000000ab -1 x", "00000000000000ab 12", "some words only"])
  func otherLinesAreNamed(_ line: String) throws {
    let path = try folder.write("MANIFEST", "# parts\n\(line)\n")
    let error = #expect(throws: ToolError.self) { try ManifestEntry.read(path) }
    #expect(error?.description.contains("line 2 is not 'DIGEST BYTES NAME'") == true)
  }

  @Test func aHeadCountsTheEntriesBelowIt() throws {
    let entry = ManifestEntry(name: "a", bytes: 12, digest: 0xAB).text
    let head = ManifestEntry.head(2)
    let two = [head, entry, "# 3 users", entry]
    for whole in [two, [entry] + two + two] {
      let path = try folder.write("MANIFEST", whole.joined(separator: "\n") + "\n")
      #expect(try ManifestEntry.read(path).count == whole.count { $0 == entry })
    }
    for (lines, line, found) in [
      ([head, entry], 1, 1), ([head], 1, 0), ([head, entry, entry, entry], 1, 3),
      (["# parts", head, entry, head, entry, entry], 2, 1), ([head, entry, entry, head], 4, 0),
    ] {
      let path = try folder.write("MANIFEST", lines.joined(separator: "\n") + "\n")
      let error = #expect(throws: ToolError.self) { try ManifestEntry.read(path) }
      #expect(
        error?.description.contains("line \(line) counts 2 files, \(found) follow") == true,
        "\(lines)")
    }
  }

  @Test func aManifestOfNothingIsNone() throws {
    let path = try folder.write("MANIFEST", "# parts\n")
    #expect(throws: ToolError.self) { try ManifestEntry.read(path) }
  }
}
