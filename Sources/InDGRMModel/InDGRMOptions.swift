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
  var usesCosine = true
  /// Draws per item in the Gumbel-softmax relaxation (N_j of Eq. 6).
  var groupDraws = 1
  /// What item vectors start from; "auto" until it is settled by `adapt`.
  var start = "random"
  /// "on", "off" or "auto".
  private var parts = "off"
  /// Whether fits of both ways can tell more of group parts than a rule does.
  private(set) var mayTryParts = false
  /// Users count as |x|^-userWeight.
  var userWeight = 0.0
  var batch = 250
  /// Nil until it is settled by `adapt`.
  var cost: ReconstructionCost?
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
        "depth", .integer(-1, Self.depthRange),
        "Dense layers of the encoder after the first; -1 takes 4, or 1 below 35 interactions a user, below 150,000 in all, or with group parts"
      ),
      ModelOption(
        "latent", .integer(-1, Self.latentRange),
        "Latent dimensions d; -1 takes 200, or 100 with group parts"),
      ModelOption(
        "clusters", .integer(-1, Self.clusterRange),
        "User clusters K at the start; -1 takes 6, on dense data one for every 500 users, at least 2"
      ),
      ModelOption(
        "groups", .integer(-1, Self.groupRange),
        "Item groups G (given ones take precedence); -1 takes 18, or 7 with group parts"),
      ModelOption(
        "temperature", .number(0.1, 0.001...100),
        "tau of the item groups and of the decoder's start"),
      ModelOption(
        "dropout", .number(-1, 0...0.99),
        "Share of the input dropped in training; -1 takes 0.5, or 0.3 for fewer than 60 interactions a user that fill 15 % of the matrix"
      ),
      ModelOption(
        "kl-weight", .number(-1, 0...1000),
        "Weight of the KL divergence an interaction; -1 takes 0.003 with bernoulli, else 0.0075, and up to 0.1 (2 for a whole user) for fewer than 1,000,000 interactions, and 60 a user, where item-knn is less than 1.45 times as good as popularity on the validation users"
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
        "group-draws", .integer(1, 0...64),
        "N_j, Gumbel-softmax draws averaged for an item; 0 takes its number of categories"),
      ModelOption(
        "user-weight", .number(0, 0...2),
        "Users count as their number of interactions to minus this power"),
      ModelOption(
        "start", .choice("auto", ["auto", "random", "spectral", "factors", "linear"]),
        "What item vectors and the encoder's input layer start from, or with linear the whole network; auto takes random with group parts, linear where cost=auto takes bernoulli, else factors"
      ),
      ModelOption(
        "privileged", .flag(false),
        "Groups stand for the items' categories, whose likeness ranks them (InDGRM-p)"),
      ModelOption(
        "privileged-weight", .number(30, 0...1e6), "lambda_p, the weight of that ranking loss"),
      ModelOption(
        "cost", .choice("auto", ["auto"] + ReconstructionCost.allCases.map(\.rawValue)),
        "How reconstruction is measured; auto takes bernoulli from 35 interactions a user that fill 1 % of the matrix, unless items are sampled, else multinomial"
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
        "prune-dimensions", .number(0.001, 0...1),
        "epsilon_lambda, dimensions below this share of a cluster's largest variance are left out"),
      ModelOption(
        "refine-steps", .integer(0, 0...1000),
        "Steps that fit the factor-to-group vectors to each user when he is scored or explained"),
      ModelOption("refine-rate", .number(0.5, 0...10), "Size of those steps"),
      ModelOption(
        "samples", .integer(-1, 0...10_000_000),
        "Items drawn for a batch's softmax beside its own; 0 takes all items, -1 all up to 20,000 and for other costs, else 4,096"
      ),
      ModelOption(
        "group-parts", .choice("auto", ["auto", "on", "off"]),
        "Users stand at another place for every item group, made from their items in it; auto does for fewer than 1,000,000 interactions that fill less than 1 % of the matrix where item-knn is 1.1 times as good as ials on the validation users, and fits both ways below 150,000 interactions that are fewer than 35 a user or 1 % of the matrix"
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
      rate: .settled("0.0005, or 0.001 with group parts"), anneal: 0, average: 0.8)

  init() {}

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
    groupDraws = settings.integer("group-draws")
    userWeight = settings.number("user-weight")
    start = settings.choice("start")
    parts = settings.choice("group-parts")
    batch = settings.integer("batch")
    cost = ReconstructionCost(rawValue: settings.choice("cost"))
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

  /// Settles what is left to the data: group parts, sizes, depth, dropout, start, samples, draws, cost and KL weight.
  ///
  /// Where histories are long and the matrix dense, every item that a user passed over says something,
  /// which the Bernoulli cost heeds one by one; elsewhere it does not (figures in pipelines/paper/NOTES.md).
  /// Deep encoders overfit short histories and few users: on Yelp (22 interactions a user) and on small parts
  /// of MovieLens (up to 92,000 interactions) one layer is better than four, on the whole the other way round.
  /// Where the catalogue is small, half of a short history says too little of the rest.
  /// Where a user's tastes are spread a place for every group is far better than one for all. On dense data,
  /// where it gains little, groups lose their meaning by it, so that it is not even tried. Where histories are short
  /// or the matrix is thin, and a fit takes little, both ways are tried.
  /// A fit that starts from an earlier model keeps that model's sizes, and a resumed one its own.
  ///
  /// - Parameters:
  ///   - given: the number of item groups where they come from elsewhere.
  ///   - spread: whether tastes are spread, which takes a while to find out.
  ///   - gain: how many times as good as popularity neighbours are, where it can be told.
  mutating func adapt(
    to data: TrainingData, groups given: Int? = nil, spread: () throws -> Bool = { false },
    gain: () throws -> Double? = { nil }
  ) throws {
    let areLong = data.rows.count >= 35 * data.rows.rowCount
    let isDense = data.rows.count * 100 >= data.rows.rowCount * data.rows.columnCount
    let bearsDepth = areLong && data.rows.count >= 150_000
    // A refit has the clusters that its first fit kept, unless both start from a model with clusters of its own.
    if data.settled != nil, data.start != nil { clusters = -1 }
    if let earlier = data.resume?.description["sizes"] ?? data.start?.model.description["settings"]
    {
      follow(earlier)
    }
    if parts == "auto" {
      let canHaveParts = usesGroups && given ?? 0 <= 50
      mayTryParts = canHaveParts && !(areLong && isDense) && data.rows.count < Self.trialLimit
      let suitsParts = canHaveParts && !isDense && data.rows.count < Self.soundingLimit
      parts = try suitsParts && spread() ? "on" : "off"
    }
    usesParts = usesGroups && parts == "on"
    if latent < 1 { latent = usesParts ? 100 : 200 }
    if let given { groups = given } else if groups < 1 { groups = usesParts ? 7 : 18 }
    if depth < 0 { depth = bearsDepth && !usesParts ? 4 : 1 }
    if dropout < 0 {
      let isSmall =
        data.rows.count < 60 * data.rows.rowCount
        && data.rows.count * 20 >= 3 * data.rows.rowCount * data.rows.columnCount
      dropout = isSmall ? 0.3 : 0.5
    }
    if samples < 0 {
      let suits = data.rows.columnCount > 20_000 && cost ?? .multinomial == .multinomial
      samples = suits ? 4096 : 0
    }
    let isRich = areLong && isDense && samples == 0
    if clusters < 1 { clusters = isRich ? min(max(data.rows.rowCount / 500, 2), 6) : 6 }
    if cost == nil { cost = isRich ? .bernoulli : .multinomial }
    if start == "auto" { start = usesParts ? "random" : isRich ? "linear" : "factors" }
    if klWeight < 0 {
      let each = Double(data.rows.count) / Double(max(data.rows.rowCount, 1))
      let mayBeThin = data.rows.count < Self.soundingLimit && each < Self.longHistory
      klWeight = Self.klWeight(
        cost ?? .multinomial, interactions: each, gain: mayBeThin ? try gain() : nil)
    }
    if groupDraws == 0 {
      groupDraws = min(max(data.categories?.lists.map(\.count).max() ?? 1, 1), 64)
    }
  }

  /// Interactions from which on a model is not fitted in two ways.
  private static let trialLimit = 150_000
  /// Interactions from which on simple models are not asked first.
  private static let soundingLimit = 1_000_000
  /// Interactions a user from which on data are not thin.
  private static let longHistory = 60.0

  /// The weight of the KL divergence an interaction where neighbours are `gain` times as good as popularity.
  ///
  /// Where little more than popularity can be told of a user, a posterior that strays from the prior is noise;
  /// but the divergence should not count much more than once a user, as in the evidence lower bound, or nothing
  /// is learnt (figures in pipelines/paper/NOTES.md).
  ///
  /// - Parameter interactions: of a user, on average.
  static func klWeight(_ cost: ReconstructionCost, interactions: Double, gain: Double?) -> Double {
    let usual = cost == .bernoulli ? 0.003 : 0.0075
    guard let gain, gain < 1.45 else { return usual }
    return max(usual, min(0.1 * exp(-3 * max(gain - 0.9, 0)), 2 / max(interactions, 1)))
  }

  /// exp(cos / tau) is summed over groups in single precision, which ends at exp(88).
  static let leastPartsTemperature = 0.012

  /// Throws `ModelError` (usage) for settings that cannot be combined.
  func check() throws {
    guard samples == 0 || cost ?? .multinomial == .multinomial else {
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

  /// Takes what is left to the data from an earlier model's settings, unless no model can have it.
  private mutating func follow(_ earlier: JSONValue) {
    func known(_ name: String, _ range: ClosedRange<Int>) -> Int? {
      earlier[name]?.int.flatMap { range.contains($0) ? $0 : nil }
    }
    if parts == "auto", let known = earlier["group-parts"]?.string { parts = known }
    if clusters < 1, let known = known("clusters", Self.clusterRange) { clusters = known }
    if latent < 1, let known = known("latent", Self.latentRange) { latent = known }
    if groups < 1, let known = known("groups", Self.groupRange) { groups = known }
    if depth < 0, let known = known("depth", Self.depthRange) { depth = known }
  }

  /// What was settled, as `follow` takes it.
  var sizes: JSONValue {
    [
      "group-parts": .string(usesParts ? "on" : "off"), "clusters": .integer(clusters),
      "latent": .integer(latent), "groups": .integer(groups), "depth": .integer(depth),
    ]
  }

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
    usesGroupAttention = json["attention"]?.string == "group"
    usesItemFeatures = json["item-features"]?.bool ?? false
    cost = json["cost"]?.string.flatMap { ReconstructionCost(rawValue: $0) }
    refineSteps = min(max(json["refine-steps"]?.int ?? 0, 0), 1000)
    refineRate = json["refine-rate"]?.double ?? refineRate
    mappingPenalty = json["mapping-penalty"]?.double ?? mappingPenalty
    usesCosine = json["similarity"]?.string != "inner-product"
  }
}
