// Is an InDGRM whose items are cut the one that is not?

import DenseMath
import Fitting
import Interchange
import Recommending
import Support
import Testing

@testable import InDGRMModel
@testable import Ranks
@testable import Training

@Suite struct CutInDGRMTests {
  private let rows = SparseRows(lists: SmallData.overlapping(items: 13), columnCount: 13)

  private func shape(_ variant: String) -> NetworkShape {
    NetworkShape(
      width: 8, depth: 2, latent: 6, clusters: 3, groups: 4, batch: 24, temperature: 0.7,
      usesGroups: variant != "no-groups", usesCosine: variant != "inner-product",
      usesGroupAttention: true, usesItemFeatures: variant.hasSuffix("item-features"))
  }

  private func objective(_ variant: String) -> InDGRMObjective {
    InDGRMObjective(
      dropout: 0.3, klWeight: 0.05, cost: variant == "bernoulli" ? .bernoulli : .multinomial,
      groupDraws: variant == "draws" ? 3 : 1, innerSteps: variant == "inner-steps" ? 2 : 0)
  }

  private func network(_ variant: String, _ itemRanks: Int) throws -> InDGRMNetwork<Double> {
    let network = InDGRMNetwork<Double>(
      items: 13, users: 24, shape: shape(variant), objective: objective(variant), seed: 5,
      cut: try VirtualRanks(itemRanks, sharedBy: .alone))
    if let affinity = network.affinity {
      fillNormal(affinity.centres.value, seed: 8, stage: 1, index: 0)
      affinity.origin.value.fill(0.05)
    }
    for part in network.decoders.parts {
      if variant == "draws" { part.groups.drawCounts = (0..<13).map { $0 % 5 } }
      if variant == "privileged" {
        part.groups.privileged = PrivilegedGroups(
          (0..<13).map { $0 == 5 ? [] : [UInt32($0 % 4), UInt32($0 % 3)] }, count: 4,
          vectors: nil, weight: 3, triplets: 50)
      }
    }
    if variant.hasPrefix("sampled") {
      network.samplesItems(CandidateSampler(itemCounts: rows.columnCounts(), samples: 3))
    }
    scale(network.decoder.mapping.value, by: 30)
    network.epochEnded(1)
    for parameter in network.encoder.trunk.layers.flatMap(\.parameters) {
      for index in parameter.value.buffer.indices {
        parameter.value.pointer[index] += 0.02 * Double(index % 7 - 3)
      }
    }
    return network
  }

  /// All rows of a parameter's gradient.
  private func gradient(_ parameter: Parameter<Double>) -> Matrix<Double> {
    guard let touched = parameter.touched else { return parameter.gradient }
    let all = Matrix<Double>(rows: parameter.value.rows, columns: parameter.value.columns)
    for (place, row) in touched.enumerated() {
      _ = all.row(Int(row)).update(from: parameter.gradient.row(place))
    }
    return all
  }

