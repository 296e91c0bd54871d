// Do the lines that read Parquet and databases do so?

import Foundation
import Support
import Testing

private let manual = Shell.repository
  .appendingPathComponent("man/man7/indgrm-pipelines.7")

private func has(_ program: String) -> Bool {
  Shell.run("command -v \(program)").status == 0
}

/// Prints the folder of PostgreSQL's programs.
private let clusters = "ls -d /usr/lib/postgresql/*/bin | tail -1 | grep ."

@Suite struct SourceLineTests {
  /// The lines of the manual under the mark of a program.
  private func lines(_ program: String) throws -> String {
    let all = try String(contentsOf: manual, encoding: .utf8).split(separator: "\n")
    guard let start = all.firstIndex(of: ".\\\" \(program)") else { return "false" }
    return all[(start + 2)...].prefix { $0 != ".Ed" }.joined(separator: "\n")
  }

  /// Ingests what the manual's source of a nightly job prints on a day, and prints it; paths are those of the folder.
  private func nightly(_ program: String) throws -> String {
    let setting = try lines("nightly \(program)")
    let command = setting.drop { $0 != "=" }.dropFirst()
      .replacing("/lake/", with: "").replacing("/srv/", with: "")
    return "cat > source <<'END'\n\(command)\nEND\n"
      + "DATE=1970-04-01 bash -e -o pipefail source | indgrm ingest -q | indgrm dump --to csv"
  }

  @Test(.enabled(if: has("sqlite3"))) func theManualReadsSQLite() throws {
    let folder = try Folder()
    let run = Shell.run(
      """
      cd \(folder.path(""))
      sqlite3 shop.db "create table ratings(user_id, item_id, rating, at);
        insert into ratings values('a','x',5,1000),('b','y',3,2000)"
      \(try lines("sqlite3")) && indgrm dump --to csv ml.ig
      sqlite3 shop.db "insert into ratings values('c','z',1,86400)"
      \(try nightly("sqlite3"))
      """)
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.output == "user,item,rating,timestamp\na,x,5.0,1000\nb,y,3.0,2000\n"
        + "user,item,rating,timestamp\nc,z,1.0,86400\n")
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

  /// Each refusal of a form that pyarrow or DuckDB writes is a line that reads it.
  @Test(.enabled(if: Shell.run("python3 -c 'import pyarrow'").status == 0))
  func theRefusalsReadArrowAndORC() throws {
    let folder = try Folder()
    let run = Shell.run(
      """
      cd \(folder.path("")) && python3 -c '
      import pyarrow, pyarrow.orc
      table = pyarrow.table({"user": ["a", "b"], "item": ["x", "y"]})
      for name, writer in (("a.arrow", pyarrow.ipc.new_file), ("b.arrows", pyarrow.ipc.new_stream)):
          with writer(name, table.schema) as file:
              file.write(table)
      pyarrow.orc.write_table(table, "c.orc")' || exit
      for file in a.arrow b.arrows c.orc; do
        line=$(indgrm ingest $file 2>&1 | sed 's/.*pipe it in: //')
        eval "$line -q" | indgrm dump --to csv || exit
      done
      """)
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.output == String(repeating: "user,item\na,x\nb,y\n", count: 3), "\(run.errors)")
  }

  /// A database server of its own for a moment, reached by a socket in the folder.
  @Test(.enabled(if: has("psql") && has("setpriv") && Shell.run(clusters).status == 0))
  func theManualReadsPostgreSQL() throws {
    let folder = try Folder()
    let run = Shell.run(
      """
      cd \(folder.path("")) && export PGHOST="$PWD/run" PGUSER=shop LC_ALL=C.UTF-8
      bin=$(\(clusters)); as=""
      mkdir run
      if [ "$(id -u)" = 0 ]; then
        as="setpriv --reuid=65534 --regid=65534 --clear-groups"
        chmod 755 . && chown 65534 run
      fi
      $as $bin/initdb -D run/data -A trust -U shop > log 2>&1 || exit 70
      $as $bin/pg_ctl -D run/data -w -o "-k '$PWD/run' -c listen_addresses=''" -l run/log start >> log || exit 71
      trap '$as $bin/pg_ctl -D run/data -m immediate stop >> log' EXIT
      $bin/createdb shop
      psql -q -d shop -c "create table ratings(user_id text, item_id text, rating real, at timestamptz);
        insert into ratings values('a','x',5,'1970-01-01 00:16:40Z'),('b','y, z',3.5,'1970-01-01 00:33:20Z')"
      \(try lines("psql")) && indgrm dump --to csv ml.ig
      psql -q -d shop -c "insert into ratings values('c','z',1,'1970-01-02 00:00:00Z')"
      \(try nightly("psql"))
      """)
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.output == "user,item,rating,timestamp\na,x,5.0,1000\nb,\"y, z\",3.5,2000\n"
        + "user,item,rating,timestamp\nc,z,1.0,86400\n",
      "\(run.errors)")
  }

  @Test(.enabled(if: has("duckdb"))) func theManualAndTheRefusalReadParquet() throws {
    let folder = try Folder()
    let run = Shell.run(
      """
      cd \(folder.path(""))
      duckdb -c "copy (select 'a' as user_id, 'x' as item_id, 1700000000 as rated_at) to 'ratings.parquet'"
      \(try lines("duckdb"))
      line=$(indgrm ingest ratings.parquet 2>&1 | sed 's/.*pipe it in: //')
      eval "$line -q" | indgrm dump --to csv
      duckdb -csv -c "from 'rows.parquet'"
      duckdb shop.duckdb "create table log as select 'c' as user, 'z' as item"
      line=$(indgrm ingest shop.duckdb 2>&1 | sed 's/.*pipe a table in: //; s/TABLE/log/')
      eval "$line -q" | indgrm dump --to csv
      duckdb -c "copy (select 'd' as user_id, i as item_id, 86399 + i as rated_at from range(-1, 2) t(i)) to 'a.parquet'"
      rm r*.parquet
      \(try nightly("duckdb"))
      """)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("a,x") && run.output.contains("c,z"), "\(run.output)")
    #expect(run.output.hasSuffix("\nuser,item,timestamp\nd,1,86400\n"), "\(run.output)")
  }
}
