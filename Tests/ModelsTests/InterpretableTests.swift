// Do the parts of a model that can be looked at belong to the scores it gives?

import DenseMath
import InteractionData
import Interchange
import Support
import Testing

@testable import Models

private let small = [
  "width=16", "latent=6", "epochs=6", "batch=20", "patience=100", "clusters=3", "depth=1",
  "prune-clusters=0", "prune-dimensions=0",
]

/// A fitted InDGRM and the rows it was fitted to.
private func fitted(_ words: [String]) throws -> (any InterpretableModel, SparseRows) {
  let lists = SmallData.twoTastes(users: 50, items: 12)
  var offsets = [0]
  for list in lists { offsets.append((offsets.last ?? 0) + list.count) }
  let rows = SparseRows(offsets: offsets, columns: lists.flatMap { $0 }, columnCount: 12)
  let family = try ModelCatalogue.family(named: "indgrm")
  let model = try family.fit(
    TrainingData(rows: rows, seed: 1), ModelSettings(small + words, for: family),
    TrainingMonitor())
  return (try #require(model as? any InterpretableModel), rows)
}

@Suite struct InterpretableTests {
  @Test(arguments: [["groups=3"], ["item-groups=off"], ["groups=3", "similarity=inner-product"]])
  func scoresOfRepresentationsAreThoseOfUsers(_ words: [String]) throws {
    let (model, rows) = try fitted(words)
    let all = 0..<rows.rowCount
    let direct = Matrix<Float>(rows: rows.rowCount, columns: 12)
    model.score(rows, rows: all, into: direct)
    let users = model.represent(rows, rows: all)
    let again = Matrix<Float>(rows: rows.rowCount, columns: 12)
    model.score(users, into: again)
    #expect(zip(direct.buffer, again.buffer).allSatisfy { abs($0 - $1) < 1e-5 })
    // Some rows alone are represented as they are among all.
    let part = model.represent(rows, rows: 20..<25)
    #expect(
      zip(part.points.buffer, users.points.rowBlock(20..<25).buffer).allSatisfy {
        abs($0 - $1) < 1e-5
      })
  }

  @Test func weightsAreSharesAndTheHeaviestIsFound() throws {
    let (model, rows) = try fitted(["groups=3"])
    let users = model.represent(rows, rows: 0..<rows.rowCount)
    for row in 0..<rows.rowCount {
      let weights = Array(users.clusterWeights.row(row))
      #expect(abs(weights.reduce(0, +) - 1) < 1e-5)
      #expect(weights[users.heaviestCluster(of: row)] == weights.max())
    }
    #expect(abs(model.expectedClusterShares.reduce(0, +) - 1) < 1e-9)
    #expect(model.expectedClusterShares.count == 3)
    #expect(model.dimensionCounts == [6, 6, 6])
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

  @Test func variancesAreThereOnceTheyAreLearnt() throws {
    #expect(try fitted(["ard-epoch=100"]).0.clusterVariances == nil)
    let learnt = try #require(try fitted(["ard-epoch=1"]).0.clusterVariances)
    #expect(learnt.rows == 3 && learnt.columns == 6)
    #expect(learnt.buffer.allSatisfy { $0 > 0 && $0.isFinite })
  }
}
