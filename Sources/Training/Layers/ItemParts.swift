// How do the parts that items are cut into become sums and lists over all items?

import DenseMath
import Fitting
import Interchange
import Ranks
import Recommending

/// Some of the items of a layer: a virtual part, or all of them.
public struct ItemPart: Sendable {
  public let items: Range<Int>
  /// How many items all parts have.
  public let total: Int
  /// What the names of its parameters end with; nothing where it is all.
  public let mark: String

  public init(_ items: Range<Int>, of total: Int, mark: String) {
    (self.items, self.total, self.mark) = (items, total, mark)
  }

  /// All of so many items.
  public init(all items: Int) { self.init(0..<items, of: items, mark: "") }
}

extension VirtualRanks {
  /// This process's parts of so many items.
  public func itemParts(of items: Int) -> [ItemPart] {
    guard count > 1 else { return [ItemPart(all: items)] }
    return own.map {
      ItemPart(part($0, of: items), of: items, mark: "\(PartName.mark)\($0)")
    }
  }

  /// Sparse rows times a matrix with a row for each item, of which this process has some: the sum over parts by the tree.
  ///
  /// - Parameters:
  ///   - scales: what each entry of the rows is multiplied by; nil for 1.
  ///   - parts: of each part of this process its columns of `rows`, and its rows of the matrix.
  public func times<T: Real>(
    _ rows: SparseRows, scales: [T]?, _ parts: [(columns: Range<Int>, vectors: Matrix<T>)]
  ) -> Matrix<T> {
    sum { rank in
      let part = parts[rank - own.lowerBound]
      let product = Matrix<T>(rows: rows.rowCount, columns: part.vectors.columns)
      rows.multiply(part.columns, part.vectors, scales: scales, into: product, adding: false)
      return product
    }
  }

  /// The root mean square of the elements of all items' rows, of which this process has some.
  public func deviation<T: Real>(_ parts: [Parameter<T>], items: Int) -> T {
    let squares = sum { rank in
      let own = parts[rank - self.own.lowerBound].value
      return Matrix(rows: 1, columns: 1, [dot(own, own)])
    }
    return (squares[0, 0] / T(max(items * (parts.first?.value.columns ?? 0), 1))).squareRoot()
  }

  /// log sum exp of every row over all items, of the scores of this process's parts.
  public func logSumExpOfAll<T: Real>(_ scores: [Matrix<T>]) -> [T] {
    let rows = scores.first?.rows ?? 0
    let byPart = Matrix<T>(rows: count, columns: rows)
    for (rank, scores) in zip(own, scores) {
      _ = byPart.row(rank).update(from: logSumExp(scores))
    }
    group.gather(byPart.buffer, bounds(of: count).map { $0 * rows })
    let byRow = Matrix<T>(rows: rows, columns: count)
    transpose(byPart, into: byRow)
    return logSumExp(byRow)
  }

  /// The loss of each row over all items, without its weight; the scores of this process's parts become scale dloss/dscores.
  ///
  /// - Parameters:
  ///   - cost: no `squared`, which would take one more sum over all items.
  ///   - targets: the columns x_j = 1 of each row; values are confidences, 1 without any.
  ///   - columns: of each part of this process those of `targets`.
  ///   - scales: the weight of each row's gradient.
  public func losses<T: Real>(
    _ cost: ReconstructionCost, _ scores: [Matrix<T>], targets: SparseRows,
    columns: [Range<Int>], scales: [T]
  ) -> [T] {
    precondition(cost != .squared, "the squared error is not a sum over items")
    let shifts = cost == .multinomial ? logSumExpOfAll(scores) : []
    let totals: [T] = cost == .multinomial ? targets.totals() : []
    return sum { rank in
      let place = rank - own.lowerBound
      let (scores, targets) = (scores[place], targets.entries(in: columns[place]).rows)
      let losses =
        cost == .multinomial
        ? softmaxCrossEntropy(
          scores, targets: targets, shifts: shifts, totals: totals, scales: scales)
        : cost.apply(scores, targets: targets, scales: scales)
      return Matrix(rows: 1, columns: losses.count, losses)
    }.array
  }

  /// The best items of each row, equal scores by index, of the scores of this process's parts, which are overwritten.
  ///
  /// - Parameter seen: what is passed over, a row for each of the scores, over all items.
  public func bestOfAll<T: Real>(_ scored: [Matrix<T>], _ seen: SparseRows, depth: Int)
    -> [[Ranked<T>]]
  {
    let rows = seen.rowCount
    // Of each part a list of each row; what is missing in one has a score of minus infinity.
    let scores = Matrix<T>(rows: count, columns: rows * depth)
    scores.fill(-.infinity)
    var places = [UInt32](repeating: 0, count: scores.count)
    for (rank, values) in zip(own, scored) {
      let items = part(rank, of: seen.columnCount)
      let lists = topItems(values, seen.entries(in: items).rows, rows: 0..<rows, count: depth)
      for (row, list) in lists.enumerated() {
        for (place, item) in list.enumerated() {
          let at = row * depth + place
          scores[rank, at] = item.score
          places[rank * rows * depth + at] = item.index + UInt32(items.lowerBound)
        }
      }
    }
    let bounds = self.bounds(of: count).map { $0 * rows * depth }
    group.gather(scores.buffer, bounds)
    places.withUnsafeMutableBufferPointer { group.gather($0, bounds) }
    return (0..<rows).map { row in
      var found: [Ranked<T>] = []
      for rank in 0..<count {
        let first = (rank * rows + row) * depth
        for at in first..<first + depth {
          found.append(Ranked(index: places[at], score: scores.pointer[at]))
        }
      }
      let ranked = found.filter { $0.score > -.infinity }
        .sorted { $0.score > $1.score || ($0.score == $1.score && $0.index < $1.index) }
      return Array(ranked.prefix(depth))
    }
  }

