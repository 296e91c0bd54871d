// What do models reach that take seconds, before a network is trained?

import Fitting
import LinearModels

/// Models that take seconds, fitted with their defaults for validation users to judge.
///
/// Nothing stops them, for a run that is stopped and resumed must find the same.
public enum SimpleRivals {
  /// The cheapest first. Users of EDLAE are weighted as they are in the expert of InDGRM.
  private static let all: [(family: any ModelFamily.Type, words: [String])] = [
    (Popularity.self, []), (Timely<ItemKNN>.self, []), (Timely<EASE>.self, []),
    (Timely<EDLAE>.self, ["user-weight=0.5"]),
  ]

  /// Items above which a regression is solved over few neighbours: the inverse of a matrix of all would be no small part
  /// of the time that a network takes.
  static let denseLimit = 10_000
  /// Items above which models of pairs of items are left out: their lists alone would take gigabytes.
  static let pairLimit = 200_000

  /// The settings of those that are fitted for a catalogue.
  static func chosen(items: Int) -> [(family: any ModelFamily.Type, words: [String])] {
    all.filter { items <= pairLimit || $0.family is Popularity.Type }.map { family, words in
      let isLarge = items > denseLimit && family.rules.contains { $0.settings == ["neighbours"] }
      return (family, isLarge ? words + ["neighbours=\(ItemItemRegression.few)"] : words)
    }
  }

  /// Fits them and asks validation users; none without validation users, and those left out that cannot be fitted.
  ///
  /// Where there are times, models of pairs are fitted without a recency term, and the best of them once more with it.
  ///
  /// - Parameter monitor: hears what is fitted, and what is left out.
  public static func fit(_ data: TrainingData, _ monitor: TrainingMonitor) -> [SimpleRival] {
    guard data.validation != nil else { return [] }
    let items = data.rows.columnCount
    if items > pairLimit {
      monitor.stepBegan("too many items to compare with models of their pairs")
    }
    let usual = chosen(items: items)
    guard data.times != nil else {
      return usual.compactMap { fit($0.family, $0.words, data, monitor) }
    }
    var rivals: [SimpleRival] = []
    var best: (place: Int, value: Double)?
    for (place, (family, words)) in usual.enumerated() {
      let isTimely = family.options.contains { $0.name == "recency-weight" }
      let plain = isTimely ? words + ["recency-weight=0"] : words
      guard let rival = fit(family, plain, data, monitor) else { continue }
      rivals.append(rival)
      if isTimely, rival.profile.value > best?.value ?? -1 { best = (place, rival.profile.value) }
    }
    guard let best else { return rivals }
    let (family, words) = usual[best.place]
    return rivals + [fit(family, words, data, monitor)].compactMap { $0 }
  }

  private static func fit(
    _ family: any ModelFamily.Type, _ words: [String], _ data: TrainingData,
    _ monitor: TrainingMonitor
  ) -> SimpleRival? {
    guard let validation = data.validation else { return nil }
    var data = data
    (data.start, data.resume, data.groups) = (nil, nil, nil)
    let name = ([family.name] + words).joined(separator: " ")
    monitor.stepBegan("fitting \(name) to compare with")
    let start = seconds()
    do {
      let fitted = try family.fit(data, ModelSettings(words, for: family), TrainingMonitor())
      let taken = seconds() - start
      let profile = ValidationProfile(validation, fitted.model)
      return SimpleRival(name: name, profile: profile, seconds: taken)
    } catch {
      monitor.stepBegan("\(name) is left out: \(error)")
      return nil
    }
  }
}
