// How do a split's users become what a model is fitted to, and a fitted model what is stored?

import DenseMath
import InteractionData
import Interchange
import Recommending

/// Everything a fit needs from a data set: the training rows, and the validation users where there are.
public struct FittingTask: Sendable {
  public let training: TrainingSet
  public let categories: [String]
  public var data: TrainingData
  /// Whether there are validation users, and a model of these items can be right about none of them.
  public private(set) var isValidationVain = false
  /// What is given to those of whom nothing is known, as validation users or an earlier fit had it; nil for what most
  /// training users chose.
  private var popularity: ItemPopularity?

  /// - Parameters:
  ///   - percent: the nested part of the training users, 20 to 100.
  ///   - refits: what validation users are judged by is trained on as well, so that nobody is left to judge.
  ///
  /// Throws `SplitError` when roles or folds make no sense, `ModelError` when nobody is left to train on.
  public init(
    _ interactions: InteractionSet, name: String, percent: Int = 100, refits: Bool = false,
    metric: ValidationMetric = ValidationMetric(), seed: UInt64
  ) throws {
    let plan = try SplitPlan(interactions)
    guard percent == 100 || plan?.scheme == .users else {
      throw ModelError(
        .usage,
        "\(name): has no nested parts to train on; split it by users or leave --train-percent out")
    }
    training = TrainingSet(
      interactions, plan, refits ? .withValidation : .nested(percent / 20))
    guard training.rows.count > 0 else {
      throw ModelError(
        .badData, "\(name): has no training interactions; check the filters and the split")
    }
    categories = interactions.categories
    data = TrainingData(rows: training.rows, seed: seed)
    data.times = training.times
    data.confidences = training.confidences
    if let lists = training.items.categories, !categories.isEmpty {
      let vectors = interactions.categoryVectors.flatMap { given in
        given.values.count == categories.count * given.dimensions && given.dimensions > 0
          ? Matrix(rows: categories.count, columns: given.dimensions, given.values) : nil
      }
      data.categories = (lists, categories.count, vectors)
    }
    guard let plan, !refits else { return }
    let items = ItemMap(from: interactions.items.ids, to: training.items.ids)
    let cases = FoldInCases(plan, role: .validation, items: items)
    let asked = Self.asked(cases.users, items: training.items.ids.count)
    let truth = asked.map { place in
      plan.truth(of: cases.users[place], .validation, round: Int(cases.rounds[place] ?? 0))
    }
    let known = truth.map { $0.compactMap { items[$0] } }
    isValidationVain = !asked.isEmpty && known.allSatisfy(\.isEmpty)
    guard !asked.isEmpty, !isValidationVain else { return }
    data.validation = ValidationUsers(
      foldIn: cases.history.rows(at: asked), truth: known, lengths: truth.map(\.count),
      rounds: asked.map { Int(cases.rounds[$0] ?? 0) })
    data.validation?.metric = metric
    data.validation?.keepsSeen = plan.hasRepeats
    popularity = ItemPopularity(choosingFor: data)
    data.validation?.popular = popularity?.shares
  }

  /// Scores that a validation may take: some seconds, and all rounds of 14,000 users where there are 30,000 items.
  public static let mostScores = 2_000_000_000

  /// The cases of all validation users, or of every second, third ... one, so that a validation makes no more
  /// scores than `mostScores`, or little more.
  ///
  /// - Parameter users: of each case, user by user.
  public static func asked(_ users: [Int], items: Int) -> [Int] {
    let step = max((users.count * items + mostScores - 1) / mostScores, 1)
    var (places, ordinal) = ([Int](), -1)
    for place in users.indices {
      if place == 0 || users[place] != users[place - 1] { ordinal += 1 }
      if ordinal % step == 0 { places.append(place) }
    }
    return places
  }

  /// A model's metric on the validation users; nil without any.
  public func validation(of model: any RecommendationModel) -> Double? {
    data.validation.map { $0.value(of: model) }
  }

