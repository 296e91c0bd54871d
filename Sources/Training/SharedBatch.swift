// How is a batch trained on in parts, by several processes if need be, with the same result?

import DenseMath
import Fitting
import Ranks
import Recommending

/// What is known after a batch.
struct BatchResult {
  /// The parts of the mean loss.
  var parts: [(name: String, value: Double)]
  /// What `TrainableNetwork.batchSums` has.
  var sums: [Double]
}

/// Trains on the parts of batches, adds up their gradients and updates the parameters.
///
/// A part of n_v of a batch's n users counts n_v / n, so that gradients and losses are those of the mean over the batch;
/// its random numbers are keyed by the step and the part. The order of additions is one binary tree over the parts,
/// whoever computes them.
final class SharedBatch<Network: TrainableNetwork> {
  private typealias T = Network.Scalar
  private let network: Network
  private let ranks: VirtualRanks
  private let whole: SharedUpdate<T>
  /// What the parts of the batch at hand have where they touched some rows alone.
  private var touching: [[RowGradients]] = []

  init(_ network: Network, _ ranks: VirtualRanks) {
    self.network = network
    self.ranks = ranks
    whole = SharedUpdate(ranks.count > 1 ? network.parameters : [], sharedBy: ranks.group)
  }

  /// One forward and backward pass, of which `update` makes use.
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
    var tree = TreeSum<[Double]>()
    touching = []
    for rank in ranks.own {
      let range = ranks.part(rank, of: rows.count)
      let own = rows[rows.startIndex + range.lowerBound..<rows.startIndex + range.upperBound]
      let losses = network.train(
        data.rows(at: Array(own)), step: step &* UInt64(ranks.count) &+ UInt64(rank),
        anneal: anneal)
      names = losses.map(\.name)
      let share = Double(own.count) / Double(rows.count)
      tree.add(losses.map { share * $0.value } + network.batchSums) { zip($0, $1).map { $0 + $1 } }
      whole.take(updated, share: T(share), isLast: rank == ranks.own.upperBound - 1)
      touching.append(
        Self.learning(updated).filter { $0.touched != nil }.map {
          RowGradients($0, share: T(share))
        })
    }
    var numbers = tree.finish()
    numbers.withUnsafeMutableBufferPointer { ranks.group.sum($0) }
    return BatchResult(
      parts: Array(zip(names, numbers).map { ($0, $1) }),
      sums: Array(numbers.dropFirst(names.count)))
  }

  /// Updates parameters by the gradients of the batch that was trained on last.
  ///
  /// - Parameter step: the number of this update, from 1.
  func update(_ updated: [Parameter<Network.Scalar>], learningRate: Double, step: Int) {
    func update(_ parameter: Parameter<T>) {
      parameter.update(learningRate: T(learningRate), step: step)
    }
    guard ranks.count > 1 else { return updated.forEach(update) }
    for (index, parameter) in Self.learning(updated).filter({ $0.touched != nil }).enumerated() {
      addUp(touching.map { $0[index] }, for: parameter)
      update(parameter)
    }
    whole.update(updated, learningRate: T(learningRate), step: step)
  }

  /// Lets this process have what a checkpoint is to have.
  func completeMoments() { whole.completeMoments() }

  private static func learning(_ parameters: [Parameter<T>]) -> [Parameter<T>] {
    parameters.filter { $0.rate > 0 }
  }

  /// The rows of a parameter that a part touched, and their gradients times its share.
  private struct RowGradients {
    let touched: [UInt32]
    let gradient: Matrix<T>

    init(_ parameter: Parameter<T>, share: T) {
      touched = parameter.touched ?? []
      gradient = Matrix<T>(rows: touched.count, columns: parameter.value.columns)
      gradient.pointer.update(from: parameter.gradient.pointer, count: gradient.count)
      scale(gradient, by: share)
    }

    /// Its gradients among those of all rows that some part touches.
    func spread(over rows: [UInt32]) -> Matrix<T> {
      let width = gradient.columns
      let result = Matrix<T>(rows: rows.count, columns: width)
      var next = 0
      for (place, row) in rows.enumerated() where next < touched.count && touched[next] == row {
        (result.pointer + place * width).update(from: gradient.pointer + next * width, count: width)
        next += 1
      }
      return result
    }
  }

  /// Leaves the sum over all parts, of the rows that some part of any process touches, in a parameter.
  private func addUp(_ parts: [RowGradients], for parameter: Parameter<T>) {
    // Rows that some part touched have to be known before their sums have a place.
    var marks = [Float](repeating: 0, count: parameter.value.rows)
    for part in parts { for row in part.touched { marks[Int(row)] = 1 } }
    marks.withUnsafeMutableBufferPointer { ranks.group.sum($0) }
    let rows = marks.indices.filter { marks[$0] > 0 }.map { UInt32($0) }
    let sum = ranks.sum { parts[$0 - ranks.own.lowerBound].spread(over: rows) }
    parameter.gradient(of: rows).copy(from: sum)
  }
}
