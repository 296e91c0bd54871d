// How are recommendations spread over the catalogue?

import Glibc

/// How often each item was in the lists of one round, by bands of ranks between cut-offs.
final class Exposure {
  let counts: UnsafeMutablePointer<UInt32>
  private let size: Int

  /// Counts of zero: `bands` x `itemCount`, band first.
  init(bands: Int, itemCount: Int) {
    size = bands * itemCount
    counts = .allocate(capacity: size)
    counts.initialize(repeating: 0, count: size)
  }

  deinit { counts.deallocate() }

  /// Adds each band to the next, so that row c holds the counts over all ranks to cut-off c.
  func accumulate(itemCount: Int) {
    for index in itemCount..<max(itemCount, size) {
      counts[index] &+= counts[index - itemCount]
    }
  }
}

/// Coverage, Gini coefficient and novelty of one round at one cut-off.
struct Spread {
  var coverage: Double?
  var gini: Double?
  var novelty: Double?

  /// From the exposure counts of all items.
  ///
  /// - Parameters:
  ///   - counts: how often each item was listed
  ///   - scorableCount: size N of the catalogue; items that cannot be scored have count 0
  ///   - information: -log2 of each item's share of the training interactions, if known
  init(_ counts: UnsafeBufferPointer<UInt32>, scorableCount: Int, information: [Double]?) {
    var distinct = 0
    var total = 0
    var greatest = 0
    for count in counts where count > 0 {
      distinct += 1
      total += Int(count)
      greatest = max(greatest, Int(count))
    }
    guard scorableCount > 0 else { return }
    coverage = Double(distinct) / Double(scorableCount)
    guard total > 0 else { return }
    gini = Self.gini(
      counts, total: total, greatest: greatest, zeros: scorableCount - distinct,
      size: scorableCount)
    if let information {
      var sum = 0.0
      for (item, count) in counts.enumerated() where count > 0 {
        sum += Double(count) * information[item]
      }
      novelty = sum / Double(total)
    }
  }

  /// sum_i (2i - N - 1) x_i / (N sum x) over ascending x, by counting how often each count occurs.
  private static func gini(
    _ counts: UnsafeBufferPointer<UInt32>, total: Int, greatest: Int, zeros: Int, size: Int
  ) -> Double {
    var histogram = [Int](repeating: 0, count: greatest + 1)
    for count in counts where count > 0 { histogram[Int(count)] += 1 }
    var before = zeros
    var sum = 0.0
    for (count, items) in histogram.enumerated() where items > 0 {
      // Places before + 1 ... before + items: the factors (2i - N - 1) add up to
      // items * (2 before + items - N).
      sum += Double(count) * Double(items) * Double(2 * before + items - size)
      before += items
    }
    return sum / (Double(size) * Double(total))
  }
}

/// -log2 of each item's share of the training interactions; an item without any counts as one.
func information(_ counts: [UInt32]) -> [Double]? {
  let total = counts.reduce(0.0) { $0 + Double($1) }
  guard total > 0 else { return nil }
  return counts.map { log2(total / Double(max($0, 1))) }
}
