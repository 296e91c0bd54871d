// How are the layers that have weights for every item cut, so that no process holds them all?

import DenseMath
import Fitting
import Interchange
import Ranks
import RankingMetrics
import Recommending

/// A network's first layer, h = x W + b for sparse rows x, and its last, the softmax of p V + c, with the items cut into
/// virtual parts. A process has the weights of its parts alone, with their gradients and moments.
///
/// What is summed over items is so part by part, and then by the tree of the virtual ranks: h, the exponentials, the loss
/// and dL/dp. Shapes: W is M x H, V is H x M; of a batch of B users a process sends 2 B H numbers for each of h and dL/dp
/// at most, and B numbers for each part, however many items there are.
public final class CutItems<T: Real> {
  /// b, which all processes have.
  public let bias: Parameter<T>
  private let parts: [Part]
  private let ranks: VirtualRanks
  private let itemCount: Int
  private let inputName: String
  private let outputName: String
  private let hidden: Matrix<T>
  /// Sum of each user's confidences in the last batch.
  private var totals: [T] = []

  /// The weights of some items, and what the last batch has of them.
  private final class Part {
    let items: Range<Int>
    let input: Parameter<T>
    let output: Dense<T>
    var entries = SparseRows(lists: [], columnCount: 0)
    var scales: [T] = []

    init(_ items: Range<Int>, input: Parameter<T>, output: Dense<T>) {
      self.items = items
      self.input = input
      self.output = output
    }
  }

  /// Starts at the values that layers which are not cut start at.
  ///
  /// - Parameter stages: of the random numbers of the first and of the last layer.
  public init(
    inputName: String, outputName: String, items: Int, width: Int, batch: Int, seed: UInt64,
    stages: (input: UInt32, output: UInt32), cut ranks: VirtualRanks
  ) {
    self.ranks = ranks
    self.inputName = inputName
    self.outputName = outputName
    itemCount = items
    bias = Parameter("\(inputName).bias", rows: 1, columns: width)
    hidden = Matrix(rows: batch, columns: width)
    let deviation = T((2 / Double(items + width)).squareRoot())
    parts = ranks.own.map { rank in
      let range = ranks.part(rank, of: items)
      let mark = "\(PartName.mark)\(rank)"
      let input = Parameter<T>(
        "\(inputName).weights\(mark)", rows: range.count, columns: width, items: .rows,
        firstItem: range.lowerBound)
      fillNormal(
        input.value, seed: seed, stage: stages.input, index: 0, from: range.lowerBound * width)
      scale(input.value, by: deviation)
      let output = Dense<T>(
        outputName, inputs: width, outputs: range.count, batch: batch, seed: seed,
        stage: stages.output, initialisation: .zero, outputsAreItems: true,
        firstItem: range.lowerBound, mark: mark)
      for row in 0..<width {
        fillNormal(
          output.weights.value.rowBlock(row..<row + 1), seed: seed, stage: stages.output, index: 0,
          from: row * items + range.lowerBound)
      }
      scale(output.weights.value, by: deviation)
      return Part(range, input: input, output: output)
    }
  }

  public var parameters: [Parameter<T>] {
    [bias] + parts.flatMap { [$0.input] + $0.output.parameters }
  }

  private func part(_ rank: Int) -> Part { parts[rank - ranks.own.lowerBound] }

  /// The first layer's output for a batch, whose values are the confidences that `crossEntropy` goes by.
  public func forward(_ batch: SparseRows, dropout: Double, seed: UInt64, step: UInt64)
    -> Matrix<T>
  {
    let scales = SparseInput<T>.scales(
      batch.with(values: nil), dropout: dropout, seed: seed, step: step)
    totals = (0..<batch.rowCount).map { row in
      let entries = batch.offsets[row]..<batch.offsets[row + 1]
      return batch.values.map { $0[entries].reduce(0) { $0 + T($1) } } ?? T(entries.count)
    }
    for part in parts {
      let places = batch.entries(in: part.items)
      part.entries = places.rows
      part.scales = places.entries.map { scales[$0] }
    }
    let y = hidden.rowBlock(0..<batch.rowCount)
    y.copy(
      from: ranks.sum { rank in
        let part = part(rank)
        let product = Matrix<T>(rows: batch.rowCount, columns: y.columns)
        part.scales.withUnsafeBufferPointer {
          multiply(
            sparse: part.entries.with(values: nil), rows: 0..<batch.rowCount,
            dense: part.input.value, into: product, entryScale: $0.baseAddress)
        }
        return product
      })
    addRow(bias.value, to: y)
    return y
  }

