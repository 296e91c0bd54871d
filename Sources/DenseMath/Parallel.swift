// How is work spread over the cores without changing its result?

import CKernels
import Synchronization

/// Loops over fixed blocks: how a range is cut never depends on the number of threads, so neither do
/// results.
public enum Parallel {
  private static let setting = Atomic<Int>(0)

  /// Threads used by all loops; set once from `--threads`.
  public static var threads: Int {
    get {
      let value = setting.load(ordering: .relaxed)
      return value > 0 ? value : availableCores
    }
    set { setting.store(max(newValue, 1), ordering: .relaxed) }
  }

  /// The cores this process may use.
  public static let availableCores = Int(indgrm_available_cores())

  /// Whether products on this thread are not cut into tiles.
  @TaskLocal static var keepsProductsWhole = false

  /// Runs one of many bodies that keep all threads busy: products within it are not cut for other threads, so that no
  /// factor is packed more than once.
  public static func asOneOfMany<Result>(_ body: () throws -> Result) rethrows -> Result {
    try $keepsProductsWhole.withValue(true, operation: body)
  }

  /// Calls `body` for every block of `size` indices below `count`, on several threads, in no
  /// particular order. The body must not write what another block touches.
  public static func blocks(_ count: Int, size: Int, _ body: (Range<Int>) -> Void) {
    let blockCount = (count + size - 1) / max(size, 1)
    let workers = min(threads, blockCount)
    guard workers > 1 else {
      for block in 0..<max(blockCount, 0) { body(block * size..<min((block + 1) * size, count)) }
      return
    }
    let next = Atomic<Int>(0)
    let takeBlocks = {
      while true {
        let block = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard block < blockCount else { return }
        body(block * size..<min((block + 1) * size, count))
      }
    }
    withoutActuallyEscaping(takeBlocks) { takeBlocks in
      withUnsafePointer(to: takeBlocks) { shared in
        indgrm_run(
          Int32(workers),
          { $0?.assumingMemoryBound(to: (() -> Void).self).pointee() },
          UnsafeMutableRawPointer(mutating: shared))
      }
    }
  }
}

extension Parallel {
  /// As above, for the blocks of a range from its start on.
  public static func blocks(_ range: Range<Int>, size: Int, _ body: (Range<Int>) -> Void) {
    let start = range.lowerBound
    blocks(range.count, size: size) { body(start + $0.lowerBound..<start + $0.upperBound) }
  }
}

/// A buffer that blocks of a parallel loop write to, each in its own part.
public struct SharedBuffer<T>: @unchecked Sendable {
  public let base: UnsafeMutableBufferPointer<T>
  public init(_ base: UnsafeMutableBufferPointer<T>) { self.base = base }

  @inline(__always)
  public subscript(_ index: Int) -> T {
    get { base[index] }
    nonmutating set { base[index] = newValue }
  }
}

/// A buffer that blocks of a parallel loop read.
public struct ReadOnlyBuffer<T>: @unchecked Sendable {
  public let base: UnsafeBufferPointer<T>
  public init(_ base: UnsafeBufferPointer<T>) { self.base = base }

  @inline(__always)
  public subscript(_ index: Int) -> T { base[index] }
}
