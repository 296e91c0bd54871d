// How does a network of InDGRM become a trained model, and which way of placing users is it trained in?

import DenseMath
import Fitting
import Glibc
import Interchange
import Recommending
import Synchronization
import Training

/// What training InDGRM's generative part starts from.
struct InDGRMTraining {
  let data: TrainingData
  let settings: ModelSettings
  /// The number of item groups where they come from elsewhere.
  let groups: Int?
  let privileged: PrivilegedGroups?
  let pilots: PilotFits

  /// Trains a model and as many further members as are asked for; one that fails or is stopped is left out.
  ///
  /// Throws `ModelError` when training fails.
  func model(_ monitor: TrainingMonitor) throws -> Trained {
    let count = settings.integer("members")
    guard count == 1 || (data.resume == nil && monitor.checkpoint == nil) else {
      throw ModelError(
        .usage, "several members cannot be put aside; set members=1 or leave checkpoints out")
    }
    var first = try first(monitor)
    var others: [InDGRM] = []
    let choosing = choosesMembers(monitor)
    var longest = first.seconds
    for number in 1..<(choosing ? TrainingBudget.mostMembers : count)
    where first.outcome == .finished {
      if let budget = monitor.budget, !budget.permits(1.1 * longest) { break }
      var listener = monitor
      listener.settingsResolved = { _ in }
      listener.epochEnded = { monitor.trialEpochEnded($0, "member \(number + 1)") }
      do {
        let other = try member(number, like: first.model).train(first.settings, listener)
        first.outcome = other.outcome
        longest = max(longest, other.seconds)
        // One that the time cut short would take other epochs than the rest.
        if other.cut != nil { break }
        if other.outcome == .finished { others.append(other.model) }
      } catch let error as ModelError {
        // What was trained before is not lost.
        first.outcome = .failed(.further(error.description))
      }
    }
    first.model.join(others)
    if monitor.budget != nil {
      first.settings = first.settings.setting(
        "members", .integer(1 + others.count), TrainingBudget.reason)
    }
    return first
  }

  /// Whether the time that there is says how many members there are.
  private func choosesMembers(_ monitor: TrainingMonitor) -> Bool {
    monitor.budget != nil && settings.reason(for: "members") == nil && data.resume == nil
      && data.settled == nil && monitor.checkpoint == nil
  }

  /// Trains a model; where group parts are left to the data, which are few and short or thin, one with and one without
  /// them, and keeps the way that rule 3 takes unless the other is better by `leastGain`.
  ///
  /// Throws `ModelError` when training fails.
  private func first(_ monitor: TrainingMonitor) throws -> Trained {
    let settled = try resolve(settings)
    guard mayTryParts, mayTry(monitor), let validation = data.validation else {
      return try train(settled, monitor)
    }
    func attempt(_ settings: ModelSettings) throws -> (
      trained: Trained, value: Double, records: [EpochRecord]
    ) {
      let heard = Records()
      let name = "group-parts=\(settings.choice("group-parts"))"
      var listener = monitor
      listener.epochEnded = { record in
        heard.add(record)
        monitor.trialEpochEnded(record, name)
      }
      let trained = try train(settings, listener)
      let value = validation.value(of: trained.model)
      let rounded = (value * 1e4).rounded() / 1e4
      monitor.stepBegan("\(name) reaches \(validation.metric.text) \(rounded)")
      return (trained, value, heard.all)
    }
    var kept = try attempt(settled)
    if kept.trained.outcome == .finished, kept.trained.cut == nil,
      monitor.budget?.permits(kept.trained.seconds) ?? true
    {
      let words = settled.choice("group-parts") == "on" ? "off" : "on"
      do {
        let rival = try attempt(
          try resolve(settings.setting("group-parts", .string(words), .chosen("tried"))))
        let reason = Reason.rule(
          InDGRMRules.bothWays,
          "both ways were fitted, and group-parts=\(words) reaches"
            + " \(Int((1000 * rival.value / max(kept.value, 1e-12)).rounded())) ‰ of the other on validation users"
        )
        if rival.trained.cut == nil, rival.value > Self.leastGain * kept.value { kept = rival }
        kept.trained.settings = kept.trained.settings.reasoning("group-parts", reason)
        if rival.trained.outcome == .stopped { kept.trained.outcome = .stopped }
      } catch let error as ModelError {
        // Training that comes to nothing this way is no reason to lose the other.
        monitor.stepBegan("the other way failed: \(error.description)")
      }
    }
    for record in kept.records { monitor.epochEnded(record) }
    return kept.trained
  }

