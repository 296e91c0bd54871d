// What are the latent features of matrix factorisation?

import DenseMath
import Recommending

/// z is the user's factors p_u, which the scores p_u . q_j determine: p_u = s_u Q (Q'Q)^-1, Q of full rank.
extension FactorModel: LatentModel {
  package func represent(_ foldIn: SparseRows) -> UserRepresentations {
    let d = items.columns
    let exact = Matrix<Double>(rows: items.rows, columns: d, items.buffer.map { Double($0) })
    let inverse = Matrix<Double>(rows: d, columns: d)
    multiply(exact, transposeA: true, exact, into: inverse)
    // Far below what a fit leaves in any direction; keeps unused factors at zero.
    let trace = (0..<d).reduce(0.0) { $0 + inverse[$1, $1] }
    for factor in 0..<d { inverse[factor, factor] += max(trace, 1e-30) * 1e-12 }
    let result = Matrix<Float>(rows: foldIn.rowCount, columns: d)
    guard (try? inverseSPD(inverse)) != nil else { return UserRepresentations(points: result) }
    let solver = Matrix<Double>(rows: items.rows, columns: d)
    multiply(exact, inverse, into: solver)
    let narrow = Matrix<Float>(rows: items.rows, columns: d, solver.buffer.map { Float($0) })
    let block = 256
    let scores = Matrix<Float>(rows: min(block, foldIn.rowCount), columns: itemCount)
    for start in stride(from: 0, to: foldIn.rowCount, by: block) {
      let rows = start..<min(start + block, foldIn.rowCount)
      let part = scores.rowBlock(0..<rows.count)
      score(foldIn, rows: rows, into: part)
      multiply(part, narrow, into: result.rowBlock(rows))
    }
    return UserRepresentations(points: result)
  }

  package var itemVectors: Matrix<Float> { items }

  package func score(_ users: UserRepresentations, into scores: Matrix<Float>) {
    multiply(users.points, items, transposeB: true, into: scores)
  }

  package var scoresAreLogProbabilities: Bool { false }
}
