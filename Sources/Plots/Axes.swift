// How are two axes drawn around the room where data go?

/// The part of a frame inside its axes, and the way from values to pixels.
struct AxesRoom {
  let frame: Frame
  let x: Axis
  let y: Axis

  func place(x value: Double) -> Double { frame.x + x.share(value) * frame.width }
  func place(y value: Double) -> Double { frame.bottom - y.share(value) * frame.height }
}

/// Room taken by the words around a plot.
enum Spacing {
  static let tickText = 16.0
  static let axisLabel = 18.0
  static let panelTitle = 22.0
  static let legendRow = 20.0
}

extension Canvas {
  /// Draws a vertical and a horizontal axis with grid lines, and tells the room they leave.
  mutating func axes(x: Axis, y: Axis, in frame: Frame, gridX: Bool = false) -> AxesRoom {
    let widest = y.ticks.map { Markup.width($0.text, size: 11) }.max() ?? 0
    let left = widest + 10 + (y.label.isEmpty ? 0 : Spacing.axisLabel)
    let bottom = Spacing.tickText + (x.label.isEmpty ? 0 : Spacing.axisLabel)
    // The last tick's text is centred on the end of the axis.
    let right = max(10, (x.ticks.last.map { Markup.width($0.text, size: 11) } ?? 0) / 2 + 1)
    let room = AxesRoom(
      frame: frame.inset(left: left, top: 6, right: right, bottom: bottom), x: x, y: y)
    let inner = room.frame
    for tick in y.ticks {
      let at = room.place(y: tick.value)
      line(inner.x, at, inner.right, at, style: "grid")
      text(tick.text, x: inner.x - 6, y: at + 4, anchor: .end, style: "small soft")
    }
    if gridX {
      for tick in x.ticks {
        let at = room.place(x: tick.value)
        line(at, inner.y, at, inner.bottom, style: "grid")
      }
    }
    horizontalTicks(x, in: inner)
    if !y.label.isEmpty {
      text(
        Markup.fitted(y.label, in: inner.height + bottom), x: frame.x + 11,
        y: inner.y + inner.height / 2, anchor: .middle, style: "soft", turned: true)
    }
    return room
  }

  /// The axis below a plot: its line, its ticks as far as their words do not meet, its label.
  mutating func horizontalTicks(_ axis: Axis, in inner: Frame) {
    line(inner.x, inner.bottom, inner.right, inner.bottom, style: "axis")
    var free = -Double.infinity
    for tick in axis.ticks {
      let at = inner.x + axis.share(tick.value) * inner.width
      let half = Markup.width(tick.text, size: 11) / 2
      line(at, inner.bottom, at, inner.bottom + 4, style: "axis")
      guard at - half > free else { continue }
      free = at + half + 4
      text(tick.text, x: at, y: inner.bottom + 15, anchor: .middle, style: "small soft")
    }
    if !axis.label.isEmpty {
      fittedText(
        axis.label, in: inner.width + 40, x: inner.x + inner.width / 2, y: inner.bottom + 31,
        anchor: .middle, style: "soft")
    }
  }
}

/// The names of series with their colours, in rows.
public struct Legend: Sendable {
  /// What stands before a name.
  public enum Symbol: Sendable {
    case line, box
  }

  let entries: [(name: String, series: Int)]
  let symbol: Symbol

  /// - Parameter colours: the colour of each; by its place otherwise.
  public init(_ names: [String], colours: [Int]? = nil, symbol: Symbol = .line) {
    entries = Array(zip(names, colours ?? Array(names.indices)))
    self.symbol = symbol
  }

  private func rows(width: Double) -> [[(name: String, series: Int, x: Double)]] {
    var rows: [[(name: String, series: Int, x: Double)]] = [[]]
    var x = 0.0
    for entry in entries {
      let name = Markup.fitted(entry.name, in: min(width - 30, 220))
      let needed = 24 + Markup.width(name) + 14
      if x + needed > width, x > 0 {
        rows.append([])
        x = 0
      }
      rows[rows.count - 1].append((name, entry.series, x))
      x += needed
    }
    return rows
  }

  func height(width: Double) -> Double {
    entries.isEmpty ? 0 : Double(rows(width: width).count) * Spacing.legendRow + 4
  }

  func draw(on canvas: inout Canvas, in frame: Frame) {
    for (row, entries) in rows(width: frame.width).enumerated() where !entries.isEmpty {
      let y = frame.y + Double(row) * Spacing.legendRow + 8
      for entry in entries {
        let x = frame.x + entry.x
        switch symbol {
        case .line: canvas.line(x, y, x + 18, y, style: PlotStyle.curve(entry.series))
        case .box:
          canvas.rectangle(
            Frame(x: x + 4, y: y - 6, width: 12, height: 12), style: PlotStyle.fill(entry.series))
        }
        canvas.text(entry.name, x: x + 24, y: y + 4)
      }
    }
  }
}
