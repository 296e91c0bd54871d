// Which operations take the time of training, scoring and fitting?

import DataSources
import DenseMath
import Foundation
import Interchange

/// Users of a batch, of a scoring block; items and interactions a user as in MovieLens-20M (>= 4).
private let (batch, items, history) = (250, 20_000, 73)
private let (width, latent, clusters, groups) = (600, 200, 6, 18)

/// Histories of one length with popular items in most of them.
func histories(_ users: Int, of history: Int, items: Int) -> SparseRows {
  var random = RandomStream(seed: 3, stage: 1, index: 0)
  var (offsets, columns): ([Int], [UInt32]) = ([0], [])
  for _ in 0..<users {
    var row: Set<UInt32> = []
    while row.count < history {
      row.insert(UInt32(min(Double(items) * pow(random.uniform(), 3), Double(items - 1))))
    }
    columns += row.sorted()
    offsets.append(columns.count)
  }
  return SparseRows(offsets: offsets, columns: columns, columnCount: items)
}

private func matrixBytes(_ shapes: (Int, Int)...) -> Double {
  shapes.reduce(0) { $0 + 4 * Double($1.0 * $1.1) }
}

/// A product with its operations and the bytes of its three matrices.
private func product(
  _ name: String, _ m: Int, _ k: Int, _ n: Int, transposeA: Bool = false, transposeB: Bool = false
) -> Operation {
  let a = transposeA ? normal(k, m) : normal(m, k)
  let b = transposeB ? normal(n, k) : normal(k, n)
  let c = Matrix<Float>(rows: m, columns: n)
  return Operation(
    name: "\(name) \(m)x\(k)x\(n)", operations: 2 * Double(m * k * n),
    bytes: matrixBytes((m, k), (k, n), (m, n))
  ) { multiply(a, transposeA: transposeA, b, transposeB: transposeB, into: c) }
}

func operations() throws -> [Operation] {
  try training() + [Epoch.operation] + rounded() + optimiser() + scoring() + fitting() + files()
}

/// The products of training with factors rounded to bfloat16, where the processor has them.
private func rounded() -> [Operation] {
  guard RoundedProducts.isAvailable else { return [] }
  return [
    product("rounded dense layer, forward", batch, width, width),
    product("rounded dense layer, to weights", width, batch, width, transposeA: true),
    product("rounded decoder, forward", batch, latent, items, transposeB: true),
    product("rounded decoder, to users", batch, items, latent),
    product("rounded decoder, to items", items, batch, latent, transposeA: true),
  ].map { product in
    Operation(
      name: product.name, operations: product.operations, bytes: product.bytes, isRounded: true
    ) { try RoundedProducts.during(true, product.run) }
  }
}

private func training() -> [Operation] {
  let rows = histories(batch, of: history, items: items)
  let (weights, output) = (normal(items, width), Matrix<Float>(rows: batch, columns: width))
  let entries = Double(rows.count * width)
  let compact = rows.compacted()
  let touched = Matrix<Float>(rows: compact.columns.count, columns: width)
  let (logits, targets) = (normal(batch, items), rows)
  let sampled = 8000
  let shares = [Float](repeating: 1 / Float(batch), count: batch)
  let few = normal(batch, sampled)
  let fewTargets = SparseRows(
    offsets: rows.offsets, columns: rows.columns.map { $0 % UInt32(sampled) }, columnCount: sampled)
  return [
    Operation(
      name: "sparse input, forward", operations: 2 * entries,
      bytes: 4 * (Double(compact.columns.count * width) + Double(batch * width))
    ) {
      multiply(sparse: rows, rows: 0..<batch, dense: weights, into: output, entryScale: nil)
    },
    Operation(
      name: "sparse input, backward (touched rows)", operations: 2 * entries,
      bytes: 4 * Double(touched.count + batch * width)
    ) {
      multiplyTransposed(
        sparse: compact.rows, gradient: output, into: touched, entryScale: nil)
    },
    product("dense layer, forward", batch, width, width),
    product("dense layer, backward to weights", width, batch, width, transposeA: true),
    product("dense layer, backward to input", batch, width, width, transposeB: true),
    product("cluster heads, forward", batch, width, clusters * latent),
    product(
      "cluster heads, backward to weights", width, batch, clusters * latent, transposeA: true),
    product("decoder, forward, all items", batch, latent, items, transposeB: true),
    product("decoder, backward to users", batch, items, latent),
    product("decoder, backward to items", items, batch, latent, transposeA: true),
    product("decoder, forward, sampled items", batch, latent, sampled, transposeB: true),
    product("item groups, mixture", batch, groups, items, transposeB: true),
    Operation(
      name: "softmax cross-entropy, all items", operations: 8 * Double(logits.count),
      bytes: 3 * 4 * Double(logits.count)
    ) { _ = softmaxCrossEntropy(logits, targets: targets, scales: shares) },
    Operation(
      name: "softmax cross-entropy, sampled items", operations: 8 * Double(few.count),
      bytes: 3 * 4 * Double(few.count)
    ) { _ = softmaxCrossEntropy(few, targets: fewTargets, scales: shares) },
    Operation(
      name: "gather of sampled item vectors", operations: 0, bytes: 2 * 4 * Double(sampled * latent)
    ) {
      gatherRows(
        weights.rowBlock(0..<items), (0..<UInt32(sampled / 3)).map { $0 * 5 % UInt32(items) },
        into: touchedView(sampled / 3))
    },
  ]
}

