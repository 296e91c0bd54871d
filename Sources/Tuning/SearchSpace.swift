// Which settings are searched, and in which ranges?

import Glibc
import Interchange

/// A setting to search.
public struct SearchDimension: Equatable, Sendable {
  /// What values a setting may have.
  public enum Range: Equatable, Sendable {
    /// Any number between the bounds, or any logarithm of one.
    case number(Double, Double, isLogarithmic: Bool)
    /// Whole numbers between the bounds, or by their logarithm.
    case integer(Int, Int, isLogarithmic: Bool)
    case choice([String])
  }

  public let name: String
  public let range: Range

  public init(_ name: String, _ range: Range) {
    self.name = name
    self.range = range
  }

  /// The coordinate range that searching happens in; a choice is its place.
  public var bounds: (low: Double, high: Double) {
    switch range {
    case .number(let low, let high, let isLogarithmic):
      isLogarithmic ? (log(low), log(high)) : (low, high)
    case .integer(let low, let high, let isLogarithmic):
      isLogarithmic
        ? (log(Double(low) - 0.499), log(Double(high) + 0.499))
        : (Double(low) - 0.499, Double(high) + 0.499)
    case .choice(let values): (0, Double(values.count))
    }
  }

  /// The values that tell whether a model takes the range: both bounds, or every choice.
  public var extremes: [String] {
    if case .choice(let values) = range { return values }
    return [text(at: bounds.low), text(at: bounds.high)]
  }

  /// The value at a coordinate, as `fit --set` takes it.
  public func text(at coordinate: Double) -> String {
    switch range {
    case .number(let low, let high, let isLogarithmic):
      let value = isLogarithmic ? exp(coordinate) : coordinate
      return significant(min(max(value, low), high))
    case .integer(let low, let high, let isLogarithmic):
      let value = (isLogarithmic ? exp(coordinate) : coordinate).rounded()
      return String(min(max(Int(value), low), high))
    case .choice(let values):
      return values[min(max(Int(coordinate), 0), values.count - 1)]
    }
  }

  /// The coordinate of a value; nil when it is none of this dimension's.
  public func coordinate(of text: String) -> Double? {
    switch range {
    case .number(_, _, let isLogarithmic), .integer(_, _, let isLogarithmic):
      guard let value = Double(text), !isLogarithmic || value > 0 else { return nil }
      let coordinate = isLogarithmic ? log(value) : value
      // Values are written with four digits, which may lie a little beyond a bound.
      let slack = 1e-3 * (bounds.high - bounds.low)
      guard (bounds.low - slack...bounds.high + slack).contains(coordinate) else { return nil }
      return min(max(coordinate, bounds.low), bounds.high)
    case .choice(let values):
      return values.firstIndex(of: text).map { Double($0) + 0.5 }
    }
  }

  /// Four significant digits, so that trials can be read and repeated.
  private func significant(_ value: Double) -> String {
    guard value != 0 else { return "0" }
    let scale = pow(10, 3 - floor(log10(abs(value))))
    return "\((value * scale).rounded() / scale)"
  }
}

/// The settings to search.
public struct SearchSpace: Equatable, Sendable {
  public let dimensions: [SearchDimension]

  public init(_ dimensions: [SearchDimension]) { self.dimensions = dimensions }

  /// Reads `{"kl-weight": {"log": [0.001, 0.1]}, "depth": {"integer": [0, 4]}, "dropout": {"number":
  /// [0.2, 0.8]}, "width": {"log-integer": [100, 1000]}, "similarity": {"choice": ["cosine",
  /// "inner-product"]}}`; settings are searched in the order of their names.
  ///
  /// Throws `TuningError` that names the setting at fault.
  public init(_ json: JSONValue, name: String) throws {
    guard case .object(let members) = json, !members.isEmpty else {
      throw TuningError("\(name): is no JSON object of settings and ranges")
    }
    dimensions = try members.sorted { $0.key < $1.key }.map { setting, value in
      func malformed() -> TuningError {
        TuningError(
          "\(name): '\(setting)' needs one of number, log, integer, log-integer with [low, high],"
            + " or choice with a list of texts")
      }
      guard case .object(let range) = value, range.count == 1, let (kind, given) = range.first,
        let values = given.array
      else { throw malformed() }
      if kind == "choice" {
        let texts = values.compactMap(\.string)
        guard texts.count == values.count, !texts.isEmpty else { throw malformed() }
        return SearchDimension(setting, .choice(texts))
      }
      let numbers = values.compactMap(\.double)
      guard numbers.count == 2, values.count == 2, numbers[0] < numbers[1],
        numbers.allSatisfy(\.isFinite)
      else { throw malformed() }
      let isLogarithmic = kind.hasPrefix("log")
      guard !isLogarithmic || numbers[0] > 0 else { throw malformed() }
      switch kind {
      case "number", "log":
        return SearchDimension(
          setting, .number(numbers[0], numbers[1], isLogarithmic: isLogarithmic))
      case "integer", "log-integer":
        guard let low = Int(exactly: numbers[0]), let high = Int(exactly: numbers[1]) else {
          throw malformed()
        }
        return SearchDimension(setting, .integer(low, high, isLogarithmic: isLogarithmic))
      default: throw malformed()
      }
    }
  }
}

/// A search space or a trials log that cannot be used.
public struct TuningError: CategorisedError {
  public let category = FailureCategory.badData
  public let description: String

  init(_ description: String) { self.description = description }
}
