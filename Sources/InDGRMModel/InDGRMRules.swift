// Which settings does InDGRM take from the data, and why so?

import Fitting
import Glibc
import Interchange
import Training

/// The rows by which InDGRM settles what is left to the data, in the order in which they are asked.
///
/// Where histories are long and the matrix dense, every item that a user passed over says something,
/// which the Bernoulli cost heeds one by one; elsewhere it does not. Deep encoders overfit short histories and few
/// users. Where the catalogue is small, half of a short history says too little of the rest. Where a user's tastes are
/// spread a place for every group is far better than one for all; on dense data, where it gains little, groups lose
/// their meaning by it, so that it is not even tried.
enum InDGRMRules {
  static let table: [Rule] = [
    groupParts, eitherWay, candidates, withParts, TrainingPlan.batchRule(InDGRMFamily.usualBatch),
    depth, dropout, richData, prior,
  ]

  /// The number of the row about fits in both ways, which are made in training.
  static let bothWays = 4

  /// What all rules together were tried on: not each by itself.
  private static let jointly = "jointly: five swapped sets, CiaoDVD, Epinions, a supermarket"
  private static let shown = "AliShop-7C, ml-latest-small, MovieLens-100K, MovieLens-1M, Yelp"

  private static let groupParts = Rule(
    3, "Does a user stand at another place for every item group?", ["group-parts": "on"],
    "where fewer than 1,000,000 interactions fill less than 1 % of the matrix and item-knn is over 1.1 times as good as ials on the validation users",
    record: 15, drawnFrom: "\(shown), Yelp2018", testedOn: jointly
  ) { evidence in
    guard evidence.mayHaveParts, !evidence.isDense,
      evidence.shape.interactions < Evidence.pilotLimit,
      let ratio = try evidence.pilots?.ratio("item-knn", over: "ials"), ratio > 1.1
    else { return nil }
    return (["group-parts": "on"], "item-knn reaches \(ratio.percentText) % of ials")
  }

  private static let eitherWay = Rule(
    bothWays, "Which way is better where no rule is sure?",
    [
      "group-parts":
        "the way above, or the other if a fit of it is 1.025 times as good on the validation users"
    ],
    "where fewer than 150,000 interactions are fewer than 35 a user or fill less than 1 % of the matrix, 50 validation users can tell, and nothing is put aside, resumed or shorter than 100 epochs",
    record: 4, drawnFrom: "FilmTrust", testedOn: shown
  ) { _ in nil }

  private static let withParts = Rule(
    5, "What goes with a place for every item group?",
    [
      "latent": "100", "groups": "7", "learning-rate": "0.001", "depth": "1", "start": "random",
    ], "with group parts", record: 15, drawnFrom: shown, testedOn: jointly
  ) {
    $0.usesParts
      ? (
        [
          "latent": 100, "groups": 7, "learning-rate": .number(1e-3), "depth": 1,
          "start": "random",
        ], nil
      ) : nil
  }

  private static let depth = Rule(
    6, "How deep is the encoder?", ["depth": "1"],
    "below 35 interactions a user or 150,000 in all", record: 11,
    drawnFrom: "ml-latest-small, MovieLens-100K, fifths of MovieLens-1M, Netflix, Yelp",
    testedOn: jointly
  ) { $0.areLong && $0.shape.interactions >= 150_000 ? nil : (["depth": 1], nil) }

  private static let dropout = Rule(
    7, "How much of the input is dropped in training?", ["dropout": "0.3"],
    "for fewer than 60 interactions a user that fill 15 % of the matrix", record: 5,
    drawnFrom: "MovieLens and Netflix cut to 60 to 1,000 items", testedOn: "none"
  ) { evidence in
    let shape = evidence.shape
    let isSmall =
      shape.interactions < 60 * shape.users
      && shape.interactions * 20 >= 3 * shape.users * shape.items
    return isSmall ? (["dropout": .number(0.3)], nil) : nil
  }

