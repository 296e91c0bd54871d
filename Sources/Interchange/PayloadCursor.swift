// How are little-endian fields read from and written to a payload without stepping outside it?

/// Walks over a payload; every step is bounds-checked and gives nil past the end.
struct PayloadCursor {
  private let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { offset == bytes.count }

  mutating func integer<T: FixedWidthInteger>(_ type: T.Type) -> T? {
    let size = MemoryLayout<T>.size
    guard bytes.count - offset >= size else { return nil }
    defer { offset += size }
    return T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  mutating func bytes(_ count: Int) -> UnsafeRawBufferPointer? {
    guard count >= 0, count <= bytes.count - offset else { return nil }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  /// A name: its length in one byte, then that many bytes of UTF-8, at least one.
  mutating func name() -> String? {
    guard let length = integer(UInt8.self), length > 0, let raw = bytes(Int(length)) else {
      return nil
    }
    return String(validating: raw, as: UTF8.self)
  }
}

extension [UInt8] {
  mutating func appendInteger<T: FixedWidthInteger>(_ value: T) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  mutating func replaceInteger<T: FixedWidthInteger>(_ value: T, at offset: Int) {
    Swift.withUnsafeBytes(of: value.littleEndian) {
      for (index, byte) in $0.enumerated() { self[offset + index] = byte }
    }
  }

  mutating func appendName(_ name: String) {
    precondition((1...FormatLimit.name).contains(name.utf8.count), "a name needs 1 to 255 bytes")
    append(UInt8(name.utf8.count))
    append(contentsOf: name.utf8)
  }
}
