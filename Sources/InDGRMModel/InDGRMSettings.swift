// Which settings has InDGRM?

import DenseMath
import Fitting
import Interchange
import Recommending
import Training

/// What `fit --set` takes; values that depend on the data are those of `InDGRMRules`.
enum InDGRMSettings {
  /// Settings that earlier versions had, and what is done now.
  static let withdrawn = [
    "anneal-epochs": "the KL divergence has its full weight from the first epoch on",
    "average": "earlier epochs have a weight of 0.8 in the average that is kept",
    "attention": "clusters are always told by the user's items too (Eq. 15)",
    "ard-epoch": "with ard=on variances are learnt from the first epoch on",
    "ard-shape": "eta_a is 1", "ard-scale": "eta_b is 0.1",
    "concentration": "alpha of the stick-breaking prior is 1",
    "inner-rate": "eta_psi is 0.05",
    "prior-old": "prior=pure leaves the earlier posterior out, whose share is 0.75",
    "prior-wide": "prior=pure leaves the wide Gaussian out, whose share is 0.1",
    "privileged-weight": "lambda_p is 30",
    "prune-clusters": "clusters are left out below a share of 0.005 of the users",
    "prune-dimensions": "with ard=on epsilon_lambda is 0.001",
    "refine-steps": "factor-to-group vectors are not fitted to single users any more",
    "refine-rate": "factor-to-group vectors are not fitted to single users any more",
    "temperature": "tau is 0.1",
    "user-weight": "users count by their interactions",
  ].merging(TrainingPlan.withdrawn) { own, _ in own }

  static let options: [ModelOption] =
    [
      ModelOption("width", .integer(600, 1...100_000), "Units of the encoder's layers"),
      ModelOption(
        "depth", .integer(4, NetworkShape.depthRange),
        "Dense layers of the encoder after the first",
        auto: .unlessGiven(formerly: "-1")
      ),
      ModelOption(
        "latent", .integer(200, NetworkShape.latentRange), "Latent dimensions d",
        auto: .unlessGiven(formerly: "-1")),
      ModelOption(
        "clusters", .integer(6, NetworkShape.clusterRange), "User clusters K at the start",
        auto: .unlessGiven(formerly: "-1")
      ),
      ModelOption(
        "merge-clusters", .flag(false),
        "Merge clusters at the start that users' directions do not tell apart"),
      ModelOption(
        "groups", .integer(18, NetworkShape.groupRange),
        "Item groups G (given ones take precedence)", auto: .unlessGiven(formerly: "-1")),
      ModelOption(
        "dropout", .number(0.5, 0...0.99), "Share of the input dropped in training",
        auto: .unlessGiven(formerly: "-1")
      ),
      ModelOption(
        "kl-weight", .number(0.0075, 0...1000), "Weight of the KL divergence an interaction",
        auto: .unlessGiven(formerly: "-1")
      ),
      ModelOption(
        "prior", .choice("composite", ["composite", "pure"]),
        "What posteriors are drawn to: the clusters' Gaussians alone, or together with the earlier posterior and a wide Gaussian"
      ),
      ModelOption(
        "mapping-penalty", .number(0, 0...1e6),
        "lambda_o, the group lasso of the factor-to-group vectors"),
      ModelOption(
        "group-draws", .integer(1, 1...64),
        "N_j, Gumbel-softmax draws averaged for an item; auto takes its number of categories",
        auto: .onRequest(formerly: "0")),
      ModelOption(
        "start", .choice("factors", ["random", "spectral", "factors", "linear"]),
        "What item vectors and the encoder's input layer start from, or with linear the whole network",
        auto: .unlessGiven(formerly: "auto")
      ),
      ModelOption(
        "privileged", .flag(false),
        "Groups stand for the items' categories, whose likeness ranks them (InDGRM-p)"),
      ModelOption(
        "cost", .choice("multinomial", ReconstructionCost.allCases.map(\.rawValue)),
        "How reconstruction is measured", auto: .unlessGiven(formerly: "auto")
      ),
      ModelOption(
        "inner-steps", .integer(0, 0...100),
        "L, steps of local variational optimisation; 0 is plain stochastic gradient descent"),
      ModelOption(
        "item-features", .flag(false),
        "The posterior's heads see the sum of the user's item vectors beside the encoder's features"
      ),
      ModelOption(
        "ard", .flag(false), "Learn by ARD variances how many dimensions each cluster needs"),
      ModelOption(
        "factor-loss", .number(0.01, 0...0.99),
        "Share of users' second moments, the common part apart, that a cluster's left-out factors may have; auto takes the most that costs no more than a thousandth of the validation metric (0.01 without validation users)",
        auto: .unlessGiven(formerly: "auto")
      ),
      ModelOption(
        "closed-doors", .number(InDGRM.usualShare, 0...0.99),
        "Share of pairs of a factor and an item group between which the door is closed; auto takes the most that costs no more than half a per cent of the validation metric (0.7 without validation users); with group-parts each factor is one group's own, unless 0",
        auto: .unlessGiven(formerly: "auto")
      ),
      ModelOption(
        "item-factors", .integer(200, 1...10_000),
        "Factors that may speak of an item where doors are closed, on the average; auto takes the fewest that cost no more than the doors may, together with them (all that are open without validation users)",
        auto: .always(formerly: "auto")
      ),
      ModelOption(
        "samples", .integer(0, 0...10_000_000),
        "Items drawn for a batch's softmax beside its own; 0 takes all items",
        auto: .unlessGiven(formerly: "-1")
      ),
      ModelOption(
        "group-parts", .choice("off", ["on", "off"]),
        "Users stand at another place for every item group", auto: .unlessGiven(formerly: "auto")
      ),
      ModelOption(
        "members", .integer(1, 1...16),
        "Fits by different seeds and with the same groups, whose scores and explanations are averaged"
      ),
      ModelOption("item-groups", .flag(true), "Item groups and factor-to-group vectors"),
      ModelOption(
        "similarity", .choice("cosine", ["cosine", "inner-product"]),
        "How items meet users and prototypes"),
    ]
    + TrainingPlan.options(
      epochs: 200, batch: InDGRMFamily.usualBatch,
      rate: .auto(5e-4), average: nil)
}
