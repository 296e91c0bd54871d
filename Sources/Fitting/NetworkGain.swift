// What did a network gain over models that take seconds?

import Interchange
import RankingMetrics
import Recommending

/// A model that takes seconds, as validation users judge it.
public struct SimpleRival: Sendable {
  /// As after `--model`, with what is set beside.
  public let name: String
  public let profile: ValidationProfile
  /// What its fit took.
  public let seconds: Double

  public init(name: String, profile: ValidationProfile, seconds: Double) {
    (self.name, self.profile, self.seconds) = (name, profile, seconds)
  }
}

/// How much better a network is on validation users than the best of some models that take seconds.
public struct NetworkGain: Sendable, Equatable {
  /// A model with its mean metric.
  public struct Reached: Sendable, Equatable {
    public let name: String
    public let value: Double
    /// What it took; nil where nobody knows any more, since models are stored without.
    public var seconds: Double?
  }

  public let metric: String
  public private(set) var network: Reached
  /// All rivals, the cheapest first.
  public private(set) var rivals: [Reached]
  /// Of the difference between the network and the best rival, over validation users.
  public let standardError: Double

  /// Which rival is the first of the best.
  private let bestPlace: Int
  public var best: Reached { rivals[bestPlace] }

  /// What validation users say of the network beside the best rival.
  public enum Verdict: Sendable {
    /// The network is better than the best rival by more than a standard error.
    case better
    /// Chance may have made the difference.
    case even
    case worse
  }

  public var verdict: Verdict {
    let gain = network.value - best.value
    return gain > standardError ? .better : gain < -standardError ? .worse : .even
  }

  /// Nil without rivals, and where fewer than two validation users are there to tell.
  public init?(
    of name: String, _ profile: ValidationProfile, seconds: Double, over rivals: [SimpleRival],
    by metric: ValidationMetric
  ) {
    guard !rivals.isEmpty, profile.userCount > 1 else { return nil }
    self.metric = metric.text
    network = Reached(name: name, value: profile.value, seconds: seconds)
    self.rivals = rivals.map {
      Reached(name: $0.name, value: $0.profile.value, seconds: $0.seconds)
    }
    bestPlace = rivals.indices.reduce(0) {
      rivals[$1].profile.value > rivals[$0].profile.value ? $1 : $0
    }
    standardError = profile.gain(over: rivals[bestPlace].profile).standardError
  }

  /// For a model's description: without what anything took, which is never the same twice.
  public var json: JSONValue {
    [
      "metric": .string(metric), "value": .number(network.value),
      "standard_error": .number(standardError), "text": .string(timeless.sentence),
      "rivals": .array(
        rivals.map { ["model": .string($0.name), "value": .number($0.value)] }),
    ]
  }

  private var timeless: NetworkGain {
    var gain = self
    gain.network.seconds = nil
    for place in gain.rivals.indices { gain.rivals[place].seconds = nil }
    return gain
  }

  /// All of it in one sentence, with what it took where that is known.
  public var sentence: String {
    let difference = percent(network.value - best.value)
    let error = percent(standardError)
    let (own, other) = (text(network), text(best))
    return switch verdict {
    case .better:
      "\(network.name) reaches \(metric) \(own) on validation users, \(best.name) \(other):"
        + " +\(difference) (standard error \(error))"
    case .even:
      "\(best.name) is as good: \(metric) \(other) on validation users, \(network.name) \(own):"
        + " \(network.value < best.value ? "" : "+")\(difference), within a standard error (\(error))"
    case .worse:
      "\(best.name) is better: \(metric) \(other) on validation users, \(network.name) \(own):"
        + " \(difference) (standard error \(error))"
    }
  }

  private func text(_ model: Reached) -> String {
    fixed(model.value, 4) + (model.seconds.map { " in \(fixed($0, 1)) s" } ?? "")
  }

  /// A difference as a share of what the best rival reaches, or as it is where that is nothing.
  private func percent(_ difference: Double) -> String {
    best.value > 0 ? "\(fixed(100 * difference / best.value, 1)) %" : fixed(difference, 4)
  }
}
