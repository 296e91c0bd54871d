// Do the kernels compute what they say?

import Glibc
import Testing

@testable import DenseMath

private func random(_ rows: Int, _ columns: Int, _ index: UInt64) -> Matrix<Double> {
  let matrix = Matrix<Double>(rows: rows, columns: columns)
  fillNormal(matrix, seed: 1, stage: 2, index: index)
  return matrix
}

@Suite(.serialized) struct MultiplyTests {
  @Test(arguments: [(3, 5, 7), (130, 257, 33), (1, 300, 200), (257, 2, 513)])
  func agreesWithTheDefinition(_ m: Int, _ n: Int, _ k: Int) {
    for (ta, tb) in [(false, false), (true, false), (false, true), (true, true)] {
      let a = ta ? random(k, m, 1) : random(m, k, 1)
      let b = tb ? random(n, k, 2) : random(k, n, 2)
      let c = random(m, n, 3)
      let start = c.array
      multiply(a, transposeA: ta, b, transposeB: tb, into: c, alpha: 0.5, beta: 2)
      let whole = Matrix(rows: m, columns: n, start)
      Parallel.asOneOfMany {
        multiply(a, transposeA: ta, b, transposeB: tb, into: whole, alpha: 0.5, beta: 2)
      }
      #expect(zip(whole.array, c.array).allSatisfy { abs($0 - $1) < 1e-9 })
      for (row, column) in [(0, 0), (m - 1, n - 1), (m / 2, n / 3)] {
        var sum = 0.0
        for inner in 0..<k {
          sum += (ta ? a[inner, row] : a[row, inner]) * (tb ? b[column, inner] : b[inner, column])
        }
        #expect(abs(c[row, column] - (0.5 * sum + 2 * start[row * n + column])) < 1e-9)
      }
    }
  }

  @Test func threadsDoNotMatter() {
    let (a, b) = (Matrix<Float>(rows: 250, columns: 600), Matrix<Float>(rows: 600, columns: 1003))
    fillNormal(a, seed: 1, stage: 1, index: 1)
    fillNormal(b, seed: 1, stage: 1, index: 2)
    var results: [[Float]] = []
    let before = Parallel.threads
    for threads in [1, 2, 5] {
      Parallel.threads = threads
      let c = Matrix<Float>(rows: 250, columns: 1003)
      multiply(a, b, into: c)
      results.append(c.array)
    }
    Parallel.threads = before
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  @Test(arguments: [1, 40, 192, 193, 500])
  func inverseTimesMatrixIsOne(_ n: Int) throws {
    let x = random(n + 20, n, 4)
    let a = Matrix<Double>(rows: n, columns: n)
    multiply(x, transposeA: true, x, into: a)
    for index in 0..<n { a[index, index] += 1 }
    let inverse = Matrix<Double>(rows: n, columns: n)
    inverse.copy(from: a)
    try inverseSPD(inverse)
    let product = Matrix<Double>(rows: n, columns: n)
    multiply(a, inverse, into: product)
    for row in 0..<n {
      for column in 0..<n {
        #expect(abs(product[row, column] - (row == column ? 1 : 0)) < 1e-8)
      }
    }
  }

  @Test func indefiniteMatricesAreRefused() {
    let a = Matrix<Double>(rows: 2, columns: 2, [1, 2, 2, 1])
    #expect(throws: NotPositiveDefinite.self) { try inverseSPD(a) }
  }
}

@Suite struct KernelTests {
  /// The vector functions in Float against the library's in Double.
  @Test func elementaryFunctions() {
    let values = (-2000...2000).map { Float($0) * 0.04 }
    let x = Matrix<Float>(rows: 1, columns: values.count, values)
    exponentiate(x)
    for (value, result) in zip(values, x.array) {
      #expect(abs(Double(result) / exp(Double(value)) - 1) < 5e-7, "exp \(value)")
    }
    _ = x.buffer.update(from: values)
    tanhForward(x)
    for (value, result) in zip(values, x.array) {
      #expect(abs(Double(result) - tanh(Double(value))) < 3e-7, "tanh \(value)")
    }
    let positive = (1...4000).map { Float($0) * 0.013 }
    let (y, z) = (
      Matrix<Float>(rows: 1, columns: 4000, positive), Matrix<Float>(rows: 1, columns: 4000)
    )
    addLog(of: y, plus: 0, to: z)
    for (value, result) in zip(positive, z.array) {
      #expect(abs(Double(result) - log(Double(value))) < 5e-7 * max(1, abs(log(Double(value)))))
    }
  }

