// Which bytes of a source does libarchive get to see?

import CArchive
import CZlib
import Glibc

/// The bytes of a file or pipe, out of gzip members where they are in such: libarchive passes over their checksums
/// and lengths, zlib does not.
///
/// Members may follow each other (bgzip, pigz, `cat`), zeros may fill up the last block of a tape.
final class SourceBytes {
  private static let size = 1 << 20
  /// Bytes of a block of a tar.
  static let tapeBlock = 512
  /// What is said of a source that begins with a block of zeros.
  static let zeros =
    "it begins with zero bytes, as a file that was never written; fetch or make it again"
  /// What was wrong with the bytes, in words; libarchive then reports a failed read.
  private(set) var fault: String?
  /// Whether it was the system that could not read them.
  private(set) var isUnreadable = false
  /// Bytes read from the source so far, as they are stored.
  private(set) var storedCount = 0
  /// Bytes that libarchive was given so far.
  private(set) var servedCount = 0
  private let descriptor: Int32
  /// What the file was when it was opened; nil for what is none.
  private let opened: stat?
  private let stored = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
  /// Bytes in `stored` that nobody took so far.
  private var waiting = 0..<0
  private var inflation: Inflation?
  private var isBegun = false
  private var lastByte: UInt8 = 10

  /// Takes over a descriptor. A source that begins like gzip is taken for it.
  init(descriptor: Int32) {
    self.descriptor = descriptor
    var status = stat()
    let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    opened = isFile ? status : nil
    var head = 0
    while head < Self.tapeBlock {
      let count = readOnce(stored + head, Self.size - head)
      guard count > 0 else { break }
      head += count
    }
    waiting = 0..<head
    if head >= 2, stored[0] == 0x1F, stored[1] == 0x8B { inflation = Inflation(Self.size) }
  }

  deinit {
    stored.deallocate()
    if descriptor != 0 { close(descriptor) }
  }

  private func readOnce(_ target: UnsafeMutablePointer<UInt8>, _ most: Int) -> Int {
    while true {
      let count = Glibc.read(descriptor, target, most)
      if count < 0, errno == EINTR { continue }
      if count < 0 { (fault, isUnreadable) = (String(cString: strerror(errno)), true) }
      storedCount += max(count, 0)
      if count > 0 { lastByte = target[count - 1] }
      return count
    }
  }

  /// Fills `stored` when all of it was taken; false at the end or on a fault.
  private func refill() -> Bool {
    guard waiting.isEmpty else { return true }
    waiting = 0..<max(readOnce(stored, Self.size), 0)
    if waiting.isEmpty, fault == nil { fault = change() }
    return !waiting.isEmpty
  }

  /// What became of a file while it was read, so that no bytes of two files make one; nil where it stayed, or grew by
  /// whole lines as logs do.
  private func change() -> String? {
    var now = stat()
    guard let opened, fstat(descriptor, &now) == 0 else { return nil }
    let isTouched =
      now.st_mtim.tv_sec != opened.st_mtim.tv_sec || now.st_mtim.tv_nsec != opened.st_mtim.tv_nsec
    if now.st_size < opened.st_size || isTouched && now.st_size == opened.st_size {
      return "it was changed while it was read; read a copy, or read it when nothing writes to it"
    }
    return isTouched && inflation == nil && lastByte != 10
      ? "its last line is still being written; read it when that is whole" : nil
  }

  /// The next bytes for libarchive, at the end none; nil on a fault.
  fileprivate func next() -> UnsafeRawBufferPointer? {
    guard let bytes = nextPlain() else { return nil }
    if !isBegun, bytes.count >= Self.tapeBlock, bytes.prefix(Self.tapeBlock).allSatisfy({ $0 == 0 })
    {
      fault = Self.zeros
      return nil
    }
    isBegun = true
    return bytes
  }

