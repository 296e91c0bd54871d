// Which means of experiments are drawn as lines?

import Plots
import Recommending
import ToolKit

/// How figures depend on something that was varied, such as the number of user clusters.
struct VariedFigure {
  struct Point {
    let x: Double
    let mean: Double
    let error: Double?
  }

  /// A model's or a setting's points, from the smallest x to the largest.
  struct Line {
    let name: String
    var points: [Point]
  }

  /// What is measured, with a line for each series.
  struct Panel {
    let metric: String
    var lines: [Line]
  }

  let title: String
  /// What x is.
  let x: String
  /// The names of all series, as they come.
  var names: [String] = []
  var panels: [Panel] = []
}

/// A file of tab-separated columns: figure, metric, series, x, mean and error.
struct SeriesFile {
  private(set) var figures: [VariedFigure] = []

  private static let columns = ["figure", "metric", "series", "x", "mean", "error"]
  private static let mostFigures = 100
  private static let mostMetrics = 12
  private static let mostPoints = 2000
  private static let largest = 1e12

  /// Reads a file; the fourth heading says what x is.
  ///
  /// Throws `ToolError` that names the line which is malformed.
  init(_ path: String) throws {
    let lines = try InputFile.numberedLines(path)
    func fault(_ number: Int, _ reason: String) -> ToolError {
      ToolError(.badData, "\(path): line \(number): \(reason)")
    }
    guard let heading = lines.first else {
      throw ToolError(
        .badData,
        "\(path): is empty; begin it with the columns \(Self.columns.joined(separator: ", "))")
    }
    let names = Self.fields(heading.text)
    let rest = names.indices.filter { $0 != 3 }
    guard names.count == Self.columns.count, rest.allSatisfy({ names[$0] == Self.columns[$0] }),
      !names[3].isEmpty
    else {
      throw fault(
        heading.number,
        "the columns must be figure, metric, series, the name of x, mean and error, with tabs between"
      )
    }
    for (number, line) in lines.dropFirst() {
      do { try add(Self.fields(line), x: names[3]) } catch let reason as Reason {
        throw fault(number, reason.words)
      }
    }
    guard !figures.isEmpty else {
      throw ToolError(.badData, "\(path): has a heading and no lines below; give some figures")
    }
    sort()
  }

  /// What is wrong with a line.
  private struct Reason: Error {
    let words: String
  }

  private static func fields(_ line: String) -> [String] {
    line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
  }

  private static func number(_ text: String, _ column: String) throws -> Double {
    // Swift reads hexadecimal digits and names of infinities too.
    guard text.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }), let value = Double(text),
      abs(value) <= largest
    else { throw Reason(words: "\(column) '\(text.prefix(40))' is not a number up to 1e12") }
    return value
  }

  private mutating func add(_ fields: [String], x label: String) throws {
    guard fields.count == Self.columns.count else {
      throw Reason(words: "has \(fields.count) columns, not \(Self.columns.count)")
    }
    for place in 0..<3 where fields[place].isEmpty {
      throw Reason(words: "\(Self.columns[place]) is empty; give it a name")
    }
    let point = VariedFigure.Point(
      x: try Self.number(fields[3], label.count > 40 ? "x" : label),
      mean: try Self.number(fields[4], "mean"),
      error: fields[5].isEmpty ? nil : try Self.number(fields[5], "error"))
    guard (point.error ?? 0) >= 0 else { throw Reason(words: "error is below 0") }
    let figure = try Self.place(
      in: &figures, most: Self.mostFigures, "figures", of: { $0.title == fields[0] },
      or: VariedFigure(title: fields[0], x: label))
    _ = try Self.place(
      in: &figures[figure].names, most: PlotStyle.lineCount, "series in a figure",
      of: { $0 == fields[2] }, or: fields[2])
    let panel = try Self.place(
      in: &figures[figure].panels, most: Self.mostMetrics, "metrics in a figure",
      of: { $0.metric == fields[1] }, or: VariedFigure.Panel(metric: fields[1], lines: []))
    try Self.insert(point, named: fields[2], into: &figures[figure].panels[panel])
  }

  private static func insert(
    _ point: VariedFigure.Point, named name: String, into panel: inout VariedFigure.Panel
  ) throws {
    let line = try place(
      in: &panel.lines, most: PlotStyle.lineCount, "series in a panel", of: { $0.name == name },
      or: VariedFigure.Line(name: name, points: []))
    guard !panel.lines[line].points.contains(where: { $0.x == point.x }) else {
      throw Reason(words: "the series has a mean there already; give one line for each x")
    }
    guard panel.lines[line].points.count < mostPoints else {
      throw Reason(words: "there are more than \(mostPoints) points in the series; give fewer")
    }
    panel.lines[line].points.append(point)
  }

  /// The place of an element, which is added where there is none.
  private static func place<Element>(
    in list: inout [Element], most: Int, _ what: String, of isWanted: (Element) -> Bool,
    or new: Element
  ) throws -> Int {
    if let found = list.firstIndex(where: isWanted) { return found }
    guard list.count < most else {
      throw Reason(words: "there are more than \(most) \(what); give fewer")
    }
    list.append(new)
    return list.count - 1
  }

  private mutating func sort() {
    for figure in figures.indices {
      for panel in figures[figure].panels.indices {
        for line in figures[figure].panels[panel].lines.indices {
          figures[figure].panels[panel].lines[line].points.sort { $0.x < $1.x }
        }
      }
    }
  }
}
