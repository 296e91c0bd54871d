// What is an item's vector when some factors may say nothing of it?

import DenseMath
import Recommending

/// Item vectors fitted anew on the factors that may speak of them: for item j, over sampled users i with directions u_i and
/// the weight w_ij,
///
///     v_j = argmin_v sum_i w_ij (u_i . h_j - u'_i . v)^2 + ridge |v - h_j|^2,    v_l = 0 where the way of l is closed,
///
/// where u'_i is the user's direction without the factors that may speak of no item at all, which users are then without.
/// So the open factors take over what of the closed ones they can, and where all are open v_j is h_j. Users who have the
/// item among their first ones count wholly, for lists are made there, all others a little.
struct PassingItems {
  /// Scores from the top of a user's list for which he counts wholly.
  static let reach = 300
  /// What all other users count.
  private static let least = 0.02
  private static let ridge = 1e-3

  /// u, n x d.
  private let users: Matrix<Double>
  /// h, M x d.
  private let items: Matrix<Double>
  /// For each item the users who have it among their first.
  private let readers: [[UInt32]]
  private let usesCosine: Bool

  /// - Parameters:
  ///   - users: directions of sampled users, n x d.
  ///   - lists: what each of them would be recommended first, `reach` items.
  ///   - items: vectors as they are scored with every way open, M x d.
  ///   - usesCosine: whether users' directions have unit length.
  init(
    users: Matrix<Float>, lists: [[Ranked<Float>]], items: Matrix<Float>, usesCosine: Bool
  ) {
    self.users = users.doubles
    self.items = items.doubles
    self.usesCosine = usesCosine
    var readers = [[UInt32]](repeating: [], count: items.rows)
    for (user, list) in lists.enumerated() {
      for item in list { readers[Int(item.index)].append(UInt32(user)) }
    }
    self.readers = readers
  }

  /// Fills v, M x d.
  ///
  /// - Parameter isOpen: whether a factor may speak of an item.
  /// - Returns: whether a factor may speak of any.
  @discardableResult
  func fit(into vectors: Matrix<Float>, isOpen: (_ item: Int, _ factor: Int) -> Bool) -> [Bool] {
    let open = (0..<items.rows).map { item in (0..<items.columns).filter { isOpen(item, $0) } }
    var isAlive = [Bool](repeating: false, count: items.columns)
    for factor in open.joined() { isAlive[factor] = true }
    let system = System(self, isAlive)
    vectors.fill(0)
    Parallel.blocks(items.rows, size: 16) { block in
      for item in block {
        for (factor, value) in zip(open[item], fitted(item, open[item], system)) {
          vectors[item, factor] = Float(value)
        }
      }
    }
    return isAlive
  }

  /// What all items' fits share.
  private struct System {
    /// u', n x d.
    let users: Matrix<Double>
    /// least U'U' + ridge, d x d.
    let common: Matrix<Double>
    /// (least U'U + ridge) h of every item, M x d.
    let targets: Matrix<Double>

    init(_ passing: PassingItems, _ isAlive: [Bool]) {
      let (all, d) = (passing.users, passing.users.columns)
      users = Matrix(rows: all.rows, columns: d)
      for row in 0..<all.rows {
        let (old, own) = (all.row(row), users.row(row))
        for factor in isAlive.indices where isAlive[factor] { own[factor] = old[factor] }
        let length = own.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard passing.usesCosine, length > 0 else { continue }
        for factor in isAlive.indices { own[factor] /= length }
      }
      let crossed = Matrix<Double>(rows: d, columns: d)
      common = Matrix(rows: d, columns: d)
      multiply(users, transposeA: true, users, into: common, alpha: least)
      multiply(all, transposeA: true, users, into: crossed, alpha: least)
      for axis in 0..<d {
        common[axis, axis] += ridge
        crossed[axis, axis] += ridge
      }
      targets = Matrix(rows: passing.items.rows, columns: d)
      multiply(passing.items, crossed, into: targets)
    }
  }

  /// v_jl of the open factors.
  private func fitted(_ item: Int, _ open: [Int], _ system: System) -> [Double] {
    let (own, count) = (items.row(item), open.count)
    let gram = Matrix<Double>(rows: count, columns: count)
    let target = Matrix<Double>(rows: count, columns: 1)
    for (row, factor) in open.enumerated() {
      target.pointer[row] = system.targets[item, factor]
      for column in row..<count { gram[row, column] = system.common[factor, open[column]] }
    }
    let seen = Matrix<Double>(rows: readers[item].count, columns: count)
    let weight = 1 - Self.least
    for (row, reader) in readers[item].enumerated() {
      let (whole, user) = (users.row(Int(reader)), system.users.row(Int(reader)))
      let part = seen.row(row)
      var score = 0.0
      for factor in whole.indices { score += whole[factor] * own[factor] }
      for (place, factor) in open.enumerated() {
        part[place] = weight.squareRoot() * user[factor]
        target.pointer[place] += weight * score * user[factor]
      }
    }
    addGram(seen, to: gram)
    // The ridge makes the matrix positive definite; where numbers are past all bounds the vector is only cut.
    guard (try? solveSPD(gram, target)) != nil else { return open.map { own[$0] } }
    return target.array
  }
}
