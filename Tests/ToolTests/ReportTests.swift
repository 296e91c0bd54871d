// Is a report whole, self-contained and honest about what it lacks?

import Foundation
import FoundationXML
import Support
import Testing

private let small = "--set epochs=4 --set width=16 --set latent=8 --set batch=20 --set ard=on"

/// The first line of a file of series.
private let heading = "figure\tmetric\tseries\tuser clusters\tmean\terror\n"

/// A split of two tastes whose titles and categories would break a page that does not escape them.
private func split(
  in folder: Folder, genres: (Int) -> String = { $0 < 15 ? "A<b>|C" : "B&" }
) throws -> String {
  var ratings = "userId,movieId,rating,timestamp\n"
  for (user, items) in SmallData.twoTastes(users: 80, items: 30).enumerated() {
    for (place, item) in items.enumerated() {
      ratings += "\(user + 1),\(item + 100),5,\(1000 + user * 50 + place)\n"
    }
  }
  var titles = "movieId,title,genres\n"
  for item in 0..<30 {
    titles +=
      "\(item + 100),\"<script>\(item)</script> & \"\"so\"\" on\",\(genres(item))\n"
  }
  let path = folder.path("all.x")
  let run = Shell.run(
    "ingest \(try folder.write("r.csv", ratings)) --items \(try folder.write("i.csv", titles))"
      + " | split --test 0.3 -o \(path)")
  #expect(run.status == 0, "\(run.errors)")
  return path
}

private func contents(_ path: String) throws -> String {
  try String(contentsOfFile: path, encoding: .utf8)
}

/// Whether text is well-formed XML.
private func isWellFormed(_ text: String) -> Bool {
  XMLParser(data: Data(text.utf8)).parse()
}

/// Whether a page or an image would load anything.
private func loadsNothing(_ text: String) -> Bool {
  let own = text.components(separatedBy: "xmlns=\"http://www.w3.org/2000/svg\"").joined()
  return ["http", "src=", "url(", "@import", "<link", "<script", "<iframe"].allSatisfy {
    !own.contains($0)
  }
}

