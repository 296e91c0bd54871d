// What is in one of numpy's arrays?

/// An array in numpy's .npy format, little-endian and in C order, read once while it comes in.
///
/// What an archive becomes in memory is bounded by its own length, so that few bytes do not become many.
final class NumpyArray {
  /// Bytes of memory that any archive may become, and what each of its own bytes adds.
  private static let (allowance, ratio) = (64 << 20, 64)
  private static let longestHead = 1 << 16

  /// Bytes of memory that the arrays so far take.
  private(set) var taken: Int
  private let source: ByteStream
  /// `f`, `i`, `u`, `b`, `U` or `S`.
  private let kind: UInt8
  /// Bytes of an element.
  private let size: Int
  private let count: Int

  /// Reads the head of the member at hand; `taken` counts what arrays before it took.
  ///
  /// Throws `SourceError` when it is no such array.
  init(_ source: ByteStream, taken: Int) throws {
    (self.source, self.taken) = (source, taken)
    func malformed(_ what: String) -> SourceError {
      SourceError(.badData, "\(source.name): \(what)")
    }
    let start = try Self.bytes(10, source)
    guard start.count == 10, start.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw malformed("is no .npy array")
    }
    let more = start[6] == 1 ? [0, 0] : try Self.bytes(2, source)
    guard more.count == 2 else { throw malformed("is cut short") }
    let length = Int(start[8]) | Int(start[9]) << 8 | Int(more[0]) << 16 | Int(more[1]) << 24
    guard length <= Self.longestHead else { throw malformed("has a head of \(length) bytes") }
    let raw = try Self.bytes(length, source)
    guard raw.count == length else { throw malformed("is cut short") }
    let head = String(decoding: raw, as: UTF8.self)
    func value(of key: String) -> Substring? {
      guard let at = head.range(after: "'\(key)':") else { return nil }
      return head[at...].drop { $0 == " " }
    }
    guard let type = value(of: "descr")?.dropFirst().prefix(while: { $0 != "'" }),
      let shape = value(of: "shape")?.dropFirst().prefix(while: { $0 != ")" })
    else { throw malformed("has no type or shape") }
    guard value(of: "fortran_order")?.hasPrefix("False") == true || !shape.contains(", ") else {
      throw malformed("is in Fortran order; save it in C order")
    }
    let parts = Array(type.utf8)
    guard parts.count >= 3, parts[0] == 0x3C || parts[0] == 0x7C,
      let width = Int(String(decoding: parts[2...], as: UTF8.self)), width >= 0, width < 1 << 20
    else {
      throw malformed("holds elements of type \(shown(type.utf8)), which are not read")
    }
    kind = parts[1]
    size = kind == 0x55 ? width * 4 : width
    var count = 1
    for side in shape.split(separator: ",") {
      guard let side = Int(side.filter { $0 != " " }), side >= 0 else {
        throw malformed("has no shape")
      }
      let (product, overflow) = count.multipliedReportingOverflow(by: side)
      guard !overflow else { throw malformed("has an impossible shape") }
      count = product
    }
    self.count = count
  }

  private static func bytes(_ count: Int, _ source: ByteStream) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = try bytes.withUnsafeMutableBytes { try source.read(into: $0) }
    return Array(bytes.prefix(got))
  }

  /// Hands on the elements, some at a time as they come; `each` is what one takes in memory.
  private func forEachBlock(
    each: Int, _ body: (_ block: UnsafeRawBufferPointer, _ count: Int) throws -> Void
  ) throws {
    let most = size == 0 ? 1 << 16 : max((1 << 16) / size, 1)
    var bytes = [UInt8](repeating: 0, count: most * size)
    var done = 0
    while done < count {
      let some = min(most, count - done)
      let got = try bytes.withUnsafeMutableBytes {
        try source.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<(some * size)]))
      }
      guard got == some * size else {
        throw SourceError(.badData, "\(source.name): is cut short")
      }
      done += some
      taken += some * max(each, size)
      guard taken <= Self.allowance + Self.ratio * source.storedCount else {
        throw SourceError(
          .badData,
          "\(source.name): becomes more than \(Self.ratio) times what is stored; is it made to fill"
            + " memory? Save it with less compression (scipy.sparse.save_npz(..., compressed=False))"
        )
      }
      try bytes.withUnsafeBytes { try body($0, some) }
    }
    guard try Self.bytes(1, source).isEmpty else {
      throw SourceError(.badData, "\(source.name): goes on behind its \(count) elements")
    }
  }

  private func elements<T: FixedWidthInteger, R>(_ type: T.Type, _ make: (T) throws -> R) throws
    -> [R]
  {
    var values: [R] = []
    try forEachBlock(each: MemoryLayout<R>.size) { block, count in
      for place in 0..<count {
        let stored = block.loadUnaligned(fromByteOffset: place * size, as: T.self)
        values.append(try make(T(littleEndian: stored)))
      }
    }
    return values
  }

  /// Texts, which take 40 bytes beside what is in them.
  private func texts(_ make: (UnsafeRawBufferPointer) -> [UInt8]) throws -> [[UInt8]] {
    var values: [[UInt8]] = []
    try forEachBlock(each: 40 + size) { block, count in
      for place in 0..<count {
        let raw = UnsafeRawBufferPointer(rebasing: block[place * size..<(place + 1) * size])
        values.append(make(raw))
      }
    }
    return values
  }

  private var unreadable: SourceError {
    SourceError(.badData, "\(source.name): holds elements of a type that is not read here")
  }

  func integers() throws -> [Int] {
    switch (kind, size) {
    case (0x69, 4): try elements(Int32.self) { Int($0) }
    case (0x69, 8): try elements(Int64.self) { Int($0) }
    case (0x75, 4): try elements(UInt32.self) { Int($0) }
    default: throw unreadable
    }
  }

  /// Whole numbers from 0 to 2^32 - 2.
  func numbers() throws -> [UInt32] {
    func number(_ value: some BinaryInteger) throws -> UInt32 {
      guard let number = UInt32(exactly: value), number < .max else {
        throw SourceError(.badData, "\(source.name): holds \(value), which is no index here")
      }
      return number
    }
    switch (kind, size) {
    case (0x69, 4): return try elements(Int32.self) { try number($0) }
    case (0x69, 8): return try elements(Int64.self) { try number($0) }
    case (0x75, 4): return try elements(UInt32.self) { try number($0) }
    default: throw unreadable
    }
  }

  func floats() throws -> [Float] {
    switch (kind, size) {
    case (0x66, 4): try elements(UInt32.self) { Float(bitPattern: $0) }
    case (0x66, 8): try elements(UInt64.self) { Float(Double(bitPattern: $0)) }
    case (0x69, 1): try elements(Int8.self) { Float($0) }
    case (0x69, 2): try elements(Int16.self) { Float($0) }
    case (0x69, 4): try elements(Int32.self) { Float($0) }
    case (0x69, 8): try elements(Int64.self) { Float($0) }
    case (0x75, 1), (0x62, 1): try elements(UInt8.self) { Float($0) }
    default: throw unreadable
    }
  }

  /// Texts as UTF-8; whole numbers count as texts.
  func texts() throws -> [[UInt8]] {
    switch kind {
    case 0x53: return try texts { Array($0.prefix { $0 != 0 }) }
    case 0x55:
      return try texts { raw in
        var text = ""
        for place in stride(from: 0, to: raw.count, by: 4) {
          let code = raw.loadUnaligned(fromByteOffset: place, as: UInt32.self)
          if code != 0 { text.unicodeScalars.append(Unicode.Scalar(code) ?? "\u{FFFD}") }
        }
        return Array(text.utf8)
      }
    default: return try integers().map { Array(String($0).utf8) }
    }
  }
}

extension String {
  /// The position behind the first occurrence of a text.
  fileprivate func range(after text: String) -> String.Index? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
