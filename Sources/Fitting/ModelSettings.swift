// What did the user choose, what was settled, and why?

import Interchange
import Recommending

/// The settings of one fit: the defaults with the user's choices and, once `resolved`, what was left to the data.
public struct ModelSettings: Sendable {
  private var values: [String: Setting<JSONValue>]
  private var reasons: [String: Reason] = [:]

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
        if let now = family.withdrawn[parts[0]] {
          throw ModelError(
            .usage, "\(parts[0]) is no longer a setting of '\(family.name)': \(now); leave it out")
        }
        let names = family.options.filter(\.isGivable).map(\.name).joined(separator: ", ")
        throw ModelError(
          .usage,
          "model '\(family.name)' has no setting '\(parts[0])'; it has \(names.isEmpty ? "none" : names)"
        )
      }
      guard let value = option.parse(parts[1]) else {
        throw ModelError(.usage, "\(option.name) must be \(option.rangeText), not '\(parts[1])'")
      }
      guard option.isGivable || value == .auto else {
        throw ModelError(
          .usage, "\(option.name) is not a setting: every fit finds out itself; leave it out")
      }
      values[option.name] = value
      reasons[option.name] = value == .auto ? nil : .given
    }
  }

  /// All settings as JSON; auto where one is still left to the data.
  public var json: JSONValue { .object(values.mapValues { $0.value ?? "auto" }) }

  /// Why settings are what they are, those apart that are the default whatever the data.
  public var reasonsJSON: JSONValue { .object(reasons.mapValues { .string($0.description) }) }

  /// The settings that have a reason, each as `name=value: reason`, by name.
  public var reasonTexts: [String] {
    reasons.sorted { $0.key < $1.key }.map { name, reason in
      "\(name)=\(values[name]?.value?.settingText ?? "auto"): \(reason)"
    }
  }

  /// Why a setting is what it is; nil where it is the default or not settled yet.
  public func reason(for name: String) -> Reason? { reasons[name] }

  /// Whether a setting is left to the data.
  public func isAuto(_ name: String) -> Bool { values[name] == .auto }

  /// With another value of one setting, and why.
  public func setting(_ name: String, _ value: JSONValue, _ reason: Reason) -> ModelSettings {
    var changed = self
    changed.values[name] = .given(value)
    changed.reasons[name] = reason
    return changed
  }

  /// With the same value of a setting for another reason.
  public func reasoning(_ name: String, _ reason: Reason) -> ModelSettings {
    var changed = self
    changed.reasons[name] = reason
    return changed
  }

  /// With one setting left to the data, whatever was given.
  public func leaving(_ name: String) -> ModelSettings {
    var changed = self
    changed.values[name] = .auto
    changed.reasons[name] = nil
    return changed
  }

  /// As an earlier fit by these settings ended: what was left to the data as it was settled, and as many epochs as
  /// its best took.
  public func settled(as earlier: JSONValue, for family: any ModelFamily.Type) -> ModelSettings {
    var changed = self
    for option in family.options {
      if let value = earlier[option.name], option.ranges(over: value) {
        changed.values[option.name] = .given(value)
        if isAuto(option.name) { changed.reasons[option.name] = .taken("the first fit") }
      }
    }
    if let best = earlier["best_epoch"]?.int, values["epochs"] != nil {
      changed = changed.setting("epochs", .integer(max(best, 1)), .taken("the first fit's best"))
    }
    return changed
  }

  /// The value of a setting that is settled, by its type; zero, off or nothing where there is none.
  public func integer(_ name: String) -> Int { values[name]?.value?.int ?? 0 }
  public func number(_ name: String) -> Double { values[name]?.value?.double ?? 0 }
  public func flag(_ name: String) -> Bool { values[name]?.value?.bool ?? false }
  public func choice(_ name: String) -> String { values[name]?.value?.string ?? "" }
}

extension JSONValue {
  /// A setting's value as a user types it.
  public var settingText: String { bool.map { $0 ? "on" : "off" } ?? string ?? text }
}
