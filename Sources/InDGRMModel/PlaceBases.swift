// In which basis of its own is each item group read, where users have a place for every group?

import DenseMath
import Fitting
import Training

/// Bases of the places y_i^(g) of `GroupParts`.
///
/// Nothing ties y_i^(g) to the place in another group, so that an axis which all groups share would be G factors under one
/// name. Here each group has axes of its own, R_g, and every factor is one group's: it is open to that group, and the doors
/// to all others are closed. A score is log sum_g c_jg exp(u_ig + a sum_l (y_i^(g) R_g)_l (h_j R_g)_l) + beta_j, the same in
/// any bases; what is left out of them is left out of it.
///
/// Factors are numbered axis by axis: factor l G + g is axis l of group g. Axis 0 is what all users share in the group; what a
/// user makes of the group as a whole, u_ig less its mean over users, is the last, factor d G + g.
final class PlaceBases<T: Real> {
  /// R_g below one another, (G d) x d: a column for each axis, zero for those that are left out. Not updated by gradients,
  /// as the others.
  let rotations: Parameter<T>
  /// The mean of u_g over users, 1 x G.
  let means: Parameter<T>
  /// How far factors move the items of their groups, G x (d + 1), in units of scores; 0 for those that are left out.
  let strengths: Parameter<T>
  let groups: Int
  let latent: Int
  /// R_g R_g', (G d) x d; nil where no axis is left out.
  private var projections: Matrix<T>?
  private let memory = Workspace<T>()

  init(_ shape: NetworkShape) {
    (groups, latent) = (shape.groups, shape.latent)
    rotations = Parameter("group-bases", rows: groups * latent, columns: latent)
    means = Parameter("group-means", rows: 1, columns: groups)
    strengths = Parameter("doors", rows: groups, columns: latent + 1)
    for parameter in parameters { parameter.rate = 0 }
  }

  var parameters: [Parameter<T>] { [rotations, means, strengths] }

  /// (d + 1) G.
  var factorCount: Int { (latent + 1) * groups }

  /// R_g, d x d.
  func rotation(_ group: Int) -> Matrix<T> {
    rotations.value.rowBlock(group * latent..<(group + 1) * latent)
  }

  /// Whether an axis of a group is kept.
  func keeps(_ group: Int, _ axis: Int) -> Bool {
    let rotation = rotation(group)
    return (0..<latent).contains { rotation[$0, axis] != 0 }
  }

  /// Finds out what is left out; called when the bases have changed.
  func prepare() {
    let isWhole = (0..<groups).allSatisfy { group in
      (0..<latent).allSatisfy { keeps(group, $0) }
    }
    guard !isWhole else { return projections = nil }
    let products = Matrix<T>(rows: groups * latent, columns: latent)
    for group in 0..<groups {
      multiply(
        rotation(group), rotation(group), transposeB: true,
        into: products.rowBlock(group * latent..<(group + 1) * latent))
    }
    projections = products
  }

  /// Leaves out of places, (B G) x d user by user, what the axes that are kept do not hold.
  func pass(_ places: Matrix<T>) -> Matrix<T> {
    guard let projections else { return places }
    let passed = memory.matrix(rows: places.rows, columns: latent)
    turn(places, into: passed) { projections.rowBlock($0 * self.latent..<($0 + 1) * self.latent) }
    return passed
  }

  /// Places of each group by matrices of their own, (B G) x d user by user.
  private func turn(
    _ places: Matrix<T>, into turned: Matrix<T>, transposed: Bool = false,
    by matrix: (Int) -> Matrix<T>
  ) {
    let users = places.rows / groups
    let (own, result) = (
      Matrix<T>(rows: users, columns: latent), Matrix<T>(rows: users, columns: latent)
    )
    for group in 0..<groups {
      for user in 0..<users {
        _ = own.row(user).update(from: places.row(user * groups + group))
      }
      multiply(own, matrix(group), transposeB: transposed, into: result)
      for user in 0..<users {
        _ = turned.row(user * groups + group).update(from: result.row(user))
      }
    }
  }

  /// What users make of each factor, B x (d + 1) G.
  ///
  /// - Parameters:
  ///   - places: y, (B G) x d user by user.
  ///   - activity: u, B x G.
  func factors(places: Matrix<T>, activity: Matrix<T>) -> Matrix<T> {
    let turned = Matrix<T>(rows: places.rows, columns: latent)
    turn(places, into: turned) { self.rotation($0) }
    let factors = Matrix<T>(rows: activity.rows, columns: factorCount)
    for user in 0..<activity.rows {
      let row = factors.row(user)
      for group in 0..<groups {
        for (axis, value) in turned.row(user * groups + group).enumerated() {
          row[axis * groups + group] = value
        }
        row[latent * groups + group] = activity[user, group] - means.value[0, group]
      }
    }
    return factors
  }

  /// The way back: y, (B G) x d, and u, B x G.
  func places(of factors: Matrix<T>) -> (places: Matrix<T>, activity: Matrix<T>) {
    let users = factors.rows
    let (turned, places) = (
      Matrix<T>(rows: users * groups, columns: latent),
      Matrix<T>(rows: users * groups, columns: latent)
    )
    let activity = Matrix<T>(rows: users, columns: groups)
    for user in 0..<users {
      let row = factors.row(user)
      for group in 0..<groups {
        let own = turned.row(user * groups + group)
        for axis in own.indices { own[axis] = row[axis * groups + group] }
        activity[user, group] = row[latent * groups + group] + means.value[0, group]
      }
    }
    turn(turned, into: places, transposed: true) { self.rotation($0) }
    return (places, activity)
  }

  /// What items have of each factor, M x (d + 1) G: c_jg (h_j R_g)_l, and c_jg of what users make of groups as a whole.
  ///
  /// - Parameters:
  ///   - items: h, M x d.
  ///   - membership: c, M x G.
  func factors(items: Matrix<T>, membership: Matrix<T>) -> Matrix<T> {
    let factors = Matrix<T>(rows: items.rows, columns: factorCount)
    let turned = Matrix<T>(rows: items.rows, columns: latent)
    for group in 0..<groups {
      multiply(items, rotation(group), into: turned)
      for item in 0..<items.rows {
        let (values, row, share) = (turned.row(item), factors.row(item), membership[item, group])
        for axis in values.indices { row[axis * groups + group] = share * values[axis] }
        row[latent * groups + group] = share
      }
    }
    return factors
  }
}