  /// What a network gained over models that take seconds; nil without any, or without validation users to tell.
  public func gain(
    of model: any RecommendationModel, named name: String, seconds: Double,
    over rivals: [SimpleRival]
  ) -> NetworkGain? {
    guard let validation = data.validation, !rivals.isEmpty else { return nil }
    return NetworkGain(
      of: name, ValidationProfile(validation, model), seconds: seconds, over: rivals,
      by: validation.metric)
  }

  /// A fitted model as it is stored, with its metric on the validation users: of the very model, its expert
  /// and pruning included; of a refit that of the earlier fit.
  public func stored(_ fitted: FittedModel, family: String, _ provenance: Provenance)
    -> StoredModel
  {
    let model = fitted.model
    var settings = model.settings
    if case .failed(let failure) = fitted.outcome {
      settings = settings.setting("failure", .string(failure.description))
    }
    // Some are settled once the model is made.
    if case .object(let settled) = fitted.settings.json {
      for (name, value) in settled where settings[name] == "auto" {
        settings = settings.setting(name, value)
      }
    }
    if let validation = data.validation {
      settings = settings.setting("validation", .number(validation.value(of: model)))
        .setting("validation_metric", .string(validation.metric.text))
    } else if let settled = data.settled {
      settings = settings.setting("refit", .bool(true))
      for name in ["validation", "validation_metric"] {
        if let value = settled[name] { settings = settings.setting(name, value) }
      }
    }
    var tensors = model.tensors()
    var description: JSONValue = [
      "model": .string(family), "settings": settings, "reasons": fitted.settings.reasonsJSON,
      "training_users": .integer(training.rows.rowCount),
      "training_interactions": .integer(training.rows.count),
      "item_interactions": .array(training.rows.columnCounts().map { .integer($0) }),
    ]
    if let popularity, popularity.halfLife > 0, !model.suitsStrangers {
      let shares = popularity.shares
      tensors.append(Tensor(StoredModel.popularityTensor, shape: [shares.count], floats: shares))
      description = description.setting("popularity_half_life", .number(popularity.halfLife))
    }
    return StoredModel(
      description: description, items: training.items, categories: categories,
      tensors: Dictionary(tensors.map { ($0.name, $0) }) { first, _ in first },
      streamed: model.streamedTensors(), provenance: provenance)
  }

  /// The same with what validation users are judged by among what is trained on, for `refit`.
  ///
  /// Throws `ModelError` (usage) where there are no validation users.
  public func refitting(_ interactions: InteractionSet, name: String) throws -> FittingTask {
    guard data.validation != nil else {
      throw ModelError(
        .usage, "\(name): has no validation users to fit to as well; leave --refit out")
    }
    return try FittingTask(interactions, name: name, refits: true, seed: data.seed)
  }

  /// Fits again, to all that this task trains on, by what an earlier fit settled: as many epochs as the best one
  /// took, and what else was left to the data or to validation users. Nil where the monitor stopped it.
  ///
  /// Throws `ModelError` when training fails, even where there is a model from before.
  public func refit(
    as earlier: StoredModel, _ family: any ModelFamily.Type, _ settings: ModelSettings,
    _ monitor: TrainingMonitor
  ) throws -> StoredModel? {
    let settled = earlier.description["settings"] ?? .null
    var task = self
    task.data.settled = settled
    if let halfLife = earlier.description["popularity_half_life"]?.double {
      task.popularity = ItemPopularity(data, halfLife: halfLife)
    }
    let fitted = try family.fit(task.data, settings.settled(as: settled, for: family), monitor)
    switch fitted.outcome {
    case .finished:
      var stored = task.stored(fitted, family: family.name, earlier.provenance)
      for name in ["gain", "budget"] {
        guard let noted = earlier.description[name] else { continue }
        stored.description = stored.description.setting(name, noted)
      }
      // What the first fit had reasons for has them still.
      if case .object(let first)? = earlier.description["reasons"] {
        let reasons = first.reduce(stored.description["reasons"] ?? .null) {
          $1.key == "epochs" ? $0 : $0.setting($1.key, $1.value)
        }
        stored.description = stored.description.setting("reasons", reasons)
      }
      return stored
    case .stopped: return nil
    case .failed(let failure): throw ModelError(.internalFault, failure.description)
    }
  }
}
