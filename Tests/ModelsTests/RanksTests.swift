// Are the sums of a batch's parts those of the batch, and is a batch cut the same way whoever trains?

import DenseMath
import Ranks
import Recommending
import Support
import Testing

@testable import FactorModels
@testable import Fitting
@testable import LinearModels
@testable import MultVAE
@testable import Ranks
@testable import Training

@Suite struct RanksTests {
  private let rows = SparseRows(lists: SmallData.overlapping(items: 12), columnCount: 12)

  /// The weights that a fit of some epochs ends in.
  private func weights(ranks: Int, sparse: Bool) throws -> [Float] {
    var data = TrainingData(rows: rows, seed: 3)
    data.ranks = try VirtualRanks(ranks, sharedBy: .alone)
    let network = MeanNetwork(sparse: sparse)
    var plan = TrainingPlan(
      try ModelSettings(["batch=12", "epochs=3"], for: MultVAEFamily.self), seed: 1)
    plan.learningRate = 0.1
    _ = try Trainer(network: network, plan: plan, data: data, monitor: TrainingMonitor()).run()
    #expect(network.users == 3 * 24, "every user counts once an epoch")
    return network.weight.value.array
  }

  /// Gradients that are means over users, of all rows or of touched ones, are the same but for rounding.
  @Test(arguments: [2, 4, 8], [false, true])
  func partsAddUpToTheBatch(_ ranks: Int, _ sparse: Bool) throws {
    let (whole, parts) = (
      try weights(ranks: 1, sparse: sparse), try weights(ranks: ranks, sparse: sparse)
    )
    #expect(whole.contains { abs($0) > 0.1 })
    for (one, other) in zip(whole, parts) { #expect(abs(one - other) < 1e-4) }
  }

  /// All users' scores by a family's model for some ranks of one process.
  private func scores(_ family: any ModelFamily.Type, _ words: [String], ranks: Int) throws
    -> [Float]
  {
    var data = TrainingData(rows: rows, seed: 3)
    data.ranks = try VirtualRanks(ranks, sharedBy: .alone)
    let fitted = try family.fit(data, ModelSettings(words, for: family), TrainingMonitor())
    let scores = Matrix<Float>(rows: rows.rowCount, columns: rows.columnCount)
    fitted.model.score(rows, rows: 0..<rows.rowCount, into: scores)
    return scores.array
  }

  /// Counts are added exactly, and what is solved for item by item is so for any number of ranks; sums of weights and
  /// of factors are rounded otherwise.
  @Test(arguments: [
    ("ease", true), ("slim", true), ("item-knn", true), ("popularity", true), ("edlae", false),
    ("ials", false),
  ])
  func ranksMakeTheModelOfOne(_ name: String, isExact: Bool) throws {
    let families: [any ModelFamily.Type] = [
      EASE.self, SLIM.self, ItemKNN.self, Popularity.self, EDLAE.self, ImplicitALS.self,
    ]
    let words = ["edlae": ["user-weight=0.5"], "ials": ["factors=4", "lambda=0.1"]]
    let family = try #require(families.first { $0.name == name })
    let one = try scores(family, words[name] ?? [], ranks: 1)
    let four = try scores(family, words[name] ?? [], ranks: 4)
    #expect(one.contains { $0 != 0 })
    #expect(isExact ? one == four : zip(one, four).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  @Test func partsOfItemsCostAboutAsMuch() {
    #expect(RankGroup.bounds(costs: [1, 1, 1, 1], parts: 2) == [0, 2, 4])
    #expect(RankGroup.bounds(costs: [9, 1, 1, 1], parts: 2) == [0, 1, 4])
    #expect(RankGroup.bounds(costs: [5], parts: 4) == [0, 1, 1, 1, 1])
    #expect(RankGroup.bounds(costs: [], parts: 2) == [0, 0, 0])
    let bounds = RankGroup.bounds(costs: (0..<100).map { $0 }, parts: 8)
    #expect(bounds.count == 9 && bounds == bounds.sorted() && bounds.last == 100)
  }

  @Test func everyIndexIsOneRanks() throws {
    let ranks = try VirtualRanks(8, sharedBy: .alone)
    #expect(ranks.own == 0..<8)
    for count in [8, 13, 250] {
      #expect((0..<8).flatMap { Array(ranks.part($0, of: count)) } == Array(0..<count))
      #expect((0..<8).allSatisfy { !ranks.part($0, of: count).isEmpty })
    }
  }

  @Test func ranksAreAPowerOfTwoAndABatchHasAUserForEach() throws {
    for count in [0, 3, 12] {
      #expect(throws: RankError.self) { try VirtualRanks(count, sharedBy: .alone) }
    }
    #expect(throws: ModelError.self) { try weights(ranks: 16, sparse: false) }
  }
}

/// A network that pulls the weight of every item towards the share of users who have it: the gradient of a part is the
/// mean of its users'.
private final class MeanNetwork: TrainableNetwork {
  let itemCount = 12
  let sparse: Bool
  let weight = Parameter<Float>("weight", rows: 12, columns: 2)
  var users = 0.0
  private var batch = 0
  init(sparse: Bool) { self.sparse = sparse }
  var parameters: [Parameter<Float>] { [weight] }
  var batchSums: [Double] { [Double(batch)] }

  func train(_ batch: SparseRows, step: UInt64, anneal: Double) -> [(name: String, value: Double)] {
    self.batch = batch.rowCount
    let items = sparse ? Array(Set(batch.columns)).sorted() : (0..<12).map { UInt32($0) }
    let gradient = sparse ? weight.gradient(of: items) : weight.gradient
    let share = 1 / Float(batch.rowCount)
    for (row, item) in items.enumerated() {
      let count = Float(batch.columns.count { $0 == item })
      for column in 0..<2 {
        gradient[row, column] =
          share * count * (weight.value[Int(item), column] - Float(column + 1))
      }
    }
    return [("loss", 1)]
  }
  func stepEnded(_ learningRate: Double, _ sums: [Double]) { users += sums[0] }
  func epochEnded(_ epoch: Int) {}
  func parametersChanged() {}
  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) { scores.fill(0) }
}
