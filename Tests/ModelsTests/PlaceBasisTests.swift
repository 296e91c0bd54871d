// With a place for every item group: is each factor one group's own, and are scores what they were?

import DenseMath
import Glibc
import Support
import Testing

@testable import Fitting
@testable import InDGRMModel
@testable import Recommending

@Suite struct PlaceBasisTests {
  /// Users of two tastes and what all of them like.
  private let data = TrainingData(
    rows: SparseRows(lists: SmallData.twoTastes(users: 60), columnCount: 12), seed: 7)

  private func fit(_ words: [String]) throws -> InDGRM {
    let settings = try ModelSettings(
      pinning: ["width=12", "clusters=2", "groups=3", "latent=5", "epochs=12", "group-parts=on"]
        + words, for: InDGRMFamily.self)
    return try #require(
      try InDGRMFamily.fit(data, settings, TrainingMonitor()).model as? InDGRM)
  }

  private func scores(_ model: InDGRM, _ users: UserRepresentations? = nil) -> Matrix<Float> {
    let scores = Matrix<Float>(rows: data.rows.rowCount, columns: 12)
    if let users {
      model.score(users, into: scores)
    } else {
      model.score(data.rows, rows: 0..<data.rows.rowCount, into: scores)
    }
    return scores
  }

  /// One model scores alike before and after.
  @Test func basesLeaveScoresAsTheyAre() throws {
    let model = try fit(["closed-doors=0"])
    #expect(model.decoder.bases == nil && model.latentCount == 5 && model.commonCount == 1)
    let before = scores(model)
    #expect(model.findPlaceBases(data))
    #expect(model.decoder.bases != nil && model.settings["doors"]?.string == "places")
    for (a, b) in zip(before.array, scores(model).array) { #expect(abs(a - b) < 2e-4) }
  }

  @Test func basesAreOrthogonalAndBeginWithWhatUsersShare() throws {
    let model = try fit(["factor-loss=0"])
    let bases = try #require(model.decoder.bases)
    for group in 0..<3 {
      let rotation = bases.rotation(group)
      for first in 0..<5 {
        for second in 0..<5 {
          let product = (0..<5).reduce(0) { $0 + rotation[$1, first] * rotation[$1, second] }
          #expect(abs(product - (first == second ? 1 : 0)) < 1e-5)
        }
      }
    }
    let points = model.represent(data.rows).points
    #expect(model.latentCount == 18 && model.commonCount == 3 && points.columns == 18)
    for factor in 0..<18 {
      let mean = (0..<points.rows).reduce(0) { $0 + points[$1, factor] } / Float(points.rows)
      #expect(factor < 3 ? mean > 0.05 : abs(mean) < 1e-4, "factor \(factor)")
    }
  }

  /// Groups' parts of a score add up in its exponential, so that two users' moves along factors of two groups do too, and
  /// along two factors of one group do not.
  @Test func eachFactorMovesOneGroup() throws {
    let model = try fit(["factor-loss=0"])
    let users = model.represent(data.rows)
    func moved(_ factors: [Int]) -> [Double] {
      let other = users.rows(at: Array(0..<users.points.rows))
      for row in 0..<users.points.rows {
        for factor in factors { other.points[row, factor] += 0.3 }
      }
      return scores(model, other).array.map { exp(Double($0)) }
    }
    let still = moved([])
    func interplay(_ first: Int, _ second: Int) -> Double {
      let (one, two, both) = (moved([first]), moved([second]), moved([first, second]))
      var (crossed, changed) = (0.0, 0.0)
      for index in still.indices {
        crossed += abs(both[index] - one[index] - two[index] + still[index])
        changed += abs(one[index] - still[index]) + abs(two[index] - still[index])
      }
      return changed > 0 ? crossed / changed : 0
    }
    // Factor 3 + g is axis 1 of group g, 6 + g its axis 2, and 15 + g the group as a whole; fits may leave groups empty.
    let membership = model.decoder.groups.membership
    let order = (0..<3).sorted { first, second in
      let sizes = [first, second].map { group in
        (0..<12).reduce(0) { $0 + membership[$1, group] }
      }
      return sizes[0] > sizes[1]
    }
    let (group, other) = (order[0], order[1])
    #expect(interplay(3 + group, 3 + other) < 1e-3 && interplay(6 + group, 3 + other) < 1e-3)
    #expect(interplay(3 + group, 15 + other) < 1e-3)
    #expect(interplay(3 + group, 15 + group) > 0.01)
    let mapping = try #require(model.factorToGroup)
    for row in 0..<mapping.rows {
      for factor in 0..<18 { #expect((mapping[row, factor] != 0) == (factor % 3 == row % 3)) }
    }
  }

  /// Axes that are left out have no part in users, items, doors or scores.
  @Test func whatIsLeftOutIsGone() throws {
    let (whole, part) = (try fit(["factor-loss=0"]), try fit(["factor-loss=0.3"]))
    let kept = try #require(part.keptDimensions.first)
    let gone = kept.indices.filter { !kept[$0] }
    #expect(!gone.isEmpty && gone.allSatisfy { (3..<15).contains($0) })
    #expect(
      part.settings["dimensions"]?.array?.compactMap(\.int) == [18 - gone.count, 18 - gone.count]
        || part.clusterCount == 1)
    let (points, items) = (part.represent(data.rows).points, part.factorVectors)
    let mapping = try #require(part.factorToGroup)
    for factor in gone {
      #expect((0..<points.rows).allSatisfy { abs(points[$0, factor]) < 1e-6 })
      #expect((0..<12).allSatisfy { items[$0, factor] == 0 })
      #expect(mapping[factor % 3, factor] == 0)
    }
    let (before, after) = (scores(whole), scores(part))
    #expect(zip(before.array, after.array).contains { abs($0 - $1) > 1e-3 })
    let told = part.explain(Array(data.rows.row(3)), items: Array(0..<12))
    for explanation in told {
      for contribution in explanation.contributions {
        if case .factor(let factor) = contribution.source { #expect(kept[factor]) }
      }
    }
  }

  /// What all users share in a group, and what they make of it on average, is told apart from what is theirs.
  @Test func meansOfGroupsAreNobodysTaste() throws {
    let model = try fit(["factor-loss=0"])
    let bases = try #require(model.decoder.bases)
    let told = model.explain(Array(data.rows.row(0)), items: [2])[0]
    for group in told.groups {
      let own = told.contributions.first { $0.source == .group(group.index) }
      let mean = Double(bases.means.value[0, group.index])
      #expect(abs((own?.value ?? .nan) - group.weight * mean) < 1e-5)
    }
  }
}
