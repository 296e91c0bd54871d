// How long may training go on?

import Recommending

/// The time that a fit is given. Training ends after whole epochs and leaves out whole members, so that what it chose
/// can be set and the same fit had again.
public struct TrainingBudget: Sendable {
  /// The share of the time that is for training: choosing an expert and closing doors come after.
  static let share = 0.85
  /// What it chose is chosen for.
  public static let reason = Reason.chosen("as the time allowed")
  /// The most members that it takes of its own accord: more gain little.
  public static let mostMembers = 5

  private let deadline: Double

  /// - Parameters:
  ///   - seconds: from now on.
  public init(seconds given: Double) { deadline = seconds() + Self.share * given }

  /// Whether there is time for something that is expected to take so many seconds.
  public func permits(_ expected: Double) -> Bool { seconds() + expected <= deadline }

  /// The settings that hold what it chose: of these the ones that a family has.
  private static let names = ["epochs", "group-parts", "members"]

  /// What to set for the same fit without a budget.
  public static func words(_ settings: ModelSettings, for family: any ModelFamily.Type) -> String {
    names.filter { name in
      family.options.contains { $0.name == name } && !settings.isAuto(name)
    }.map { "--set \($0)=\(settings.json[$0]?.settingText ?? "")" }.joined(separator: " ")
  }
}