  private func nextPlain() -> UnsafeRawBufferPointer? {
    guard fault == nil else { return nil }
    guard let inflation else {
      guard refill() else { return fault == nil ? .init(start: nil, count: 0) : nil }
      defer { waiting = 0..<0 }
      return .init(start: stored + waiting.lowerBound, count: waiting.count)
    }
    var plain = UnsafeRawBufferPointer(start: nil, count: 0)
    while plain.isEmpty, fault == nil {
      guard inflation.holdsMore || refill() else {
        if fault == nil, !inflation.isBetweenMembers {
          fault = "gzip member \(inflation.members) is cut short; fetch or make it again"
        }
        break
      }
      let taken: Int
      (taken, plain, fault) = inflation.step(
        UnsafeMutableBufferPointer(start: stored + waiting.lowerBound, count: waiting.count))
      waiting = waiting.lowerBound + taken..<waiting.upperBound
    }
    return fault == nil ? plain : nil
  }

  /// Has an archive read from here; the caller keeps this object as long as the archive.
  func serve(_ archive: OpaquePointer) {
    archive_read_set_callback_data(archive, Unmanaged.passUnretained(self).toOpaque())
    archive_read_set_read_callback(archive) { archive, data, block in
      guard let data, let block else { return -1 }
      let source = Unmanaged<SourceBytes>.fromOpaque(data).takeUnretainedValue()
      guard let bytes = source.next() else {
        if let archive { archive_clear_error(archive) }
        return -1
      }
      block.pointee = bytes.baseAddress
      source.servedCount += bytes.count
      return bytes.count
    }
    // What cannot go back is read forward, zip archives too.
    guard inflation == nil, lseek(descriptor, 0, SEEK_CUR) >= 0 else { return }
    archive_read_set_seek_callback(archive) { _, data, offset, origin in
      guard let data else { return -1 }
      let source = Unmanaged<SourceBytes>.fromOpaque(data).takeUnretainedValue()
      source.waiting = 0..<0
      let place = lseek(source.descriptor, Int(offset), origin)
      return place < 0 ? Int64(ARCHIVE_FATAL) : Int64(place)
    }
  }
}

/// gzip members undone by zlib, which holds each against its CRC-32 and its length.
private final class Inflation {
  private let state = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private let plain: UnsafeMutableBufferPointer<UInt8>
  private(set) var isBetweenMembers = true
  /// Members begun so far.
  private(set) var members = 0
  /// Whether what was taken may become more bytes than there was room for.
  private(set) var holdsMore = false
  private var isPadding = false

  /// Nil where zlib finds no memory.
  init?(_ size: Int) {
    plain = .allocate(capacity: size)
    state.initialize(to: z_stream())
    // 15 bits of window, and 16 for gzip's head and tail instead of zlib's.
    guard
      inflateInit2_(state, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
  }

  deinit {
    inflateEnd(state)
    state.deallocate()
    plain.deallocate()
  }

  /// Takes some bytes: how many, what became of them, and what is wrong with them.
  func step(_ bytes: UnsafeMutableBufferPointer<UInt8>) -> (
    taken: Int, plain: UnsafeRawBufferPointer, fault: String?
  ) {
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    if isBetweenMembers {
      let zeros = members > 0 ? bytes.prefix { $0 == 0 }.count : 0
      isPadding = isPadding || zeros > 0
      guard zeros < bytes.count else { return (zeros, none, nil) }
      guard !isPadding, bytes[0] == 0x1F else {
        return (
          0, none,
          "goes on behind gzip member \(members) with other bytes; cut them off or make it again"
        )
      }
      inflateReset(state)
      members += 1
      isBetweenMembers = false
    }
    state.pointee.next_in = bytes.baseAddress
    state.pointee.avail_in = UInt32(bytes.count)
    state.pointee.next_out = plain.baseAddress
    state.pointee.avail_out = UInt32(plain.count)
    let status = inflate(state, Z_NO_FLUSH)
    let taken = bytes.count - Int(state.pointee.avail_in)
    let made = UnsafeRawBufferPointer(
      start: plain.baseAddress, count: plain.count - Int(state.pointee.avail_out))
    holdsMore = made.count == plain.count && status == Z_OK
    switch status {
    case Z_OK, Z_BUF_ERROR: return (taken, made, nil)
    case Z_STREAM_END:
      isBetweenMembers = true
      return (taken, made, nil)
    case Z_MEM_ERROR: return (taken, none, "there is no memory to undo gzip with")
    default:
      let reason = state.pointee.msg.map { String(cString: $0) } ?? "status \(status)"
      return (
        taken, none, "gzip member \(members) is damaged: \(reason); fetch or make it again"
      )
    }
  }
}