/// The first rows of a matrix that stays.
private let gathered = Matrix<Float>(rows: 8000, columns: width)
private func touchedView(_ rows: Int) -> Matrix<Float> { gathered.rowBlock(0..<rows) }

private func optimiser() -> [Operation] {
  let (value, gradient) = (normal(items, width), normal(items, width))
  let state = AdamState<Float>(count: value.count)
  let rows = (0..<UInt32(4000)).map { $0 * 5 }
  let few = normal(4000, width)
  let mapping = normal(clusters * groups, latent)
  return [
    Operation(
      name: "Adam, all rows", operations: 10 * Double(value.count),
      bytes: 7 * 4 * Double(value.count)
    ) { state.step(value, gradient, learningRate: 1e-3, t: 9) },
    Operation(
      name: "Adam, touched rows", operations: 10 * Double(few.count),
      bytes: 7 * 4 * Double(few.count)
    ) { state.step(rows: rows, of: value, few, learningRate: 1e-3, t: 9) },
    Operation(
      name: "proximal step, factor-to-group vectors",
      operations: 3 * Double(mapping.count), bytes: 2 * 4 * Double(mapping.count)
    ) { shrinkRows(mapping, by: 1e-9) },
    Operation(
      name: "unit item vectors", operations: 3 * Double(items * latent),
      bytes: 2 * 4 * Double(items * latent)
    ) { normaliseRows(unitSource, into: unitTarget, norms: unitNorms) },
  ]
}

private let unitSource = normal(items, latent)
private let unitTarget = Matrix<Float>(rows: items, columns: latent)
private let unitNorms = Matrix<Float>(rows: 1, columns: items)

private func scoring() -> [Operation] {
  let (scores, rows) = (normal(batch, items), histories(batch, of: history, items: items))
  let (users, factors) = (normal(batch, latent), normal(items, latent))
  let ranking = ProductRanking(RankingFactors(factors))
  let (ofItems, ofUsers) = indgrmFactors(users, factors)
  let indgrmRanking = ProductRanking(ofItems)
  return [
    // Vectors of equal lengths, so that none can be passed over for being short.
    Operation(
      name: "top 100 by products of factors \(batch)x\(latent)x\(items)",
      operations: 2 * Double(batch * latent * items),
      bytes: matrixBytes((batch, latent), (latent, items))
    ) { _ = ranking.top(RankingFactors(users), leavingOut: rows, rows: 0..<batch, count: 100) },
    Operation(
      name: "top 100 by InDGRM's scores \(batch)x(\(latent)+\(groups))x\(items)",
      operations: 2 * Double(batch * (latent + groups) * items),
      bytes: matrixBytes((batch, latent + groups), (latent + groups, items))
    ) { _ = indgrmRanking.top(ofUsers, leavingOut: rows, rows: 0..<batch, count: 100) },
    Operation(
      name: "top 100 of all items, seen ones left out", operations: Double(scores.count),
      bytes: 4 * Double(scores.count)
    ) { _ = topItems(scores, rows, rows: 0..<batch, count: 100) },
  ]
}

