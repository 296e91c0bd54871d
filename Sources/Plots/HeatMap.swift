// Where in a table of numbers are the large ones?

/// A table whose cells are shaded by their values.
public struct HeatMap: Chart {
  /// What shades mean.
  public enum Shading: Sendable {
    /// From nothing at 0 to the full shade at the largest value.
    case fromZero
    /// Two colours: above and below 0.
    case aroundZero
  }

  let rows: [String]
  let columns: [String]
  /// Row by row; nil leaves a cell empty.
  let values: [[Double?]]
  /// What is written into cells; nothing by default.
  let texts: [[String]]
  let shading: Shading
  let rowLabel: String
  let columnLabel: String
  /// What the two ends of the shades are called.
  let key: (low: String, high: String)

  /// - Parameter limit: the value of the full shade; the largest by default.
  public init(
    rows: [String], columns: [String], values: [[Double?]], texts: [[String]] = [],
    shading: Shading, rowLabel: String, columnLabel: String, key: (low: String, high: String),
    limit: Double? = nil
  ) {
    self.rows = rows
    self.columns = columns
    self.values = values
    self.texts = texts
    self.shading = shading
    self.rowLabel = rowLabel
    self.columnLabel = columnLabel
    self.key = key
    self.limit =
      limit ?? values.joined().compactMap { $0 }.filter(\.isFinite).map { abs($0) }.max() ?? 1
  }

  private let limit: Double
  private static let steps = 12
  /// The strongest shade: text on it must stay readable in both schemes.
  private static let strongest = 0.78

  private var writesColumns: Bool { columns.contains { !$0.isEmpty } }

  private func cellHeight(_ width: Double) -> Double { texts.isEmpty ? 15 : 24 }

  private func columnRoom(_ width: Double) -> Double {
    guard writesColumns else { return 4 }
    return min(columns.map { Markup.width($0, size: 11) }.max() ?? 0, 110) + 10
  }

  public func height(width: Double) -> Double {
    columnRoom(width) + Double(rows.count) * cellHeight(width) + Spacing.axisLabel
      + Spacing.legendRow + 12
  }

  public func draw(on canvas: inout Canvas, in frame: Frame) {
    let labels = min(rows.map { Markup.width($0) }.max() ?? 0, frame.width * 0.3)
    let left = labels + 10 + (rowLabel.isEmpty ? 0 : Spacing.axisLabel)
    let top = columnRoom(frame.width)
    let size = (
      width: min((frame.width - left - 2) / Double(max(columns.count, 1)), 64),
      height: cellHeight(frame.width)
    )
    let inner = Frame(
      x: frame.x + left, y: frame.y + top, width: size.width * Double(columns.count),
      height: size.height * Double(rows.count))
    for (row, name) in rows.enumerated() {
      let middle = inner.y + (Double(row) + 0.5) * size.height
      canvas.fittedText(name, in: labels, x: inner.x - 6, y: middle + 4, anchor: .end)
    }
    if writesColumns {
      for (column, name) in columns.enumerated() {
        canvas.text(
          Markup.fitted(name, in: 110, size: 11),
          x: inner.x + (Double(column) + 0.5) * size.width + 4, y: inner.y - 5,
          style: "small", turned: true)
      }
    }
    drawCells(on: &canvas, inner, size)
    if !rowLabel.isEmpty {
      canvas.text(
        rowLabel, x: frame.x + 11, y: inner.y + inner.height / 2, anchor: .middle, style: "soft",
        turned: true)
    }
    canvas.fittedText(
      columnLabel, in: frame.width - left, x: inner.x, y: inner.bottom + 16, style: "soft")
    drawKey(on: &canvas, x: inner.x, y: inner.bottom + Spacing.axisLabel + 10)
  }

  /// Cells of one shade are one element, so that large tables stay small.
  private func drawCells(
    on canvas: inout Canvas, _ inner: Frame, _ size: (width: Double, height: Double)
  ) {
    var shades: [Int: [Frame]] = [:]
    for (row, line) in values.enumerated() {
      for (column, value) in line.enumerated() {
        guard let value, value.isFinite, limit > 0 else { continue }
        let part = min(abs(value) / limit, 1) * Double(Self.steps)
        let shade = Int(part.rounded(.up)) * (value < 0 ? -1 : 1)
        guard shade != 0, shading == .aroundZero || shade > 0 else { continue }
        shades[shade, default: []].append(
          Frame(
            x: inner.x + Double(column) * size.width, y: inner.y + Double(row) * size.height,
            width: size.width, height: size.height))
      }
    }
    for (shade, frames) in shades.sorted(by: { $0.key < $1.key }) {
      canvas.cells(frames, style: style(shade), opacity: opacity(abs(shade)))
    }
    for (row, line) in texts.enumerated() {
      for (column, text) in line.enumerated()
      where !text.isEmpty && Markup.width(text, size: 11) <= size.width {
        canvas.text(
          text, x: inner.x + (Double(column) + 0.5) * size.width,
          y: inner.y + (Double(row) + 0.5) * size.height + 4, anchor: .middle, style: "small",
          tip: "\(rows[row]), \(columns[column]): \(text)")
      }
    }
    for row in 0...rows.count {
      let y = inner.y + Double(row) * size.height
      canvas.line(inner.x, y, inner.right, y, style: "cell-edge")
    }
    canvas.line(inner.x, inner.y, inner.x, inner.bottom, style: "cell-edge")
    canvas.line(inner.right, inner.y, inner.right, inner.bottom, style: "cell-edge")
  }

  private func drawKey(on canvas: inout Canvas, x: Double, y: Double) {
    canvas.text(key.low, x: x, y: y + 10, style: "small soft")
    var at = x + Markup.width(key.low, size: 11) + 6
    let first = shading == .aroundZero ? -Self.steps : 0
    for shade in stride(from: first, through: Self.steps, by: 2) {
      canvas.cells(
        [Frame(x: at, y: y, width: 14, height: 12)], style: style(shade),
        opacity: shade == 0 ? 0 : opacity(abs(shade)))
      at += 14
    }
    canvas.text(key.high, x: at + 6, y: y + 10, style: "small soft")
  }

  private func style(_ shade: Int) -> String {
    shading == .fromZero ? "heat" : shade < 0 ? "minus" : "plus"
  }

  private func opacity(_ shade: Int) -> Double {
    Self.strongest * Double(shade) / Double(Self.steps)
  }
}
