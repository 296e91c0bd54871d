// How does any family come to follow what is liked of late?

import DenseMath
import Interchange
import Recommending

/// A model of which a part may have been chosen for want of a recency term.
public protocol ExpertCarrier: RecommendationModel {
  /// Whether there is such a part.
  var hasExpert: Bool { get }
  /// Leaves a share of the part that `fit` chose, 0 to 1.
  func keepExpert(_ share: Double)
}

/// A family whose models get a recency term where validation users gain by it, chosen with how much of their expert
/// they keep.
public enum Timely<Family: ModelFamily>: ModelFamily {
  public static var name: String { Family.name }
  public static var summary: String { Family.summary }
  public static var options: [ModelOption] { Family.options + RecencyTerm.options }
  public static var withdrawn: [String: String] { Family.withdrawn }
  public static var rules: [Rule] { Family.rules }
  public static var presets: [Preset] { Family.presets }
  public static var trainsInEpochs: Bool { Family.trainsInEpochs }
  public static var takesGroups: Bool { Family.takesGroups }
  public static var cutsItems: Bool { Family.cutsItems }

  public static func fit(
    _ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor
  ) throws -> FittedModel {
    let weight = settings.isAuto("recency-weight") ? nil : settings.number("recency-weight")
    guard weight ?? 0 == 0 || data.times != nil else {
      throw ModelError(
        .badData,
        "recency-weight needs times, and these interactions have none; leave it out")
    }
    let fitted = try Family.fit(data, settings, monitor)
    let model = fitted.model
    guard weight != 0, data.hasTimes,
      let floor = RecentModel.hasLogarithms(model) ? 0 : Self.floor(of: model, data),
      let term = term(data, settings, beside: model, floor: floor, monitor)
    else {
      guard weight == nil else { return fitted }
      let why = data.hasTimes && data.validation != nil ? Reason.chosen(Self.how) : .usual
      return FittedModel(
        model, fitted.settings.setting("recency-weight", 0, why), fitted.outcome)
    }
    let (recent, ever) = (
      ItemPopularity(data, halfLife: term.halfLife), ItemPopularity(data, halfLife: 0)
    )
    return FittedModel(
      RecentModel(model, term, term.values(recent: recent, ever: ever), floor: floor),
      term.noted(in: fitted.settings, data.validation == nil ? .usual : .chosen(Self.how)),
      fitted.outcome)
  }

  private static var how: String { "on the validation users" }

  public static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    let model = try Family.restore(stored)
    return try RecentModel(model, stored) ?? model
  }

  /// The term as set, or as validation users want it, with the share of an expert that suits it; nil for none.
  private static func term(
    _ data: TrainingData, _ settings: ModelSettings, beside model: any RecommendationModel,
    floor: Double, _ monitor: TrainingMonitor
  ) -> RecencyTerm? {
    if RecencyTerm.options.allSatisfy({ !settings.isAuto($0.name) }) {
      return RecencyTerm(settings)
    }
    let isGiven = !settings.isAuto("recency-weight")
    guard let choice = RecencyChoice(data) else { return isGiven ? RecencyTerm(settings) : nil }
    monitor.stepBegan("asking how much of what is liked of late suits")
    let lists: RecencyChoice.Lists = { held, rows, terms in
      if let listing = model.ownListing {
        return listing.lists(of: held, rows: rows, adding: terms)
      }
      return held.lists(rows: rows, adding: terms) { foldIn, rows, scores in
        model.score(foldIn, rows: rows, into: scores)
        takeLogarithms(scores, floor: floor)
      }
    }
    let before = choice.values(lists)
    let carrier = (model as? any ExpertCarrier).flatMap { $0.hasExpert ? $0 : nil }
    var best: (term: RecencyTerm, gain: Gain, share: Double)?
    for share in carrier == nil ? [1] : [1, 0.5, 0] {
      carrier?.keepExpert(share)
      guard let found = choice.best(settings, lists) else { continue }
      let gain = Gain(found.values, over: before)
      if best.map({ gain.mean > $0.gain.mean }) ?? true { best = (found.term, gain, share) }
    }
    guard let best, best.gain.isCertain(errors: 2) || isGiven else {
      carrier?.keepExpert(1)
      return nil
    }
    carrier?.keepExpert(best.share)
    monitor.stepBegan(
      "what is liked of late counts with weight \(best.term.weight), half of it after \(best.term.halfLife) days"
    )
    return best.term
  }

  /// A hundredth of the median best score of some training users, among what they do not have; nil where that is
  /// no positive number.
  private static func floor(of model: any RecommendationModel, _ data: TrainingData) -> Double? {
    let rows = 0..<min(500, data.rows.rowCount)
    let scores = Matrix<Float>(rows: rows.count, columns: data.rows.columnCount)
    model.score(data.rows, rows: rows, into: scores)
    let best = topItems(scores, data.rows, rows: rows, count: 1).compactMap { $0.first?.score }
      .sorted()
    guard !best.isEmpty else { return nil }
    let middle = Double(best[best.count / 2]) / 100
    return middle > 0 && middle.isFinite ? middle : nil
  }
}
