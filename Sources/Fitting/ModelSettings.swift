// Which settings does a model have, and what did the user choose?

import Interchange
import Recommending

/// A setting of a model, given as `--set name=value`.
public struct ModelOption: Sendable {
  /// The default, which may lie outside, and the values a setting may have.
  public enum Kind: Sendable {
    case integer(Int, ClosedRange<Int>)
    case number(Double, ClosedRange<Double>)
    case flag(Bool)
    case choice(String, [String])
  }

  public let name: String
  public let kind: Kind
  public let help: String

  public init(_ name: String, _ kind: Kind, _ help: String) {
    self.name = name
    self.kind = kind
    self.help = help
  }

  /// The default as the user would type it.
  public var defaultText: String {
    switch kind {
    case .integer(let value, _): String(value)
    case .number(let value, _):
      value == value.rounded() && abs(value) < 1e6 ? String(Int(value)) : "\(value)"
    case .flag(let value): value ? "on" : "off"
    case .choice(let value, _): value
    }
  }

  /// Whether a value is one of the range; a default that lies outside it is none.
  public func ranges(over text: String) -> Bool {
    switch kind {
    case .integer(_, let range): Int(text).map { range.contains($0) } ?? false
    case .number(_, let range): Double(text).map { range.contains($0) } ?? false
    case .flag, .choice: parse(text) != nil
    }
  }

  /// The same of a stored value.
  public func ranges(over value: JSONValue) -> Bool {
    switch kind {
    case .integer: value.int.map { ranges(over: String($0)) } ?? false
    case .number(_, let range): value.double.map { range.contains($0) } ?? false
    case .flag: value.bool != nil
    case .choice(_, let values): value.string.map { values.contains($0) } ?? false
    }
  }

  /// The allowed values in words.
  public var rangeText: String {
    switch kind {
    case .integer(let value, let range):
      "\(range.lowerBound) to \(range.upperBound)" + (range.contains(value) ? "" : ", or \(value)")
    case .number(let value, let range):
      "\(range.lowerBound) to \(range.upperBound)"
        + (range.contains(value) ? "" : ", or \(defaultText)")
    case .flag: "on or off"
    case .choice(_, let values): values.joined(separator: ", ")
    }
  }

  public func parse(_ text: String) -> JSONValue? {
    switch kind {
    case .integer(let usual, _):
      return Int(text).flatMap { ranges(over: text) || $0 == usual ? .integer($0) : nil }
    case .number(let usual, _):
      return Double(text).flatMap { ranges(over: text) || $0 == usual ? .number($0) : nil }
    case .flag:
      return ["on": .bool(true), "off": .bool(false)][text]
    case .choice(_, let values):
      return values.contains(text) ? .string(text) : nil
    }
  }

  public var defaultValue: JSONValue {
    switch kind {
    case .integer(let value, _): .integer(value)
    case .number(let value, _): .number(value)
    case .flag(let value): .bool(value)
    case .choice(let value, _): .string(value)
    }
  }
}

/// The settings of one fit: the defaults with the user's choices.
public struct ModelSettings: Sendable {
  private var values: [String: JSONValue]

  /// Parses `name=value` words against a family's options.
  ///
  /// Throws `ModelError` (usage) that names the setting and what it may be.
  public init(_ words: [String], for family: any ModelFamily.Type) throws {
    values = [:]
    for option in family.options { values[option.name] = option.defaultValue }
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw ModelError(.usage, "--set needs name=value, not '\(word)'")
      }
      guard let option = family.options.first(where: { $0.name == parts[0] }) else {
        let names = family.options.map(\.name).joined(separator: ", ")
        throw ModelError(
          .usage,
          "model '\(family.name)' has no setting '\(parts[0])'; it has \(names.isEmpty ? "none" : names)"
        )
      }
      guard let value = option.parse(parts[1]) else {
        throw ModelError(.usage, "\(option.name) must be \(option.rangeText), not '\(parts[1])'")
      }
      values[option.name] = value
    }
  }

  /// All settings as JSON.
  public var json: JSONValue { .object(values) }

  /// With another value of one setting.
  public func setting(_ name: String, _ value: JSONValue) -> ModelSettings {
    var changed = self
    changed.values[name] = value
    return changed
  }

  /// As an earlier fit by these settings ended: what was left to the data as it was settled, and as many epochs as
  /// its best took.
  public func settled(as earlier: JSONValue, for family: any ModelFamily.Type) -> ModelSettings {
    var changed = self
    for option in family.options {
      if let value = earlier[option.name], option.ranges(over: value) {
        changed.values[option.name] = value
      }
    }
    if let best = earlier["best_epoch"]?.int, values["epochs"] != nil {
      changed.values["epochs"] = .integer(max(best, 1))
    }
    return changed
  }

  public func integer(_ name: String) -> Int { values[name]?.int ?? 0 }
  public func number(_ name: String) -> Double { values[name]?.double ?? 0 }
  public func flag(_ name: String) -> Bool { values[name]?.bool ?? false }
  public func choice(_ name: String) -> String { values[name]?.string ?? "" }
}
