// Which settings are worth trying next?

import DenseMath
import Glibc

/// Tree-structured Parzen estimators (Bergstra et al., NeurIPS 2011) over all settings at once, which maximise.
///
/// Trials are parted into the best share and the rest. A mixture is laid over either part: one Gaussian for each
/// trial, cut off at the bounds, with a width that shrinks as trials come in (Scott's rule), and a wide one for
/// the prior; choices have most of their weight on the trial's own. Of some candidates drawn from the first
/// mixture, the one with the highest ratio of densities is tried. One density over all settings knows which
/// values were good together.
public struct ParzenSearch: Sendable {
  public let space: SearchSpace
  /// Trials drawn at random before any estimate.
  public var randomTrials = 5
  /// Candidates compared.
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
    var random = RandomStream(seed: seed, stage: RandomStage.parzen, index: UInt64(trials.count))
    guard trials.count >= randomTrials else {
      return space.dimensions.map { dimension in
        let (low, high) = dimension.bounds
        return low + (high - low) * random.uniform()
      }
    }
    let order = trials.indices.sorted { (trials[$0].value, -$0) > (trials[$1].value, -$1) }
    let good = min(max(Int((0.2 * Double(trials.count)).rounded(.up)), 3), 25)
    let above = Mixture(order[..<good].map { trials[$0].coordinates }, space)
    let below = Mixture(order[good...].map { trials[$0].coordinates }, space)
    var found = (coordinates: [Double](), ratio: -Double.infinity)
    for _ in 0..<max(candidates, 1) {
      let drawn = above.draw(&random)
      let ratio = above.logDensity(drawn) - below.logDensity(drawn)
      if found.coordinates.isEmpty || ratio > found.ratio { found = (drawn, ratio) }
    }
    return found.coordinates
  }
}

/// Equal shares of one component for each trial and one for the prior, in all dimensions.
private struct Mixture {
  private let dimensions: [SearchDimension]
  /// Coordinates of the components; nil where the prior holds, as in all of the last.
  private let centres: [[Double?]]
  private let widths: [Double]

  init(_ trials: [[Double?]], _ space: SearchSpace) {
    dimensions = space.dimensions
    centres = trials + [space.dimensions.map { _ in nil }]
    let count = Double(trials.count)
    let share = 0.1 * pow(max(count, 1), -1 / Double(space.dimensions.count + 4))
    widths = space.dimensions.map { dimension in
      let range = dimension.bounds.high - dimension.bounds.low
      return range * min(max(share, 1 / min(100, count + 2)), 1)
    }
  }

  func draw(_ random: inout RandomStream) -> [Double] {
    let component = centres[random.below(centres.count)]
    return dimensions.indices.map { place in
      let (low, high) = dimensions[place].bounds
      if case .choice(let values) = dimensions[place].range {
        let weights = choiceWeights(component[place], values.count)
        var (left, choice) = (random.uniform(), 0)
        while choice < values.count - 1, left >= weights[choice] {
          left -= weights[choice]
          choice += 1
        }
        return Double(choice) + 0.5
      }
      let (centre, width) = gaussian(component[place], place)
      while true {
        let value = centre + width * random.normal()
        if value >= low, value <= high { return value }
      }
    }
  }

  func logDensity(_ x: [Double]) -> Double {
    let logs = centres.map { component in
      dimensions.indices.reduce(0.0) { $0 + logDensity(x[$1], component[$1], $1) }
    }
    let most = logs.max() ?? 0
    return most + log(logs.reduce(0) { $0 + exp($1 - most) } / Double(logs.count))
  }

  private func logDensity(_ x: Double, _ coordinate: Double?, _ place: Int) -> Double {
    if case .choice(let values) = dimensions[place].range {
      return log(choiceWeights(coordinate, values.count)[min(max(Int(x), 0), values.count - 1)])
    }
    let (low, high) = dimensions[place].bounds
    let (centre, width) = gaussian(coordinate, place)
    let inside = normal((high - centre) / width) - normal((low - centre) / width)
    let distance = (x - centre) / width
    return -0.5 * distance * distance - log(width * max(inside, 1e-12))
  }

  private func gaussian(_ coordinate: Double?, _ place: Int) -> (centre: Double, width: Double) {
    let (low, high) = dimensions[place].bounds
    return coordinate.map { ($0, widths[place]) } ?? ((low + high) / 2, high - low)
  }

  /// A share for the prior, the rest for the trial's own choice.
  private func choiceWeights(_ coordinate: Double?, _ count: Int) -> [Double] {
    let prior = 1 / Double(centres.count)
    return (0..<count).map { choice in
      let isOwn = coordinate.map { Int($0) == choice } ?? false
      return coordinate == nil
        ? 1 / Double(count)
        : (prior / Double(count) + (isOwn ? 1 : 0)) / (1 + prior)
    }
  }

  /// The standard normal distribution function.
  private func normal(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
}
