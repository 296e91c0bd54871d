// How is a setting settled that is left to the data?

import DenseMath
import Interchange
import Recommending

/// One row of the table of rules: what settings are where a condition holds.
///
/// A rule is chosen on validation users, and enters when it wins on sets it was not drawn from.
public struct Rule: Sendable {
  /// Unique among all families; models name it.
  public let number: Int
  public let question: String
  /// What it says of each setting that it is about, and when: words that read "value, condition".
  public let values: KeyValuePairs<String, String>
  public let condition: String
  /// The number of the record with the evidence, in `pipelines/paper/records`; nil where none was kept.
  public let record: Int?
  /// The data sets it was drawn from, and those it was tested on afterwards; `none` where there were none.
  public let drawnFrom: String
  public let testedOn: String
  /// The values where the condition holds, with the figures it went by; nil where it does not.
  public let decide: @Sendable (Evidence) throws -> Decision?

  /// Values of settings by name, and the figures that they go by.
  public typealias Decision = (values: [String: JSONValue], figures: String?)

  public init(
    _ number: Int, _ question: String, _ values: KeyValuePairs<String, String>,
    _ condition: String, record: Int?, drawnFrom: String, testedOn: String,
    decide: @escaping @Sendable (Evidence) throws -> Decision?
  ) {
    (self.number, self.question) = (number, question)
    (self.values, self.condition, self.record) = (values, condition, record)
    (self.drawnFrom, self.testedOn, self.decide) = (drawnFrom, testedOn, decide)
  }

  /// The names of the settings that it is about.
  public var settings: [String] { values.map(\.key) }

  /// What it says of a setting and when; nil of others.
  public func sentence(of setting: String) -> String? {
    values.first { $0.key == setting }.map { "\($0.value), \(condition)" }
  }

  /// The row in one line.
  public var line: String {
    let told =
      values.count == 1
      ? values[0].value : values.map { "\($0.key) \($0.value)" }.joined(separator: "; ")
    return "rule \(number), \(settings.joined(separator: ", ")): \(question) \(told), \(condition);"
      + " evidence: \(record.map { "record \($0)" } ?? "none was kept");"
      + " drawn from \(drawnFrom); tested on \(testedOn)"
  }

  func reason(for setting: String, _ figures: String?) -> Reason {
    .rule(number, (sentence(of: setting) ?? condition) + (figures.map { " (\($0))" } ?? ""))
  }
}

/// How much there is to train on.
public struct DataShape: Sendable, Equatable {
  public let users: Int
  public let items: Int
  public let interactions: Int

  public init(users: Int, items: Int, interactions: Int) {
    (self.users, self.items, self.interactions) = (users, items, interactions)
  }

  /// Interactions of a user, on average.
  public var each: Double { Double(interactions) / Double(max(users, 1)) }
}

extension TrainingData {
  public var shape: DataShape {
    DataShape(users: rows.rowCount, items: rows.columnCount, interactions: rows.count)
  }
}

/// What quick fits of simple models say of the data.
public protocol PilotRuns {
  /// The validation metric of one model over that of another; nil without validation users.
  ///
  /// Throws `ModelError` when a model cannot be fitted.
  func ratio(_ model: String, over other: String) throws -> Double?
}

/// What a rule goes by.
public struct Evidence {
  public let shape: DataShape
  /// Nil where nothing may be asked.
  public let pilots: (any PilotRuns)?
  /// The settings as far as they are settled: rules above in the table have spoken.
  public fileprivate(set) var settings: ModelSettings
  /// The number of item groups where they come from elsewhere.
  public let givenGroups: Int?

  public init(
    _ shape: DataShape, _ settings: ModelSettings, pilots: (any PilotRuns)? = nil,
    givenGroups: Int? = nil
  ) {
    (self.shape, self.settings) = (shape, settings)
    (self.pilots, self.givenGroups) = (pilots, givenGroups)
  }
}

/// An earlier model or run whose settings are kept where none are given.
public struct EarlierSettings {
  let settings: JSONValue
  let names: [String]
  let title: String
  /// What it said of why its settings are what they are.
  let reasons: JSONValue?

  /// - Parameters:
  ///   - title: what it is, as in "as the earlier model".
  ///   - reasons: of settings whose reasons stay the same.
  public init(
    _ settings: JSONValue, keeping names: [String], title: String, reasons: JSONValue? = nil
  ) {
    (self.settings, self.names, self.title) = (settings, names, title)
    self.reasons = reasons
  }

  func reason(for name: String) -> Reason {
    reasons?[name]?.string.map { .retold($0) } ?? .taken(title)
  }
}

extension ModelFamily {
  /// Settles what is left to the data, in the order of the table: what an earlier model has, else what the first rule
  /// says whose condition holds, else what is usual. Settings that no rule is about stay as they are.
  ///
  /// Throws `ModelError` when a pilot run fails.
  public static func resolve(_ evidence: Evidence, following earlier: EarlierSettings? = nil) throws
    -> ModelSettings
  {
    var evidence = evidence
    for option in options where evidence.settings.isAuto(option.name) {
      if let earlier, earlier.names.contains(option.name),
        let value = earlier.settings[option.name], option.ranges(over: value)
      {
        evidence.settings = evidence.settings.setting(
          option.name, value, earlier.reason(for: option.name))
      }
    }
    var asked = Set<String>()
    for name in rules.flatMap(\.settings) where asked.insert(name).inserted {
      guard evidence.settings.isAuto(name),
        let option = options.first(where: { $0.name == name })
      else { continue }
      var (value, reason) = (option.usualValue, Reason.usual)
      for rule in rules where rule.settings.contains(name) {
        guard let found = try rule.decide(evidence), let own = found.values[name] else { continue }
        (value, reason) = (own, rule.reason(for: name, found.figures))
        break
      }
      evidence.settings = evidence.settings.setting(name, value, reason)
    }
    return evidence.settings
  }

  /// What an option does, with what auto takes.
  public static func help(of option: ModelOption) -> String {
    let rows = rules.compactMap { rule in
      rule.sentence(of: option.name).map { "\($0) (rule \(rule.number))" }
    }
    guard !rows.isEmpty else { return option.help }
    return "\(option.help); auto takes \(rows.joined(separator: "; ")); else \(option.usualText)"
  }
}
