// How is work spread over the cores without changing its result?

import CKernels
import Dispatch
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

  /// Calls `body` for every block of `size` indices below `count`, on several threads, in no
  /// particular order. The body must not write what another block touches. A loop inside another runs on
  /// the thread that reaches it, as all of them are busy.
  public static func blocks(_ count: Int, size: Int, _ body: (Range<Int>) -> Void) {
    let blockCount = (count + size - 1) / max(size, 1)
    let workers = min(threads, blockCount)
    guard workers > 1, indgrm_is_in_loop() == 0 else {
      for block in 0..<max(blockCount, 0) { body(block * size..<min((block + 1) * size, count)) }
      return
    }
    let next = Atomic<Int>(0)
    withoutActuallyEscaping(body) { body in
      let body = UncheckedBody(call: body)
      DispatchQueue.concurrentPerform(iterations: workers) { _ in
        indgrm_set_in_loop(1)
        defer { indgrm_set_in_loop(0) }
        while true {
          let block = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard block < blockCount else { return }
          body.call(block * size..<min((block + 1) * size, count))
        }
      }
    }
  }

  private struct UncheckedBody: @unchecked Sendable {
    let call: (Range<Int>) -> Void
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
