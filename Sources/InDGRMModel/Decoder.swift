// How do a user's representation and the items' make scores?

import DenseMath
import Fitting
import Glibc
import Recommending
import Training

/// The decoder (Eq. 9) with f_theta(g)(s) = exp(a s + b_g):
///
/// log p_ij = a cos(h_j, z_i) + beta_j + log sum_g c_jg exp(o_i^(g) . z_i + b_g) - log Z_i, where
/// o_i^(g) = sum_k pi~_ik O^(k)_g. One GEMM of B x d x M and one of B x G x M.
///
/// With doors (`Doors`) an item is in one group, g(j), and what the factors say of it passes that group's open doors:
/// log p_ij = a v_j . z_i / |z_i| + beta_j - log Z_i, where v_jl = 0 if o_g(j)l = 0; there is no other term of groups.
///
/// With group parts the user stands at another place for every group, y_i^(g) of `GroupParts`:
/// log p_ij = beta_j + log sum_g c_jg exp(a cos(h_j, y_i^(g)) + o_i^(g) . z_i + b_g) - log Z_i.
final class Decoder<T: Real> {
  /// The items that it has, all of them or a part.
  let range: Range<Int>
  let items: Parameter<T>
  let itemBias: Parameter<T>
  let logScale: Parameter<T>
  /// O^(k), one row for each cluster and group: (K G) x d.
  let mapping: Parameter<T>
  let groupBias: Parameter<T>
  let groups: ItemGroups<T>
  /// Nil where users stand at one place for all groups.
  let parts: GroupParts<T>?
  /// Nil where users' places are not read in bases of their own for each group.
  let bases: PlaceBases<T>?
  /// Nil where every factor speaks about every group.
  let doors: Doors<T>?

  /// The vectors of the items that are scored, as they enter the products: unit length under cosine.
  /// All M items, or a batch's candidates.
  private(set) var unitItems = Matrix<T>(rows: 0, columns: 0)
  /// The same without what does not pass the doors.
  private(set) var scoredItems = Matrix<T>(rows: 0, columns: 0)
  /// Which of all items that are scored those are that are scored here.
  private(set) var columns = 0..<0
  private let shape: NetworkShape
  /// The rows of the items that are scored; nil for all.
  private var touched: [UInt32]?
  private var biases = Matrix<T>(rows: 0, columns: 0)
  private let (gathered, unitMemory, normMemory) = (Workspace<T>(), Workspace<T>(), Workspace<T>())
  private let (unitGradientMemory, membershipGradientMemory) = (Workspace<T>(), Workspace<T>())
  private let (biasMemory, biasGradientMemory) = (Workspace<T>(), Workspace<T>())
  private let mixtureMemory = Workspace<T>()
  private let unitUsers: Matrix<T>
  private let userNorms: Matrix<T>
  private let unitUserGradient: Matrix<T>
  private let mapped: Matrix<T>
  private let mappedGradient: Matrix<T>
  private let activity: Matrix<T>
  private let activityGradient: Matrix<T>
  private let userGradient: Matrix<T>
  private let weightGradient: Matrix<T>

  /// Added inside the logarithm, as a guard against a mixture that underflows.
  static var tiny: T { T(RankingFactors.leastShare) }

  /// - Parameter starts: whether parameters start at random values; otherwise most stay zero.
  convenience init(items count: Int, shape: NetworkShape, seed: UInt64, starts: Bool = true) {
    self.init(of: ItemPart(all: count), shape: shape, seed: seed, starts: starts)
  }

