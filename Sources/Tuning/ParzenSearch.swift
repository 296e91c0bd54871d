// Which settings are worth trying next?

import DenseMath
import Glibc

/// Tree-structured Parzen estimators (Bergstra et al., NeurIPS 2011), which maximise.
///
/// Trials are parted into the best share and the rest. In each dimension, alone, a mixture of Gaussians
/// cut off at the bounds is laid over either part, one for each trial and a wide one for the prior; of
/// some candidates drawn from the first, the one with the highest ratio of densities is tried. Choices
/// are counted instead, every one once before any trial.
public struct ParzenSearch: Sendable {
  public let space: SearchSpace
  /// Trials drawn at random before any estimate.
  public var randomTrials = 10
  /// Candidates compared for each dimension.
  public var candidates = 24
  private let seed: UInt64

  public init(_ space: SearchSpace, seed: UInt64) {
    self.space = space
    self.seed = seed
  }

  /// The coordinates to try next, given the trials so far with their values (larger is better).
  ///
  /// A trial without a coordinate (a value outside the range, as a default may be) tells nothing of that
  /// dimension. Equal seeds and trials give equal coordinates.
  public func next(after trials: [(coordinates: [Double?], value: Double)]) -> [Double] {
    var random = RandomStream(seed: seed, stage: 0x5450_4531, index: UInt64(trials.count))
    guard trials.count >= randomTrials else {
      return space.dimensions.map { dimension in
        let (low, high) = dimension.bounds
        return low + (high - low) * random.uniform()
      }
    }
    let order = trials.indices.sorted { (trials[$0].value, -$0) > (trials[$1].value, -$1) }
    let good = min(max(Int((0.1 * Double(trials.count)).rounded(.up)), 3), 25)
    return space.dimensions.enumerated().map { place, dimension in
      let best = order[..<good].compactMap { trials[$0].coordinates[place] }
      let rest = order[good...].compactMap { trials[$0].coordinates[place] }
      if case .choice(let values) = dimension.range {
        return choose(values.count, best, rest, &random)
      }
      let (above, below) = (
        Mixture(best, dimension.bounds, trials: trials.count),
        Mixture(rest, dimension.bounds, trials: trials.count)
      )
      var found = (coordinate: 0.0, ratio: -Double.infinity)
      for _ in 0..<candidates {
        let coordinate = above.draw(&random)
        let ratio = above.logDensity(coordinate) - below.logDensity(coordinate)
        if ratio > found.ratio { found = (coordinate, ratio) }
      }
      return found.coordinate
    }
  }

  private func choose(
    _ count: Int, _ best: [Double], _ rest: [Double], _ random: inout RandomStream
  ) -> Double {
    func shares(_ coordinates: [Double]) -> [Double] {
      var counts = [Double](repeating: 1, count: count)
      for coordinate in coordinates { counts[min(max(Int(coordinate), 0), count - 1)] += 1 }
      return counts.map { $0 / Double(coordinates.count + count) }
    }
    let (above, below) = (shares(best), shares(rest))
    var found = (choice: 0, ratio: -Double.infinity)
    for _ in 0..<candidates {
      var (left, choice) = (random.uniform(), 0)
      while choice < count - 1, left >= above[choice] {
        left -= above[choice]
        choice += 1
      }
      let ratio = above[choice] / below[choice]
      if ratio > found.ratio { found = (choice, ratio) }
    }
    return Double(found.choice) + 0.5
  }
}

/// A mixture of Gaussians cut off at bounds, one at each point and one over the whole range.
private struct Mixture {
  private let low: Double
  private let high: Double
  private var centres: [Double] = []
  private var widths: [Double] = []

  /// - Parameter trials: of both parts; the more, the narrower a Gaussian may be.
  init(_ points: [Double], _ bounds: (low: Double, high: Double), trials: Int) {
    (low, high) = bounds
    let prior = ((low + high) / 2, high - low)
    let all = (points + [prior.0]).sorted()
    // A point's width is the larger distance to its neighbours, within limits.
    let least = (high - low) / Double(min(100, trials + 1))
    var isPriorPlaced = false
    for (place, point) in all.enumerated() {
      centres.append(point)
      if point == prior.0, !isPriorPlaced {
        isPriorPlaced = true
        widths.append(prior.1)
        continue
      }
      let left = place > 0 ? point - all[place - 1] : 0
      let right = place + 1 < all.count ? all[place + 1] - point : 0
      widths.append(min(max(max(left, right), least), high - low))
    }
  }

  func draw(_ random: inout RandomStream) -> Double {
    let place = random.below(centres.count)
    while true {
      let value = centres[place] + widths[place] * random.normal()
      if value >= low, value <= high { return value }
    }
  }

  func logDensity(_ x: Double) -> Double {
    var sum = 0.0
    for (centre, width) in zip(centres, widths) {
      let inside = normal((high - centre) / width) - normal((low - centre) / width)
      let distance = (x - centre) / width
      sum += exp(-0.5 * distance * distance) / (width * max(inside, 1e-12))
    }
    return log(max(sum / Double(centres.count), 1e-300))
  }

  /// The standard normal distribution function.
  private func normal(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
}
