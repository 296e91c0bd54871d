// How does a list become one of items that differ?

import DenseMath

/// Chooses one item after another by how high it scores and how little it is like those before it: maximal marginal
/// relevance (Carbonell and Goldstein, 1998).
///
/// The next item is that of the largest (1 - w) s_j - w max over the chosen i of cosine(i, j), where s are the pool's
/// scores brought to 0...1.
public struct Diversity: Sendable {
  /// What items are compared by.
  public enum Features: Sendable {
    /// One list an item.
    case categories([[UInt32]])
    /// One row an item; cosines below 0 count as 0.
    case vectors(Matrix<Float>)
  }

  private let weight: Float
  private let features: Features

  /// - Parameter weight: w, from 0, the order of the scores, to 1.
  public init(weight: Float, _ features: Features) {
    precondition((0...1).contains(weight))
    self.weight = weight
    switch features {
    case .categories(let lists):
      self.features = .categories(lists.map { Set($0).sorted() })
    case .vectors(let vectors): self.features = .vectors(Self.unit(vectors))
    }
  }

  private static func unit(_ vectors: Matrix<Float>) -> Matrix<Float> {
    let unit = Matrix<Float>(rows: vectors.rows, columns: vectors.columns)
    for row in 0..<vectors.rows {
      let (source, target) = (vectors.row(row), unit.row(row))
      let length = source.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
      guard length > 0, length.isFinite else { continue }
      for column in source.indices { target[column] = source[column] / length }
    }
    return unit
  }

  /// How many of the best scored items a list is chosen from.
  public static func pool(for count: Int) -> Int { 5 * count }

  /// Chooses lists from pools, best first in either.
  public func lists(from pools: [[Ranked<Float>]], count: Int) -> [[Ranked<Float>]] {
    var result = [[Ranked<Float>]](repeating: [], count: pools.count)
    result.withUnsafeMutableBufferPointer { buffer in
      let lists = SharedBuffer(buffer)
      Parallel.blocks(pools.count, size: 4) { block in
        for row in block { lists[row] = list(from: pools[row], count: count) }
      }
    }
    return result
  }

  private func list(from pool: [Ranked<Float>], count: Int) -> [Ranked<Float>] {
    guard let most = pool.first?.score, let least = pool.last?.score else { return [] }
    let range = most > least ? most - least : 1
    let scores = pool.map { (1 - weight) * ($0.score - least) / range }
    var nearest = [Float](repeating: 0, count: pool.count)
    var left = Array(pool.indices)
    var chosen: [Ranked<Float>] = []
    while chosen.count < count, !left.isEmpty {
      var best = 0
      for place in left.indices.dropFirst()
      where scores[left[place]] - weight * nearest[left[place]]
        > scores[left[best]] - weight * nearest[left[best]]
      {
        best = place
      }
      let item = pool[left.remove(at: best)]
      chosen.append(item)
      for place in left {
        nearest[place] = max(nearest[place], cosine(item.index, pool[place].index))
      }
    }
    return chosen
  }

  private func cosine(_ first: UInt32, _ second: UInt32) -> Float {
    switch features {
    case .categories(let lists): categoryCosine(lists[Int(first)], lists[Int(second)])
    case .vectors(let unit): dot(unit.row(Int(first)), unit.row(Int(second)))
    }
  }
}
