// How is a batch trained on in parts, by several processes if need be, with the same result?

import DenseMath
import Ranks
import Recommending

/// What is known after a batch.
struct BatchResult {
  /// The parts of the mean loss.
  var parts: [(name: String, value: Double)]
  /// What `TrainableNetwork.batchSums` has.
  var sums: [Double]
}

/// Trains on the parts of batches and adds up their gradients.
///
/// A part of n_v of a batch's n users counts n_v / n, so that gradients and losses are those of the mean over the batch;
/// its random numbers are keyed by the step and the part. The order of additions is one binary tree over the parts,
/// whoever computes them.
final class SharedBatch<Network: TrainableNetwork> {
  private typealias T = Network.Scalar
  private let network: Network
  private let ranks: VirtualRanks
  /// Sums that wait for others of as many parts, and memory that is free.
  private var waiting: [(parts: Int, sum: Matrix<T>, numbers: [Double])] = []
  private var free: [Matrix<T>] = []

  init(_ network: Network, _ ranks: VirtualRanks) {
    self.network = network
    self.ranks = ranks
  }

  /// One forward and backward pass; leaves the gradients of the batch's mean loss in the network.
  ///
  /// - Parameters:
  ///   - rows: the users of the batch in `data`.
  ///   - updated: the parameters whose gradients count.
  func train(
    _ data: SparseRows, rows: ArraySlice<Int>, step: UInt64, anneal: Double,
    updated: [Parameter<Network.Scalar>]
  ) -> BatchResult {
    guard ranks.count > 1 else {
      let parts = network.train(data.rows(at: Array(rows)), step: step, anneal: anneal)
      return BatchResult(parts: parts, sums: network.batchSums)
    }
    let learnt = updated.filter { $0.rate > 0 }
    var names: [String] = []
    var apart: [Part] = []
    for rank in ranks.own {
      let range = ranks.part(rank, of: rows.count)
      let own = rows[rows.startIndex + range.lowerBound..<rows.startIndex + range.upperBound]
      let losses = network.train(
        data.rows(at: Array(own)), step: step &* UInt64(ranks.count) &+ UInt64(rank),
        anneal: anneal)
      names = losses.map(\.name)
      let share = Double(own.count) / Double(rows.count)
      let part = Part(
        learnt, share: T(share), losses.map { share * $0.value } + network.batchSums,
        memory: memory)
      // Rows that some part touched have to be known before their sums have a place.
      if part.touchesRows { apart.append(part) } else { add(part, []) }
    }
    let touched = apart.isEmpty ? [] : touchedRows(apart, learnt)
    for part in apart { add(part, touched) }
    // The ranks of a process are a power of two in number: one sum is left.
    guard let (_, sum, own) = waiting.popLast() else { preconditionFailure("there is a rank") }
    var numbers = own
    ranks.group.sum(sum.buffer)
    numbers.withUnsafeMutableBufferPointer { ranks.group.sum($0) }
    take(sum, for: learnt, touched)
    free.append(sum)
    return BatchResult(
      parts: Array(zip(names, numbers).map { ($0, $1) }),
      sums: Array(numbers.dropFirst(names.count)))
  }

  /// The gradients of a part of the batch times its share, and its numbers.
  private struct Part {
    /// Those of all rows, one after another.
    let whole: Matrix<T>
    /// Of each parameter of which only some rows have one, in order, these rows and their gradients.
    let rows: [(touched: [UInt32], gradient: Matrix<T>)]
    let numbers: [Double]
    var touchesRows: Bool { !rows.isEmpty }

    init(
      _ learnt: [Parameter<T>], share: T, _ numbers: [Double], memory: (Int) -> Matrix<T>
    ) {
      self.numbers = numbers
      let dense = learnt.filter { $0.touched == nil }
      whole = memory(dense.reduce(0) { $0 + $1.value.count })
      var place = whole.pointer
      for parameter in dense {
        place.update(from: parameter.gradient.pointer, count: parameter.value.count)
        place += parameter.value.count
      }
      scale(whole, by: share)
      rows = learnt.compactMap { parameter in
        guard let touched = parameter.touched else { return nil }
        let gradient = Matrix<T>(rows: touched.count, columns: parameter.value.columns)
        gradient.pointer.update(from: parameter.gradient.pointer, count: gradient.count)
        scale(gradient, by: share)
        return (touched, gradient)
      }
    }
  }

  /// Memory for so many numbers, which it need not be cleared for.
  private func memory(_ count: Int) -> Matrix<T> {
    // As many rows are not touched in every batch, nor all parameters updated in every epoch.
    free.removeAll { $0.count != count }
    return free.popLast() ?? Matrix<T>(rows: 1, columns: count)
  }

  /// Of each parameter of which parts touch some rows alone, those that any part of any process touches.
  private func touchedRows(_ parts: [Part], _ learnt: [Parameter<T>]) -> [[UInt32]] {
    let sparse = learnt.filter { $0.touched != nil }
    return sparse.indices.map { index in
      var marks = [Float](repeating: 0, count: sparse[index].value.rows)
      for part in parts { for row in part.rows[index].touched { marks[Int(row)] = 1 } }
      marks.withUnsafeMutableBufferPointer { ranks.group.sum($0) }
      return marks.indices.filter { marks[$0] > 0 }.map { UInt32($0) }
    }
  }

  /// Adds a part's gradients, those of touched rows among all that are, to those of as many parts before it, and so on.
  private func add(_ part: Part, _ touched: [[UInt32]]) {
    guard part.touchesRows else { return merge(part.whole, part.numbers) }
    let columns = part.rows.map(\.gradient.columns)
    let count = part.whole.count + zip(touched, columns).reduce(0) { $0 + $1.0.count * $1.1 }
    let sum = memory(count)
    sum.pointer.update(from: part.whole.pointer, count: part.whole.count)
    var place = part.whole.count
    for (index, rows) in touched.enumerated() {
      let (own, gradient) = part.rows[index]
      let size = rows.count * columns[index]
      (sum.pointer + place).update(repeating: 0, count: size)
      var next = 0
      for (row, item) in rows.enumerated() where next < own.count && own[next] == item {
        (sum.pointer + place + row * columns[index]).update(
          from: gradient.pointer + next * columns[index], count: columns[index])
        next += 1
      }
      place += size
    }
    merge(sum, part.numbers)
  }

  /// Adds sums to those of as many parts before them, and so on.
  private func merge(_ sum: Matrix<T>, _ numbers: [Double]) {
    var (parts, numbers) = (1, numbers)
    while let last = waiting.last, last.parts == parts {
      waiting.removeLast()
      DenseMath.add(last.sum, to: sum)
      for index in numbers.indices { numbers[index] += last.numbers[index] }
      free.append(last.sum)
      parts *= 2
    }
    waiting.append((parts, sum, numbers))
  }

  /// Leaves the sums in the network as its gradients.
  private func take(_ sum: Matrix<T>, for learnt: [Parameter<T>], _ touched: [[UInt32]]) {
    var place = UnsafePointer(sum.pointer)
    for parameter in learnt where parameter.touched == nil {
      parameter.gradient.pointer.update(from: place, count: parameter.value.count)
      place += parameter.value.count
    }
    for (parameter, rows) in zip(learnt.filter({ $0.touched != nil }), touched) {
      let gradient = parameter.gradient(of: rows)
      gradient.pointer.update(from: place, count: gradient.count)
      place += gradient.count
    }
  }
}