  private static let candidates = Rule(
    8, "How many items are drawn for a batch's softmax?", ["samples": "4096"],
    "above 20,000 items with the multinomial cost", record: nil, drawnFrom: "none",
    testedOn: "Epinions"
  ) { evidence in
    let isMultinomial =
      evidence.settings.isAuto("cost") || evidence.settings.choice("cost") == "multinomial"
    return evidence.shape.items > 20_000 && isMultinomial ? (["samples": 4096], nil) : nil
  }

  private static let richData = Rule(
    9, "What suits long histories in a dense matrix?",
    [
      "clusters": "one for every 500 users, at most 6", "cost": "bernoulli", "start": "linear",
    ], "from 35 interactions a user that fill 1 % of the matrix, unless items are sampled",
    record: 13,
    drawnFrom: "\(shown), Netflix, MovieLens-1M of five stars (clusters: record 2, cost: record 3)",
    testedOn: "\(jointly), with two clusters at least"
  ) { evidence in
    guard evidence.isRich else { return nil }
    let users = evidence.shape.users
    return (
      [
        "clusters": .integer(min(max(users / 500, 1), 6)), "cost": "bernoulli",
        "start": "linear",
      ], "\(users) users"
    )
  }

  private static let prior = Rule(
    10, "How near to the prior do posteriors stay?",
    [
      "kl-weight":
        "more, up to 0.1 and to 2 for a whole user, where item-knn is less than 1.45 times as good as popularity on the validation users, else 0.003 with the Bernoulli cost"
    ], "for fewer than 1,000,000 interactions and 60 a user, or with the Bernoulli cost",
    record: 14,
    drawnFrom: "parts of MovieLens, ml-latest-small and Yelp; MovieLens-1M (Bernoulli: record 13)",
    testedOn: jointly
  ) { evidence in
    let (shape, usual) = (evidence.shape, evidence.usualKLWeight)
    if shape.interactions < Evidence.pilotLimit, shape.each < 60,
      let gain = try evidence.pilots?.ratio("item-knn", over: "popularity"),
      let weight = thinKLWeight(usual, interactions: shape.each, gain: gain)
    {
      return (
        ["kl-weight": .number(weight)], "item-knn reaches \(gain.percentText) % of popularity"
      )
    }
    return evidence.settings.choice("cost") == "bernoulli"
      ? (["kl-weight": .number(usual)], nil) : nil
  }

  /// The weight of the KL divergence an interaction where neighbours are `gain` times as good as popularity; nil where
  /// that is enough for what is usual.
  ///
  /// Where little more than popularity can be told of a user, a posterior that strays from the prior is noise;
  /// but the divergence should not count much more than once a user, as in the evidence lower bound, or nothing
  /// is learnt.
  ///
  /// - Parameter interactions: of a user, on average.
  static func thinKLWeight(_ usual: Double, interactions: Double, gain: Double) -> Double? {
    guard gain < 1.45 else { return nil }
    return max(usual, min(0.1 * exp(-3 * max(gain - 0.9, 0)), 2 / max(interactions, 1)))
  }
}

extension Evidence {
  /// Interactions from which on no pilot runs are made.
  fileprivate static let pilotLimit = 1_000_000
  fileprivate var areLong: Bool { shape.interactions >= 35 * shape.users }
  fileprivate var isDense: Bool { shape.interactions * 100 >= shape.users * shape.items }
  fileprivate var isRich: Bool { areLong && isDense && settings.integer("samples") == 0 }
  fileprivate var mayHaveParts: Bool { settings.flag("item-groups") && givenGroups ?? 0 <= 50 }
  fileprivate var usesParts: Bool {
    settings.flag("item-groups") && settings.choice("group-parts") == "on"
  }
  fileprivate var usualKLWeight: Double {
    settings.choice("cost") == "bernoulli" ? 0.003 : 0.0075
  }

  /// Whether fits of both ways can tell more of group parts than rule 3 does.
  var mayTryParts: Bool {
    mayHaveParts && !(areLong && isDense) && shape.interactions < 150_000
  }
}

extension Double {
  /// A ratio in per cent.
  fileprivate var percentText: String { "\(Int((100 * Swift.min(self, 1e6)).rounded()))" }
}
