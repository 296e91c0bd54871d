// Does a stream come back as it was written, and is every harm to it noticed?

import Testing

@testable import Interchange

private let columns: [(name: String, values: Column)] = [
  ("small", .u8([0, 1, 255, 7])),
  ("number", .u32([0, .max, 5, 4])),
  ("signed", .i64([.min, .max, 0, -1])),
  ("single", .f32([0, -0.0, .infinity, 3.5])),
  ("double", .f64([0.1, -.infinity, 1e300, .leastNonzeroMagnitude])),
  ("text", .text(["", "é", "a\u{0}b", "last"])),
  ("lists", .lists(offsets: [0, 0, 2, 2, 3], values: [9, 8, .max])),
]

private func stream(compression: Int32? = 1, rows: Int = 4, inPieces: Bool = false) throws
  -> [UInt8]
{
  let sink = MemorySink()
  let writer = try StreamWriter(
    sink, kind: .interactions, metadata: ["a": 1, "b": [true, "x\n"]],
    provenance: Provenance([
      ProvenanceStep(tool: "ingest", version: "1", arguments: ["it's", "-x"], seed: 3)
    ]), compression: compression)
  try writer.write(TableChunk("everything", rowCount: rows, columns))
  let values: [Float] = [1, 2, 3, 4, 5, 6]
  try values.withUnsafeBytes { data in
    guard inPieces else { return try writer.write(tensor: "w", .f32, shape: [2, 3], data) }
    try writer.write(
      StreamedTensor("w", .f32, shape: [2, 3]) { body in
        for piece in [0..<4, 4..<4, 4..<24] {
          try body(UnsafeRawBufferPointer(rebasing: data[piece]))
        }
      })
  }
  try writer.write(TableChunk("empty", rowCount: 0, [("none", .u32([]))]))
  try writer.finish()
  return sink.bytes
}

private func read(_ bytes: [UInt8]) throws -> [Section] {
  let reader = try StreamReader(ByteInput(OwnedBytes(copying: bytes), name: "test"))
  var sections: [Section] = []
  while let section = try reader.next() { sections.append(section) }
  return sections
}

@Suite struct StreamTests {
  @Test(arguments: [nil, 1, 19] as [Int32?])
  func everyColumnComesBack(_ compression: Int32?) throws {
    let sections = try read(stream(compression: compression))
    #expect(sections.count == 3)
    guard case .table(let chunk) = sections[0], case .tensor(let tensor) = sections[1] else {
      Issue.record("wrong sections")
      return
    }
    #expect(chunk.table == "everything")
    for (name, values) in columns {
      if case .f32(let wanted) = values, case .f32(let got)? = chunk[name] {
        #expect(wanted.map(\.bitPattern) == got.map(\.bitPattern))
      } else {
        #expect(chunk[name] == values, "\(name)")
      }
    }
    #expect(tensor.shape == [2, 3])
    #expect(tensor.floats.map(Array.init) == [1, 2, 3, 4, 5, 6])
    #expect(Int(bitPattern: tensor.data.baseAddress) % 64 == 0)
  }

  @Test func aTensorThatComesInPiecesIsWrittenAsOne() throws {
    #expect(try stream(inPieces: true) == stream())
  }

  @Test func longColumnsComeBack() throws {
    let count = 100_000
    let sorted = (0..<count).map { UInt32($0 / 7) }
    let wild = (0..<count).map { UInt32(truncatingIfNeeded: $0 &* 2_654_435_761) }
    let ratings = (0..<count).map { Float($0 % 10) / 2 }
    let reals = (0..<count).map { Float($0) * 0.37 }
    let sink = MemorySink()
    let writer = try StreamWriter(
      sink, kind: .interactions, metadata: .object([:]), provenance: Provenance())
    let chunk = TableChunk(
      "t", rowCount: count,
      [
        ("sorted", .u32(sorted)), ("wild", .u32(wild)), ("ratings", .f32(ratings)),
        ("reals", .f32(reals)),
      ])
    try writer.write(chunk)
    try writer.finish()
    let sections = try read(sink.bytes)
    guard case .table(let back)? = sections.first else {
      Issue.record("no table")
      return
    }
    #expect(back == chunk)
    #expect(sink.bytes.count < 1_000_000)
  }

  @Test func aStreamCutAnywhereIsRefused() throws {
    let whole = try stream()
    for length in 0..<whole.count {
      #expect(throws: FormatError.self, "cut at \(length)") { try read(Array(whole[..<length])) }
    }
  }

  @Test func everyFlippedByteIsNoticed() throws {
    let whole = try stream()
    for place in whole.indices {
      for mask in [UInt8(1), 0x80, 0xFF] {
        var harmed = whole
        harmed[place] ^= mask
        #expect(throws: FormatError.self, "byte \(place)") { try read(harmed) }
      }
    }
  }

  @Test func anythingAfterTheEndIsRefused() throws {
    let whole = try stream()
    #expect(throws: FormatError.self) { try read(whole + [0]) }
    #expect(throws: FormatError.self) { try read(whole + whole) }
  }

  /// Payloads are damaged and their checksums made right again, so that the decoders themselves are
  /// tried: they must give a value or an error, and never stop the program.
  @Test func damagedPayloadsNeverTrap() throws {
    let whole = try stream(compression: nil)
    var state: UInt64 = 42
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    var refused = 0
    for _ in 0..<20_000 {
      var harmed = whole
      for _ in 0...next(3) {
        harmed[StreamHeader.size + next(harmed.count - StreamHeader.size)] = UInt8(next(256))
      }
      repair(&harmed)
      do { _ = try read(harmed) } catch is FormatError { refused += 1 }
    }
    #expect(refused > 1000)
  }

  /// Makes the checksums of all sections fit their payloads, as far as heads can be followed.
  private func repair(_ bytes: inout [UInt8]) {
    var at = StreamHeader.size
    var ordinal: UInt32 = 0
    while at + SectionTag.headSize <= bytes.count {
      let length = (0..<8).reduce(0) { $0 | UInt64(bytes[at + 8 + $1]) << UInt64(8 * $1) }
      guard length <= UInt64(bytes.count - at - SectionTag.headSize) else { return }
      let end = at + SectionTag.headSize + Int(length)
      let digest = bytes.withUnsafeBytes {
        sectionHash(
          tag: Array(bytes[at..<at + 4]), ordinal: ordinal, length: length,
          payload: UnsafeRawBufferPointer(rebasing: $0[(at + SectionTag.headSize)..<end]))
      }
      bytes.replaceInteger(digest, at: at + 16)
      at = end + (8 - end % 8) % 8
      ordinal += 1
    }
  }

  /// Vectors published with the xxHash format description.
  @Test func xxHash64() {
    func hash(_ text: String, seed: UInt64 = 0) -> UInt64 {
      Array(text.utf8).withUnsafeBytes { XXHash64.hash($0, seed: seed) }
    }
    #expect(hash("") == 0xEF46_DB37_51D8_E999)
    #expect(hash("a") == 0xD24E_C4F1_A98C_6E5B)
    #expect(hash("abc") == 0x44BC_2CF5_AD77_0999)
    #expect(hash("Nobody inspects the spammish repetition") == 0xFBCE_A83C_8A37_8BF1)
  }

  @Test func historiesAreShellScripts() {
    let step = ProvenanceStep(tool: "split", version: "1", arguments: ["it's", "--folds", "5"])
    #expect(Provenance([step]).commands == "indgrm split 'it'\\''s' --folds 5\n")
  }
}
