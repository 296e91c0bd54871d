// Is OpenBLAS there, and which of its kernels run?

import CKernels

/// OpenBLAS is missing or broken.
public struct BLASError: Error, CustomStringConvertible, Sendable {
  public let description: String
}

/// Access to OpenBLAS, opened at first use.
public enum BLAS {
  /// Opens the library; tools that need it call this first so that its absence is a clear error.
  public static func load() throws {
    var reason: UnsafePointer<CChar>?
    if indgrm_blas_open(&reason) == nil {
      throw BLASError(
        description: reason.map { String(cString: $0) } ?? "OpenBLAS cannot be opened")
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
