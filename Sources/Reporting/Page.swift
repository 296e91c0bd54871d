// How do sections become one page that needs nothing else?

import Interchange
import Plots
import Recommending

/// A table of text.
struct Table {
  struct Heading {
    let name: String
    /// The class of the column's cells.
    let style: String

    static func text(_ name: String) -> Heading { Heading(name: name, style: "") }
    static func number(_ name: String) -> Heading { Heading(name: name, style: "number") }
    /// Text that stays on one line.
    static func name(_ name: String) -> Heading { Heading(name: name, style: "name") }
  }

  let caption: String
  let columns: [Heading]
  /// What follows a line break in a cell is set smaller below it.
  let rows: [[String]]

  /// Whether a narrow screen has no room for its columns, and shows the cells of a row below each other.
  var stacks: Bool { columns.count > 3 && columns.count { $0.style != "number" } > 1 }
}

/// What a section is made of.
enum Block {
  case text(String)
  /// What is to be known, each with words before it that say of what.
  case points([(String, String)])
  /// A figure with a sentence that says what to see in it.
  case figure(Figure, String)
  case table(Table)
  /// Why something is not here.
  case omitted(String)
}

/// A part of the page under a heading.
struct Section {
  let identifier: String
  let title: String
  let blocks: [Block]

  init(_ identifier: String, _ title: String, _ blocks: [Block]) {
    self.identifier = identifier
    self.title = title
    self.blocks = blocks
  }

  /// Whether all it says is why it is not here.
  var isOmitted: Bool {
    blocks.allSatisfy { if case .omitted = $0 { true } else { false } }
  }
}

/// The whole report.
struct Page {
  let title: String
  let sections: [Section]
  /// What few will want to look up.
  let appendix: [Section]
  let notes: Provenance

  /// All figures in the order of the page.
  var figures: [Figure] {
    (sections + appendix).flatMap(\.blocks).compactMap {
      if case .figure(let figure, _) = $0 { figure } else { nil }
    }
  }