  /// The first layer's output for users, without dropout, to the last bit as one process has it that holds all weights: parts
  /// go on with each other's sums in the order of items.
  public func forwardInOrder(_ users: SparseRows) -> Matrix<T> {
    let scales = SparseInput<T>.scales(users, dropout: 0, seed: 0, step: 0)
    let y = hidden.rowBlock(0..<users.rowCount)
    y.fill(0)
    ranks.group.inTurn(y.buffer) {
      for part in parts {
        let places = users.entries(in: part.items)
        places.entries.map { scales[$0] }.withUnsafeBufferPointer {
          multiply(
            sparse: places.rows, rows: 0..<users.rowCount, dense: part.input.value, into: y,
            entryScale: $0.baseAddress, adding: true)
        }
      }
    }
    addRow(bias.value, to: y)
    return y
  }

  /// The scores of all items for the last layer's input, which all processes get.
  public func score(_ p: Matrix<T>, into scores: Matrix<T>) {
    for part in parts {
      let logits = part.output.forward(p)
      for row in 0..<p.rows {
        (scores.pointer + row * itemCount + part.items.lowerBound).update(
          from: logits.pointer + row * logits.columns, count: logits.columns)
      }
    }
    for row in 0..<p.rows { ranks.group.gather(scores.row(row), ranks.bounds(of: itemCount)) }
  }

  /// The cross-entropy of each user of the last batch for the last layer's input p, and the gradient of their mean by
  /// it; leaves the gradients of V and c.
  public func crossEntropy(_ p: Matrix<T>) -> (losses: [T], gradient: Matrix<T>) {
    let count = p.rows
    let logits = parts.map { $0.output.forward(p) }
    let shifts = logSumExpOfAll(logits)
    var gradients: [Matrix<T>] = []
    let losses = ranks.sum { rank in
      let part = part(rank)
      let logits = logits[rank - ranks.own.lowerBound]
      let losses = softmaxCrossEntropy(
        logits, targets: part.entries, shifts: shifts, totals: totals, scale: T(1 / Double(count)))
      gradients.append(part.output.backward(p, logits))
      return Matrix(rows: 1, columns: count, losses)
    }
    return (losses.array, ranks.sum { gradients[$0 - ranks.own.lowerBound] })
  }

  /// log sum exp of every user over all items.
  private func logSumExpOfAll(_ logits: [Matrix<T>]) -> [T] {
    let count = logits.first?.rows ?? 0
    let byPart = Matrix<T>(rows: ranks.count, columns: count)
    for (rank, logits) in zip(ranks.own, logits) {
      _ = byPart.row(rank).update(from: logSumExp(logits))
    }
    ranks.group.gather(byPart.buffer, ranks.bounds(of: ranks.count).map { $0 * count })
    let byUser = Matrix<T>(rows: count, columns: ranks.count)
    transpose(byPart, into: byUser)
    return logSumExp(byUser)
  }

  /// Leaves the gradients of W and b for dL/dh.
  public func backward(_ gradient: Matrix<T>) {
    columnSums(of: gradient, into: bias.gradient)
    for part in parts {
      part.scales.withUnsafeBufferPointer {
        multiplyTransposed(
          sparse: part.entries.with(values: nil), gradient: gradient, into: part.input.gradient,
          entryScale: $0.baseAddress)
      }
    }
  }

  /// The best items of validation users for the last layer's input, as `ListingModel.lists` has them.
  public func best(
    _ p: Matrix<T>, of held: ValidationUsers, rows: Range<Int>, adding terms: [Matrix<T>]
  ) -> [[[Ranked<T>]]] {
    let logits = parts.map { $0.output.forward(p) }
    return terms.map { term in
      let sums = zip(parts, logits).map { part, logits in
        let sums = Matrix<T>(rows: logits.rows, columns: logits.columns)
        sums.copy(from: logits)
        addRow(term.elements(part.items), to: sums)
        return sums
      }
      return best(sums, of: held, rows: rows)
    }
  }

