// How does matrix factorisation recommend to users it has not seen, and why?

import DenseMath
import Fitting
import Glibc
import Interchange
import Recommending

/// Item factors with a closed-form fold-in of users.
///
/// p_u = A^-1 sum_{i in x_u} (1 + lambda_e W_ui) q_i, score_j = p_u . q_j: a sum over the user's own items,
/// which is the explanation.
package final class FactorModel: FactorisedModel {
  package let items: Matrix<Float>
  package let settings: JSONValue
  private let method: AlternatingLeastSquares
  /// a0 Q'Q of the items, which all users share.
  private let shared: Matrix<Float>
  private let neighbours: ItemNeighbours?

  package init(
    _ items: Matrix<Float>, _ method: AlternatingLeastSquares, neighbours: ItemNeighbours?,
    settings: JSONValue
  ) {
    self.items = items
    self.method = method
    self.neighbours = neighbours
    self.settings = settings
    shared = method.shared(items)
  }

  package var itemCount: Int { items.rows }

  package func tensors() -> [Tensor] { tensors(prefix: "") }

  package func tensors(prefix: String) -> [Tensor] {
    [items.tensor(prefix + "items")] + (neighbours?.tensors() ?? [])
  }

  package var itemFactors: RankingFactors? { RankingFactors(items) }

  package func userFactors(_ foldIn: SparseRows, rows: Range<Int>) -> RankingFactors {
    let block = foldIn.rows(at: Array(rows))
    let users = Matrix<Float>(rows: rows.count, columns: items.columns)
    method.solve(
      block, pulls: neighbours?.explainability(of: block), given: items, shared, into: users)
    return RankingFactors(users)
  }

  package func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    multiply(userFactors(foldIn, rows: rows).factors, items, transposeB: true, into: scores)
  }

  package func explain(_ foldIn: [UInt32], items wanted: [UInt32]) -> [Explanation] {
    let row = SparseRows(offsets: [0, foldIn.count], columns: foldIn, columnCount: itemCount)
    let pulls = neighbours?.explainability(of: row)
    let d = items.columns
    let precise = Matrix(rows: items.rows, columns: d, items.buffer.map { Double($0) })
    // One solve for each own item gives its share of p_u.
    let shares = method.shares(of: row, pulls: pulls, given: precise)
    return wanted.map { item in
      let target = precise.row(Int(item))
      let parts = foldIn.enumerated().map { place, own in
        var value = 0.0
        for factor in 0..<d { value += shares[place, factor] * target[factor] }
        return Explanation.Contribution(source: .item(own), value: value)
      }.sorted { ($0.value, $0.source.order) > ($1.value, $1.source.order) }
      return Explanation(
        item: item, score: parts.reduce(0) { $0 + $1.value }, contributions: parts)
    }
  }

  package static func restore(_ stored: StoredModel) throws -> FactorModel {
    try FactorModel(stored, settings: stored.description["settings"])
  }

  /// Brings a model back whose tensors' names begin with `prefix`.
  ///
  /// Throws `ModelError` when its parts do not fit together.
  package convenience init(_ stored: StoredModel, settings: JSONValue?, prefix: String = "") throws
  {
    let items = try stored.floats(prefix + "items", [stored.items.ids.count, nil])
    guard let settings, items.columns > 0 else {
      throw ModelError(.badData, "the model's settings are missing; fit it again")
    }
    self.init(
      items, AlternatingLeastSquares(settings, factors: items.columns),
      neighbours: try ItemNeighbours(stored), settings: settings)
  }
}

extension AlternatingLeastSquares {
  package init(_ settings: JSONValue, factors: Int) {
    self.init(factors: factors)
    unobserved = settings["unobserved"]?.double ?? unobserved
    lambda = settings["lambda"]?.double ?? lambda
    exponent = settings["exponent"]?.double ?? exponent
    explainability = settings["explainability"]?.double ?? explainability
    conjugateSteps = settings["conjugate-steps"]?.int ?? conjugateSteps
  }

  /// A^-1 (1 + lambda_e W_ui) q_i for each item of one user, entries x d.
  package func shares(of row: SparseRows, pulls: [Float]?, given fixed: Matrix<Double>) -> Matrix<
    Double
  > {
    let d = factors
    let matrix = shared(fixed)
    let shares = Matrix<Double>(rows: row.count, columns: d)
    var pulled = 0.0
    for (place, item) in row.columns.enumerated() {
      (shares.pointer + place * d).update(from: fixed.pointer + Int(item) * d, count: d)
      pulled += explainability * Double(pulls?[place] ?? 0)
    }
    if row.count > 0 { multiply(shares, transposeA: true, shares, into: matrix, beta: 1) }
    let ridge = ridge(Double(row.count), of: row.columnCount) + pulled
    for factor in 0..<d { matrix[factor, factor] += ridge }
    guard (try? inverseSPD(matrix)) != nil else { return shares }
    let result = Matrix<Double>(rows: row.count, columns: d)
    multiply(shares, matrix, into: result)
    for place in 0..<row.count {
      let factor = 1 + explainability * Double(pulls?[place] ?? 0)
      for index in 0..<d { result[place, index] *= factor }
    }
    return result
  }
}
