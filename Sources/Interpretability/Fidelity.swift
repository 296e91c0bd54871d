// Does a score really rest on the items that its explanation names?

import DenseMath
import Glibc

/// One recommendation with its explanation.
public struct FidelityCase: Sendable {
  /// The recommended item.
  public let target: UInt32
  /// The user's own items, the most contributing first.
  public let order: [UInt32]

  public init(target: UInt32, order: [UInt32]) {
    self.target = target
    self.order = order
  }
}

/// Deletion and insertion curves (Petsiuk, Das and Saenko, 2018) over users' histories: own items are
/// removed, or put into an empty history, in the order of the explanation or in random orders, and the
/// target is scored anew.
///
/// The curves have a point at every fraction q = 0, 1 / s ... 1 of the history, of which round(q n) items
/// are taken. The area under a curve is by trapezoids.
public struct Fidelity: Sendable, Equatable {
  /// Means over cases at each fraction.
  public struct Curve: Sendable, Equatable {
    public var explained: [Double]
    public var random: [Double]
    /// Cases in which the explanation's area beats the mean area of the random orders.
    public var share: Double
    /// Areas, random less explained in deletion and the other way round in insertion: mean over cases.
    public var advantage: Double
    /// Its standard error over cases; 0 for a single case.
    public var standardError: Double

    /// The area under the explanation's curve.
    public var explainedArea: Double { area(explained) }
    /// The area under the mean curve of random orders.
    public var randomArea: Double { area(random) }
  }

  /// A quantity followed along both walks.
  public struct Measure: Sendable, Equatable {
    public var deletion: Curve
    public var insertion: Curve
  }

  /// The target's score less the mean without history, over `distance`.
  public let score: Measure
  /// 1 / log2(1 + rank) of the target among the items outside the whole history.
  public let gain: Measure
  public let cases: Int
  /// Random orders of each case.
  public let orders: Int
  /// Mean fall of the target's score from the whole history to none, in the score's own unit.
  public let fall: Double
  /// The mean distance between both, the unit of `score`: where scores fall for all users, these begin at
  /// 1 and end at 0.
  public let distance: Double
}

/// How fidelity is taken.
public struct FidelityPlan: Sendable {
  /// Steps s from the whole history to none.
  public var steps = 10
  public var orders = 10
  public var seed: UInt64 = 20
  /// Histories scored at once, about.
  public var block = 500

  public init() {}

  /// Follows the cases; nil when there are none.
  ///
  /// - Parameter score: fills scores of all items for each history.
  public func measure(
    _ cases: [FidelityCase], itemCount: Int, progress: (Int) -> Void = { _ in },
    score: (SparseRows, Matrix<Float>) -> Void
  ) -> Fidelity? {
    guard !cases.isEmpty, steps > 0, orders > 0 else { return nil }
    var walks = Walks(steps: steps)
    let perCase = 2 + (orders + 1) * 2 * (steps - 1)
    let perBlock = max(block / perCase, 1)
    for start in stride(from: 0, to: cases.count, by: perBlock) {
      let range = start..<min(start + perBlock, cases.count)
      var offsets = [0]
      var columns: [UInt32] = []
      for index in range { append(cases[index], index, &offsets, &columns) }
      let rows = SparseRows(offsets: offsets, columns: columns, columnCount: itemCount)
      let scores = Matrix<Float>(rows: rows.rowCount, columns: itemCount)
      score(rows, scores)
      let points = read(scores, range.map { cases[$0] }, perCase: perCase)
      for place in range.indices {
        let first = (place - range.lowerBound) * perCase
        walks.add(Array(points[first..<first + perCase]), orders: orders)
      }
      progress(range.upperBound)
    }
    return walks.fidelity(orders: orders)
  }

  /// The histories of one case: whole, none, then for each order (the explanation's first) what is left
  /// after each step of deletion and what is there after each step of insertion.
  private func append(
    _ entry: FidelityCase, _ index: Int, _ offsets: inout [Int], _ columns: inout [UInt32]
  ) {
    func history(_ items: some Sequence<UInt32>) {
      columns += items.sorted()
      offsets.append(columns.count)
    }
    history(entry.order)
    history([])
    var random = RandomStream(seed: seed, stage: RandomStage.fidelity, index: UInt64(index))
    for order in 0...orders {
      var items = entry.order
      if order > 0 { random.shuffle(&items) }
      for step in 1..<max(steps, 1) {
        let taken = (2 * step * items.count + steps) / (2 * steps)
        history(items[taken...])
        history(items[..<taken])
      }
    }
  }

