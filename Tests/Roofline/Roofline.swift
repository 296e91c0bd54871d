// How near to the machine's limits does every hot operation run?

import DenseMath
import Foundation

/// One operation at the size of a training step or a scoring block.
struct Operation {
  let name: String
  /// Additions and multiplications.
  let operations: Double
  /// Bytes that must be read and written at least.
  let bytes: Double
  /// Whether it multiplies rounded factors.
  var isRounded = false
  /// Measures itself, where it is more than can be called again and again; seconds of the fastest run.
  var fastest: (() throws -> Double)?
  let run: () throws -> Void
}

/// What the machine does at best: measured, not looked up.
struct Machine {
  /// Floating-point operations a second in a large single-precision product.
  let rate: Double
  /// The same with rounded factors, where the processor has them.
  let roundedRate: Double
  /// Bytes a second read and written by copying.
  let bandwidth: Double

  init() {
    let n = 2048
    let (a, b, c) = (normal(n, n), normal(n, n), Matrix<Float>(rows: n, columns: n))
    rate = 2 * pow(Double(n), 3) / fastest(8) { multiply(a, b, into: c) }
    roundedRate =
      2 * pow(Double(n), 3)
      / fastest(8) { RoundedProducts.during(true) { multiply(a, b, into: c) } }
    let (x, y) = (
      Matrix<Float>(rows: 64, columns: 1 << 20), Matrix<Float>(rows: 64, columns: 1 << 20)
    )
    bandwidth =
      2 * Double(x.count) * 4
      / fastest(6) {
        Parallel.blocks(64, size: 1) { rows in
          for row in rows { y.rowBlock(row..<row + 1).copy(from: x.rowBlock(row..<row + 1)) }
        }
      }
  }
}

func normal(_ rows: Int, _ columns: Int) -> Matrix<Float> {
  let x = Matrix<Float>(rows: rows, columns: columns)
  fillNormal(x, seed: 1, stage: 1, index: UInt64(rows &* 7919 &+ columns))
  return x
}

/// Seconds of the fastest of some runs, after one that warms up.
func fastest(_ runs: Int, _ body: () throws -> Void) rethrows -> Double {
  try body()
  var best = Double.infinity
  for _ in 0..<runs {
    let start = DispatchTime.now().uptimeNanoseconds
    try body()
    best = min(best, Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9)
  }
  return best
}

@main
struct Roofline {
  static func main() throws {
    try BLAS.load()
    if CommandLine.arguments.contains("--kernels") { return runKernels() }
    if let place = CommandLine.arguments.firstIndex(of: "--k-means") {
      return timeClustering(CommandLine.arguments.dropFirst(place + 1).compactMap { Int($0) })
    }
    let json = CommandLine.arguments.contains("--json")
    let machine = Machine()
    defer { try? FileManager.default.removeItem(atPath: rowsPath) }
    if !json {
      print(
        "\(Parallel.threads) threads, OpenBLAS kernels \(BLAS.coreName),"
          + " products \(text(machine.rate * 1e-9, 0)) GFLOP/s,"
          + (RoundedProducts.isAvailable
            ? " of rounded factors \(text(machine.roundedRate * 1e-9, 0))," : "")
          + " copies \(text(machine.bandwidth * 1e-9, 1)) GB/s (read and written)")
      print(
        pad("operation", 46) + pad("Mflop", 10, true) + pad("MB", 10, true)
          + pad("limit ms", 10, true) + pad("took ms", 10, true) + pad("share", 8, true))
    }
    for operation in try operations() {
      let took = try operation.fastest?() ?? fastest(7, operation.run)
      let limit = max(
        operation.operations / (operation.isRounded ? machine.roundedRate : machine.rate),
        operation.bytes / machine.bandwidth)
      if json {
        print(
          "{\"operation\": \"\(operation.name)\", \"flop\": \(operation.operations),"
            + " \"bytes\": \(operation.bytes), \"limit_seconds\": \(limit),"
            + " \"seconds\": \(took), \"share\": \(limit / took)}")
      } else {
        print(
          pad(operation.name, 46) + pad(text(operation.operations * 1e-6, 1), 10, true)
            + pad(text(operation.bytes * 1e-6, 1), 10, true)
            + pad(text(limit * 1e3, 3), 10, true) + pad(text(took * 1e3, 3), 10, true)
            + pad(text(100 * limit / took, 0) + " %", 8, true))
      }
    }
    if !json {
      print(
        "limit: the larger of operations / rate and bytes / copy bandwidth; bytes count what must")
      print("cross memory once. Operations whose data stay in the cache can pass 100 %.")
    }
  }

  /// Prints the seconds that a number of rounds over random points take: points, dimensions, centres, rounds.
  private static func timeClustering(_ sizes: [Int]) {
    precondition(sizes.count == 4, "--k-means takes points, dimensions, centres and rounds")
    let points = normal(sizes[0], sizes[1])
    let start = DispatchTime.now().uptimeNanoseconds
    _ = sphericalKMeans(points, clusters: sizes[2], seed: 1, iterations: sizes[3])
    print("{\"seconds\": \(Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9)}")
  }

  static func text(_ x: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", x) }

  static func pad(_ text: String, _ width: Int, _ right: Bool = false) -> String {
    let space = String(repeating: " ", count: max(width - text.count, 0))
    return right ? space + text : text + space
  }
}
