// Are raw ratings of every layout read as they are meant?

import Foundation
import Support
import Testing

@testable import DataSources

@Suite struct LayoutTests {
  @Test(arguments: [
    "userId,movieId,rating,timestamp\r\n7,31,2.5,99\r\nb,\"1\",4,100\r\n",
    "timestamp,rating,user,item\n99,2.5,7,31\n100,4.0,b,1",
    "7\t31\t2.5\t99\n\nb\t1\t4\t100\n", "7::31::2.5::99\nb::1::4::100\n",
    "\u{FEFF}userId,movieId,rating,timestamp\n7,31,2.5,99\nb,1,4e0,100\n",
    "user_id:token\titem_id:token\trating:float\ttimestamp:float\n7\t31\t2.5\t99.0\nb\t1\t4\t100.0\n",
    "7 31 2.5 99\nb 1 4 100\n", "7;31;2.5;1970-01-01 00:01:39\nb;1;4;1970-01-01T00:01:40Z\n",
    "7|31|2.50|99|extra\nb|1|4|100|extra\n",
    "{\"user_id\": \"7\", \"text\": \"{\\\"}\", \"asin\": 31, \"overall\": 2.5, \"unixReviewTime\": 99}\n"
      + "{\"overall\": 4, \"unixReviewTime\": 100, \"a\": {\"user_id\": 5}, \"asin\": \"1\", \"user_id\": \"b\"}\n",
  ])
  func ratingsAndTimes(_ text: String) throws {
    #expect(try readText(text) == [Row("7", "31", 2.5, 99), Row("b", "1", 4, 100)])
  }

