// How do a user's items enter a network?

import DenseMath
import Fitting

/// The first layer: y = x W + b for sparse rows x that are L2-normalised and then dropped out.
///
/// Only rows of W that belong to items of the batch are touched: 2 |x| H operations a user instead of
/// 2 M H. Shapes: x is B x M, W is M x H, y is B x H.
public final class SparseInput<T: Real> {
  public let weights: Parameter<T>
  public let bias: Parameter<T>
  public let output: Matrix<T>
  private var scales: [T] = []
  /// Whether only the rows of W that a batch has items of get a gradient and a step.
  public var updatesTouchedRows = false

  /// - Parameter starts: whether weights start at random values; otherwise they stay zero.
  public init(
    _ name: String, items: Int, width: Int, batch: Int, seed: UInt64, stage: UInt32,
    starts: Bool = true
  ) {
    weights = Parameter("\(name).weights", rows: items, columns: width, items: .rows)
    bias = Parameter("\(name).bias", rows: 1, columns: width)
    output = Matrix(rows: batch, columns: width)
    if starts { weights.initialiseGlorot(seed: seed, stage: stage) }
  }

  public var parameters: [Parameter<T>] { [weights, bias] }

  /// The layer's output for a batch; with `dropout` > 0 entries are dropped and the others scaled up.
  public func forward(_ batch: SparseRows, dropout: Double, seed: UInt64, step: UInt64) -> Matrix<
    T
  > {
    scales = Self.scales(batch, dropout: dropout, seed: seed, step: step)
    let y = output.rowBlock(0..<batch.rowCount)
    times(batch, weights.value, into: y)
    addRow(bias.value, to: y)
    return y
  }

  /// The last batch, normalised and dropped out as `forward` has it, times W or other rows.
  ///
  /// - Parameter entries: the batch, or the same entries over other columns in the same order.
  public func times(_ entries: SparseRows, _ vectors: Matrix<T>, into product: Matrix<T>) {
    scales.withUnsafeBufferPointer {
      multiply(
        sparse: entries, rows: 0..<entries.rowCount, dense: vectors, into: product,
        entryScale: $0.baseAddress)
    }
  }

  /// Adds nothing to the input; leaves the gradients of W and b.
  public func backward(_ batch: SparseRows, _ gradient: Matrix<T>) {
    columnSums(of: gradient, into: bias.gradient)
    let (rows, target): (SparseRows, Matrix<T>)
    if updatesTouchedRows {
      let compact = batch.compacted()
      (rows, target) = (compact.rows, weights.gradient(of: compact.columns))
    } else {
      (rows, target) = (batch, weights.gradient)
    }
    scales.withUnsafeBufferPointer {
      multiplyTransposed(
        sparse: rows, gradient: gradient, into: target, entryScale: $0.baseAddress)
    }
  }

  /// dL/dx of every entry before normalisation, for dL/dy = `gradient` of the last batch; 1 x entries.
  public func entryGradients(_ batch: SparseRows, _ gradient: Matrix<T>) -> Matrix<T> {
    // With s_e = keep_e / |x|: g_e = s_e dy . W_e, and the norm takes away x_e (sum_f x_f g_f) / |x|^2.
    let gradients = DenseMath.entryGradients(
      sparse: batch, gradient: gradient, dense: weights.value, entryScale: scales)
    let found = gradients.buffer
    batch.withEntryValues { values in
      Parallel.blocks(batch.rowCount, size: 32) { rows in
        for row in rows {
          let range = batch.offsets[row]..<batch.offsets[row + 1]
          var (along, square): (T, T) = (0, 0)
          for entry in range {
            let value = T(values[entry])
            along += value * found[entry]
            square += value * value
          }
          guard square > 0 else { continue }
          let share = along / square
          for entry in range { found[entry] -= T(values[entry]) * share }
        }
      }
    }
    return gradients
  }

  /// What each entry of a batch is multiplied by: its row's norm, and what dropout makes of it.
  static func scales(_ batch: SparseRows, dropout: Double, seed: UInt64, step: UInt64) -> [T] {
    [T](unsafeUninitializedCapacity: batch.count) { memory, count in
      count = batch.count
      let scales = SharedBuffer(memory)
      batch.withEntryValues { values in
        Parallel.blocks(batch.rowCount, size: 32) { rows in
          for row in rows {
            let range = batch.offsets[row]..<batch.offsets[row + 1]
            var square = 0.0
            for entry in range { square += Double(values[entry]) * Double(values[entry]) }
            let scale = square > 0 ? T(1 / square.squareRoot()) : 0
            drop(range, scale, dropout, seed: seed, index: step << 32 &+ UInt64(row), scales)
          }
        }
      }
    }
  }

  /// The factor of every entry of a row: 0 for those dropped, the others scaled up for them.
  private static func drop(
    _ range: Range<Int>, _ scale: T, _ dropout: Double, seed: UInt64, index: UInt64,
    _ scales: SharedBuffer<T>
  ) {
    guard dropout > 0 else {
      for entry in range { scales[entry] = scale }
      return
    }
    let keep = 1 - dropout
    let kept = scale / T(keep)
    var random = RandomStream(seed: seed, stage: RandomStage.dropout, index: index)
    for entry in range { scales[entry] = random.uniform() < keep ? kept : 0 }
  }
}
