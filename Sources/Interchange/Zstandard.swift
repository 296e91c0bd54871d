// How are bytes squeezed and restored? (libzstd, one context a coder.)

import CZstd

/// Compresses and decompresses single zstd frames with reused contexts.
public final class Zstandard {
  private let compressor: OpaquePointer?
  private let decompressor: OpaquePointer?
  /// zstd's level, 1 (fast) to 19 (small).
  public let level: Int32

  public init(level: Int32 = 1) {
    self.level = level
    compressor = ZSTD_createCCtx()
    decompressor = ZSTD_createDCtx()
  }

  deinit {
    ZSTD_freeCCtx(compressor)
    ZSTD_freeDCtx(decompressor)
  }

  /// Appends a frame of `bytes` to `target` when it is smaller than `bytes`; says whether it was.
  public func compress(_ bytes: UnsafeRawBufferPointer, appendingTo target: inout [UInt8]) -> Bool {
    let bound = ZSTD_compressBound(bytes.count)
    let start = target.count
    target.append(contentsOf: repeatElement(0, count: bound))
    let size = target.withUnsafeMutableBytes { all -> Int in
      ZSTD_compressCCtx(
        compressor, all.baseAddress.map { $0 + start }, bound, bytes.baseAddress, bytes.count, level
      )
    }
    guard ZSTD_isError(size) == 0, size < bytes.count else {
      target.removeLast(bound)
      return false
    }
    target.removeLast(bound - size)
    return true
  }

  /// Fills `target` exactly from one frame; false when the frame is broken or of another size.
  public func decompress(
    _ frame: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  )
    -> Bool
  {
    let size = ZSTD_decompressDCtx(
      decompressor, target.baseAddress, target.count, frame.baseAddress, frame.count)
    return ZSTD_isError(size) == 0 && size == target.count
  }

  /// The library's version, such as `1.5.4`.
  public static var version: String { String(cString: ZSTD_versionString()) }
}
