// How is a column laid out inside a table section?

/// Writes columns: a type byte, a coding byte, the decoded and stored sizes, then the stored bytes.
///
/// The coding byte holds the filter in its low four bits and the compression (0 none, 1 zstd) in its
/// high four; `indgrm(5)` describes both.
final class ColumnEncoder {
  private let zstandard: Zstandard?
  private var words: [UInt64] = []
  private var plain: [UInt8] = []

  /// Compresses unless `zstandard` is nil.
  init(_ zstandard: Zstandard?) { self.zstandard = zstandard }

  func append(_ column: Column, to target: inout [UInt8]) {
    target.append(column.type.rawValue)
    switch column {
    case .u8(let values):
      // Bytes are their own plane; a difference never pays for codes this narrow.
      store(Filter.plain, values, &target)
    case .u32(let values):
      load(values) { UInt64($0) }
      numbers(&target)
    case .i64(let values):
      load(values) { UInt64(bitPattern: $0) }
      numbers(&target)
    case .f32(let values):
      load(values) { UInt64($0.bitPattern) }
      floats(&target)
    case .f64(let values):
      load(values) { $0.bitPattern }
      floats(&target)
    case .text(let values):
      plain.removeAll(keepingCapacity: true)
      appendPlanes(lengths: values.map { UInt64($0.utf8.count) })
      for value in values { plain.append(contentsOf: value.utf8) }
      store(.plain, nil, &target)
    case .lists(let offsets, let values):
      plain.removeAll(keepingCapacity: true)
      appendPlanes(lengths: zip(offsets.dropFirst(), offsets).map { UInt64($0 - $1) })
      appendPlanes(lengths: values.map { UInt64($0) })
      store(.plain, nil, &target)
    }
  }

  private func load<T>(_ values: [T], _ convert: (T) -> UInt64) {
    words.removeAll(keepingCapacity: true)
    words.reserveCapacity(values.count)
    values.withUnsafeBufferPointer { for value in $0 { words.append(convert(value)) } }
  }

  /// The planes of `words`, preceded by their number.
  private func appendPlanes() {
    words.withUnsafeBufferPointer { words in
      let planes = Planes.needed(words)
      plain.append(UInt8(planes))
      let start = plain.count
      plain.append(contentsOf: repeatElement(0, count: planes * words.count))
      plain.withUnsafeMutableBufferPointer { bytes in
        if let base = bytes.baseAddress { Planes.split(words, planes: planes, into: base + start) }
      }
    }
  }

  private func appendPlanes(lengths: [UInt64]) {
    words = lengths
    appendPlanes()
  }

  private func numbers(_ target: inout [UInt8]) {
    let better = words.withUnsafeBufferPointer {
      planeEntropy($0, difference: true) < planeEntropy($0, difference: false)
    }
    if better { words.withUnsafeMutableBufferPointer { Difference.apply($0) } }
    plain.removeAll(keepingCapacity: true)
    appendPlanes()
    store(better ? .difference : .plain, nil, &target)
  }

  private func floats(_ target: inout [UInt8]) {
    guard let palette = palette() else {
      plain.removeAll(keepingCapacity: true)
      appendPlanes()
      return store(.plain, nil, &target)
    }
    plain.removeAll(keepingCapacity: true)
    plain.append(UInt8(palette.count - 1))
    for word in palette { withUnsafeBytes(of: word.littleEndian) { plain.append(contentsOf: $0) } }
    var codes = RecentCodes()
    for (code, word) in palette.enumerated() { codes.remember(word, UInt8(code)) }
    let head = plain.count
    plain.append(contentsOf: repeatElement(0, count: words.count))
    plain.withUnsafeMutableBufferPointer { plain in
      for (place, word) in words.enumerated() {
        plain[head + place] = codes.code(of: word) ?? UInt8(lowerBound(palette, word))
      }
    }
    store(.palette, nil, &target)
  }

  /// The sorted distinct words, when there are 1 to 256 of them.
  private func palette() -> [UInt64]? {
    var found: [UInt64] = []
    var codes = RecentCodes()
    for word in words where codes.code(of: word) == nil {
      codes.remember(word, 0)
      let at = lowerBound(found, word)
      if at < found.count, found[at] == word { continue }
      if found.count == 256 { return nil }
      found.insert(word, at: at)
    }
    return found.isEmpty ? nil : found
  }

