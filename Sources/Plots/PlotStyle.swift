// Which colours and faces do figures have, in light, in dark and on paper?

/// The style sheet of all figures.
///
/// Colours are written out for each scheme, so that programs without CSS variables show figures too. Dark
/// colours apply to screens alone; paper gets the light ones.
public enum PlotStyle {
  /// How many series have a colour of their own.
  public static let seriesCount = 8
  /// The patterns of lines, one for each time the colours begin anew.
  private static let dashes = ["", " dashed", " dotted"]
  /// How many lines of a chart can be told apart.
  public static let lineCount = seriesCount * dashes.count
  /// The one that is grey, for what is left over, and the others.
  static let greySeries = 6
  static let brightSeries = (0..<seriesCount).filter { $0 != greySeries }

  private struct Palette {
    let surface: String
    let ink: String
    let soft: String
    let grid: String
    let heat: String
    let plus: String
    let minus: String
    let series: [String]
  }

  private static let light = Palette(
    surface: "#ffffff", ink: "#1f2328", soft: "#59636e", grid: "#e3e6ea", heat: "#2f7fd0",
    plus: "#2f7fd0", minus: "#d9772b",
    series: [
      "#2f6fbf", "#d1651b", "#2a8f6b", "#b23a80", "#7359b6", "#94731a", "#5c7287", "#c23b3b",
    ])

  private static let dark = Palette(
    surface: "#16191d", ink: "#e8eaed", soft: "#a3abb5", grid: "#333a42", heat: "#3d8fe0",
    plus: "#3d8fe0", minus: "#d77a32",
    series: [
      "#6aa9f0", "#f0944d", "#55c39a", "#e27db5", "#a993e6", "#cfae4f", "#9db1c4", "#ee7f7f",
    ])

  /// The rules for every figure in a document; the document says nothing else about them.
  public static let sheet: String =
    """
    .plot text{font:12px system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
    .plot text.heading{font-size:15px;font-weight:600}
    .plot text.panel{font-size:13px;font-weight:600}
    .plot text.small{font-size:11.5px}
    .plot .grid,.plot .axis,.plot .whisker{fill:none;stroke-width:1}
    .plot .whisker{stroke-width:1.6}
    .plot .curve{fill:none;stroke-width:2;stroke-linejoin:round}
    .plot .dashed{stroke-dasharray:7 3}
    .plot .dotted{stroke-dasharray:2 3}
    .plot .mark{fill:none;stroke-width:1;stroke-dasharray:4 3}
    .plot .cell-edge{fill:none;stroke-width:.5}

    """ + rules(light) + "\n@media screen and (prefers-color-scheme:dark){\n" + rules(dark)
    + "\n}\n"

  private static func rules(_ palette: Palette) -> String {
    var lines = [
      ".plot .surface{fill:\(palette.surface)}",
      ".plot text{fill:\(palette.ink)}",
      ".plot text.soft{fill:\(palette.soft)}",
      ".plot .grid,.plot .cell-edge{stroke:\(palette.grid)}",
      ".plot .axis,.plot .mark{stroke:\(palette.soft)}",
      ".plot .whisker{stroke:\(palette.ink)}",
      ".plot .dot{fill:\(palette.ink)}",
      ".plot .heat{fill:\(palette.heat)}",
      ".plot .plus{fill:\(palette.plus)}",
      ".plot .minus{fill:\(palette.minus)}",
    ]
    for (index, colour) in palette.series.enumerated() {
      lines.append(".plot .fill-\(index){fill:\(colour)}")
      lines.append(".plot .curve-\(index){stroke:\(colour)}")
    }
    return lines.joined(separator: "\n")
  }

  /// The class that fills with a series' colour.
  static func fill(_ series: Int) -> String { "fill-\(series % seriesCount)" }
  /// The classes that draw lines in a series' colour and pattern.
  static func curve(_ series: Int) -> String {
    "curve curve-\(series % seriesCount)\(dashes[series / seriesCount % dashes.count])"
  }
}