  @Test func philoxAgreesWithPublishedVectors() {
    #expect(
      RandomStream.philox(counter: [0, 0, 0, 0], key: [0, 0])
        == [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8])
    let ones = UInt32.max
    #expect(
      RandomStream.philox(counter: [ones, ones, ones, ones], key: [ones, ones])
        == [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD])
    #expect(
      RandomStream.philox(
        counter: [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344],
        key: [0xA409_3822, 0x299F_31D0]) == [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1])
  }

  /// Mean, variance and kurtosis of what should be standard normal numbers.
  @Test func normalNumbers() {
    let x = Matrix<Float>(rows: 1, columns: 200_003)
    fillNormal(x, seed: 9, stage: 3, index: 4)
    var stream = RandomStream(seed: 9, stage: 3, index: 4)
    let single = (0..<200_000).map { _ in stream.normal() }
    for values in [x.array.map(Double.init), single] {
      let n = Double(values.count)
      let mean = values.reduce(0, +) / n
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
      let fourth = values.reduce(0) { $0 + pow($1 - mean, 4) } / n
      #expect(abs(mean) < 0.01)
      #expect(abs(variance - 1) < 0.02)
      #expect(abs(fourth / (variance * variance) - 3) < 0.1)
    }
  }

  /// exp(-exp(-x)) of Gumbel numbers is uniform.
  @Test func gumbelNumbers() {
    let x = Matrix<Float>(rows: 1, columns: 100_000)
    fillGumbel(x, seed: 9, stage: 3, index: 4)
    var counts = [Int](repeating: 0, count: 10)
    for value in x.array { counts[min(9, Int(exp(-exp(-Double(value))) * 10))] += 1 }
    for count in counts { #expect(abs(count - 10_000) < 500) }
  }

  @Test func digammaValues() {
    #expect(abs(digamma(1) + 0.577_215_664_901_532_9) < 1e-12)
    #expect(abs(digamma(0.5) + 1.963_510_026_021_423_5) < 1e-12)
    #expect(abs(digamma(100) - 4.600_161_852_738_087) < 1e-12)
  }

  @Test func adamFollowsItsDefinition() {
    let (value, gradient) = (
      Matrix<Double>(rows: 1, columns: 1, [1]), Matrix<Double>(rows: 1, columns: 1, [0.5])
    )
    let state = AdamState<Double>(count: 1)
    state.step(value, gradient, learningRate: 0.1, t: 1)
    // m^ = 0.5, v^ = 0.25: the step is 0.1 * 0.5 / (0.5 + 1e-8).
    #expect(abs(value[0, 0] - (1 - 0.1 * 0.5 / (0.5 + 1e-8))) < 1e-12)
  }
}

@Suite struct TopNTests {
  @Test(arguments: [(5, 1), (100, 10), (1000, 100), (3511, 100), (40, 60)])
  func agreesWithASort(_ width: Int, _ count: Int) {
    var random = RandomStream(seed: 1, stage: 1, index: UInt64(width))
    for trial in 0..<20 {
      // Few distinct values, so that ties are common.
      var row = (0..<width).map { _ in Float(random.below(trial % 2 == 0 ? 20 : 100_000)) }
      if width > 20 { row[3] = .nan }
      if width > 20 { row[7] = -.infinity }
      let wanted = row.indices.filter { row[$0] > -.infinity }
        .sorted { (-row[$0], $0) < (-row[$1], $1) }.prefix(count)
      let got = row.withUnsafeBufferPointer { topOfRow($0, count: count) }
      #expect(got.map { Int($0.index) } == Array(wanted))
    }
  }
}

