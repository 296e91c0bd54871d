// Where do a stream's bytes come from: a file descriptor, a mapped file or memory?

import Glibc

/// A forward-only source of bytes that knows its position.
public final class ByteInput {
  private enum Backing {
    case descriptor(Int32, owned: Bool)
    case memory(MappedBytes)
  }

  /// The name used in messages: a path or `standard input`.
  public let name: String
  /// Bytes handed out so far.
  public private(set) var position = 0
  private let backing: Backing
  private var buffer: [UInt8] = []
  private var start = 0
  private var end = 0

  /// Reads from an open descriptor with a 1 MiB buffer.
  public init(descriptor: Int32, name: String, owned: Bool = false) {
    backing = .descriptor(descriptor, owned: owned)
    self.name = name
    buffer = [UInt8](repeating: 0, count: 1 << 20)
  }

  /// Reads from memory, for mapped files and tests.
  public init(_ bytes: MappedBytes, name: String) {
    backing = .memory(bytes)
    self.name = name
  }

  deinit {
    if case .descriptor(let descriptor, true) = backing { close(descriptor) }
  }

  /// The mapped bytes under this input, when it is a mapping.
  public var mapping: MappedBytes? {
    if case .memory(let bytes) = backing { return bytes }
    return nil
  }

  /// Reads up to `target.count` bytes, fewer only at the end of the input.
  ///
  /// Throws `FormatError` (`unreadable`) when read(2) fails.
  public func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    switch backing {
    case .memory(let bytes):
      let count = min(target.count, bytes.count - position)
      if count > 0 {
        target.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: bytes.raw[position..<position + count]))
      }
      position += count
      return count
    case .descriptor(let descriptor, _):
      while done < target.count {
        if start == end {
          if target.count - done >= buffer.count {
            let count = try readOnce(
              descriptor, UnsafeMutableRawBufferPointer(rebasing: target[done...]))
            if count == 0 { break }
            done += count
            continue
          }
          end = try buffer.withUnsafeMutableBytes { try readOnce(descriptor, $0) }
          start = 0
          if end == 0 { break }
        }
        let count = min(end - start, target.count - done)
        buffer.withUnsafeBytes {
          UnsafeMutableRawBufferPointer(rebasing: target[done..<done + count])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + count]))
        }
        start += count
        done += count
      }
    }
    position += done
    return done
  }

  /// Steps over bytes of a mapped input without touching them.
  func skip(_ count: Int) throws {
    precondition(mapping != nil && count <= (mapping?.count ?? 0) - position)
    position += count
  }

  private func readOnce(_ descriptor: Int32, _ target: UnsafeMutableRawBufferPointer) throws -> Int
  {
    while true {
      let count = Glibc.read(descriptor, target.baseAddress, target.count)
      if count >= 0 { return count }
      if errno != EINTR {
        throw FormatError(
          .unreadable(errno: errno), stream: name,
          "cannot be read: \(String(cString: strerror(errno)))")
      }
    }
  }
}

/// Bytes that stay where they are: a mapped file or an owned block of memory.
public final class MappedBytes: @unchecked Sendable {
  public let raw: UnsafeRawBufferPointer
  public var count: Int { raw.count }
  private let mapped: Bool

  /// Maps a regular file read-only; nil when it is not a regular file or is empty.
  public init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0,
      let address = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0),
      address != MAP_FAILED
    else { return nil }
    raw = UnsafeRawBufferPointer(start: address, count: Int(status.st_size))
    mapped = true
  }

  /// Copies bytes into memory aligned to 64.
  public init(copying bytes: some Collection<UInt8>) {
    let target = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(bytes.count, 1), alignment: 64)
    target.copyBytes(from: bytes)
    raw = UnsafeRawBufferPointer(rebasing: target[..<bytes.count])
    mapped = false
  }

  /// Takes over a block allocated with 64-byte alignment.
  init(adopting block: UnsafeMutableRawBufferPointer) {
    raw = UnsafeRawBufferPointer(block)
    mapped = false
  }

  deinit {
    if mapped {
      munmap(UnsafeMutableRawPointer(mutating: raw.baseAddress), raw.count)
    } else {
      raw.baseAddress?.deallocate()
    }
  }
}

/// A 64-byte aligned block that grows by copying, for payloads of unknown honesty.
final class GrowingBlock {
  private var memory: UnsafeMutableRawBufferPointer
  var count = 0
  var capacity: Int { memory.count }

  init(firstCapacity: Int) {
    memory = .allocate(byteCount: max(firstCapacity, 64), alignment: 64)
  }

  func reserve(_ capacity: Int) {
    guard capacity > memory.count else { return }
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 64)
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
    memory.deallocate()
    memory = larger
  }

  func free(_ wanted: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: memory[count..<count + wanted])
  }

  /// Hands over the filled part; the block is empty afterwards.
  func release() -> UnsafeMutableRawBufferPointer {
    let filled = UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
    memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    count = 0
    return filled
  }

  deinit { memory.deallocate() }
}

/// Where a writer puts its bytes.
public protocol ByteSink: AnyObject {
  /// Writes all bytes or throws.
  func write(_ bytes: UnsafeRawBufferPointer) throws
}

/// A sink that keeps everything in memory, for tests and small streams.
public final class MemorySink: ByteSink {
  public private(set) var bytes: [UInt8] = []
  public init() {}
  public func write(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }
}
