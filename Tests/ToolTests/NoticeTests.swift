// Do the tools say what they read, what they left out and what nobody looked at?

import Foundation
import Support
import Testing

@Suite struct NoticeTests {
  /// Runs a command in a folder that holds `ratings.csv` and `items.csv`.
  private func run(_ command: String, _ ratings: String, items: String = "") throws -> Shell.Result
  {
    let folder = try Folder()
    _ = try folder.write("ratings.csv", ratings)
    _ = try folder.write("items.csv", items)
    return Shell.run("cd \(folder.path("")) && \(command)")
  }

  @Test func ingestSaysWhatItRead() throws {
    let result = try run(
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
      try run("ingest ratings.csv -o out.ig", "user,item,time\na,x,0\nb,y,711\n").errors
        .contains("no ratings, times of 0 to 711, which are no dates"))
    #expect(
      try run("ingest ratings.csv -o out.ig", "user,item\nNA,x\nb,y\nc,y\n").errors
        .contains("one of the users is 'NA', which may stand for none"))
  }

  @Test func nothingAndOddTimesAreSaid() throws {
    let empty = try run("ingest ratings.csv -o out.ig; s=$?; ls; exit $s", "user,item,rating\n")
    #expect(empty.status == 65 && empty.errors.contains("ratings.csv: no interaction is there"))
    #expect(!empty.output.contains("out.ig"))
    // Counted from 1601, as Windows does.
    let odd = try run("ingest ratings.csv -o out.ig", "user,item,time\na,x,133484543990000000\n")
    #expect(
      odd.status == 0 && odd.errors.contains("times from 1974-03-25 to 1974-03-25 are odd"),
      "\(odd.errors)")
    let joined = try run(
      "ingest ratings.csv -o out.ig",
      (0..<4000).map { "\($0),\($0 % 9),\($0 < 3000 ? $0 % 5 : 1_577_836_800 + $0)\n" }.joined())
    #expect(
      joined.status == 0 && joined.errors.contains("may hold times, as where files of two layouts"),
      "\(joined.errors)")
    let long = try run("ingest ratings.csv --delimiter 123456789 -o out.ig", "a,b\n")
    #expect(long.status == 64 && long.errors.contains("up to eight ASCII characters"))
  }

  @Test func partsOfATableAreReadAlike() throws {
    let named = "item,user,rating\n1,10,4\n2,11,5\n"
    for inputs in ["ratings.csv items.csv", "items.csv ratings.csv"] {
      let refused = try run("ingest \(inputs) -o out.ig", named, items: "3,12,1\n4,13,2\n")
      #expect(
        refused.status == 65
          && refused.errors.contains(
            "items.csv: has no header, and its columns would be read in another order than those of ratings.csv;"
              + " say which field holds what, as in --columns user=2,item=1,rating=3,time=none"),
        "\(refused.errors)")
    }
    let said = try run(
      "ingest -q ratings.csv items.csv --columns user=2,item=1,rating=3,time=none -o o.ig && dump --to csv o.ig",
      named, items: "3,12,1\n4,13,2\n")
    #expect(said.output.hasSuffix("12,3,1.0\n13,4,2.0\n"), "\(said.output) \(said.errors)")
    let alike = try run("ingest ratings.csv items.csv -o o.ig", "user,item\n1,2\n", items: "3,4\n")
    #expect(alike.status == 0 && alike.errors.contains("2 interactions"), "\(alike.errors)")
  }

  @Test func inputsAreReadOnce() throws {
    let twice = try run("ln -s ratings.csv l; ingest ratings.csv l -o o.ig", "user,item\n1,2\n")
    #expect(twice.status == 0 && twice.errors.contains("l: is named twice"), "\(twice.errors)")
    let input = try run("ingest - - < ratings.csv -o o.ig", "user,item\n1,2\n")
    #expect(input.status == 64 && input.errors.contains("can be read once only"), "\(input.errors)")
    let side = try run("ingest - --items /dev/stdin -o o.ig < ratings.csv", "user,item\n1,2\n")
    #expect(side.status == 64 && side.errors.contains("can be read once only"), "\(side.errors)")
    let none = try run("ingest '' -o o.ig", "")
    #expect(none.status == 66 && none.errors.contains("'': cannot be opened"), "\(none.errors)")
  }

  @Test func titlesAndCategoriesOfTheSameFile() throws {
    let shop =
      "order,customer,sku,product_name,category,qty\n"
      + "1,ana,MUG,\"Mug, blue\",Home > Kitchen > Coffee & Tea,1\n1,ana,TEA,Tea,Food > Drinks,2\n"
      + "2,bo,MUG,Mug,Home,1\n2,bo,POT,,,1\n"
    let result = try run(
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
    let refused = try run(
      "ingest ratings.csv --columns title=name -o out.ig", "user,item,title\na,x,X\n")
    #expect(refused.status == 65 && refused.errors.contains("has no column 'name'"))
    let vectors = try run(
      "ingest ratings.csv --columns category=c --category-vectors v -o out.ig",
      "user,item,c\na,x,X\n")
    #expect(vectors.status == 64)
  }

  @Test func binarizeFailsWhereNothingIsKept() throws {
    let rows = "user,item,rating\na,x,3\nb,y,4\n"
    for options in ["--min 5", "--min 5 --min-user 1", "--min-user 2", "--min-item 2"] {
      let result = try run(
        "ingest -q ratings.csv | binarize \(options) -o out.ig; s=$?; ls; exit $s", rows)
      #expect(result.status == 65)
      #expect(
        result.errors.contains(
          "none of its 2 interactions are kept; lower --min, --min-user or --min-item"),
        "\(options): \(result.errors)")
      #expect(!result.output.contains("out.ig"))
    }
    #expect(try run("ingest -q ratings.csv | binarize --min 4 -o out.ig", rows).status == 0)
  }

  @Test func ratingsThatNobodyLookedAt() throws {
    var rows = "user,item,rating\n"
    for (user, items) in SmallData.twoTastes().enumerated() {
      for item in items { rows += "\(user),\(item),\((user + Int(item)) % 3 * 2)\n" }
    }
    let warning = "ratings of 0 to 4 are not looked at: each counts as a like, the lowest too"
    let split = try run("ingest -q ratings.csv | split -o s.ig", rows)
    #expect(
      split.status == 0 && split.errors.contains("indgrm split: warning: \(warning)"),
      "\(split.errors)")
    let fit = try run("ingest -q ratings.csv | split -q | fit --model popularity -o m", rows)
    #expect(
      fit.status == 0 && fit.errors.contains("indgrm fit: warning: \(warning)"), "\(fit.errors)")
    // Dropped without a look they are no longer there for later tools to see.
    for options in ["", "--min-user 1", "--duplicates mean"] {
      let dropped = try run("ingest -q ratings.csv | binarize \(options) -o b", rows)
      #expect(
        dropped.status == 0 && dropped.errors.contains("indgrm binarize: warning: \(warning)"),
        "\(options): \(dropped.errors)")
    }
    let parts = try run(
      "ingest -q ratings.csv -o r && shard -q --into 2 r -o s && binarize s/part-00000.ig -o b",
      rows)
    #expect(parts.status == 0 && parts.errors.contains("are not looked at"), "\(parts.errors)")
    let kept = try run("ingest -q ratings.csv | binarize --min 1 --confidence linear -o b", rows)
    #expect(kept.status == 0 && !kept.errors.contains("looked at"), "\(kept.errors)")
    for use in [
      "score --model m", "explain --model m --top 1", "interpret --model m --only structure",
      "group-items --groups 2",
    ] {
      let used = try run(
        "ingest -q ratings.csv -o r && binarize -q --min 2 r | fit -q --model ials -o m && \(use) r -o o",
        rows)
      #expect(
        used.status == 0 && used.errors.contains("warning: \(warning)"), "\(use): \(used.errors)")
    }
    let liked = try run(
      "ingest -q ratings.csv | binarize --min 2 | split | fit --model popularity -o m", rows)
    #expect(liked.status == 0 && !liked.errors.contains("looked at"), "\(liked.errors)")
    let same = try run(
      "ingest -q ratings.csv | split -o s.ig",
      "user,item,rating\n"
        + (0..<40).map {
          "\($0 % 20),\($0 % 7),1\n"
        }.joined())
    #expect(!same.errors.contains("looked at"), "\(same.errors)")
  }

  /// What was kept stays noted when less of it is kept.
  @Test func twoFiltersAreBothNoted() throws {
    let run = try run(
      "ingest -q ratings.csv | binarize -q --min 2 --min-user 2 | binarize -q --min-item 1 | dump --header",
      "user,item,rating\na,x,5\na,y,4\nb,x,1\nb,y,3\n")
    #expect(run.output.contains("\"min\":2,\"min_item\":1,\"min_user\":2"), "\(run.output)")
  }

  @Test func inputsThatAddNothingAreNamed() throws {
    let header = try run(
      "head -1 ratings.csv > b.csv; ingest ratings.csv b.csv -o out.ig", "user,item,rating\na,x,5\n"
    )
    #expect(
      header.status == 0 && header.errors.contains("warning: b.csv: holds no interactions"),
      "\(header.errors)")
    let twice = try run(
      "ingest -q ratings.csv -o r && shard --into 2 r ./r -o parts", "user,item\na,x\nb,y\n")
    #expect(
      twice.status == 0 && twice.errors.contains("./r: is named twice, and its rows count twice"),
      "\(twice.errors)")
  }

  /// Numbers of orders for users are of one row each.
  @Test func aUserForEachRowIsDoubted() throws {
    func errors(_ row: (Int) -> String, _ options: String = "") throws -> String {
      try run(
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
