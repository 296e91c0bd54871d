// How does numpy read what we hold? (.npz: a zip of .npy members, stored without compression.)

/// Writes an .npz archive member by member.
public final class NumpyArchive {
  private let file: OutputFile
  private var directory: [UInt8] = []
  private var members: UInt64 = 0
  private var offset: UInt64 = 0

  public init(_ file: OutputFile) { self.file = file }

  /// Adds an array.
  ///
  /// - Parameter type: numpy's name of the element type, such as `<f4`.
  public func add(_ name: String, type: String, shape: [Int], _ data: UnsafeRawBufferPointer) throws
  {
    let sizes = shape.map { "\($0)," }.joined(separator: " ")
    var head = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(sizes)), }"
    // Magic (6), version (2) and the length (2) come before; the data start at a multiple of 64.
    head += String(repeating: " ", count: (64 - (10 + head.utf8.count + 1) % 64) % 64) + "\n"
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    append(UInt16(head.utf8.count), to: &bytes)
    bytes += Array(head.utf8)
    try addMember(name + ".npy", bytes, data)
  }

  /// Adds an array of as many values as the shape asks for; without a shape a row of them.
  public func add<T>(_ name: String, type: String, shape: [Int]? = nil, _ values: [T]) throws {
    try values.withUnsafeBytes {
      try add(name, type: type, shape: shape ?? [values.count], $0)
    }
  }

  /// Adds texts as numpy's fixed-width unicode.
  public func add(_ name: String, _ texts: [String]) throws {
    let width = max(texts.map { $0.unicodeScalars.count }.max() ?? 1, 1)
    var codes: [UInt32] = []
    codes.reserveCapacity(texts.count * width)
    for text in texts {
      codes += text.unicodeScalars.map(\.value)
      codes += repeatElement(0, count: width - text.unicodeScalars.count)
    }
    try add(name, type: "<U\(width)", shape: [texts.count], codes)
  }

  /// Adds a text as a zero-dimensional array of bytes, as scipy stores a matrix's format.
  public func addScalar(_ name: String, _ text: String) throws {
    let bytes = Array(text.utf8)
    try bytes.withUnsafeBytes { try add(name, type: "|S\(bytes.count)", shape: [], $0) }
  }

  private func addMember(_ name: String, _ head: [UInt8], _ data: UnsafeRawBufferPointer) throws {
    var checksum = CRC32()
    head.withUnsafeBytes { checksum.update($0) }
    checksum.update(data)
    let size = UInt64(head.count + data.count)
    var common: [UInt8] = []
    append(UInt16(45), to: &common)  // version that knows zip64
    append(UInt16(0), to: &common)  // flags
    append(UInt16(0), to: &common)  // stored
    append(UInt32(0x0021_0000), to: &common)  // 1980-01-01, so that equal data give equal bytes
    append(checksum.value, to: &common)
    append(UInt32.max, to: &common)
    append(UInt32.max, to: &common)
    append(UInt16(name.utf8.count), to: &common)
    var local: [UInt8] = [0x50, 0x4B, 3, 4] + common
    append(UInt16(20), to: &local)
    local += Array(name.utf8)
    append(UInt16(1), to: &local)
    append(UInt16(16), to: &local)
    append(size, to: &local)
    append(size, to: &local)

    append(UInt32(0x0201_4B50), to: &directory)
    append(UInt16(45), to: &directory)
    directory += common
    append(UInt16(28), to: &directory)
    append(UInt16(0), to: &directory)  // comment
    append(UInt16(0), to: &directory)  // disk
    append(UInt16(0), to: &directory)  // internal attributes
    append(UInt32(0), to: &directory)  // external attributes
    append(UInt32.max, to: &directory)
    directory += Array(name.utf8)
    append(UInt16(1), to: &directory)
    append(UInt16(24), to: &directory)
    append(size, to: &directory)
    append(size, to: &directory)
    append(offset, to: &directory)

    try local.withUnsafeBytes { try file.write($0) }
    try head.withUnsafeBytes { try file.write($0) }
    try file.write(data)
    offset += UInt64(local.count) + size
    members += 1
  }

  /// Writes the directory; nothing may be added after it.
  public func finish() throws {
    var end: [UInt8] = directory
    append(UInt32(0x0606_4B50), to: &end)  // zip64 end of directory
    append(UInt64(44), to: &end)
    append(UInt16(45), to: &end)
    append(UInt16(45), to: &end)
    append(UInt32(0), to: &end)
    append(UInt32(0), to: &end)
    append(members, to: &end)
    append(members, to: &end)
    append(UInt64(directory.count), to: &end)
    append(offset, to: &end)
    append(UInt32(0x0706_4B50), to: &end)  // its locator
    append(UInt32(0), to: &end)
    append(offset + UInt64(directory.count), to: &end)
    append(UInt32(1), to: &end)
    append(UInt32(0x0605_4B50), to: &end)
    append(UInt32(0), to: &end)
    append(UInt16.max, to: &end)
    append(UInt16.max, to: &end)
    append(UInt32.max, to: &end)
    append(UInt32.max, to: &end)
    append(UInt16(0), to: &end)
    try end.withUnsafeBytes { try file.write($0) }
  }

  private func append<T: FixedWidthInteger>(_ value: T, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}

/// The checksum of zip members (ISO 3309).
struct CRC32 {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 1 ? (value >> 1) ^ 0xEDB8_8320 : value >> 1
    }
  }

  private var state: UInt32 = .max
  var value: UInt32 { ~state }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var state = state
    Self.table.withUnsafeBufferPointer { table in
      for byte in bytes {
        state = table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ (state >> 8)
      }
    }
    self.state = state
  }
}
