// How does the deep encoder turn a user's items into features?

import DenseMath
import Ranks

/// RecVAE's encoder body (Shenbin et al., 2020): a sparse input layer and dense layers with residual
/// sums, each followed by swish and layer normalisation.
///
/// h_0 = N(x W_in + b), h_l = N(h_{l-1} W_l + b_l + sum_{m<l} h_m), output h_L; B x width.
public final class Trunk<T: Real> {
  public let input: SparseInput<T>
  public let layers: [Dense<T>]
  public let norms: [SwishNorm<T>]
  public let width: Int
  private let sum: Matrix<T>
  private let sumGradient: Matrix<T>
  private let hiddenGradient: Matrix<T>

  /// - Parameters:
  ///   - starts: whether weights start at random values; otherwise they stay zero.
  ///   - ranks: the parts that items are cut into.
  public init(
    _ name: String, items: Int, width: Int, depth: Int, batch: Int, seed: UInt64, stage: UInt32,
    starts: Bool = true, cut ranks: VirtualRanks = .one
  ) {
    self.width = width
    input = SparseInput(
      "\(name).input", items: items, width: width, batch: batch, seed: seed, stage: stage,
      starts: starts, cut: ranks)
    layers = (0..<depth).map {
      Dense(
        "\(name).layer\($0 + 1)", inputs: width, outputs: width, batch: batch, seed: seed,
        stage: stage + 1 + UInt32($0), initialisation: starts ? .fanIn() : .zero)
    }
    norms = (0...depth).map { SwishNorm("\(name).norm\($0)", width: width, batch: batch) }
    sum = Matrix(rows: batch, columns: width)
    sumGradient = Matrix(rows: batch, columns: width)
    hiddenGradient = Matrix(rows: batch, columns: width)
  }

  public var parameters: [Parameter<T>] {
    input.parameters + layers.flatMap(\.parameters) + norms.flatMap(\.parameters)
  }

  public func forward(_ batch: SparseRows, dropout: Double, seed: UInt64, step: UInt64) -> Matrix<
    T
  > {
    let rows = 0..<batch.rowCount
    let total = sum.rowBlock(rows)
    var hidden = norms[0].forward(input.forward(batch, dropout: dropout, seed: seed, step: step))
    total.copy(from: hidden)
    for (layer, norm) in zip(layers, norms.dropFirst()) {
      let y = layer.forward(hidden)
      add(total, to: y)
      hidden = norm.forward(y)
      add(hidden, to: total)
    }
    return hidden
  }

  /// Leaves all gradients for dL/dh_L = `gradient`.
  public func backward(_ batch: SparseRows, _ gradient: Matrix<T>) {
    let rows = 0..<batch.rowCount
    let dSum = sumGradient.rowBlock(rows)
    let dHidden = hiddenGradient.rowBlock(rows)
    dSum.fill(0)
    dHidden.copy(from: gradient)
    for index in layers.indices.reversed() {
      // h_l reaches the loss through the next layer (dHidden) and through later sums (dSum).
      add(dSum, to: dHidden)
      let dy = norms[index + 1].backward(dHidden)
      add(dy, to: dSum)
      dHidden.copy(from: layers[index].backward(norms[index].output.rowBlock(rows), dy))
    }
    add(dSum, to: dHidden)
    input.backward(batch, norms[0].backward(dHidden))
  }
}
