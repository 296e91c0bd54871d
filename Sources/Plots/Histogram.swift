// How are values distributed?

/// Columns over ranges of values.
public struct Histogram: Chart {
  /// How many values lie in a range.
  public struct Bin: Sendable, Equatable {
    /// The values counted: from the first up to, but without, the second (the last bin has its end).
    public let low: Double
    public let high: Double
    public let count: Double
  }

  public let bins: [Bin]
  let isLogarithmic: Bool
  let isWhole: Bool
  let xLabel: String
  let yLabel: String
  let preferredHeight: Double
  let colour: Int

  /// Counts values in bins of equal width.
  public init(
    _ values: [Double], x: String, y: String, bins count: Int = 30,
    over range: ClosedRange<Double>? = nil, height: Double = 240, colour: Int = 0
  ) {
    let finite = values.filter(\.isFinite)
    let axis = Axis.linear(
      x, covering: range.map { [$0.lowerBound, $0.upperBound] } ?? finite, count: count)
    let step = axis.ticks.count > 1 ? axis.ticks[1].value - axis.ticks[0].value : 1
    let places = max(1, Int(((axis.high - axis.low) / step).rounded()))
    self.init(
      finite, edges: (0...places).map { axis.low + Double($0) * step }, isLogarithmic: false,
      isWhole: false, x: x, y: y, height: height, colour: colour)
  }

  /// Counts whole positive numbers in bins whose width grows with them.
  public init(
    counts: [Int], x: String, y: String, height: Double = 240, colour: Int = 0
  ) {
    let most = Double(max(counts.max() ?? 1, 1))
    var edges: [Double] = [1]
    while let last = edges.last, last <= most { edges.append((last * 1.5).rounded()) }
    self.init(
      counts.filter { $0 > 0 }.map(Double.init), edges: edges, isLogarithmic: true, isWhole: true,
      x: x, y: y, height: height, colour: colour)
  }

  private init(
    _ values: [Double], edges: [Double], isLogarithmic: Bool, isWhole: Bool, x: String, y: String,
    height: Double, colour: Int
  ) {
    var counts = [Double](repeating: 0, count: max(edges.count - 1, 0))
    for value in values {
      guard let first = edges.first, let last = edges.last, value >= first, value <= last else {
        continue
      }
      // The first edge above the value ends its bin.
      var (low, high) = (0, edges.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if edges[middle] > value { high = middle } else { low = middle + 1 }
      }
      counts[min(max(low - 1, 0), counts.count - 1)] += 1
    }
    bins = counts.indices.map { Bin(low: edges[$0], high: edges[$0 + 1], count: counts[$0]) }
    self.isLogarithmic = isLogarithmic
    self.isWhole = isWhole
    xLabel = x
    yLabel = y
    preferredHeight = height
    self.colour = colour
  }

  public func height(width: Double) -> Double { preferredHeight }

  public func draw(on canvas: inout Canvas, in frame: Frame) {
    let ends = [bins.first?.low ?? 0, bins.last?.high ?? 1]
    let count = max(2, Int(frame.width / 70))
    let room = canvas.axes(
      x: isLogarithmic
        ? .logarithmic(xLabel, covering: ends)
        : .linear(xLabel, covering: ends, count: count, tight: true),
      y: .linear(
        yLabel, covering: bins.map(\.count), zero: true, count: max(2, Int(frame.height / 50))),
      in: frame)
    for bin in bins where bin.count > 0 {
      let (left, right) = (room.place(x: bin.low), room.place(x: bin.high))
      let top = room.place(y: bin.count)
      let range =
        isWhole
        ? bin.high - bin.low > 1
          ? "\(NumberText.short(bin.low)) to \(NumberText.short(bin.high - 1))"
          : NumberText.short(bin.low)
        : "\(NumberText.short(bin.low)) to \(NumberText.short(bin.high))"
      canvas.rectangle(
        Frame(
          x: left + 0.5, y: top, width: max(right - left - 1, 0.8),
          height: room.frame.bottom - top),
        style: PlotStyle.fill(colour), tip: "\(range): \(NumberText.grouped(Int(bin.count)))")
    }
  }
}
