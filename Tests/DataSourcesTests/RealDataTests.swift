// Do the real data sets have the rows, users, items and ratings their descriptions count?

import Foundation
import Support
import Testing

@testable import DataSources

private let data = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("../shared/data").standardizedFileURL

/// A file of a data set, or nil after saying that it is missing.
private func file(_ name: String) -> String? {
  let path = data.appendingPathComponent(name).path
  if FileManager.default.fileExists(atPath: path) { return path }
  print("SKIPPED: \(path) is absent")
  return nil
}

@Suite struct RealDataTests {
  @Test(arguments: [
    ("ml-1m/ratings-notimestamp.dat.zst", 1_000_209, 6040, 3706, 575_281),
    ("ml-100k/u.data.zst", 100_000, 943, 1682, 55_375),
    ("ml-latest-small/ratings.csv.zst", 100_836, 610, 9724, 48_580),
    ("yelp-herec/user_business.dat.zst", 198_397, 16_239, 14_284, 134_176),
    ("netflix-1200/netflix_incomplete.txt.zst", 1_111_768, 1200, 1200, 603_388),
    ("alishop-7c-heldout-users/test_tr.csv.zst", 114_626, 2000, nil, nil),
  ])
  func counts(_ name: String, _ rows: Int, _ users: Int, _ items: Int?, _ liked: Int?) throws {
    guard let path = file(name) else { return }
    let all = try read(path)
    if name.hasPrefix("alishop") {
      #expect(all.count > 100_000)
    } else {
      #expect(all.count == rows)
    }
    #expect(Set(all.map(\.user)).count == users)
    if let items { #expect(Set(all.map(\.item)).count == items) }
    if let liked { #expect(all.count { ($0.rating ?? 0) >= 4 } == liked) }
  }

  @Test func lightGCN() throws {
    guard let valid = file("yelp2018-lightgcn-30pct/valid.txt.zst"),
      let test = file("yelp2018-lightgcn-30pct/test.txt.zst")
    else { return }
    let (first, second) = try (read(valid), read(test))
    #expect(first.count == 143_751 && second.count == 324_147)
    #expect(Set((first + second).map(\.user)).count == 31_668)
    #expect(Set((first + second).map(\.item)).count == 37_661)
  }

  @Test func aliShop() throws {
    var rows: [Row] = []
    for part in ["validation_tr", "validation_te", "test_tr", "test_te"] {
      guard let path = file("alishop-7c-heldout-users/\(part).csv.zst") else { return }
      rows += try read(path)
    }
    #expect(rows.count == 286_395)
    #expect(Set(rows.map(\.user)).count == 4000)
    #expect(Set(rows.map(\.item)).count == 19_809)
    guard let names = file("alishop-7c-heldout-users/unique_sid.txt.zst"),
      let categories = file("alishop-7c-heldout-users/item_cate.csv.zst")
    else { return }
    let ids = try OriginalIDs(ByteStream(names))
    var metadata = ItemMetadata()
    try metadata.read(ByteStream(categories))
    #expect(metadata.ids.count == 20_591)
    #expect(
      try Set(rows.map(\.item)).allSatisfy { metadata.knows(try ids.id(of: $0)) })
  }

  @Test func metadata() throws {
    for (name, titles, items) in [
      ("ml-1m/movies.dat.zst", 3883, 18), ("ml-100k/u.item.zst", 1682, 19),
      ("ml-latest-small/movies.csv.zst", 9742, 19),
      ("yelp-herec/business_category.dat.zst", 0, 511),
    ] {
      guard let path = file(name) else { return }
      var metadata = ItemMetadata()
      try metadata.read(ByteStream(path))
      #expect(metadata.titles.count == titles, "\(name)")
      #expect(metadata.categoryNames.count == items, "\(name)")
      if name.hasPrefix("ml-100k") {
        #expect(metadata.titles.values.contains { $0.contains("Misérables") })
      }
    }
  }
}
