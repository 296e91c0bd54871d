// Is a refit the fit that its settings describe, to all that is not held out for test?

import InteractionData
import Interchange
import Support
import Testing

@testable import Fitting
@testable import ModelCatalogue
@testable import Recommending

@Suite struct RefitTests {
  private let split: InteractionSet
  private let task: FittingTask

  init() throws {
    let sink = MemorySink()
    let writer = try InteractionWriter(sink, metadata: .object([:]), provenance: Provenance())
    let lists = SmallData.twoTastes(users: 80)
    try writer.write(.users(UserChunk(ids: lists.indices.map { "u\($0)" })))
    try writer.write(.items(ItemChunk(ids: (0..<12).map { "i\($0)" })))
    var rows = InteractionChunk()
    for (user, list) in lists.enumerated() {
      for item in list {
        rows.users.append(UInt32(user))
        rows.items.append(item)
      }
    }
    try writer.write(.interactions(rows))
    try writer.finish()
    let reader = try StreamReader(ByteInput(OwnedBytes(copying: sink.bytes), name: "test"))
    split = try InteractionSet.read(reader).0.split(SplitOptions())
    task = try FittingTask(split, name: "test", seed: 20)
  }

  /// The split with its validation users among the training users.
  private var relabelled: InteractionSet {
    var changed = split
    changed.users.roles = split.users.roles?.map {
      $0 == UserRole.validation.rawValue ? UserRole.train.rawValue : $0
    }
    return changed
  }

  private func bytes(_ model: StoredModel) -> [String: [UInt8]] {
    model.tensors.mapValues { Array($0.data) }
  }

  @Test(arguments: [
    (
      "indgrm",
      [
        "expert=linear", "width=8", "latent=4", "clusters=2", "groups=3", "epochs=12", "patience=2",
      ],
      [
        "batch", "depth", "kl-weight", "cost", "start", "samples", "learning-rate", "group-parts",
        "closed-doors", "item-factors", "factor-loss", "expert-weight", "expert-popularity",
      ]
    ),
    (
      "indgrm",
      ["expert=linear+ials", "expert-ials-weight=3", "width=8", "latent=4", "epochs=4"],
      [
        "group-parts", "closed-doors", "item-factors", "factor-loss", "expert-weight",
        "expert-popularity",
        "expert-ials-epochs",
      ]
    ),
    ("ials", ["factors=4", "epochs=6"], []), ("ease", [], []),
  ])
  func isTheFitItsSettingsDescribe(_ name: String, _ words: [String], _ settled: [String]) throws {
    let family = try ModelCatalogue.family(named: name)
    let settings = try ModelSettings(pinning: words, for: family)
    let monitor = TrainingMonitor()
    let first = task.stored(
      try family.fit(task.data, settings, monitor), family: name, Provenance())
    let whole = try task.refitting(split, name: "test")
    let again = try #require(try whole.refit(as: first, family, settings, monitor))
    let known = try #require(first.description["settings"])
    #expect(again.description["settings"]?["refit"] == true)
    #expect(again.description["settings"]?["validation"] == known["validation"])
    #expect(first.description["training_users"] == 64)
    #expect(again.description["training_users"] == 72)
    let told: [String] = settled.compactMap { name in
      guard let value = known[name] else { return nil }
      return "\(name)=\(value.string ?? value.text)"
    }
    #expect(told.count == settled.count)
    let epochs = known["best_epoch"]?.int.map { ["epochs=\($0)"] } ?? []
    let bySettings = try ModelSettings(pinning: words + told + epochs, for: family)
    let all = try FittingTask(relabelled, name: "test", seed: 20)
    #expect(all.data.validation == nil)
    let plain = all.stored(
      try family.fit(all.data, bySettings, monitor), family: name, Provenance())
    #expect(bytes(plain) == bytes(again))
    #expect(bytes(plain) != bytes(first))
  }

  /// What an expert was given beside the first fit it keeps, no expert included.
  @Test(arguments: [0.0, 2.5]) func theExpertsWeightIsKept(_ weight: Double) throws {
    let family = try ModelCatalogue.family(named: "indgrm")
    let settings = try ModelSettings(
      ["expert=linear", "width=8", "latent=4", "epochs=2"], for: family)
    var first = task.stored(
      try family.fit(task.data, settings, TrainingMonitor()), family: "indgrm", Provenance())
    let changed = try #require(first.description["settings"])
      .setting("expert-weight", .number(weight)).setting("expert-popularity", 3)
    first.description = first.description.setting("settings", changed)
    let again = try task.refitting(split, name: "test")
      .refit(as: first, family, settings, TrainingMonitor())?.description["settings"]
    #expect(again?["expert-weight"]?.double == weight)
    #expect(again?["expert-popularity"]?.double == 3)
  }

  @Test func aStoppedRefitIsNone() throws {
    let family = try ModelCatalogue.family(named: "mult-vae")
    let settings = try ModelSettings(["latent=4", "epochs=4"], for: family)
    let first = task.stored(
      try family.fit(task.data, settings, TrainingMonitor()), family: "mult-vae", Provenance())
    let stopped = TrainingMonitor(shouldStop: { true })
    #expect(
      try task.refitting(split, name: "test").refit(as: first, family, settings, stopped) == nil)
  }

  @Test func nobodyIsThereToBeAddedWithoutValidationUsers() throws {
    #expect(throws: ModelError.self) {
      let all = try FittingTask(relabelled, name: "test", seed: 20)
      _ = try all.refitting(relabelled, name: "test")
    }
  }
}
