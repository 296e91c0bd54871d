// How do the factor-to-group vectors of a user's clusters become his own?

import DenseMath
import Glibc

/// Proximal gradient steps on one user's own factor-to-group vectors o_i^(g) at inference (Eq. 8, sections 4.6
/// and 4.7), starting from the blend of his clusters'.
///
/// The loss's gradient by o_i^(g) is alpha_g z_i, alpha_g = sum_j r_ij w_jg with w_jg the share of group g in item
/// j's mixture and r_ij the gradient by the score: |x_i| p_ij - x_ij with the multinomial cost, sigma(s_ij) - x_ij
/// with Bernoulli's. A step is o <- o - eta alpha_g z, then
/// o <- o / |o| max(0, |o| - eta lambda_o): vectors only move along z_i and shrink, so that each is
/// known by a factor on its start and a multiple of z_i. O(M G) a step.
struct MappingRefinement {
  /// o_i^(g) = shrinkage_g o_start + along_g z.
  private(set) var shrinkage: [Double]
  private(set) var along: [Double]
  private let starts: [Double]
  private let startNorms: [Double]
  private let square: Double

  /// - Parameters:
  ///   - mapping: the blended vectors, G of length d.
  ///   - z: the user's representation.
  init(mapping: [[Double]], z: [Double]) {
    shrinkage = mapping.map { _ in 1 }
    along = mapping.map { _ in 0 }
    starts = mapping.map { row in zip(row, z).reduce(0) { $0 + $1.0 * $1.1 } }
    startNorms = mapping.map { row in row.reduce(0) { $0 + $1 * $1 } }
    square = z.reduce(0) { $0 + $1 * $1 }
  }

  /// o_i^(g) . z_i.
  func product(_ group: Int) -> Double {
    shrinkage[group] * starts[group] + along[group] * square
  }

  private func squaredNorm(_ group: Int) -> Double {
    let (s, t) = (shrinkage[group], along[group])
    return s * s * startNorms[group] + 2 * s * t * starts[group] + t * t * square
  }

  /// The refined vectors.
  func vectors(_ mapping: [[Double]], z: [Double]) -> [[Double]] {
    mapping.enumerated().map { group, row in
      zip(row, z).map { shrinkage[group] * $0 + along[group] * $1 }
    }
  }

  /// Takes steps.
  ///
  /// - Parameters:
  ///   - base: a cos(h_j, z_i) + beta_j of every item.
  ///   - cost: what the model was trained with.
  ///   - membership: c_jg, M x G.
  ///   - bias: b_g.
  ///   - items: the user's items.
  ///   - rate: eta, relative to 1 / (|x_i| |z_i|^2).
  ///   - penalty: lambda_o.
  mutating func refine(
    base: [Double], cost: ReconstructionCost, membership: Matrix<Float>, bias: [Double],
    items: [UInt32], steps: Int,
    rate: Double, penalty: Double
  ) {
    guard !items.isEmpty, square > 0 else { return }
    let (count, groups, size) = (membership.rows, shrinkage.count, Double(items.count))
    let eta = rate / (size * square)
    let own = SparseRows(offsets: [0, items.count], columns: items, columnCount: count)
    let scores = Matrix<Double>(rows: 1, columns: count)
    var mixtures = [Double](repeating: 0, count: count)
    for _ in 0..<steps {
      let factors = (0..<groups).map { exp(product($0) + bias[$0]) }
      for item in 0..<count {
        let row = membership.row(item)
        var mixture = 1e-20
        for group in 0..<groups { mixture += Double(row[group]) * factors[group] }
        mixtures[item] = mixture
        scores[0, item] = base[item] + log(mixture)
      }
      _ = cost.apply(scores, targets: own, scales: [1])
      var slopes = [Double](repeating: 0, count: groups)
      for item in 0..<count {
        let (row, pull) = (membership.row(item), scores[0, item] / mixtures[item])
        for group in 0..<groups { slopes[group] += pull * Double(row[group]) * factors[group] }
      }
      for group in 0..<groups {
        along[group] -= eta * slopes[group]
        let norm = squaredNorm(group).squareRoot()
        let factor = norm > eta * penalty ? 1 - eta * penalty / norm : 0
        shrinkage[group] *= factor
        along[group] *= factor
      }
    }
  }
}
