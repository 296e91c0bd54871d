// How do a user's representation and the items' make scores?

import DenseMath
import Glibc

/// The decoder (Eq. 9) with f_theta(g)(s) = exp(a s + b_g):
///
/// log p_ij = a cos(h_j, z_i) + beta_j + log sum_g c_jg exp(o_i^(g) . z_i + b_g) - log Z_i, where
/// o_i^(g) = sum_k pi~_ik O^(k)_g. One GEMM of B x d x M and one of B x G x M.
final class Decoder<T: Real> {
  let items: Parameter<T>
  let itemBias: Parameter<T>
  let logScale: Parameter<T>
  /// O^(k), one row for each cluster and group: (K G) x d.
  let mapping: Parameter<T>
  let groupBias: Parameter<T>
  let groups: ItemGroups<T>

  /// The items' vectors as they enter the products: unit length under cosine, M x d.
  let unitItems: Matrix<T>
  private let options: InDGRMOptions
  private let itemNorms: Matrix<T>
  private let unitItemGradient: Matrix<T>
  private let membershipGradient: Matrix<T>
  private let unitUsers: Matrix<T>
  private let userNorms: Matrix<T>
  private let unitUserGradient: Matrix<T>
  private let mapped: Matrix<T>
  private let mappedGradient: Matrix<T>
  private let activity: Matrix<T>
  private let activityGradient: Matrix<T>
  private let mixture: Matrix<T>
  private let userGradient: Matrix<T>
  private let weightGradient: Matrix<T>

  /// Added inside the logarithm, as a guard against a mixture that underflows.
  private static var tiny: T { T(1e-20) }

  init(items count: Int, options: InDGRMOptions, seed: UInt64) {
    self.options = options
    let (d, g, k, batch) = (options.latent, options.groups, options.clusters, options.batch)
    items = Parameter("items", rows: count, columns: d)
    items.initialiseNormal(seed: seed, stage: 60, deviation: T(1 / Double(d).squareRoot()))
    itemBias = Parameter("item-bias", rows: 1, columns: count)
    logScale = Parameter("log-scale", rows: 1, columns: 1)
    logScale.value.fill(options.usesCosine ? T(-log(options.temperature)) : 0)
    mapping = Parameter("mapping", rows: k * g, columns: d)
    mapping.initialiseNormal(seed: seed, stage: 61, deviation: 0.01)
    groupBias = Parameter("group-bias", rows: 1, columns: g)
    groups = ItemGroups(items: count, options: options, seed: seed)
    unitItems = Matrix(rows: count, columns: d)
    itemNorms = Matrix(rows: 1, columns: count)
    unitItemGradient = Matrix(rows: count, columns: d)
    membershipGradient = Matrix(rows: count, columns: g)
    unitUsers = Matrix(rows: batch, columns: d)
    userNorms = Matrix(rows: 1, columns: batch)
    unitUserGradient = Matrix(rows: batch, columns: d)
    mapped = Matrix(rows: batch, columns: k * g)
    mappedGradient = Matrix(rows: batch, columns: k * g)
    activity = Matrix(rows: batch, columns: g)
    activityGradient = Matrix(rows: batch, columns: g)
    mixture = Matrix(rows: options.usesGroups ? batch : 0, columns: count)
    userGradient = Matrix(rows: batch, columns: d)
    weightGradient = Matrix(rows: batch, columns: k)
  }

  var parameters: [Parameter<T>] {
    let shared = [items, itemBias, logScale]
    return options.usesGroups ? shared + [mapping, groupBias, groups.prototypes] : shared
  }

  /// The factor a on the cosine.
  var scaleFactor: T { T.exp(logScale.value[0, 0]) }

  /// Brings unit item vectors and group memberships up to date; with a step, with Gumbel noise.
  func prepareItems(seed: UInt64, step: UInt64?) {
    if options.usesCosine {
      normaliseRows(items.value, into: unitItems, norms: itemNorms)
    } else {
      unitItems.copy(from: items.value)
    }
    if options.usesGroups { groups.forward(unitItems, seed: seed, step: step) }
  }

  /// Fills `logits` (B x M) for users z (B x d) with cluster weights (B x K); needs `prepareItems`.
  func forward(_ z: Matrix<T>, weights: Matrix<T>, into logits: Matrix<T>) {
    let rows = 0..<z.rows
    let users = unitUsers.rowBlock(rows)
    if options.usesCosine {
      normaliseRows(z, into: users, norms: userNorms)
    } else {
      users.copy(from: z)
    }
    multiply(users, unitItems, transposeB: true, into: logits, alpha: scaleFactor)
    addRow(itemBias.value, to: logits)
    guard options.usesGroups else { return }
    let activity = groupActivity(z, weights: weights)
    exponentiate(activity)
    let mixture = self.mixture.rowBlock(rows)
    multiply(activity, groups.membership, transposeB: true, into: mixture)
    addLog(of: mixture, plus: Self.tiny, to: logits)
  }

