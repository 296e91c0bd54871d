// Is every chart well-formed, whatever the words and numbers in it?

import Foundation
import FoundationXML
import Testing

@testable import Plots

/// Words that would break a document that does not escape them.
private let nasty = "<b>\"Tom\" & 'Jerry'</b> \u{0}\u{7}\u{202E}]]> ünïcode 映画 🎬"

/// Numbers that would break a chart that does not look.
private let odd: [Double] = [0, 1, -3, .nan, .infinity, -.infinity, 1e-300, 4e200]

/// Every chart with an orderly and a disorderly set of values.
private let charts: [any Chart] = [[1, 2, 3, 5], odd, [], [7]].flatMap { values -> [any Chart] in
  let points = values.enumerated().map {
    LineChart.Point(x: Double($0.offset), y: $0.element, interval: 0...1)
  }
  let line = LineChart([.init(nasty, points), .init("b", [])], x: nasty, y: nasty)
  return [
    line,
    LineChart([.init(nasty, points)], x: "x", y: "y", startsAtZero: true, logarithmic: true),
    Histogram(values, x: nasty, y: nasty),
    Histogram(counts: values.filter { abs($0) < 1e6 }.map { Int($0) }, x: nasty, y: nasty),
    BarChart(values.map { .init(nasty, $0, text: nasty, interval: -1...2) }, x: nasty),
    BarChart(values.map { .init(nasty, $0, text: "1") }, x: nasty, mark: .point),
    StackedBars(
      parts: values.map { "\($0) \(nasty)" },
      [.init(nasty, values), .init("-", values.reversed())],
      x: nasty, endsInRest: true),
    HeatMap(
      rows: [nasty, "b"], columns: values.map { "\($0)\(nasty)" }, values: [values, values],
      texts: [values.map { "\($0)" }, []], shading: .aroundZero, rowLabel: nasty,
      columnLabel: nasty, key: (nasty, nasty)),
    HeatMap(
      rows: ["a"], columns: values.map { _ in "" }, values: [values], shading: .fromZero,
      rowLabel: "", columnLabel: "", key: ("0", "1"), limit: 0),
    SmallMultiples(
      [(nasty, line), ("b", line), ("c", line)], columns: 2, legend: Legend([nasty, "b"])),
    SmallMultiples([], columns: 3),
  ]
}

/// Collects the text and the attributes of a document.
private final class Reader: NSObject, XMLParserDelegate {
  var text = ""
  var attributes: [String] = []
  var names: [String] = []

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes found: [String: String]
  ) {
    names.append(name)
    attributes += found.values
  }
}

private func read(_ text: String) -> Reader? {
  let reader = Reader()
  let parser = XMLParser(data: Data(text.utf8))
  parser.delegate = reader
  return parser.parse() ? reader : nil
}

@Suite struct FigureTests {
  @Test(arguments: charts.indices)
  func chartsAreWellFormed(_ index: Int) throws {
    let figure = Figure("f-\(index)", title: nasty, summary: nasty, chart: charts[index])
    for text in [figure.inline, figure.narrow, figure.standalone] {
      let reader = try #require(read(text), "chart \(index)")
      #expect(reader.names.prefix(3) == ["svg", "title", "desc"])
      #expect(reader.attributes.allSatisfy { !$0.contains("nan") && !$0.contains("inf") })
      #expect(reader.text.contains("<b>\"Tom\" & 'Jerry'</b>"))
      #expect(!text.contains("<b>"))
    }
  }

  @Test func onlyFilesOfTheirOwnCarryAStyleAndANamespace() {
    let figure = Figure(
      "f", title: "t", summary: "s", chart: BarChart([.init("a", 1, text: "1")], x: "x"))
    #expect(figure.standalone.contains("<style>"))
    #expect(figure.standalone.contains("xmlns="))
    #expect(!figure.inline.contains("<style>"))
    #expect(!figure.inline.contains("xmlns="))
    #expect(!figure.standalone.contains("url("))
    // Both are in a page.
    #expect(
      figure.narrow.contains("id=\"f-narrow-title\"") && figure.narrow.contains("width=\"340\""))
  }

  @Test func everyClassHasARule() throws {
    for (index, chart) in charts.enumerated() {
      let figure = Figure("f", title: "t", summary: "s", chart: chart)
      for part in figure.standalone.components(separatedBy: "class=\"").dropFirst() {
        for name in part.prefix(while: { $0 != "\"" }).split(separator: " ") {
          #expect(PlotStyle.sheet.contains(".\(name)") || name == "plot", "\(name) in \(index)")
        }
      }
    }
  }

  @Test func linesAreToldApartByColourAndPattern() throws {
    func looks(_ count: Int) -> Set<String> {
      let lines = (0..<count).map {
        LineChart.Series("\($0)", [.init(x: 0, y: 0), .init(x: 1, y: 1)])
      }
      let text = Figure(
        "f", title: "t", summary: "s", chart: LineChart(lines, x: "x", y: "y", legend: false)
      ).inline
      return Set(
        text.components(separatedBy: "<polyline ").dropFirst().compactMap { part in
          part.components(separatedBy: "class=\"").dropFirst().first?
            .split(separator: "\"").first.map(String.init)
        })
    }
    #expect(looks(PlotStyle.lineCount).count == PlotStyle.lineCount)
    #expect(looks(100).count == PlotStyle.lineCount)
  }

  @Test func pointsAreShownWhereTheyAreFew() {
    func circles(_ counts: [Int]) -> Int {
      let lines = counts.map { count in
        LineChart.Series("a", (0..<count).map { .init(x: Double($0), y: 1) })
      }
      let text = Figure("f", title: "t", summary: "s", chart: LineChart(lines, x: "x", y: "y"))
      return text.inline.components(separatedBy: "<circle ").count - 1
    }
    #expect(circles([5, 7]) == 12)
    // One look for all lines; what is no line stays in sight.
    #expect(circles([5, 50]) == 0)
    #expect(circles([1, 50]) == 1)
  }

  @Test func textIsEscapedAndFitted() {
    #expect(Markup.escaped("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#39;")
    #expect(Markup.escaped("a\u{0}b\u{1B}c") == "a\u{FFFD}b\u{FFFD}c")
    #expect(Markup.escaped("映画 🎬") == "映画 🎬")
    #expect(Markup.fitted("short", in: 100) == "short")
    let cut = Markup.fitted("a very long title of a film", in: 60)
    #expect(cut.hasSuffix("…") && cut.count < 12)
    #expect(Markup.width(cut) <= 60)
    #expect(Markup.fitted("x", in: 0) == "…")
  }

  @Test func barsAreAsLongAsTheirValues() throws {
    let chart = BarChart([.init("a", 5, text: "5"), .init("b", 10, text: "10")], x: "x")
    let text = Figure("f", title: "t", summary: "s", chart: chart).inline
    let widths = text.components(separatedBy: "<rect ").dropFirst().compactMap { part in
      part.components(separatedBy: "width=\"").dropFirst().first?
        .split(separator: "\"").first.flatMap { Double($0) }
    }
    try #require(widths.count == 2)
    #expect(abs(widths[1] - 2 * widths[0]) < 0.2)
  }
}