  /// - Parameters:
  ///   - part: the items.
  ///   - other: a decoder of another part, with which it has in common what is no item's.
  init(
    of part: ItemPart, sharing other: Decoder<T>? = nil, shape: NetworkShape, draws: Int = 1,
    seed: UInt64, starts: Bool = true
  ) {
    self.shape = shape
    range = part.items
    let (d, g, k, batch) = (shape.latent, shape.groups, shape.clusters, shape.batch)
    items = Parameter("items", of: part, columns: d)
    itemBias = Parameter(
      "item-bias\(part.mark)", rows: 1, columns: range.count, items: .columns,
      firstItem: range.lowerBound)
    logScale = other?.logScale ?? Parameter("log-scale", rows: 1, columns: 1)
    mapping = other?.mapping ?? Parameter("mapping", rows: k * g, columns: d)
    groupBias = other?.groupBias ?? Parameter("group-bias", rows: 1, columns: g)
    groups = ItemGroups(
      count: g, latent: d, temperature: shape.temperature, usesCosine: shape.usesCosine,
      draws: draws, seed: seed, sharing: other?.groups)
    parts =
      shape.usesParts
      ? GroupParts(items: range.count, shape: shape, seed: seed, starts: starts) : nil
    bases = shape.hasPlaceBases ? PlaceBases(shape) : nil
    doors = shape.usesDoors ? Doors(shape, items: range.count) : nil
    unitUsers = Matrix(rows: batch, columns: d)
    userNorms = Matrix(rows: 1, columns: batch)
    unitUserGradient = Matrix(rows: batch, columns: d)
    mapped = Matrix(rows: batch, columns: k * g)
    mappedGradient = Matrix(rows: batch, columns: k * g)
    activity = Matrix(rows: batch, columns: g)
    activityGradient = Matrix(rows: batch, columns: g)
    userGradient = Matrix(rows: batch, columns: d)
    weightGradient = Matrix(rows: batch, columns: k)
    if starts {
      // Only directions count under cosine, and short vectors turn faster: with group parts, which start from
      // noise, they are a tenth as long.
      let length = shape.usesParts && shape.usesCosine ? 0.1 : 1
      items.initialiseNormal(
        seed: seed, stage: RandomStage.itemVectors, deviation: T(length / Double(d).squareRoot()))
    }
    guard other == nil else { return }
    logScale.value.fill(shape.usesCosine ? T(-log(shape.temperature)) : 0)
    // With group parts a stays 1/tau, as the paper has it: learnt, it grows and they overfit.
    if shape.usesParts && shape.usesCosine { logScale.rate = 0 }
    mapping.hasSparseRows = true
    if starts { mapping.initialiseNormal(seed: seed, stage: RandomStage.mapping, deviation: 0.01) }
  }

  var parameters: [Parameter<T>] {
    guard let doors else {
      return [items, itemBias] + shared + (parts?.parameters ?? []) + (bases?.parameters ?? [])
    }
    return [items, itemBias, logScale] + doors.parameters + [groups.prototypes]
  }

  /// Those that are no item's, without doors and group parts.
  var shared: [Parameter<T>] {
    [logScale] + (shape.usesGroups ? [mapping, groupBias, groups.prototypes] : [])
  }

  /// The factor a on the cosine.
  var scaleFactor: T { T.exp(logScale.value[0, 0]) }

  /// Brings unit item vectors and group memberships up to date; with a step, with Gumbel noise.
  ///
  /// - Parameter candidates: the only ones of all items to be scored, until the next call; nil for every one.
  func prepareItems(seed: UInt64, step: UInt64?, candidates: Candidates<T>? = nil) {
    var vectors = items.value
    biases = itemBias.value
    (columns, touched) = (range, nil)
    if let candidates {
      columns = candidates.places(of: range)
      let own = candidates.items[columns].map { $0 - UInt32(range.lowerBound) }
      touched = own
      vectors = gathered.matrix(rows: own.count, columns: shape.latent)
      gatherRows(items.value, own, into: vectors)
      biases = biasMemory.matrix(rows: 1, columns: own.count)
      for (place, item) in own.enumerated() {
        biases.pointer[place] = itemBias.value.pointer[Int(item)]
      }
      add(candidates.corrections.elements(columns), to: biases)
    }
    unitItems = unitMemory.matrix(rows: vectors.rows, columns: shape.latent)
    if shape.usesCosine {
      normaliseRows(vectors, into: unitItems, norms: itemNorms)
    } else {
      unitItems.copy(from: vectors)
    }
    scoredItems = unitItems
    bases?.prepare()
    guard shape.usesGroups else { return }
    groups.forward(unitItems, ids: candidates?.items, places: columns, seed: seed, step: step)
    if let doors { scoredItems = doors.pass(unitItems, assignment: groups.assignment) }
  }

