// How does an encoder change with the basis of the latent space and with the axes that clusters keep?

import DenseMath
import Training

extension UserEncoder {
  /// The encoder in another basis; where it keeps not all axes of a cluster, those it leaves out have the mean 0.
  func turned(_ basis: CanonicalBasis, _ shape: NetworkShape) -> UserEncoder {
    rebuilt(shape, keeps: { _, _ in true }) { head, isMean in
      if isMean { basis.turn(head) } else { basis.turnVariances(head) }
      // Heads that see item vectors (Eq. 14) see them turned.
      if shape.usesItemFeatures, head.rows == shape.headInputs {
        basis.turnInputs(head.rowBlock(shape.width..<head.rows))
      }
    }
  }

  /// The encoder with some axes of each cluster.
  ///
  /// - Parameter keeps: whether a cluster keeps an axis; asked only of those that there are.
  func keeping(_ shape: NetworkShape, _ keeps: (_ cluster: Int, _ axis: Int) -> Bool)
    -> UserEncoder
  {
    rebuilt(shape, keeps: keeps) { _, _ in }
  }

  /// The encoder with one cluster for all, whose axes have the means of all clusters' by their weights.
  ///
  /// - Parameter weights: of the clusters, adding up to 1.
  func joined(_ shape: NetworkShape, _ weights: [Float]) -> UserEncoder {
    var single = shape
    single.clusters = 1
    let copy = UserEncoder(trunk, shape: single, dimensions: Array(0..<UInt32(latent)))
    for (target, source) in [(copy.mean, mean), (copy.logVariance, logVariance)] {
      for (new, old) in zip(target.parameters, source.parameters) {
        for row in 0..<old.value.rows {
          for (place, output) in dimensions.enumerated() {
            let (cluster, axis) = Int(output).quotientAndRemainder(dividingBy: latent)
            new.value[row, axis] += weights[cluster] * old.value[row, place]
          }
        }
      }
    }
    return copy
  }

  /// A copy whose heads, I x (K* d) with all axes of all clusters, are changed before some are kept.
  private func rebuilt(
    _ shape: NetworkShape, keeps: (_ cluster: Int, _ axis: Int) -> Bool,
    _ change: (_ head: Matrix<Float>, _ isMean: Bool) -> Void
  ) -> UserEncoder {
    let kept = (0..<clusters * latent).filter { keeps($0 / latent, $0 % latent) }
    let copy = UserEncoder(trunk, shape: shape, dimensions: kept.map(UInt32.init))
    for (target, source) in [(copy.attentionHidden, attentionHidden), (copy.attention, attention)] {
      for (own, old) in zip(target.parameters, source.parameters) {
        own.value.copy(from: old.value)
      }
    }
    for (target, source, isMean) in [
      (copy.mean, mean, true), (copy.logVariance, logVariance, false),
    ] {
      for (new, old) in zip(target.parameters, source.parameters) {
        let whole = Matrix<Float>(rows: old.value.rows, columns: clusters * latent)
        for row in 0..<whole.rows {
          for (place, output) in dimensions.enumerated() {
            whole[row, Int(output)] = old.value[row, place]
          }
        }
        change(whole, isMean)
        for row in 0..<whole.rows {
          for (place, output) in kept.enumerated() { new.value[row, place] = whole[row, output] }
        }
      }
    }
    return copy
  }

  /// Adds q_ik mu_ikl^2 over the users of the last batch, K* x d.
  func addMoments(weights: Matrix<Float>, to sums: inout [[Double]]) {
    for row in 0..<weights.rows {
      let means = mean.output.row(row)
      for (place, output) in dimensions.enumerated() {
        let (cluster, axis) = Int(output).quotientAndRemainder(dividingBy: latent)
        sums[cluster][axis] += Double(weights[row, cluster] * means[place] * means[place])
      }
    }
  }
}
