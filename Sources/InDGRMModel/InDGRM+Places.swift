// Which factors does a fitted InDGRM have whose users stand at another place for every item group?

import DenseMath
import Fitting
import Glibc
import Interchange
import Recommending
import Training

extension InDGRM {
  /// Gives every item group a basis of its own in which users' places are read (`PlaceBases`), which leaves every score as
  /// it is: what all users share in the group, and beside it axes turned to simple structure, by as many users and items as
  /// where users have one place (`closeDoors`).
  ///
  /// - Returns: whether there is one for every group; not where users have no directions.
  func findPlaceBases(_ data: TrainingData) -> Bool {
    let histories = Self.sample(of: data)
    guard let places = place(histories).groupPlaces else { return false }
    let popularity = data.rows.columnCounts()
    let assignment = decoder.groups.assignment
    let firsts = firstItems(among: histories).map { ($0.user, $0.item, assignment[$0.item]) }
    var rotations: [Matrix<Double>] = []
    for group in 0..<shape.groups {
      let users = Matrix<Float>(rows: places.rows, columns: shape.latent)
      for row in 0..<users.rows {
        let own = places.row(row)
        for axis in 0..<shape.latent { users[row, axis] = own[group * shape.latent + axis] }
      }
      guard
        let rotation = rotation(
          of: group, users, firsts.filter { $0.2 == group }.map { ($0.0, $0.1) }, popularity)
      else { return false }
      rotations.append(rotation)
    }
    shape.hasPlaceBases = true
    let before = decoder
    decoder = Decoder(keeping: Array(0..<shape.clusters), of: before, shape: shape)
    before.forgetItems()
    if let bases = decoder.bases {
      for (group, rotation) in rotations.enumerated() {
        let own = bases.rotation(group)
        for index in own.buffer.indices { own.pointer[index] = Float(rotation.pointer[index]) }
      }
    }
    decoder.prepareItems(seed: 0, step: nil)
    settings = settings.setting("basis", "canonical").setting("doors", "places")
    return true
  }

  /// Some of the sampled users with what each would be recommended first.
  private func firstItems(among histories: SparseRows) -> [(user: Int, item: Int)] {
    let step = max(histories.rowCount / Self.turningUsers, 1)
    let chosen = Array(stride(from: 0, to: histories.rowCount, by: step))
    let some = histories.rows(at: chosen)
    return blocks(of: 0..<some.rowCount).flatMap { block in
      zip(block, firstItems(some, rows: block, count: Self.turningItems)).flatMap { user, list in
        list.map { (chosen[user], Int($0.index)) }
      }
    }
  }

  /// R_g: the canonical basis of users' places in a group, its axes turned by varimax of sqrt(n_j c_jg) h_jl and of the parts
  /// of what users would be recommended first.
  ///
  /// - Parameters:
  ///   - users: y^(g) of sampled users, n x d.
  ///   - own: what they would be recommended first of the group.
  private func rotation(
    of group: Int, _ users: Matrix<Float>, _ own: [(user: Int, item: Int)], _ popularity: [Int]
  ) -> Matrix<Double>? {
    guard let basis = CanonicalBasis(users: users) else { return nil }
    let (items, membership) = (decoder.unitItems, decoder.groups.membership)
    basis.turn(users)
    let axes = Array(1..<shape.latent)
    func turned(_ chosen: [Int], by weight: (Int) -> Double = { _ in 1 }) -> Matrix<Double> {
      let rows = Matrix<Float>(rows: chosen.count, columns: shape.latent)
      gatherRows(items, chosen.map { UInt32($0) }, into: rows)
      basis.turn(rows)
      return Matrix(
        rows: chosen.count, columns: axes.count,
        chosen.indices.flatMap { place in
          axes.map { weight(chosen[place]) * Double(rows[place, $0]) }
        })
    }
    func size(_ item: Int) -> Double { Double(popularity[item]) * Double(membership[item, group]) }
    let heaviest = popularity.indices.sorted { (-size($0), $0) < (-size($1), $1) }
      .prefix(max(Self.mostItems / shape.groups, 1))
    let loadings = turned(Array(heaviest)) { size($0).squareRoot() }
    let left = Matrix<Double>(
      rows: own.count, columns: axes.count,
      own.flatMap { pair in axes.map { Double(users[pair.user, $0]) } })
    let pairs = own.isEmpty ? nil : ProductPairs(left: left, right: turned(own.map(\.item)))
    guard let turn = varimax(loadings, pairs: pairs, weight: Self.pairWeight) else {
      return basis.rotation
    }
    let second = CanonicalBasis(turning: axes, by: turn, users: users)
    let whole = Matrix<Double>(rows: shape.latent, columns: shape.latent)
    multiply(basis.rotation, second.rotation, into: whole)
    return whole
  }

