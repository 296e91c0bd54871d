// Do settings that are left to the data follow its size?

import DenseMath
import Interchange
import Testing

@testable import Fitting
@testable import InDGRMModel
@testable import ModelCatalogue
@testable import Recommending
@testable import Training

@Suite struct AdaptiveSettingsTests {
  @Test(arguments: [
    ("mult-vae", 10_000, 250), ("mult-vae", 4000, 250), ("mult-vae", 400, 25), ("mult-vae", 10, 16),
    ("mult-vae", 2897, 182),
    ("macridvae", 4000, 500), ("macridvae", 400, 50),
  ])
  func fewUsersMeanSmallBatches(_ name: String, _ users: Int, _ batch: Int) throws {
    let family = try #require(ModelCatalogue.families.first { $0.name == name })
    let shape = DataShape(users: users, items: 50, interactions: 20 * users)
    func settled(_ words: [String]) throws -> Int {
      try family.resolve(Evidence(shape, ModelSettings(words, for: family)))
        .boundingBatch(users).integer("batch")
    }
    #expect(try settled([]) == min(batch, users))
    #expect(try settled(["batch=77"]) == min(77, users))
  }

  /// A validation takes no longer for more users than two billion scores ask for.
  @Test func validationUsersAreAskedWithinReason() {
    let users = [4, 4, 5, 5, 8, 8, 9, 9]
    #expect(FittingTask.asked(users, items: 250_000_000) == Array(0..<8))
    #expect(FittingTask.asked(users, items: 250_000_001) == [0, 1, 4, 5])
    #expect(FittingTask.asked(users, items: 700_000_000) == [0, 1, 6, 7])
    #expect(FittingTask.asked([], items: 7).isEmpty)
  }

  @Test(arguments: [
    (251, [125, 126]), (250, [250]), (750, [250, 250, 250]), (1, [1]), (503, [167, 168, 168]),
  ])
  func batchesAreEven(_ users: Int, _ sizes: [Int]) throws {
    let settings = try ModelSettings(["batch=250"], for: InDGRMFamily.self)
    let ranges = TrainingPlan(settings, seed: 1).batches(of: users)
    #expect(ranges.map(\.count) == sizes)
    let covered = ranges.flatMap { Array($0) }
    #expect(covered == Array(0..<users))
  }

  /// Data in which every user chose the same number of items.
  private func data(users: Int, each: Int, items: Int) -> TrainingData {
    TrainingData(
      rows: SparseRows(
        offsets: (0...users).map { $0 * each },
        columns: (0..<users).flatMap { _ in (0..<each).map { UInt32($0) } }, columnCount: items),
      seed: 1)
  }

  /// What a fit to some data is made with.
  private func settle(
    _ words: [String], _ data: TrainingData, _ pilots: [String: Double] = [:]
  ) throws -> ModelSettings {
    let settings = try ModelSettings(words, for: InDGRMFamily.self)
    return try InDGRMFamily.resolve(
      Evidence(data.shape, settings, pilots: Told(ratios: pilots)),
      following: (data.start?.model.description["settings"]).map {
        EarlierSettings($0, keeping: NetworkShape.sizeNames, title: "the earlier model")
      })
  }

  /// Pilot runs whose results are known.
  private struct Told: PilotRuns {
    let ratios: [String: Double]
    func ratio(_ model: String, over other: String) -> Double? { ratios[other] }
  }

  @Test(arguments: [
    (5000, 35, 4), (5000, 34, 1), (3000, 40, 1), (100, 60, 1),
  ])
  func deepEncodersNeedLongHistoriesAndMany(_ users: Int, _ each: Int, _ depth: Int) throws {
    #expect(try settle([], data(users: users, each: each, items: 100)).integer("depth") == depth)
  }

  @Test(arguments: [
    (60, 399, 0.5), (59, 393, 0.3), (59, 394, 0.5), (15, 100, 0.3), (15, 101, 0.5),
  ])
  func lessIsDroppedFromShortHistoriesInSmallCatalogues(
    _ each: Int, _ items: Int, _ dropout: Double
  ) throws {
    func settled(_ words: [String]) throws -> Double {
      try settle(words, data(users: 100, each: each, items: items)).number("dropout")
    }
    #expect(try settled([]) == dropout)
    #expect(try settled(["dropout=0.6"]) == 0.6)
    #expect(try settled(["dropout=0"]) == 0)
  }

  /// Spread tastes, in data that fill little of a matrix that is not too large.
  @Test(arguments: [
    (100, 60, 100, true, false), (100, 60, 7000, true, true), (4000, 40, 8000, true, true),
    (4000, 40, 8000, false, false), (4000, 10, 8000, true, true), (30_000, 40, 8000, true, false),
  ])
  func groupPartsSuitSpreadTastesInSparseData(
    _ users: Int, _ each: Int, _ items: Int, _ spread: Bool, _ suit: Bool
  ) throws {
    let data = data(users: users, each: each, items: items)
    func settled(_ words: [String]) throws -> NetworkShape {
      NetworkShape(try settle(words, data, ["ials": spread ? 1.11 : 1.1]))
    }
    let shape = try settled([])
    #expect(shape.usesParts == suit)
    #expect(shape.latent == (suit ? 100 : 200) && shape.groups == (suit ? 7 : 18))
    let isRich = each >= 35 && 100 * each >= items
    let start = try settle([], data, ["ials": spread ? 1.11 : 1.1]).choice("start")
    #expect(start == (suit ? "random" : isRich ? "linear" : "factors"))
    #expect(shape.clusters == (users < 1000 && isRich ? 1 : 6))
    #expect(try settled(["group-parts=on"]).usesParts)
    #expect(!(try settled(["group-parts=off"]).usesParts))
    #expect(!(try settled(["item-groups=off", "group-parts=on"]).usesParts))
    #expect(try settled(["group-parts=on", "latent=30"]).latent == 30)
  }

