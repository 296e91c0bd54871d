// Which guesses about a source can be overridden?

import Glibc

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
  /// One to eight ASCII characters; nil means guess.
  public var delimiter: String?
  /// Whether the first line names the columns; nil means guess.
  public var header: Bool?
  public var columns = ColumnSelection()
  public var quotes = QuoteRule.auto
  public var encoding = TextEncoding.auto
  /// The number that is no rating in a matrix; nil means 0. Other layouts refuse one.
  public var missing: Float?

  public init() {}

  /// Opens one text or archive member for reading.
  ///
  /// `texts` takes the titles and categories that `columns` names. Throws `SourceError` when the layout cannot be
  /// told, or has no use for `missing`.
  public func open(_ bytes: ByteStream, badRows: BadRows, texts: ItemTexts? = nil) throws
    -> any InteractionSource
  {
    if layout == .npz || (layout == .auto && bytes.isNumpyArchive) {
      try refuseUnused(by: .npz, source: bytes.name)
      return try NumpySource(bytes)
    }
    let text = try LineBlocks(bytes)
    try Self.refuseBinary(text.head, source: bytes.name)
    var options = self
    if let mark = text.spreadsheetDelimiter, layout == .auto || layout == .rows {
      text.skipLine()
      options.delimiter = delimiter ?? mark
    }
    let sample = text.firstLines(200)
    guard !sample.isEmpty else {
      throw SourceError(
        .badData, "\(bytes.name): holds empty lines only; there is nothing to ingest")
    }
    if text.cutsFirstLine, [.auto, .rows, .matrix].contains(layout) {
      try Conversion.refuseLongLine(sample, source: bytes.name)
    }
    let guess = try LayoutGuess(sample, options, source: bytes.name)
    try refuseUnused(by: guess.layout, source: bytes.name)
    return try options.open(text, sample, guess, badRows: badRows, columns.hasLabels ? texts : nil)
  }

  /// Opens a text whose layout is known.
  private func open(
    _ text: LineBlocks, _ sample: [[UInt8]], _ guess: LayoutGuess, badRows: BadRows,
    _ texts: ItemTexts?
  ) throws -> any InteractionSource {
    let decoder = TextDecoder(encoding)
    let name = text.source.name
    let pairs = RowColumns(ratings: false, times: false)
    switch guess.layout {
    case .jsonl:
      let parser = try JSONLinesParser(sample, columns: columns, decoder, texts, source: name)
      return LineSource(
        text, parser, columns: parser.rowColumns, layout: parser.summary, badRows: badRows)
    case .adjacency:
      return LineSource(
        text, AdjacencyParser(decoder: decoder), columns: pairs,
        layout: "a user and their items on each line" + guess.ground, badRows: badRows)
    case .lists:
      return LineSource(
        text, ListsParser(decoder: decoder), columns: pairs,
        layout: "a count and a user's items on each line, users numbered from 0" + guess.ground,
        badRows: badRows)
    case .netflix:
      let parser = NetflixParser(sample, decoder: decoder)
      return LineSource(
        text, parser, columns: parser.columns, layout: "Netflix Prize", badRows: badRows)
    case .matrix:
      return LineSource(
        text,
        MatrixParser(
          delimiter: RowLayout.delimiter(of: sample, options: self), missing: missing ?? 0),
        columns: .init(ratings: true, times: false),
        layout: "a dense matrix, a row a user" + guess.ground, badRows: badRows)
    case .rows, .auto, .npz:
      let rows = try RowLayout(sample, options: self, source: name)
      for _ in 0..<rows.headerLines { text.skipLine() }
      return LineSource(
        text, RowParser(rows, decoder, texts), columns: rows.columns, layout: rows.summary,
        order: rows.order, badRows: badRows)
    }
  }

  /// Throws `SourceError` for an option that the layout has no use for.
  private func refuseUnused(by layout: SourceLayout, source: String) throws {
    let isRows = layout == .rows || layout == .auto
    let unused = [
      ("--columns", !columns.isEmpty && !isRows && layout != .jsonl),
      ("--delimiter", delimiter != nil && !isRows && layout != .matrix),
      ("--header", header != nil && !isRows), ("--quotes", quotes != .auto && !isRows),
    ].first { $0.1 }
    if let (option, _) = unused {
      throw SourceError(
        .usage,
        "\(source): is read as '\(layout.rawValue)', which has no use for \(option); leave it out or"
          + " say another --layout")
    }
    if layout != .matrix { try refuseMissing(in: layout, source: source) }
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
  static func refuseBinary(
    _ head: UnsafeBufferPointer<UInt8>, source: String, target: String = "ingest -"
  ) throws {
    let isPickle = head.count > 1 && head[0] == 0x80 && head[1] < 9
    // Text has hardly any control characters but line ends and what Hive and others use as delimiters.
    let controls = head.count { (0x04...0x08).contains($0) || (0x0E...0x19).contains($0) }
    let isPacked = [[0x1F, 0x8B], [0x1F, 0x9D]].contains { head.starts(with: $0) }
    guard
      head.contains(0) || isPickle || isPacked || head.starts(with: "%PDF".utf8)
        || controls > 7 && controls * 50 > head.count
    else { return }
    // A line of another program that makes text of it; what comes through a pipe has no name there.
    let name = access(source, R_OK) == 0 ? source : "FILE"
    let marks = [
      ("Obj\u{1}", "an Avro file; export it as CSV or JSON lines in UTF-8"),
      ("MATLAB", "data of MATLAB; write them with writetable"),
      ("\u{89}IGR", "a stream of indgrm already; give it to the next tool"),
      ("PAR1", "a Parquet file; pipe it in: duckdb -csv -c \"from '\(name)'\" | indgrm ingest"),
      ("ARROW1", "an Arrow file; \(arrow("pyarrow.ipc.open_file('\(name)').read_all()"))"),
      (
        "\u{FF}\u{FF}\u{FF}\u{FF}",
        "a stream of Arrow; \(arrow("pyarrow.ipc.open_stream('\(name)').read_all()"))"
      ),
      ("ORC", "an ORC file; \(arrow("pyarrow.orc.read_table('\(name)')"))"),
      (
        "SQLite format 3",
        "a database; pipe a table in: sqlite3 -csv -header '\(name)' 'select * from TABLE'"
          + " | indgrm ingest"
      ),
      (
        "DUCK",
        "a database of DuckDB; pipe a table in: duckdb -csv '\(name)' 'select * from TABLE'"
          + " | indgrm ingest"
      ),
      ("\u{89}HDF", "an HDF5 file; export it as CSV or JSON lines in UTF-8"),
      ("\u{93}NUMPY", "an array of numpy; save it as rows of user, item and rating with savetxt"),
      ("\u{80}", "a pickle of Python; write what it holds as CSV or JSON lines"),
      ("%PDF", "a PDF document; export the data as CSV or JSON lines in UTF-8"),
      ("RDX", "data of R; write them with write.csv"),
      ("RDA", "data of R; write them with write.csv"),
      ("X\n", "data of R; write them with write.csv"),
      ("PK\u{3}\u{4}", "an archive in another; unpack the outer one, and name this one"),
      ("\u{D0}\u{CF}\u{11}\u{E0}", "a spreadsheet of an old Excel; export it as CSV"),
    ]
    // DuckDB's own mark comes after a checksum.
    let start = head.dropFirst(8).starts(with: "DUCK".utf8) ? head.dropFirst(8) : head[...]
    let what =
      packed(head, Conversion.file(source), target)
      ?? unicodeForm(head).map {
        "text in \($0); convert it: iconv -f \($0) -t UTF-8 \(Conversion.file(source)) | \(target)"
      }
      ?? marks.first { start.starts(with: $0.0.unicodeScalars.map { UInt8($0.value) }) }?.1
      ?? "no text (it holds \(head.contains(0) ? "zero bytes" : "many control characters")); export it as CSV or"
      + " JSON lines in UTF-8"
    throw SourceError(.badData, "\(source): is \(what)")
  }

  /// By what bytes are packed that are not unpacked here, with the line that does.
  private static func packed(
    _ head: UnsafeBufferPointer<UInt8>, _ path: String, _ target: String
  ) -> String? {
    let programs: [(start: [UInt8], what: String, command: String)] = [
      ([0x1F, 0x8B], "packed twice by gzip", "cat"), ([0x1F, 0x9D], "packed by compress", "zcat"),
      ([0x5D, 0, 0], "packed by LZMA", "xzcat"),
      ([0x37, 0x7A, 0xBC, 0xAF], "an archive of 7-Zip", "7z x -so"),
      ([0x52, 0x61, 0x72, 0x21], "an archive of RAR", "unrar p -inul"),
    ]
    return programs.first { head.starts(with: $0.start) }.map {
      "\($0.what); unpack it: \($0.command) \(path) | \(target)"
    }
  }

  /// The line that makes CSV of what an expression of pyarrow reads.
  private static func arrow(_ table: String) -> String {
    "pipe it in: python3 -c \"import sys, pyarrow.csv, pyarrow.ipc, pyarrow.orc;"
      + " pyarrow.csv.write_csv(\(table), sys.stdout.buffer)\" | indgrm ingest"
  }

  /// In which of Unicode's other forms a text is: told by its byte order mark, or by zeros in every second byte.
  private static func unicodeForm(_ head: UnsafeBufferPointer<UInt8>) -> String? {
    let marks: [(form: String, bytes: [UInt8])] = [
      ("UTF-32", [0xFF, 0xFE, 0, 0]), ("UTF-32", [0, 0, 0xFE, 0xFF]), ("UTF-16", [0xFF, 0xFE]),
      ("UTF-16", [0xFE, 0xFF]),
    ]
    if let mark = marks.first(where: { head.starts(with: $0.bytes) }) { return mark.form }
    let pairs = min(head.count / 2, 500)
    let zeros = (0...1).map { side in (0..<pairs).count { head[$0 * 2 + side] == 0 } }
    if zeros[1] * 2 > pairs, zeros[0] == 0 { return "UTF-16LE" }
    return zeros[0] * 2 > pairs && zeros[1] == 0 ? "UTF-16BE" : nil
  }
}

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
