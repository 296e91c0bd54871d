// Do the parts of a model that can be looked at belong to the scores it gives?

import DenseMath
import InteractionData
import Interchange
import Support
import Testing

@testable import Fitting
@testable import InDGRMModel
@testable import ModelCatalogue
@testable import Recommending

private let small = [
  "width=16", "latent=6", "epochs=6", "batch=20", "patience=100", "clusters=3", "depth=1",
]

/// A fitted InDGRM and the rows it was fitted to.
private func fitted(_ words: [String]) throws -> (any InterpretableModel, SparseRows) {
  let lists = SmallData.twoTastes(users: 50, items: 12)
  let rows = SparseRows(lists: lists, columnCount: 12)
  let family = try ModelCatalogue.family(named: "indgrm")
  let model = try family.fit(
    TrainingData(rows: rows, seed: 1), ModelSettings(pinning: small + words, for: family),
    TrainingMonitor()
  ).model
  return (try #require(model as? any InterpretableModel), rows)
}

@Suite struct InterpretableTests {
  @Test(arguments: [["groups=3"], ["item-groups=off"], ["groups=3", "similarity=inner-product"]])
  func scoresOfRepresentationsAreThoseOfUsers(_ words: [String]) throws {
    let (model, rows) = try fitted(words)
    let direct = Matrix<Float>(rows: rows.rowCount, columns: 12)
    model.score(rows, rows: 0..<rows.rowCount, into: direct)
    let users = model.represent(rows)
    let again = Matrix<Float>(rows: rows.rowCount, columns: 12)
    model.score(users, into: again)
    #expect(zip(direct.buffer, again.buffer).allSatisfy { abs($0 - $1) < 1e-5 })
    // Some rows alone are represented as they are among all.
    let part = model.represent(rows.rows(at: Array(20..<25)))
    let wanted = users.rows(at: Array(20..<25))
    #expect(zip(part.points.buffer, wanted.points.buffer).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func weightsAreSharesAndTheHeaviestIsFound() throws {
    let (model, rows) = try fitted(["groups=3", "factor-loss=0", "closed-doors=0"])
    let users = model.represent(rows)
    for row in 0..<rows.rowCount {
      let weights = Array(users.clusterWeights.row(row))
      #expect(abs(weights.reduce(0, +) - 1) < 1e-5)
      #expect(weights[users.heaviestCluster(of: row)] == weights.max())
    }
    #expect(abs(model.expectedClusterShares.reduce(0, +) - 1) < 1e-9)
    #expect(model.expectedClusterShares.count == 3)
    let whole = [Bool](repeating: true, count: 6)
    #expect(model.keptDimensions == [whole, whole, whole])
  }

  @Test func vectorsOfAUserAreMixedByHisClusters() throws {
    let (model, _) = try fitted(["groups=4"])
    let mapping = try #require(model.factorToGroup)
    #expect(mapping.rows == 3 * 4 && mapping.columns == 6)
    let users = UserRepresentations(
      points: Matrix(rows: 1, columns: 6),
      clusterWeights: Matrix(rows: 1, columns: 3, [0.25, 0, 0.75]))
    let own = try #require(model.factorToGroup(of: users, row: 0))
    #expect(own.rows == 4 && own.columns == 6)
    let wanted = 0.25 * mapping[2, 5] + 0.75 * mapping[2 * 4 + 2, 5]
    #expect(abs(own[2, 5] - wanted) < 1e-6)
    #expect(try fitted(["item-groups=off"]).0.factorToGroup == nil)
  }

  @Test func rowsAreCopiedAsTheyAreNamed() {
    let users = UserRepresentations(
      points: Matrix(rows: 3, columns: 2, [1, 2, 3, 4, 5, 6]),
      clusterWeights: Matrix(rows: 3, columns: 2, [0.1, 0.9, 0.2, 0.8, 0.3, 0.7]))
    let chosen = users.rows(at: [2, 0, 2])
    #expect(chosen.points.array == [5, 6, 1, 2, 5, 6])
    #expect(chosen.clusterWeights.array == [0.3, 0.7, 0.1, 0.9, 0.3, 0.7])
    chosen.points[0, 0] = 9
    #expect(users.points[2, 0] == 5)
    #expect(UserRepresentations(points: users.points).clusterWeights.array == [1, 1, 1])
  }

  @Test func dimensionsAreActiveThatAreKeptAndVary() throws {
    let model = try fitted(["ard=on", "start=random"]).0
    let (kept, variances) = (model.keptDimensions, try #require(model.clusterVariances))
    #expect(kept.allSatisfy { $0.contains(true) })
    #expect(model.activeDimensions(above: 0) == kept)
    let highest = variances.buffer.max() ?? 0
    let most = try #require(model.activeDimensions(above: Double(highest) * 0.99))
    #expect(most.joined().count { $0 } < kept.joined().count { $0 })
    #expect(most.joined().contains(true))
    let none = try #require(model.activeDimensions(above: Double(highest)))
    #expect(none.count == kept.count && !none.joined().contains(true))
  }

  @Test func variancesAreThereOnceTheyAreLearnt() throws {
    let fixed = try fitted([]).0
    #expect(fixed.clusterVariances == nil && fixed.activeDimensions(above: 0) == nil)
    let learnt = try #require(try fitted(["ard=on"]).0.clusterVariances)
    #expect(learnt.rows == 3 && learnt.columns == 6)
    #expect(learnt.buffer.allSatisfy { $0 > 0 && $0.isFinite })
  }
}
