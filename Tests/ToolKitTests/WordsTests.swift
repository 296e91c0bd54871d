// Is what users are told safe to look at, and does it say what is wrong?

import Interchange
import Testing

@testable import ToolKit

@Suite struct WordsTests {
  @Test func terminalsAreToldNothingByData() {
    #expect("a\u{1B}[2J\u{202E}b".printable == "a\\u{1b}[2J\\u{202e}b")
    #expect("Zoë 寿司 👨‍👩‍👧".printable == "Zoë 寿司 👨‍👩‍👧")
    #expect("a\tb\nc\r".printableLines == "a\tb\nc\\u{d}")
  }

  /// A quote is one, whatever accent or joiner follows it.
  @Test func fieldsOfCSVComeBack() {
    #expect("plain".csvField == "plain" && "a,b".csvField == "\"a,b\"")
    #expect(
      ["x\"\u{301}y", "\"\u{200D}\"", "a\r\nb"].map(\.csvField).map { Array($0.utf8) }
        == ["\"x\"\"\u{301}y\"", "\"\"\"\u{200D}\"\"\"", "\"a\r\nb\""].map { Array($0.utf8) })
  }

  @Test func escapedJSONStaysTheSameValue() {
    // A right-to-left mark inside a string, as a JSON writer leaves it.
    let line = "{\"a\": \"x\u{200F}y\"}"
    #expect(line.printableJSON == "{\"a\": \"x\\u200fy\"}")
    #expect(
      JSONValue(parsing: Array(line.printableJSON.utf8)) == JSONValue(parsing: Array(line.utf8)))
  }

  @Test func longMessagesKeepTheirEnds() {
    let message = "file: " + String(repeating: "x", count: 10_000) + "; do this"
    #expect(message.brief.count < 4000)
    #expect(message.brief.hasPrefix("file: x") && message.brief.hasSuffix("; do this"))
    #expect("short".brief == "short")
  }

  @Test func whatALineHoldsIsFound() {
    #expect(ListedID.within("seventeen") == [])
    #expect(ListedID.within("17") == ["17.0"] && ListedID.within("17.0") == ["17"])
    #expect(ListedID.within(" 17 ").first == "17")
    #expect(ListedID.within("\"17\"") == ["17"])
    #expect(ListedID.within("17,4.0").contains("17"))
    #expect(ListedID.within("17\t4").contains("17"))
  }

  @Test func linesOfMoreThanAnIDAreNamed() {
    let isKnown = ["a": true, "b,c": true]
    #expect(throws: Never.self) {
      try ListedID.refuseMore(in: ["a", "b,c", "z"], "list") { isKnown[$0] != nil }
    }
    let error = #expect(throws: ToolError.self) {
      try ListedID.refuseMore(in: ["z", "a,4"], "list") { isKnown[$0] != nil }
    }
    #expect(error?.description.hasPrefix("list: line 2: 'a,4' is not known, but 'a' is") == true)
  }

  @Test func historiesOfOtherCataloguesAreRefused() throws {
    let known = try KnownShare.parse(["--min-known", "0.5"])
    #expect(throws: Never.self) { try known.refuse(interactions: 5, of: 10, of: 2, "x") }
    for (interactions, all, users) in [(4, 10, 2), (0, 0, 0), (0, 10, 2)] {
      let error = #expect(throws: ToolError.self) {
        try known.refuse(interactions: interactions, of: all, of: users, "x")
      }
      #expect(error?.category == .badData)
    }
    #expect(throws: Never.self) {
      try KnownShare.parse(["--min-known", "0"]).refuse(interactions: 1, of: 10, of: 2, "x")
    }
  }

  @Test func idsThatStandForOtherThingsAreRefused() throws {
    let known = try KnownShare.parse([])
    func items(_ titles: [String]) -> ItemChunk {
      ItemChunk(ids: titles.indices.map(String.init), titles: titles)
    }
    let model = items(["Alien", "Brazil", "Casablanca"])
    #expect(throws: Never.self) {
      // One title that was mended, and one that is not told.
      try known.refuseContradiction(items(["Alien", "Brazil (1985)", ""]), model, { $0 }, "x")
    }
    let error = #expect(throws: ToolError.self) {
      try known.refuseContradiction(items(["Alien", "Amélie", "Fargo"]), model, { $0 }, "x")
    }
    #expect(error?.description.contains("2 of 3 items have another title") == true)
  }

  @Test func statusesAreThoseOfSysexits() {
    let statuses = [0, 1, 64, 65, 66, 70, 71, 73, 74, 75].map { Int32($0) }
    #expect(ExitStatus.allCases.map(\.rawValue) == statuses)
    #expect(ExitStatus(.badData) == .badData && ExitStatus(.stopped).rawValue == 75)
  }
}
