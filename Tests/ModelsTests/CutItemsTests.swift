// Is a network whose items are cut the one that is not?

import DenseMath
import Fitting
import Interchange
import Recommending
import Support
import Testing

@testable import MultVAE
@testable import Ranks
@testable import Training

@Suite struct CutItemsTests {
  private let rows = SparseRows(lists: SmallData.overlapping(items: 13), columnCount: 13)

  /// An element of a parameter of the whole network in the part that has it.
  private func cut<T>(_ parameters: [Parameter<T>], _ name: String, _ row: Int, _ column: Int)
    -> (value: T, gradient: T)?
  {
    if let whole = parameters.first(where: { $0.name == name }) {
      return (whole.value[row, column], whole.gradient[row, column])
    }
    let ranks = try? VirtualRanks(4, sharedBy: .alone)
    let item = name == "encoder.weights" ? row : column
    guard let ranks, let rank = ranks.own.first(where: { ranks.part($0, of: 13).contains(item) }),
      let part = parameters.first(where: { $0.name == PartName.name(name, rank) })
    else { return nil }
    let place = item - ranks.part(rank, of: 13).lowerBound
    let (row, column) = name == "encoder.weights" ? (place, column) : (row, place)
    return (part.value[row, column], part.gradient[row, column])
  }

  /// The start, the loss, every gradient, and what becomes of it once the parts are put together.
  @Test(arguments: [false, true]) func partsAreTheWhole(_ isWeighted: Bool) throws {
    let rows = rows.with(
      values: isWeighted ? rows.columns.indices.map { [0.5, 1, 2.5][$0 % 3] } : nil)
    let whole = MultVAENetwork<Double>(
      items: 13, width: 6, latent: 4, dropout: 0.3, beta: 0.4, batch: 24, seed: 3)
    let parts = CutMultVAENetwork<Double>(
      items: 13, width: 6, latent: 4, dropout: 0.3, beta: 0.4, batch: 24, seed: 3,
      cut: try VirtualRanks(4, sharedBy: .alone))
    let one = whole.train(rows, step: 5, anneal: 0.7)
    let other = parts.train(rows, step: 5, anneal: 0.7)
    for (one, other) in zip(one, other) { #expect(abs(one.value - other.value) < 1e-6) }
    for parameter in whole.parameters {
      for row in 0..<parameter.value.rows {
        for column in 0..<parameter.value.columns {
          let found = try #require(cut(parts.parameters, parameter.name, row, column))
          #expect(found.value == parameter.value[row, column], "\(parameter.name)")
          #expect(abs(found.gradient - parameter.gradient[row, column]) < 1e-6, "\(parameter.name)")
        }
      }
    }
  }

  /// What is stored piece by piece is read back as the network that is not cut, which scores and lists to the last bit as
  /// the parts did.
  @Test func whatIsStoredIsTheWhole() throws {
    var data = TrainingData(rows: rows, seed: 3)
    data.itemRanks = try VirtualRanks(4, sharedBy: .alone)
    let words = ["width=6", "latent=4", "batch=7", "epochs=2"]
    let fitted = try MultVAEFamily.fit(
      data, ModelSettings(words, for: MultVAEFamily.self), TrainingMonitor())
    let cut = fitted.model
    let sink = MemorySink()
    try StoredModel(
      description: ["settings": cut.settings],
      items: ItemChunk(ids: (0..<13).map { "\($0)" }), categories: [],
      tensors: Dictionary(uniqueKeysWithValues: cut.tensors().map { ($0.name, $0) }),
      streamed: cut.streamedTensors()
    ).write(to: sink, kind: .model)
    let stored = try StoredModel(
      StreamReader(ByteInput(OwnedBytes(copying: sink.bytes), name: "test")))
    let whole = try MultVAEFamily.restore(stored)
    func scores(_ model: any RecommendationModel) -> [Float] {
      let scores = Matrix<Float>(rows: 24, columns: 13)
      model.score(rows, rows: 0..<24, into: scores)
      return scores.array
    }
    #expect(scores(cut) == scores(whole))
    let held = ValidationUsers(
      foldIn: rows, truth: (0..<24).map { [UInt32($0 % 13), UInt32(($0 + 4) % 13)] })
    #expect(cut is any ListingModel && held.value(of: cut) == held.value(of: whole))
  }

  /// Parts start from an earlier model of other items in another order as the whole does.
  @Test func partsStartFromAnEarlierModelAsTheWholeDoes() throws {
    let earlier = MultVAENetwork<Float>(
      items: 12, width: 6, latent: 4, dropout: 0, beta: 0, batch: 5, seed: 9)
    earlier.parameters.forEach { fillNormal($0.value, seed: 7, stage: 1, index: 0) }
    let stored = StoredModel(
      description: [:], items: ItemChunk(ids: (0..<12).map { "\(11 - $0)" }), categories: [],
      tensors: Dictionary(
        uniqueKeysWithValues: earlier.parameters.map { ($0.name, $0.value.tensor($0.name)) }))
    var data = TrainingData(rows: rows, seed: 3)
    data.start = (stored, (0..<13).map { "\($0)" }, [])
    let whole = MultVAENetwork<Float>(
      items: 13, width: 6, latent: 4, dropout: 0, beta: 0, batch: 5, seed: 3)
    let parts = CutMultVAENetwork<Float>(
      items: 13, width: 6, latent: 4, dropout: 0, beta: 0, batch: 5, seed: 3,
      cut: try VirtualRanks(4, sharedBy: .alone))
    try data.startNetwork(whole)
    try data.startNetwork(parts)
    for parameter in whole.parameters {
      for row in 0..<parameter.value.rows {
        for column in 0..<parameter.value.columns {
          let found = try #require(cut(parts.parameters, parameter.name, row, column))
          #expect(found.value == parameter.value[row, column], "\(parameter.name)")
        }
      }
    }
  }

  /// Lists of parts make the list of all, also for those of whom nothing is known, and where what is seen counts.
  @Test(arguments: [false, true]) func listsAreThoseOfAllItems(_ keepsSeen: Bool) throws {
    let whole = MultVAENetwork<Float>(
      items: 13, width: 6, latent: 4, dropout: 0.3, beta: 0.4, batch: 5, seed: 3)
    let parts = CutMultVAENetwork<Float>(
      items: 13, width: 6, latent: 4, dropout: 0.3, beta: 0.4, batch: 5, seed: 3,
      cut: try VirtualRanks(4, sharedBy: .alone))
    let lists = (0..<12).map { $0 == 7 ? [] : Array(rows.row($0)) }
    var held = ValidationUsers(
      foldIn: SparseRows(lists: lists, columnCount: 13),
      truth: (0..<12).map { [UInt32($0), UInt32(($0 + 4) % 13)] })
    held.popular = (0..<13).map { Float($0 * 7 % 13) }
    held.keepsSeen = keepsSeen
    held.metric = try ValidationMetric("ndcg@6")
    let value = whole.validate(held, sharedBy: .alone)
    #expect(value > 0)
    #expect(abs(parts.validate(held, sharedBy: .alone) - value) < 1e-9)
  }

  @Test func aFitIsThatOfAllItemsButForRounding() throws {
    func scores(_ itemRanks: Int) throws -> [Float] {
      var data = TrainingData(rows: rows, seed: 3)
      if itemRanks > 1 { data.itemRanks = try VirtualRanks(itemRanks, sharedBy: .alone) }
      let words = ["width=6", "latent=4", "batch=12", "epochs=4", "learning-rate=0.01"]
      let fitted = try MultVAEFamily.fit(
        data, ModelSettings(words, for: MultVAEFamily.self), TrainingMonitor())
      let scores = Matrix<Float>(rows: 24, columns: 13)
      fitted.model.score(rows, rows: 0..<24, into: scores)
      return scores.array
    }
    let (one, four) = (try scores(1), try scores(4))
    #expect(zip(one, four).allSatisfy { abs($0 - $1) < 1e-3 })
    #expect(throws: ModelError.self) { try scores(16) }
  }
}
