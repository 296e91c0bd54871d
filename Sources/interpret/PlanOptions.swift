// How much work goes into a measurement?

import ArgumentParser
import Interpretability

/// How disentanglement is measured.
struct DisentanglementOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Votes for each dimension that disentanglement learns from; as many are judged. (default: 10, or beyond 200 dimensions as many as make 2000 of all, at least 3)",
      valueName: "n"))
  var votes: Int?

  @Option(help: ArgumentHelp("Representations put together for a vote.", valueName: "n"))
  var draws = 64

  @Option(help: "How disentanglement makes histories from representations.")
  var histories: HistoryMaking = .drawn

  func validate() throws {
    guard (1...100_000).contains(votes ?? 1), (2...10_000).contains(draws) else {
      throw ValidationError(
        "--votes must be between 1 and 100000, --draws between 2 and 10000")
    }
  }

  func plan(_ seed: UInt64) -> DisentanglementPlan {
    var plan = DisentanglementPlan()
    plan.votes = votes
    plan.draws = draws
    plan.seed = seed
    return plan
  }
}

/// How fidelity and the structure of scores are measured.
struct FidelityOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Users whose best recommendation is taken apart.", valueName: "n"))
  var fidelityUsers = 100

  @Option(
    help: ArgumentHelp("Random orders an explanation is held against.", valueName: "n"))
  var orders = 10

  func validate() throws {
    guard (1...10_000_000).contains(fidelityUsers), (1...1000).contains(orders) else {
      throw ValidationError(
        "--fidelity-users must be between 1 and 10000000, --orders between 1 and 1000")
    }
  }

  func plan(_ seed: UInt64) -> FidelityPlan {
    var plan = FidelityPlan()
    plan.orders = orders
    plan.seed = seed
    return plan
  }
}

/// How a history is made from scores.
enum HistoryMaking: String, ExpressibleByArgument, CaseIterable {
  /// By chance, as the model says users choose.
  case drawn
  /// The items that score highest.
  case top
  /// Every item by its probability.
  case expected
}
