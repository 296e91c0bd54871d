// Are titles, categories, original ids and category vectors found?

import Foundation
import Support
import Testing

@testable import DataSources

private func metadata(
  _ text: String, latin1: Bool = false, further: [String] = []
) throws -> ItemMetadata {
  let folder = try Folder()
  let path = folder.path("items")
  try text.data(using: latin1 ? .isoLatin1 : .utf8)?.write(to: URL(fileURLWithPath: path))
  var result = ItemMetadata(further: further)
  try result.read(ByteStream(path))
  try result.finish()
  return result
}

@Suite struct MetadataTests {
  @Test func movieLens() throws {
    for (text, latin1) in [
      (
        "movieId,title,genres\r\n1,\"Misérables, Les\",Drama|War\r\n2,X,(no genres listed)\r\n",
        false
      ),
      ("1::Misérables, Les::Drama|War\n2::X::(no genres listed)\n", true),
      (
        "1|Misérables, Les|01-Jan-1995||http://x|0|0|0|0|0|0|0|0|1|0|0|0|0|0|0|0|0|1|0\n"
          + "2|X|01-Jan-1995||http://x|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n", true
      ),
    ] {
      let found = try metadata(text, latin1: latin1)
      #expect(found.title(of: "1") == "Misérables, Les")
      #expect(found.title(of: "2") == "X")
      #expect(found.categories(of: "1") == ["Drama", "War"])
      #expect(found.categories(of: "2") == [])
    }
  }

  @Test func others() throws {
    let rows = try metadata("4\t12\t1\n4\t13\t1\n5\t12\t1\n")
    #expect(rows.categories(of: "4") == ["12", "13"])
    #expect(rows.categories(of: "5") == ["12"])
    #expect(
      try metadata("1000003983,1\n1000013274,2\n").categories(of: "1000013274") == ["2"])
    let netflix = try metadata("1,2003,Dinosaur Planet\n2,NULL,Isle, of Man\n", latin1: true)
    #expect(netflix.title(of: "1") == "Dinosaur Planet")
    #expect(netflix.title(of: "2") == "Isle, of Man")
    #expect(!netflix.hasCategories)
    #expect(throws: SourceError.self) { try metadata("") }
    #expect(throws: SourceError.self) { try metadata("1::A::B\nbroken\n") }
  }

  /// Brands as they are, years by decades, prices in bands of as many items; whatever the layout.
  @Test func furtherColumnsBecomeCategories() throws {
    let brands = ["Alba", "Verdo", "Hafen"]
    let rows = (0..<40).map { (id: $0, brand: brands[$0 % 3], year: 1950 + $0, price: 40 - $0) }
    let csv =
      "sku,product_name,Brand,year,unit_price\n"
      + rows.map { "\($0.id),N\($0.id),\($0.brand),\($0.year),\($0.price).50 EUR\n" }.joined()
    let lines = rows.map {
      "{\"sku\":\($0.id),\"brand\":[\"\($0.brand)\"],"
        + "\"year\":\($0.year),\"unit_price\":\($0.price).5}\n"
    }.joined()
    for text in [csv, lines] {
      let found = try metadata(text, further: ["brand", "year", "unit_price"])
      #expect(
        found.categories(of: "0") == ["brand: Alba", "year: 1950-1959", "unit_price: 33.5-40.5"])
      #expect(
        found.categories(of: "39") == ["brand: Alba", "year: 1980-1989", "unit_price: 1.5-8.5"])
      #expect(found.categoryNames.count == 3 + 4 + 5)
      #expect(found.remarks.contains { $0.contains("'year'") && $0.contains("decades") })
    }
    for (column, words) in [("colour", "there are"), ("product_name", "group nothing")] {
      let error = #expect(throws: SourceError.self) { try metadata(csv, further: [column]) }
      #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
    for (field, value) in [
      ("12,50 €", 12.5), ("CHF 3", 3), ("-1.5", -1.5), ("1e3", 1000), ("$ 7.25", 7.25),
    ] { #expect(FurtherColumn.number(field) == value, "\(field)") }
    for field in ["", "EUR", "N5", "4 x 5", "1.2.3", "nan"] {
      #expect(FurtherColumn.number(field) == nil)
    }
  }

  @Test func itemsOfSeveralTitlesAreNamed() throws {
    let twice = try metadata("item,title\n1,A\n2,B\n1,A\n1,C\n")
    #expect(twice.title(of: "1") == "C")
    #expect(twice.remarks.contains { $0.contains("names 1 items anew, such as '1'") })
    #expect(try !metadata("item,title\n1,A\n1,A\n").remarks.contains { $0.contains("anew") })
  }

  /// An item of very many categories, and a field of very many marks, take time in their length alone.
  @Test func manyCategoriesOfAnItem() throws {
    let names = (0..<100_000).map { "c\($0)" }
    let begin = ContinuousClock.now
    let field = try metadata("item,title,genres\n1,A,\(names.joined(separator: "|"))|c7\n")
    #expect(field.categories(of: "1") == names)
    let rows = try metadata("item,category\n" + names.map { "1,\($0)\n" }.joined())
    #expect(rows.categories(of: "1") == names)
    let deep = names.joined(separator: ">")
    #expect(try metadata("item,category\n1,\(deep)\n").categories(of: "1") == [deep])
    #expect(begin.duration(to: .now) < .seconds(60))
  }

  @Test func originalIDs() throws {
    let folder = try Folder()
    let lines = try OriginalIDs(ByteStream(folder.write("a", "x7\nx9\n")))
    #expect(try lines.id(of: "1") == "x9")
    #expect(throws: SourceError.self) { try lines.id(of: "2") }
    let pairs = try OriginalIDs(ByteStream(folder.write("b", "org_id remap_id\nq 0\nr 1\n")))
    #expect(try pairs.id(of: "0") == "q")
  }

  @Test func categoryVectors() throws {
    let folder = try Folder()
    let path = try folder.write("v", "3 2\nsci_fi 1 2\ndrama 3 -4e-1\nwar 5 6\n")
    let vectors = try CategoryVectors(ByteStream(path), of: ["Sci-Fi", "Drama"])
    #expect(vectors.dimensions == 2)
    #expect(try vectors.vector(of: "Sci-Fi") == [1, 2])
    #expect(try vectors.vector(of: "Drama") == [3, -0.4])
    #expect(throws: SourceError.self) { try vectors.vector(of: "Comedy") }
    let ragged = try folder.write("w", "a 1 2\nb 1\n")
    #expect(throws: SourceError.self) { try CategoryVectors(ByteStream(ragged), of: ["a"]) }
  }
}
