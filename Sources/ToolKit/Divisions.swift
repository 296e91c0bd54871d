// Was a model fitted to the split beside it, or may it know what that holds out?

import Interchange

extension ProvenanceStep {
  /// Whether split puts users into the same parts as by another step, whatever data they come from.
  fileprivate func keepsUsers(as other: ProvenanceStep) -> Bool {
    func share(_ step: ProvenanceStep, _ option: String) -> String {
      let text = step.value(of: option) ?? "0.1"
      return Double(text).map { "\($0)" } ?? text
    }
    return has("--stable") && other.has("--stable") && seed == other.seed
      && ["--test", "--validation"].allSatisfy { share(self, $0) == share(other, $0) }
  }
}

extension Provenance {
  /// The last step of one of some tools, from a step on back over what was read first each time.
  fileprivate func step(of tools: Set<String>, before last: Int? = nil) -> Int? {
    var place = last ?? steps.indices.last
    while let index = place {
      if tools.contains(steps[index].tool) { return index }
      place = steps[index].parents.first
    }
    return nil
  }

  /// The step that ranked lists, parts of which may have been merged since.
  public var scoring: ProvenanceStep? { step(of: ["score"]).map { steps[$0] } }

  /// The step that divided the data, and no model that was used on them.
  public var dividing: ProvenanceStep? { step(of: ["split"]).map { steps[$0] } }

  /// What the model of this history may know of a split with another history, in words; nil where nothing tells that it
  /// does.
  ///
  /// - Parameter digest: of the split, where it is known.
  func knowledge(of split: Provenance, digest: UInt64?) -> String? {
    guard let fit = step(of: ["fit", "tune"]), let own = split.step(of: ["split"]) else {
      return nil
    }
    let known = steps[fit].details["data"]?.string
    if let known, known == digest.map(hexadecimal) { return nil }
    guard let other = step(of: ["split"], before: fit) else {
      return "interactions that were not split"
    }
    // The same commands make another split of a log that has changed.
    let isSame = (known == nil || digest == nil) && split.steps[...own] == steps[...other]
    return isSame || split.steps[own].keepsUsers(as: steps[other]) ? nil : "another split"
  }
}

extension Diagnostics {
  /// Says so where a model was fitted to other data than a split, and may know what is held out there.
  public func warn(of model: StoredModel, _ path: String, knowing stream: StreamReader) {
    guard stream.metadata["split"] != nil,
      let known = model.provenance.knowledge(of: stream.provenance, digest: stream.digest)
    else { return }
    warning(
      "\(path): was fitted to \(known), and may know what \(stream.name) holds out; figures on it may be too good"
    )
  }
}
