// Does any sequence of bytes make a reader trap? (libFuzzer decides what to try.)

import InteractionData
import Interchange
import ModelCatalogue

/// libFuzzer's own driver.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ body: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
) -> CInt

/// SwiftPM renames an executable's `main` after its module, so libFuzzer's own is not found.
@_cdecl("fuzz_reader_main")
public func start(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
  var (count, arguments) = (count, arguments)
  return runFuzzer(&count, &arguments, fuzzOneInput)
}

/// Reads the bytes as every kind of stream: as they are, and with all checksums put right, since a
/// mutation would otherwise rarely get past them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  read(bytes)
  read(repaired(bytes))
  return 0
}

private func read(_ bytes: [UInt8]) {
  func stream() throws -> StreamReader {
    let mapped = bytes.withUnsafeBytes { OwnedBytes(copying: $0) }
    return try StreamReader(ByteInput(mapped, name: "fuzz"))
  }
  do {
    let first = try stream()
    switch first.kind {
    case .interactions:
      let data = try InteractionRows(InteractionReader(first)).sorted().0
      _ = try SplitPlan(data)
    case .recommendations:
      let reader = RecommendationReader(first)
      while try reader.next() != nil {}
    case .itemGroups:
      _ = try StoredModel(first)
    case .model:
      let stored = try StoredModel(first)
      _ = try ModelCatalogue.restore(stored)
    }
  } catch {
    _ = "\(error)"
  }
}

/// The bytes with version, numbers, lengths that run over the end, and checksums made right.
private func repaired(_ input: [UInt8]) -> [UInt8] {
  var bytes = input
  guard bytes.count >= 56 else { return bytes }
  bytes.replaceSubrange(0..<8, with: [0x89, 0x49, 0x47, 0x52, 0x0D, 0x0A, 0x1A, 0x0A])
  put(UInt64(0), 16, &bytes)
  bytes[8] = 1
  bytes[9] = 0
  put(hash(bytes[0..<24]), 24, &bytes)
  var at = 32
  var ordinal: UInt32 = 0
  var lengths: UInt64 = 0
  let kind = bytes[12..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
  var content = XXHash64()
  content.update(kind)
  while at + 24 <= bytes.count {
    let tag = Array(bytes[at..<at + 4])
    var length = Int(truncatingIfNeeded: number(bytes, at + 8))
    if length < 0 || length > bytes.count - at - 24 { length = bytes.count - at - 24 }
    put(ordinal, at + 4, &bytes)
    put(UInt64(length), at + 8, &bytes)
    let payload = at + 24..<at + 24 + length
    if tag == Array("END!".utf8), length == 32 {
      put(UInt64(ordinal), payload.lowerBound, &bytes)
      put(lengths, payload.lowerBound + 8, &bytes)
      put(content.finish(), payload.lowerBound + 16, &bytes)
    } else if tag[0] < 0x61, tag != Array("TENS".utf8) {
      var body = XXHash64()
      tag.withUnsafeBytes { body.update($0) }
      bytes[payload].withUnsafeBytes { body.update($0) }
      content.update(body.finish())
    }
    put(hash(bytes[at..<at + 16] + bytes[payload]), at + 16, &bytes)
    lengths += UInt64(length)
    ordinal += 1
    at = payload.upperBound
    while at % 8 != 0, at < bytes.count {
      bytes[at] = 0
      at += 1
    }
  }
  return bytes
}

private func hash(_ bytes: some Collection<UInt8>) -> UInt64 {
  Array(bytes).withUnsafeBytes { XXHash64.hash($0) }
}

private func number(_ bytes: [UInt8], _ at: Int) -> UInt64 {
  bytes[at..<at + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

private func put<T: FixedWidthInteger>(_ value: T, _ at: Int, _ bytes: inout [UInt8]) {
  withUnsafeBytes(of: value.littleEndian) { raw in
    for (place, byte) in raw.enumerated() { bytes[at + place] = byte }
  }
}
