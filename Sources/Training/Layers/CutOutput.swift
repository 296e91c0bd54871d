// How is a softmax over all items cut, so that no process holds the weights of them all?

import DenseMath
import Fitting
import Interchange
import Ranks
import Recommending

/// A network's last layer, the softmax of p V + c, with the items cut into virtual parts. A process has the weights of its
/// parts alone, with their gradients and moments.
///
/// What is summed over items is so part by part, and then by the tree of the virtual ranks: the exponentials, the loss
/// and dL/dp. V is H x M; of a batch of B users a process sends 2 B H numbers of dL/dp at most, and B numbers for each part,
/// however many items there are.
public final class CutOutput<T: Real> {
  private let name: String
  private let items: Int
  private let parts: [Dense<T>]
  private let ranks: VirtualRanks

  /// Starts at the values that a layer which is not cut starts at.
  public init(
    _ name: String, items: Int, width: Int, batch: Int, seed: UInt64, stage: UInt32,
    cut ranks: VirtualRanks
  ) {
    (self.name, self.items, self.ranks) = (name, items, ranks)
    let deviation = T((2 / Double(items + width)).squareRoot())
    parts = ranks.itemParts(of: items).map { part in
      let output = Dense<T>(
        name, inputs: width, outputs: part.items.count, batch: batch, seed: seed,
        stage: stage, initialisation: .zero, outputsAreItems: true,
        firstItem: part.items.lowerBound, mark: part.mark)
      for row in 0..<width {
        fillNormal(
          output.weights.value.rowBlock(row..<row + 1), seed: seed, stage: stage, index: 0,
          from: row * items + part.items.lowerBound)
      }
      scale(output.weights.value, by: deviation)
      return output
    }
  }

  public var parameters: [Parameter<T>] { parts.flatMap(\.parameters) }

  /// The scores of all items for the layer's input, which all processes get.
  public func score(_ p: Matrix<T>, into scores: Matrix<T>) {
    for part in parts {
      let logits = part.forward(p)
      for row in 0..<p.rows {
        (scores.pointer + row * items + part.bias.firstItem).update(
          from: logits.pointer + row * logits.columns, count: logits.columns)
      }
    }
    for row in 0..<p.rows { ranks.group.gather(scores.row(row), ranks.bounds(of: items)) }
  }

  /// The cross-entropy of each user of a batch for the layer's input p, and the gradient of their mean by it; leaves the
  /// gradients of V and c.
  ///
  /// - Parameter targets: the batch, with confidences as values.
  public func crossEntropy(_ p: Matrix<T>, _ targets: SparseRows) -> (
    losses: [T], gradient: Matrix<T>
  ) {
    let count = p.rows
    let logits = parts.map { $0.forward(p) }
    let losses = ranks.losses(
      .multinomial, logits, targets: targets,
      columns: parts.map { $0.bias.firstItem..<$0.bias.firstItem + $0.bias.value.columns },
      scales: [T](repeating: T(1 / Double(count)), count: count))
    let gradients = zip(parts, logits).map { $0.backward(p, $1) }
    return (losses, ranks.sum { gradients[$0 - ranks.own.lowerBound] })
  }

  /// The best items of validation users for the layer's input, as `ListingModel.lists` has them.
  public func best(
    _ p: Matrix<T>, of held: ValidationUsers, rows: Range<Int>, adding terms: [Matrix<T>]
  ) -> [[[Ranked<T>]]] {
    ranks.best(parts.map { $0.forward(p) }, of: held, rows: rows, adding: terms)
  }
}

extension CutOutput where T == Float {
  /// V and c as a layer that is not cut has them; all processes ask for them at once, and hold a piece of each.
  public var streamed: [StreamedTensor] {
    let width = parts.first?.weights.value.rows ?? 0
    // Parts lie side by side.
    return [
      ranks.streamed(
        "\(name).weights", shape: [width, items], lines: width, items: items,
        parts.map(\.weights.value)),
      ranks.streamed(
        "\(name).bias", shape: [1, items], lines: 1, items: items, parts.map(\.bias.value)),
    ]
  }
}
