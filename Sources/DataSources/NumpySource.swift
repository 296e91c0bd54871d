// Which interactions does an archive of numpy arrays hold?

/// A CSR matrix as `scipy.sparse.save_npz` writes it: rows are users, columns items, values ratings.
///
/// Ids come from the arrays `user_ids` and `item_ids` where they are (as in this project's export);
/// otherwise rows and columns are numbered from 0. When all values are 1 there are no ratings. Holds the
/// matrix in memory.
final class NumpySource: InteractionSource {
  let columns: RowColumns
  let layout = "a matrix of scipy or dump"
  private let offsets: [Int]
  private let indices: [Int]
  private let values: [Float]
  private let userIDs: [[UInt8]]?
  private let itemIDs: [[UInt8]]?
  private var row = 0
  private var itemNumbers: [UInt32] = []

  init(_ bytes: ByteStream) throws {
    var arrays: [String: NumpyArray] = [:]
    repeat {
      let member = bytes.name[(bytes.name.range(after: "::") ?? bytes.name.startIndex)...]
      let key = String(member.dropLast(4))
      arrays[key] = try NumpyArray(bytes.readAll(limit: 8 << 30), name: bytes.name)
    } while try bytes.nextMember()
    let name = bytes.name.prefix { $0 != ":" }
    func malformed(_ what: String) -> SourceError {
      SourceError(
        .badData, "\(name): \(what); write it with scipy.sparse.save_npz from a CSR matrix")
    }
    if let format = try arrays["format"]?.texts().first, format != Array("csr".utf8) {
      throw malformed("holds a matrix in \(shown(format)) format, not CSR")
    }
    guard let indptr = arrays["indptr"], let columnIndices = arrays["indices"],
      let shape = try arrays["shape"]?.integers(), shape.count == 2
    else { throw malformed("has no arrays indptr, indices and shape") }
    offsets = try indptr.integers()
    indices = try columnIndices.integers()
    values = try arrays["data"]?.floats() ?? [Float](repeating: 1, count: indices.count)
    let (rows, width) = (shape[0], shape[1])
    guard rows >= 0, offsets.count == rows + 1, offsets.first == 0, offsets.last == indices.count,
      zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }), values.count == indices.count,
      indices.allSatisfy({ $0 >= 0 && $0 < width }), values.allSatisfy(\.isFinite)
    else { throw malformed("has arrays that make no CSR matrix of finite numbers") }
    userIDs = try arrays["user_ids"]?.texts()
    itemIDs = try arrays["item_ids"]?.texts()
    guard userIDs == nil || userIDs?.count == rows, itemIDs == nil || itemIDs?.count == width else {
      throw malformed("has ids for other numbers of users or items than the matrix")
    }
    columns = RowColumns(ratings: values.contains { $0 != 1 }, times: false)
  }

  func next(into batch: RowBatch, users: IDTable, items: IDTable) throws -> Bool {
    batch.removeAll()
    if itemNumbers.isEmpty {
      let width = itemIDs?.count ?? (indices.max() ?? -1) + 1
      itemNumbers = (0..<width).map { index in
        itemIDs.map { items.intern($0[index]) } ?? items.intern(index)
      }
    }
    while row < offsets.count - 1, !batch.isFull {
      let range = offsets[row]..<offsets[row + 1]
      if !range.isEmpty {
        let user = userIDs.map { users.intern($0[row]) } ?? users.intern(row)
        for place in range { batch.append(user, itemNumbers[indices[place]], values[place], 0) }
      }
      row += 1
    }
    return batch.count > 0
  }
}

/// An array in numpy's .npy format, little-endian and in C order.
struct NumpyArray {
  private let name: String
  /// `f`, `i`, `u`, `b`, `U` or `S`.
  private let kind: UInt8
  private let size: Int
  private let bytes: ArraySlice<UInt8>
  private let count: Int

  /// Throws `SourceError` when the bytes are no such array.
  init(_ file: [UInt8], name: String) throws {
    self.name = name
    func malformed(_ what: String) -> SourceError { SourceError(.badData, "\(name): \(what)") }
    guard file.count >= 12, file.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw malformed("is no .npy array")
    }
    let isShort = file[6] == 1
    let headLength =
      Int(file[8]) | Int(file[9]) << 8 | (isShort ? 0 : Int(file[10]) << 16 | Int(file[11]) << 24)
    let start = (isShort ? 10 : 12) + headLength
    guard start <= file.count else { throw malformed("is cut short") }
    let head = String(decoding: file[(isShort ? 10 : 12)..<start], as: UTF8.self)
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
    else { throw malformed("holds elements of type \(type), which are not read") }
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
    bytes = file[start...]
    let (needed, overflow) = count.multipliedReportingOverflow(by: size)
    guard !overflow, needed <= bytes.count else { throw malformed("is cut short") }
  }

  private func elements<T: FixedWidthInteger, R>(_ type: T.Type, _ body: (T) -> R) -> [R] {
    bytes.withUnsafeBytes { raw in
      (0..<count).map {
        body(T(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * size, as: T.self)))
      }
    }
  }

  private var unreadable: SourceError {
    SourceError(.badData, "\(name): holds elements of a type that is not read here")
  }

  func integers() throws -> [Int] {
    switch (kind, size) {
    case (0x69, 4): elements(Int32.self) { Int($0) }
    case (0x69, 8): elements(Int64.self) { Int($0) }
    case (0x75, 4): elements(UInt32.self) { Int($0) }
    default: throw unreadable
    }
  }

  func floats() throws -> [Float] {
    switch (kind, size) {
    case (0x66, 4): elements(UInt32.self) { Float(bitPattern: $0) }
    case (0x66, 8): elements(UInt64.self) { Float(Double(bitPattern: $0)) }
    case (0x69, 1): elements(Int8.self) { Float($0) }
    case (0x69, 2): elements(Int16.self) { Float($0) }
    case (0x69, 4): elements(Int32.self) { Float($0) }
    case (0x69, 8): elements(Int64.self) { Float($0) }
    case (0x75, 1), (0x62, 1): elements(UInt8.self) { Float($0) }
    default: throw unreadable
    }
  }

  /// Texts as UTF-8; whole numbers count as texts.
  func texts() throws -> [[UInt8]] {
    if kind == 0x53 {
      return (0..<count).map { index in
        let from = bytes.startIndex + index * size
        return Array(bytes[from..<from + size].prefix { $0 != 0 })
      }
    }
    guard kind == 0x55 else { return try integers().map { Array(String($0).utf8) } }
    let codes = bytes.withUnsafeBytes { raw in
      (0..<count * size / 4).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self) }
    }
    let width = size / 4
    return (0..<count).map { index in
      var text = ""
      for code in codes[index * width..<(index + 1) * width] where code != 0 {
        text.unicodeScalars.append(Unicode.Scalar(code) ?? "\u{FFFD}")
      }
      return Array(text.utf8)
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
