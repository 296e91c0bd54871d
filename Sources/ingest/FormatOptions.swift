// How are sources laid out, where they do not tell?

import ArgumentParser
import DataSources

/// What overrides the guesses by the first lines.
struct FormatOptions: ParsableArguments {
  @Option(help: "How interactions are laid out.")
  var layout: SourceLayout = .auto

  @Option(
    help: ArgumentHelp(
      "What separates fields: tab, space, or up to eight characters such as ::.",
      valueName: "text"))
  var delimiter: String?

  @Option(help: "Whether the first line names the columns.")
  var header: HeaderChoice = .auto

  @Option(
    help: ArgumentHelp(
      "Which column or key holds what, as in user=1,item=asin,title=name,time=none.",
      valueName: "roles"))
  var columns: String?

  @Option(
    help: "Quotes around fields: by the delimiter (auto), as in RFC 4180 (csv), or as text (none).")
  var quotes: QuoteRule = .auto

  @Option(help: "How text that is not ASCII is understood.")
  var encoding: TextEncoding = .auto

  @Option(
    help: ArgumentHelp("What stands for no rating in a matrix, if not 0.", valueName: "number"))
  var missing: Float?

  func validate() throws {
    if let delimiter, let text = delimiterText {
      guard (1...8).contains(text.utf8.count),
        text.utf8.allSatisfy({ $0 < 0x80 && !"\"\n\r".utf8.contains($0) })
      else {
        throw ValidationError(
          "--delimiter '\(delimiter)' is not tab, space or up to eight ASCII characters")
      }
    }
  }

  private var delimiterText: String? {
    ["tab": "\t", "\\t": "\t", "space": " "][delimiter ?? ""] ?? delimiter
  }

  /// How sources are to be read.
  func sourceOptions() throws -> SourceOptions {
    var options = SourceOptions()
    options.layout = layout
    options.delimiter = delimiterText
    options.header = header.value
    options.quotes = quotes
    options.encoding = encoding
    options.missing = missing
    if let columns { options.columns = try ColumnSelection(columns) }
    return options
  }
}

/// The choices of `--header`.
enum HeaderChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, yes, no

  var value: Bool? { self == .auto ? nil : self == .yes }
}

extension SourceLayout: ExpressibleByArgument {}
extension QuoteRule: ExpressibleByArgument {}
extension TextEncoding: ExpressibleByArgument {}
