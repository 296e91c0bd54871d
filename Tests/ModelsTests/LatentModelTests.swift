// Do representations decode to the scores that the model gives?

import DenseMath
import Support
import Testing

@testable import Fitting
@testable import InDGRMModel
@testable import ModelCatalogue
@testable import Recommending

@Suite struct LatentModelTests {
  private static let small = ["width=16", "latent=6", "epochs=12", "batch=20"]

  static let cases: [(String, [String])] = [
    ("mult-vae", small), ("recvae", small + ["depth=1"]), ("dglgm", small + ["clusters=2"]),
    ("macridvae", small.filter { !$0.hasPrefix("width") } + ["concepts=2"]),
    ("indgrm", small + ["clusters=2", "groups=3", "depth=1", "ard=on"]),
    ("indgrm", small + ["clusters=2", "groups=3", "depth=1", "similarity=inner-product"]),
    ("indgrm", small + ["clusters=2", "groups=3", "depth=1", "closed-doors=0"]),
    ("indgrm", small + ["clusters=3", "depth=1", "item-groups=off"]),
    ("indgrm", small + ["clusters=2", "groups=3", "depth=1", "item-features=on"]),
    ("indgrm", small + ["clusters=2", "groups=3", "group-parts=on"]),
    ("ials", ["factors=5", "lambda=0.1"]), ("emf", ["factors=5", "lambda=0.1", "neighbours=4"]),
  ]

  private func fitted(_ index: Int) throws -> (any LatentModel, SparseRows) {
    let lists = SmallData.twoTastes(users: 60, items: 12)
    let rows = SparseRows(lists: lists, columnCount: 12)
    let family = try ModelCatalogue.family(named: Self.cases[index].0)
    let model = try family.fit(
      TrainingData(rows: rows, seed: 1), ModelSettings(Self.cases[index].1, for: family),
      TrainingMonitor()
    ).model
    return (try #require(model as? any LatentModel), rows)
  }

  @Test(arguments: cases.indices) func decodingGivesTheScores(_ index: Int) throws {
    let (model, rows) = try fitted(index)
    let users = model.represent(rows)
    #expect(users.points.rows == rows.rowCount && model.itemVectors.rows == model.itemCount)
    for row in 0..<rows.rowCount {
      #expect(abs(users.clusterWeights.row(row).reduce(0, +) - 1) < 1e-4)
    }
    let decoded = Matrix<Float>(rows: rows.rowCount, columns: model.itemCount)
    model.score(users, into: decoded)
    let scored = Matrix<Float>(rows: rows.rowCount, columns: model.itemCount)
    model.score(rows, rows: 0..<rows.rowCount, into: scored)
    for (a, b) in zip(decoded.buffer, scored.buffer) {
      #expect(abs(a - b) < 2e-4 * max(1, abs(b)), "\(Self.cases[index].0)")
    }
    if let inner = model as? any InterpretableModel {
      #expect(inner.latentCount == users.points.columns)
      #expect(inner.clusterCount == users.clusterWeights.columns)
    } else {
      // The local components of DGLGM are clusters of users.
      let clusters = Self.cases[index].0 == "dglgm" ? 2 : 1
      #expect(users.clusterWeights.columns == clusters)
    }
    if let groups = model.groupOfItems {
      #expect(groups.assignment.allSatisfy { Int($0) < groups.count })
    }
  }

  @Test(arguments: cases.indices) func rankingIsThatOfAllScores(_ index: Int) throws {
    let (model, rows) = try fitted(index)
    let lists = Ranker(model).top(rows, rows: 20..<50, count: 5)
    let scores = Matrix<Float>(rows: 30, columns: model.itemCount)
    model.score(rows, rows: 20..<50, into: scores)
    let wanted = topItems(scores, rows, rows: 20..<50, count: 5)
    for (found, wanted) in zip(lists, wanted) {
      #expect(found.count == wanted.count)
      for (own, other) in zip(found, wanted) {
        // Items whose scores differ by rounding alone may change places.
        #expect(abs(own.score - other.score) < 2e-4 * max(1, abs(other.score)))
      }
    }
  }

  @Test func anExpertRefinementGroupPartsAndMembersHaveScoresOfTheirOwn() throws {
    let (model, rows) = try fitted(4)
    let factors = try #require((model as? any FactorisedModel)?.itemFactors)
    #expect(factors.shares == nil)
    #expect((try fitted(6).0 as? any FactorisedModel)?.itemFactors?.shares?.columns == 3)
    let family = InDGRMFamily.self
    for setting in [
      "expert=linear", "expert=linear+ials", "group-parts=on", "members=2",
    ] {
      let settings = try ModelSettings(Self.cases[4].1 + [setting], for: family)
      let other = try family.fit(
        TrainingData(rows: rows, seed: 1), settings, TrainingMonitor()
      ).model
      #expect(other is any FactorisedModel)
      #expect((other as? any FactorisedModel)?.itemFactors?.factors.rows == nil)
    }
  }

  @Test func modelsWithoutRepresentationsHaveNone() throws {
    let rows = SparseRows(offsets: [0, 2, 4], columns: [0, 1, 1, 2], columnCount: 3)
    for name in ["popularity", "item-knn", "ease", "edlae", "slim"] {
      let family = try ModelCatalogue.family(named: name)
      let model = try family.fit(
        TrainingData(rows: rows, seed: 1), ModelSettings([], for: family), TrainingMonitor()
      ).model
      #expect(!(model is any LatentModel), "\(name)")
    }
  }
}
