// How does a text stand in a CSV file?

extension String {
  /// The text as one field (RFC 4180): in quotes where it has a comma, a quote or a line end, whatever accents or joiners
  /// follow those.
  public var csvField: String {
    guard utf8.contains(where: { $0 == 0x2C || $0 == 0x22 || $0 == 10 || $0 == 13 }) else {
      return self
    }
    let inner = utf8.flatMap { $0 == 0x22 ? [0x22, 0x22] : [$0] }
    return "\"" + String(decoding: inner, as: UTF8.self) + "\""
  }
}
