// How is InDGRM fitted, stored and brought back?

import DenseMath
import Fitting
import Glibc
import Interchange
import Recommending
import Training

/// `fit --model indgrm`.
package enum InDGRMFamily: ModelFamily {
  package static let name = "indgrm"
  package static let summary =
    "the interpretable deep generative model: user clusters, item groups, factors"
  package static let usualBatch = 250
  package static let trainsInEpochs = true
  package static let takesGroups = true
  package static let cutsItems = true
  package static let options = InDGRMSettings.options + NeighbourhoodExpert.options
  package static let withdrawn = InDGRMSettings.withdrawn.merging(
    NeighbourhoodExpert.withdrawn
  ) { own, _ in own }
  package static let rules = InDGRMRules.table
  package static let presets = InDGRMPresets.all

  package static func fit(
    _ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor
  ) throws -> FittedModel {
    var settings = settings
    if data.itemRanks.count > 1, settings.isAuto("group-parts") {
      // They are not cut.
      settings = settings.setting("group-parts", "off", .taken("item ranks ask"))
    }
    try data.refuseTooManyItemRanks()
    guard data.groups == nil || settings.flag("item-groups") else {
      throw ModelError(.usage, "--groups needs item groups; set item-groups=on")
    }
    let given = data.groups?.count ?? (settings.flag("privileged") ? data.categories?.count : nil)
    guard given ?? 1 <= NetworkShape.groupRange.upperBound else {
      throw ModelError(
        .badData,
        "there are \(given ?? 0) item groups, and at most \(NetworkShape.groupRange.upperBound) can be told apart"
      )
    }
    let training = InDGRMTraining(
      data: data, settings: settings, groups: given,
      privileged: try privilegedGroups(data, settings), pilots: PilotFits(data, monitor))
    let trained = try training.model(monitor)
    if settings.choice("expert") != "none" { monitor.stepBegan("fitting the expert") }
    try trained.model.addExpert(data, settings)
    return FittedModel(
      trained.model, NeighbourhoodExpert.reasoning(trained.settings, trained.model, data),
      trained.outcome)
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
    return PrivilegedGroups(known.lists, count: known.count, vectors: known.vectors, weight: 30)
  }

  package static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    guard let settings = stored.description["settings"] else {
      throw ModelError(.badData, "the model's settings are missing; fit the model again")
    }
    let model = try restore(stored, settings)
    let count = settings["members"]?.int ?? 1
    guard count > 1 else { return model }
    guard case .array(let clusters)? = settings["member-clusters"], clusters.count == count - 1
    else {
      throw ModelError(.badData, "the model's further members are unusable; fit the model again")
    }
    let members = try clusters.enumerated().map { place, clusters in
      let prefix = InDGRM.prefix(ofMember: place + 1)
      var part = stored
      part.tensors = [:]
      for (name, tensor) in stored.tensors where name.hasPrefix(prefix) {
        part.tensors[String(name.dropFirst(prefix.count))] = tensor
      }
      // Each member closes doors, or none, by itself.
      let doors: JSONValue =
        part.tensors["passing-items"] != nil
        ? "fitted"
        : part.tensors["group-bases"] != nil ? "places" : .bool(part.tensors["doors"] != nil)
      let own = settings.setting("clusters", clusters).setting("members", 1)
        .setting("expert", "none").setting("doors", doors)
      part.description = stored.description.setting("settings", own)
      return try restore(part, own)
    }
    model.join(members)
    return model
  }

  private static func restore(_ stored: StoredModel, _ settings: JSONValue) throws -> InDGRM {
    let (items, shape) = (stored.items.ids.count, try NetworkShape(stored: settings))
    let kept = try stored.keptDimensions(shape).count
    try stored.demand(
      numbers: Double(shape.width) * Double(items + shape.depth * shape.width)
        + Double(shape.headInputs) * Double(2 * kept))
    let mapped =
      shape.usesDoors
      ? shape.groups : shape.usesGroups ? shape.clusters * shape.groups : 0
    if shape.hasPlaceBases {
      try stored.demand(
        numbers: Double(shape.groups) * Double(shape.latent) * Double(shape.latent))
    }
    try stored.demand(
      numbers: Double(shape.latent)
        * Double((shape.usesParts || shape.fitsItems ? 2 : 1) * items + mapped))
    return try InDGRM(stored, shape, settings: settings)
  }
}
