// Which layout do the first lines of a text have?

/// A layout that fits all the lines looked at, and why it was taken.
struct LayoutGuess {
  let layout: SourceLayout
  /// In words, to be put behind the layout's name; empty where it was said.
  let ground: String

  /// Takes the layout that was said, or the only one that fits: a brace begins JSON; `12:` begins Netflix; rows of
  /// at least 8 numbers, as many on every line, are a matrix where zeros or one range of ratings say so; rows of
  /// whole numbers between blanks are adjacency lines where their length differs or is beyond that of ratings, and
  /// counted lists where each begins with how many follow.
  ///
  /// Throws `SourceError` where two layouts fit, or the text is of a kind that has to be converted.
  init(_ lines: [[UInt8]], _ options: SourceOptions, source: String) throws {
    let first = lines.first ?? []
    if options.layout == .auto || options.layout == .jsonl || options.layout == .rows {
      try Conversion.refuse(lines, options, source: source)
    }
    func take(_ layout: SourceLayout, _ ground: String = "") -> (SourceLayout, String) {
      (layout, ground.isEmpty ? "" : " (\(ground))")
    }
    guard options.layout == .auto else {
      (layout, ground) = take(options.layout)
      return
    }
    if first.first(where: { $0 != 0x20 && $0 != 0x09 }) == 0x7B {
      (layout, ground) = take(.jsonl)
    } else if first.last == 0x3A, first.count > 1, first.dropLast().allSatisfy(isDigit) {
      (layout, ground) = take(.netflix)
    } else if options.missing != nil {
      let numbers = NumberLines(lines, options)
      (layout, ground) = take(numbers.map { $0.isEven && $0.width >= 8 } == true ? .matrix : .rows)
    } else if options.delimiter == nil, options.header == nil, options.columns.references.isEmpty,
      let numbers = NumberLines(lines, options)
    {
      (layout, ground) = try numbers.layout(source, take)
    } else {
      // Columns that were said do nothing for a matrix; said of all roles they mean a log.
      let areAllSaid = ColumnRole.allCases.allSatisfy { options.columns.references[$0] != nil }
      if !areAllSaid, let numbers = NumberLines(lines, options), numbers.isEven, numbers.width >= 8
      {
        try numbers.refuseMarks(source)
        // Neither a delimiter nor that there is no header says whether it is a matrix.
        if options.columns.references.isEmpty { throw numbers.doubt(source) }
      }
      (layout, ground) = take(.rows)
    }
  }
}

/// Lines that hold nothing but numbers.
private struct NumberLines {
  private let rows: [[Double?]]
  private let isWhole: Bool
  private let delimiter: [UInt8]
  private var isBetweenBlanks: Bool { delimiter == [0x20] }
  var isEven: Bool { Set(rows.map(\.count)).count == 1 }
  var width: Int { rows.first?.count ?? 0 }

  /// Nil where a field is no number.
  init?(_ lines: [[UInt8]], _ options: SourceOptions) {
    let delimiter = RowLayout.delimiter(of: lines, options: options)
    self.delimiter = delimiter
    var (rows, isWhole): ([[Double?]], Bool) = ([], true)
    for line in lines where !line.isEmpty {
      var row: [Double?] = []
      for field in line.withUnsafeBufferPointer({ splitFields($0, by: delimiter, .none) }) ?? [] {
        let number = parseNumber(field)
        guard number != nil || field.isEmpty else { return nil }
        isWhole = isWhole && field.allSatisfy(isDigit)
        row.append(number.map(Double.init))
      }
      rows.append(row)
    }
    guard let width = rows.first?.count, width > 0 else { return nil }
    (self.rows, self.isWhole) = (rows, isWhole)
  }