  /// Leaves out of the groups' bases the axes through which least passes, and notes what the others move.
  ///
  /// What passes axis l of group g is sum_j n_j c_jg (h_j R_g)_l^2 Var_i((y_i^(g) R_g)_l), its share in the second moments of
  /// the group's scores.
  ///
  /// - Parameter given: the share of what passes all axes, those of what users share apart, that may be left out; nil chooses
  ///   on validation users, as `prune` has it.
  /// - Returns: the share that was left out.
  func leaveOutPlaces(_ data: TrainingData, loss given: Double?) -> Double {
    guard let bases = decoder.bases else { return 0 }
    let sample = place(Self.sample(of: data))
    guard let places = sample.groupPlaces else { return 0 }
    let flows = Flows(self, bases, sample, places, data.rows.columnCounts())
    let whole = bases.rotations.value.array
    let loss = bearableLoss(data, given) { loss in
      for (index, value) in whole.enumerated() { bases.rotations.value.pointer[index] = value }
      for (group, axis) in flows.least(loss) {
        let rotation = bases.rotation(group)
        for row in 0..<bases.latent { rotation[row, axis] = 0 }
      }
      bases.prepare()
    }
    flows.note(in: bases, scale: Double(decoder.scaleFactor))
    return loss
  }
}

/// What passes the axes of the bases of a model's groups.
private struct Flows {
  /// G x d.
  private let energies: Matrix<Double>
  /// sum_j n_j c_jg.
  private let sizes: [Double]
  /// Mean and standard deviation over users of what they make of each group as a whole.
  private let activities: [(mean: Double, deviation: Double)]

  init(
    _ model: InDGRM, _ bases: PlaceBases<Float>, _ sample: UserRepresentations,
    _ places: Matrix<Float>, _ popularity: [Int]
  ) {
    let (groups, d) = (model.shape.groups, model.shape.latent)
    energies = Matrix(rows: groups, columns: d)
    let activity = Matrix<Float>(rows: places.rows, columns: groups)
    for block in model.blocks(of: 0..<places.rows) {
      activity.rowBlock(block).copy(
        from: model.decoder.groupActivity(
          sample.points.rowBlock(block), weights: sample.clusterWeights.rowBlock(block)))
    }
    activities = (0..<groups).map { group in moments((0..<places.rows).map { activity[$0, group] })
    }
    var sizes = [Double](repeating: 0, count: groups)
    let users = bases.factors(
      places: model.byGroup(places), activity: activity)
    let (items, membership) = (model.decoder.unitItems, model.decoder.groups.membership)
    let turned = Matrix<Float>(rows: items.rows, columns: d)
    for group in 0..<groups {
      multiply(items, bases.rotation(group), into: turned)
      for item in 0..<items.rows {
        let weight = Double(popularity[item]) * Double(membership[item, group])
        sizes[group] += weight
        for (axis, value) in turned.row(item).enumerated() {
          energies[group, axis] += weight * Double(value * value)
        }
      }
      for axis in 0..<d {
        let deviation = moments((0..<users.rows).map { users[$0, axis * groups + group] })
          .deviation
        energies[group, axis] *= deviation * deviation
      }
    }
    self.sizes = sizes
  }

  /// The axes with least energy that have at most a share of all together; never the first of a group.
  func least(_ share: Double) -> [(group: Int, axis: Int)] {
    let order = (0..<energies.rows).flatMap { group in
      (1..<energies.columns).map { (group: group, axis: $0) }
    }.sorted {
      (energies[$0.group, $0.axis], $0.group, $0.axis)
        < (energies[$1.group, $1.axis], $1.group, $1.axis)
    }
    let total = order.reduce(0) { $0 + energies[$1.group, $1.axis] }
    var gone = 0.0
    return Array(
      order.prefix {
        gone += energies[$0.group, $0.axis]
        return gone <= share * total
      })
  }

  /// Fills the strengths a sqrt(E_gl / sum_j n_j c_jg) of what is kept, and the means and deviations of u.
  func note(in bases: PlaceBases<Float>, scale: Double) {
    for group in 0..<bases.groups {
      for axis in 0..<bases.latent {
        let moved = scale * (energies[group, axis] / max(sizes[group], 1e-300)).squareRoot()
        bases.strengths.value[group, axis] =
          bases.keeps(group, axis) ? max(Float(moved), .leastNormalMagnitude) : 0
      }
      bases.strengths.value[group, bases.latent] = max(
        Float(activities[group].deviation), .leastNormalMagnitude)
      bases.means.value[0, group] = Float(activities[group].mean)
    }
  }
}

private func moments(_ values: [Float]) -> (mean: Double, deviation: Double) {
  let count = Double(max(values.count, 1))
  let mean = values.reduce(0.0) { $0 + Double($1) } / count
  let square = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
  return (mean, square.squareRoot())
}
