// Can a program read what the tools log?

import Foundation
import Support
import Testing

@Suite struct LogLineTests {
  /// A program that reads the lines finds numbers in fields, and one closing line whatever happened.
  @Test func logLinesCountAndClose() throws {
    func lines(_ command: String) throws -> [[String: Any]] {
      try Shell.run(command).errors.split(separator: "\n").map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
    }
    let good = try lines("printf '1,2\n3,4\n' | ingest --log json -o /dev/null")
    #expect(good.contains { $0["interactions"] as? Int == 2 && $0["users"] as? Int == 2 })
    #expect(good.last?["status"] as? Int == 0)
    #expect(good.dropLast().allSatisfy { $0["status"] == nil })
    #expect(good.allSatisfy { ($0["seconds"] as? Double).map { $0 >= 0 && $0 < 600 } ?? false })
    let bad = try lines("printf '' | ingest --log json -o /dev/null")
    #expect(bad.map { $0["status"] as? Int } == [65])
    #expect(try lines("check --log json /none").map { $0["status"] as? Int } == [66])
  }

  @Test func logLinesHaveTimeAndRun() throws {
    let run = Shell.run(
      "printf '1,2\\n3,4\\n' | INDGRM_RUN=night-7 ingest --log json -o /dev/null")
    #expect(run.errors.contains("\"run\":\"night-7\""), "\(run.errors)")
    #expect(run.errors.contains("\"time\":\"2"), "\(run.errors)")
  }
}
