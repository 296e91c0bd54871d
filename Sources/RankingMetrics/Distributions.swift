// What are the tails and quantiles of the normal and Student's t distribution?

import Glibc

/// Probability that a standard normal variable is at least |z| away from 0.
func normalTwoSidedTail(_ z: Double) -> Double {
  erfc(abs(z) / 2.0.squareRoot())
}

/// Probability that a Student-t variable is at least |t| away from 0: I_{v/(v+t^2)}(v/2, 1/2).
func studentTwoSidedTail(_ t: Double, degrees: Double) -> Double {
  guard t.isFinite else { return t.isNaN ? .nan : 0 }
  let square = t * t
  guard square > 0 else { return 1 }
  return incompleteBeta(
    degrees / 2, 0.5, degrees / (degrees + square), complement: square / (degrees + square))
}

/// The t with probability `confidence` between -t and t, by bisection.
func studentTwoSidedQuantile(confidence: Double, degrees: Double) -> Double {
  let tail = 1 - confidence
  var low = 0.0
  var high = 1.0
  while studentTwoSidedTail(high, degrees: degrees) > tail, high < 1e300 { high *= 2 }
  while true {
    let middle = low + (high - low) / 2
    if middle <= low || middle >= high { return middle }
    if studentTwoSidedTail(middle, degrees: degrees) > tail { low = middle } else { high = middle }
  }
}

/// The regularised incomplete beta function I_x(a, b) with `complement` = 1 - x given exactly.
func incompleteBeta(_ a: Double, _ b: Double, _ x: Double, complement y: Double) -> Double {
  guard x > 0 else { return 0 }
  guard y > 0 else { return 1 }
  // Near 1 the complement has more digits than the number itself.
  let logX = x > 0.5 ? log1p(-y) : log(x)
  let logY = y > 0.5 ? log1p(-x) : log(y)
  let logFront = a * logX + b * logY - logBeta(a, b)
  if x < (a + 1) / (a + b + 2) {
    return exp(logFront) * betaFraction(a, b, x) / a
  }
  return 1 - exp(logFront) * betaFraction(b, a, y) / b
}

/// Continued fraction of the incomplete beta function by the modified Lentz method.
private func betaFraction(_ a: Double, _ b: Double, _ x: Double) -> Double {
  let tiny = 1e-300
  func guarded(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
  var c = 1.0
  var d = 1 / guarded(1 - (a + b) * x / (a + 1))
  var result = d
  for step in 1...10_000 {
    let m = Double(step)
    let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / guarded(1 + even * d)
    c = guarded(1 + even / c)
    result *= d * c
    let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / guarded(1 + odd * d)
    c = guarded(1 + odd / c)
    result *= d * c
    if abs(d * c - 1) < 4e-16 { break }
  }
  return result
}

/// Logarithm of the beta function.
private func logBeta(_ a: Double, _ b: Double) -> Double {
  guard b == 0.5, a > 100 else { return lgamma(a).0 + lgamma(b).0 - lgamma(a + b).0 }
  // Differences of large logarithms lose digits; log G(a + 1/2) - log G(a) as a series in 1/a
  // leaves off 31 / (18432 a^9).
  let u = 1 / a
  let tail = u * (-1.0 / 8 + u * u * (1.0 / 192 + u * u * (-1.0 / 640 + u * u * 17 / 14336)))
  return log(Double.pi) / 2 - (log(a) / 2 + tail)
}
