// What is an item's vector when some factors may say nothing of it?

import DenseMath
import Fitting
import Ranks
import Recommending
import Training

/// Item vectors fitted anew on the factors that may speak of them: for item j, over sampled users i with directions u_i and
/// the weight w_ij,
///
///     v_j = argmin_v sum_i w_ij (u_i . h_j - u'_i . v)^2 + ridge |v - h_j|^2,    v_l = 0 where the way of l is closed,
///
/// where u'_i is the user's direction without the factors that may speak of no item at all, which users are then without.
/// So the open factors take over what of the closed ones they can, and where all are open v_j is h_j. Users who have the
/// item among their first ones count wholly, for lists are made there, all others a little.
struct PassingItems {
  /// Scores from the top of a user's list for which they count wholly.
  static let reach = 300
  /// What all other users count.
  private static let least = 0.02
  private static let ridge = 1e-3

  /// u, n x d.
  private let users: Matrix<Double>
  /// This process's parts of the items.
  private let parts: [Part]
  private let ranks: VirtualRanks
  private let usesCosine: Bool

  /// Some of the items.
  private struct Part {
    let range: Range<Int>
    /// h, m x d.
    let items: Matrix<Double>
    /// For each item the users who have it among their first.
    var readers: [[UInt32]]
  }

  /// - Parameters:
  ///   - users: directions of sampled users, n x d.
  ///   - lists: what each of them would be recommended first, `reach` items.
  ///   - items: vectors as they are scored with every way open, M x d.
  ///   - usesCosine: whether users' directions have unit length.
  ///   - ranks: the parts of the items, each of which is fitted by the process that has it.
  init(
    users: Matrix<Float>, lists: [[Ranked<Float>]], items: Matrix<Float>, usesCosine: Bool,
    ranks: VirtualRanks = .one
  ) {
    self.users = users.doubles
    self.usesCosine = usesCosine
    self.ranks = ranks
    parts = ranks.itemParts(of: items.rows).map(\.items).map { range in
      var part = Part(
        range: range, items: items.rowBlock(range).doubles,
        readers: [[UInt32]](repeating: [], count: range.count))
      for (user, list) in lists.enumerated() {
        for item in list where range.contains(Int(item.index)) {
          part.readers[Int(item.index) - range.lowerBound].append(UInt32(user))
        }
      }
      return part
    }
  }

  /// Fills v, M x d.
  ///
  /// - Parameter isOpen: whether a factor may speak of an item.
  /// - Returns: whether a factor may speak of any.
  @discardableResult
  func fit(into vectors: Matrix<Float>, isOpen: (_ item: Int, _ factor: Int) -> Bool) -> [Bool] {
    let factors = 0..<users.columns
    // A byte for each item and factor of a part.
    let open = parts.map { part in
      part.range.flatMap { item in factors.map { isOpen(item, $0) } }
    }
    let uses = ranks.sum { rank in
      let flags = Matrix<Float>(rows: 1, columns: factors.count)
      for (place, isOpen) in open[rank - ranks.own.lowerBound].enumerated() where isOpen {
        flags[0, place % factors.count] = 1
      }
      return flags
    }
    let isAlive = factors.map { uses[0, $0] > 0 }
    let system = System(self, isAlive)
    vectors.fill(0)
    for (part, open) in zip(parts, open) {
      let targets = Matrix<Double>(rows: part.items.rows, columns: factors.count)
      multiply(part.items, system.crossed, into: targets)
      let own = vectors.rowBlock(part.range)
      Parallel.blocks(own.rows, size: 16) { block in
        for item in block {
          let open = factors.filter { open[item * factors.count + $0] }
          let values = fitted(
            part.items.row(item), targets.row(item), part.readers[item], open, system)
          for (factor, value) in zip(open, values) { own[item, factor] = Float(value) }
        }
      }
    }
    let bounds = ranks.bounds(of: vectors.rows).map { $0 * vectors.columns }
    ranks.group.gather(vectors.buffer, bounds)
    return isAlive
  }

  /// What all items' fits share.
  private struct System {
    /// u', n x d.
    let users: Matrix<Double>
    /// least U'U' + ridge, d x d.
    let common: Matrix<Double>
    /// least U'U + ridge, d x d, by which an item's h becomes its target.
    let crossed: Matrix<Double>

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
      crossed = Matrix(rows: d, columns: d)
      common = Matrix(rows: d, columns: d)
      multiply(users, transposeA: true, users, into: common, alpha: least)
      multiply(all, transposeA: true, users, into: crossed, alpha: least)
      for axis in 0..<d {
        common[axis, axis] += ridge
        crossed[axis, axis] += ridge
      }
    }
  }

  /// v_jl of the open factors.
  ///
  /// - Parameters:
  ///   - own: h_j.
  ///   - whole: (least U'U + ridge) h_j.
  private func fitted(
    _ own: UnsafeMutableBufferPointer<Double>, _ whole: UnsafeMutableBufferPointer<Double>,
    _ readers: [UInt32], _ open: [Int], _ system: System
  ) -> [Double] {
    let count = open.count
    let gram = Matrix<Double>(rows: count, columns: count)
    let target = Matrix<Double>(rows: count, columns: 1)
    for (row, factor) in open.enumerated() {
      target.pointer[row] = whole[factor]
      for column in row..<count { gram[row, column] = system.common[factor, open[column]] }
    }
    let seen = Matrix<Double>(rows: readers.count, columns: count)
    let weight = 1 - Self.least
    for (row, reader) in readers.enumerated() {
      let (direction, user) = (users.row(Int(reader)), system.users.row(Int(reader)))
      let part = seen.row(row)
      var score = 0.0
      for factor in direction.indices { score += direction[factor] * own[factor] }
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