@Suite(.serialized) struct ReportTests {
  @Test func aFullReportHasAllItsSections() throws {
    let folder = try Folder()
    let data = try split(in: folder)
    let model = folder.path("m.model")
    let made = Shell.run(
      "cd \(folder.path("")) && fit \(small) --log-json fit.jsonl all.x -o m.model"
        + " && score --model m.model --top 20 all.x -o m.recs"
        + " && metrics --truth all.x --at 5,10 --format json m.recs -o small.json"
        + " && fit --model ease all.x | score --model - all.x | metrics --truth all.x --at 5,10 "
        + "--format json - -o ease.json"
    )
    #expect(made.status == 0, "\(made.errors)")
    _ = try folder.write(
      "varied.tsv", heading + "By <size>\tndcg@10\tindgrm\t20\t0.3\t0.01\n")
    let digest = try #require(
      Shell.run("dump --stats \(model) | sed 's/.*\"digest\":\"\\([0-9a-f]*\\)\".*/\\1/'").output
        .split(separator: "\n").first)
    func card(_ digest: some StringProtocol) -> String {
      "{\"intended_use\":\"lists for <us>\",\"not_for\":\"others\",\"model_digest\":\"\(digest)\",\"data\":"
        + "{\"rows\":1234,\"users\":5,\"items\":6,\"oldest\":0,\"newest\":86400},\"commands\":[\"a & b\"],"
        + "\"figures\":{\"metric\":\"ndcg@10\",\"mean\":0.5,\"interval\":{\"low\":0.4,\"high\":0.6},\"later\":0.45}}"
    }
    _ = try folder.write("card.json", card(digest))
    let other = try folder.write("other.json", card("0123456789abcdef"))
    let refused = Shell.run("report --model \(model) --card \(other)")
    #expect(refused.status == 65 && refused.errors.contains("belong together"))
    let command =
      "cd \(folder.path("")) && report --card card.json --model \(model) --data \(data) --fit-log fit.jsonl"
      + " --recommendations m.recs --metrics small.json --metrics ease.json --series varied.tsv --figures svg"
    let run = Shell.run("\(command) -o page.html && \(command) --threads 1 -o again.html")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("12 of 12 sections"))
    let page = try contents(folder.path("page.html"))
    for name in [
      "summary", "card", "numbers", "accuracy", "series", "training", "clusters", "groups",
      "mapping", "traversals", "data", "explanations",
    ] { #expect(page.contains("<section id=\"\(name)\">"), "\(name)") }
    // A base rate would hide what tells items apart.
    #expect(isWellFormed(page) && loadsNothing(page) && !page.contains(">base rate</text>"))
    for text in [
      "score beyond the base rate", "is left out: all items have it alike.", "In short",
      "category-pairs",
      "lists for &lt;us&gt;", "1970-01-01 to 1970-01-02", "0.5000 (95 % interval 0.4000 to 0.6000)",
      "not put in use, 0.4500",
    ] { #expect(page.contains(text), "\(text)") }
    #expect(page.contains("&lt;script&gt;"))
    #expect(page.contains("<td>ease</td>"))
    #expect(page.utf8.count < 3_000_000)
    #expect(try page == contents(folder.path("again.html")))

    let figures = try FileManager.default.contentsOfDirectory(atPath: folder.path("svg")).sorted()
    #expect(figures.count == page.components(separatedBy: "<figure ").count - 1)
    for name in figures {
      let text = try contents(folder.path("svg/\(name)"))
      #expect(name.hasSuffix(".svg") && isWellFormed(text) && loadsNothing(text), "\(name)")
      #expect(page.contains("<figure id=\"\(name.dropLast(4))\">"), "\(name)")
    }
    #expect(folder.names.allSatisfy { !$0.hasSuffix(".tmp") })
  }

  @Test func whatIsMissingIsSaid() throws {
    let folder = try Folder()
    let data = try split(in: folder)
    let made = Shell.run(
      "cd \(folder.path("")) && fit \(small) \(data) -o m.model && fit --model ease \(data) -o "
        + "e.model"
        + " && fit \(small) --set item-groups=off \(data) -o n.model")
    #expect(made.status == 0, "\(made.errors)")
    let alone = Shell.run("report --model \(folder.path("m.model"))")
    #expect(alone.status == 0, "\(alone.errors)")
    #expect(isWellFormed(alone.output))
    for word in ["--data", "--metrics", "--series", "--fit-log"] {
      // Said to who draws the page, not to who reads it.
      #expect(alone.errors.contains(word) && !alone.output.contains(word), "\(word)")
    }
    let linear = Shell.run("report --model \(folder.path("e.model")) --data \(data)")
    #expect(linear.status == 0, "\(linear.errors)")
    #expect(linear.errors.contains("show no user clusters"))
    #expect(linear.output.contains("id=\"explanation-1\""))
    let plain = Shell.run("report --model \(folder.path("n.model")) --data \(data)")
    #expect(plain.status == 0, "\(plain.errors)")
    #expect(plain.errors.contains("no item groups"))
    #expect(plain.output.contains("id=\"cluster-sizes\""))
  }

  /// Ids of users, which may be addresses, are on the page only where they are asked for; people come with sentences.
  @Test func peopleHaveNoNamesUnlessAsked() throws {
    let folder = try Folder()
    let made = Shell.run(
      "cd \(folder.path("")) && simulate --users 120 --items 60 --interactions 3000 | dump --to csv -"
        + " | sed '2,$s/^/customer/; 2,$s/,/@example.org,/' | ingest -q - | split -q -o s.x"
        + " && fit -q \(small) s.x -o s.model && score -q --model s.model s.x -o s.recs"
        + " && report --model s.model --data s.x --recommendations s.recs -o page.html"
        + " && report --model s.model --data s.x --recommendations s.recs --show-ids -o ids.html")
    #expect(made.status == 0, "\(made.errors)")
    let (page, ids) = (
      try contents(folder.path("page.html")), try contents(folder.path("ids.html"))
    )
    #expect(!page.contains("@example.org") && ids.contains("@example.org"))
    #expect(page.contains("User A has ") && page.contains("Parts of the scores of user A"))
    let order = [
      "id=\"summary\"", "id=\"explanations\"", "id=\"clusters\"", "id=\"appendix\"",
      "id=\"numbers\"",
    ]
    .compactMap { page.range(of: $0)?.lowerBound }
    #expect(order.count == 5 && order == order.sorted())
    for words in ["What it has seen.", "Why it recommends.", "What it does not know."] {
      #expect(page.contains(words), "\(words)")
    }
  }

  @Test func severalLogsAreComparedUnderTheirNames() throws {
    let folder = try Folder()
    let other = """
      {"epoch":1,"event":"epoch","seconds":1,"validation":0.2,"validation_metric":"ndcg@100"}
      {"epoch":2,"event":"epoch","seconds":4,"validation":0.9,"validation_metric":"ndcg@100"}
      {"epoch":3,"event":"epoch","seconds":4,"validation":0.8,"validation_metric":"ndcg@100"}

      """
    let recall = other.replacingOccurrences(of: "ndcg@100", with: "recall@20")
    let made = Shell.run(
      "cd \(folder.path("")) && mkdir sub && simulate --users 100 --items 40 --interactions 2000 | "
        + "split -o s.x && fit \(small) --log-json own.jsonl s.x -o s.model"
        + " && fit --model ease --log-json ease.jsonl s.x -o e.model && cp own.jsonl sub/a=b.log")
    #expect(made.status == 0, "\(made.errors)")
    _ = try folder.write("other.jsonl", other)
    _ = try folder.write("recall.jsonl", recall)
    func report(_ words: String) throws -> (page: String, errors: String, status: Int32) {
      let run = Shell.run("cd \(folder.path("")) && report --model s.model \(words)")
      #expect(run.status != 0 || isWellFormed(run.output), "\(words): \(run.errors)")
      return (run.output, run.errors, run.status)
    }

    let one = try report("--fit-log own.jsonl").page
    #expect(one.contains("id=\"training-validation\"") && one.contains("id=\"training-1\""))
    #expect(!one.contains("training-seconds"))

    let all = try report(
      "--fit-log own.jsonl --fit-log '<b>=other.jsonl' --fit-log ease.jsonl --fit-log ./sub/a=b.log"
    ).page
    for words in [
      "id=\"training-validation\"", "id=\"training-seconds\"", "Loss by epoch: own<",
      "<td>&lt;b&gt;</td>", "<td>a=b</td>", "curves of ease, fitted at once",
      "The highest is &lt;b&gt;&#39;s: 0.9000 at epoch 2.", "is &lt;b&gt;, after 5.0 s.",
    ] { #expect(all.contains(words), "\(words)") }
    // A title and a heading of the model's own alone, in two widths.
    #expect(all.components(separatedBy: "Loss by epoch").count == 5)

    let mixed = try report("--fit-log own.jsonl --fit-log other.jsonl --fit-log recall.jsonl").page
    #expect(mixed.contains(">recall@20</text>") && !mixed.contains("The highest is"))
    // Files of the same short name are called by their paths.
    let paths = try report("--fit-log own.jsonl --fit-log own=other.jsonl").page
    #expect(paths.contains("<td>own.jsonl</td>") && paths.contains("<td>own</td>"))

    let many = String(repeating: "--fit-log own.jsonl ", count: 25)
    for (words, reason) in [
      ("--fit-log a=own.jsonl --fit-log a=other.jsonl", "the name 'a' is given twice"),
      ("--fit-log own.jsonl --fit-log own.jsonl", "the name 'own.jsonl' is given twice"),
      ("--fit-log =own.jsonl", "is not NAME=FILE"), ("--fit-log a=", "is not NAME=FILE"),
      (many, "no more than 24 logs"),
    ] {
      let bad = try report(words)
      #expect(bad.status == 64 && bad.errors.contains(reason), "\(words): \(bad.errors)")
    }
    _ = try folder.write("bad.jsonl", "# a log\n\n\(other)hello\n")
    let bad = try report("--fit-log own.jsonl --fit-log bad.jsonl")
    #expect(bad.status == 65 && bad.errors.contains("bad.jsonl: line 6 is not"), "\(bad.errors)")
  }

  /// A small model to draw reports of.
  private func popularity(in folder: Folder) -> String {
    let run = Shell.run(
      "cd \(folder.path("")) && printf 'u,a,5\\nu,b,5\\nv,b,5\\n' | ingest | fit --model popularity - "
        + "-o p.model")
    #expect(run.status == 0, "\(run.errors)")
    return folder.path("p.model")
  }

  @Test func seriesAreDrawnWithTheirErrors() throws {
    let folder = try Folder()
    let model = popularity(in: folder)
    let series = try folder.write(
      "a.tsv",
      "# means\r\n\n" + heading + """
        By clusters\tndcg@10\tindgrm\t20\t0.25\t0.01
        By clusters\tndcg@10\tindgrm\t3\t0.5\t
        By clusters\trecall@10\tindgrm\t3\t0.125\t0.02

        By clusters\tndcg@10\t<b>\t3\t-1.5e-1\t0
        Another\tndcg@10\tindgrm\t1e12\t-1e12\t1e12
        Another\tndcg@10\tindgrm\t-1e-320\t1e12\t1
        """)
    let run = Shell.run(
      "cd \(folder.path("")) && report --model \(model) --series \(series) --series a.tsv --figures svg"
    )
    #expect(run.status == 0, "\(run.errors)")
    #expect(isWellFormed(run.output) && loadsNothing(run.output))
    for words in [
      "id=\"series-1\"", "id=\"series-4\"", ">By clusters</text>",
      "<th scope=\"col\" class=\"number\">20<",
      "0.2500<br/><small>±\u{A0}0.0100</small>", ">0.5000</td>", ">−0.1500<br/>",
      "ndcg@10 peaks at 0.5000 (indgrm, user clusters: 3).", "one standard error",
      ">&lt;b&gt;</td>",
    ] { #expect(run.output.contains(words), "\(words)") }
    #expect(!run.output.contains("recall@10 peaks"))
    #expect(folder.names.contains("svg"))
    let figures = try FileManager.default.contentsOfDirectory(atPath: folder.path("svg"))
    #expect(figures.count { $0.hasPrefix("series-") } == 4)
  }

  @Test func malformedSeriesAreRefusedWithTheirLine() throws {
    let folder = try Folder()
    let model = popularity(in: folder)
    let tooMany = (0..<25).map { "f\tm\ts\($0)\t1\t2\t" }.joined(separator: "\n")
    let cases: [(text: String, reason: String)] = [
      ("", "is empty"), ("# nothing\n\n", "is empty"),
      (heading, "has a heading and no lines below"),
      ("hello\n", "line 1: the columns must be"),
      ("figure\tmetric\tseries\t\tmean\terror\n", "line 1: the columns must be"),
      ("\u{FEFF}" + heading, "has a heading and no lines below"),
      (heading + "f\tm\ts\t1\t2\n", "line 2: has 5 columns, not 6"),
      (heading + "f\tm\ts\t1\t2\t3\t4\n", "line 2: has 7 columns"),
      (heading + "#\n\nf\tm\ts\tx\t2\t\n", "line 4: user clusters 'x' is not a number"),
      (heading + "f\tm\ts\t1\tnan\t\n", "line 2: mean 'nan'"),
      (heading + "f\tm\ts\t1\t\t\n", "line 2: mean ''"),
      (heading + "f\tm\ts\t1\t0x10\t\n", "line 2: mean '0x10'"),
      (heading + "f\tm\ts\t1\t2e12\t\n", "line 2: mean '2e12'"),
      (heading + "f\tm\ts\t1\t1\t1e999\n", "line 2: error '1e999'"),
      (heading + "f\tm\ts\t1\t1\t-1\n", "line 2: error is below 0"),
      (heading + "\tm\ts\t1\t1\t1\n", "line 2: figure is empty"),
      (heading + "f\tm\t\t1\t1\t1\n", "line 2: series is empty"),
      (heading + "f\tm\ts\t1\t1\t1\nf\tm\ts\t1.0\t2\t1\n", "line 3: the series has a mean there"),
      (heading + tooMany, "line 26: there are more than 24 series"),
      (
        heading + (0..<13).map { "f\tm\($0)\ts\t1\t2\t" }.joined(separator: "\n"),
        "line 14: there are more than 12 metrics"
      ),
      (
        heading + (0..<101).map { "f\($0)\tm\ts\t1\t2\t" }.joined(separator: "\n"),
        "line 102: there are more than 100 figures"
      ),
      (
        heading + (0..<2001).map { "f\tm\ts\t\($0)\t2\t" }.joined(separator: "\n"),
        "line 2002: there are more than 2000 points"
      ),
    ]
    for (text, reason) in cases {
      let path = try folder.write("bad.tsv", text)
      let run = Shell.run("report --model \(model) --series \(path) -o \(folder.path("page.html"))")
      #expect(run.status == 65, "\(reason): \(run.status) \(run.errors)")
      #expect(run.errors.hasPrefix("indgrm report: \(path): \(reason)"), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
      #expect(!folder.names.contains("page.html"), "\(reason) left a page")
    }
    let binary = Shell.run(
      "printf '\\xff\\n' | report --model \(model) --series - -o \(folder.path("page.html"))")
    #expect(binary.status == 65 && binary.errors.contains("line 1 is not UTF-8"))
    #expect(Shell.run("report --model \(model) --series /nonexistent").status == 66)
  }

  /// A category in a tree is called by its last level, and by the whole way where others end in that.
  @Test func levelsOfATreeHaveShortNamesOfTheirOwn() throws {
    let folder = try Folder()
    let data = try split(in: folder) {
      $0 < 15 ? "Home > Bath" : $0 < 22 ? "Home > Bed" : "Garden > Bath"
    }
    let (model, page) = (folder.path("m.model"), folder.path("r.html"))
    let run = Shell.run(
      "fit -q \(small) \(data) -o \(model) && report --model \(model) --data \(data) -o \(page)")
    #expect(run.status == 0, "\(run.errors)")
    let text = try contents(page)
    #expect(text.contains("Home &gt; Bath") && text.contains("Garden &gt; Bath"))
    #expect(text.contains("Bed") && !text.contains("Home &gt; Bed"))
  }

  @Test func itemsNeedNoCategories() throws {
    let folder = try Folder()
    let run = Shell.run(
      "cd \(folder.path("")) && simulate --users 150 --items 60 --interactions 4000 -o s.ig"
        + " && fit \(small) s.ig -o s.model && report --model s.model --data s.ig -o s.html")
    #expect(run.status == 0, "\(run.errors)")
    #expect(isWellFormed(try contents(folder.path("s.html"))))
  }

  @Test func badInputsAreOneLineAndLeaveNoPage() throws {
    let folder = try Folder()
    let data = try split(in: folder)
    let model = folder.path("m.model")
    let other = folder.path("other.ig")
    let made = Shell.run(
      "fit --model popularity \(data) -o \(model)"
        + " && printf 'u,nowhere,5\\nv,nothing,5\\n' | ingest -o \(other)"
        + " && score --model \(model) \(data) -o \(folder.path("r.recs"))"
        + " && fit --model popularity \(other) -o \(folder.path("o.model"))")
    #expect(made.status == 0, "\(made.errors)")
    let text = try folder.write("text", "hello\n")
    let empty = try folder.write("empty", "")
    let noRows = try folder.write("rows.json", "{\"rows\": []}")
    let badRow = try folder.write("row.json", "{\"rows\": [{\"group\": \"all\", \"n\": 5}]}")
    let compared = try folder.write("two.json", "{\"nameA\": \"a\", \"rows\": [1]}")
    let badLog = try folder.write("bad.jsonl", "{\"event\":\"epoch\"}\n")
    let out = folder.path("page.html")
    let report = "report --model \(model) -o \(out)"
    let cases: [(String, Int32)] = [
      ("report --model \(data) -o \(out)", 65), ("report --model /nonexistent -o \(out)", 66),
      ("report -o \(out)", 64), ("\(report) --data \(other)", 65), ("\(report) --data \(text)", 65),
      ("\(report) --data \(model)", 65), ("\(report) --metrics \(text)", 65),
      ("\(report) --metrics \(empty)", 65), ("\(report) --metrics \(noRows)", 65),
      ("\(report) --metrics \(badRow)", 65), ("\(report) --metrics \(compared)", 65),
      ("\(report) --fit-log \(text)", 65), ("\(report) --fit-log \(empty)", 65),
      ("\(report) --fit-log \(badLog)", 65), ("\(report) --recommendations \(data)", 65),
      (
        "report --model \(folder.path("o.model")) --recommendations \(folder.path("r.recs")) -o "
          + "\(out)",
        65
      ), ("\(report) --figures \(text)", 73), ("\(report) --figures /nonexistent/a", 73),
      ("report --model \(model) -o /nonexistent/page.html", 73),
      ("report --model \(model) > /dev/full", 74),
    ]
    for (command, status) in cases {
      let run = Shell.run(command)
      #expect(run.status == status, "\(command): \(run.status) \(run.errors)")
      let lines = run.errors.split(separator: "\n").count
      #expect((1...2).contains(lines), "\(command): \(run.errors)")
      #expect(run.errors.hasPrefix("indgrm report: "), "\(command): \(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: out), "\(command) left a page")
    }
    #expect(folder.names.allSatisfy { !$0.hasSuffix(".tmp") })
  }
}