  /// A model with the settings it was trained with, and how its training ended.
  struct Trained {
    let model: InDGRM
    var settings: ModelSettings
    var outcome: FitOutcome
    /// The epochs after which the time was over, if it was.
    var cut: Int?
    /// What training took.
    var seconds = 0.0
  }

  /// How many times as good the other way has to be on the validation users: for less it is as likely to be worse on
  /// others (record 4).
  private static let leastGain = 1.025
  /// Validation users from which on they can tell one way from the other.
  private static let leastUsers = 50
  /// Runs that are shorter by request are not made twice.
  private static let leastEpochs = 100

  /// Whether this run may be made twice: not where it goes on from another, is put aside, or is short.
  private func mayTry(_ monitor: TrainingMonitor) -> Bool {
    let users = data.validation?.rounds.count { $0 == 0 } ?? 0
    return users >= Self.leastUsers && settings.integer("epochs") >= Self.leastEpochs
      && data.start == nil && data.resume == nil && monitor.checkpoint == nil
  }

  /// Whether fits of both ways are to tell which suits: where nothing was given and no rule is sure.
  var mayTryParts: Bool {
    settings.isAuto("group-parts")
      && Evidence(data.shape, settings, givenGroups: groups).mayTryParts
  }

  /// What is left to the data, settled.
  ///
  /// A fit that starts from an earlier model keeps that model's sizes, and a resumed one its own.
  private func resolve(_ settings: ModelSettings) throws -> ModelSettings {
    var settings = settings
    // A refit has the clusters that its first fit kept, unless both start from a model with clusters of its own.
    if data.settled != nil, data.start != nil { settings = settings.leaving("clusters") }
    let earlier =
      data.resume?.description["sizes"].map {
        EarlierSettings(
          $0, keeping: NetworkShape.sizeNames, title: "the run that goes on",
          reasons: data.resume?.description["reasons"])
      }
      ?? data.start?.model.description["settings"].map {
        EarlierSettings($0, keeping: NetworkShape.sizeNames, title: "the earlier model")
      }
    settings = try InDGRMFamily.resolve(
      Evidence(data.shape, settings, pilots: pilots, givenGroups: groups), following: earlier
    ).boundingBatch(data.rows.rowCount)
    if let groups {
      settings = settings.setting("groups", .integer(groups), .taken("the groups given"))
    }
    return settings
  }

  /// The same for a further member, which draws all it draws by a seed of its own; its item groups start as those that
  /// the first one ended with, so that they mean the same.
  private func member(_ number: Int, like first: InDGRM) -> InDGRMTraining {
    var data = data
    data.seed &+= UInt64(number) &* 0x9E37_79B9_7F4A_7C15
    if privileged == nil, let known = first.itemGroups {
      data.groups = (known.assignment.map { $0 }, known.prototypes.rows)
    }
    return InDGRMTraining(
      data: data, settings: settings, groups: groups, privileged: privileged, pilots: pilots)
  }