  /// The same by the scores of the parts, which are overwritten.
  private func best(_ scored: [Matrix<T>], of held: ValidationUsers, rows: Range<Int>)
    -> [[Ranked<T>]]
  {
    let (count, depth) = (rows.count, held.metric.depth)
    // Of each part a list of each user; what is missing in one has a score of minus infinity.
    let scores = Matrix<T>(rows: ranks.count, columns: count * depth)
    scores.fill(-.infinity)
    var places = [UInt32](repeating: 0, count: scores.count)
    for (rank, (part, logits)) in zip(ranks.own, zip(parts, scored)) {
      for row in rows where held.popular != nil && held.foldIn.row(row).isEmpty {
        let target = logits.row(row - rows.lowerBound)
        for item in target.indices {
          target[item] = T(held.popular?[part.items.lowerBound + item] ?? 0)
        }
      }
      let seen = held.foldIn.rows(at: Array(rows)).entries(in: part.items).rows
      let unseen = SparseRows(
        lists: [[UInt32]](repeating: [], count: count), columnCount: part.items.count)
      let lists = topItems(
        logits, held.keepsSeen ? unseen : seen, rows: 0..<count, count: depth)
      for (row, list) in lists.enumerated() {
        for (place, item) in list.enumerated() {
          let at = row * depth + place
          scores[rank, at] = item.score
          places[rank * count * depth + at] = item.index + UInt32(part.items.lowerBound)
        }
      }
    }
    let bounds = ranks.bounds(of: ranks.count).map { $0 * count * depth }
    ranks.group.gather(scores.buffer, bounds)
    places.withUnsafeMutableBufferPointer { ranks.group.gather($0, bounds) }
    return (0..<count).map { row in
      let found = (0..<ranks.count).flatMap { rank in
        (0..<depth).map { place in
          let at = rank * count * depth + row * depth + place
          return Ranked(index: places[at], score: scores.pointer[at])
        }
      }
      let ranked = found.filter { $0.score > -.infinity }
        .sorted { $0.score > $1.score || ($0.score == $1.score && $0.index < $1.index) }
      return Array(ranked.prefix(depth))
    }
  }

}

extension CutItems where T == Float {
  /// W, V and c as layers that are not cut have them; all processes ask for them at once, and hold a piece of each.
  public var streamed: [StreamedTensor] {
    let width = bias.value.columns
    // W has its parts below each other, V and c have them side by side.
    return [
      whole("\(inputName).weights", shape: [itemCount, width], lines: 1) { $0.input },
      whole("\(outputName).weights", shape: [width, itemCount], lines: width) { $0.output.weights },
      whole("\(outputName).bias", shape: [1, itemCount], lines: 1) { $0.output.bias },
    ]
  }

  /// Numbers of a piece at most, four megabytes of them.
  private static let pieceLength = 1 << 20

  /// - Parameter lines: how often all parts come one after another.
  private func whole(
    _ name: String, shape: [Int], lines: Int, of parameter: @escaping (Part) -> Parameter<Float>
  ) -> StreamedTensor {
    let length = shape.reduce(1, *) / lines
    let width = length / itemCount
    let bounds = ranks.bounds(of: itemCount).map { $0 * width }
    return StreamedTensor(name, .f32, shape: shape) { [parts, ranks] body in
      let memory = Matrix<Float>(rows: 1, columns: min(length, Self.pieceLength))
      for line in 0..<lines {
        for start in stride(from: 0, to: length, by: memory.count) {
          let places = start..<min(start + memory.count, length)
          for part in parts {
            let own = part.items.lowerBound * width..<part.items.upperBound * width
            let common = own.clamped(to: places)
            guard !common.isEmpty else { continue }
            let first = line * own.count + common.lowerBound - own.lowerBound
            memory.elements(common.lowerBound - start..<common.upperBound - start).copy(
              from: parameter(part).value.elements(first..<first + common.count))
          }
          let piece = memory.elements(0..<places.count).buffer
          ranks.group.gather(
            piece, bounds.map { min(max($0, places.lowerBound), places.upperBound) - start })
          try body(UnsafeRawBufferPointer(piece))
        }
      }
    }
  }
}

extension SparseRows {
  /// The entries in a range of columns, numbered from its start, and where they are among all.
  func entries(in range: Range<Int>) -> (rows: SparseRows, entries: [Int]) {
    var (found, offsets) = ([Int](), [0])
    for row in 0..<rowCount {
      for entry in self.offsets[row]..<self.offsets[row + 1]
      where range.contains(Int(columns[entry])) { found.append(entry) }
      offsets.append(found.count)
    }
    let rows = SparseRows(
      offsets: offsets, columns: found.map { columns[$0] - UInt32(range.lowerBound) },
      values: values.map { values in found.map { values[$0] } }, columnCount: range.count)
    return (rows, found)
  }
}
