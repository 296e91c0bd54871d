// What are a user's scores without some of their items?

import DenseMath

/// Scores of one user without sets of their items.
final class Trials {
  /// How an item stands against the others.
  struct Standing {
    let score: Double
    let lead: Double
    /// From 1, among items that are not the user's own.
    let place: Int
  }

  private struct Row {
    let scores: Matrix<Float>
    let row: Int
    let mean: Double
  }

  private let history: [UInt32]
  /// Scores without each set, the set in ascending order.
  private var rows: [[UInt32]: Row] = [:]
  /// Sets that are not scored yet, each once.
  private var wanted: Set<[UInt32]> = []
  /// So many rows at a time bound the memory that a model takes for them.
  private static let block = 250

  init(_ history: [UInt32]) { self.history = history }

  /// Asks for the scores without each of some sets.
  func want(_ sets: [[UInt32]]) {
    for set in sets {
      let sorted = set.sorted()
      if rows[sorted] == nil { wanted.insert(sorted) }
    }
  }

  /// Whether the user has been scored without a set.
  func has(_ set: [UInt32]) -> Bool { rows[set.sorted()] != nil }

  /// Scores what several users' trials wait for: products of many rows take less time a row.
  ///
  /// - Returns: whether there was anything to score.
  static func score(_ model: any RecommendationModel, _ all: [Trials]) -> Bool {
    let open = all.flatMap { trials in
      trials.wanted.sorted { $0.lexicographicallyPrecedes($1) }.map { (trials, $0) }
    }
    var isGone = [Bool](repeating: false, count: open.isEmpty ? 0 : model.itemCount)
    for start in stride(from: 0, to: open.count, by: block) {
      let part = open[start..<min(start + block, open.count)]
      let lists = part.map { trials, set in
        for item in set { isGone[Int(item)] = true }
        defer { for item in set { isGone[Int(item)] = false } }
        return trials.history.filter { !isGone[Int($0)] }
      }
      let scores = Matrix<Float>(rows: lists.count, columns: model.itemCount)
      model.score(
        SparseRows(lists: lists, columnCount: model.itemCount), rows: 0..<lists.count, into: scores)
      for (row, (trials, set)) in part.enumerated() {
        let values = scores.row(row)
        trials.rows[set] = Row(
          scores: scores, row: row, mean: mean(UnsafeBufferPointer(values), but: trials.history))
        for own in trials.history { values[Int(own)] = -.infinity }
      }
    }
    for trials in all { trials.wanted = [] }
    return !open.isEmpty
  }

  /// The mean score of all items but the user's own, whose scores some models raise far above all others.
  static func mean(_ values: UnsafeBufferPointer<Float>, but own: [UInt32]) -> Double {
    // Four sums beside each other: one alone waits for each addition.
    var (first, second, third, fourth) = (0.0, 0.0, 0.0, 0.0)
    for start in stride(from: 0, to: values.count - 3, by: 4) {
      first += Double(values[start])
      second += Double(values[start + 1])
      third += Double(values[start + 2])
      fourth += Double(values[start + 3])
    }
    let rest = values[(values.count & ~3)...].reduce(0.0) { $0 + Double($1) }
    let all = (first + second) + (third + fourth) + rest
    let left = own.reduce(all) { $0 - Double(values[Int($1)]) }
    return left / Double(max(values.count - own.count, 1))
  }

  func lead(of item: UInt32, without set: [UInt32]) -> Double {
    let row = scored(set)
    return Double(row.scores[row.row, Int(item)]) - row.mean
  }

  func standing(of item: UInt32, without set: [UInt32]) -> Standing {
    let row = scored(set)
    let values = row.scores.row(row.row)
    let score = Double(values[Int(item)])
    return Standing(
      score: score, lead: score - row.mean,
      place: place(of: Int(item), in: UnsafeBufferPointer(values)))
  }

  /// How far the scores of items fall without each own item that has been left out alone.
  func falls(of items: [UInt32]) -> KnownFalls {
    let start = scored([])
    var falls: KnownFalls = [:]
    for (set, row) in rows where set.count == 1 {
      falls[set[0]] = items.map {
        Double(start.scores[start.row, Int($0)]) - Double(row.scores[row.row, Int($0)])
      }
    }
    return falls
  }

  private func scored(_ set: [UInt32]) -> Row {
    guard let found = rows[set.sorted()] else { preconditionFailure("a set never asked for") }
    return found
  }
}
