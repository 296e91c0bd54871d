// Is OpenBLAS there, and which of its kernels run?

import CKernels

/// OpenBLAS is missing or broken, or has no room.
public struct BLASError: Error, CustomStringConvertible, Sendable {
  public let description: String
  /// Whether memory is all that it lacks.
  public var isForMemory = false
}

/// Access to OpenBLAS, opened at first use.
public enum BLAS {
  /// Opens the library; tools that need it call this first so that its absence is a clear error.
  ///
  /// Throws `BLASError`, also where its buffers for so many threads find no memory.
  public static func load(for threads: Int = 1) throws {
    var reason: UnsafePointer<CChar>?
    if indgrm_blas_open(&reason) == nil {
      throw BLASError(
        description: reason.map { String(cString: $0) } ?? "OpenBLAS cannot be opened",
        isForMemory: indgrm_blas_lacks_memory() != 0)
    }
    guard indgrm_blas_reserve(Int32(clamping: threads)) != 0 else {
      throw BLASError(
        description:
          "there is not as much memory as OpenBLAS takes for \(threads) threads; use fewer"
          + " (--threads), or a machine, or a limit (ulimit -v), with more", isForMemory: true)
    }
  }

  /// The name of the kernels in use, such as `SkylakeX`.
  public static var coreName: String {
    functions.corename().map { String(cString: $0) } ?? "unknown"
  }

  /// The function table; a program that uses it without `load()` ends when the library is missing.
  static let functions: indgrm_blas = {
    var reason: UnsafePointer<CChar>?
    guard let table = indgrm_blas_open(&reason) else {
      fatalError(reason.map { String(cString: $0) } ?? "OpenBLAS cannot be opened")
    }
    return table.pointee
  }()
}
