// How are models fitted to data with a past and a present?

import InteractionData
import Interchange
import Support

@testable import Fitting
@testable import ModelCatalogue

/// `DriftingData`, split.
func drifting(times: Bool = true, scheme: SplitScheme = .time) throws -> InteractionSet {
  var options = SplitOptions()
  options.scheme = scheme
  return try InteractionSet.read(DriftingData.reader(times: times)).0.split(options)
}

func driftingTask(times: Bool = true, scheme: SplitScheme = .time) throws -> FittingTask {
  try FittingTask(drifting(times: times, scheme: scheme), name: "test", seed: 20)
}

/// A model of the task as it is stored.
func fit(_ task: FittingTask, _ name: String, _ words: [String] = []) throws -> StoredModel {
  let family = try ModelCatalogue.family(named: name)
  let model = try family.fit(
    task.data, ModelSettings(pinning: words, for: family), TrainingMonitor())
  return task.stored(model, family: name, Provenance())
}
