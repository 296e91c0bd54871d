// How does a quantity run over another?

/// Lines through points, with error bars where there are errors.
public struct LineChart: Chart {
  /// A value of the one quantity at a value of the other.
  public struct Point: Sendable {
    public let x: Double
    public let y: Double
    /// The ends of an error bar.
    public let interval: ClosedRange<Double>?

    public init(x: Double, y: Double, interval: ClosedRange<Double>? = nil) {
      self.x = x
      self.y = y
      self.interval = interval
    }
  }

  /// A named line.
  public struct Series: Sendable {
    public let name: String
    public let points: [Point]

    /// A line; points that are not finite are left out.
    public init(_ name: String, _ points: [Point]) {
      self.name = name
      self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
    }
  }

  let series: [Series]
  let xLabel: String
  let yLabel: String
  let startsAtZero: Bool
  let isLogarithmic: Bool
  let showsLegend: Bool
  let preferredHeight: Double
  /// The colour of each series; by its place otherwise.
  let colours: [Int]

  public init(
    _ series: [Series], x: String, y: String, startsAtZero: Bool = false, logarithmic: Bool = false,
    legend: Bool = true,
    height: Double = 280, colours: [Int]? = nil
  ) {
    self.series = series
    xLabel = x
    yLabel = y
    self.startsAtZero = startsAtZero
    isLogarithmic = logarithmic
    showsLegend = legend && series.count > 1
    preferredHeight = height
    self.colours = colours ?? Array(series.indices)
  }

  private var legend: Legend { Legend(series.map(\.name)) }

  public func height(width: Double) -> Double {
    preferredHeight + (showsLegend ? legend.height(width: width) : 0)
  }

  public func draw(on canvas: inout Canvas, in frame: Frame) {
    var frame = frame
    if showsLegend {
      legend.draw(on: &canvas, in: frame)
      frame = frame.inset(top: legend.height(width: frame.width))
    }
    let points = series.flatMap(\.points)
    let heights = points.flatMap { point in
      [point.y] + (point.interval.map { [$0.lowerBound, $0.upperBound] } ?? [])
    }
    let room = canvas.axes(
      x: isLogarithmic
        ? .logarithmic(xLabel, covering: points.map(\.x))
        : .linear(
          xLabel, covering: points.map(\.x), count: max(3, Int(frame.width / 70)), tight: true,
          whole: points.allSatisfy { $0.x == $0.x.rounded() }),
      y: .linear(
        yLabel, covering: heights, zero: startsAtZero, count: max(2, Int(frame.height / 50))),
      in: frame)
    // Few points are shown each; many would hide the lines.
    let most = series.map(\.points.count).max() ?? 0
    for (index, line) in series.enumerated() {
      let colour = colours[index % max(colours.count, 1)]
      let places = line.points.map { (x: room.place(x: $0.x), y: room.place(y: $0.y)) }
      if places.count > 1 { canvas.polyline(places, style: PlotStyle.curve(colour)) }
      for (point, place) in zip(line.points, places) {
        if let interval = point.interval {
          canvas.line(
            place.x, room.place(y: interval.lowerBound), place.x,
            room.place(y: interval.upperBound), style: PlotStyle.curve(colour))
        }
        if most <= 40 || line.points.count == 1 {
          canvas.circle(
            place.x, place.y, radius: most <= 12 ? 3 : 1.8,
            style: PlotStyle.fill(colour),
            tip: "\(line.name): \(NumberText.short(point.x)), \(NumberText.short(point.y))")
        }
      }
    }
  }
}