  /// - Parameter settings: settled ones.
  private func train(_ settings: ModelSettings, _ monitor: TrainingMonitor) throws -> Trained {
    let start = seconds()
    let from = itemStart(settings, monitor)
    let settings = try counted(settings, from)
    let shape = NetworkShape(settings)
    try check(settings, shape)
    monitor.settingsResolved(settings)
    let network = network(settings, shape)
    if let start = data.start {
      guard privileged == nil || start.model.hasGroups(of: start.categories) else {
        throw ModelError(
          .badData,
          "the earlier model's item groups are not the categories there are now; fit a new one")
      }
      try data.startNetwork(network) { try $0.withSeparateHeads(shape) }
    } else if data.resume == nil {
      try from?.apply(to: network)
      startPrototypes(network)
      network.decoders.prepareItems(seed: data.seed, step: nil)
      network.affinity?.start(
        data.rows, items: network.decoders.whole(\.unitItems), seed: data.seed)
    }
    let plan = TrainingPlan(settings, seed: data.seed, average: 0.8)
    var monitor = monitor
    if let keep = monitor.checkpoint {
      // A resumed run has the sizes that were settled, whatever they were settled by.
      let (sizes, reasons) = (shape.sizes, settings.reasonsJSON)
      monitor.checkpoint = { checkpoint in
        var checkpoint = checkpoint
        checkpoint.description["sizes"] = sizes
        checkpoint.description["reasons"] = reasons
        try keep(checkpoint)
      }
    }
    let run = try Trainer(network: network, plan: plan, data: data, monitor: monitor).run()
    // Earlier versions, which had choices here, ask for the words.
    let described = settings.json(keeping: run).setting("attention", "group")
      .setting("temperature", .number(shape.temperature))
    network.parameters.forEach { $0.forgetTraining() }
    let model = InDGRM(network, settings: described)
    monitor.stepBegan("looking for a basis to read the factors in")
    var settled = settings.ending(run)
    let opensDoors = !self.settings.isAuto("closed-doors") && settings.number("closed-doors") == 0
    if model.canonicalise(data, opensDoors: opensDoors) {
      let joined = self.settings.isAuto("clusters") ? clustered(model, settled) : settled
      settled = structured(model, joined)
    }
    return Trained(
      model: model, settings: settled, outcome: run.outcome, cut: run.cut,
      seconds: seconds() - start)
  }

  /// Throws `ModelError` (usage) for settings that cannot be combined.
  private func check(_ settings: ModelSettings, _ shape: NetworkShape) throws {
    let cost = settings.choice("cost")
    guard data.itemRanks.count == 1 || !shape.usesParts else {
      throw ModelError(
        .usage, "--item-ranks cuts no group parts; set group-parts=off, or leave --item-ranks out")
    }
    guard data.itemRanks.count == 1 || cost != "squared" else {
      throw ModelError(
        .usage,
        "--item-ranks goes with cost=multinomial and cost=bernoulli; set one of them, or leave --item-ranks out"
      )
    }
    guard settings.integer("samples") == 0 || cost == "multinomial" else {
      throw ModelError(.usage, "samples needs cost=multinomial; set samples=0")
    }
  }

  /// A network that has not been trained.
  ///
  /// - Parameters:
  ///   - settings: settled ones, where group-draws may be left to the items' categories.
  ///   - shape: what they ask for.
  private func network(_ settings: ModelSettings, _ shape: NetworkShape) -> InDGRMNetwork<Float> {
    var objective = InDGRMObjective(settings)
    let drawsByCategories = settings.isAuto("group-draws")
    if drawsByCategories {
      objective.groupDraws = min(max(data.categories?.lists.map(\.count).max() ?? 1, 1), 64)
    }
    let network = InDGRMNetwork<Float>(
      items: data.rows.columnCount, users: data.rows.rowCount, shape: shape, objective: objective,
      seed: data.seed, cut: data.itemRanks)
    for part in network.decoders.parts {
      part.groups.privileged = privileged
      if drawsByCategories {
        part.groups.drawCounts = data.categories?.lists.map(\.count)
      }
    }
    let samples = settings.integer("samples")
    if samples > 0 {
      network.samplesItems(
        CandidateSampler(itemCounts: data.rows.columnCounts(), samples: samples))
    }
    return network
  }

  /// What a network that begins from nothing takes its item vectors from; nil where they are drawn at random.
  private func itemStart(_ settings: ModelSettings, _ monitor: TrainingMonitor) -> FactorStart? {
    guard data.start == nil, data.resume == nil else { return nil }
    monitor.stepBegan("looking for a start")
    let (start, dimensions) = (settings.choice("start"), settings.integer("latent"))
    return start == "random" ? nil : FactorStart(start, data, dimensions: dimensions)
  }

