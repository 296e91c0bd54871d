// What are totals made of, parts that take away included?

/// Rows of parts side by side: those that add to the right of zero, those that take away to the left.
public struct StackedBars: Chart {
  /// A named total in its parts.
  public struct Row: Sendable {
    public let label: String
    /// One value for each part; zero where a row has none of it.
    public let values: [Double]

    public init(_ label: String, _ values: [Double]) {
      self.label = label
      self.values = values
    }

    var total: Double { values.reduce(0, +) }
  }

  let parts: [String]
  let rows: [Row]
  let xLabel: String
  /// The colour of each part.
  private let colours: [Int]

  /// - Parameters:
  ///   - parts: the names of the parts, in the order of the rows' values.
  ///   - endsInRest: whether the last part is all that is left, which is grey.
  public init(parts: [String], _ rows: [Row], x: String, endsInRest: Bool = false) {
    self.parts = parts
    let named = endsInRest ? parts.count - 1 : parts.count
    colours =
      (0..<max(named, 0)).map { PlotStyle.brightSeries[$0 % PlotStyle.brightSeries.count] }
      + (endsInRest ? [PlotStyle.greySeries] : [])
    self.rows = rows
    xLabel = x
  }

  private static let rowHeight = 44.0
  /// Names the parts that some row has.
  private var legend: Legend {
    let shown = parts.indices.filter { part in rows.contains { $0.values[part] != 0 } }
    return Legend(shown.map { parts[$0] }, colours: shown.map { colours[$0] }, symbol: .box)
  }

  public func height(width: Double) -> Double {
    legend.height(width: width) + Double(rows.count) * Self.rowHeight + Spacing.tickText
      + Spacing.axisLabel + 8
  }

  public func draw(on canvas: inout Canvas, in frame: Frame) {
    legend.draw(on: &canvas, in: frame)
    let totals = rows.map { NumberText.decimals($0.total, 2) }
    let numbers = totals.map { Markup.width("= " + $0) }.max() ?? 0
    let inner = frame.inset(
      left: 10, top: legend.height(width: frame.width) + 2, right: numbers + 16,
      bottom: Spacing.tickText + Spacing.axisLabel)
    let ends = rows.flatMap { row in
      [row.values.filter { $0 > 0 }.reduce(0, +), row.values.filter { $0 < 0 }.reduce(0, +)]
    }
    let axis = Axis.linear(
      xLabel, covering: ends, zero: true, count: max(2, Int(inner.width / 90)))
    func place(_ value: Double) -> Double { inner.x + axis.share(value) * inner.width }
    for tick in axis.ticks {
      canvas.line(place(tick.value), inner.y, place(tick.value), inner.bottom, style: "grid")
    }
    for (index, row) in rows.enumerated() {
      let y = inner.y + Double(index) * Self.rowHeight
      canvas.fittedText(row.label, in: inner.width, x: inner.x, y: y + 14)
      var (left, right) = (0.0, 0.0)
      for (part, value) in row.values.enumerated() where value != 0 && value.isFinite {
        let (from, to) = value > 0 ? (right, right + value) : (left + value, left)
        if value > 0 { right = to } else { left = from }
        let width = place(to) - place(from)
        canvas.rectangle(
          Frame(x: place(from), y: y + 20, width: max(width - 1, 0.5), height: 18),
          style: PlotStyle.fill(colours[part]),
          tip: "\(parts[part]): \(NumberText.signed(value, 3))")
      }
      canvas.text("= " + totals[index], x: place(right) + 6, y: y + 33)
      canvas.line(place(0), y + 18, place(0), y + 40, style: "axis")
      if left < 0 {
        // Where parts take away, a stroke shows the total.
        canvas.line(place(row.total), y + 17, place(row.total), y + 41, style: "whisker")
      }
    }
    canvas.horizontalTicks(axis, in: inner)
  }
}
