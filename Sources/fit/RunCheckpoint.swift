// How is a run put aside in a file, and when does a file belong to a run?

import DenseMath
import Fitting
import Interchange
import Ranks
import Recommending
import ToolKit

/// Writes and reads checkpoints of one run. They are laid out as models are, in streams of a kind of their own.
struct RunCheckpoint: Sendable {
  let model: String
  let options: [ModelOption]
  let settings: JSONValue
  let seed: UInt64
  /// What validation users are judged by.
  let metric: String
  /// The nested part of the training users.
  let percent: Int
  /// The parts of a batch.
  let ranks: Int
  /// The parts of the items.
  let itemRanks: VirtualRanks
  /// Of the inputs, by what they are.
  let digests: [String: UInt64]
  let provenance: Provenance

  /// What must be equal for a run to go on.
  var identity: JSONValue {
    var kept: [String: JSONValue] = [:]
    if case .object(let members) = settings {
      kept = members.filter { $0.key != "epochs" && $0.key != "patience" }
    }
    func digest(_ name: String) -> JSONValue {
      digests[name].map { .string(hexadecimal($0)) } ?? "none"
    }
    return [
      "of": .string(model), "settings": .object(kept), "seed": .string(String(seed)),
      "metric": .string(metric), "train-percent": .integer(percent), "data": digest("data"),
      "groups": digest("groups"), "init": digest("init"), "ranks": .integer(ranks),
      "item-ranks": .integer(itemRanks.count),
    ]
  }

  /// What must be equal for processes to share a run.
  var whole: JSONValue { identity.setting("settings", settings) }

  /// Replaces the file by the run's state.
  func write(_ checkpoint: Checkpoint, to path: String) throws {
    let file = try OutputFile(path, binary: true, for: "--checkpoint")
    var description = checkpoint.description
    description["run"] = identity
    try StoredModel(
      description: .object(description), items: ItemChunk(ids: []), categories: [],
      tensors: announced(checkpoint.tensors), provenance: provenance
    ).write(to: file, kind: .checkpoint, fetching: fetch)
    try file.commit()
  }

  /// A process's tensors, with empty ones in the place of those that are other processes' parts.
  private func announced(_ own: [String: Tensor]) -> [String: Tensor] {
    var all = own
    for name in own.keys {
      guard let base = PartName.split(name)?.base else { continue }
      for part in 0..<itemRanks.count {
        let other = PartName.name(base, part)
        if all[other] == nil { all[other] = Tensor(other, shape: [0], floats: []) }
      }
    }
    return all
  }

  /// A tensor as the first process writes it, which holds one of another process's at a time.
  private func fetch(_ tensor: Tensor) -> Tensor {
    guard let part = PartName.split(tensor.name)?.part, let values = tensor.floats else {
      return tensor
    }
    let (group, owner) = (itemRanks.group, itemRanks.owner(of: part))
    guard owner > 0 else { return tensor }
    var counts = [values.count]
    [values.count].withUnsafeBufferPointer { own in
      counts.withUnsafeMutableBufferPointer { group.bring(own, from: owner, to: $0) }
    }
    guard group.isFirst else {
      group.bring(values, from: owner, to: UnsafeMutableBufferPointer(start: nil, count: 0))
      return tensor
    }
    let received = Matrix<Float>(rows: 1, columns: counts[0])
    group.bring(values, from: owner, to: received.buffer)
    return received.tensor(tensor.name, shape: [counts[0]])
  }

  /// What a checkpoint of any version was made with, in the words of this one.
  private func current(_ stored: JSONValue) -> JSONValue {
    // Earlier checkpoints say nothing of a start and of ranks.
    var run = stored["init"] == nil ? stored.setting("init", "none") : stored
    for name in ["ranks", "item-ranks"] where run[name] == nil { run = run.setting(name, 1) }
    guard case .object(var members)? = run["settings"] else { return run }
    for option in options { members[option.name] = members[option.name].map(option.current) }
    return run.setting("settings", .object(members))
  }

  /// Reads a checkpoint of this very run.
  ///
  /// Throws `ToolError` that names what differs.
  func read(_ stream: StreamReader) throws -> Checkpoint {
    let stored = try StoredModel(stream) { name in
      // Parts of the items that other processes hold are of no use here.
      PartName.split(name).map { itemRanks.own.contains($0.part) } ?? true
    }
    // Earlier versions wrote models of that name.
    guard stream.kind == .checkpoint || stored.description["model"] == "checkpoint",
      case .object(let members) = stored.description, let run = stored.description["run"],
      case .object = run
    else {
      throw ToolError(.badData, "\(stream.name): is no checkpoint; fit --checkpoint makes one")
    }
    if let key = identity.firstDifference(from: current(run)) {
      let what =
        [
          "of": "another model", "init": "another --init", "ranks": "another number of --ranks",
          "item-ranks": "another number of --item-ranks",
        ][key]
        ?? "other \(key)"
      throw ToolError(
        .badData,
        "\(stream.name): was made with \(what); go on with the same model, data, options and settings"
      )
    }
    return Checkpoint(description: members, tensors: stored.tensors)
  }
}
