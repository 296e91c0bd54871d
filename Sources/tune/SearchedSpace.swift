// Which settings are searched, and which come next?

import Fitting
import Interchange
import ToolKit
import Tuning

extension Tune {
  /// What must be equal for trials of a log to count; ranges and the number of trials may differ.
  func searched(_ digest: UInt64, _ metric: ValidationMetric) -> JSONValue {
    [
      "model": .string(model), "set": .array(set.sorted().map { .string($0) }),
      "metric": .string(metric.text), "seed": .string(String(seed.seed)),
      "data": .string(hexadecimal(digest)),
    ]
  }

  /// The history of a trial's model, which tells of which data it is.
  func history(of trial: Trial, _ stream: StreamReader, _ context: ToolContext) -> Provenance {
    context.provenance(
      from: [stream.provenance], at: [input], seed: seed.seed,
      details: [
        "trial": .integer(trial.number), "settings": trial.json["settings"] ?? .null,
        "data": .string(hexadecimal(stream.digest ?? 0)),
      ])
  }

  /// The search of the space in the file, which the model must have.
  func search(of family: any ModelFamily.Type) throws -> ParzenSearch {
    let lines = try InputFile.lines(space).joined(separator: "\n")
    guard let json = JSONValue(parsing: Array(lines.utf8)) else {
      throw ToolError(.badData, "\(space): is not JSON")
    }
    if let twice = JSONKeys.repeated(in: lines.utf8) {
      throw ToolError(.badData, "\(space): '\(twice)' is said twice; say it once")
    }
    let search = ParzenSearch(try SearchSpace(json, name: space), seed: seed.seed)
    try checkRanges(search.space, family)
    return search
  }

  /// Refuses a space the model does not have, before any time is spent.
  private func checkRanges(_ space: SearchSpace, _ family: any ModelFamily.Type) throws {
    for dimension in space.dimensions {
      guard !set.contains(where: { $0.hasPrefix(dimension.name + "=") }) else {
        throw ToolError(
          .usage,
          "\(dimension.name) cannot be both searched and set; leave it out of the space or --set")
      }
      for text in dimension.extremes {
        _ = try ModelSettings(set + ["\(dimension.name)=\(text)"], for: family)
        // All between must be settings too, and no word of earlier versions for something else.
        guard let option = family.options.first(where: { $0.name == dimension.name }),
          option.ranges(over: text) || text == "auto" && option.auto != .never
        else {
          throw ToolError(
            .usage, "\(self.space): \(dimension.name)=\(text) is outside its range; see fit --list")
        }
      }
    }
  }

  func settings(
    from search: ParzenSearch, after trials: [Trial], _ family: any ModelFamily.Type
  ) -> [String: String] {
    let known = trials.map { trial in
      (
        coordinates: search.space.dimensions.map { dimension in
          let text =
            trial.settings[dimension.name]
            ?? family.options.first { $0.name == dimension.name }?.defaultText
          return text.flatMap { dimension.coordinate(of: $0) }
        }, value: trial.value ?? -1
      )
    }
    let found = search.next(after: known)
    return Dictionary(
      uniqueKeysWithValues: zip(search.space.dimensions, found).map { ($0.name, $0.text(at: $1)) })
  }
}
