// Does simulated data have the sizes, laws and structure asked for?

import DenseMath
import Foundation
import Testing

@testable import Simulation

private func small() -> SimulationShape {
  var shape = SimulationPreset.ml1m.shape
  shape.users = 600
  shape.items = 300
  shape.interactions = 30_000
  shape.clusters = 3
  shape.groups = 5
  return shape
}

private func drawAll(_ sampler: InteractionSampler) -> InteractionSampler.Block {
  var all = InteractionSampler.Block(firstUser: 0)
  while let block = sampler.next() {
    all.users += block.users
    all.items += block.items
    all.ratings += block.ratings
    all.times += block.times
  }
  return all
}

@Suite struct SimulationTests {
  init() throws { try BLAS.load() }

  @Test(arguments: SimulationPreset.allCases)
  func presetsAreSound(_ preset: SimulationPreset) {
    #expect(preset.shape.complaint == nil)
  }

  @Test func sizesAreExact() {
    let shape = small()
    let sampler = InteractionSampler(PlantedStructure(shape, seed: 3))
    let all = drawAll(sampler)
    #expect(all.users.count == shape.interactions)
    #expect(all.ratings.count == shape.interactions && all.times.count == shape.interactions)
    #expect(Set(all.users).count == shape.users)
    #expect(all.items.allSatisfy { $0 < shape.items })
    #expect(all.ratings.allSatisfy { (1...5).contains($0) && $0 == $0.rounded() })
    #expect(sampler.counts.min() ?? 0 >= shape.minimumPerUser)
    #expect(sampler.counts.max() ?? 0 <= shape.maximumPerUser)
    let pairs = zip(all.users, all.items).map { UInt64($0) << 32 | UInt64($1) }
    #expect(zip(pairs, pairs.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func threadsDoNotMatter() {
    let before = Parallel.threads
    defer { Parallel.threads = before }
    Parallel.threads = 1
    let one = drawAll(InteractionSampler(PlantedStructure(small(), seed: 4)))
    Parallel.threads = 2
    let two = drawAll(InteractionSampler(PlantedStructure(small(), seed: 4)))
    #expect(one.items == two.items && one.ratings == two.ratings && one.times == two.times)
    #expect(drawAll(InteractionSampler(PlantedStructure(small(), seed: 5))).items != one.items)
  }

  /// With one group, no taste and one interaction a user, items are drawn in proportion to their
  /// weights: Pearson's statistic stays below the 0.999 quantile of chi-square with 19 degrees (43.8).
  @Test func choiceFollowsTheWeights() {
    var shape = small()
    (shape.users, shape.items, shape.interactions) = (20_000, 20, 20_000)
    (shape.groups, shape.minimumPerUser, shape.strength) = (1, 1, 0)
    let structure = PlantedStructure(shape, seed: 6)
    var counts = [Double](repeating: 0, count: 20)
    for item in drawAll(InteractionSampler(structure)).items { counts[Int(item)] += 1 }
    let weights = structure.popularity.map { exp(Double($0)) }
    let total = weights.reduce(0, +)
    var statistic = 0.0
    for (count, weight) in zip(counts, weights) {
      let expected = 20_000 * weight / total
      statistic += (count - expected) * (count - expected) / expected
    }
    #expect(statistic < 43.8)
  }

  /// Users of one cluster share more of their choices than users of different clusters.
  @Test func clustersShowInTheChoices() {
    let shape = small()
    let sampler = InteractionSampler(PlantedStructure(shape, seed: 7))
    let all = drawAll(sampler)
    var profile = [[Double]](
      repeating: [Double](repeating: 0, count: shape.groups), count: shape.users)
    for (user, item) in zip(all.users, all.items) {
      let group = Int(sampler.structure.itemGroups[Int(item)])
      profile[Int(user)][group] += 1 / Double(sampler.counts[Int(user)])
    }
    func distance(_ a: Int, _ b: Int) -> Double {
      zip(profile[a], profile[b]).map { ($0 - $1) * ($0 - $1) }.reduce(0, +)
    }
    var (within, across, withinCount, acrossCount) = (0.0, 0.0, 0.0, 0.0)
    for a in 0..<200 {
      for b in 0..<a {
        if sampler.userClusters[a] == sampler.userClusters[b] {
          within += distance(a, b)
          withinCount += 1
        } else {
          across += distance(a, b)
          acrossCount += 1
        }
      }
    }
    #expect(within / withinCount < 0.8 * across / acrossCount)
  }

  @Test func popularityAndActivityHaveLongTails() {
    let sampler = InteractionSampler(PlantedStructure(small(), seed: 8))
    var items = [Int](repeating: 0, count: 300)
    for item in drawAll(sampler).items { items[Int(item)] += 1 }
    items.sort(by: >)
    #expect(items[..<60].reduce(0, +) > 30_000 * 2 / 5)
    let users = sampler.counts.sorted()
    #expect(Double(users[users.count / 2]) < 0.8 * 50)
  }

  /// Items say nothing of the factors that are closed to their group, and are otherwise as they were.
  @Test func closedDoorsAreZeros() {
    var shape = small()
    shape.spread = 0.1
    let open = PlantedStructure(shape, seed: 6)
    #expect(open.doors.buffer.allSatisfy { $0 == 1 })
    shape.closedDoors = 0.75
    let planted = PlantedStructure(shape, seed: 6)
    #expect(planted.clusterMeans.array == open.clusterMeans.array)
    for group in 0..<shape.groups {
      #expect(planted.doors.row(group).count { $0 == 0 } == 24)
      #expect(
        (0..<32).allSatisfy { planted.doors[group, $0] > 0 || planted.prototypes[group, $0] == 0 })
    }
    let zeros = (0..<shape.items).map { item in planted.itemVectors.row(item).count { $0 == 0 } }
    #expect(zeros.allSatisfy { $0 == 24 })
    shape.closedDoors = 1
    #expect(shape.complaint != nil)
  }

  @Test func impossibleShapesAreRefused() {
    var shape = small()
    shape.interactions = 600 * 300
    #expect(shape.complaint != nil)
    shape = small()
    shape.interactions = 100
    #expect(shape.complaint != nil)
    shape = small()
    shape.groups = 0
    #expect(shape.complaint != nil)
  }
}
