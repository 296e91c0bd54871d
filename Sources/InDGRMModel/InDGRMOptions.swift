// Which parts of InDGRM are on, and how large are they?

import DenseMath
import Fitting
import Glibc
import Interchange
import Recommending
import Training

/// The settings of InDGRM; names follow `--set`.
struct InDGRMOptions: Sendable {
  var width = 600
  var depth = 4
  var latent = 200
  var clusters = 6
  var groups = 18
  var temperature = 0.1
  var dropout = 0.5
  var klWeight = 0.0075
  var priorOld = 0.75
  var priorWide = 0.1
  var concentration = 1.0
  var ardShape = 1.0
  var ardScale = 0.1
  var mappingPenalty = 0.0
  var usesGroups = true
  /// Whether users stand at another place for every item group (`GroupParts`).
  var usesParts = false
  /// Whether factors speak about some item groups alone (`Doors`).
  var usesDoors = false
  /// Whether what passes the doors was fitted to them (`PassingItems`).
  var fitsItems = false
  var usesCosine = true
  /// Draws per item in the Gumbel-softmax relaxation (N_j of Eq. 6).
  var groupDraws = 1
  /// What item vectors start from.
  var start = "random"
  var batch = 250
  var cost = ReconstructionCost.multinomial
  /// L and eta_psi of local variational optimisation (Algorithm 2); no steps are plain SGD.
  var innerSteps = 0
  var innerRate = 0.05
  var usesARD = false
  /// Epochs before DGLGM's ARD variances are learnt; InDGRM's are from the first on.
  var ardEpoch = 0
  /// Whether clusters' weights see the items' vectors and what other users of a cluster like (Eq. 15).
  var usesGroupAttention = true
  /// Whether the heads see the items' vectors beside the encoder's features (Eq. 14).
  var usesItemFeatures = false
  /// Clusters with a smaller share of users are not kept.
  var clusterThreshold = 0.005
  /// epsilon_lambda: dimensions with a smaller share of the cluster's largest variance are not kept.
  var dimensionThreshold = 0.001
  /// Items drawn for a batch's softmax beside its own; 0 scores all items.
  var samples = 0
  /// Passes that update the encoder alone before each that updates the decoder alone; 0 updates both at
  /// once.
  var encoderPasses = 0

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
        "depth", .integer(4, Self.depthRange), "Dense layers of the encoder after the first",
        auto: .unlessGiven(formerly: "-1")
      ),
      ModelOption(
        "latent", .integer(200, Self.latentRange), "Latent dimensions d",
        auto: .unlessGiven(formerly: "-1")),
      ModelOption(
        "clusters", .integer(6, Self.clusterRange), "User clusters K at the start",
        auto: .unlessGiven(formerly: "-1")
      ),
      ModelOption(
        "merge-clusters", .flag(false),
        "Merge clusters at the start that users' directions do not tell apart"),
      ModelOption(
        "groups", .integer(18, Self.groupRange),
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
        "Share of pairs of a factor and an item group between which the door is closed; auto takes the most that costs no more than half a per cent of the validation metric (0.7 without validation users)",
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

  init() {}

  /// - Parameter settings: settled ones (`InDGRMRules`).
  init(_ settings: ModelSettings) {
    width = settings.integer("width")
    depth = settings.integer("depth")
    latent = settings.integer("latent")
    clusters = settings.integer("clusters")
    groups = settings.integer("groups")
    dropout = settings.number("dropout")
    klWeight = settings.number("kl-weight")
    if settings.choice("prior") == "pure" { (priorOld, priorWide) = (0, 0) }
    mappingPenalty = settings.number("mapping-penalty")
    usesGroups = settings.flag("item-groups")
    usesCosine = settings.choice("similarity") == "cosine"
    groupDraws = max(settings.integer("group-draws"), 1)
    start = settings.choice("start")
    usesParts = usesGroups && settings.choice("group-parts") == "on"
    batch = settings.integer("batch")
    cost = ReconstructionCost(rawValue: settings.choice("cost")) ?? .multinomial
    innerSteps = settings.integer("inner-steps")
    usesARD = settings.flag("ard")
    usesItemFeatures = settings.flag("item-features")
    samples = settings.integer("samples")
  }

  /// Throws `ModelError` (usage) for settings that cannot be combined.
  ///
  /// - Parameter ranks: the parts that items are cut into.
  func check(itemRanks ranks: Int = 1) throws {
    guard ranks == 1 || !usesParts else {
      throw ModelError(
        .usage, "--item-ranks cuts no group parts; set group-parts=off, or leave --item-ranks out")
    }
    guard ranks == 1 || cost != .squared else {
      throw ModelError(
        .usage,
        "--item-ranks goes with cost=multinomial and cost=bernoulli; set one of them, or leave --item-ranks out"
      )
    }
    guard samples == 0 || cost == .multinomial else {
      throw ModelError(.usage, "samples needs cost=multinomial; set samples=0")
    }
    guard priorOld + priorWide < 1 else {
      throw ModelError(.usage, "prior-old and prior-wide must add up to less than 1")
    }
  }

  /// What a fit keeps that starts from an earlier model or goes on with a run.
  static let sizeNames = ["group-parts", "clusters", "latent", "groups", "depth"]

  /// What was settled, as a run that goes on takes it.
  var sizes: JSONValue {
    [
      "group-parts": .string(usesParts ? "on" : "off"), "clusters": .integer(clusters),
      "latent": .integer(latent), "groups": .integer(groups), "depth": .integer(depth),
    ]
  }

  /// Whether there is a term of groups beside the similarity.
  var mixesGroups: Bool { usesGroups && !usesDoors }

  private static let clusterRange = 1...256
  private static let latentRange = 1...10_000
  static let groupRange = 1...10_000
  private static let depthRange = 0...32

  /// What the posterior's heads see of a user: the encoder's features, and the sum of item vectors.
  var headInputs: Int { width + (usesItemFeatures ? latent : 0) }

  /// The sizes a stored model was made with.
  ///
  /// Throws `ModelError` when the stored settings make no sense.
  init(stored json: JSONValue) throws {
    guard json["refine-steps"]?.int ?? 0 == 0 else {
      throw ModelError(
        .badData,
        "the model fits factor-to-group vectors to each user (refine-steps), which is no longer done; fit the model again"
      )
    }
    guard let width = json["width"]?.int, let depth = json["depth"]?.int,
      let latent = json["latent"]?.int, let clusters = json["clusters"]?.int,
      let groups = json["groups"]?.int, let temperature = json["temperature"]?.double,
      (1...100_000).contains(width), Self.depthRange.contains(depth),
      Self.latentRange.contains(latent), Self.clusterRange.contains(clusters),
      Self.groupRange.contains(groups), temperature > 0
    else { throw ModelError(.badData, "the model's settings are unusable; fit the model again") }
    self.width = width
    self.depth = depth
    self.latent = latent
    self.clusters = clusters
    self.groups = groups
    self.temperature = temperature
    usesGroups = json["item-groups"]?.bool ?? true
    usesParts = usesGroups && json["group-parts"]?.string == "on"
    // Models of earlier versions say true, and their item vectors pass as they are.
    fitsItems = usesGroups && !usesParts && json["doors"]?.string == "fitted"
    usesDoors = fitsItems || usesGroups && !usesParts && json["doors"]?.bool == true
    // Models of earlier versions may be without.
    usesGroupAttention = json["attention"]?.string ?? "group" == "group"
    usesItemFeatures = json["item-features"]?.bool ?? false
    cost = json["cost"]?.string.flatMap { ReconstructionCost(rawValue: $0) } ?? .multinomial
    usesCosine = json["similarity"]?.string != "inner-product"
  }
}