  /// The HTML, which is well-formed XML too.
  var html: String {
    var text = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <title>\(Markup.escaped(title))</title>
      <style>
      \(Self.sheet)
      \(PlotStyle.sheet)</style>
      </head>
      <body>
      <header>
      <h1>\(Markup.escaped(title))</h1>
      </header>
      <main>

      """
    var numbers = (figure: 0, table: 0)
    for (place, section) in sections.enumerated() {
      text += render(section, place == 0 ? "" : "\(place). ", &numbers)
      if place == 0 { text += contents }
    }
    if !appendix.isEmpty { text += "<h1 id=\"appendix\">Appendix</h1>\n" }
    for (place, section) in appendix.enumerated() {
      text += render(section, "A\(place + 1). ", &numbers)
    }
    text += "</main>\n<footer>\n<h2>How the model was made</h2>\n<pre>"
    text += Markup.lines(notes.commands)
    return text + "</pre>\n</footer>\n</body>\n</html>\n"
  }

  /// The sections behind the summary, by name.
  private var contents: String {
    func entries(_ sections: some Collection<Section>) -> String {
      sections.map { "<li><a href=\"#\($0.identifier)\">\(Markup.escaped($0.title))</a></li>\n" }
        .joined()
    }
    let more = appendix.isEmpty ? "" : "<li><a href=\"#appendix\">Appendix</a></li>\n"
    return "<nav aria-label=\"Sections\"><ol>\n\(entries(sections.dropFirst()))\(more)</ol></nav>\n"
  }

  private func render(
    _ section: Section, _ number: String, _ numbers: inout (figure: Int, table: Int)
  ) -> String {
    var text = "<section id=\"\(section.identifier)\">\n"
    text += "<h2>\(number)\(Markup.escaped(section.title))</h2>\n"
    for block in section.blocks { text += render(block, &numbers) }
    return text + "</section>\n"
  }

  private func render(_ block: Block, _ numbers: inout (figure: Int, table: Int)) -> String {
    switch block {
    case .text(let words): return "<p>\(Markup.escaped(words))</p>\n"
    case .points(let points):
      let lines = points.map {
        "<li><b>\(Markup.escaped($0.0))</b> \(Markup.escaped($0.1))</li>\n"
      }
      return "<ul class=\"points\">\n\(lines.joined())</ul>\n"
    case .omitted(let reason):
      return "<p class=\"absent\">Not shown: \(Markup.escaped(reason))</p>\n"
    case .figure(let figure, let words):
      numbers.figure += 1
      return
        "<figure id=\"\(figure.identifier)\">\n<div class=\"picture\">\(figure.inline)</div>"
        + "<div class=\"picture narrow\">\(figure.narrow)</div><figcaption>"
        + "<b>Figure \(numbers.figure).</b> \(Markup.escaped(words))</figcaption>\n</figure>\n"
    case .table(let table):
      numbers.table += 1
      return render(table, numbers.table)
    }
  }

  private func render(_ table: Table, _ number: Int) -> String {
    func cells(_ row: [String], _ tag: String) -> String {
      zip(row, table.columns).enumerated().map { place, pair in
        let (cell, column) = pair
        let named = table.stacks && place > 0 ? " data-name=\"\(Markup.escaped(column.name))\"" : ""
        let scope = tag == "th" ? " scope=\"col\"" : named
        let style = column.style.isEmpty ? "" : " class=\"\(column.style)\""
        let lines = cell.split(separator: "\n", maxSplits: 1).map { Markup.escaped(String($0)) }
        let below = lines.count > 1 ? "<br/><small>\(lines[1])</small>" : ""
        return "<\(tag)\(scope)\(style)>\(lines.first ?? "")\(below)</\(tag)>"
      }.joined()
    }
    let style = table.stacks ? "table stack" : "table"
    // Beside the table and not in it, so that it does not scroll away with wide ones.
    var text = "<div class=\"\(style)\"><p class=\"caption\" id=\"table-\(number)\">"
    text += "<b>Table \(number).</b> \(Markup.escaped(table.caption))</p>\n"
    text += "<div class=\"wide\"><table aria-labelledby=\"table-\(number)\">\n"
    text += "<thead><tr>\(cells(table.columns.map(\.name), "th"))</tr></thead>\n<tbody>\n"
    for row in table.rows { text += "<tr>\(cells(row, "td"))</tr>\n" }
    return text + "</tbody>\n</table></div></div>\n"
  }

  private static let sheet = """
    :root{color-scheme:light dark;--surface:#fff;--ink:#1f2328;--soft:#59636e;--edge:#d5dae0;--link:#1f5fae}
    @media screen and (prefers-color-scheme:dark){
    :root{--surface:#16191d;--ink:#e8eaed;--soft:#a3abb5;--edge:#3a424b;--link:#7db5f5}
    }
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:820px;padding:24px 30px 60px;background:var(--surface);color:var(--ink)}
    body{font:16px/1.55 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
    h1{overflow-wrap:anywhere;font-size:28px;line-height:1.2;margin:12px 0 4px}
    h2{font-size:21px;margin:48px 0 8px;padding-top:12px;border-top:1px solid var(--edge)}
    a{color:var(--link)}
    nav ol{columns:2;padding-left:22px;margin:12px 0}
    figure{margin:24px 0;break-inside:avoid}
    figure svg{display:block;max-width:100%;height:auto}
    figcaption,.caption{font-size:14px;line-height:1.45;color:var(--soft);overflow-wrap:anywhere}
    figcaption{margin-top:8px}
    figcaption b,.caption b{color:var(--ink)}
    .table{margin:20px 0}
    .wide,.picture{overflow-x:auto}
    .narrow{display:none}
    .points{padding-left:20px}
    .points li{margin:6px 0}
    table{border-collapse:collapse;width:100%;font-size:13.5px;line-height:1.4}
    .caption{margin:0 0 6px}
    th,td{padding:5px 12px 5px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--edge)}
    th{font-weight:600;vertical-align:bottom}
    small{font-size:12px;color:var(--soft)}
    .name{white-space:nowrap}
    .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
    th:last-child,td:last-child{padding-right:0}
    tr{break-inside:avoid}
    .absent{color:var(--soft);font-style:italic}
    pre{font-size:13px;white-space:pre-wrap;overflow-wrap:anywhere;color:var(--soft)}
    @media screen and (max-width:700px){
    body{padding:14px 14px 40px}
    h1{font-size:23px}
    nav ol{columns:1}
    .picture{display:none}
    .narrow{display:block}
    .picture svg{max-width:none}
    table{font-size:14px}
    th.number{white-space:normal}
    .stack thead,.stack td:empty{display:none}
    .stack tr{display:block;padding:8px 0;border-bottom:1px solid var(--edge)}
    .stack td{display:block;padding:1px 0;text-align:left;border:0}
    .stack td:first-child{font-weight:600}
    .stack td+td::before{content:attr(data-name) ": ";color:var(--soft)}
    }
    @page{margin:12mm}
    @media print{
    body{max-width:none;padding:0;font-size:11pt}
    h1,h2,.caption,thead,tbody tr:first-child:not(:last-child){break-after:avoid}
    p,li{break-inside:avoid}
    .wide,.picture{overflow:visible}
    figure{display:flex;gap:5mm;margin:5mm 0}
    figure .picture:not(.narrow){flex:0 0 72%}
    figure svg{max-height:12cm;width:auto}
    figcaption{font-size:9pt;margin-top:0}
    nav{display:none}
    }
    """
}

extension Markup {
  /// Text of several lines, safe as content.
  static func lines(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { escaped(String($0)) }
      .joined(separator: "\n")
  }
}
