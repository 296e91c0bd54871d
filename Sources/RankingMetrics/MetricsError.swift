// What can be wrong with lists handed in for evaluation, and how is it said?

/// Why a list could not be evaluated.
///
/// Users and items are indices: the caller knows their names.
public enum MetricsError: Error, Equatable, Sendable {
  /// An option makes no sense; the text says which and what would.
  case invalidOption(String)
  /// The round is negative (and not `noRound`) or too large.
  case roundOutOfRange(user: UInt32, round: Int)
  /// Some lists have a round and some have none.
  case mixedRounds(user: UInt32)
  /// The same user has two lists in one round.
  case repeatedList(user: UInt32, round: Int)
  /// Truth items are not strictly ascending at this position (from 0).
  case unsortedTruth(user: UInt32, round: Int, position: Int)
  /// The list names an item twice; the rank (from 1) is that of the second time.
  case repeatedItem(user: UInt32, round: Int, rank: Int, item: UInt32)
  /// The list names an item that is not in the catalogue or is declared not to be scorable.
  case unknownItem(user: UInt32, round: Int, rank: Int, item: UInt32)
  /// The number of folded-in interactions is negative.
  case negativeFoldIn(user: UInt32, round: Int)
  /// `finish` was called before.
  case finished
}

extension MetricsError: CustomStringConvertible {
  /// The error with user, round and rank, and what to do about it.
  public var description: String {
    switch self {
    case .invalidOption(let text):
      return text
    case .roundOutOfRange(let user, let round):
      return "user \(user): round \(round) is not in 0...\(RankingAccumulator.maximumRounds - 1)"
    case .mixedRounds(let user):
      return "user \(user): some lists have a round and some have none; evaluate them apart"
    case .repeatedList(let user, let round):
      return "\(place(user, round)): has a list already; give one list per user and round"
    case .unsortedTruth(let user, let round, let position):
      return "\(place(user, round)): truth items must be ascending without repeats, "
        + "which fails at position \(position)"
    case .repeatedItem(let user, let round, let rank, let item):
      return "\(place(user, round)): rank \(rank) repeats item \(item); list an item once"
    case .unknownItem(let user, let round, let rank, let item):
      return "\(place(user, round)): item \(item) at rank \(rank) is not one that can be scored; "
        + "do lists and truth belong together?"
    case .negativeFoldIn(let user, let round):
      return "\(place(user, round)): a negative number of folded-in interactions"
    case .finished:
      return "lists were added after the evaluation had been finished"
    }
  }

  private func place(_ user: UInt32, _ round: Int) -> String {
    round == RankingAccumulator.noRound ? "user \(user)" : "user \(user), round \(round)"
  }
}
