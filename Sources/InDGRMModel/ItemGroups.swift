// Which item groups does each item belong to?

import DenseMath
import Fitting
import Training

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
  private let (similarityMemory, gradientMemory) = (Workspace<T>(), Workspace<T>())
  private let membershipMemory = Workspace<T>()
  private let drawMemory: [Workspace<T>]
  private var drawn: [Matrix<T>] = []
  /// c_jg, one row for each item that is scored.
  private(set) var membership = Matrix<T>(rows: 0, columns: 0)
  /// The group that each item that is scored is in most.
  var assignment: [Int] {
    (0..<membership.rows).map { item in
      let shares = membership.row(item)
      return shares.indices.reduce(0) { shares[$1] > shares[$0] ? $1 : $0 }
    }
  }
  /// N_j of every item where they differ (Eq. 6); at most `draws`.
  var drawCounts: [Int]?
  /// Categories that the groups stand for, if any.
  var privileged: PrivilegedGroups?
  /// The ranking loss of the last backward pass.
  private(set) var rankingLoss = 0.0
  private var draw: (seed: UInt64, step: UInt64, ids: [UInt32]?) = (0, 0, nil)
  /// Which of all that are scored those are here.
  private var places = 0..<0

  /// - Parameter other: groups of the same prototypes, for other items.
  init(
    count: Int, latent: Int, temperature: Double, usesCosine: Bool, draws: Int = 1, seed: UInt64,
    sharing other: ItemGroups? = nil
  ) {
    (self.count, self.usesCosine, self.draws) = (count, usesCosine, draws)
    self.temperature = T(temperature)
    prototypes = other?.prototypes ?? Parameter("prototypes", rows: count, columns: latent)
    unit = Matrix(rows: count, columns: latent)
    norms = Matrix(rows: 1, columns: count)
    unitGradient = Matrix(rows: count, columns: latent)
    drawMemory = (0..<(draws > 1 ? draws : 0)).map { _ in Workspace() }
    guard other == nil else { return }
    prototypes.initialiseNormal(
      seed: seed, stage: RandomStage.prototypes,
      deviation: T(1 / Double(latent).squareRoot()))
  }

  /// Places each prototype in the middle of the items of its group: at the sum of their vectors.
  ///
  /// - Parameter members: the groups of each item.
  func placePrototypes(amid items: Matrix<T>, of members: [[UInt32]]) {
    prototypes.value.fill(0)
    for (item, groups) in members.enumerated() {
      for group in groups {
        let (source, target) = (items.row(item), prototypes.value.row(Int(group)))
        for index in source.indices { target[index] += source[index] }
      }
    }
  }

  /// Fills `membership` from unit item vectors, a row each; with a step, draws Gumbel noise.
  ///
  /// - Parameters:
  ///   - ids: all items that are scored; nil for every one.
  ///   - places: which of those they are here.
  func forward(
    _ items: Matrix<T>, ids: [UInt32]?, places: Range<Int>, seed: UInt64, step: UInt64?
  ) {
    if usesCosine {
      normaliseRows(prototypes.value, into: unit, norms: norms)
    } else {
      unit.copy(from: prototypes.value)
    }
    membership = membershipMemory.matrix(rows: items.rows, columns: count)
    draw = (seed, step ?? 0, ids)
    self.places = places
    let first = places.lowerBound * count
    guard let step else {
      multiply(items, unit, transposeB: true, into: membership, alpha: 1 / temperature)
      return softmaxRows(membership)
    }
    let similarity = similarityMemory.matrix(rows: items.rows, columns: count)
    multiply(items, unit, transposeB: true, into: similarity, alpha: 1 / temperature)
    guard draws > 1 else {
      fillGumbel(membership, seed: seed, stage: RandomStage.gumbel, index: step, from: first)
      add(similarity, to: membership)
      return softmaxRows(membership)
    }
    membership.fill(0)
    drawn = drawMemory.map { $0.matrix(rows: items.rows, columns: count) }
    for (draw, sample) in drawn.enumerated() {
      fillGumbel(
        sample, seed: seed, stage: RandomStage.gumbel &+ 1 &+ UInt32(draw), index: step,
        from: first)
      add(similarity, to: sample)
      softmaxRows(sample)
      addDraw(draw, sample, to: membership)
    }
  }

  /// Gives back the memory that a row for each item takes, until the next call of `forward`.
  func forget() {
    membership = Matrix(rows: 0, columns: 0)
    [similarityMemory, gradientMemory, membershipMemory].forEach { $0.forget() }
  }

  /// Adds c of one draw over N_j to the mean, for items that have as many draws.
  private func addDraw(_ draw: Int, _ sample: Matrix<T>, to mean: Matrix<T>) {
    for row in 0..<sample.rows {
      let total = drawCount(row)
      guard draw < total else { continue }
      let (source, target) = (sample.row(row), mean.row(row))
      let share = 1 / T(total)
      for group in source.indices { target[group] += share * source[group] }
    }
  }

  /// N_j of the item in a row.
  private func drawCount(_ row: Int) -> Int {
    guard let drawCounts else { return draws }
    let place = places.lowerBound + row
    return min(max(drawCounts[draw.ids.map { Int($0[place]) } ?? place], 1), draws)
  }

  /// Leaves the prototypes' gradient and adds to that of the unit item vectors.
  ///
  /// - Parameter dMembership: dL/dc, M x G; overwritten.
  func backward(_ items: Matrix<T>, _ dMembership: Matrix<T>, addingTo dItems: Matrix<T>) {
    let gradient = gradientMemory.matrix(rows: items.rows, columns: count)
    gradient.fill(0)
    if draws > 1 {
      for (draw, sample) in drawn.enumerated() {
        for row in 0..<sample.rows where draw < drawCount(row) {
          let own = row..<row + 1
          softmaxBackward(
            sample.rowBlock(own), dMembership.rowBlock(own), addingTo: gradient.rowBlock(own),
            scale: 1 / T(drawCount(row)))
        }
      }
    } else {
      softmaxBackward(membership, dMembership, addingTo: gradient, scale: 1)
    }
    multiply(gradient, unit, into: dItems, alpha: 1 / temperature, beta: 1)
    multiply(gradient, transposeA: true, items, into: unitGradient, alpha: 1 / temperature)
    rankingLoss =
      privileged?.addGradients(
        items: items, ids: draw.ids, places: places, prototypes: unit, temperature: temperature,
        seed: draw.seed,
        step: draw.step, to: dItems, unitGradient) ?? 0
    if usesCosine {
      normaliseRowsBackward(unit, unitGradient, norms: norms, into: prototypes.gradient)
    } else {
      prototypes.gradient.copy(from: unitGradient)
    }
  }
}
