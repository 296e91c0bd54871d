// Is a setting given, or left to the data?

import Interchange

/// A setting as it stands before a fit.
public enum Setting<Value: Sendable & Equatable>: Sendable, Equatable {
  /// Left to a rule, an earlier model, or a choice on validation users.
  case auto
  case given(Value)

  public var value: Value? {
    if case .given(let value) = self { value } else { nil }
  }
}

/// Why a setting has the value it has; stored with the model.
public enum Reason: Sendable, Equatable, CustomStringConvertible {
  /// It is the default.
  case usual
  /// The user said so.
  case given
  /// A row of the table decided it, by these words.
  case rule(Int, String)
  /// It was taken over: from an earlier model, a run that goes on, given groups.
  case taken(String)
  /// It was measured on the validation users while fitting.
  case chosen(String)
  /// As a run gave it that goes on.
  case retold(String)

  public var description: String {
    switch self {
    case .usual: "usual"
    case .given: "given"
    case .rule(let number, let words): "rule \(number): \(words)"
    case .taken(let from): "as \(from)"
    case .chosen(let how): "chosen: \(how)"
    case .retold(let words): words
    }
  }
}