/// Unit vectors at a usual scale, biases, and shares of groups.
private func indgrmFactors(_ users: Matrix<Float>, _ items: Matrix<Float>) -> (
  items: RankingFactors, users: RankingFactors
) {
  func unit(_ x: Matrix<Float>) -> Matrix<Float> {
    let result = Matrix<Float>(rows: x.rows, columns: x.columns)
    normaliseRows(x, into: result, norms: Matrix<Float>(rows: 1, columns: x.rows))
    return result
  }
  let (membership, activity) = (normal(items.rows, groups), normal(users.rows, groups))
  softmaxRows(membership)
  exponentiate(activity)
  return (
    RankingFactors(items: unit(items), biases: normal(1, items.rows), shares: membership),
    RankingFactors(users: unit(users), scale: 10, shares: activity)
  )
}

private func fitting() throws -> [Operation] {
  let points = normal(items, latent)
  let iterations = 5
  let n = 3000
  let gram = Matrix<Double>(rows: n, columns: n)
  func fill() {
    for row in 0..<n {
      for column in 0..<n {
        gram[row, column] = row == column ? Double(n) : 1 / Double(1 + row + column)
      }
    }
  }
  fill()
  return [
    Operation(
      name: "spherical k-means, \(iterations) rounds, \(groups) centres",
      operations: 2 * Double(iterations * items * latent * groups),
      bytes: Double(iterations) * 2 * 4 * Double(items * latent)
    ) { _ = sphericalKMeans(points, clusters: groups, seed: 1, iterations: iterations) },
    // Half the rate in double precision.
    Operation(
      name: "EASE's inverse of \(n)x\(n), double (x 2)", operations: 2 * pow(Double(n), 3),
      bytes: 8 * Double(n * n) * 2
    ) {
      fill()
      try inverseSPD(gram)
    },
  ]
}

/// Where rows to parse are kept while this runs.
let rowsPath = FileManager.default.temporaryDirectory
  .appendingPathComponent("roofline-\(ProcessInfo.processInfo.processIdentifier).csv").path

/// Reading text and packing columns, at the size of a million interactions.
private func files() throws -> [Operation] {
  var random = RandomStream(seed: 5, stage: 1, index: 0)
  var text = "userId,movieId,rating,timestamp\n"
  var bytes: [UInt8] = []
  for row in 0..<1_000_000 {
    let item = Int(Double(items) * pow(random.uniform(), 3))
    let rating = 1 + Int(random.uniform() * 5)
    text += "\(row / 140),\(item),\(rating).0,\(1_000_000_000 + row * 31)\n"
    withUnsafeBytes(of: UInt16(item)) { bytes += $0 }
  }
  try text.write(toFile: rowsPath, atomically: false, encoding: .utf8)
  let coder = Zstandard()
  var packed: [UInt8] = []
  _ = bytes.withUnsafeBytes { coder.compress($0, appendingTo: &packed) }
  var unpacked = bytes
  return [
    Operation(
      name: "CSV parsing, a million rows", operations: 0, bytes: Double(text.utf8.count)
    ) {
      let source = try SourceOptions().open(ByteStream(rowsPath), badRows: BadRows(tolerated: 0))
      let (batch, users, items) = (RowBatch(), IDTable(), IDTable())
      while try source.next(into: batch, users: users, items: items) {}
    },
    Operation(
      name: "zstd 1, a million items", operations: 0, bytes: Double(bytes.count + packed.count)
    ) {
      packed.removeAll(keepingCapacity: true)
      _ = bytes.withUnsafeBytes { coder.compress($0, appendingTo: &packed) }
    },
    Operation(
      name: "zstd back", operations: 0, bytes: Double(bytes.count + packed.count)
    ) {
      _ = packed.withUnsafeBytes { frame in
        unpacked.withUnsafeMutableBytes { coder.decompress(frame, into: $0) }
      }
    },
  ]
}
