// How are user and item factors found by least squares?

import DenseMath
import Fitting
import Glibc
import Ranks

/// Weighted matrix factorisation by alternating least squares.
///
/// loss = sum_{ui observed} c_ui (1 - p_u . q_i)^2 + a0 sum_{all ui} (p_u . q_i)^2
///   + lambda_u |p_u|^2 + lambda_i |q_i|^2 + lambda_e sum_{ui observed} W_ui |p_u - q_i|^2,
/// c_ui the confidence, 1 without any (Hu et al., ICDM 2008),
/// lambda_u = lambda (sum_i c_ui + a0 M)^nu, likewise for items (Rendle et al., RecSys 2022, who call this
/// iALS). The last term is that of explainable matrix factorisation (Abdollahi and Nasraoui, 2017), which
/// pulls user and item together where the item is explainable to the user; without it W may be nil.
/// What is not given is as Rendle et al. tuned it on MovieLens.
package struct AlternatingLeastSquares {
  package var factors: Int
  /// a0, the weight of unobserved pairs.
  package var unobserved: Double
  package var lambda: Double
  /// nu.
  package var exponent: Double
  /// lambda_e.
  package var explainability: Double
  /// Steps of conjugate gradients towards a row's solution in each round of a fit; 0 solves exactly.
  package var conjugateSteps: Int

  package init(
    factors: Int, unobserved: Double = 0.3, lambda: Double = 0.007, exponent: Double = 1,
    explainability: Double = 0, conjugateSteps: Int = 3
  ) {
    self.factors = factors
    self.unobserved = unobserved
    self.lambda = lambda
    self.exponent = exponent
    self.explainability = explainability
    self.conjugateSteps = conjugateSteps
  }

  /// a0 F'F of the fixed side's factors, which all rows share.
  package func shared<T: Real>(_ fixed: Matrix<T>, _ ranks: VirtualRanks = .one) -> Matrix<T> {
    ranks.sum { rank in
      let part = fixed.rowBlock(ranks.part(rank, of: fixed.rows))
      let result = Matrix<T>(rows: factors, columns: factors)
      multiply(part, transposeA: true, part, into: result, alpha: T(unobserved))
      return result
    }
  }

  /// Solves for the factors of some rows (users given items, or items given users): |x| d^2 + d^3 / 3
  /// operations a row.
  ///
  /// - Parameters:
  ///   - rows: what each row has observed; columns are the other side, values confidences.
  ///   - pulls: W of the rows' entries in their order, or nil.
  ///   - fixed: the other side's factors, columns x d.
  ///   - shared: what `shared` gives for them.
  ///   - target: receives the rows' factors, rows x d.
  ///   - wanted: which rows; nil for all.
  @_specialize(where T == Float)
  package func solve<T: Real>(
    _ rows: SparseRows, pulls: [Float]?, given fixed: Matrix<T>, _ shared: Matrix<T>,
    into target: Matrix<T>, only wanted: Range<Int>? = nil
  ) {
    let d = factors
    Parallel.blocks(wanted ?? 0..<rows.rowCount, size: 16) { block in
      let (matrix, right) = (Matrix<T>(rows: d, columns: d), Matrix<T>(rows: d, columns: 1))
      let longest = block.map { rows.offsets[$0 + 1] - rows.offsets[$0] }.max() ?? 0
      let space = Matrix<T>(rows: longest, columns: d)
      let weights = Matrix<T>(rows: longest, columns: 1)
      for row in block {
        let range = rows.offsets[row]..<rows.offsets[row + 1]
        var pulled = 0.0
        for (place, entry) in range.enumerated() {
          let factors = space.pointer + place * d
          factors.update(from: fixed.pointer + Int(rows.columns[entry]) * d, count: d)
          let pull = explainability * Double(pulls?[entry] ?? 0)
          pulled += pull
          guard let confidence = rows.values?[entry] else {
            weights.pointer[place] = T(1 + pull)
            continue
          }
          // Rows times c^1/2, so that their Gram matrix has c.
          let root = Double(confidence).squareRoot()
          for factor in 0..<d { factors[factor] *= T(root) }
          weights.pointer[place] = T((Double(confidence) + pull) / root)
        }
        matrix.copy(from: shared)
        right.fill(0)
        if !range.isEmpty {
          let observed = space.rowBlock(0..<range.count)
          addGram(observed, to: matrix)
          multiplyHere(
            observed, transposeA: true, weights.rowBlock(0..<range.count), into: right)
        }
        let ridge = ridge(rows.observed(row), of: rows.columnCount) + pulled
        for factor in 0..<d { matrix[factor, factor] += T(ridge) }
        // Positive definite for any ridge above 0; a row that fails keeps its old factors.
        guard (try? solveSPD(matrix, right)) != nil else { continue }
        (target.pointer + row * d).update(from: right.pointer, count: d)
      }
    }
  }

  /// lambda (n + a0 M)^nu for a row with n of M observed, or confidences that add up to n.
  package func ridge(_ observed: Double, of columns: Int) -> Double {
    lambda * pow(observed + unobserved * Double(columns), exponent)
  }

  /// Item factors after some rounds from small random ones, the best by validation where given.
  ///
  /// Each process that shares the ranks solves for a part of the users, and of the items.
  package func fit(
    _ users: SparseRows, pulls: [Float]?, rounds: Int, seed: UInt64, ranks: VirtualRanks = .one,
    roundEnded: (Int, _ items: Matrix<Float>) -> Bool
  ) -> Matrix<Float> {
    let items = users.transposed()
    let itemPulls = pulls.map { pulls in
      SparseRows(
        offsets: users.offsets, columns: users.columns, values: pulls,
        columnCount: users.columnCount
      ).transposed().values ?? []
    }
    let (p, q) = (
      Matrix<Float>(rows: users.rowCount, columns: factors),
      Matrix<Float>(rows: users.columnCount, columns: factors)
    )
    fillNormal(q, seed: seed, stage: RandomStage.alternatingStart, index: 0)
    scale(q, by: 0.1 / Float(factors).squareRoot())
    for round in 1...rounds {
      improve(users, pulls: pulls, given: q, p, ranks)
      improve(items, pulls: itemPulls, given: p, q, ranks)
      if roundEnded(round, q) { break }
    }
    return q
  }

  private func improve(
    _ rows: SparseRows, pulls: [Float]?, given fixed: Matrix<Float>, _ target: Matrix<Float>,
    _ ranks: VirtualRanks
  ) {
    let shared = shared(fixed, ranks)
    let bounds = Self.bounds(rows, ranks.group)
    let own = bounds[ranks.group.rank]..<bounds[ranks.group.rank + 1]
    if conjugateSteps > 0 {
      approach(rows, pulls: pulls, given: fixed, shared, target, only: own)
    } else {
      solve(rows, pulls: pulls, given: fixed, shared, into: target, only: own)
    }
    ranks.group.gather(target.buffer, bounds.map { $0 * factors })
  }

  /// Where each process's rows begin, and where the last one's end: whole blocks, since rows go together in them, with
  /// about as many entries in all, where a row by itself counts as some.
  private static func bounds(_ rows: SparseRows, _ group: RankGroup) -> [Int] {
    let size = 16
    let blocks = (rows.rowCount + size - 1) / size
    let costs = (0..<blocks).map { block in
      let range = block * size..<min((block + 1) * size, rows.rowCount)
      return rows.offsets[range.upperBound] - rows.offsets[range.lowerBound] + 64 * range.count
    }
    return group.bounds(costs: costs).map { min($0 * size, rows.rowCount) }
  }
}

extension SparseRows {
  /// The entries of a row, or the sum of their values where there are any.
  func observed(_ row: Int) -> Double {
    let range = offsets[row]..<offsets[row + 1]
    guard let values else { return Double(range.count) }
    return range.reduce(0) { $0 + Double(values[$1]) }
  }
}
