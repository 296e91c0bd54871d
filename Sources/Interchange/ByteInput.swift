// Where do a stream's bytes come from: a file descriptor or memory?

import Glibc

/// A forward-only source of bytes that knows its position.
public final class ByteInput {
  private enum Backing {
    case descriptor(Int32, owned: Bool)
    case memory(OwnedBytes)
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

  /// Reads from memory, for tests.
  public init(_ bytes: OwnedBytes, name: String) {
    backing = .memory(bytes)
    self.name = name
  }

  deinit {
    if case .descriptor(let descriptor, true) = backing { close(descriptor) }
  }

  /// Bytes still to come, where the input is a regular file or memory.
  public var rest: Int? {
    switch backing {
    case .memory(let bytes): return bytes.count - position
    case .descriptor(let descriptor, _):
      var status = stat()
      guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      return max(Int(status.st_size) - position, 0)
    }
  }

  /// The last bytes of a regular file, as many as asked for or there are; nil for other inputs.
  func tail(_ count: Int) -> [UInt8]? {
    guard case .descriptor(let descriptor, _) = backing, let rest else { return nil }
    let size = position + rest
    var bytes = [UInt8](repeating: 0, count: min(count, size))
    let got = bytes.withUnsafeMutableBytes {
      pread(descriptor, $0.baseAddress, $0.count, size - $0.count)
    }
    return got == bytes.count ? bytes : []
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

/// Bytes that stay where they are, in memory of their own: a file may be cut or overwritten while it is used, so that
/// what was verified must be what is used.
public final class OwnedBytes: @unchecked Sendable {
  public let raw: UnsafeRawBufferPointer
  public var count: Int { raw.count }
  /// Where the memory begins.
  private let memory: UnsafeRawPointer?

  /// Copies bytes into memory aligned to 64.
  public init(copying bytes: some Collection<UInt8>) {
    let target = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(bytes.count, 1), alignment: 64)
    target.copyBytes(from: bytes)
    raw = UnsafeRawBufferPointer(rebasing: target[..<bytes.count])
    memory = raw.baseAddress
  }

  /// Takes over a block allocated with 64-byte alignment, but for its first bytes.
  init(adopting block: UnsafeMutableRawBufferPointer, from start: Int = 0) {
    raw = UnsafeRawBufferPointer(rebasing: block[start...])
    memory = UnsafeRawPointer(block.baseAddress)
  }

  deinit { memory?.deallocate() }
}

/// A 64-byte aligned block that grows by copying, for payloads of unknown honesty.
final class GrowingBlock {
  private var memory: UnsafeMutableRawBufferPointer
  var count = 0
  var capacity: Int { memory.count }

  /// Nil where there is not so much memory.
  init?(firstCapacity: Int) {
    guard let memory = Self.block(max(firstCapacity, 64)) else { return nil }
    self.memory = memory
  }

  private static func block(_ size: Int) -> UnsafeMutableRawBufferPointer? {
    var address: UnsafeMutableRawPointer?
    guard posix_memalign(&address, 64, size) == 0 else { return nil }
    return UnsafeMutableRawBufferPointer(start: address, count: size)
  }

  /// False where there is not so much memory.
  func reserve(_ capacity: Int) -> Bool {
    guard capacity > memory.count else { return true }
    guard let larger = Self.block(capacity) else { return false }
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
    memory.deallocate()
    memory = larger
    return true
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
