// Is whatever is fed to a reader read right, or refused with what to do?

import Foundation
import Support
import Testing

@testable import DataSources

/// How a text is understood, in words.
private func layout(_ text: String) throws -> String {
  let folder = try Folder()
  let path = try folder.write("source", text)
  return try SourceOptions().open(ByteStream(path), badRows: BadRows(tolerated: 0)).layout
}

private func write(_ bytes: [UInt8], _ folder: Folder) throws -> String {
  let path = folder.path("source")
  try Data(bytes).write(to: URL(fileURLWithPath: path))
  return path
}

@Suite struct SilenceTests {
  @Test func recordsGoOnWithinQuotes() throws {
    #expect(
      try readText("user_id,item_id,rating,review\nu1,i1,5,\"good and\nu9,i9,1,\"\nu2,i1,3,x\n")
        == [Row("u1", "i1", 5), Row("u2", "i1", 3)])
    #expect(
      try readText("user,item,note\r\nu1,a,\"x\r\n\r\n\"\"y\"\r\nu2,b,z\r\n")
        == [Row("u1", "a"), Row("u2", "b")])
    // Over the border of a block.
    let many = (0..<90_000).map { "u\($0),i,\"line\nanother, \($0)\"\n" }.joined()
    #expect(try readText("user,item,text\n" + many).count == 90_000)
    #expect(refusal("user,item,text\nu,i,\"open\nv,i,x\n").contains("line 2: a quoted field"))
  }

  @Test func columnsAreSaidOnceAndWhole() {
    for text in [
      "=", "=2", "user=", "user", ",=", "usr=1", "user=1,user=2,item=3", "user=0,item=2",
    ] {
      let error = #expect(throws: SourceError.self) { try ColumnSelection(text) }
      #expect(error?.category == .usage, "\(text)")
    }
    #expect(throws: Never.self) { try ColumnSelection("user=a=b,item=2,") }
  }

  @Test func marksOfThousandsAreDoubted() throws {
    func remarks(_ text: String) throws -> String {
      let folder = try Folder()
      let source = try SourceOptions().open(
        ByteStream(folder.write("source", text)), badRows: BadRows(tolerated: 0))
      return source.remarks.joined()
    }
    for read in ["1.234\nb;y;12", "1.234\nb;y;12.345"] {
      #expect(
        try remarks("user;item;plays\na;x;\(read)\n").contains("'1.234' were read with"))
    }
    for kept in ["1.234\nb;y;12.5", "0.125\nb;y;1", "1.125\nb;y;1.500", "3\nb;y;5"] {
      #expect(try remarks("user;item;plays\na;x;\(kept)\n").isEmpty)
    }
  }

  @Test func rowsAreAsWideAsTheFirst() throws {
    #expect(refusal("user,item,rating\n1,2,1,5\n").contains("has 4 fields where the header has 3"))
    #expect(refusal("user,item,text\n1,nice, good,11\n").contains("has 4 fields"))
    #expect(refusal("user,item,rating,time\n1,2,3,4\n1,2,3\n").contains("line 3: has 3 fields"))
    #expect(try readText("user,item\n1,2,\n") == [Row("1", "2")])
  }

  @Test func joinedFiles() throws {
    let once = "\u{FEFF}user,item\na,b\n"
    #expect(try readText(once + once) == [Row("a", "b"), Row("a", "b")])
    #expect(try readText("\u{FEFF}a,b,1\n\u{FEFF}a,c,2\n").map(\.user) == ["a", "a"])
    // Each part has the header as another program writes it.
    #expect(
      try readText("\"User\",item\na,b\nuser,item\nc,d\nUSER,\"Item\"\ne,f\nuser1,i\n")
        == [Row("a", "b"), Row("c", "d"), Row("e", "f"), Row("user1", "i")])
    for text in ["user,item\na,b\nitem,user\nd,c\n", "Item,User\na,b\n\"user\",\"item\"\nd,c\n"] {
      #expect(refusal(text).contains("line 3: names the columns in another order than line 1"))
    }
  }

  @Test func oneRuleOfQuotes() throws {
    #expect(
      try readText("\"user\"^\"item\"\n\"a\"^\"b^c\"\n") { $0.delimiter = "^" } == [Row("a", "b^c")]
    )
    let names = "u1\t\"weird\" al\t5\nu2\t\"7 inch\t3\nu3\t\"Heroes\"\t4\nu3\tother\"\t2\n"
    #expect(try readText(names).map(\.item) == ["\"weird\" al", "\"7 inch", "Heroes", "other\""])
    #expect(
      try readText(names) { $0.quotes = .none }.map(\.item)
        == ["\"weird\" al", "\"7 inch", "\"Heroes\"", "other\""])
    #expect(
      try readText("\"User-ID\";\"ISBN\"\n\"1\";\"06\\\"C\"\n\"1\";\"x;y\\\"\"\n").map(\.item)
        == ["06\"C", "x;y\""])
  }

  @Test func headersInOtherLanguages() throws {
    #expect(try readText("cliente,articulo\n1,10\n") == [Row("1", "10")])
    #expect(try readText("ostaja,tuote,arvio\nana,x,5\nbo,y,4\n").map(\.user) == ["ana", "bo"])
    #expect(try readText("ana,x\nbo,y\n").count == 2)
    #expect(
      try layout("ana,x\nbo,y\n").hasSuffix(
        "(line 1 is data; say --header yes if it names the columns)"))
    #expect(try !layout("ana,x\nana,y\n").contains("line 1"))
    for header in ["id,title,year", "id,name,price", "nr,Titel,jahr"] {
      #expect(refusal(header + "\n1,Alien,1979\n2,Heat,1995\n").contains("line 1 names no user"))
    }
    let hint = refusal("order_id,customer_email,total\n1,a@b.c,3\n")
    #expect(hint.contains("--columns user=customer_email,item=NAME"))
  }

  @Test func encodingsMix() throws {
    let folder = try Folder()
    let mixed = Array("M\u{FC},1\n".utf8) + [0x4D, 0xFC, 0x2C, 0x32, 0x0A, 0x80, 0x2C, 0x33, 0x0A]
    #expect(
      try read(write(mixed, folder)) == [
        Row("M\u{FC}", "1"), Row("M\u{FC}", "2"), Row("\u{20AC}", "3"),
      ])
    let json =
      Array(#"{"user":"caf\u00e9","item":"a"}"#.utf8) + [10] + Array(#"{"user":"caf"#.utf8) + [0xE9]
      + Array(#"","item":"b"}"#.utf8) + [10]
    #expect(try read(write(json, folder)).map(\.user) == ["caf\u{E9}", "caf\u{E9}"])
    var options = SourceOptions()
    options.encoding = .latin1
    #expect(try read(write(json, folder), options).map(\.user) == ["caf\u{E9}", "caf\u{E9}"])
  }

  @Test func layoutsAreTakenOnlyWhereTheyFit() throws {
    #expect(refusal("1 10 11\n2 12 13\n3 10 14\n").contains("--layout rows or --layout adjacency"))
    #expect(try readText("1 10 3\n2 12 5\n1 11 4\n").map(\.rating) == [3, 5, 4])
    let lines = (0..<7).map { user in
      "\(user) " + (0..<10).map { "\(100 + (user * 3 + $0) % 20)" }.joined(separator: " ")
    }
    #expect(try readText(lines.joined(separator: "\n")).count == 70)
    let log = "1,10,5,1577836801,1,26,30,2\n1,11,4,1577836801,1,26,33,3\n"
    #expect(refusal(log).contains("a matrix or rows of a log"))
    #expect(
      refusal("1,10,1577836801\n2,11,1577836999\n").contains("--columns user=1,item=2,time=3"))
    let jester = "2,1.5,99,-7.2,99,99,99,99,99\n1,99,4.25,99,99,99,99,99,99\n"
    #expect(refusal(jester).contains("| ingest --missing 99 -"))
    // What a matrix and rows have use for alike tells nothing of which it is.
    let matrix = "0,0,5,0,0,0,0,1\n0,3,0,0,0,0,0,0\n"
    #expect(refusal(matrix) { $0.delimiter = "," }.contains("a matrix or rows of a log"))
    #expect(refusal(matrix) { $0.header = false }.contains("a matrix or rows of a log"))
    // A matrix has no use for them.
    #expect(
      refusal(jester) { $0.columns = try ColumnSelection("user=1,item=2") }
        .contains("| ingest --missing 99 -"))
    #expect(
      refusal("1 2 3\n1 2\n") {
        $0.columns = try ColumnSelection("user=1"); $0.layout = .adjacency
      }
      .contains("has no use for --columns"))
  }

  @Test func verdictsThatAreLeftOut() throws {
    func remarks(_ text: String, _ columns: String = "") throws -> String {
      let folder = try Folder()
      var options = SourceOptions()
      if !columns.isEmpty { options.columns = try ColumnSelection(columns) }
      return try options.open(
        ByteStream(folder.write("source", text)), badRows: BadRows(tolerated: 0)
      ).remarks.joined()
    }
    for (name, yes, no) in [("liked", "true", "false"), ("Is_Recommended", "1", "0")] {
      let text = "user,item,\(name)\na,x,\(yes)\nb,y,\(no)\n"
      #expect(try remarks(text).contains("'\(name)' is '\(yes)' or '\(no)'; keep those"))
      #expect(try remarks(text, "rating=none").isEmpty)
      #expect(try remarks(text.replacing(",\(no)\n", with: ",\(yes)\n")).isEmpty)
      #expect(
        try remarks("user,item,rating,\(name)\na,x,5,\(yes)\nb,y,1,\(no)\n").isEmpty)
    }
  }

  /// Columns in another order than the customary one, without a header.
  @Test(arguments: [",", "\t", "::"])
  func ratingsWhereIDsAreExpected(_ mark: String) {
    let rows = (0..<60).map {
      ["\($0 * 7 % 5 + 1)", "\($0 * 31 % 900 + 20)", "\($0 * 53 % 700 + 20)"]
    }
    func text(_ order: [Int]) -> String {
      rows.map { row in order.map { row[$0] }.joined(separator: mark) + "\n" }.joined()
    }
    #expect(refusal(text([0, 1, 2])).contains("--columns user=2,item=3,time=none,rating=1"))
    #expect(refusal(text([1, 0, 2])).contains("--columns user=1,item=3,time=none,rating=2"))
    #expect(throws: Never.self) { try readText(text([1, 2, 0])) }
    // Where users are few as well, nothing tells them from ratings.
    let few = rows.map { [$0[0], "\((Int($0[1]) ?? 0) % 9 + 1)", $0[2]] }
    #expect(
      refusal(few.map { $0.joined(separator: mark) + "\n" }.joined()).contains(
        "--columns user=N,item=N,time=none,rating=N"))
    // A log in the order of its users, of whom the first few are looked at.
    let ordered = rows.indices.map { [rows[$0][0], "\($0 / 20 + 1)", rows[$0][2]] }
    let log = ordered.map { $0.joined(separator: mark) + "\n" }.joined()
    #expect(refusal(log).contains("--columns user=2,item=3,time=none,rating=1"))
    // Few users one after another, with counts.
    let counts = (0..<60).map { ["\($0 / 20 + 1)", "\($0 + 20)", "\($0 * 53 % 700)"] }
    #expect(throws: Never.self) {
      try readText(counts.map { $0.joined(separator: mark) + "\n" }.joined())
    }
  }

  @Test func addressesOfMailAreUsers() throws {
    #expect(
      try readText("7,a@x.example,5\n8,b@x.example,4\n")
        == [Row("a@x.example", "7", 5), Row("b@x.example", "8", 4)])
    #expect(try readText("a@x.example,7\nb@x.example,8\n")[0] == Row("a@x.example", "7"))
  }

  @Test func keysOfManyLines() throws {
    #expect(
      try readText("{\"user\":1,\"item\":2,\"rating\":3}\n{\"rating\":4,\"item\":5,\"user\":1}\n")
        .count == 2)
    #expect(
      refusal("{\"user\":1,\"item\":2}\n{\"user\":1,\"item\":3,\"rating\":3}\n")
        .contains("--columns rating=none"))
  }

  /// A key that comes twice has two values, and parsers differ in which of them counts.
  @Test func keysComeOnce() throws {
    #expect(refusal("{\"user\":1,\"item\":2,\"item\":3}\n").contains("line 1: has 'item' twice"))
    #expect(
      refusal("{\"user\":1,\"item\":2,\"rating\":null,\"r\\u0061ting\":3}\n").contains(
        "'rating' twice"))
    #expect(try readText("{\"user\":1,\"item\":2,\"tag\":3,\"tag\":4}\n").count == 1)
  }

  /// Columns of a table as lists: the line that converts them pairs what stands at one place.
  @Test func columnsOfJSONAreTurned() throws {
    let folder = try Folder()
    let path = try folder.write(
      "t.json", "{\"user\":[\"a\",\"b\"],\"item\":[\"x\",\"y\"],\"rating\":[5,4],\"of\":\"2\"}\n")
    let text = #expect(throws: SourceError.self) { try read(path) }?.description ?? ""
    let command =
      text.components(separatedBy: "convert it: ").last?.replacing(" | ingest -", with: "") ?? ""
    #expect(
      try readText(Shell.run(command).output) == [Row("a", "x", 5), Row("b", "y", 4)], "\(text)")
  }

  @Test func ratingsWithinObjectsAreNamed() throws {
    let folder = try Folder()
    func remarks(_ text: String) throws -> String {
      try SourceOptions().open(
        ByteStream(folder.write("source", text)), badRows: BadRows(tolerated: 0)
      ).remarks.joined()
    }
    #expect(
      try remarks("{\"user\":1,\"item\":2,\"review\":{\"rating\":3}}\n").contains(
        "'rating' in 'review' is left out"))
    #expect(try remarks("{\"user\":1,\"item\":2,\"rating\":1,\"all\":{\"rating\":3}}\n").isEmpty)
    #expect(try remarks("{\"user\":1,\"item\":2,\"votes\":{\"useful\":3}}\n").isEmpty)
  }

  @Test func whatMustBeConvertedSaysHow() throws {
    #expect(refusal("[{\"user\":1,\"item\":2}]\n").contains("jq -c '.[]'"))
    #expect(
      refusal("{\"user\":1,\"item\":2} {\"user\":1,\"item\":3}\n").contains("convert it: jq -c . "))
    #expect(refusal("{\"user\":1,\"item\"}\n").contains("line 1 is no JSON object; say --layout"))
    #expect(!refusal("{\"who\":1,\"what\":2}\n").contains("--header"))
    #expect(!refusal("user,item\n1,2\n") { $0.layout = .jsonl }.contains("jq"))
    #expect(refusal("{\"user\":true,\"item\":2}\n").contains("'user' is true or false, not an id"))
    #expect(refusal("{u'user': u'a', 'item': 'b'}\n").contains("ast.literal_eval"))
    let mind =
      "1\tU5\t11/15/2019 8:55:22 AM\tN1 N2\tN9-0 N7-1\n2\tU6\t11/15/2019 9:01:00 PM\t\tN4-1 N7-0\n"
    let folder = try Folder()
    let path = try folder.write("behaviors.tsv", mind)
    let error = #expect(throws: SourceError.self) { try read(path) }
    let text = error?.description ?? ""
    let command =
      text.components(separatedBy: "convert it: ").last?
      .replacingOccurrences(of: " | ingest -", with: "") ?? ""
    #expect(try readText(Shell.run(command).output) == [Row("U5", "N7"), Row("U6", "N4")])
    #expect(try readText("sep=;\r\nuserId;itemId;rating\r\n1;2;4,5\r\n") == [Row("1", "2", 4.5)])
  }

  @Test(arguments: [
    "ingest -q <(gzip -c r.csv) --items <(cat i.csv)",
    "mkfifo p; xz -c r.csv > p & ingest -q p --items i.csv",
    "cat r.csv | ingest -q /dev/stdin --items i.csv",
  ])
  func pipesAreReadOnce(_ command: String) throws {
    let folder = try Folder()
    let path = try folder.write("r.csv", "uid,sid\n1,2\n")
    _ = try folder.write("i.csv", "item,title\n2,Two\n")
    let parent = (path as NSString).deletingLastPathComponent
    let run = Shell.run("cd \(parent); (\(command)) > out.ig && dump out.ig")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("table items: 1 rows (id utf8, title utf8)"), "\(run.output)")
    #expect(run.output.contains("table interactions: 1 rows"), "\(run.output)")
  }

  @Test func idsThatLookAlikeAreNamed() {
    func hints(_ ids: [String]) -> [String] {
      let table = IDTable()
      for id in ids { _ = table.intern(Array(id.utf8)) }
      return table.hints("items")
    }
    #expect(hints(["10", " 10"]).first?.contains("1 items begin or end with a blank") == true)
    #expect(hints(["1", "1.0", "2e0"]).first?.contains("'1' and '1.0'") == true)
    #expect(hints(["\u{E9}", "e\u{301}"]).count == 1)
    #expect(hints(["1.5", "a.b", "tree", "10", "Ann@shop.example", "Ann", "ann"]).isEmpty)
    #expect(
      hints(["Ann@shop.example", "ann@shop.example"])[0].contains(
        "'ann@shop.example' and 'Ann@shop.example'"))
    // What looks alike is told apart in what is said.
    #expect(hints(["\u{E9}", "e\u{301}"])[0].contains("'\u{E9}' and 'e\\u{301}'"))
    #expect(
      hints(["a\u{A0}b", "10\u{2060}"])[0].contains(
        "2 items hold characters that are not seen, such as 'a\\u{a0}b'"))
    #expect(hints(["10\u{3000}"])[0].contains("'10\\u{3000}'"))
    for mark in ["undefined", "(not set)", "#N/A", "Grand Total"] {
      #expect(hints(["a", mark]).first?.contains("one of the items is '\(mark)'") == true)
    }
  }

  @Test func days() {
    for day in ["1969-12-31", "1970-01-01", "2000-02-29", "2024-12-31", "1900-03-01"] {
      #expect(parseTime(Array(day.utf8)).map(dayText) == day)
    }
  }

  @Test func sideFiles() throws {
    let folder = try Folder()
    let ids = try OriginalIDs(ByteStream(folder.write("ids", "\u{FEFF}A\nB\n")))
    #expect(try ids.id(of: "0") == "A")
    #expect(throws: SourceError.self) { try OriginalIDs(ByteStream(folder.write("b", "A\n\nB\n"))) }
    func items(_ text: String) throws -> ItemMetadata {
      var metadata = ItemMetadata()
      try metadata.read(ByteStream(folder.write("items", text)))
      return metadata
    }
    let anime = try items("anime_id,name,genre\n1,\"A, 2\",\"Drama, School\"\n2,B,Drama\n")
    #expect(anime.categories(of: "1") == ["Drama", "School"])
    #expect(anime.title(of: "1") == "A, 2")
    let recbole = try items("item_id:token\tclass:token_seq\n1\tDrama War\n")
    #expect(recbole.categories(of: "1") == ["Drama", "War"])
    #expect(throws: SourceError.self) { try items("item,genres\n1,\"['a', 'b']\"\n") }
    for text in [
      "<items>\n<item id=\"1\"/>\n</items>\n", "- id: 1\n  title: A\n", "<!DOCTYPE html>\n",
    ] {
      #expect(throws: SourceError.self, "\(text)") { try items(text) }
    }
    let books = try items(
      "\"ISBN\";\"Book-Title\";\"Book-Author\"\n\"1\";\"Say \\\"x\\\" now\";\"A\"\n")
    #expect(books.title(of: "1") == "Say \"x\" now")
    #expect(!books.hasCategories)
    let accents = try items("item,title\n\u{E9},one\ne\u{301},two\n")
    #expect(accents.title(of: "\u{E9}") == "one")
  }
}
