// How do a user's items enter a network?

import DenseMath
import Fitting
import Interchange
import Ranks

/// The first layer: y = x W + b for sparse rows x that are L2-normalised and then dropped out.
///
/// Only rows of W that belong to items of the batch are touched: 2 |x| H operations a user instead of
/// 2 M H. Shapes: x is B x M, W is M x H, y is B x H.
///
/// Where the items are cut a process has the rows of W of its parts alone, with their gradients and moments; y is added up
/// over the parts by the tree of the virtual ranks, so that a process sends 2 B H numbers at most, however many items there
/// are. All processes take the same users at once.
public final class SparseInput<T: Real> {
  /// W of this process's parts of the items, one where they are not cut.
  public let parts: [Parameter<T>]
  public let bias: Parameter<T>
  public let output: Matrix<T>
  /// What each entry of the last batch was multiplied by.
  public private(set) var scales: [T] = []
  /// Whether only the rows of W that a batch has items of get a gradient and a step.
  public var updatesTouchedRows = false
  /// Whether parts go on with each other's sums in the order of items, so that y is to the last bit that of one process
  /// which holds all of W.
  public var addsInOrder = false
  private let name: String
  private let items: Int
  private let ranks: VirtualRanks

  /// Starts at the same values whether or not items are cut.
  ///
  /// - Parameters:
  ///   - starts: whether weights start at random values; otherwise they stay zero.
  ///   - ranks: the parts that items are cut into.
  public init(
    _ name: String, items: Int, width: Int, batch: Int, seed: UInt64, stage: UInt32,
    starts: Bool = true, cut ranks: VirtualRanks = .one
  ) {
    (self.name, self.items, self.ranks) = (name, items, ranks)
    bias = Parameter("\(name).bias", rows: 1, columns: width)
    output = Matrix(rows: batch, columns: width)
    parts = ranks.itemParts(of: items).map {
      Parameter("\(name).weights", of: $0, columns: width)
    }
    // As `initialiseGlorot` has it for all items.
    let deviation = T((2 / Double(items + width)).squareRoot())
    if starts {
      parts.forEach { $0.initialiseNormal(seed: seed, stage: stage, deviation: deviation) }
    }
  }

  /// W where items are not cut.
  public var weights: Parameter<T> {
    precondition(ranks.count == 1, "no process has all of W")
    return parts[0]
  }

  public var parameters: [Parameter<T>] { parts + [bias] }

  /// The root mean square of the elements of W.
  public var deviation: T { ranks.deviation(parts, items: items) }

  /// The layer's output for a batch; with `dropout` > 0 entries are dropped and the others scaled up.
  public func forward(_ batch: SparseRows, dropout: Double, seed: UInt64, step: UInt64) -> Matrix<
    T
  > {
    scales = Self.scales(batch, dropout: dropout, seed: seed, step: step)
    let y = output.rowBlock(0..<batch.rowCount)
    if ranks.count == 1 {
      times(batch, weights.value, into: y)
    } else if addsInOrder {
      y.fill(0)
      ranks.group.inTurn(y.buffer) {
        for part in parts {
          batch.multiply(part.rowItems, part.value, scales: scales, into: y, adding: true)
        }
      }
    } else {
      y.copy(from: ranks.times(batch, scales: scales, parts.map { ($0.rowItems, $0.value) }))
    }
    addRow(bias.value, to: y)
    return y
  }

  /// The last batch, normalised and dropped out as `forward` has it, times W or other rows.
  ///
  /// - Parameter entries: the batch, or the same entries over other columns in the same order.
  public func times(_ entries: SparseRows, _ vectors: Matrix<T>, into product: Matrix<T>) {
    entries.multiply(
      0..<entries.columnCount, vectors, scales: scales, into: product, adding: false)
  }

  /// Adds nothing to the input; leaves the gradients of W and b.
  public func backward(_ batch: SparseRows, _ gradient: Matrix<T>) {
    columnSums(of: gradient, into: bias.gradient)
    for part in parts {
      let (own, entries) = batch.entries(in: part.rowItems)
      let (rows, target): (SparseRows, Matrix<T>)
      if updatesTouchedRows {
        let compact = own.compacted()
        (rows, target) = (compact.rows, part.gradient(of: compact.columns))
      } else {
        (rows, target) = (own, part.gradient)
      }
      (entries.map { $0.map { scales[$0] } } ?? scales).withUnsafeBufferPointer {
        multiplyTransposed(
          sparse: rows, gradient: gradient, into: target, entryScale: $0.baseAddress)
      }
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

extension SparseInput where T == Float {
  /// W as a layer has it that is not cut; nothing where this one is none either.
  public var streamed: [StreamedTensor] {
    guard ranks.count > 1 else { return [] }
    let whole = "\(name).weights"
    let shape = [items, bias.value.columns]
    return [ranks.streamed(whole, shape: shape, lines: 1, items: items, parts.map(\.value))]
  }
}
