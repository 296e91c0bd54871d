// How are item-item weights computed in closed form?

import DenseMath
import Fitting
import Glibc
import Interchange
import Ranks
import Recommending

/// Linear models of one item by the others, in closed form.
///
/// Column j of B minimises sum_u w_u (x_uj - x_u B_j)^2 + sum_i (lambda + p / (1 - p) g_ii) B_ij^2 with
/// B_jj = 0, where g = X' diag(w) X and w_u = |x_u|^-userWeight. p = 0 with equal users is EASE^R (Steck,
/// WWW 2019), p > 0 EDLAE (Steck, NeurIPS 2020, with full-rank weights). When users are weighted, lambda
/// is rescaled by the ratio of the traces, so that one value serves both.
///
/// Where interactions have confidences c, x_uj = c_uj^1/2, so that g_jj is the sum of them, and a user all of whose
/// interactions have one c counts c times.
///
/// With an L1 penalty, columns minimise the same loss plus 2 l1 sum_i |B_ij| over B_ij >= 0: SLIM (Ning and
/// Karypis, ICDM 2011), by coordinate descent over each item's neighbours.
///
/// Dense, all columns come from one inverse (M^3 operations, 12 M^2 bytes, or fewer where there are fewer
/// users than items: `overUsers`). With `neighbours` = n, each column is solved for over the n items of
/// highest cosine to j only (n^3 / 3 operations a column, and as many as the support's users have pairs of its items
/// to find g), and B has n entries a column.
///
/// Ranks add up g of their users for a dense B, which all processes then invert; of a sparse one each process solves for
/// a part of the columns.
package struct ItemItemRegression {
  package var lambda: Double
  /// p, the dropout EDLAE emulates.
  package var dropout: Double
  package var userWeight: Double
  /// 0 for a dense B.
  package var neighbours: Int
  /// The L1 penalty; nil solves without it and lets weights be negative. Needs `neighbours`.
  package var sparsity: Double?
  package var ranks = VirtualRanks.one

  package init(
    lambda: Double, dropout: Double = 0, userWeight: Double = 0, neighbours: Int = 0,
    sparsity: Double? = nil, ranks: VirtualRanks = .one
  ) {
    self.lambda = lambda
    self.dropout = dropout
    self.userWeight = userWeight
    self.neighbours = neighbours
    self.sparsity = sparsity
    self.ranks = ranks
  }

  /// Items above which B is sparse unless the user says otherwise.
  package static let denseLimit = 20_000

  /// How many neighbours are few.
  package static let few = 200

  /// How neighbours are settled where that is left to the data.
  package static let neighbourRule = Rule(
    2, "By how many items is an item told?", ["neighbours": "200"], "above 20,000 items",
    record: 1, drawnFrom: "none: the matrix of all has to fit",
    testedOn: "Epinions, AliShop-7C swapped"
  ) { $0.shape.items > denseLimit ? (["neighbours": .integer(few)], nil) : nil }

  /// The number of neighbours for a catalogue, 0 for all: the setting, or when that is 0 few for a large catalogue.
  package static func neighbours(_ setting: Int, items: Int) -> Int {
    let wanted = setting > 0 ? setting : items > denseLimit ? few : 0
    return wanted >= items - 1 ? 0 : wanted
  }

  /// Fits the weights to users' rows, whose values are confidences.
  ///
  /// Throws `ModelError` when the regularisation is too weak to solve.
  package func fit(_ rows: SparseRows) throws -> ItemItemWeights {
    let rows = rows.with(values: rows.values?.map { $0.squareRoot() })
    let users = weights(of: rows)
    let isSparse = neighbours > 0 || sparsity != nil
    return isSparse ? try sparse(rows, users) : try dense(rows, users)
  }

  package var unsolvable: ModelError {
    ModelError(.badData, "the regression is not positive definite; raise lambda")
  }

  private func weights(of rows: SparseRows) -> [Double]? {
    guard userWeight != 0 else { return nil }
    return (0..<rows.rowCount).map {
      pow(Double(max(rows.offsets[$0 + 1] - rows.offsets[$0], 1)), -userWeight)
    }
  }

  /// g_jj of every item.
  private func diagonal(_ rows: SparseRows, _ users: [Double]?) -> [Double] {
    var sums = [Double](repeating: 0, count: rows.columnCount)
    for user in 0..<rows.rowCount {
      let weight = users?[user] ?? 1
      for entry in rows.offsets[user]..<rows.offsets[user + 1] {
        let value = Double(rows.values?[entry] ?? 1)
        sums[Int(rows.columns[entry])] += weight * (value * value)
      }
    }
    return sums
  }

  /// What is added to the diagonal of g.
  private func ridge(_ diagonal: [Double], interactions: Int) -> [Double] {
    let trace = diagonal.reduce(0, +)
    let scaled = userWeight == 0 ? lambda : lambda * trace / Double(max(interactions, 1))
    let share = dropout / (1 - dropout)
    return diagonal.map { scaled + share * $0 }
  }

  private func dense(_ rows: SparseRows, _ users: [Double]?) throws -> ItemItemWeights {
    let diagonal = self.diagonal(rows, users)
    let added = ridge(diagonal, interactions: rows.count)
    if rows.rowCount < rows.columnCount { return try overUsers(rows, users, ridge: added) }
    let inverse = ranks.gram(rows, weights: users)
    let count = inverse.rows
    for item in 0..<count { inverse[item, item] += added[item] }
    do { try inverseSPD(inverse) } catch { throw unsolvable }
    let weights = Matrix<Float>(rows: count, columns: count)
    let scales = (0..<count).map { -1 / inverse[$0, $0] }
    Parallel.blocks(count, size: 64) { rows in
      for row in rows {
        let (source, target) = (inverse.row(row), weights.row(row))
        for column in 0..<count { target[column] = Float(source[column] * scales[column]) }
        target[row] = 0
      }
    }
    return ItemItemWeights(weights)
  }

  private func sparse(_ rows: SparseRows, _ users: [Double]?) throws -> ItemItemWeights {
    let gram = CoOccurrence(rows, users, diagonal: diagonal(rows, users))
    let count = rows.columnCount
    let width = neighbours > 0 ? neighbours : max(count - 1, 1)
    let added = ridge(gram.diagonal, interactions: rows.count)
    var sources = [UInt32](repeating: 0, count: count * width)
    var values = [Float](repeating: 0, count: count * width)
    var failed = [Bool](repeating: false, count: count)
    let bounds = ranks.group.columnBounds(rows)
    let own = bounds[ranks.group.rank]..<bounds[ranks.group.rank + 1]
    sources.withUnsafeMutableBufferPointer { sources in
      values.withUnsafeMutableBufferPointer { values in
        failed.withUnsafeMutableBufferPointer { failed in
          let (sources, values) = (SharedBuffer(sources), SharedBuffer(values))
          let failed = SharedBuffer(failed)
          Parallel.blocks(own, size: 16) { block in
            var workspace = gram.workspace()
            for item in block {
              let support = gram.nearest(to: item, count: width, &workspace)
              let solved = gram.solve(
                item, over: support, ridge: added, sparsity: self.sparsity, &workspace)
              guard let solved else {
                failed[item] = true
                continue
              }
              for (place, source) in support.enumerated() {
                sources[item * width + place] = source
                values[item * width + place] = solved[place]
              }
            }
          }
        }
        let places = bounds.map { $0 * width }
        ranks.group.gather(sources, places)
        ranks.group.gather(values, places)
      }
    }
    guard !ranks.group.any(failed.contains(true)) else { throw unsolvable }
    let used = sources.indices.filter { values[$0] != 0 }
    var offsets = [0]
    var at = 0
    for item in 0..<count {
      while at < used.count, used[at] < (item + 1) * width { at += 1 }
      offsets.append(at)
    }
    let byTarget = SparseRows(
      offsets: offsets, columns: used.map { sources[$0] }, values: used.map { values[$0] },
      columnCount: count)
    return ItemItemWeights(byTarget.transposed())
  }
}

