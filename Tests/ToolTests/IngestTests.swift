// Does ingest say what it read and what it left out?

import Foundation
import Support
import Testing

@Suite struct IngestTests {
  @Test func ingestSaysWhatItRead() throws {
    let result = try Folder.run(
      "ingest ratings.csv --items items.csv -o out.ig",
      "userId,movieId,rating,note,date\n1,10,4.5,x,2005-09-06\n1,11,1,y,2006-01-02\n2,12,5,z,2005-12-31\n",
      items: "movieId,title,genres\n10,Alien,Horror|Sci-Fi\n13,Heat,Crime\n")
    #expect(
      result.errors.components(separatedBy: "\n").filter { !$0.isEmpty } == [
        "indgrm ingest: items.csv: items in 1, titles in 2, categories in 3 (between '|')",
        "indgrm ingest: ratings.csv: rows between ',' under a header: user in 1 'userId', item in 2 'movieId',"
          + " rating in 3 'rating', time in 5 'date'; left out: 4 'note'",
        "indgrm ingest: 3 interactions of 2 users with 3 items; ratings of 1 to 5, dates from 2005-09-06 to"
          + " 2006-01-02, titles for 1 of 3 items, 3 categories",
      ])
    #expect(
      try Folder.run("ingest ratings.csv -o out.ig", "user,item,time\na,x,0\nb,y,711\n").errors
        .contains("no ratings, times of 0 to 711, which are no dates"))
    #expect(
      try Folder.run("ingest ratings.csv -o out.ig", "user,item\nNA,x\nb,y\nc,y\n").errors
        .contains("one of the users is 'NA', which may stand for none"))
  }

  @Test func nothingAndOddTimesAreSaid() throws {
    let empty = try Folder.run(
      "ingest ratings.csv -o out.ig; s=$?; ls; exit $s", "user,item,rating\n")
    #expect(empty.status == 65 && empty.errors.contains("ratings.csv: no interaction is there"))
    #expect(!empty.output.contains("out.ig"))
    // Counted from 1601, as Windows does.
    let odd = try Folder.run(
      "ingest ratings.csv -o out.ig", "user,item,time\na,x,133484543990000000\n")
    #expect(
      odd.status == 0 && odd.errors.contains("times from 1974-03-25 to 1974-03-25 are odd"),
      "\(odd.errors)")
    let joined = try Folder.run(
      "ingest ratings.csv -o out.ig",
      (0..<4000).map { "\($0),\($0 % 9),\($0 < 3000 ? $0 % 5 : 1_577_836_800 + $0)\n" }.joined())
    #expect(
      joined.status == 0 && joined.errors.contains("may hold times, as where files of two layouts"),
      "\(joined.errors)")
    let long = try Folder.run("ingest ratings.csv --delimiter 123456789 -o out.ig", "a,b\n")
    #expect(long.status == 64 && long.errors.contains("up to eight ASCII characters"))
  }

  @Test func partsOfATableAreReadAlike() throws {
    let named = "item,user,rating\n1,10,4\n2,11,5\n"
    for inputs in ["ratings.csv items.csv", "items.csv ratings.csv"] {
      let refused = try Folder.run("ingest \(inputs) -o out.ig", named, items: "3,12,1\n4,13,2\n")
      #expect(
        refused.status == 65
          && refused.errors.contains(
            "items.csv: has no header, and its columns would be read in another order than those of ratings.csv;"
              + " say which field holds what, as in --columns user=2,item=1,rating=3,time=none"),
        "\(refused.errors)")
    }
    let said = try Folder.run(
      "ingest -q ratings.csv items.csv --columns user=2,item=1,rating=3,time=none -o o.ig && dump --to csv o.ig",
      named, items: "3,12,1\n4,13,2\n")
    #expect(said.output.hasSuffix("12,3,1.0\n13,4,2.0\n"), "\(said.output) \(said.errors)")
    let alike = try Folder.run(
      "ingest ratings.csv items.csv -o o.ig", "user,item\n1,2\n", items: "3,4\n")
    #expect(alike.status == 0 && alike.errors.contains("2 interactions"), "\(alike.errors)")
  }

  @Test func inputsAreReadOnce() throws {
    let twice = try Folder.run(
      "ln -s ratings.csv l; ingest ratings.csv l -o o.ig", "user,item\n1,2\n")
    #expect(twice.status == 0 && twice.errors.contains("l: is named twice"), "\(twice.errors)")
    let input = try Folder.run("ingest - - < ratings.csv -o o.ig", "user,item\n1,2\n")
    #expect(input.status == 64 && input.errors.contains("can be read once only"), "\(input.errors)")
    let side = try Folder.run(
      "ingest - --items /dev/stdin -o o.ig < ratings.csv", "user,item\n1,2\n")
    #expect(side.status == 64 && side.errors.contains("can be read once only"), "\(side.errors)")
    let none = try Folder.run("ingest '' -o o.ig", "")
    #expect(none.status == 66 && none.errors.contains("'': cannot be opened"), "\(none.errors)")
  }

  @Test func titlesAndCategoriesOfTheSameFile() throws {
    let shop =
      "order,customer,sku,product_name,category,qty\n"
      + "1,ana,MUG,\"Mug, blue\",Home > Kitchen > Coffee & Tea,1\n1,ana,TEA,Tea,Food > Drinks,2\n"
      + "2,bo,MUG,Mug,Home,1\n2,bo,POT,,,1\n"
    let result = try Folder.run(
      "ingest ratings.csv --columns title=product_name,category=category -o out.ig && dump --to jsonl out.ig"
        + " && dump --items out.ig || dump out.ig", shop)
    #expect(
      result.errors.contains(
        "item in 3 'sku', title in 4 'product_name', category in 5 'category'"),
      "\(result.errors)")
    #expect(
      result.errors.contains(
        "titles for 2 of 3 items, 5 categories (a tree with ' > ', each level a category)"),
      "\(result.errors)")
    let refused = try Folder.run(
      "ingest ratings.csv --columns title=name -o out.ig", "user,item,title\na,x,X\n")
    #expect(refused.status == 65 && refused.errors.contains("has no column 'name'"))
    let vectors = try Folder.run(
      "ingest ratings.csv --columns category=c --category-vectors v -o out.ig",
      "user,item,c\na,x,X\n")
    #expect(vectors.status == 64)
  }

  /// Numbers of orders for users are of one row each.
  @Test func aUserForEachRowIsDoubted() throws {
    func errors(_ row: (Int) -> String, _ options: String = "") throws -> String {
      try Folder.run(
        "ingest ratings.csv \(options) -o out.ig",
        "user,item\n" + (0..<60).map { row($0) + "\n" }.joined()
      ).errors
    }
    #expect(try errors { "o\($0),p\($0 % 7)" }.contains("60 rows is of another of the users"))
    #expect(try errors { "u\($0 % 7),p\($0)" }.contains("60 rows is of another of the items"))
    #expect(try !errors { "u\($0 % 7),p\($0 % 11)" }.contains("of another of the"))
    #expect(
      try errors({ "u\($0 % 7),p\($0 % 11)" }, "--columns user=2,item=1").contains(
        "takes field 2, which is called 'item', for the user"))
  }
}
