// Which settings does a model have, and how are they written?

import Interchange

/// A setting of a model, given as `--set name=value`.
public struct ModelOption: Sendable {
  /// The usual value, and the values a setting may have.
  public enum Kind: Sendable {
    case integer(Int, ClosedRange<Int>)
    case number(Double, ClosedRange<Double>)
    case flag(Bool)
    case choice(String, [String])
  }

  /// Whether a setting may be left to the data by the word auto; `formerly` is what earlier versions wrote for it.
  public enum Auto: Sendable, Equatable {
    case never
    /// What a fit finds out and its model tells: nobody gives it.
    case always(formerly: String)
    case unlessGiven(formerly: String)
    case onRequest(formerly: String)

    var former: String? {
      switch self {
      case .never: nil
      case .always(let word), .unlessGiven(let word), .onRequest(let word): word
      }
    }
  }

  public let name: String
  public let kind: Kind
  public let help: String
  public let auto: Auto

  public init(_ name: String, _ kind: Kind, _ help: String, auto: Auto = .never) {
    self.name = name
    self.kind = kind
    self.help = help
    self.auto = auto
  }

  /// Whether the user may give it.
  public var isGivable: Bool { if case .always = auto { false } else { true } }

  /// Whether it is left to the data where nothing is given.
  private var beginsAuto: Bool {
    switch auto {
    case .never, .onRequest: false
    case .always, .unlessGiven: true
    }
  }

  /// The default as the user would type it.
  public var defaultText: String { beginsAuto ? "auto" : usualText }

  /// The usual value as the user would type it: what is taken where no rule speaks.
  public var usualText: String {
    switch kind {
    case .integer(let value, _): String(value)
    case .number(let value, _):
      value == value.rounded() && abs(value) < 1e6 ? String(Int(value)) : "\(value)"
    case .flag(let value): value ? "on" : "off"
    case .choice(let value, _): value
    }
  }

  /// Whether a word is a value of the range; auto is none.
  public func ranges(over text: String) -> Bool {
    switch kind {
    case .integer(_, let range): Int(text).map { range.contains($0) } ?? false
    case .number(_, let range): Double(text).map { range.contains($0) } ?? false
    case .flag: ["on", "off"].contains(text)
    case .choice(_, let values): values.contains(text)
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
    let range =
      switch kind {
      case .integer(_, let range): "\(range.lowerBound) to \(range.upperBound)"
      case .number(_, let range): "\(range.lowerBound) to \(range.upperBound)"
      case .flag: "on or off"
      case .choice(_, let values): values.joined(separator: ", ")
      }
    return auto == .never ? range : range + ", or auto"
  }

  /// A word as a setting, auto and what earlier versions wrote for it included; nil where it is none.
  public func parse(_ text: String) -> Setting<JSONValue>? {
    if isAuto(text) { return .auto }
    guard ranges(over: text) else { return nil }
    return switch kind {
    case .integer: Int(text).map { .given(.integer($0)) }
    case .number: Double(text).map { .given(.number($0)) }
    case .flag: .given(.bool(text == "on"))
    case .choice: .given(.string(text))
    }
  }

  private func isAuto(_ text: String) -> Bool {
    guard let former = auto.former else { return false }
    if text == "auto" || text == former { return true }
    guard let number = Double(former) else { return false }
    return Double(text) == number
  }

  /// A setting as another version stored it, in this one's words.
  public func current(_ stored: JSONValue) -> JSONValue {
    stored.double.map { isAuto("\($0)") } ?? false ? "auto" : stored
  }

  public var defaultValue: Setting<JSONValue> {
    beginsAuto ? .auto : .given(usualValue)
  }

  public var usualValue: JSONValue {
    switch kind {
    case .integer(let value, _): .integer(value)
    case .number(let value, _): .number(value)
    case .flag(let value): .bool(value)
    case .choice(let value, _): .string(value)
    }
  }
}
