// How far do two ways of grouping the same things agree?

import Glibc

/// A table of how many things each pair of labels has, and the measures of agreement made of it.
///
/// Notation: n_ij things with label i in the first and j in the second grouping, row sums a_i, column sums
/// b_j, n things in all; logarithms are natural.
public struct Contingency: Sendable, Equatable {
  /// n_ij by the first grouping's label; labels that nothing has are left out.
  public let counts: [[Int]]
  /// n.
  public let total: Int
  private let rowSums: [Int]
  private let columnSums: [Int]

  /// A table from pairs of labels, each of which counts one.
  public init(_ pairs: some Sequence<(UInt32, UInt32)>) {
    var cells: [UInt32: [UInt32: Int]] = [:]
    for (first, second) in pairs { cells[first, default: [:]][second, default: 0] += 1 }
    let seconds = Set(cells.values.flatMap(\.keys)).sorted()
    self.init(cells.sorted { $0.key < $1.key }.map { _, row in seconds.map { row[$0] ?? 0 } })
  }

  /// A table of counts that are there already; no row or column of zeros.
  public init(_ counts: [[Int]]) {
    self.counts = counts
    rowSums = counts.map { $0.reduce(0, +) }
    columnSums = (counts.first ?? []).indices.map { column in
      counts.reduce(0) { $0 + $1[column] }
    }
    total = rowSums.reduce(0, +)
  }

  /// Labels that occur in the first and in the second grouping.
  public var labels: (first: Int, second: Int) { (rowSums.count, columnSums.count) }

  /// The share of things that have the most frequent second label of their first: sum_i max_j n_ij / n.
  public var purity: Double {
    total > 0 ? Double(counts.reduce(0) { $0 + ($1.max() ?? 0) }) / Double(total) : 0
  }

  /// The purity that one single group would have: max_j b_j / n.
  public var leastPurity: Double {
    total > 0 ? Double(columnSums.max() ?? 0) / Double(total) : 0
  }

  /// Mutual information: sum_ij n_ij / n log(n n_ij / (a_i b_j)).
  public var information: Double {
    let n = Double(total)
    var sum = 0.0
    for (row, a) in zip(counts, rowSums) {
      for (cell, b) in zip(row, columnSums) where cell > 0 {
        sum += Double(cell) / n * log(n * Double(cell) / (Double(a) * Double(b)))
      }
    }
    return max(sum, 0)
  }

  /// Entropies of both groupings.
  public var entropies: (first: Double, second: Double) { (entropy(rowSums), entropy(columnSums)) }

  private func entropy(_ sizes: [Int]) -> Double {
    let n = Double(total)
    return -sizes.reduce(0) { $1 > 0 ? $0 + Double($1) / n * log(Double($1) / n) : $0 }
  }

  /// Normalised mutual information: information over the mean of both entropies; 1 when neither grouping
  /// divides anything.
  public var normalisedInformation: Double {
    let mean = (entropies.first + entropies.second) / 2
    return mean > 0 ? information / mean : 1
  }

  /// The mean of the mutual information over all pairs of groupings with these sizes (hypergeometric
  /// model, exact; Vinh, Epps and Bailey, 2010, Eq. 24a). Time: the sum over cells of min(a_i, b_j).
  public var expectedInformation: Double {
    let n = total
    // log k! for k in 0...n.
    var factorials = [0.0, 0.0]
    for k in stride(from: 2, through: max(n, 1), by: 1) {
      factorials.append(factorials[k - 1] + log(Double(k)))
    }
    var sum = 0.0
    for a in rowSums {
      for b in columnSums {
        let fixed =
          factorials[a] + factorials[b] + factorials[n - a] + factorials[n - b] - factorials[n]
        for cell in stride(from: max(a + b - n, 1), through: min(a, b), by: 1) {
          let information =
            Double(cell) / Double(n) * log(Double(n) * Double(cell) / (Double(a) * Double(b)))
          let chance =
            fixed - factorials[cell] - factorials[a - cell] - factorials[b - cell]
            - factorials[n - a - b + cell]
          sum += information * exp(chance)
        }
      }
    }
    return sum
  }

  /// Adjusted mutual information: (information - expected) / (mean of entropies - expected), so that
  /// groupings at random have 0 on average and equal ones 1 (Vinh, Epps and Bailey, 2010).
  public var adjustedInformation: Double {
    let (rows, columns) = labels
    // Neither divides anything, or each thing stands alone in both.
    if rows == columns, rows <= 1 || rows == total { return 1 }
    let expected = expectedInformation
    let room = (entropies.first + entropies.second) / 2 - expected
    return abs(room) > 1e-15 ? (information - expected) / room : 0
  }

  /// Adjusted Rand index (Hubert and Arabie, 1985): pairs of things together in both groupings, less what
  /// chance gives, over the most there could be less what chance gives.
  public var adjustedRand: Double {
    func pairs(_ count: Int) -> Double { Double(count) * Double(count - 1) / 2 }
    let together = counts.reduce(0) { $0 + $1.reduce(0) { $0 + pairs($1) } }
    let first = rowSums.reduce(0) { $0 + pairs($1) }
    let second = columnSums.reduce(0) { $0 + pairs($1) }
    let all = pairs(total)
    guard all > 0 else { return 1 }
    let expected = first * second / all
    let room = (first + second) / 2 - expected
    return abs(room) > 1e-12 ? (together - expected) / room : 1
  }
}
