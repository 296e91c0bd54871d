// Are raw ratings read as they are meant, and refused where they are broken?

import Foundation
import Support
import Testing

@testable import DataSources

private func read(_ path: String, skipBad: Int = 0) throws -> (
  rows: [(user: String, item: String, rating: Float?, time: Int64?)], report: ReadReport
) {
  let reader = try RatingReader(ByteStream(path), delimiter: nil, header: nil, skipBad: skipBad)
  var (users, items) = (IDTable(), IDTable())
  var batch = RowBatch()
  var rows: [(user: String, item: String, rating: Float?, time: Int64?)] = []
  while try reader.next(into: &batch, users: &users, items: &items) {
    for row in 0..<batch.count {
      rows.append(
        (
          users.id(at: Int(batch.users[row])), items.id(at: Int(batch.items[row])),
          batch.ratings.isEmpty ? nil : batch.ratings[row],
          batch.times.isEmpty ? nil : batch.times[row]
        ))
    }
  }
  return (rows, reader.report)
}

@Suite struct RatingReaderTests {
  @Test(arguments: [
    "userId,movieId,rating,timestamp\r\n7,31,2.5,99\r\nb,\"1\",4,100\r\n",
    "timestamp,rating,user,item\n99,2.5,7,31\n100,4.0,b,1",
    "7\t31\t2.5\t99\n\nb\t1\t4\t100\n", "7::31::2.5::99\nb::1::4::100\n",
    "\u{FEFF}userId,movieId,rating,timestamp\n7,31,2.5,99\nb,1,4e0,100\n",
  ])
  func layouts(_ text: String) throws {
    let folder = try Folder()
    let (rows, report) = try read(folder.write("ratings", text))
    #expect(report.rows == 2)
    #expect(rows.map(\.user) == ["7", "b"])
    #expect(rows.map(\.item) == ["31", "1"])
    #expect(rows.map(\.rating) == [2.5, 4])
    #expect(rows.map(\.time) == [99, 100])
  }

  @Test func compressedFilesAndMembers() throws {
    let folder = try Folder()
    let plain = try folder.write("ratings.csv", "uid,sid\n1,2\n3,4\n")
    #expect(Shell.run("gzip -k \(plain)").status == 0)
    #expect(try read(plain + ".gz").rows.map(\.item) == ["2", "4"])
    let tar = folder.path("all.tar.gz")
    let parent = (plain as NSString).deletingLastPathComponent
    #expect(Shell.run("tar -C \(parent) -czf \(tar) ratings.csv ratings.csv.gz").status == 0)
    #expect(try read(tar + "::ratings.csv").rows.map(\.user) == ["1", "3"])
    let error = #expect(throws: SourceError.self) { try read(tar) }
    #expect(error?.description.contains("ratings.csv") == true)
  }

  @Test(arguments: [
    ("1,2,x\n", "rating 'x'"), ("1,2,nan\n", "rating 'nan'"), ("1\n", "fields"),
    (",2,3\n", "empty"), ("1,2,3,4.5\n", "timestamp"),
  ])
  func badRowsAreNamed(_ row: String, _ reason: String) throws {
    let folder = try Folder()
    let header =
      row.contains("4.5")
      ? "userId,movieId,rating,timestamp\n1,2,3,4\n" : "userId,movieId,rating\n1,2,3\n"
    let path = try folder.write("r.csv", header + row)
    let error = #expect(throws: SourceError.self) { try read(path) }
    #expect(error?.description.contains("line 3") == true, "\(error?.description ?? "")")
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    let (rows, report) = try read(path, skipBad: 1)
    #expect(rows.count == 1)
    #expect(report.badRows == 1)
  }

  @Test func movieLens1M() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
      .deletingLastPathComponent()
    let path = root.appendingPathComponent("../shared/data/ml-1m/ratings-notimestamp.dat.zst")
      .standardizedFileURL.path
    guard FileManager.default.fileExists(atPath: path) else {
      print("SKIPPED: \(path) is absent")
      return
    }
    let (rows, _) = try read(path)
    #expect(rows.count == 1_000_209)
    #expect(Set(rows.map(\.user)).count == 6040)
    #expect(Set(rows.map(\.item)).count == 3706)
    #expect(rows.count { ($0.rating ?? 0) >= 4 } == 575_281)
  }
}
