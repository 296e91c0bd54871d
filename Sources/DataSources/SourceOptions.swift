// Which guesses about a source can be overridden?

/// How interactions are laid out.
public enum SourceLayout: String, CaseIterable, Sendable {
  /// Decided by content.
  case auto
  /// Rows of fields between delimiters.
  case rows
  /// One JSON object a line.
  case jsonl
  /// LightGCN: `user item item ...` on each line.
  case adjacency
  /// CiteULike: `count item item ...` on each line, a line a user; users are numbered from 0.
  case lists
  /// Netflix Prize: a line `movie:`, then rows `user,rating,date`.
  case netflix
  /// Dense rows of numbers, one row a user, 0 for no rating unless `missing` says otherwise; users and items are numbered from 1.
  case matrix
  /// A CSR matrix of scipy's `save_npz`, or this project's export with ids.
  case npz
}

/// How to read sources; the defaults guess everything.
public struct SourceOptions: Sendable {
  public var layout = SourceLayout.auto
  /// One ASCII character, or `::`; nil means guess.
  public var delimiter: String?
  /// Whether the first line names the columns; nil means guess.
  public var header: Bool?
  public var columns = ColumnSelection()
  public var encoding = TextEncoding.auto
  /// The number that is no rating in a matrix; nil means 0. Other layouts refuse one.
  public var missing: Float?

  public init() {}

  /// Opens one text or archive member for reading.
  ///
  /// Throws `SourceError` when its layout cannot be told, or has no use for `missing`.
  public func open(_ bytes: ByteStream, badRows: BadRows) throws -> any InteractionSource {
    if layout == .npz || (layout == .auto && bytes.isNumpyArchive) {
      try refuseMissing(in: .npz, source: bytes.name)
      return try NumpySource(bytes)
    }
    let text = try LineBlocks(bytes)
    try Self.refuseBinary(text.head, source: bytes.name)
    let encoding = encoding.resolved(text.head)
    let sample = text.firstLines(50)
    let settled = layout == .auto ? guessLayout(sample) : layout
    if settled != .matrix { try refuseMissing(in: settled, source: bytes.name) }
    switch settled {
    case .jsonl:
      let parser = try JSONLinesParser(
        sample[0], columns: columns, encoding: encoding, source: bytes.name)
      return LineSource(
        text, parser, columns: parser.rowColumns, layout: parser.summary, badRows: badRows)
    case .adjacency:
      return LineSource(
        text, AdjacencyParser(encoding: encoding), columns: .init(ratings: false, times: false),
        layout: "a user and his items on each line", badRows: badRows)
    case .lists:
      return LineSource(
        text, ListsParser(encoding: encoding), columns: .init(ratings: false, times: false),
        layout: "a count and a user's items on each line, users numbered from 0", badRows: badRows)
    case .netflix:
      let hasDates = sample.contains { $0.count { $0 == 0x2C } >= 2 }
      return LineSource(
        text, NetflixParser(hasDates: hasDates, encoding: encoding),
        columns: .init(ratings: true, times: hasDates), layout: "Netflix Prize", badRows: badRows)
    case .matrix:
      return LineSource(
        text, MatrixParser(delimiter: guessDelimiter(sample[0]), missing: missing ?? 0),
        columns: .init(ratings: true, times: false), layout: "a dense matrix, a row a user",
        badRows: badRows)
    case .rows, .auto, .npz:
      let rows = try RowLayout(sample[0], options: self, source: bytes.name)
      if rows.hasHeader { text.skipLine() }
      return LineSource(
        text, RowParser(rows, encoding: encoding), columns: rows.columns, layout: rows.summary,
        badRows: badRows)
    }
  }

  /// Throws `SourceError` when a number for no rating is given where every row is a rating.
  private func refuseMissing(in layout: SourceLayout, source: String) throws {
    guard missing != nil else { return }
    throw SourceError(
      .usage,
      "\(source): is read as '\(layout.rawValue)', where each interaction is listed;"
        + " --missing is for --layout matrix"
    )
  }

  /// Throws `SourceError` for bytes that are no text in a single-byte encoding or UTF-8.
  private static func refuseBinary(_ head: UnsafeBufferPointer<UInt8>, source: String) throws {
    guard head.contains(0) else { return }
    let marks = [
      ("PAR1", "a Parquet file"), ("ARROW1", "an Arrow file"), ("SQLite format 3", "a database"),
      ("\u{89}HDF", "an HDF5 file"),
    ]
    let isWide = head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF])
    let what =
      isWide
      ? "text in UTF-16"
      : marks.first { head.starts(with: $0.0.unicodeScalars.map { UInt8($0.value) }) }?.1
        ?? "no text (it holds zero bytes)"
    throw SourceError(
      .badData, "\(source): is \(what); export it as CSV or JSON lines in UTF-8")
  }

  private func guessDelimiter(_ line: [UInt8]) -> [UInt8] {
    RowLayout.delimiter(of: line, given: delimiter)
  }

  /// The layout of a text by its first lines: a brace begins JSON; `12:` begins Netflix; rows of at
  /// least 8 numbers, as many on every line, are a matrix; rows of whole numbers between blanks, not
  /// equally many on every line, are adjacency lines, or counted lists where each begins with how many follow.
  private func guessLayout(_ lines: [[UInt8]]) -> SourceLayout {
    let first = lines.first ?? []
    if first.first == 0x7B { return .jsonl }
    if first.last == 0x3A, first.count > 1, first.dropLast().allSatisfy(isDigit) { return .netflix }
    guard delimiter == nil, header == nil, columns.references.isEmpty else { return .rows }
    let full = lines.filter { !$0.isEmpty }
    let separator = guessDelimiter(first)
    let fields = full.map { line in
      separator.count == 1
        ? line.split(separator: separator[0], omittingEmptySubsequences: separator == [0x20])
        : [line[...]]
    }
    let counts = Set(fields.map(\.count))
    let isNumeric = fields.allSatisfy {
      $0.allSatisfy {
        ($0.first == 0x2D ? $0.dropFirst() : $0).allSatisfy {
          isDigit($0) || $0 == 0x2E || $0 == 0x2C
        }
      }
    }
    if isNumeric, counts.count == 1, fields[0].count >= 8, full.count > 1 { return .matrix }
    if separator == [0x20], counts.count > 1, isNumeric {
      let areCounted =
        fields.count > 2
        && fields.allSatisfy { Int(String(decoding: $0[0], as: UTF8.self)) == $0.count - 1 }
      return areCounted ? .lists : .adjacency
    }
    return .rows
  }
}

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
