// How large are named things beside each other?

/// One horizontal bar, or one point with its error bar, a row.
public struct BarChart: Chart {
  /// A named value.
  public struct Row: Sendable {
    public let label: String
    public let value: Double
    /// The number as it stands behind the bar.
    public let text: String
    public let interval: ClosedRange<Double>?

    public init(
      _ label: String, _ value: Double, text: String, interval: ClosedRange<Double>? = nil
    ) {
      self.label = label
      self.value = value
      self.text = text
      self.interval = interval
    }
  }

  /// How a value is drawn.
  public enum Mark: Sendable {
    /// From zero.
    case bar
    /// Where it lies, on an axis that need not have zero on it.
    case point
  }

  let rows: [Row]
  let xLabel: String
  let mark: Mark
  let colour: Int

  public init(_ rows: [Row], x: String, mark: Mark = .bar, colour: Int = 0) {
    self.rows = rows
    xLabel = x
    self.mark = mark
    self.colour = colour
  }

  private static let rowHeight = 22.0

  public func height(width: Double) -> Double {
    Double(rows.count) * Self.rowHeight + Spacing.tickText + Spacing.axisLabel + 8
  }

  public func draw(on canvas: inout Canvas, in frame: Frame) {
    let labels = min(rows.map { Markup.width($0.label) }.max() ?? 0, frame.width * 0.4)
    let numbers = rows.map { Markup.width($0.text) }.max() ?? 0
    let ends = rows.flatMap { row in
      [row.value] + (row.interval.map { [$0.lowerBound, $0.upperBound] } ?? [])
    }
    let inner = frame.inset(
      left: labels + 10, top: 2, right: numbers + 16,
      bottom: Spacing.tickText + Spacing.axisLabel)
    let axis = Axis.linear(
      xLabel, covering: ends, zero: mark == .bar, count: max(2, Int(inner.width / 90)))
    for tick in axis.ticks {
      let at = inner.x + axis.share(tick.value) * inner.width
      canvas.line(at, inner.y, at, inner.bottom, style: "grid")
    }
    func place(_ value: Double) -> Double { inner.x + axis.share(value) * inner.width }
    for (index, row) in rows.enumerated() {
      let y = inner.y + Double(index) * Self.rowHeight
      let middle = y + Self.rowHeight / 2
      canvas.fittedText(row.label, in: labels, x: inner.x - 8, y: middle + 4, anchor: .end)
      var end = place(row.value)
      if mark == .bar, row.value.isFinite {
        let start = place(min(max(0, axis.low), axis.high))
        canvas.rectangle(
          Frame(x: min(start, end), y: y + 3, width: abs(end - start), height: Self.rowHeight - 6),
          style: PlotStyle.fill(colour), tip: "\(row.label): \(row.text)")
        end = max(start, end)
      }
      if let interval = row.interval {
        let (low, high) = (place(interval.lowerBound), place(interval.upperBound))
        canvas.line(low, middle, high, middle, style: "whisker")
        canvas.line(low, middle - 4, low, middle + 4, style: "whisker")
        canvas.line(high, middle - 4, high, middle + 4, style: "whisker")
        end = max(end, high)
      }
      if mark == .point, row.value.isFinite {
        canvas.circle(
          place(row.value), middle, radius: 4, style: PlotStyle.fill(colour),
          tip: "\(row.label): \(row.text)")
        canvas.text(row.text, x: inner.right + 10, y: middle + 4)
      } else {
        canvas.text(row.text, x: end + 6, y: middle + 4)
      }
    }
    canvas.horizontalTicks(axis, in: inner)
  }
}
