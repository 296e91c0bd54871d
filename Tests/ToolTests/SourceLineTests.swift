// Do the lines that read Parquet and databases do so?

import Foundation
import Support
import Testing

private let manual = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("man/man7/indgrm-pipelines.7")

private func has(_ program: String) -> Bool {
  Shell.run("command -v \(program)").status == 0
}

@Suite struct SourceLineTests {
  /// The lines of the manual under the mark of a program.
  private func lines(_ program: String) throws -> String {
    let all = try String(contentsOf: manual, encoding: .utf8).split(separator: "\n")
    guard let start = all.firstIndex(of: ".\\\" \(program)") else { return "false" }
    return all[(start + 2)...].prefix { $0 != ".Ed" }.joined(separator: "\n")
  }

  @Test(.enabled(if: has("sqlite3"))) func theManualReadsSQLite() throws {
    let folder = try Folder()
    let run = Shell.run(
      """
      cd \(folder.path(""))
      sqlite3 shop.db "create table ratings(user_id, item_id, rating, at);
        insert into ratings values('a','x',5,1000),('b','y',3,2000)"
      \(try lines("sqlite3")) && indgrm dump --to csv ml.ig
      """)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output == "user,item,rating,timestamp\na,x,5.0,1000\nb,y,3.0,2000\n")
  }

  /// The refusal of a database is a line that reads it, once the table has its name.
  @Test(.enabled(if: has("sqlite3"))) func theRefusalReadsSQLite() throws {
    let folder = try Folder()
    let run = Shell.run(
      """
      cd \(folder.path(""))
      sqlite3 shop.db "create table log(user, item); insert into log values('a','x'),('b','y')"
      line=$(indgrm ingest shop.db 2>&1 | sed 's/.*pipe a table in: //; s/TABLE/log/')
      eval "$line" | indgrm dump --to csv
      """)
    #expect(run.output == "user,item\na,x\nb,y\n", "\(run.errors)")
  }

  @Test(.enabled(if: has("duckdb"))) func theManualAndTheRefusalReadParquet() throws {
    let folder = try Folder()
    let run = Shell.run(
      """
      cd \(folder.path(""))
      duckdb -c "copy (select 'a' as user_id, 'x' as item_id, 1700000000 as at) to 'ratings.parquet'"
      \(try lines("duckdb"))
      line=$(indgrm ingest ratings.parquet 2>&1 | sed 's/.*pipe it in: //')
      eval "$line -q" | indgrm dump --to csv
      duckdb -csv -c "from 'rows.parquet'"
      """)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("a,x"), "\(run.output)")
  }
}