  /// The best items of some validation users, as `ValidationUsers.lists` has them, of the scores of this process's parts,
  /// which are overwritten.
  public func best<T: Real>(_ scored: [Matrix<T>], of held: ValidationUsers, rows: Range<Int>)
    -> [[Ranked<T>]]
  {
    let users = held.foldIn.rows(at: Array(rows))
    if let popular = held.popular {
      for (rank, scores) in zip(own, scored) {
        let items = part(rank, of: users.columnCount)
        for row in 0..<users.rowCount where users.row(row).isEmpty {
          for (place, item) in items.enumerated() { scores[row, place] = T(popular[item]) }
        }
      }
    }
    let nothing = SparseRows(
      offsets: [Int](repeating: 0, count: rows.count + 1), columns: [],
      columnCount: users.columnCount)
    return bestOfAll(scored, held.keepsSeen ? nothing : users, depth: held.metric.depth)
  }

  /// The same for each of some terms that are added to the scores of items, 1 x M each: of the scores of several there are
  /// two, of one there is one.
  public func best<T: Real>(
    _ scored: [Matrix<T>], of held: ValidationUsers, rows: Range<Int>, adding terms: [Matrix<T>]
  ) -> [[[Ranked<T>]]] {
    terms.enumerated().map { place, term in
      let sums = scored.map { scores in
        guard place + 1 < terms.count else { return scores }
        let copy = Matrix<T>(rows: scores.rows, columns: scores.columns)
        copy.copy(from: scores)
        return copy
      }
      for (rank, sums) in zip(own, sums) {
        addRow(term.elements(part(rank, of: term.columns)), to: sums)
      }
      return best(sums, of: held, rows: rows)
    }
  }

  /// A tensor of all items that no process has as a whole; all processes ask for it at once, and hold a piece of it.
  ///
  /// - Parameters:
  ///   - lines: how often all parts come one after another.
  ///   - parts: the numbers of each of this process's parts, line by line.
  public func streamed(
    _ name: String, shape: [Int], lines: Int, items: Int, _ parts: [Matrix<Float>]
  ) -> StreamedTensor {
    let length = shape.reduce(1, *) / lines
    let width = length / items
    let bounds = bounds(of: items).map { $0 * width }
    // Four megabytes.
    let most = 1 << 20
    return StreamedTensor(name, .f32, shape: shape) { body in
      let memory = Matrix<Float>(rows: 1, columns: min(length, most))
      for line in 0..<lines {
        for start in stride(from: 0, to: length, by: memory.count) {
          let places = start..<min(start + memory.count, length)
          for (rank, values) in zip(own, parts) {
            let part = part(rank, of: items)
            let own = part.lowerBound * width..<part.upperBound * width
            let common = own.clamped(to: places)
            guard !common.isEmpty else { continue }
            let first = line * own.count + common.lowerBound - own.lowerBound
            memory.elements(common.lowerBound - start..<common.upperBound - start).copy(
              from: values.elements(first..<first + common.count))
          }
          let piece = memory.elements(0..<places.count).buffer
          group.gather(
            piece, bounds.map { min(max($0, places.lowerBound), places.upperBound) - start })
          try body(UnsafeRawBufferPointer(piece))
        }
      }
    }
  }
}

extension SparseRows {
  /// The entries in a range of columns, numbered from its start, and where they are among all; all of them as they are.
  func entries(in range: Range<Int>) -> (rows: SparseRows, entries: [Int]?) {
    guard range != 0..<columnCount else { return (self, nil) }
    var (found, offsets) = ([Int](), [0])
    for row in 0..<rowCount {
      for entry in self.offsets[row]..<self.offsets[row + 1]
      where range.contains(Int(columns[entry])) { found.append(entry) }
      offsets.append(found.count)
    }
    let rows = SparseRows(
      offsets: offsets, columns: found.map { columns[$0] - UInt32(range.lowerBound) },
      values: values.map { values in found.map { values[$0] } }, columnCount: range.count)
    return (rows, found)
  }

  /// The sum of the confidences of each row, 1 each without any.
  func totals<T: Real>() -> [T] {
    (0..<rowCount).map { row in
      let entries = offsets[row]..<offsets[row + 1]
      return values.map { $0[entries].reduce(0) { $0 + T($1) } } ?? T(entries.count)
    }
  }

  /// The rows' entries in some columns, each by its scale, times vectors of these columns.
  func multiply<T: Real>(
    _ range: Range<Int>, _ vectors: Matrix<T>, scales: [T]?, into product: Matrix<T>, adding: Bool
  ) {
    let (own, entries) = entries(in: range)
    func multiply(_ scale: UnsafePointer<T>?) {
      DenseMath.multiply(
        sparse: own, rows: 0..<own.rowCount, dense: vectors, into: product, entryScale: scale,
        adding: adding)
    }
    guard let scales else { return multiply(nil) }
    (entries.map { $0.map { scales[$0] } } ?? scales).withUnsafeBufferPointer {
      multiply($0.baseAddress)
    }
  }
}
