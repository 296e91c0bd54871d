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