  /// o_i^(g) . z_i + b_g for every group, B x G.
  func groupActivity(_ z: Matrix<T>, weights: Matrix<T>) -> Matrix<T> {
    let rows = 0..<z.rows
    let (mapped, activity) = (self.mapped.rowBlock(rows), self.activity.rowBlock(rows))
    multiply(z, mapping.value, transposeB: true, into: mapped)
    let count = groups.count
    for row in rows {
      let (all, out) = (mapped.row(row), activity.row(row))
      for group in 0..<count { out[group] = groupBias.value[0, group] }
      for cluster in 0..<weights.columns {
        let weight = weights[row, cluster]
        for group in 0..<count { out[group] += weight * all[cluster * count + group] }
      }
    }
    return activity
  }

  /// Leaves all gradients for dL/dlogits and returns those of z (B x d) and of the weights (B x K).
  func backward(_ z: Matrix<T>, weights: Matrix<T>, _ gradient: Matrix<T>) -> (
    users: Matrix<T>, weights: Matrix<T>
  ) {
    let rows = 0..<z.rows
    let users = unitUsers.rowBlock(rows)
    let (dUsers, dz, dWeights) = (
      unitUserGradient.rowBlock(rows), userGradient.rowBlock(rows), weightGradient.rowBlock(rows)
    )
    columnSums(of: gradient, into: itemBias.gradient)
    multiply(gradient, unitItems, into: dUsers, alpha: scaleFactor)
    multiply(gradient, transposeA: true, users, into: unitItemGradient, alpha: scaleFactor)
    logScale.gradient[0, 0] = dot(dUsers, users)
    if options.usesCosine {
      normaliseRowsBackward(users, dUsers, norms: userNorms, into: dz)
    } else {
      dz.copy(from: dUsers)
    }
    dWeights.fill(0)
    if options.usesGroups { backwardGroups(z, weights, gradient, dz, dWeights) }
    if options.usesCosine {
      normaliseRowsBackward(unitItems, unitItemGradient, norms: itemNorms, into: items.gradient)
    } else {
      items.gradient.copy(from: unitItemGradient)
    }
    return (dz, dWeights)
  }

  private func backwardGroups(
    _ z: Matrix<T>, _ weights: Matrix<T>, _ gradient: Matrix<T>, _ dz: Matrix<T>,
    _ dWeights: Matrix<T>
  ) {
    let rows = 0..<z.rows
    let (mixture, activity, dActivity) = (
      self.mixture.rowBlock(rows), self.activity.rowBlock(rows), activityGradient.rowBlock(rows)
    )
    let (mapped, dMapped) = (self.mapped.rowBlock(rows), mappedGradient.rowBlock(rows))
    // d log(R) = dR / R, over R itself.
    divide(gradient, by: mixture, plus: Self.tiny, into: mixture)
    multiply(mixture, groups.membership, into: dActivity)
    multiply(mixture, transposeA: true, activity, into: membershipGradient)
    multiplyElements(dActivity, by: activity)
    columnSums(of: dActivity, into: groupBias.gradient)
    let count = groups.count
    for row in rows {
      let (du, all, out) = (dActivity.row(row), mapped.row(row), dMapped.row(row))
      for cluster in 0..<weights.columns {
        let weight = weights[row, cluster]
        var along: T = 0
        for group in 0..<count {
          let value = du[group]
          out[cluster * count + group] = value * weight
          along += value * all[cluster * count + group]
        }
        dWeights[row, cluster] = along
      }
    }
    multiply(dMapped, mapping.value, into: dz, beta: 1)
    multiply(dMapped, transposeA: true, z, into: mapping.gradient)
    groups.backward(unitItems, membershipGradient, addingTo: unitItemGradient)
  }

  /// The proximal step of the group lasso on every o^(k)_g (section 4.6):
  /// o <- o / |o| max(0, |o| - step lambda_o).
  func shrinkMapping(_ learningRate: Double) {
    let threshold = learningRate * options.mappingPenalty
    guard options.usesGroups, threshold > 0 else { return }
    for row in 0..<mapping.value.rows {
      let vector = mapping.value.row(row)
      var square = 0.0
      for value in vector { square += Double(value * value) }
      let norm = square.squareRoot()
      let factor = T(norm > threshold ? 1 - threshold / norm : 0)
      for index in vector.indices { vector[index] *= factor }
    }
  }
}