/// g = X' diag(w) X, of which only what is asked for is ever computed: a row, or what some items have in common.
private struct CoOccurrence: Sendable {
  let diagonal: [Double]
  private let users: SparseRows
  private let byItem: SparseRows
  private let weights: [Double]?

  /// What one task needs while it looks at items.
  struct Workspace {
    /// A row of g, and where it is not zero.
    fileprivate var sums: [Float]
    fileprivate var touched: [UInt32] = []
    fileprivate var scores: [Float] = []
    /// The support's items of each user as a list: its last entry or -1, and for each entry the place in the
    /// support, the entry before and x.
    fileprivate var last: [Int32]
    fileprivate var entries: [(place: Int32, before: Int32, value: Float)] = []
  }

  init(_ users: SparseRows, _ weights: [Double]?, diagonal: [Double]) {
    (self.users, self.weights, self.diagonal) = (users, weights, diagonal)
    byItem = users.transposed()
  }

  func workspace() -> Workspace {
    Workspace(
      sums: [Float](repeating: 0, count: users.columnCount),
      last: [Int32](repeating: -1, count: users.rowCount))
  }

  /// The users of an item, each with w x.
  private func users(of item: Int) -> some Sequence<(user: UInt32, value: Float, weighted: Double)>
  {
    (byItem.offsets[item]..<byItem.offsets[item + 1]).lazy.map { place in
      let user = byItem.columns[place]
      let value = byItem.values?[place] ?? 1
      return (user, value, (weights?[Int(user)] ?? 1) * Double(value))
    }
  }