  /// The settings with no more user clusters than there are by the items' start, where that is asked for.
  ///
  /// Throws `ModelError` (usage) where items have no start by which users could be told apart.
  private func counted(_ settings: ModelSettings, _ from: FactorStart?) throws -> ModelSettings {
    let most = settings.integer("clusters")
    guard settings.flag("merge-clusters"), most > 1, data.start == nil,
      data.resume == nil, data.settled == nil
    else { return settings }
    guard let from else {
      throw ModelError(
        .usage,
        "merge-clusters needs a start of items that tells users apart; set start=factors, or leave merge-clusters out"
      )
    }
    let count = ClusterAffinity.count(
      data.rows, items: from.unitItems, most: most, seed: data.seed)
    guard count < most else { return settings }
    return settings.setting(
      "clusters", .integer(count),
      .chosen("\(most) merged while users' directions tell them apart no better"))
  }

  /// Keeps one cluster where more serve nobody better; the settings with what was found.
  ///
  /// A model that goes on from another keeps that one's clusters.
  private func clustered(_ model: InDGRM, _ settings: ModelSettings) -> ModelSettings {
    guard data.start == nil, data.settled == nil, let validation = data.validation,
      let worth = model.joinClusters(validation, InDGRM.sample(of: data))
    else { return settings }
    guard !worth.areKept else { return settings.reasoning("clusters", worth.reason(settings)) }
    return settings.setting("clusters", 1, worth.reason(settings))
  }

  /// Closes doors and leaves out factors of a model in its canonical basis; the settings with what was chosen.
  private func structured(_ model: InDGRM, _ settings: ModelSettings) -> ModelSettings {
    let how = data.validation == nil ? Reason.usual : .chosen("on the validation users")
    let ownFactors = Reason.taken("group parts have it, where a factor is one group's own")
    func given(_ name: String) -> Double? { settings.isAuto(name) ? nil : settings.number(name) }
    // Groups that were given, of another member too, keep what they stand for.
    let doors = model.closeDoors(
      data, share: given("closed-doors"),
      itemFactors: settings.isAuto("item-factors") ? nil : settings.integer("item-factors"),
      regroups: data.groups == nil && privileged == nil)
    let found: [(String, JSONValue)] = [
      ("closed-doors", .number(doors.share)), ("item-factors", .integer(doors.itemFactors)),
      ("factor-loss", .number(model.prune(data, loss: given("factor-loss")))),
    ]
    return found.reduce(settings) { settings, found in
      let (name, value) = found
      model.settings = model.settings.setting(name, value)
      if model.shape.hasPlaceBases, name != "factor-loss" {
        return settings.setting(name, value, ownFactors)
      }
      return settings.isAuto(name) ? settings.setting(name, value, how) : settings
    }
  }

  /// Starts the prototypes in the middle of the items they stand for: of the given groups, or of
  /// spherical k-means of the starting item vectors.
  private func startPrototypes(_ network: InDGRMNetwork<Float>) {
    guard network.shape.usesGroups else { return }
    let items = network.decoders.whole(\.items.value)
    let groups = network.decoder.groups
    if groups.privileged != nil, let known = data.categories {
      groups.placePrototypes(amid: items, of: known.lists)
    } else if let given = data.groups {
      groups.placePrototypes(amid: items, of: given.assignment.map { $0.map { [$0] } ?? [] })
    } else {
      let found = sphericalKMeans(
        items, clusters: network.shape.groups, seed: data.seed, iterations: 20)
      groups.prototypes.value.copy(from: found.centroids)
    }
  }
}

/// What a trial was heard to do.
private final class Records: Sendable {
  private let records = Mutex<[EpochRecord]>([])
  var all: [EpochRecord] { records.withLock { $0 } }
  func add(_ record: EpochRecord) { records.withLock { $0.append(record) } }
}

extension StoredModel {
  /// Whether the item groups stand for these categories, in this order.
  fileprivate func hasGroups(of names: [String]) -> Bool {
    description["settings"]?["privileged"]?.bool == true && categories == names
  }
}
