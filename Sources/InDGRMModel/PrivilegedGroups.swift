// How do known categories shape the item groups?

import DenseMath
import Glibc

/// Categories as privileged information (Eq. 7): group g stands for category g, and an item should lie
/// nearer to the prototypes of categories that its own are like.
///
/// With t_g a vector of category g and t_j the mean over item j's categories, a triplet (j; g, k) has the
/// target 1[cos(t_j, t_g) >= cos(t_j, t_k)] and the probability sigma((cos(h_j, p_g) - cos(h_j, p_k)) / tau).
/// Triplets are drawn anew for every batch; the loss is lambda_p times the mean cross-entropy.
struct PrivilegedGroups: Sendable {
  /// cos(t_j, t_g), items x categories; rows of items without categories are nil.
  private let likeness: [[Float]?]
  private let known: [Int]
  let count: Int
  /// lambda_p.
  let weight: Double
  let triplets: Int

  /// - Parameters:
  ///   - lists: the categories of each item.
  ///   - vectors: one row a category, or nil to compute them from which categories items share.
  init(
    _ lists: [[UInt32]], count: Int, vectors: Matrix<Float>?, weight: Double, triplets: Int = 4096
  ) {
    self.count = count
    self.weight = weight
    self.triplets = triplets
    let vectors = vectors ?? Self.vectors(lists, count: count)
    let unit = Matrix<Float>(rows: vectors.rows, columns: vectors.columns)
    normaliseRows(vectors, into: unit, norms: Matrix(rows: 1, columns: vectors.rows))
    likeness = lists.map { list in
      guard !list.isEmpty else { return nil }
      var mean = [Float](repeating: 0, count: vectors.columns)
      for category in list {
        for (index, value) in vectors.row(Int(category)).enumerated() { mean[index] += value }
      }
      let length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return (0..<count).map { category in
        zip(mean, unit.row(category)).reduce(0) { $0 + $1.0 * $1.1 } / max(length, 1e-12)
      }
    }
    let likeness = likeness
    known = likeness.indices.filter { likeness[$0] != nil }
  }

  /// Rows of positive pointwise mutual information between categories over items.
  static func vectors(_ lists: [[UInt32]], count: Int) -> Matrix<Float> {
    var single = [Double](repeating: 0, count: count)
    var joint = [Double](repeating: 0, count: count * count)
    for list in lists {
      for a in list {
        single[Int(a)] += 1
        for b in list { joint[Int(a) * count + Int(b)] += 1 }
      }
    }
    let total = Double(max(lists.count { !$0.isEmpty }, 1))
    let result = Matrix<Float>(rows: count, columns: count)
    for a in 0..<count {
      for b in 0..<count where joint[a * count + b] > 0 {
        let ratio = joint[a * count + b] * total / (single[a] * single[b])
        result[a, b] = Float(max(0, logarithm(ratio)))
      }
      // A category that all items have says nothing; it still differs from the others.
      result[a, a] = max(result[a, a], 1e-3)
    }
    return result
  }

  /// Adds the loss's gradients to those of unit items and unit prototypes (G x d).
  ///
  /// - Parameters:
  ///   - items: a row each.
  ///   - ids: all items that are scored, from which triplets are drawn; nil for every one.
  ///   - places: which of those the items are; triplets of others are left to who has them.
  /// - Returns: the loss.
  func addGradients<T: Real>(
    items: Matrix<T>, ids: [UInt32]?, places: Range<Int>, prototypes: Matrix<T>, temperature: T,
    seed: UInt64,
    step: UInt64,
    to itemGradient: Matrix<T>, _ prototypeGradient: Matrix<T>
  ) -> Double {
    let known =
      ids.map { ids in ids.indices.filter { likeness[Int(ids[$0])] != nil } } ?? self.known
    guard !known.isEmpty, count > 1, weight > 0 else { return 0 }
    let d = items.columns
    let share = T(weight / Double(triplets)) / temperature
    var random = RandomStream(seed: seed, stage: RandomStage.privilegedPairs, index: step)
    var loss = 0.0
    for _ in 0..<triplets {
      let item = known[random.below(known.count)]
      let g = random.below(count)
      let k = (g + 1 + random.below(count - 1)) % count
      guard places.contains(item), let row = likeness[ids.map { Int($0[item]) } ?? item]
      else { continue }
      let (h, p, q) = (
        items.pointer + (item - places.lowerBound) * d, prototypes.pointer + g * d,
        prototypes.pointer + k * d
      )
      var difference: T = 0
      for index in 0..<d { difference += h[index] * (p[index] - q[index]) }
      let probability = 1 / (1 + T.exp(-difference / temperature))
      let target: T = row[g] >= row[k] ? 1 : 0
      loss -= logarithm(max(Double(target == 1 ? probability : 1 - probability), 1e-12))
      let slope = share * (probability - target)
      let (dh, dp, dq) = (
        itemGradient.pointer + (item - places.lowerBound) * d, prototypeGradient.pointer + g * d,
        prototypeGradient.pointer + k * d
      )
      for index in 0..<d {
        dh[index] += slope * (p[index] - q[index])
        dp[index] += slope * h[index]
        dq[index] -= slope * h[index]
      }
    }
    return weight * loss / Double(triplets)
  }
}

private func logarithm(_ x: Double) -> Double { Glibc.log(x) }
