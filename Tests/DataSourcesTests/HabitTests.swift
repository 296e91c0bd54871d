// Is what people bring from other programs read right, or refused with what to do?

import Interchange
import Support
import Testing

@testable import DataSources

@Suite struct HabitTests {
  private func source(_ text: String) throws -> any InteractionSource {
    let folder = try Folder()
    return try SourceOptions().open(
      ByteStream(folder.write("source", text)), badRows: BadRows(tolerated: 0))
  }

  /// Lists that this or another program made are no choices of users.
  @Test func rankedListsAreNoInteractions() throws {
    for text in [
      "user,round,rank,item,score\n1,0,1,7,2.5\n", "user\titem\tscore\trank\n1\t7\t2.5\t1\n",
      "{\"user\":1,\"item\":7,\"score\":2.5,\"rank\":1}\n",
    ] {
      let said = refusal(text)
      #expect(said.contains("ranked lists with scores"), "\(said)")
      #expect(said.contains("--columns user=user,item=item,rating=score"), "\(said)")
      let rows = try readText(text) {
        $0.columns = try ColumnSelection("user=user,item=item,rating=score")
      }
      #expect(rows == [Row("1", "7", 2.5)])
    }
    #expect(try readText("user,item,score\n1,7,2\n") == [Row("1", "7", 2)])
  }

  /// A column that says no is not left out without a word.
  @Test func verdictsThatAreLeftOutAreSaid() throws {
    for text in [
      "user_id:token\titem_id:token\tlabel:float\na\tx\t1\na\ty\t0\n",
      "user,item,clicked\na,x,1\na,y,0\n", "user,item,quantity\na,x,3\na,y,-1\n",
      "{\"user\":1,\"item\":7,\"label\":1}\n{\"user\":1,\"item\":8,\"label\":0}\n",
    ] {
      let said = try source(text).remarks.joined()
      #expect(said.contains("count alike, whether '"), "\(text): \(said)")
    }
    for text in ["user,item,label\na,x,1\na,y,1\n", "user,item,count\na,x,3\na,y,1\n"] {
      #expect(try source(text).remarks.isEmpty, "\(text)")
    }
  }

  @Test func numberedColumnsMayBeAHeader() throws {
    #expect(try source("0,1,2\n5,1,3\n").layout.contains("--header yes if it numbers the columns"))
    #expect(!(try source("0,2,1\n5,1,3\n").layout.contains("--header yes")))
  }

  /// Numbers that are not kept are not taken for nothing.
  @Test func ratingsBeyondWhatIsKeptAreBad() throws {
    for number in [
      "1e-50", "1e39", "-1e39", "0.000000000000000000000000000000000000000000000000001",
    ] {
      let said = refusal("user,item,rating\na,x,\(number)\n")
      #expect(said.contains("is not between 1e-45 and 3e38 in size"), "\(number): \(said)")
    }
    for number in ["0", "0.0", "-0", "0e9", "1e-40", "3e38"] {
      #expect(try readText("user,item,rating\na,x,\(number)\n").count == 1, "\(number)")
    }
  }

  @Test func marksForSpreadsheetsAreFound() {
    func first(_ ids: [String]) -> String? {
      let table = IDTable()
      for id in ids { _ = table.intern(Array(id.utf8)) }
      return table.firstGuarded
    }
    for id in ["=\"00004\"", "'=a", "'-1", "'+x", "'@home", "=\"a long id with many letters\""] {
      #expect(first(["1", id]) == id, "\(id)")
    }
    for id in ["=a", "'tis", "''", "'", "=\"", "-1", "@home", "a'=b"] {
      #expect(first(["1", id]) == nil, "\(id)")
    }
  }

  @Test func longObjectsAreSeenInPart() {
    let long = "{\"user\":1,\"item\":2,\"x\":\"" + String(repeating: "y", count: 1 << 20) + "\"}\n"
    let said = refusal(long) { $0.layout = .jsonl }
    #expect(said.contains("no JSON object of less than 1 MiB"), "\(said.prefix(300))")
  }

  @Test func keysOfAnObjectAreSaidOnce() {
    func repeated(_ text: String) -> String? { JSONKeys.repeated(in: text.utf8) }
    #expect(repeated(#"{"a": 1, "a": 2}"#) == "a")
    #expect(repeated(#"{"a": {"x": [0, 1], "x": [0, 2]}}"#) == "a.x")
    #expect(repeated(#"{"a": 1, "\u0061": 2}"#) == "a")
    #expect(repeated(#"[{"a": 1}, {"b": {"c": "}\"", "d": [{"e": 1, "e": 2}]}}]"#) == "b.d.e")
    #expect(repeated(#"{"a": {"a": "a", "b": ["a", {"a": 1}]}, "b": {}, "A": null}"#) == nil)
    #expect(repeated("[]") == nil && repeated("1") == nil && repeated("{}") == nil)
  }
}