  @Test func theBestNameOfSeveralIsTaken() throws {
    // As Amazon's reviews have it.
    let review =
      #"{"overall": 4.0, "reviewTime": "08 22, 2013", "reviewerID": "A", "asin": "B", "unixReviewTime": 99}"#
    #expect(try readText(review + "\n") == [Row("A", "B", 4, 99)])
    #expect(
      try readText("date,session_id,user_id,movie,movieId,timestamp\nx,1,2,Heat,3,4\n")
        == [Row("2", "3", nil, 4)])
  }

  @Test func whatIsNoRatingsFileIsSaid() throws {
    for (text, reason) in [
      ("0\t2010-10-19T23:55:27Z\t30.2\t-97.7\t22847\n", "field 2 is a date"),
      ("151,\"Skyrim\",play,2,0\n", "rating 'play' is not a number; say what the columns hold"),
      ("151,\"Skyrim\",3,2.5,0\n", "field 4 holds numbers such as '2.5' where times are expected"),
      ("PAR1\u{15}\0\u{15}\n", "is a Parquet file; pipe it in: duckdb -csv -c \"from"),
      ("u\0\0i\n\0", "is no text (it holds zero bytes); export it as CSV"),
      ("%PDF-1.4\n", "a PDF document"),
    ] {
      let error = #expect(throws: SourceError.self) { try readText(text) }
      #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }
    #expect(
      try readText("0\t2010-10-19T23:55:27Z\t30.2\t-97.7\t22847\n") {
        $0.columns = try ColumnSelection("user=1,item=5,time=2,rating=none")
      } == [Row("0", "22847", nil, 1_287_532_527)])
  }

  @Test func howASourceIsUnderstood() throws {
    func layout(_ text: String) throws -> String {
      let folder = try Folder()
      let bytes = try ByteStream(folder.write("a", text))
      return try SourceOptions().open(bytes, badRows: BadRows(tolerated: 0)).layout
    }
    #expect(try layout("7::31::2.5\n") == "rows between '::': user in 1, item in 2, rating in 3")
    #expect(
      try layout("rating\tuser\titem\n1\t2\t3\n")
        == "rows between tab under a header: rating in 1 'rating', user in 2 'user', item in 3 'item'"
    )
    #expect(
      try layout("{\"stars\": 1, \"uid\": 2, \"asin\": 3}\n")
        == "JSON lines: user in 'uid', item in 'asin', rating in 'stars'")
    #expect(
      try layout("0 5 6 7\n1\n")
        == "a user and their items on each line (lines of whole numbers, not equally many)")
  }

  @Test func pairs() throws {
    #expect(try readText("uid,sid\n1,2\n3,4\n") == [Row("1", "2"), Row("3", "4")])
    #expect(
      try readText("a\tlong-item-identifier\na\tx\n") == [
        Row("a", "long-item-identifier"), Row("a", "x"),
      ])
  }

  @Test func quotesAreUndone() throws {
    let rows = try readText("user,item,rating\n\"a,b\",\"say \"\"x\"\"\",3\n")
    #expect(rows == [Row("a,b", "say \"x\"", 3)])
  }

  @Test func adjacencyLines() throws {
    #expect(
      try readText("0 5 6 7\n1\n2 6\n")
        == [Row("0", "5"), Row("0", "6"), Row("0", "7"), Row("2", "6")])
    // Equally many items on each line look like ratings; the option decides.
    #expect(
      try readText("0 5 6\n1 6 5\n") { $0.layout = .adjacency }
        == [Row("0", "5"), Row("0", "6"), Row("1", "6"), Row("1", "5")])
  }

  @Test func countedLists() throws {
    // Users 0 and 2 hold as many items, and are not the same.
    let rows = try readText("2 5 6\n0\n2 6 7\n1 5\n")
    #expect(rows == [Row("0", "5"), Row("0", "6"), Row("2", "6"), Row("2", "7"), Row("3", "5")])
    let error = #expect(throws: SourceError.self) {
      try readText("2 5 6\n3 6 7\n") { $0.layout = .lists }
    }
    #expect(error?.description.contains("line 2: has 2 items where it counts '3'") == true)
  }

  @Test func netflixPrize() throws {
    #expect(
      try readText("1:\n1488844,3,2005-09-06\n822109,5,1970-01-02\n2:\n822109,4,1970-01-01\n")
        == [
          Row("1488844", "1", 3, 1_125_964_800), Row("822109", "1", 5, 86_400),
          Row("822109", "2", 4, 0),
        ])
  }

  @Test func denseMatrix() throws {
    let rows = try readText("0 0 5 0 0 0 0 1\n0 0 0 0 0 0 0 0\n2 0 0 0 0 0 0 0\n")
    #expect(rows == [Row("1", "3", 5), Row("1", "8", 1), Row("3", "1", 2)])
    // As Jester has it.
    #expect(
      try readText("99,99,-7.82,99,99,99,99,0\n99,99,99,99,99,99,99,1\n") { $0.missing = 99 }
        == [Row("1", "3", -7.82), Row("1", "8", 0), Row("2", "8", 1)])
    // Where interactions are listed nothing can be missing.
    let error = #expect(throws: SourceError.self) { try readText("1,2,5\n") { $0.missing = 99 } }
    #expect(error?.category == .usage)
    #expect(error?.description.contains("read as 'rows'") == true)
    // Dates are no numbers.
    #expect(
      try readText("1,2,3,2005-09-06,0,0,0,0\n1,3,4,2005-09-06,0,0,0,0\n").map(\.item)
        == ["2", "3"])
  }

  @Test func guessesAreOverridden() throws {
    #expect(
      try readText("x,y\n1,2\n") { $0.header = true } == [Row("1", "2")])
    #expect(
      try readText("when who what\n9 a b\n") {
        $0.columns = try ColumnSelection("user=who,item=what,time=when")
      } == [Row("a", "b", nil, 9)])
    #expect(
      try readText("9 b a 4\n") {
        $0.columns = try ColumnSelection("user=3,item=2,rating=none,time=1")
      } == [Row("a", "b", nil, 9)])
    // The fourth is no time where it is said to be the rating.
    #expect(
      try readText("a\tmbid\tname\t7\n") {
        $0.columns = try ColumnSelection("user=1,item=3,rating=4")
      } == [Row("a", "name", 7)])
    #expect(try readText("a_b\nc_d\n") { $0.delimiter = "_" } == [Row("a", "b"), Row("c", "d")])
    #expect(throws: SourceError.self) { try ColumnSelection("users=3") }
    #expect(throws: SourceError.self) { try ColumnSelection("user=0") }
    #expect(throws: SourceError.self) {
      try readText("a,b\n") { $0.columns = try ColumnSelection("user=7") }
    }
  }

  @Test func encodings() throws {
    let folder = try Folder()
    let path = folder.path("latin")
    try Data([0x4D, 0xFC, 0x2C, 0x31, 0x0A]).write(to: URL(fileURLWithPath: path))
    #expect(try read(path) == [Row("M\u{FC}", "1")])
    var options = SourceOptions()
    options.encoding = .utf8
    #expect(throws: SourceError.self) { try read(path, options) }
    #expect(try readText("Mü,1\n") == [Row("Mü", "1")])
  }

  @Test func compressedFilesAndMembers() throws {
    let folder = try Folder()
    let plain = try folder.write("ratings.csv", "uid,sid\n1,2\n3,4\n")
    for packer in ["gzip -k", "xz -k", "zstd -qk"] {
      #expect(Shell.run("\(packer) \(plain)").status == 0)
    }
    for suffix in [".gz", ".xz", ".zst"] {
      #expect(try read(plain + suffix) == [Row("1", "2"), Row("3", "4")])
    }
    let tar = folder.path("all.tar.gz")
    let parent = (plain as NSString).deletingLastPathComponent
    #expect(Shell.run("cd \(parent) && tar -czf \(tar) ratings.csv ratings.csv.gz").status == 0)
    #expect(try read(tar + "::ratings.csv").count == 2)
    #expect(try read(tar).count == 2, "ratings.csv is the usual name")
    _ = try folder.write("mv_01.txt", "1:\n7,3,2005-09-06\n")
    _ = try folder.write("mv_02.txt", "2:\n8,4,2005-09-06\n")
    #expect(Shell.run("cd \(parent) && tar -cf many.tar mv_01.txt mv_02.txt").status == 0)
    #expect(try read(folder.path("many.tar")).map(\.item) == ["1", "2"])
    #expect(Shell.run("cd \(parent) && tar -cf odd.tar ratings.csv.gz mv_01.txt").status == 0)
    let error = #expect(throws: SourceError.self) { try read(folder.path("odd.tar") + "::none") }
    #expect(error?.description.contains("mv_01.txt") == true)
  }

  @Test(arguments: [
    ("1,2,x\n", "rating 'x'"), ("1,2,nan\n", "rating 'nan'"), ("1,2,inf\n", "rating 'inf'"),
    ("1\n", "1 field"), (",2,3\n", "empty"), ("1,2,3,4.5.6\n", "time"), ("\"1,2,3\n", "quoted"),
    ("1,2,3,2005-02-30\n", "time"),
  ])
  func badRowsAreNamed(_ row: String, _ reason: String) throws {
    let folder = try Folder()
    let isTimed = reason == "time"
    let header =
      isTimed
      ? "userId,movieId,rating,timestamp\n1,2,3,4\n" : "userId,movieId,rating\n1,2,3\n"
    let path = try folder.write("r.csv", header + row + (isTimed ? "5,6,1,7\n" : "5,6,1\n"))
    let error = #expect(throws: SourceError.self) { try read(path) }
    #expect(error?.description.contains("line 3") == true, "\(error?.description ?? "")")
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    let badRows = BadRows(tolerated: 1)
    #expect(try read(path, badRows: badRows).count == 2)
    #expect(badRows.count == 1)
  }

  @Test(arguments: [
    "{\"user\": 1}\n", "{\"user\": 1, \"item\": 2}\n[3]\n",
    "{\"user\": 1, \"item\": 2}\n{\"user\"\n",
  ])
  func badJSON(_ text: String) { #expect(throws: SourceError.self) { try readText(text) } }

  @Test func millisecondsAreKeptAsSeconds() throws {
    // The plain path and, by the quotes, the other one.
    #expect(
      try readText("1,2,3,1699999999123\n\"1\",3,3,1699999999123\n").map(\.time)
        == [1_699_999_999, 1_699_999_999])
  }

  @Test(arguments: [
    "1;2;3,5\n1;3;0,25\n", "user;item;rating\n1;2;3,5\n1;3;0,25\n", "1\t2\t3,5\n1\t3\t0,25\n",
    "\"1\";\"2\";\"3,5\"\n1;3;\"0,25\"\n",
  ])
  func commasAreDecimalBetweenOtherMarks(_ text: String) throws {
    let rows = try readText(text)
    #expect(rows.map(\.item) == ["2", "3"])
    #expect(rows.map(\.rating) == [3.5, 0.25])
  }

  @Test func commasThatMayPartThousandsAreRefused() throws {
    #expect(throws: SourceError.self) { try readText("1\t2\t1,500\n") }
    // More commas than semicolons: tags between semicolons.
    let tagged = try readText("1,2,3.5,a;b\n") {
      $0.columns = try ColumnSelection("user=1,item=2,rating=3,time=none")
    }
    #expect(tagged == [Row("1", "2", 3.5)])
  }

  @Test func times() {
    #expect(parseTime(Array("2000-02-29".utf8)) == 951_782_400)
    #expect(parseTime(Array("1969-12-31T23:59:59Z".utf8)) == -1)
    #expect(parseTime(Array("2024-01-01 02:00:00.25+02:00".utf8)) == 1_704_067_200)
    #expect(parseTime(Array("2024-01-01 02:00:00+0200".utf8)) == 1_704_067_200)
    #expect(parseTime(Array("1900-02-29".utf8)) == nil)
    #expect(parseTime(Array("2024-01-01 02:00:00+99:99".utf8)) == nil)
    #expect(parseTime(Array("2024-01-01 02:00:00+0260".utf8)) == nil)
    #expect(parseTime(Array("2000-13-01".utf8)) == nil)
    #expect(parseTime(Array("12.9".utf8)) == 12)
    #expect(parseTime(Array("99999999999".utf8)) == 99_999_999_999)
    #expect(parseTime(Array("1699999999123".utf8)) == 1_699_999_999)
    #expect(parseTime(Array("1.699999999123e12".utf8)) == 1_699_999_999)
    #expect(parseTime(Array("-1699999999123".utf8)) == -1_700_000_000)
    #expect(parseTime(Array("1699999999123456".utf8)) == 1_699_999_999)
    #expect(parseTime(Array("1699999999123456789".utf8)) == 1_699_999_999)
    #expect(parseTime([]) == nil)
  }

  @Test func longLinesAndBlockBorders() throws {
    // Rows of changing length so that block borders fall everywhere.
    var text = ""
    var expected: [Row] = []
    for index in 0..<120_000 {
      let item = String(repeating: "x", count: index % 23) + "\(index % 1009)"
      text += "\(index / 7),\(item),\(index % 5)\n"
      expected.append(Row("\(index / 7)", item, Float(index % 5)))
    }
    #expect(try readText(text) == expected)
    let long = (0..<400_000).map { "\($0)" }.joined(separator: " ")
    #expect(try readText("u \(long)\nv 1\n") { $0.layout = .adjacency }.count == 400_001)
  }
}