  /// The start, the loss and every gradient.
  @Test(arguments: [
    "all", "no-groups", "inner-product", "draws", "privileged", "bernoulli", "sampled",
    "sampled-few", "item-features", "sampled-item-features", "inner-steps", "confident",
  ])
  func partsAreTheWhole(_ variant: String) throws {
    let confidences: [Float] = rows.columns.indices.map { [0.5, 1, 2.5][$0 % 3] }
    var rows = rows.with(values: variant == "confident" ? confidences : nil)
    // Some parts then have none of the items that are scored.
    if variant == "sampled-few" { rows = rows.rows(at: [0, 1]) }
    let (whole, parts) = (try network(variant, 1), try network(variant, 8))
    let one = whole.train(rows, step: 5, anneal: 0.7)
    let other = parts.train(rows, step: 5, anneal: 0.7)
    for (one, other) in zip(one, other) { #expect(abs(one.value - other.value) < 1e-6) }
    for parameter in whole.parameters {
      let found = parts.parameters.filter {
        PartName.split($0.name)?.base ?? $0.name == parameter.name
      }
      #expect(found.map(\.value.count).reduce(0, +) == parameter.value.count)
      let expected = gradient(parameter)
      for part in found {
        let gradient = gradient(part)
        let byRows = parameter.items == .rows
        for row in 0..<part.value.rows {
          for column in 0..<part.value.columns {
            let (r, c) = byRows ? (row + part.firstItem, column) : (row, column + part.firstItem)
            #expect(part.value[row, column] == parameter.value[r, c], "\(part.name)")
            guard part.rate > 0 else { continue }
            #expect(abs(gradient[row, column] - expected[r, c]) < 1e-6, "\(part.name)")
          }
        }
      }
    }
  }

  private static let words = [
    "width=8", "latent=6", "batch=12", "epochs=4", "clusters=2", "groups=3", "depth=1",
  ]

  private func fit(_ itemRanks: Int, _ words: [String], validates: Bool = true) throws
    -> FittedModel
  {
    var data = TrainingData(rows: rows, seed: 3)
    if validates {
      data.validation = ValidationUsers(
        foldIn: rows, truth: (0..<24).map { [UInt32($0 % 13), UInt32(($0 + 4) % 13)] })
    }
    data.itemRanks = try VirtualRanks(itemRanks, sharedBy: .alone)
    return try InDGRMFamily.fit(
      data, ModelSettings(Self.words + words, for: InDGRMFamily.self), TrainingMonitor())
  }

  private func scores(_ model: any RecommendationModel) -> [Float] {
    let scores = Matrix<Float>(rows: 24, columns: 13)
    model.score(rows, rows: 0..<24, into: scores)
    return scores.array
  }

  /// What is stored piece by piece is read back as the model that is not cut, which scores and lists to the last bit as
  /// the parts did.
  @Test(arguments: [[], ["closed-doors=0"], ["members=2"], ["expert=linear"]])
  func whatIsStoredIsTheWhole(_ words: [String]) throws {
    let cut = try fit(4, words).model
    let sink = MemorySink()
    try StoredModel(
      description: ["settings": cut.settings],
      items: ItemChunk(ids: (0..<13).map { "\($0)" }), categories: [],
      tensors: Dictionary(uniqueKeysWithValues: cut.tensors().map { ($0.name, $0) }),
      streamed: cut.streamedTensors()
    ).write(to: sink, kind: .model)
    let stored = try StoredModel(
      StreamReader(ByteInput(OwnedBytes(copying: sink.bytes), name: "test")))
    let whole = try InDGRMFamily.restore(stored)
    #expect(scores(cut) == scores(whole))
    let held = ValidationUsers(
      foldIn: rows, truth: (0..<24).map { [UInt32($0 % 13), UInt32(($0 + 4) % 13)] })
    let makesLists = (cut as? any ListingModel)?.makesLists
    #expect(makesLists == !words.contains("expert=linear"))
    #expect(held.value(of: cut) == held.value(of: whole))
  }

  /// From every start, with what follows training.
  @Test(arguments: ["random", "factors", "linear", "spectral"])
  func aFitIsThatOfAllItemsButForRounding(_ start: String) throws {
    let words = ["start=\(start)", "group-parts=off", "cost=bernoulli", "closed-doors=0.3"]
    let (one, four) = (try fit(1, words, validates: false), try fit(4, words, validates: false))
    let pairs = zip(scores(one.model), scores(four.model))
    #expect(pairs.allSatisfy { abs($0 - $1) < 1e-2 })
  }

  /// A run goes on with what followed its parameters, which earlier versions kept in double precision.
  @Test func aRunGoesOnWithItsFollowers() throws {
    let network = try self.network("all", 4)
    var checkpoint = Checkpoint(description: [:], tensors: [:])
    checkpoint.save("kept", network.followers) { network.followers[$0].value.array }
    var doubles = Checkpoint(description: [:], tensors: [:])
    for (name, tensor) in checkpoint.tensors {
      let floats = try #require(tensor.floats)
      let values: [Double] = floats.map { Double($0) }
      doubles.tensors[name] = Tensor(name, shape: [values.count], doubles: values)
    }
    for kept in [checkpoint, doubles] {
      let other = try self.network("all", 4)
      #expect(!other.followers.isEmpty)
      other.followers.forEach { $0.value.fill(0) }
      other.restore(state: [:]) { kept.fill($0, "kept") }
      for (one, other) in zip(network.followers, other.followers) {
        #expect(zip(one.value.array, other.value.array).allSatisfy { abs($0 - $1) < 1e-6 })
      }
    }
    let none = try self.network("all", 4)
    none.restore(state: [:]) { _ in false }
    #expect(none.followers.isEmpty)
  }

  /// What is not cut is refused where it was asked for, and not taken where it was not.
  @Test func whatIsNotCutIsRefused() throws {
    for words in [["group-parts=on"], ["cost=squared"]] {
      #expect(throws: ModelError.self) { try fit(4, words) }
    }
    #expect(throws: ModelError.self) { try fit(16, []) }
    #expect(try fit(4, []).settings.choice("group-parts") == "off")
  }
}