  private func lowerBound(_ sorted: [UInt64], _ word: UInt64) -> Int {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < word { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func store(_ filter: Filter, _ bytes: [UInt8]?, _ target: inout [UInt8]) {
    (bytes ?? plain).withUnsafeBytes { content in
      let head = target.count
      target.append(filter.rawValue)
      target.appendInteger(UInt32(content.count))
      target.appendInteger(UInt32(0))
      let start = target.count
      if let zstandard, content.count > 64, zstandard.compress(content, appendingTo: &target) {
        target[head] |= 1 << 4
      } else {
        target.append(contentsOf: content)
      }
      target.replaceInteger(UInt32(target.count - start), at: head + 5)
    }
  }
}

/// Reads columns back, checking every size before it is used.
final class ColumnDecoder {
  private let zstandard = Zstandard()
  /// Bytes that columns may still take when decoded.
  var budget = Int.max

  /// Decodes the column at the cursor; nil when its bytes make no sense.
  func column(_ cursor: inout PayloadCursor, rows: Int) -> Column? {
    guard let code = cursor.integer(UInt8.self), let type = ElementType(rawValue: code),
      let coding = cursor.integer(UInt8.self), let filter = Filter(rawValue: coding & 15),
      let size = cursor.integer(UInt32.self).map(Int.init), size <= FormatLimit.flattened,
      let stored = cursor.integer(UInt32.self).map(Int.init),
      let bytes = cursor.bytes(stored), plausible(size, type, rows),
      take(rows * (type.width == 0 ? 16 : 8) + (type.width == 0 ? size : 0))
    else { return nil }
    switch coding >> 4 {
    case 0:
      return stored == size ? values(bytes, type, filter, rows) : nil
    case 1:
      var plain = [UInt8](repeating: 0, count: size)
      guard plain.withUnsafeMutableBytes({ zstandard.decompress(bytes, into: $0) }) else {
        return nil
      }
      return plain.withUnsafeBytes { values($0, type, filter, rows) }
    default:
      return nil
    }
  }

  private func take(_ bytes: Int) -> Bool {
    budget -= bytes
    return budget >= 0
  }

  /// Whether a decoded size can belong to so many rows, so that a lie allocates nothing.
  private func plausible(_ size: Int, _ type: ElementType, _ rows: Int) -> Bool {
    type.width == 0 || size <= 1 + 256 * 8 + rows * 8
  }

  private func values(
    _ bytes: UnsafeRawBufferPointer, _ type: ElementType, _ filter: Filter, _ rows: Int
  ) -> Column? {
    var cursor = PayloadCursor(bytes)
    let column: Column?
    switch type {
    case .u8:
      guard filter == .plain, let raw = cursor.bytes(rows) else { return nil }
      column = .u8([UInt8](raw))
    case .u32:
      column = words(&cursor, filter, rows, planes: 4).map {
        .u32($0.map { UInt32(truncatingIfNeeded: $0) })
      }
    case .i64:
      column = words(&cursor, filter, rows, planes: 8).map {
        .i64($0.map { Int64(bitPattern: $0) })
      }
    case .f32:
      column = words(&cursor, filter, rows, planes: 4).map {
        .f32($0.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) })
      }
    case .f64:
      column = words(&cursor, filter, rows, planes: 8).map {
        .f64($0.map { Double(bitPattern: $0) })
      }
    case .text:
      column = text(&cursor, filter, rows)
    case .lists:
      column = lists(&cursor, filter, rows)
    }
    return cursor.isAtEnd ? column : nil
  }

  private func words(
    _ cursor: inout PayloadCursor, _ filter: Filter, _ rows: Int, planes most: Int
  ) -> [UInt64]? {
    if filter == .palette {
      guard let last = cursor.integer(UInt8.self), let raw = cursor.bytes(8 * (Int(last) + 1)),
        let codes = cursor.bytes(rows)
      else { return nil }
      let palette = (0...Int(last)).map {
        UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
      }
      var words = [UInt64](repeating: 0, count: rows)
      for index in 0..<rows {
        guard codes[index] <= last else { return nil }
        words[index] = palette[Int(codes[index])]
      }
      return words
    }
    // A difference of 32-bit values needs 33 bits, hence one plane more than the type has bytes.
    guard let planes = cursor.integer(UInt8.self).map(Int.init), planes >= 1,
      planes <= min(most + (filter == .difference ? 1 : 0), 8),
      let raw = cursor.bytes(planes * rows)
    else { return nil }
    var words = [UInt64](repeating: 0, count: rows)
    words.withUnsafeMutableBufferPointer { words in
      if let base = raw.bindMemory(to: UInt8.self).baseAddress {
        Planes.join(base, planes: planes, into: words)
      }
      if filter == .difference { Difference.undo(words) }
    }
    return words
  }

  private func lengths(_ cursor: inout PayloadCursor, _ rows: Int) -> (offsets: [Int], total: Int)?
  {
    guard let lengths = words(&cursor, .plain, rows, planes: 4) else { return nil }
    var offsets = [0]
    offsets.reserveCapacity(rows + 1)
    var total = 0
    for length in lengths {
      total += Int(length)
      guard total <= FormatLimit.flattened else { return nil }
      offsets.append(total)
    }
    return (offsets, total)
  }

  private func text(_ cursor: inout PayloadCursor, _ filter: Filter, _ rows: Int) -> Column? {
    guard filter == .plain, let (offsets, total) = lengths(&cursor, rows),
      let raw = cursor.bytes(total)
    else { return nil }
    var values: [String] = []
    values.reserveCapacity(rows)
    for row in 0..<rows {
      let slice = UnsafeRawBufferPointer(rebasing: raw[offsets[row]..<offsets[row + 1]])
      guard let value = String(validating: slice, as: UTF8.self) else { return nil }
      values.append(value)
    }
    return .text(values)
  }

  private func lists(_ cursor: inout PayloadCursor, _ filter: Filter, _ rows: Int) -> Column? {
    guard filter == .plain, let (offsets, total) = lengths(&cursor, rows), take(7 * total),
      let values = words(&cursor, .plain, total, planes: 4)
    else { return nil }
    return .lists(offsets: offsets, values: values.map { UInt32(truncatingIfNeeded: $0) })
  }
}

/// The code of words seen lately, one for each of 1,024 places that words are hashed to.
private struct RecentCodes {
  private var words = [UInt64](repeating: 0, count: 1024)
  private var codes = [Int16](repeating: -1, count: 1024)

  private func place(_ word: UInt64) -> Int {
    Int(truncatingIfNeeded: (word &* 0x9E37_79B9_7F4A_7C15) >> 54)
  }

  func code(of word: UInt64) -> UInt8? {
    let place = place(word)
    return codes[place] >= 0 && words[place] == word ? UInt8(codes[place]) : nil
  }

  mutating func remember(_ word: UInt64, _ code: UInt8) {
    let place = place(word)
    words[place] = word
    codes[place] = Int16(code)
  }
}