  func layout(_ source: String, _ take: (SourceLayout, String) -> (SourceLayout, String)) throws
    -> (SourceLayout, String)
  {
    if isBetweenBlanks, isWhole, !isEven {
      if rows.count > 2, rows.allSatisfy({ $0[0] == Double($0.count - 1) }) {
        return take(.lists, "each line begins with how many follow")
      }
      guard Set(rows.map { $0[0] }).count == rows.count else {
        throw SourceError(
          .badData,
          "\(source): has lines of whole numbers that are no user's items, for first ones come again; say"
            + " --layout adjacency where they are; of baskets, number the lines, so convert it: awk '{ print NR,"
            + " $0 }'"
            + " \(Conversion.file(source)) | ingest --layout adjacency -")
      }
      return take(.adjacency, "lines of whole numbers, not equally many")
    }
    guard isEven, rows.count > 1 else { return take(.rows, "") }
    if width >= 8 { return try wide(source, take) }
    if width >= 3, isBetweenBlanks, looksAdjacent {
      throw SourceError(
        .badData,
        "\(source): may be rows of user, item and rating or lines of a user and its items; say"
          + " --layout rows or --layout adjacency")
    }
    return take(.rows, "")
  }

  /// Whether each line may be another user's items: whole numbers, none twice, of the size of ids.
  private var looksAdjacent: Bool {
    let items = rows.map { $0.dropFirst().compactMap { $0 } }
    return isWhole && Set(rows.map { $0[0] }).count == rows.count
      && items.allSatisfy { Set($0).count == $0.count } && (items.joined().max() ?? 0) > 10
      && items.contains { $0.last ?? 0 > 10 }
      && items.allSatisfy { $0.allSatisfy { $0 < 1e8 } }
  }

  /// Throws `SourceError` for a matrix in which a number stands for no rating.
  func refuseMarks(_ source: String) throws {
    let numbers = rows.joined().compactMap { $0 }
    for mark in [99.0, -99, -1, 999] where numbers.count(where: { $0 == mark }) * 4 > numbers.count
    {
      let count = Int(mark)
      let countsFirst = rows.allSatisfy { row in
        row[0] == Double(row.dropFirst().count { $0 != mark })
      }
      let what = "\(source): is a matrix in which \(count) may stand for no rating"
      guard countsFirst else {
        throw SourceError(
          .badData,
          "\(what); say --missing \(count) (or --layout matrix where it is a rating)")
      }
      let mark = String(decoding: delimiter, as: UTF8.self)
      let cut =
        delimiter == [0x09]
        ? "cut -f2-"
        : delimiter.count == 1
          ? "cut -d'\(mark)' -f2-" : "sed 's/^[^\(mark.first { $0 != " " } ?? " ")]*\(mark)//'"
      throw SourceError(
        .badData,
        "\(what), and the first column counts the others; convert it: \(cut)"
          + " \(Conversion.file(source)) | ingest --missing \(count) -")
    }
  }

  /// A matrix, adjacency lines or a log of many columns.
  private func wide(_ source: String, _ take: (SourceLayout, String) -> (SourceLayout, String))
    throws -> (SourceLayout, String)
  {
    let numbers = rows.joined().compactMap { $0 }
    let empty = rows.joined().count { $0 == nil || $0 == 0 }
    let largest = numbers.map(\.magnitude).max() ?? 0
    try refuseMarks(source)
    if empty * 4 > rows.joined().count, largest <= 1000 {
      return take(.matrix, "\(width) numbers on each line, many of them 0 or empty")
    }
    if isBetweenBlanks, looksAdjacent {
      return take(.adjacency, "whole numbers between blanks, none twice on a line")
    }
    if width >= 64, largest <= 1000 {
      return take(.matrix, "\(width) numbers on each line")
    }
    let columns = (0..<width).map { place in rows.compactMap { $0[place] } }
    let tops = columns.map { $0.max() ?? 0 }
    if largest <= 100, rows.count > 2, tops.allSatisfy({ $0 * 4 >= largest }) {
      return take(.matrix, "\(width) numbers on each line, all of one range")
    }
    throw doubt(source)
  }

  /// The fault of numbers that may be a matrix or a log.
  func doubt(_ source: String) -> SourceError {
    SourceError(
      .badData,
      "\(source): has \(width) numbers on each line, a matrix or rows of a log; say --layout matrix, or"
        + " which column is which as in --columns user=1,item=2,rating=none,time=none")
  }
}
