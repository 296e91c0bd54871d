// Are titles and categories read from the columns of the interactions?

import Support
import Testing

@testable import DataSources

/// Titles and fields of categories in the order of the items.
private func labels(_ text: String, _ columns: String) throws -> ItemTexts {
  let folder = try Folder()
  let bytes = try ByteStream(folder.write("source", text))
  var options = SourceOptions()
  options.columns = try ColumnSelection(columns)
  let texts = ItemTexts()
  let source = try options.open(bytes, badRows: BadRows(tolerated: 0), texts: texts)
  let (users, items, batch) = (IDTable(), IDTable(), RowBatch())
  while try source.next(into: batch, users: users, items: items) {}
  #expect(texts.titles.count == items.count)
  return texts
}

@Suite struct LabelTests {
  @Test func fromRows() throws {
    let shop =
      "customer,sku,qty,product_name,category\nana,1,1,Mug,Home > Kitchen\nana,2,1,\"Tea,\ngreen\",Food\n"
      + "bo,1,2,Other,Else\nbo,a-long-article,1,,\n"
    let texts = try labels(shop, "title=product_name,category=category")
    #expect(texts.titles == ["Mug", "Tea, green", ""])
    #expect(texts.categories == ["Home > Kitchen", "Food", ""])
    // By position, and at full speed where the item is known.
    let plain = try labels("a|1|Mug|x\nb|1|Mug|x\nb|2|Tea|y\n", "user=1,item=2,title=3,category=4")
    #expect(plain.titles == ["Mug", "Tea"])
    #expect(plain.categories == ["x", "y"])
  }

  @Test func fromObjects() throws {
    let texts = try labels(
      "{\"user\": 1, \"item\": 2, \"title\": \"T\\u00e9\", \"categories\": [[\"A, B\"]]}\n"
        + "{\"user\": 1, \"item\": 3}\n", "title=title,category=categories")
    #expect(texts.titles == ["T\u{E9}", ""])
    #expect(CategoryText(texts.categories).names(texts.categories[0]) == ["A, B"])
  }

  @Test func whatIsNoLabelIsRefused() {
    for (text, columns, reason) in [
      ("user,item,c\na,x,\"['A', 'B']\"\n", "category=c", "categories in brackets"),
      ("user,item,c\na,x,\u{1}\n", "title=c", "holds a control character"),
      (
        "{\"user\": 1, \"item\": 2, \"c\": \"['A', 'B']\"}\n", "category=c",
        "categories in brackets"
      ),
      ("user,item\na,x\n", "title=3", "no field 3 for title"),
      ("a,x\n", "user=1,titles=2", "roles are user, item, rating, time, title and category"),
      ("1 2 3\n2 1\n", "title=3", "no use for --columns"),
    ] {
      let error = #expect(throws: SourceError.self) { try labels(text, columns) }
      #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }
  }

  @Test func categoriesOfAField() {
    func names(_ fields: [String]) -> [[String]] {
      let text = CategoryText(fields)
      return fields.map(text.names)
    }
    #expect(names(["A|B, C", "D"]) == [["A", "B, C"], ["D"]])
    #expect(names(["A;B", "A, B"]) == [["A", "B"], ["A, B"]])
    #expect(names(["Home > Tea, Cocoa", "Home"]) == [["Home", "Home > Tea, Cocoa"], ["Home"]])
    #expect(names(["A > B|A > C"]) == [["A", "A > B", "A > C"]])
    #expect(names([""]) == [[]])
  }
}
