// Where do random numbers come from, so that neither order nor threads matter?

import CKernels
import Glibc

/// Philox4x32-10 (Salmon et al., SC 2011) keyed by a seed and a stage and started at an index: streams
/// of different (seed, stage, index) are independent, and each can be drawn without the others.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private let key: (UInt32, UInt32)
  private let index: UInt64
  private var block: UInt64 = 0
  private var words: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
  private var used = 4
  private var spareNormal: Double?

  /// - Parameters:
  ///   - stage: what the numbers are for; give every use its own.
  ///   - index: the user, item, epoch or step they belong to.
  public init(seed: UInt64, stage: UInt32, index: UInt64) {
    key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32) ^ stage)
    self.index = index
  }

  /// The block function itself, for tests against published vectors.
  public static func philox(counter: [UInt32], key: [UInt32]) -> [UInt32] {
    precondition(counter.count == 4 && key.count == 2)
    var out = [UInt32](repeating: 0, count: 4)
    indgrm_philox(counter, key, &out)
    return out
  }

  private mutating func word() -> UInt32 {
    if used == 4 {
      var counter = (
        UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32),
        UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32)
      )
      var key = key
      withUnsafePointer(to: &counter) { counter in
        withUnsafePointer(to: &key) { key in
          withUnsafeMutablePointer(to: &words) { words in
            indgrm_philox(
              UnsafeRawPointer(counter).assumingMemoryBound(to: UInt32.self),
              UnsafeRawPointer(key).assumingMemoryBound(to: UInt32.self),
              UnsafeMutableRawPointer(words).assumingMemoryBound(to: UInt32.self))
          }
        }
      }
      block += 1
      used = 0
    }
    defer { used += 1 }
    switch used {
    case 0: return words.0
    case 1: return words.1
    case 2: return words.2
    default: return words.3
    }
  }

  public mutating func next() -> UInt64 { UInt64(word()) << 32 | UInt64(word()) }

  /// A number in [0, 1) with 53 random bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A whole number in 0..<bound, without bias (Lemire, 2019).
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "a bound must be positive")
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// A standard normal number (Marsaglia's polar method).
  public mutating func normal() -> Double {
    if let spare = spareNormal {
      spareNormal = nil
      return spare
    }
    while true {
      let (u, v) = (2 * uniform() - 1, 2 * uniform() - 1)
      let square = u * u + v * v
      guard square > 0, square < 1 else { continue }
      let factor = (-2 * log(square) / square).squareRoot()
      spareNormal = v * factor
      return u * factor
    }
  }

  /// A standard exponential number.
  public mutating func exponential() -> Double { -log(1 - uniform()) }

  /// A standard Gumbel number.
  public mutating func gumbel() -> Double { -log(-log(Double(next() >> 11) * 0x1p-53 + 0x1p-54)) }

  /// A gamma number with a shape and rate 1 (Marsaglia and Tsang, 2000).
  public mutating func gamma(shape: Double) -> Double {
    precondition(shape > 0, "a gamma's shape must be positive")
    if shape < 1 { return gamma(shape: shape + 1) * pow(1 - uniform(), 1 / shape) }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
      guard v > 0 else { continue }
      if log(1 - uniform()) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
    }
  }

  /// A beta number.
  public mutating func beta(_ a: Double, _ b: Double) -> Double {
    let x = gamma(shape: a)
    return x / (x + gamma(shape: b))
  }

  /// The numbers 0..<n in random order (Fisher and Yates).
  public mutating func permutation(_ n: Int) -> [Int] {
    var order = Array(0..<n)
    shuffle(&order)
    return order
  }

  /// Puts an array in random order.
  public mutating func shuffle<T>(_ values: inout [T]) {
    for index in stride(from: values.count - 1, to: 0, by: -1) {
      values.swapAt(index, below(index + 1))
    }
  }
}

/// Fills a matrix with standard normal numbers; element e depends on (seed, stage, index, e) alone.
///
/// - Parameter first: the number e of the first element, where the matrix is a part of another.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func fillNormal<T: Real>(
  _ x: Matrix<T>, seed: UInt64, stage: UInt32, index: UInt64, from first: Int = 0
) {
  Parallel.blocks(x.count, size: 1 << 14) {
    T.kernels.normal(first + $0.lowerBound, $0.count, seed, stage, index, x.pointer + $0.lowerBound)
  }
}

/// Fills a matrix with standard Gumbel numbers.
///
/// - Parameter first: as for `fillNormal`.
@_specialize(where T == Float)
@_specialize(where T == Double)
public func fillGumbel<T: Real>(
  _ x: Matrix<T>, seed: UInt64, stage: UInt32, index: UInt64, from first: Int = 0
) {
  Parallel.blocks(x.count, size: 1 << 14) {
    T.kernels.gumbel(first + $0.lowerBound, $0.count, seed, stage, index, x.pointer + $0.lowerBound)
  }
}

/// Adds standard Gumbel numbers to a row, on the calling thread.
public func addGumbel(
  to row: UnsafeMutableBufferPointer<Float>, seed: UInt64, stage: UInt32, index: UInt64
) {
  withUnsafeTemporaryAllocation(of: Float.self, capacity: 1024) { noise in
    for start in stride(from: 0, to: row.count, by: 1024) {
      let count = min(1024, row.count - start)
      Float.kernels.gumbel(start, count, seed, stage, index, noise.baseAddress)
      Float.kernels.add(count, noise.baseAddress, row.baseAddress.map { $0 + start })
    }
  }
}
