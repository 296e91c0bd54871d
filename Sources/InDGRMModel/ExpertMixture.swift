// How good are mixtures of several scores on the validation users?

import DenseMath
import Fitting

/// A mixture of scores: base + linear x other scores + factors x third ones + bias x a vector over items.
struct ExpertMixture {
  var linear: Double
  var factors = 0.0
  var bias: Double
}

/// The same for several mixtures of scores; `score` fills the base, the linear scores and those of factors.
func validate(
  _ held: ValidationUsers, mixing mixtures: [ExpertMixture], bias: Matrix<Float>,
  score: (Range<Int>, _ base: Matrix<Float>, _ linear: Matrix<Float>, _ factors: Matrix<Float>) ->
    Void
) -> [Double] {
  let foldIn = held.foldIn
  var sums = mixtures.map { _ in MetricSum(held) }
  let most = min(500, foldIn.rowCount)
  let all = (0..<4).map { _ in Matrix<Float>(rows: most, columns: foldIn.columnCount) }
  let share = Matrix<Float>(rows: 1, columns: bias.columns)
  for start in stride(from: 0, to: foldIn.rowCount, by: 500) {
    let rows = start..<min(start + 500, foldIn.rowCount)
    let blocks = all.map { $0.rowBlock(0..<rows.count) }
    let (base, linear, factors, mixed) = (blocks[0], blocks[1], blocks[2], blocks[3])
    score(rows, base, linear, factors)
    for (place, mixture) in mixtures.enumerated() {
      mixed.copy(from: base)
      addScaled(linear, by: Float(mixture.linear), to: mixed)
      if mixture.factors > 0 { addScaled(factors, by: Float(mixture.factors), to: mixed) }
      share.copy(from: bias)
      scale(share, by: Float(mixture.bias))
      addRow(share, to: mixed)
      held.fillStrangers(mixed, rows: rows)
      sums[place].add(rows, held.lists(mixed, rows: rows))
    }
  }
  return sums.map(\.mean)
}