  /// The items of highest cosine to an item, ascending by index.
  func nearest(to item: Int, count: Int, _ workspace: inout Workspace) -> [UInt32] {
    workspace.touched.removeAll(keepingCapacity: true)
    for (user, _, weighted) in users(of: item) {
      let weight = Float(weighted)
      for entry in users.offsets[Int(user)]..<users.offsets[Int(user) + 1] {
        let other = users.columns[entry]
        if workspace.sums[Int(other)] == 0 { workspace.touched.append(other) }
        workspace.sums[Int(other)] += weight * (users.values?[entry] ?? 1)
      }
    }
    if workspace.touched.count > users.columnCount / 16 {
      workspace.touched = (0..<UInt32(users.columnCount)).filter { workspace.sums[Int($0)] != 0 }
    } else {
      workspace.touched.sort()
    }
    workspace.scores.removeAll(keepingCapacity: true)
    for other in workspace.touched {
      let length = Float((diagonal[Int(other)] * diagonal[item]).squareRoot())
      workspace.scores.append(other == item ? 0 : workspace.sums[Int(other)] / length)
      workspace.sums[Int(other)] = 0
    }
    let best = workspace.scores.withUnsafeBufferPointer { topOfRow($0, count: count + 1) }
    return best.map { workspace.touched[Int($0.index)] }.filter { $0 != item }.prefix(count)
      .sorted()
  }

  /// Solves (g_SS + ridge) b = g_Sj, or its counterpart with an L1 penalty and b >= 0; nil when the
  /// matrix is not positive definite.
  func solve(
    _ item: Int, over support: [UInt32], ridge: [Double], sparsity: Double?,
    _ workspace: inout Workspace
  ) -> [Float]? {
    guard !support.isEmpty else { return [] }
    let count = support.count
    let (matrix, right) = (
      Matrix<Double>(rows: count, columns: count), Matrix<Double>(rows: count, columns: 1)
    )
    workspace.entries.removeAll(keepingCapacity: true)
    for (place, other) in support.enumerated() {
      let row = matrix.pointer + place * count
      for (user, value, weighted) in users(of: Int(other)) {
        var entry = workspace.last[Int(user)]
        let before = entry
        while entry >= 0 {
          let earlier = workspace.entries[Int(entry)]
          row[Int(earlier.place)] += weighted * Double(earlier.value)
          entry = earlier.before
        }
        workspace.last[Int(user)] = Int32(workspace.entries.count)
        workspace.entries.append((Int32(place), before, value))
      }
      row[place] = diagonal[Int(other)] + ridge[Int(other)]
      for earlier in 0..<place { matrix.pointer[earlier * count + place] = row[earlier] }
    }
    for (user, _, weighted) in users(of: item) {
      var entry = workspace.last[Int(user)]
      while entry >= 0 {
        let own = workspace.entries[Int(entry)]
        right.pointer[Int(own.place)] += weighted * Double(own.value)
        entry = own.before
      }
    }
    for other in support { for user in byItem.row(Int(other)) { workspace.last[Int(user)] = -1 } }
    if let sparsity { return Self.descend(matrix, right, sparsity).map { Float($0) } }
    do { try solveSPD(matrix, right) } catch { return nil }
    return right.array.map { Float($0) }
  }

  /// Minimises b'Ab / 2 - r'b + l1 sum b over b >= 0, one coordinate after the other.
  private static func descend(_ a: Matrix<Double>, _ r: Matrix<Double>, _ l1: Double) -> [Double] {
    let n = a.rows
    var b = [Double](repeating: 0, count: n)
    // What is left of r once Ab is taken away.
    var rest = r.array
    let scale = max(rest.max() ?? 0, 1e-12)
    for _ in 0..<100 {
      var largest = 0.0
      for index in 0..<n {
        let curvature = a.pointer[index * n + index]
        let wanted = max(0, (rest[index] + curvature * b[index] - l1) / curvature)
        let step = wanted - b[index]
        guard step != 0 else { continue }
        b[index] = wanted
        largest = max(largest, abs(step) * curvature)
        let row = a.pointer + index * n
        rest.withUnsafeMutableBufferPointer { rest in
          for other in 0..<n { rest[other] -= step * row[other] }
        }
      }
      if largest < 1e-4 * scale { break }
    }
    return b
  }
}