  /// Gives back the memory that a row for each item takes beside its parameters, until the next call of `prepareItems`.
  func forgetItems() {
    (unitItems, scoredItems) = (Matrix(rows: 0, columns: 0), Matrix(rows: 0, columns: 0))
    [gathered, unitMemory, normMemory, unitGradientMemory, mixtureMemory].forEach { $0.forget() }
    groups.forget()
  }

  private var itemNorms: Matrix<T> { normMemory.matrix(rows: 1, columns: unitItems.rows) }

  /// Fills `logits` (B x M) for users z (B x d) with cluster weights (B x K) and places y for every group
  /// (B G x d), where there are such; needs `prepareItems`.
  func forward(
    _ z: Matrix<T>, weights: Matrix<T>, places: Matrix<T>?, into logits: Matrix<T>
  ) {
    forward(z, weights: weights, places: places, part: part, into: logits)
  }

  /// Some of the items that `prepareItems` brought up to date.
  struct Part {
    let vectors: Matrix<T>
    let biases: Matrix<T>
    let membership: Matrix<T>?
  }

  /// All of them.
  var part: Part {
    Part(
      vectors: scoredItems, biases: biases,
      membership: shape.mixesGroups ? groups.membership : nil)
  }

  /// Those of a range.
  func part(_ items: Range<Int>) -> Part {
    Part(
      vectors: scoredItems.rowBlock(items), biases: biases.elements(items),
      membership: shape.mixesGroups ? groups.membership.rowBlock(items) : nil)
  }

  func part(_ items: [UInt32]) -> Part {
    let vectors = Matrix<T>(rows: items.count, columns: unitItems.columns)
    gatherRows(scoredItems, items, into: vectors)
    let biases = Matrix(rows: 1, columns: items.count, items.map { self.biases.buffer[Int($0)] })
    guard shape.mixesGroups else {
      return Part(vectors: vectors, biases: biases, membership: nil)
    }
    let membership = Matrix<T>(rows: items.count, columns: groups.count)
    gatherRows(groups.membership, items, into: membership)
    return Part(vectors: vectors, biases: biases, membership: membership)
  }

  /// The same scores for a part of the items, B x n.
  func forward(
    _ z: Matrix<T>, weights: Matrix<T>, places: Matrix<T>?, part: Part, into logits: Matrix<T>
  ) {
    if parts != nil {
      guard let places else { preconditionFailure("group parts need the users' places") }
      return forward(
        places: places, activity: groupActivity(z, weights: weights), part: part, into: logits)
    }
    multiply(directions(z), part.vectors, transposeB: true, into: logits, alpha: scaleFactor)
    addRow(part.biases, to: logits)
    guard let membership = part.membership else { return }
    let activity = groupActivity(z, weights: weights)
    exponentiate(activity)
    let mixture = mixtureMemory.matrix(rows: z.rows, columns: membership.rows)
    multiply(activity, membership, transposeB: true, into: mixture)
    addLog(of: mixture, plus: Self.tiny, to: logits)
  }

