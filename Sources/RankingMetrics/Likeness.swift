// How much do the items of a list differ, and are they of the kinds that the user chose?

import Glibc

/// What items are compared by.
public struct ItemFeatures: Sendable {
  /// The categories of each item, without repeats; their shares are compared for calibration.
  let categories: [[UInt32]]?
  /// Unit vectors as places and values, by item; an item of which nothing is known has none.
  private let vectors: [[(place: Int, value: Double)]]
  let width: Int
  /// The shares of categories in all that was chosen, for users of whose history no category is known.
  let usual: [Double]

  /// Items that are alike as far as they share categories.
  ///
  /// - Parameters:
  ///   - categories: of each item, numbered below `count`.
  ///   - weights: how often each item was chosen in the training.
  public init(categories: [[UInt32]], count: Int, weights: [UInt32]) {
    let sets = categories.map { Set($0).sorted() }
    self.categories = sets
    width = count
    vectors = sets.map { set in
      set.map { (Int($0), 1 / Double(set.count).squareRoot()) }
    }
    var sums = [Double](repeating: 0, count: count)
    for (set, weight) in zip(sets, weights) {
      for category in set { sums[Int(category)] += Double(weight) / Double(set.count) }
    }
    usual = normalised(sums) ?? sums
  }

  /// Items that are alike as far as their vectors point the same way; calibration is by categories all the same.
  ///
  /// - Parameter vectors: of each item, all of one length; empty where there is none.
  public init(vectors: [[Float]], beside categories: ItemFeatures?) {
    self.categories = categories?.categories
    usual = categories?.usual ?? []
    width = vectors.lazy.map(\.count).max() ?? 0
    self.vectors = vectors.map { vector in
      let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      guard length > 0, length.isFinite else { return [] }
      return vector.enumerated().map { ($0, Double($1) / length) }
    }
  }

  /// Whether calibration can be told.
  public var hasCategories: Bool { categories?.contains { !$0.isEmpty } ?? false }

  /// The shares of categories in a history, or what is usual where none is known.
  func shares(of history: [UInt32]) -> [Double] {
    guard let categories else { return [] }
    var sums = [Double](repeating: 0, count: usual.count)
    for item in history where Int(item) < categories.count {
      let own = categories[Int(item)]
      for category in own { sums[Int(category)] += 1 / Double(own.count) }
    }
    return normalised(sums) ?? usual
  }

  fileprivate func vector(_ item: Int) -> [(place: Int, value: Double)] {
    item < vectors.count ? vectors[item] : []
  }
}

private func normalised(_ values: [Double]) -> [Double]? {
  let sum = values.reduce(0, +)
  return sum > 0 ? values.map { $0 / sum } : nil
}

/// Diversity and calibration of the first places of one list, as it grows.
struct ListLikeness {
  private let features: ItemFeatures
  private let wanted: [Double]
  private var sum: [Double]
  private var found: [Double]
  /// Sum of the cosines of all pairs.
  private var pairs = 0.0
  private var count = 0

  init(_ features: ItemFeatures, history: [UInt32]) {
    self.features = features
    wanted = features.shares(of: history)
    sum = [Double](repeating: 0, count: features.width)
    found = [Double](repeating: 0, count: wanted.count)
  }

  mutating func append(_ item: Int) {
    // The cosines to all before are the product with their sum.
    for (place, value) in features.vector(item) {
      pairs += value * sum[place]
    }
    for (place, value) in features.vector(item) { sum[place] += value }
    count += 1
    guard let own = features.categories, item < own.count else { return }
    for category in own[item] { found[Int(category)] += 1 / Double(own[item].count) }
  }

  var diversity: Double {
    count > 1 ? 1 - pairs / (Double(count) * Double(count - 1) / 2) : 0
  }

  var calibration: Double {
    let shares = normalised(found) ?? found
    var sum = 0.0
    for (p, q) in zip(wanted, shares) where p > 0 { sum += p * log(p / (0.99 * q + 0.01 * p)) }
    return max(0, sum)
  }
}
