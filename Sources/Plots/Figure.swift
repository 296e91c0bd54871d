// How does a chart become an SVG image that stands alone or within a page?

/// Something that can be drawn into a frame.
public protocol Chart: Sendable {
  /// The height it wants at a width.
  func height(width: Double) -> Double
  func draw(on canvas: inout Canvas, in frame: Frame)
}

/// A chart with a heading and words for those who cannot see it.
public struct Figure: Sendable {
  /// Letters, digits and hyphens; unique within a page and the name of a file.
  public let identifier: String
  public let title: String
  /// What the chart shows, in a sentence.
  public let summary: String
  public let chart: any Chart
  public let width: Double

  public init(
    _ identifier: String, title: String, summary: String, width: Double = 760, chart: any Chart
  ) {
    self.identifier = identifier
    self.title = title
    self.summary = summary
    self.width = width
    self.chart = chart
  }

  private static let headingHeight = 30.0

  /// What a telephone leaves between the margins of a page.
  private static let narrowWidth = 340.0

  /// The figure within a page that holds `PlotStyle.sheet`.
  public var inline: String { svg(width: width, identifier, isAlone: false) }

  /// The same for a narrow screen, with letters of the same size.
  public var narrow: String {
    svg(width: Self.narrowWidth, identifier + "-narrow", isAlone: false)
  }

  /// The figure as a file of its own, its style included.
  public var standalone: String {
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg(width: width, identifier, isAlone: true)
  }

  private func svg(width: Double, _ identifier: String, isAlone: Bool) -> String {
    let margin = isAlone ? 12.0 : 0
    let height = Self.headingHeight + chart.height(width: width)
    let size = (
      width: Int((width + 2 * margin).rounded(.up)), height: Int((height + 2 * margin).rounded(.up))
    )
    var canvas = Canvas()
    if isAlone {
      canvas.rectangle(
        Frame(x: -margin, y: -margin, width: Double(size.width), height: Double(size.height)),
        style: "surface")
    }
    // Bold letters are a tenth wider.
    canvas.fittedText(title, in: width, x: 0, y: 17, style: "heading", size: 16.5)
    chart.draw(
      on: &canvas,
      in: Frame(x: 0, y: Self.headingHeight, width: width, height: height - Self.headingHeight))
    return "<svg \(isAlone ? "xmlns=\"http://www.w3.org/2000/svg\" " : "")class=\"plot\""
      + " viewBox=\"\(Int(-margin)) \(Int(-margin)) \(size.width) \(size.height)\""
      + " width=\"\(size.width)\" height=\"\(size.height)\" role=\"img\""
      + " aria-labelledby=\"\(identifier)-title \(identifier)-words\">\n"
      + "<title id=\"\(identifier)-title\">\(Markup.escaped(title))</title>\n"
      + "<desc id=\"\(identifier)-words\">\(Markup.escaped(summary))</desc>\n"
      + (isAlone ? "<style>\n\(PlotStyle.sheet)</style>\n" : "") + canvas.elements + "</svg>\n"
  }
}
