// When are factors rounded to bfloat16 before they are multiplied, and how?

import CKernels
import Synchronization

/// Products of matrices whose factors are rounded to bfloat16 (8 significant bits) and whose sums are
/// taken in single precision: two and a half times as fast as full precision on AMD's processors with instructions for
/// them (AVX512-BF16), 0.6 times as fast on Intel's. For training, where gradients are noisy anyway; never for scores.
public enum RoundedProducts {
  private static let memory = Mutex<PackedFactors?>(nil)

  /// Whether this processor multiplies bfloat16.
  public static let isAvailable = indgrm_rounded_available() != 0

  /// Whether that is faster than full precision, so that training and sorting out make use of it (record 21).
  public static let isFaster = indgrm_rounded_faster() != 0

  /// Whether `multiply`, called on this thread, rounds large single-precision factors at the moment.
  @TaskLocal static var isOn = false

  /// Runs a body with factors rounded, or not; without effect where the processor cannot.
  public static func during<Result>(_ wanted: Bool, _ body: () throws -> Result)
    rethrows -> Result
  {
    try $isOn.withValue(wanted && isAvailable, operation: body)
  }

  /// x~, x rounded to bfloat16, to nearest and to even.
  static func rounded(_ x: Float) -> Float {
    let bits = x.bitPattern
    return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
  }

  /// Whether rounding pays for a product of this size: packing costs m k + k n, and tiles are 48 wide.
  static func pays(_ m: Int, _ n: Int, _ k: Int) -> Bool {
    m >= 32 && n >= 32 && k >= 32 && m * n * k >= 500_000
  }

  /// C = alpha op(A) op(B) + beta C with A and B rounded.
  ///
  /// Both factors are packed once, C is cut into tiles by its shape alone and the inner dimension is summed
  /// in order, so results do not depend on the number of threads.
  static func multiply(
    _ a: Matrix<Float>, _ transposeA: Bool, _ b: Matrix<Float>, _ transposeB: Bool,
    into c: Matrix<Float>, alpha: Float, beta: Float
  ) {
    let (m, n) = (c.rows, c.columns)
    let k = transposeA ? a.rows : a.columns
    let pairs = (k + 1) / 2
    let packed = memory.withLock { held in
      defer { held = nil }
      return held ?? PackedFactors()
    }
    let (rows, columns) = (INDGRM_ROUNDED_ROWS, INDGRM_ROUNDED_COLUMNS)
    let left = packed.left(places: (m + rows - 1) / rows * rows * pairs)
    let right = packed.right(places: (n + columns - 1) / columns * columns * pairs)
    let lefts = Packing(
      source: a, along: !transposeA, width: rows, lines: m, k: k, block: 64, out: left)
    let rights = Packing(
      source: b, along: transposeB, width: columns, lines: n, k: k, block: columns, out: right)
    Parallel.blocks(lefts.blockCount + rights.blockCount, size: 1) { blocks in
      for block in blocks {
        block < lefts.blockCount
          ? lefts.pack(block) : rights.pack(block - lefts.blockCount)
      }
    }
    let (tall, wide) = (128, columns)
    let across = (n + wide - 1) / wide
    Parallel.blocks((m + tall - 1) / tall * across, size: 1) { tiles in
      for tile in tiles {
        let (row, column) = (tile / across * tall, tile % across * wide)
        indgrm_rounded_multiply(
          min(tall, m - row), min(wide, n - column), k, left.base + row * pairs,
          right.base + column * pairs, alpha, beta, c.pointer + row * n + column, n)
      }
    }
    memory.withLock { $0 = packed }
  }
}

/// How one factor is rounded and laid out for tiles, block by block of its lines.
private struct Packing {
  let source: Matrix<Float>
  /// Whether a line lies along the inner dimension in memory.
  let along: Bool
  let width, lines, k, block: Int
  let out: PackedFactors.Part

  var blockCount: Int { (lines + block - 1) / block }

  func pack(_ index: Int) {
    let (first, stride) = (index * block, source.columns)
    indgrm_rounded_pack(
      width, min(block, lines - first), k, source.pointer + (along ? first * stride : first),
      stride,
      along ? 1 : 0, out.base + first * ((k + 1) / 2))
  }
}

/// Memory for the packed factors of one product at a time, which grows and stays.
private final class PackedFactors: @unchecked Sendable {
  struct Part: @unchecked Sendable { let base: UnsafeMutablePointer<UInt32> }

  private var memory:
    (left: UnsafeMutableBufferPointer<UInt32>, right: UnsafeMutableBufferPointer<UInt32>) = (
      .init(start: nil, count: 0), .init(start: nil, count: 0)
    )

  deinit {
    memory.left.deallocate()
    memory.right.deallocate()
  }

  func left(places: Int) -> Part { Self.grow(&memory.left, places) }
  func right(places: Int) -> Part { Self.grow(&memory.right, places) }

  private static func grow(_ held: inout UnsafeMutableBufferPointer<UInt32>, _ places: Int) -> Part
  {
    if held.count < places || held.baseAddress == nil {
      held.deallocate()
      held = .allocate(capacity: max(places, 1))
    }
    guard let base = held.baseAddress else { preconditionFailure("memory was just allocated") }
    return Part(base: base)
  }
}
