// Where do an axis' ticks go, and where does a value lie on it?

import Glibc

/// A scale with ticks and a label.
public struct Axis: Sendable, Equatable {
  /// A place on the axis with the text beside it.
  public struct Tick: Sendable, Equatable {
    public let value: Double
    public let text: String
  }

  public let label: String
  public let low: Double
  public let high: Double
  public let isLogarithmic: Bool
  public let ticks: [Tick]

  /// Where a value lies: 0 at the low end, 1 at the high end.
  public func share(_ value: Double) -> Double {
    guard isLogarithmic else { return (value - low) / (high - low) }
    return log(max(value, low) / low) / log(high / low)
  }

  /// An axis of round steps that covers the values.
  ///
  /// - Parameters:
  ///   - zero: whether 0 is on it in any case.
  ///   - count: about how many steps it has.
  ///   - tight: whether it ends with the values instead of the next tick.
  ///   - whole: whether only whole numbers have ticks.
  public static func linear(
    _ label: String, covering values: [Double], zero: Bool = false, count: Int = 5,
    tight: Bool = false, whole: Bool = false
  ) -> Axis {
    // Numbers beyond these sizes are faults of a computation, and powers of ten near them overflow.
    let finite =
      values.filter { abs($0) < 1e100 }.map { abs($0) < 1e-100 ? 0 : $0 } + (zero ? [0] : [])
    var (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
    if low == high {
      let room = low == 0 ? 1 : abs(low) * 0.1
      (low, high) = (zero && low >= 0 ? low : low - room, high + room)
    }
    let step = max(niceStep((high - low) / Double(max(count, 1))), whole ? 1 : 0)
    var (first, last) = (Int((low / step).rounded(.down)), Int((high / step).rounded(.up)))
    // Rounding must not add a step for a value that is a tick already.
    if Double(first + 1) * step - low < step * 1e-9 { first += 1 }
    if high - Double(last - 1) * step < step * 1e-9 { last -= 1 }
    if tight {
      if Double(first) * step < low - step * 1e-9 { first += 1 }
      if Double(last) * step > high + step * 1e-9 { last -= 1 }
    } else {
      (low, high) = (Double(first) * step, Double(last) * step)
    }
    let places = first <= last ? Array(first...last) : []
    return Axis(
      label: label, low: low, high: high, isLogarithmic: false,
      ticks: places.map { place in
        let value = Double(place) * step
        return Tick(value: value, text: NumberText.tick(value, step: step))
      })
  }

  /// An axis of powers of ten over positive values; between few powers 2 and 5 times them have ticks too.
  public static func logarithmic(_ label: String, covering values: [Double]) -> Axis {
    let positive = values.filter { $0 > 1e-100 && $0 < 1e100 }
    var (low, high) = (positive.min() ?? 1, positive.max() ?? 10)
    if high / low < 2 { (low, high) = (low / 1.5, high * 1.5) }
    let powers = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
    let decades = log10(high / low)
    let factors: [Double] = decades <= 3 ? [1, 2, 5] : [1]
    var ticks: [Tick] = []
    for power in powers where decades <= 8 || (power - powers.lowerBound) % 2 == 0 {
      for factor in factors {
        let value = factor * pow(10, Double(power))
        guard value >= low * 0.999_999, value <= high * 1.000_001 else { continue }
        ticks.append(Tick(value: value, text: NumberText.short(value)))
      }
    }
    return Axis(label: label, low: low, high: high, isLogarithmic: true, ticks: ticks)
  }

  /// The smallest of 1, 2 and 5 times a power of ten that is not below a size.
  static func niceStep(_ size: Double) -> Double {
    guard size.isFinite, size > 0 else { return 1 }
    let power = pow(10, log10(size).rounded(.down))
    for factor: Double in [1, 2, 5] where factor * power >= size * (1 - 1e-9) {
      return factor * power
    }
    return 10 * power
  }
}
