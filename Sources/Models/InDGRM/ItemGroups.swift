// Which item groups does each item belong to?

import DenseMath

/// Item groups by prototypes (Eq. 6): s_jg = softmax_g(cos(h_j, p_g) / tau), relaxed by Gumbel noise
/// in training and used as it is otherwise.
final class ItemGroups<T: Real> {
  let prototypes: Parameter<T>
  let count: Int
  private let temperature: T
  private let usesCosine: Bool
  private let draws: Int
  private let unit: Matrix<T>
  private let norms: Matrix<T>
  private let unitGradient: Matrix<T>
  private let similarity: Matrix<T>
  private let gradient: Matrix<T>
  private let drawn: [Matrix<T>]
  /// c_jg, M x G.
  let membership: Matrix<T>
  /// Categories that the groups stand for, if any.
  var privileged: PrivilegedGroups?
  /// The ranking loss of the last backward pass.
  private(set) var rankingLoss = 0.0
  private var draw: (seed: UInt64, step: UInt64) = (0, 0)

  init(items: Int, options: InDGRMOptions, seed: UInt64) {
    count = options.groups
    temperature = T(options.temperature)
    usesCosine = options.usesCosine
    draws = options.groupDraws
    prototypes = Parameter("prototypes", rows: options.groups, columns: options.latent)
    prototypes.initialiseNormal(
      seed: seed, stage: 70, deviation: T(1 / Double(options.latent).squareRoot()))
    unit = Matrix(rows: options.groups, columns: options.latent)
    norms = Matrix(rows: 1, columns: options.groups)
    unitGradient = Matrix(rows: options.groups, columns: options.latent)
    similarity = Matrix(rows: items, columns: options.groups)
    gradient = Matrix(rows: items, columns: options.groups)
    membership = Matrix(rows: items, columns: options.groups)
    drawn = (0..<(options.groupDraws > 1 ? options.groupDraws : 0)).map { _ in
      Matrix(rows: items, columns: options.groups)
    }
  }

  /// Fills `membership` from unit item vectors (M x d); with a step, draws Gumbel noise.
  func forward(_ items: Matrix<T>, seed: UInt64, step: UInt64?) {
    if usesCosine {
      normaliseRows(prototypes.value, into: unit, norms: norms)
    } else {
      unit.copy(from: prototypes.value)
    }
    multiply(items, unit, transposeB: true, into: similarity, alpha: 1 / temperature)
    draw = (seed, step ?? 0)
    guard let step else {
      membership.copy(from: similarity)
      return softmaxRows(membership)
    }
    guard draws > 1 else {
      fillGumbel(membership, seed: seed, stage: 0x4755_4D42, index: step)
      add(similarity, to: membership)
      return softmaxRows(membership)
    }
    membership.fill(0)
    for (draw, sample) in drawn.enumerated() {
      fillGumbel(sample, seed: seed, stage: 0x4755_4D43 &+ UInt32(draw), index: step)
      add(similarity, to: sample)
      softmaxRows(sample)
      add(sample, to: membership)
    }
    scale(membership, by: 1 / T(draws))
  }

  /// Leaves the prototypes' gradient and adds to that of the unit item vectors.
  ///
  /// - Parameter dMembership: dL/dc, M x G; overwritten.
  func backward(_ items: Matrix<T>, _ dMembership: Matrix<T>, addingTo dItems: Matrix<T>) {
    if draws > 1 {
      gradient.fill(0)
      for sample in drawn {
        softmaxBackward(sample, dMembership, addingTo: gradient, scale: 1 / T(draws))
      }
    } else {
      gradient.fill(0)
      softmaxBackward(membership, dMembership, addingTo: gradient, scale: 1)
    }
    multiply(gradient, unit, into: dItems, alpha: 1 / temperature, beta: 1)
    multiply(gradient, transposeA: true, items, into: unitGradient, alpha: 1 / temperature)
    rankingLoss =
      privileged?.addGradients(
        items: items, prototypes: unit, temperature: temperature, seed: draw.seed,
        step: draw.step, to: dItems, unitGradient) ?? 0
    if usesCosine {
      normaliseRowsBackward(unit, unitGradient, norms: norms, into: prototypes.gradient)
    } else {
      prototypes.gradient.copy(from: unitGradient)
    }
  }
}
