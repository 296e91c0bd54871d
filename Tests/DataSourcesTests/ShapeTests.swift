// Are texts of other shapes, marks and encodings read right, or refused with what to do?

import Foundation
import Support
import Testing

@testable import DataSources

@Suite struct ShapeTests {
  @Test func delimitersOfSeveralBytes() throws {
    let rows = [Row("a", "x", 5), Row("b", "y", 4)]
    for mark in ["//", " -> ", "||", ";;", "\u{1}"] {
      let text = ["a", "x", "5"].joined(separator: mark) + "\n"
      let next = ["b", "y", "4"].joined(separator: mark) + "\n"
      #expect(try readText(text + next) { $0.delimiter = mark } == rows, "\(mark)")
    }
    // A blank beside most marks belongs to the fields.
    #expect(try readText("a, x,5\nb,y,4\n").map(\.item) == [" x", "y"])
    #expect(try readText(" a  x  5 \n  b y 4\n") == rows)
  }

  @Test func headersOfOtherForms() throws {
    let rows = [Row("1", "10", 4), Row("2", "11", 5)]
    for header in [
      "User ID,Item ID,Rating (1-5)", "t.user_id,t.item_id,t.rating", "user.id,item.id,rating",
      "#user,item,rating", "User\u{A0}ID,Item\u{A0}ID,Rating", "Пользователь,Товар,Оценка",
      "ユーザー,商品,評価", "Użytkownik,Produkt,Ocena", "사용자,상품,평점",
    ] {
      #expect(try readText(header + "\n1,10,4\n2,11,5\n") == rows, "\(header)")
    }
    // A name that is known as it stands comes before one that is a table's.
    #expect(try readText("x.user,user,item\n1,2,3\n") == [Row("2", "3")])
    #expect(try readText("session,cliente,articulo\n1,2,3\n") == [Row("2", "3")])
    #expect(refusal("user_id,userId,item\n1,2,3\n").contains("--columns user=user_id or"))
  }