@Suite struct SparseTests {
  @Test func productsAgreeWithDenseOnes() {
    var random = RandomStream(seed: 3, stage: 1, index: 0)
    let lists = (0..<30).map { _ in
      Set((0..<8).map { _ in UInt32(random.below(40)) }).sorted()
    }
    let x = SparseRows(lists: lists, columnCount: 40)
    let dense = Matrix<Double>(rows: 30, columns: 40)
    for (row, list) in lists.enumerated() { for item in list { dense[row, Int(item)] = 1 } }
    let weights = Matrix<Double>(rows: 40, columns: 9)
    fillNormal(weights, seed: 1, stage: 1, index: 1)
    let (sparse, full) = (
      Matrix<Double>(rows: 30, columns: 9), Matrix<Double>(rows: 30, columns: 9)
    )
    multiply(sparse: x, rows: 0..<30, dense: weights, into: sparse, entryScale: nil)
    multiply(dense, weights, into: full)
    for (a, b) in zip(sparse.array, full.array) { #expect(abs(a - b) < 1e-12) }
    let (back, wanted) = (
      Matrix<Double>(rows: 40, columns: 9), Matrix<Double>(rows: 40, columns: 9)
    )
    multiplyTransposed(sparse: x, gradient: full, into: back, entryScale: nil)
    multiply(dense, transposeA: true, full, into: wanted)
    for (a, b) in zip(back.array, wanted.array) { #expect(abs(a - b) < 1e-12) }
    let gram = x.gram(weights: (0..<30).map { Double($0) })
    for row in 0..<30 {
      for column in 0..<40 { dense[row, column] *= Double(row).squareRoot() }
    }
    let direct = Matrix<Double>(rows: 40, columns: 40)
    multiply(dense, transposeA: true, dense, into: direct)
    for (a, b) in zip(gram.array, direct.array) { #expect(abs(a - b) < 1e-9) }
    #expect(x.transposed().transposed().columns == x.columns)
  }

  @Test(arguments: [0, 1, 3, 4, 11])
  func gramProductsOfRowsAgreeWithTheirDefinition(_ entries: Int) {
    let columns = (0..<entries).map { UInt32($0 * 3) }
    // The row before it shows that offsets count.
    let x = SparseRows(lists: [[5, 7], columns], columnCount: 40)
    for width in [1, 9, 33] {
      let dense = Matrix<Double>(rows: 40, columns: width)
      fillNormal(dense, seed: 1, stage: 1, index: UInt64(width))
      let (point, image) = (
        Matrix<Double>(rows: 1, columns: width), Matrix<Double>(rows: 1, columns: width)
      )
      fillNormal(point, seed: 2, stage: 1, index: 0)
      fillNormal(image, seed: 3, stage: 1, index: 0)
      var wanted = image.array
      for column in columns {
        let row = Array(dense.row(Int(column)))
        let along = zip(row, point.array).reduce(-0.5) { $0 + $1.0 * $1.1 }
        for place in 0..<width { wanted[place] += row[place] * along }
      }
      addGramProduct(sparse: x, row: 1, dense: dense, point.row(0), shift: -0.5, to: image.row(0))
      for (a, b) in zip(image.array, wanted) { #expect(abs(a - b) < 1e-12 * (1 + abs(b))) }
    }
  }

  @Test func kMeansFindsPlantedClusters() {
    let points = Matrix<Float>(rows: 300, columns: 10)
    fillNormal(points, seed: 4, stage: 1, index: 0)
    for row in 0..<300 {
      for column in 0..<10 {
        points[row, column] = points[row, column] * 0.1 + (column == row % 5 ? 1 : 0)
      }
    }
    let found = sphericalKMeans(points, clusters: 5, seed: 1, iterations: 50)
    for row in 0..<300 { #expect(found.assignment[row] == found.assignment[row % 5]) }
    #expect(Set(found.assignment).count == 5)
  }
}
