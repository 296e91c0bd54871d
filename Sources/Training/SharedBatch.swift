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
    var names: [String] = []
    for rank in ranks.own {
      let part = ranks.part(rank, of: rows.count)
      let own = rows[rows.startIndex + part.lowerBound..<rows.startIndex + part.upperBound]
      let losses = network.train(
        data.rows(at: Array(own)), step: step &* UInt64(ranks.count) &+ UInt64(rank),
        anneal: anneal)
      names = losses.map(\.name)
      let share = Double(own.count) / Double(rows.count)
      add(
        gradients(of: updated, share: T(share)),
        losses.map { share * $0.value } + network.batchSums)
    }
    // The ranks of a process are a power of two in number: one sum is left.
    guard let (_, sum, own) = waiting.popLast() else { preconditionFailure("there is a rank") }
    var numbers = own
    ranks.group.sum(sum.buffer)
    numbers.withUnsafeMutableBufferPointer { ranks.group.sum($0) }
    take(sum, for: updated)
    free.append(sum)
    return BatchResult(
      parts: Array(zip(names, numbers).map { ($0, $1) }),
      sums: Array(numbers.dropFirst(names.count)))
  }

  /// Adds a part's sums to those of as many parts before it, and so on.
  private func add(_ sum: Matrix<T>, _ numbers: [Double]) {
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

  /// All gradients one after another, each times a share; where only some rows have one, zeros elsewhere, and behind
  /// them a 1 for each row that has.
  private func gradients(of updated: [Parameter<T>], share: T) -> Matrix<T> {
    let count = updated.reduce(0) { $0 + size(of: $1) }
    // Not every epoch updates all parameters.
    free.removeAll { $0.count != count }
    let flat = free.popLast() ?? Matrix<T>(rows: 1, columns: count)
    var place = 0
    for parameter in updated where parameter.rate > 0 {
      let (value, gradient) = (parameter.value, parameter.gradient)
      let target = Matrix<T>(
        rows: value.rows, columns: value.columns, memory: flat.pointer + place, owner: flat)
      if let touched = parameter.touched {
        let marks = flat.pointer + place + value.count
        target.fill(0)
        marks.update(repeating: 0, count: value.rows)
        for (row, item) in touched.enumerated() {
          _ = target.row(Int(item)).update(from: gradient.row(row))
          marks[Int(item)] = 1
        }
      } else {
        target.copy(from: gradient)
      }
      scale(target, by: share)
      place += size(of: parameter)
    }
    return flat
  }

  /// The numbers that a parameter's gradient takes; none where it is not updated.
  private func size(of parameter: Parameter<T>) -> Int {
    guard parameter.rate > 0 else { return 0 }
    return parameter.value.count + (parameter.touched == nil ? 0 : parameter.value.rows)
  }

  private func take(_ flat: Matrix<T>, for updated: [Parameter<T>]) {
    var place = 0
    for parameter in updated where parameter.rate > 0 {
      let (value, size) = (parameter.value, size(of: parameter))
      let source = Matrix<T>(
        rows: value.rows, columns: value.columns, memory: flat.pointer + place, owner: flat)
      if parameter.touched != nil {
        let marks = flat.pointer + place + value.count
        let rows = (0..<value.rows).filter { marks[$0] > 0 }
        let gradient = parameter.gradient(of: rows.map { UInt32($0) })
        for (row, item) in rows.enumerated() {
          _ = gradient.row(row).update(from: source.row(item))
        }
      } else {
        parameter.gradient.copy(from: source)
      }
      place += size
    }
  }
}
