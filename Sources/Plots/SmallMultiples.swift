// How do several charts of one kind stand beside each other?

/// Panels in rows, each with a title, under one legend.
public struct SmallMultiples: Chart {
  let panels: [(title: String, chart: any Chart)]
  let columns: Int
  let legend: Legend?

  /// - Parameter columns: panels in a row.
  public init(_ panels: [(title: String, chart: any Chart)], columns: Int, legend: Legend? = nil) {
    self.panels = panels
    self.columns = max(1, min(columns, panels.count))
    self.legend = legend
  }

  private static let gap = 20.0
  private static let leastWidth = 170.0

  /// Panels in a row where there is room for them, and the width of each.
  private func row(_ width: Double) -> (columns: Int, width: Double) {
    let room = Int((width + Self.gap) / (Self.leastWidth + Self.gap))
    let columns = max(1, min(columns, room))
    return (columns, (width - Double(columns - 1) * Self.gap) / Double(columns))
  }

  /// The heights of the rows: that of their tallest panel.
  private func rowHeights(_ width: Double) -> [Double] {
    let (columns, room) = row(width)
    return stride(from: 0, to: panels.count, by: columns).map { start in
      let tallest = panels[start..<min(start + columns, panels.count)].map {
        $0.chart.height(width: room)
      }.max()
      return (tallest ?? 0) + Spacing.panelTitle
    }
  }

  public func height(width: Double) -> Double {
    let heights = rowHeights(width)
    return heights.reduce(0, +) + Double(max(heights.count - 1, 0)) * Self.gap
      + (legend?.height(width: width) ?? 0)
  }

  public func draw(on canvas: inout Canvas, in frame: Frame) {
    legend?.draw(on: &canvas, in: frame)
    let (columns, width) = row(frame.width)
    var y = frame.y + (legend?.height(width: frame.width) ?? 0)
    for (row, height) in rowHeights(frame.width).enumerated() {
      for column in 0..<columns {
        let place = row * columns + column
        guard place < panels.count else { break }
        let x = frame.x + Double(column) * (width + Self.gap)
        let panel = panels[place]
        canvas.fittedText(panel.title, in: width, x: x, y: y + 13, style: "panel", size: 13)
        panel.chart.draw(
          on: &canvas,
          in: Frame(
            x: x, y: y + Spacing.panelTitle, width: width, height: height - Spacing.panelTitle))
      }
      y += height + Self.gap
    }
  }
}