  /// z_i / |z_i|, or z_i itself where scores are inner products, B x d; gone with the next call.
  func directions(_ z: Matrix<T>) -> Matrix<T> {
    let users = unitUsers.rowBlock(0..<z.rows)
    if shape.usesCosine {
      normaliseRows(z, into: users, norms: userNorms)
    } else {
      users.copy(from: z)
    }
    return users
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

  /// Returns the gradients of z (B x d) and of the weights (B x K) for dL/dlogits, and leaves those of
  /// the parameters unless `usersOnly`.
  func backward(
    _ z: Matrix<T>, weights: Matrix<T>, places: Matrix<T>?, _ gradient: Matrix<T>,
    usersOnly: Bool = false
  ) -> (users: Matrix<T>, weights: Matrix<T>) {
    let rows = 0..<z.rows
    let (dz, dWeights) = (userGradient.rowBlock(rows), weightGradient.rowBlock(rows))
    let dItems = unitGradientMemory.matrix(rows: unitItems.rows, columns: shape.latent)
    if parts == nil {
      backwardSimilarity(gradient, dz, items: usersOnly ? nil : dItems)
    } else {
      dz.fill(0)
      dItems.fill(0)
    }
    if !usersOnly { backwardBias(gradient) }
    dWeights.fill(0)
    if shape.usesGroups {
      backwardGroups(
        z, weights, gradient, places: places, dz, dWeights, items: usersOnly ? nil : dItems)
    }
    guard !usersOnly else { return (dz, dWeights) }
    let target = touched.map { items.gradient(of: $0) } ?? items.gradient
    if shape.usesCosine {
      normaliseRowsBackward(unitItems, dItems, norms: itemNorms, into: target)
    } else {
      target.copy(from: dItems)
    }
    return (dz, dWeights)
  }

  /// Through a h_j . z_i / |z_i|: leaves the gradient of z and, with `dItems`, those of h and log a.
  private func backwardSimilarity(_ gradient: Matrix<T>, _ dz: Matrix<T>, items dItems: Matrix<T>?)
  {
    let rows = 0..<gradient.rows
    let (users, dUsers) = (unitUsers.rowBlock(rows), unitUserGradient.rowBlock(rows))
    multiply(gradient, unitItems, into: dUsers, alpha: scaleFactor)
    if shape.usesCosine {
      normaliseRowsBackward(users, dUsers, norms: userNorms, into: dz)
    } else {
      dz.copy(from: dUsers)
    }
    guard let dItems else { return }
    logScale.gradient[0, 0] = dot(dUsers, users)
    multiply(gradient, transposeA: true, users, into: dItems, alpha: scaleFactor)
  }

  private func backwardBias(_ gradient: Matrix<T>) {
    guard let touched else { return columnSums(of: gradient, into: itemBias.gradient) }
    let sums = biasGradientMemory.matrix(rows: 1, columns: gradient.columns)
    columnSums(of: gradient, into: sums)
    itemBias.gradient.fill(0)
    for (place, item) in touched.enumerated() {
      itemBias.gradient.pointer[Int(item)] = sums.pointer[place]
    }
  }

  /// - Parameter dItems: receives an addition of the unit items' gradient; nil leaves the parameters'
  ///   gradients alone.
  private func backwardGroups(
    _ z: Matrix<T>, _ weights: Matrix<T>, _ gradient: Matrix<T>, places: Matrix<T>?,
    _ dz: Matrix<T>, _ dWeights: Matrix<T>, items dItems: Matrix<T>?
  ) {
    let rows = 0..<z.rows
    let dActivity = activityGradient.rowBlock(rows)
    let (mapped, dMapped) = (self.mapped.rowBlock(rows), mappedGradient.rowBlock(rows))
    let count = groups.count
    let dMembership = membershipGradientMemory.matrix(rows: unitItems.rows, columns: count)
    if let parts, let places {
      let along = parts.backward(
        gradient, vectors: places, factor: scaleFactor, tiny: Self.tiny, activity: dActivity,
        items: dItems, membership: dMembership)
      if dItems != nil { logScale.gradient[0, 0] = along }
    } else {
      backwardMixture(gradient, dActivity, membership: dItems == nil ? nil : dMembership)
    }
    if dItems != nil { columnSums(of: dActivity, into: groupBias.gradient) }
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
    guard let dItems else { return }
    multiply(dMapped, transposeA: true, z, into: mapping.gradient)
    groups.backward(unitItems, dMembership, addingTo: dItems)
  }

  /// Through log sum_g c_jg exp(u_ig): leaves the gradient of u and, unless nil, that of c.
  private func backwardMixture(
    _ gradient: Matrix<T>, _ dActivity: Matrix<T>, membership dMembership: Matrix<T>?
  ) {
    let mixture = mixtureMemory.matrix(rows: gradient.rows, columns: unitItems.rows)
    let activity = self.activity.rowBlock(0..<gradient.rows)
    // d log(R) = dR / R, over R itself.
    divide(gradient, by: mixture, plus: Self.tiny, into: mixture)
    multiply(mixture, groups.membership, into: dActivity)
    if let dMembership { multiply(mixture, transposeA: true, activity, into: dMembership) }
    multiplyElements(dActivity, by: activity)
  }

  /// The proximal step of the group lasso on every o^(k)_g (section 4.6):
  /// o <- o / |o| max(0, |o| - step lambda_o).
  ///
  /// - Parameter amount: the step times lambda_o.
  func shrinkMapping(by amount: Double) {
    guard shape.usesGroups else { return }
    shrinkRows(mapping.value, by: amount)
  }
}
