// Which special functions do priors and tests need?

import Glibc

/// The digamma function for x > 0: recurrence to x >= 10, then the asymptotic series; error below 1e-13.
public func digamma(_ x: Double) -> Double {
  precondition(x > 0, "digamma needs a positive argument")
  var (x, result) = (x, 0.0)
  while x < 10 {
    result -= 1 / x
    x += 1
  }
  let inverse = 1 / (x * x)
  // Bernoulli terms: 1/12, -1/120, 1/252, -1/240, 1/132 over even powers of x.
  var series = 1.0 / 132
  for term in [-1.0 / 240, 1.0 / 252, -1.0 / 120, 1.0 / 12] { series = term + inverse * series }
  return result + log(x) - 0.5 / x - inverse * series
}