  /// The target's score and gain in every history.
  private func read(_ scores: Matrix<Float>, _ cases: [FidelityCase], perCase: Int) -> [Point] {
    var points = [Point](repeating: Point(score: 0, gain: 0), count: scores.rows)
    points.withUnsafeMutableBufferPointer { buffer in
      let points = SharedBuffer(buffer)
      Parallel.blocks(scores.rows, size: 8) { block in
        for row in block {
          let entry = cases[row / perCase]
          let values = scores.row(row)
          let target = values[Int(entry.target)]
          var (above, equal) = (0, 0)
          for value in values {
            above += value > target ? 1 : 0
            equal += value == target ? 1 : 0
          }
          for own in entry.order {
            above -= values[Int(own)] > target ? 1 : 0
            equal -= values[Int(own)] == target ? 1 : 0
          }
          // Ties share the places they take up; the target is one of the equal.
          let rank = Double(above) + Double(equal + 1) / 2
          points[row] = Point(score: Double(target), gain: 1 / log2(1 + max(rank, 1)))
        }
      }
    }
    return points
  }
}

/// What is read off one scoring.
private struct Point {
  var score: Double
  var gain: Double
}

/// Sums over cases.
private struct Walks {
  let steps: Int
  private var scores = Sums()
  private var gains = Sums()

  init(steps: Int) { self.steps = steps }

  mutating func add(_ points: [Point], orders: Int) {
    scores.add(points.map(\.score), steps: steps, orders: orders)
    gains.add(points.map(\.gain), steps: steps, orders: orders)
  }

  func fidelity(orders: Int) -> Fidelity {
    let fall = scores.mean(\.explainedDeletion)
    let (top, bottom) = (fall.first ?? 0, fall.last ?? 0)
    let unit = scores.distance > 0 ? scores.distance : 1
    return Fidelity(
      score: scores.measure { ($0 - bottom) / unit }, gain: gains.measure { $0 },
      cases: scores.count, orders: orders, fall: top - bottom, distance: unit)
  }
}

private struct Sums {
  var count = 0
  var explainedDeletion: [Double] = []
  var randomDeletion: [Double] = []
  var explainedInsertion: [Double] = []
  var randomInsertion: [Double] = []
  private var distances = 0.0
  private var deletionAdvantages: [Double] = []
  private var insertionAdvantages: [Double] = []

  mutating func add(_ values: [Double], steps: Int, orders: Int) {
    let (whole, none) = (values[0], values[1])
    var deletions: [[Double]] = []
    var insertions: [[Double]] = []
    for order in 0...orders {
      let first = 2 + order * 2 * (steps - 1)
      let inner = (0..<steps - 1)
      deletions.append([whole] + inner.map { values[first + 2 * $0] } + [none])
      insertions.append([none] + inner.map { values[first + 2 * $0 + 1] } + [whole])
    }
    func meanOfRandom(_ curves: [[Double]]) -> [Double] {
      curves[0].indices.map { at in
        curves.dropFirst().reduce(0) { $0 + $1[at] } / Double(orders)
      }
    }
    let (deletion, insertion) = (meanOfRandom(deletions), meanOfRandom(insertions))
    accumulate(deletions[0], into: &explainedDeletion)
    accumulate(deletion, into: &randomDeletion)
    accumulate(insertions[0], into: &explainedInsertion)
    accumulate(insertion, into: &randomInsertion)
    deletionAdvantages.append(area(deletion) - area(deletions[0]))
    insertionAdvantages.append(area(insertions[0]) - area(insertion))
    distances += abs(whole - none)
    count += 1
  }

  /// The mean distance between the value with the whole history and with none.
  var distance: Double { distances / Double(max(count, 1)) }

  private func accumulate(_ curve: [Double], into sums: inout [Double]) {
    sums = sums.isEmpty ? curve : zip(sums, curve).map { $0 + $1 }
  }

  func mean(_ curve: KeyPath<Sums, [Double]>) -> [Double] {
    self[keyPath: curve].map { $0 / Double(max(count, 1)) }
  }

  /// The curves with their values, and differences of values, in another unit.
  func measure(_ unit: (Double) -> Double) -> Fidelity.Measure {
    func curve(
      _ explained: KeyPath<Sums, [Double]>, _ random: KeyPath<Sums, [Double]>,
      _ advantages: [Double]
    ) -> Fidelity.Curve {
      let scale = unit(1) - unit(0)
      let mean = advantages.reduce(0, +) / Double(max(count, 1))
      let squares = advantages.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let error = count > 1 ? (squares / Double(count - 1) / Double(count)).squareRoot() : 0
      return Fidelity.Curve(
        explained: self.mean(explained).map(unit), random: self.mean(random).map(unit),
        share: Double(advantages.count { $0 > 0 }) / Double(max(count, 1)),
        advantage: mean * scale, standardError: error * abs(scale))
    }
    return Fidelity.Measure(
      deletion: curve(\.explainedDeletion, \.randomDeletion, deletionAdvantages),
      insertion: curve(\.explainedInsertion, \.randomInsertion, insertionAdvantages))
  }
}

/// The area under equally spaced points over an interval of length 1.
private func area(_ curve: [Double]) -> Double {
  guard curve.count > 1, let first = curve.first, let last = curve.last else { return 0 }
  return (curve.reduce(0, +) - (first + last) / 2) / Double(curve.count - 1)
}
