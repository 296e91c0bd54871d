// Do settings that are left to the data follow its size?

import DenseMath
import Testing

@testable import Models

@Suite struct AdaptiveSettingsTests {
  @Test(arguments: [
    ("mult-vae", 10_000, 250), ("mult-vae", 4000, 250), ("mult-vae", 400, 25), ("mult-vae", 10, 16),
    ("mult-vae", 2897, 182),
    ("macridvae", 4000, 500), ("macridvae", 400, 50),
  ])
  func fewUsersMeanSmallBatches(_ name: String, _ users: Int, _ batch: Int) throws {
    let family = try #require(ModelCatalogue.families.first { $0.name == name })
    let usual = name == "macridvae" ? 500 : 250
    let settings = try ModelSettings([], for: family)
    #expect(settings.settlingBatch(usual, users: users).integer("batch") == batch)
    let given = try ModelSettings(["batch=77"], for: family)
    #expect(given.settlingBatch(usual, users: users).integer("batch") == 77)
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

  @Test(arguments: [
    (4000, 40, 4), (4000, 39, 1), (3000, 40, 1), (100, 60, 1),
  ])
  func deepEncodersNeedLongHistoriesAndMany(_ users: Int, _ each: Int, _ depth: Int) throws {
    var options = InDGRMOptions(try ModelSettings([], for: InDGRMFamily.self))
    options.adapt(to: data(users: users, each: each, items: 100))
    #expect(options.depth == depth)
  }

  /// Long histories that fill little of a matrix that is not too large.
  @Test(arguments: [
    (100, 60, 100, false), (100, 60, 7000, true), (4000, 40, 100, false), (4000, 40, 8000, true),
    (4000, 39, 8000, false),
    (30_000, 40, 8000, false),
  ])
  func groupPartsSuitLongHistoriesInSparseData(
    _ users: Int, _ each: Int, _ items: Int, _ suit: Bool
  ) throws {
    let data = data(users: users, each: each, items: items)
    func settled(_ words: [String]) throws -> InDGRMOptions {
      var options = InDGRMOptions(try ModelSettings(words, for: InDGRMFamily.self))
      options.adapt(to: data)
      return options
    }
    let options = try settled([])
    #expect(options.usesParts == suit)
    #expect(options.latent == (suit ? 100 : 200) && options.groups == (suit ? 7 : 18))
    #expect(options.start == (suit ? "random" : "factors"))
    #expect(try settled(["group-parts=on"]).usesParts)
    #expect(!(try settled(["group-parts=off"]).usesParts))
    #expect(!(try settled(["item-groups=off", "group-parts=on"]).usesParts))
    #expect(try settled(["group-parts=on", "latent=30"]).latent == 30)
  }
}
