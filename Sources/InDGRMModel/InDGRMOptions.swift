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
  var ardEpoch = 25
  var priorOld = 0.75
  var priorWide = 0.1
  var concentration = 1.0
  var ardShape = 1.0
  var ardScale = 0.1
  var mappingPenalty = 1e-3
  var usesGroups = true
  /// Whether users stand at another place for every item group (`GroupParts`).
  var usesParts = false
  /// Whether factors speak about some item groups alone (`Doors`).
  var usesDoors = false
  var usesCosine = true
  /// Draws per item in the Gumbel-softmax relaxation (N_j of Eq. 6).
  var groupDraws = 1
  /// What item vectors start from.
  var start = "random"
  /// Users count as |x|^-userWeight.
  var userWeight = 0.0
  var batch = 250
  var cost = ReconstructionCost.multinomial
  /// L and eta_psi of local variational optimisation (Algorithm 2); no steps are plain SGD.
  var innerSteps = 0
  var innerRate = 0.05
  var usesARD = true
  /// Whether clusters' weights see the items' vectors and what other users of a cluster like (Eq. 15).
  var usesGroupAttention = true
  /// Whether the heads see the items' vectors beside the encoder's features (Eq. 14).
  var usesItemFeatures = false
  /// Clusters with a smaller share of users are not kept.
  var clusterThreshold = 0.005
  /// epsilon_lambda: dimensions with a smaller share of the cluster's largest variance are not kept.
  var dimensionThreshold = 0.001
  /// Proximal steps on a user's own factor-to-group vectors at inference, and their rate.
  var refineSteps = 0
  var refineRate = 0.5
  /// Items drawn for a batch's softmax beside its own; 0 scores all items.
  var samples = 0
  /// Passes that update the encoder alone before each that updates the decoder alone; 0 updates both at
  /// once.
  var encoderPasses = 0

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
        "groups", .integer(18, Self.groupRange),
        "Item groups G (given ones take precedence)", auto: .unlessGiven(formerly: "-1")),
      ModelOption(
        "temperature", .number(0.1, 0.001...100),
        "tau of the item groups and of the decoder's start"),
      ModelOption(
        "dropout", .number(0.5, 0...0.99), "Share of the input dropped in training",
        auto: .unlessGiven(formerly: "-1")
      ),
      ModelOption(
        "kl-weight", .number(0.0075, 0...1000), "Weight of the KL divergence an interaction",
        auto: .unlessGiven(formerly: "-1")
      ),
      ModelOption(
        "ard-epoch", .integer(25, 0...1_000_000), "Epochs before the ARD variances are learnt"),
      ModelOption("prior-old", .number(0.75, 0...1), "Share of the earlier posterior in the prior"),
      ModelOption("prior-wide", .number(0.1, 0...1), "Share of the wide Gaussian in the prior"),
      ModelOption("concentration", .number(1, 1e-6...1e6), "alpha of the stick-breaking prior"),
      ModelOption("ard-shape", .number(1, 0...1e6), "eta_a of the ARD variances"),
      ModelOption("ard-scale", .number(0.1, 0...1e6), "eta_b of the ARD variances"),
      ModelOption(
        "mapping-penalty", .number(1e-3, 0...1e6),
        "lambda_o, the group lasso of the factor-to-group vectors"),
      ModelOption(
        "group-draws", .integer(1, 1...64),
        "N_j, Gumbel-softmax draws averaged for an item; auto takes its number of categories",
        auto: .onRequest(formerly: "0")),
      ModelOption(
        "user-weight", .number(0, 0...2),
        "Users count as their number of interactions to minus this power"),
      ModelOption(
        "start", .choice("factors", ["random", "spectral", "factors", "linear"]),
        "What item vectors and the encoder's input layer start from, or with linear the whole network",
        auto: .unlessGiven(formerly: "auto")
      ),
      ModelOption(
        "privileged", .flag(false),
        "Groups stand for the items' categories, whose likeness ranks them (InDGRM-p)"),
      ModelOption(
        "privileged-weight", .number(30, 0...1e6), "lambda_p, the weight of that ranking loss"),
      ModelOption(
        "cost", .choice("multinomial", ReconstructionCost.allCases.map(\.rawValue)),
        "How reconstruction is measured", auto: .unlessGiven(formerly: "auto")
      ),
      ModelOption(
        "inner-steps", .integer(0, 0...100),
        "L, steps of local variational optimisation; 0 is plain stochastic gradient descent"),
      ModelOption(
        "inner-rate", .number(0.05, 0...10), "eta_psi, their size relative to the posterior's"),
      ModelOption(
        "attention", .choice("group", ["group", "features"]),
        "What a user's clusters are told by: also by his items' nearness to each cluster, or by the encoder's features alone"
      ),
      ModelOption(
        "item-features", .flag(false),
        "The posterior's heads see the sum of the user's item vectors beside the encoder's features"
      ),
      ModelOption("ard", .flag(true), "Learn how many dimensions each cluster needs"),
      ModelOption(
        "prune-clusters", .number(0.005, 0...1),
        "Clusters with a smaller share of users are left out of the model"),
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
        "prune-dimensions", .number(0.001, 0...1),
        "epsilon_lambda, dimensions below this share of a cluster's largest variance are left out"),
      ModelOption(
        "refine-steps", .integer(0, 0...1000),
        "Steps that fit the factor-to-group vectors to each user when he is scored or explained"),
      ModelOption("refine-rate", .number(0.5, 0...10), "Size of those steps"),
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
      rate: .auto(5e-4), anneal: 0, average: 0.8)

  init() {}

  /// - Parameter settings: settled ones (`InDGRMRules`).
  init(_ settings: ModelSettings) {
    width = settings.integer("width")
    depth = settings.integer("depth")
    latent = settings.integer("latent")
    clusters = settings.integer("clusters")
    groups = settings.integer("groups")
    temperature = settings.number("temperature")
    dropout = settings.number("dropout")
    klWeight = settings.number("kl-weight")
    ardEpoch = settings.integer("ard-epoch")
    priorOld = settings.number("prior-old")
    priorWide = settings.number("prior-wide")
    concentration = settings.number("concentration")
    ardShape = settings.number("ard-shape")
    ardScale = settings.number("ard-scale")
    mappingPenalty = settings.number("mapping-penalty")
    usesGroups = settings.flag("item-groups")
    usesCosine = settings.choice("similarity") == "cosine"
    groupDraws = max(settings.integer("group-draws"), 1)
    userWeight = settings.number("user-weight")
    start = settings.choice("start")
    usesParts = usesGroups && settings.choice("group-parts") == "on"
    batch = settings.integer("batch")
    cost = ReconstructionCost(rawValue: settings.choice("cost")) ?? .multinomial
    innerSteps = settings.integer("inner-steps")
    innerRate = settings.number("inner-rate")
    usesARD = settings.flag("ard")
    usesGroupAttention = settings.choice("attention") == "group"
    usesItemFeatures = settings.flag("item-features")
    clusterThreshold = settings.number("prune-clusters")
    dimensionThreshold = settings.number("prune-dimensions")
    samples = settings.integer("samples")
    refineSteps = settings.integer("refine-steps")
    refineRate = settings.number("refine-rate")
  }

  /// exp(cos / tau) is summed over groups in single precision, which ends at exp(88).
  static let leastPartsTemperature = 0.012

  /// Throws `ModelError` (usage) for settings that cannot be combined.
  func check() throws {
    guard samples == 0 || cost == .multinomial else {
      throw ModelError(.usage, "samples needs cost=multinomial; set samples=0")
    }
    guard priorOld + priorWide < 1 else {
      throw ModelError(.usage, "prior-old and prior-wide must add up to less than 1")
    }
    guard !usesParts || temperature >= Self.leastPartsTemperature else {
      throw ModelError(
        .usage, "group-parts needs a temperature of at least \(Self.leastPartsTemperature)")
    }
    guard !usesParts || refineSteps == 0 else {
      throw ModelError(.usage, "refine-steps needs one place for all groups; set group-parts=off")
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
    usesDoors = usesGroups && !usesParts && json["doors"]?.bool == true
    usesGroupAttention = json["attention"]?.string == "group"
    usesItemFeatures = json["item-features"]?.bool ?? false
    cost = json["cost"]?.string.flatMap { ReconstructionCost(rawValue: $0) } ?? .multinomial
    refineSteps = min(max(json["refine-steps"]?.int ?? 0, 0), 1000)
    refineRate = json["refine-rate"]?.double ?? refineRate
    mappingPenalty = json["mapping-penalty"]?.double ?? mappingPenalty
    usesCosine = json["similarity"]?.string != "inner-product"
  }
}
