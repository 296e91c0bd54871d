// How do shapes become SVG elements?

/// A rectangle on the page, in pixels from the top left.
public struct Frame: Sendable, Equatable {
  public var x: Double
  public var y: Double
  public var width: Double
  public var height: Double

  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = max(width, 0)
    self.height = max(height, 0)
  }

  var right: Double { x + width }
  var bottom: Double { y + height }

  /// The frame without strips at its sides.
  func inset(left: Double = 0, top: Double = 0, right: Double = 0, bottom: Double = 0) -> Frame {
    Frame(x: x + left, y: y + top, width: width - left - right, height: height - top - bottom)
  }
}

/// Collects SVG elements; looks come from the classes of `PlotStyle`.
public struct Canvas {
  /// What text is aligned by.
  enum Anchor: String {
    case start, middle, end
  }

  private(set) var elements = ""

  public init() {}

  /// Text with its baseline at (x, y); `turned` runs upwards.
  mutating func text(
    _ text: String, x: Double, y: Double, anchor: Anchor = .start, style: String = "",
    turned: Bool = false, tip: String? = nil
  ) {
    var attributes = "x=\"\(number(x))\" y=\"\(number(y))\""
    if anchor != .start { attributes += " text-anchor=\"\(anchor.rawValue)\"" }
    if !style.isEmpty { attributes += " class=\"\(style)\"" }
    if turned { attributes += " transform=\"rotate(-90 \(number(x)) \(number(y)))\"" }
    elements += "<text \(attributes)>\(Markup.escaped(text))\(title(tip))</text>\n"
  }

  /// Text that is cut to a width, whole when pointed at.
  mutating func fittedText(
    _ text: String, in room: Double, x: Double, y: Double, anchor: Anchor = .start,
    style: String = "", size: Double = 12
  ) {
    let short = Markup.fitted(text, in: room, size: size)
    self.text(
      short, x: x, y: y, anchor: anchor, style: style, tip: short == text ? nil : text)
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, style: String) {
    elements +=
      "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\""
      + " class=\"\(style)\"/>\n"
  }

  mutating func rectangle(_ frame: Frame, style: String, tip: String? = nil) {
    let shape =
      "<rect x=\"\(number(frame.x))\" y=\"\(number(frame.y))\" width=\"\(number(frame.width))\""
      + " height=\"\(number(frame.height))\" class=\"\(style)\""
    elements += tip == nil ? shape + "/>\n" : shape + ">\(title(tip))</rect>\n"
  }

  mutating func circle(_ x: Double, _ y: Double, radius: Double, style: String, tip: String? = nil)
  {
    elements +=
      "<circle cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"\(number(radius))\" class=\"\(style)\">"
      + "\(title(tip))</circle>\n"
  }

  /// An open line through points.
  mutating func polyline(_ points: [(x: Double, y: Double)], style: String) {
    let places = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
    elements += "<polyline points=\"\(places)\" class=\"\(style)\"/>\n"
  }

  /// Many rectangles of one look as a single element.
  mutating func cells(_ frames: [Frame], style: String, opacity: Double) {
    guard !frames.isEmpty else { return }
    var shape = ""
    for frame in frames {
      shape += "M\(number(frame.x)) \(number(frame.y))h\(number(frame.width))"
      shape += "v\(number(frame.height))h\(number(-frame.width))z"
    }
    let strength = NumberText.decimals(opacity, 2)
    elements += "<path d=\"\(shape)\" class=\"\(style)\" fill-opacity=\"\(strength)\"/>\n"
  }

  private func title(_ tip: String?) -> String {
    tip.map { "<title>\(Markup.escaped($0))</title>" } ?? ""
  }

  /// A coordinate to a tenth of a pixel; what is far outside any page is brought to its edge.
  private func number(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let tenths = Int((min(max(value, -1e6), 1e6) * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let (whole, rest) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
    return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
  }
}
