// What does a figure say in plain words?

/// How far a figure is from what chance gives.
public enum Verdict: String, CaseIterable, Sendable {
  case atChance = "at chance"
  case weak
  case clear

  /// Of a share that is `chance` by chance and 1 at best: at chance within two standard errors of that, clear from half
  /// of the way to 1 on.
  public init(_ share: Double, chance: Double, standardError: Double) {
    if share <= chance + 2 * standardError {
      self = .atChance
    } else {
      self = share >= (1 + chance) / 2 ? .clear : .weak
    }
  }

  /// Of an agreement that is 0 by chance and 1 at best: at chance up to 0.05, clear from 0.25 on.
  public init(agreement: Double) {
    self = agreement <= 0.05 ? .atChance : agreement >= 0.25 ? .clear : .weak
  }

  /// Of an advantage over chance that a share of cases has: at chance within two standard errors of 0, clear where
  /// nine in ten have it.
  public init(advantage: Double, standardError: Double, share: Double) {
    self = advantage <= 2 * standardError ? .atChance : share >= 0.9 ? .clear : .weak
  }
}
