// Does any sequence of bytes make a reader trap? (libFuzzer decides what to try.)

import DataSources
import DenseMath
import Glibc
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

/// Reads what begins like a stream as such: as it is, and with all checksums put right, since a mutation would
/// otherwise rarely get past them. Everything else is read as a source, of each kind that there is.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  if bytes.starts(with: [0x89, 0x49]) {
    read(bytes)
    read(repaired(bytes))
  } else {
    readSource(bytes)
  }
  return 0
}

/// A file without a name that sources are put into.
private let file: Int32 = {
  var template = Array("/tmp/indgrm-fuzz-XXXXXX".utf8CString)
  let file = mkstemp(&template)
  precondition(file >= 0, "no file can be made in /tmp")
  unlink(template)
  return file
}()

private func readSource(_ bytes: [UInt8]) {
  guard ftruncate(file, 0) == 0, pwrite(file, bytes, bytes.count, 0) == bytes.count else { return }
  let path = "/proc/self/fd/\(file)"
  var options = SourceOptions()
  // One in two is read in a layout that the last byte says, if it is not the one it has.
  if let last = bytes.last, last & 1 == 1 {
    options.layout = SourceLayout.allCases[Int(last >> 1) % SourceLayout.allCases.count]
  }
  for body in [
    {
      let bytes = try ByteStream(path, preferred: ["*.csv"])
      let (users, items, batch) = (IDTable(), IDTable(), RowBatch())
      repeat {
        let source = try options.open(bytes, badRows: BadRows(tolerated: 2))
        while try source.next(into: batch, users: users, items: items) {}
      } while try bytes.nextMember()
    },
    {
      var items = ItemMetadata()
      try items.read(ByteStream(path))
    },
    { _ = try OriginalIDs(ByteStream(path)) },
    { _ = try CategoryVectors(ByteStream(path), of: ["a"]) },
  ] as [() throws -> Void] {
    do { try body() } catch { _ = "\(error)" }
  }
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
    case .itemGroups, .checkpoint:
      _ = try StoredModel(first)
    case .model:
      let stored = try StoredModel(first)
      let model = try ModelCatalogue.restore(stored)
      guard (1...1000).contains(model.itemCount) else { break }
      let scores = Matrix<Float>(rows: 1, columns: model.itemCount)
      model.score(
        SparseRows(lists: [[0]], columnCount: model.itemCount), rows: 0..<1, into: scores)
      _ = model.explain([0], items: [UInt32(model.itemCount - 1)])
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
