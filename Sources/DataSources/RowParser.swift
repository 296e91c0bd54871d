// Which interactions do rows of delimited fields hold?

import Glibc

/// Parses delimited rows.
struct RowParser: LineParser {
  private let layout: RowLayout
  private let decoder: TextDecoder
  private let first: UInt8
  private let second: UInt8
  /// Whether the delimiter is one byte, or one twice.
  private let isPlainDelimiter: Bool
  private let roles: [ColumnRole?]
  private let hasDigits: Bool
  private let labels: LabelColumns?
  /// Delimiters behind the last field needed.
  private let marksBehind: Int
  /// How a header that comes again may begin.
  private var headerStart: WordStart
  private var turnedStart: WordStart
  private var repeatedHeaders = 0

  var remarks: [String] {
    (repeatedHeaders == 0 ? [] : ["left out \(repeatedHeaders) repeated headers"])
      + [layout.doubt].compactMap(\.self) + decoder.remarks
  }

  init(_ layout: RowLayout, _ decoder: TextDecoder, _ texts: ItemTexts?) {
    labels = texts.map {
      LabelColumns(title: layout.labels[.title], category: layout.labels[.category], texts: $0)
    }
    self.layout = layout
    self.decoder = decoder
    marksBehind = (layout.width - layout.roles.count) * layout.delimiter.count
    headerStart = WordStart(Array(layout.headerNames.joined(separator: layout.delimiter)))
    // Files whose columns have another order begin with the other of user and item.
    let ids = layout.headerNames.indices.first { place in
      place > 0 && place < layout.roles.count
        && (layout.roles[place] == .user || layout.roles[place] == .item)
    }
    turnedStart = WordStart(ids.map { layout.headerNames[$0] + layout.delimiter } ?? [])
    first = layout.delimiter[0]
    second = layout.delimiter.count > 1 ? layout.delimiter[1] : 0
    isPlainDelimiter = layout.delimiter.count == 1 || layout.delimiter == [first, first]
    roles = layout.roles
    hasDigits = layout.times == .digits
  }

  /// ASCII ids without quotes, ratings of up to seven digits with a point, whole seconds.
  @inline(__always)
  mutating func parsePlain(
    _ start: UnsafePointer<UInt8>, _ batch: RowBatch, _ users: IDTable, _ items: IDTable
  ) -> UnsafePointer<UInt8>? {
    let word = UnsafeRawPointer(start).loadUnaligned(as: UInt64.self).littleEndian
    guard !headerStart.begins(word), !turnedStart.begins(word), isPlainDelimiter else { return nil }
    var at = start
    var (userAt, userCount, itemAt, itemCount) = (start, 0, start, 0)
    var rating: Float = 1
    var time: Int64 = 0
    let last = roles.count - 1
    for field in 0...last {
      switch roles[field] {
      case .user:
        userAt = at
        while Self.isPlain(at.pointee), at.pointee != first { at += 1 }
        userCount = at - userAt
      case .item:
        itemAt = at
        while Self.isPlain(at.pointee), at.pointee != first { at += 1 }
        itemCount = at - itemAt
      case .rating:
        guard let number = Self.plainRating(&at) else { return nil }
        rating = number
      case .time:
        let digits = at
        while isDigit(at.pointee) {
          time = time &* 10 &+ Int64(at.pointee &- 0x30)
          at += 1
        }
        guard at > digits, at - digits <= 18, !hasDigits else { return nil }
        time = wholeSeconds(time)
      case nil:
        while Self.isPlain(at.pointee), at.pointee != first { at += 1 }
      }
      if at.pointee == first {
        guard second == 0 || at[1] == second else { return nil }
        if field < last { at += second == 0 ? 1 : 2 }
      } else {
        guard field == last, at.pointee == 10 || (at.pointee == 13 && at[1] == 10) else {
          return nil
        }
      }
    }
    guard userCount > 0, itemCount > 0 else { return nil }
    if at.pointee != 10 || marksBehind > 0 {
      guard let newline = memchr(at, 10, Int.max) else { return nil }
      let end = UnsafePointer(newline.assumingMemoryBound(to: UInt8.self))
      guard hasPlainRest(at, end - at) else { return nil }
      at = end
    }
    // What describes an item is taken from its first row, which is not plain.
    if labels != nil, !items.holds(itemAt, itemCount) { return nil }
    batch.append(users.intern(userAt, userCount), items.intern(itemAt, itemCount), rating, time)
    return at + 1
  }

