// How is InDGRM fitted, stored and brought back?

import DenseMath
import Glibc
import Interchange

/// `fit --model indgrm`.
enum InDGRMFamily: ModelFamily {
  static let name = "indgrm"
  static let summary =
    "the interpretable deep generative model: user clusters, item groups, factors"
  static let usualBatch = 250
  static let trainsInEpochs = true
  static let takesGroups = true
  static let options = InDGRMOptions.options + NeighbourhoodExpert.options

  static func fit(_ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor)
    throws
    -> any RecommendationModel
  {
    var settings = settings.settlingBatch(usualBatch, users: data.rows.rowCount)
    var options = InDGRMOptions(settings)
    guard data.groups == nil || settings.flag("item-groups") else {
      throw ModelError(.usage, "--groups needs item groups; set item-groups=on")
    }
    let given = data.groups?.count ?? (settings.flag("privileged") ? data.categories?.count : nil)
    guard given ?? 1 <= InDGRMOptions.groupRange.upperBound else {
      throw ModelError(
        .badData,
        "there are \(given ?? 0) item groups, and at most \(InDGRMOptions.groupRange.upperBound) can be told apart"
      )
    }
    let privileged = try privilegedGroups(data, settings)
    let soundings = Soundings(data, monitor)
    try options.adapt(
      to: data, groups: given, spread: soundings.tastesAreSpread, gain: soundings.gainOverPopularity
    )
    if settings.number("learning-rate") < 0 {
      settings = settings.setting("learning-rate", .number(options.usesParts ? 1e-3 : 5e-4))
    }
    try options.check()
    let network = InDGRMNetwork<Float>(
      items: data.rows.columnCount, users: data.rows.rowCount, options: options, seed: data.seed)
    network.decoder.groups.privileged = privileged
    if settings.integer("group-draws") == 0 {
      network.decoder.groups.drawCounts = data.categories?.lists.map(\.count)
    }
    if options.samples > 0 {
      network.samplesItems(
        CandidateSampler(itemCounts: data.rows.columnCounts(), samples: options.samples))
    }
    network.weightScale = weightScale(data.rows, options.userWeight)
    if let start = data.start {
      guard privileged == nil || start.model.hasGroups(of: start.categories) else {
        throw ModelError(
          .badData,
          "the earlier model's item groups are not the categories there are now; fit a new one")
      }
      try data.startNetwork(network) { try $0.withSeparateHeads(options) }
    } else if data.resume == nil {
      monitor.stepBegan("looking for a start")
      if options.start != "random" {
        try FactorStart(options.start, data, dimensions: options.latent)
          .apply(to: network)
      }
      start(network, data)
      network.decoder.prepareItems(seed: data.seed, step: nil)
      network.affinity?.start(data.rows, items: network.decoder.unitItems, seed: data.seed)
    }
    let plan = TrainingPlan(settings, seed: data.seed)
    var monitor = monitor
    if let keep = monitor.checkpoint {
      // A resumed run has the sizes that were settled, whatever they were settled by.
      let sizes = options.sizes
      monitor.checkpoint = { checkpoint in
        var checkpoint = checkpoint
        checkpoint.description["sizes"] = sizes
        try keep(checkpoint)
      }
    }
    let best = try Trainer(network: network, plan: plan, data: data, monitor: monitor).run()
    let model = InDGRM(network, settings: settings.json.adding(best))
    if settings.choice("expert") != "none" { monitor.stepBegan("fitting the expert") }
    try model.addExpert(data, settings)
    return model
  }

  /// The categories as groups, when they are asked for.
  ///
  /// Throws `ModelError` when there are none.
  private static func privilegedGroups(_ data: TrainingData, _ settings: ModelSettings) throws
    -> PrivilegedGroups?
  {
    guard settings.flag("privileged") else { return nil }
    guard let known = data.categories, known.count > 1,
      known.lists.contains(where: { !$0.isEmpty })
    else {
      throw ModelError(
        .badData, "privileged needs items with categories; ingest them with --items")
    }
    guard settings.flag("item-groups") else {
      throw ModelError(.usage, "privileged needs item groups; set item-groups=on")
    }
    guard data.groups == nil else {
      throw ModelError(.usage, "privileged needs item groups of its own; leave --groups out")
    }
    return PrivilegedGroups(
      known.lists, count: known.count, vectors: known.vectors,
      weight: settings.number("privileged-weight"))
  }

  /// The factor that makes weights |x|^-power 1 on average over interactions.
  private static func weightScale(_ rows: SparseRows, _ power: Double) -> Double {
    var sum = 0.0
    for row in 0..<rows.rowCount {
      let count = rows.offsets[row + 1] - rows.offsets[row]
      if count > 0 { sum += pow(Double(count), 1 - power) }
    }
    return sum > 0 ? Double(rows.count) / sum : 1
  }

  /// Starts the prototypes in the middle of the items they stand for: of the given groups, or of
  /// spherical k-means of the starting item vectors.
  private static func start(_ network: InDGRMNetwork<Float>, _ data: TrainingData) {
    guard network.options.usesGroups else { return }
    let (items, prototypes) = (network.decoder.items.value, network.decoder.groups.prototypes.value)
    if network.decoder.groups.privileged != nil, let known = data.categories {
      // Each prototype in the middle of the items that have its category.
      prototypes.fill(0)
      for (item, list) in known.lists.enumerated() {
        for category in list {
          let (source, target) = (items.row(item), prototypes.row(Int(category)))
          for index in source.indices { target[index] += source[index] }
        }
      }
      return
    }
    guard let groups = data.groups else {
      let found = sphericalKMeans(
        items, clusters: network.options.groups, seed: data.seed, iterations: 20)
      prototypes.copy(from: found.centroids)
      return
    }
    prototypes.fill(0)
    for (item, group) in groups.assignment.enumerated() {
      guard let group else { continue }
      let (source, target) = (items.row(item), prototypes.row(Int(group)))
      for index in source.indices { target[index] += source[index] }
    }
  }

  static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    guard let settings = stored.description["settings"] else {
      throw ModelError(.badData, "the model's settings are missing; fit the model again")
    }
    let (items, options) = (stored.items.ids.count, try InDGRMOptions(stored: settings))
    let kept = try stored.keptDimensions(options).count
    try stored.demand(
      numbers: Double(options.width) * Double(items + options.depth * options.width)
        + Double(options.headInputs) * Double(2 * kept))
    let mapped = options.usesGroups ? options.clusters * options.groups : 0
    try stored.demand(
      numbers: Double(options.latent)
        * Double((options.usesParts ? 2 : 1) * items + mapped))
    return try InDGRM(stored, options, settings: settings)
  }
}

extension StoredModel {
  /// Whether the item groups stand for these categories, in this order.
  fileprivate func hasGroups(of names: [String]) -> Bool {
    description["settings"]?["privileged"]?.bool == true && categories == names
  }
}
