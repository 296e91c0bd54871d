// Are products with rounded factors what they say, and is work shared without losing any?

import Glibc
import Synchronization
import Testing

@testable import DenseMath

/// The nearest bfloat16 number, halves to even.
private func rounded(_ x: Float) -> Float {
  let bits = x.bitPattern
  return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
}

@Suite struct RoundedProductTests {
  @Test(arguments: [(32, 32, 512), (33, 49, 331), (250, 600, 77), (300, 1003, 801), (513, 40, 64)])
  func agreesWithTheDefinition(_ m: Int, _ n: Int, _ k: Int) {
    guard RoundedProducts.isAvailable else {
      return print("SKIPPED: this processor does not multiply bfloat16")
    }
    for (ta, tb) in [(false, false), (true, false), (false, true), (true, true)] {
      let a = Matrix<Float>(rows: ta ? k : m, columns: ta ? m : k)
      let b = Matrix<Float>(rows: tb ? n : k, columns: tb ? k : n)
      let c = Matrix<Float>(rows: m, columns: n)
      for (index, matrix) in [a, b, c].enumerated() {
        fillNormal(matrix, seed: 5, stage: 6, index: UInt64(index))
      }
      let start = c.array
      RoundedProducts.during(true) {
        #expect(RoundedProducts.pays(m, n, k))
        multiply(a, transposeA: ta, b, transposeB: tb, into: c, alpha: 0.5, beta: 2)
      }
      var worst = 0.0
      for row in stride(from: 0, to: m, by: 7) {
        for column in stride(from: 0, to: n, by: 5) {
          var (sum, size) = (0.0, 0.0)
          for inner in 0..<k {
            let x = Double(rounded(ta ? a[inner, row] : a[row, inner]))
            let y = Double(rounded(tb ? b[column, inner] : b[inner, column]))
            sum += x * y
            size += abs(x * y)
          }
          let wanted = 0.5 * sum + 2 * Double(start[row * n + column])
          worst = max(worst, abs(Double(c[row, column]) - wanted) / size)
        }
      }
      #expect(worst < 1e-6)
      #expect(abs(c[m - 1, n - 1]) < 1e4)
    }
  }

  @Test func threadsDoNotMatterAndNothingIsRoundedOutside() {
    let (a, b) = (Matrix<Float>(rows: 250, columns: 600), Matrix<Float>(rows: 600, columns: 1003))
    fillNormal(a, seed: 1, stage: 1, index: 1)
    fillNormal(b, seed: 1, stage: 1, index: 2)
    func product(_ rounds: Bool) -> [Float] {
      let c = Matrix<Float>(rows: 250, columns: 1003)
      RoundedProducts.during(rounds) { multiply(a, b, into: c) }
      return c.array
    }
    let before = Parallel.threads
    defer { Parallel.threads = before }
    var results: [[Float]] = []
    for threads in [1, 2, 5] {
      Parallel.threads = threads
      results.append(product(true))
    }
    let same = results[0] == results[1] && results[0] == results[2]
    #expect(same)
    let isRounded = product(false) != results[0]
    #expect(isRounded == RoundedProducts.isAvailable)
  }
}

@Suite struct ParallelTests {
  @Test func everyBlockIsDoneOnceHoweverLoopsFollowOrNest() {
    for round in 0..<2_000 {
      let count = round % 7 * 10 + 1
      let done = (0..<count).map { _ in Counter() }
      Parallel.blocks(count, size: 3) { outer in
        for index in outer {
          Parallel.blocks(4, size: 1) { inner in
            done[index].value.wrappingAdd(inner.count, ordering: .relaxed)
          }
        }
      }
      let all = done.allSatisfy { $0.value.load(ordering: .relaxed) == 4 }
      #expect(all)
    }
  }

  private final class Counter: Sendable {
    let value = Atomic<Int>(0)
  }
}

@Suite struct MixtureRowTests {
  @Test func derivativesAgreeWithDifferences() {
    let (blocks, batch, columns) = (3, 2, 5)
    let scores = Matrix<Double>(rows: blocks * batch, columns: columns)
    let weights = Matrix<Double>(rows: blocks, columns: columns)
    let outer = Matrix<Double>(rows: batch, columns: columns)
    for (index, matrix) in [scores, weights, outer].enumerated() {
      fillNormal(matrix, seed: 9, stage: 1, index: UInt64(index))
    }
    /// sum of outer x mixture.
    func value() -> Double {
      let (copy, mixture) = (
        Matrix<Double>(rows: scores.rows, columns: columns),
        Matrix<Double>(rows: batch, columns: columns)
      )
      copy.copy(from: scores)
      mixExponentials(copy, weights: weights, into: mixture)
      return dot(mixture, outer)
    }
    let (found, mixture) = (
      Matrix<Double>(rows: scores.rows, columns: columns),
      Matrix<Double>(rows: batch, columns: columns)
    )
    found.copy(from: scores)
    mixExponentials(found, weights: weights, into: mixture)
    let weightGradient = Matrix<Double>(rows: blocks, columns: columns)
    mixExponentialsBackward(outer, exponentials: found, weights: weights, addingTo: weightGradient)
    for (matrix, gradient) in [(scores, found), (weights, weightGradient)] {
      for index in 0..<matrix.count {
        let start = matrix.pointer[index]
        matrix.pointer[index] = start + 1e-6
        let high = value()
        matrix.pointer[index] = start - 1e-6
        let low = value()
        matrix.pointer[index] = start
        #expect(abs((high - low) / 2e-6 - gradient.pointer[index]) < 1e-6)
      }
    }
  }
}