  /// A rating of up to seven digits with a point, and the byte behind it; nil for any other.
  @inline(__always)
  private static func plainRating(_ at: inout UnsafePointer<UInt8>) -> Float? {
    var digits: Int32 = 0
    var count = 0
    while isDigit(at.pointee), count < 8 {
      digits = digits &* 10 &+ Int32(at.pointee &- 0x30)
      at += 1
      count += 1
    }
    var scale = 0
    if at.pointee == 0x2E {
      at += 1
      while isDigit(at.pointee), count < 8 {
        digits = digits &* 10 &+ Int32(at.pointee &- 0x30)
        at += 1
        count += 1
        scale += 1
      }
    }
    guard count > 0, count < 8 else { return nil }
    return scale > 0 ? Float(digits) / powers[scale] : Float(digits)
  }

  /// Whether as many fields as there should be follow the last one needed, none of them quoted.
  @inline(__always)
  private func hasPlainRest(_ at: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    var marks = 0
    var quotes: UInt8 = 0
    for place in 0..<count {
      marks &+= at[place] == first ? 1 : 0
      quotes |= at[place] == 0x22 ? 1 : 0
    }
    return marks == marksBehind && quotes == 0
  }

  /// Printable ASCII but the quote and the blank.
  @inline(__always)
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F && byte != 0x22
  }

  private static let powers: [Float] = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7]

  mutating func parse(
    _ line: UnsafeBufferPointer<UInt8>, _ batch: RowBatch, _ users: IDTable, _ items: IDTable
  ) -> RowFault? {
    if let header = layout.header, line.elementsEqual(header) {
      repeatedHeaders += 1
      return nil
    }
    guard let fields = splitFields(line, by: layout.delimiter, layout.quoting) else {
      return
        "a quoted field does not end, or a quote in it is not doubled (--quotes none takes them as text)"
    }
    if layout.isHeader(fields) {
      repeatedHeaders += 1
      return nil
    }
    if layout.isHeaderTurned(fields) {
      return "names the columns in another order than line 1; read the files that were joined apart"
    }
    guard fields.count >= layout.width,
      fields.dropFirst(layout.width).allSatisfy(\.isEmpty)
    else {
      let found = "\(fields.count) field\(fields.count == 1 ? "" : "s")"
      return RowFault(
        stringLiteral:
          "has \(found) where \(layout.header == nil ? "line 1" : "the header") has \(layout.width)"
          + layout.hint(at: line, hasMore: fields.count > layout.width))
    }
    var (user, item): ([UInt8], [UInt8]) = ([], [])
    var rating: Float = 1
    var time: Int64 = 0
    for (field, role) in zip(fields, roles) {
      switch role {
      case .user, .item:
        guard !field.isEmpty else { return layout.emptyID }
        guard let id = decoder.text(field) else {
          return "the id '\(shown(field))' \(decoder.fault(field))"
        }
        if role == .user { user = id } else { item = id }
      case .rating:
        guard let number = parseNumber(field) else {
          return .noRating(field, advice: layout.advice(on: .rating))
        }
        rating = number
      case .time:
        guard let seconds = layout.times.seconds(field) else {
          return .noTime(field, advice: layout.advice(on: .time))
        }
        time = seconds
      case nil: continue
      }
    }
    let found = labels?.labels(in: fields, decoder)
    if let fault = found?.1 { return fault }
    let number = items.intern(item)
    if let labels, let found, labels.texts.isNew(number) { labels.texts.note(found.0) }
    batch.append(users.intern(user), number, rating, time)
    return nil
  }

  func isOpen(_ line: UnsafeBufferPointer<UInt8>, isQuoted: Bool) -> Bool {
    guard layout.quoting == .csv, isQuoted || line.contains(0x22) else { return false }
    return DataSources.isOpen(line, by: layout.delimiter, isQuoted: isQuoted)
  }
}

/// The first bytes of a line, eight at most, in small letters.
private struct WordStart {
  private var word: UInt64 = 1
  private var mask: UInt64 = 0
  private static let smallLetters: UInt64 = 0x2020_2020_2020_2020

  /// Of no bytes, it begins no line.
  init(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    let start = bytes.prefix(8)
    mask = start.count == 8 ? .max : (1 << UInt64(start.count * 8)) - 1
    let spelled = start.enumerated().reduce(UInt64(0)) {
      $0 | UInt64($1.element) << UInt64($1.offset * 8)
    }
    word = (spelled | Self.smallLetters) & mask
  }

  @inline(__always)
  func begins(_ line: UInt64) -> Bool { (line | Self.smallLetters) & mask == word }
}