  /// The less can be told beyond popularity, the nearer the posterior stays to the prior.
  @Test func thinDataNeedAHeavierDivergence() throws {
    for usual in [0.003, 0.0075] {
      func weight(_ gain: Double, _ interactions: Double = 15) -> Double? {
        InDGRMRules.thinKLWeight(usual, interactions: interactions, gain: gain)
      }
      #expect(weight(1.45) == nil)
      #expect(weight(0.2) == 0.1)
      let weights = [0.9, 1, 1.2, 1.44].compactMap { weight($0) }
      #expect(weights.count == 4)
      #expect(zip(weights, weights.dropFirst()).allSatisfy { $0 > $1 } && weights[3] > usual)
      // A user's whole divergence counts twice at most, unless it usually does more.
      #expect(abs((weight(0.2, 50) ?? 0) - 0.04) < 1e-12 && weight(0.2, 1000) == usual)
    }
    func settled(_ words: [String], _ users: Int, _ each: Int = 20) throws -> Double {
      try settle(words, data(users: users, each: each, items: 7000), ["popularity": 0.5]).number(
        "kl-weight")
    }
    #expect(try settled([], 1000) == 0.1)
    #expect(try settled(["kl-weight=0.02"], 1000) == 0.02)
    func usual(_ words: [String], _ data: TrainingData) throws -> Double {
      try settle(words, data).number("kl-weight")
    }
    #expect(try usual([], data(users: 1000, each: 20, items: 7000)) == 0.0075)
    #expect(try usual(["cost=bernoulli"], data(users: 90, each: 20, items: 70)) == 0.003)
    // Large data are not asked, nor long histories.
    #expect(try settled([], 1000, 60) == 0.0075)
    #expect(try settled([], 50_000) == 0.0075)
  }

  /// Sizes that were settled for an earlier model hold for a fit that starts from it, though the data grew.
  @Test func sizesFollowAnEarlierModel() throws {
    var grown = data(users: 4000, each: 40, items: 100)
    let earlier = StoredModel(
      description: [
        "settings": [
          "group-parts": "on", "clusters": 3, "latent": 50, "groups": 4, "depth": 2,
        ]
      ], items: ItemChunk(ids: [], titles: [], categories: []), categories: [])
    grown.start = (earlier, [], [])
    let shape = NetworkShape(try settle([], grown))
    #expect(shape.usesParts && shape.clusters == 3 && shape.latent == 50)
    #expect(shape.groups == 4 && shape.depth == 2)
    let own = NetworkShape(
      try settle(["group-parts=off", "clusters=5", "latent=60", "groups=8", "depth=1"], grown))
    #expect(!own.usesParts && own.clusters == 5 && own.latent == 60)
    #expect(own.groups == 8 && own.depth == 1)
  }

  /// A broken earlier model asks for nothing that no model can have.
  @Test func impossibleSizesAreNotFollowed() throws {
    var broken = data(users: 4000, each: 40, items: 100)
    let earlier = StoredModel(
      description: [
        "settings": [
          "group-parts": "maybe", "clusters": 1_000_000_000, "latent": -5, "groups": 0, "depth": 99,
        ]
      ], items: ItemChunk(ids: [], titles: [], categories: []), categories: [])
    broken.start = (earlier, [], [])
    let shape = NetworkShape(try settle([], broken))
    #expect(!shape.usesParts && shape.clusters == 6 && shape.latent == 200)
    #expect(shape.groups == 18 && shape.depth == 4)
  }

  /// Users who like a few of very many small circles of items are told by their items; users of one
  /// large circle each are told by one place.
  @Test(arguments: [(1000, 4, 10, true), (8, 100, 1, false)])
  func tastesAreSpreadOverManySmallCircles(
    _ circles: Int, _ size: Int, _ each: Int, _ spread: Bool
  ) throws {
    var random = RandomStream(seed: 3, stage: 1, index: 0)
    let share = min(size, 40 / each)
    func history() -> [UInt32] {
      random.permutation(circles).prefix(each).flatMap { circle in
        random.permutation(size).prefix(share).map { UInt32(Int(circle) * size + Int($0)) }
      }.sorted()
    }
    func rows(_ users: [[UInt32]]) -> SparseRows {
      SparseRows(lists: users, columnCount: circles * size)
    }
    var data = TrainingData(rows: rows((0..<600).map { _ in history() }), seed: 1)
    #expect(try PilotFits(data, TrainingMonitor()).ratio("item-knn", over: "ials") == nil)
    let held = (0..<100).map { _ in history() }
    func kept(_ user: [UInt32], truth: Bool) -> [UInt32] {
      user.enumerated().filter { ($0.offset % 4 == 0) == truth }.map(\.element)
    }
    data.validation = ValidationUsers(
      foldIn: rows(held.map { kept($0, truth: false) }), truth: held.map { kept($0, truth: true) })
    let pilots = PilotFits(data, TrainingMonitor())
    let ratio = try #require(try pilots.ratio("item-knn", over: "ials"))
    #expect((ratio > 1.1) == spread)
    // Circles tell far more than popularity, which is the same for all items.
    #expect(try #require(try pilots.ratio("item-knn", over: "popularity")) > 2)
  }
}