  @Test func timesOfPlacesAreTimes() {
    #expect(
      refusal("1,10,5,-3\n2,11,4,2\n").contains("numbers such as '-3' where times are expected"))
    #expect(refusal("1,10,5,2.5\n2,11,4,2\n").contains("where times are expected"))
  }

  @Test func datesInManyForms() {
    for text in [
      "2005-09-06", "2005.9.6", "2005/Sep/06", "6-Sep-2005", "06 September 2005", "6/Sep/2005",
      "Sep 6, 2005", "September 6 2005", "Tue, 6 Sep 2005", "Tuesday, September 6, 2005",
      "20050906T000000Z", "2005-09-06T02:00:00+02:00[Europe/Berlin]", "2005-09-06 12:00 AM",
      "6/Sep/2005:00:00:00 +0000", "2005-09-06 00:00:00,000", " 2005-09-06 ",
    ] {
      #expect(parseTime(Array(text.utf8)).map(dayText) == "2005-09-06", "\(text)")
      #expect(parseTime(Array(text.utf8)).map { $0 % 86_400 } == 0, "\(text)")
    }
    for text in [
      "05-09-06", "06.09.2005", "9/6/2005", "31-Sep-2005", "2005-09-06 13:00 PM",
      "2005-09-06 24:00",
      "2005-09-06 1:00 XYZ", "Sep 2005", "6 Sept 05", "2005-09-06T", "6-Sep-2005 ?",
    ] {
      #expect(parseTime(Array(text.utf8)) == nil, "\(text)")
    }
    #expect(parseDigits(Array("20050906123059".utf8)) == 1_126_009_859)
    #expect(parseDigits(Array("2005090612".utf8)) == 1_126_008_000)
    #expect(parseDigits(Array("20051306".utf8)) == nil)
  }

  /// The same minute in many languages.
  @Test func datesInManyLanguages() {
    for text in [
      "12 janvier 2020 à 14:05", "12 janv. 2020 14h05", "dim. 12 janv. 2020 à 14 h 05 min",
      "12 de enero de 2020 14:05", "12-ene-2020 14:05", "domingo, 12 de enero de 2020, 2:05 p. m.",
      "12. Januar 2020, 14:05 Uhr", "So., 12. Jan. 2020 um 14.05 Uhr", "12 jänner 2020 14:05",
      "12 gennaio 2020 alle ore 14.05", "12-gen-2020 14:05", "12 de jan. de 2020 às 14h05",
      "12 januari 2020 om 14:05", "12. jan. 2020 kl. 14.05", "12 января 2020 г. в 14:05",
      "12 Ocak 2020 14:05", "2020年1月12日 14時05分", "2020年01月12日（日）午後2時5分", "2020年1月12日 下午2:05",
      "2020年1月12日星期日 14点05分00秒", "2020년 1월 12일 14시 05분", "2020. 1. 12. 오후 2:05",
      "12th of January 2020 at 14:05", "January 12th, 2020 at 2:05\u{202F}PM",
      "Sun Jan 12 2020 15:05:00 GMT+0100 (Central European Standard Time)", "2020-01-12t14:05:00z",
      "2020-01-12, 2:05 p.m.", "2020-01-12 14.05",
    ] {
      #expect(parseTime(Array(text.utf8)) == 1_578_837_900, "\(text)")
    }
    let firsts = [
      "1er mars 2020", "1º de março de 2020", "1 MÄRZ 2020", "1 mrt 2020", "mar. 1 mars 2020",
      "mar 1 2020", "1 mars 2020", "Mar 1st, 2020",
    ]
    for text in firsts {
      #expect(parseTime(Array(text.utf8)).map(dayText) == "2020-03-01", "\(text)")
    }
    // "1 août 2020" in windows-1252.
    #expect(
      parseTime(Array("1 ao".utf8) + [0xFB] + Array("t 2020".utf8)).map(dayText) == "2020-08-01")
    for text in [
      "12 jui 2020", "12 listopada 2020", "12 lip 2020", "令和2年1月12日", "2020年1月", "1月12日",
      "12 mars 20",
      "12 de 2020", "2020年13月1日", "2020-01-12 下午14:05", "2020-01-12 14.5 h x", "12 mars mai 2020",
    ] {
      #expect(parseTime(Array(text.utf8)) == nil, "\(text)")
    }
  }

  /// Dates in another order are refused with the line that turns them, and it does.
  @Test func theCommandTurnsDates() throws {
    let folder = try Folder()
    let cases = [
      (
        ["13/01/2020 8:26", "1/2/2020 14:05"], "the day comes first", ["2020-01-13", "2020-02-01"]
      ),
      (["1/13/10 8:26", "12/1/69 8:28"], "the month comes first", ["2010-01-13", "2069-12-01"]),
      (["12. 1. 2020", "1. 2. 2020"], "the day comes first", ["2020-01-12", "2020-02-01"]),
      (["99/12/31", "00/01/02"], "the year comes first", ["1999-12-31", "2000-01-02"]),
      (["12-Jan-20", "03-FEB-98"], "the day comes first", ["2020-01-12", "1998-02-03"]),
      (["09 13, 2009", "01 1, 2010"], "the month comes first", ["2009-09-13", "2010-01-01"]),
      (["13012020", "01022020"], "the day comes first", ["2020-01-13", "2020-02-01"]),
      (["1/2/2010", "2/3/2010"], "day or month comes first", ["2010-01-02", "2010-02-03"]),
    ]
    for (dates, order, days) in cases {
      for isJSON in [false, true] {
        let text = dates.map { date in
          isJSON
            ? "{\"user\":1,\"item\":\"\(date.utf8.count)\",\"date\":\"\(date)\"}\n"
            : "1;2;\(date)\n"
        }
        let path = try folder.write("log", (isJSON ? "" : "user;item;date\n") + text.joined())
        let error = try #require(throws: SourceError.self) { try read(path) }
        #expect(error.description.contains(order), "\(error)")
        let command = try #require(
          error.description.firstMatch(of: /convert it: (.*) \| ingest -$/))
        let turned = Shell.run("\(command.1) > '\(folder.path("turned"))'")
        #expect(turned.status == 0)
        #expect(try read(folder.path("turned")).map { $0.time.map(dayText) } == days, "\(error)")
      }
    }
  }

  @Test func otherAlphabetsAreNotTakenForLatin() throws {
    let folder = try Folder()
    func source(_ bytes: [UInt8]) throws -> String {
      let path = folder.path("source")
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      return path
    }
    let cyrillic = Array("user,item\n".utf8) + [0xC8, 0xE2, 0xE0, 0xED] + Array(",1\n".utf8)
    let error = try #require(throws: SourceError.self) { try read(source(cyrillic)) }
    #expect(error.description.contains("iconv -f ENCODING -t UTF-8"))
    var options = SourceOptions()
    options.encoding = .windows1252
    #expect(try read(source(cyrillic), options) == [Row("\u{C8}\u{E2}\u{E0}\u{ED}", "1")])
    // Two in a row are French.
    let french = Array("user,item\ncr".utf8) + [0xE9, 0xE9] + Array("e,1\n".utf8)
    #expect(try read(source(french)) == [Row("cr\u{E9}\u{E9}e", "1")])
  }

  @Test func countsAboveRows() throws {
    let text = "3 4 4\n1 1 5\n1 3 4\n2 2 1\n3 1 2\n"
    #expect(refusal(text).contains("tail -n +2"))
    #expect(try readText(text) { $0.header = false }.count == 5)
    #expect(try readText("3 4 5\n1 1 5\n1 3 4\n").count == 3)
    #expect(refusal("\u{FEFF}\n\r\n").contains("holds empty lines only"))
  }

  @Test func hintsAtIDs() {
    func hints(_ ids: [String]) -> [String] {
      let table = IDTable()
      for id in ids { _ = table.intern(Array(id.utf8)) }
      return table.hints("items")
    }
    #expect(hints(["a", "a\u{200B}"]).first?.contains("hold characters that are not seen") == true)
    #expect(hints(["a", "a\u{A0}"]).first?.contains("begin or end with a blank") == true)
    #expect(hints(["7", "007"]).first?.contains("'7' and '007'") == true)
    #expect(hints(["1.23E+12"]).first?.contains("shortened by a spreadsheet") == true)
    #expect(hints(["007", "E+5", "C++", "1E", "\u{5546}\u{3000}\u{54C1}"]).isEmpty)
  }

  @Test func archivesOfMacsAndSpreadsheets() throws {
    let folder = try Folder()
    func zip(_ members: [String]) throws -> String {
      let path = folder.path("a.zip")
      let script =
        "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1], 'w'); "
        + "[z.writestr(n, 'user,item\\na,x\\n') for n in sys.argv[2:]]"
      let run = Shell.run("python3 -c \"\(script)\" \(path) \(members.joined(separator: " "))")
      #expect(run.status == 0, "\(run.errors)")
      return path
    }
    #expect(try read(zip(["my/r.csv", "__MACOSX/my/._r.csv", ".DS_Store"])) == [Row("a", "x")])
    let sheet = try zip(["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
    let error = #expect(throws: SourceError.self) { try read(sheet) }
    #expect(error?.description.contains("is a spreadsheet; export it as CSV") == true)
  }

  @Test func itemsThatMayBeTitles() throws {
    let folder = try Folder()
    func items(_ text: String) throws -> ItemMetadata {
      var metadata = ItemMetadata()
      try metadata.read(ByteStream(folder.write("items", text)))
      return metadata
    }
    let titles = (1...6).map { "\($0),Name \($0)\n" }.joined()
    let error = #expect(throws: SourceError.self) { try items(titles) }
    #expect(error?.description.contains("another text for each item") == true)
    #expect(try items("item,title\n" + titles).title(of: "3") == "Name 3")
    for (text, reason) in [
      ("item,title\r1,A\r2,B\r", "tr '\\r' '\\n'"), ("# mine\nitem,title\n1,A\n2,B\n", "awk '/"),
      ("i\0t\0\n\0", "iconv -f UTF-16LE"),
    ] {
      let error = #expect(throws: SourceError.self) { try items(text) }
      #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
      #expect(error?.description.contains("ingest RATINGS --items /dev/stdin") == true)
    }
    #expect(try items("item, title\n1,A\n2,B\n").title(of: "2") == "B")
    #expect(try items("item, title\n1, A\n2, B\n").title(of: "2") == "B")
    #expect(try items("item,category\n1,Home>Kitchen\n").categories(of: "1").count == 2)
    let flags = try items("item,title,Action,War\n1,One,1,0\n")
    #expect(flags.remarks.contains { $0.hasSuffix("left out: 3 'Action', 4 'War'") })
    let keys = try items("{\"asin\":\"1\",\"title\":\"One\",\"price\":2}\n")
    #expect(keys.remarks.contains { $0.hasSuffix("left out: 'price'") })
    #expect(try items("номер,название,жанр\n1,Один,Драма\n").title(of: "1") == "Один")
  }

  /// Fields that a line does not have are refused by number, however large, with a header or without.
  @Test func positionsBeyondTheLineAreRefused() throws {
    for text in ["userId,foo\nu,1\nv,2\n", "user,item\nu,1\nv,2\n", "1,2\n1,3\n"] {
      for place in ["5", "9223372036854775807"] {
        let said = refusal(text) { $0.columns = try ColumnSelection("user=\(place)") }
        #expect(said.contains("has 2 fields; there is no field \(place) for user"), "\(said)")
      }
    }
  }

  /// A line that converts names what unpacks the source, and what a pipe brought in.
  @Test(arguments: [
    "gzip -c", "zstd -qc", "xz -c", "bzip2 -c", "zip -q - r.json | cat; :", "tar -cf -",
  ])
  func packedSourcesAreConvertedToo(_ pack: String) throws {
    let folder = try Folder()
    let json = try folder.write("r.json", "[{\"user\":1,\"item\":2},{\"user\":1,\"item\":3}]\n")
    let packed = folder.path("packed file")
    let parent = (json as NSString).deletingLastPathComponent
    let made = Shell.run("cd \(parent); (\(pack) r.json) > 'packed file'")
    #expect(made.status == 0, "\(made.errors)")
    let error = #expect(throws: SourceError.self) { try read(packed) }
    let said = error?.description ?? ""
    let line = said.components(separatedBy: "convert it: ").last ?? ""
    let run = Shell.run(line.replacingOccurrences(of: " | ingest -", with: ""))
    #expect(try run.status == 0 && readText(run.output).count == 2, "\(said) \(run.errors)")
    let piped = Shell.run("ingest < \(json)")
    #expect(piped.errors.contains("jq -c '.[]' /dev/stdin | ingest -"), "\(piped.errors)")
  }

  /// A first line beyond what is looked at tells nothing.
  @Test func longFirstLinesAreRefused() throws {
    let names = (0..<300_000).map { "c\($0)" }.joined(separator: ",")
    #expect(refusal("user,item,\(names)\n1,2\n").contains("line 1 is longer than 1 MiB"))
    let objects = [String](repeating: "{\"user\":1,\"item\":2}", count: 60_000)
    #expect(refusal("[" + objects.joined(separator: ",") + "]").contains("jq -c '.[]'"))
  }

  /// A record of blanks alone is a row without numbers.
  @Test func blankRowsOfAMatrixEndNothing() throws {
    let rows = try readText("  \n 1 2 \n") {
      ($0.layout, $0.delimiter) = (.matrix, " ")
    }
    #expect(rows.isEmpty || rows.count == 2)
  }

  /// Dates as whole numbers are dates in JSON too, and categories in brackets no names there either.
  @Test func jsonIsReadAsRowsAre() throws {
    let dated = try readText(
      "{\"user\": 1, \"item\": 2, \"date\": 20240131}\n{\"user\": 1, \"item\": 3, \"date\": \"20240201\"}\n"
    )
    #expect(dated.map(\.time) == [1_706_659_200, 1_706_745_600])
    #expect(secondsSince1970("20240131") == 1_706_659_200)
    #expect(secondsSince1970("1706659200") == 1_706_659_200)
  }
}
