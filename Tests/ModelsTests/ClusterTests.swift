// Are user clusters kept where they serve, and made of what users choose alone?

import DenseMath
import Glibc
import Support
import Testing

@testable import Fitting
@testable import InDGRMModel
@testable import Recommending

@Suite struct ClusterTests {
  /// Users of two tastes and what all of them like.
  private let rows = SparseRows(lists: SmallData.twoTastes(users: 60), columnCount: 12)

  private func fit(_ words: [String], _ validation: ValidationUsers? = nil) throws -> FittedModel {
    let settings = try ModelSettings(
      [
        "width=12", "groups=4", "latent=6", "epochs=12", "batch=60", "factor-loss=0",
        "closed-doors=0",
      ] + words,
      for: InDGRMFamily.self)
    var data = TrainingData(rows: rows, seed: 7)
    data.validation = validation
    return try InDGRMFamily.fit(data, settings, TrainingMonitor())
  }

  private func scores(_ model: InDGRM) -> Matrix<Float> {
    let scores = Matrix<Float>(rows: rows.rowCount, columns: rows.columnCount)
    model.score(rows, rows: 0..<rows.rowCount, into: scores)
    return scores
  }

  /// Of truths that nobody has no model is better.
  private var nothing: ValidationUsers {
    ValidationUsers(foldIn: rows, truth: .init(repeating: [], count: rows.rowCount))
  }

  @Test func oneClusterHasTheOthersMeans() throws {
    let model = try #require(try fit(["clusters=3"]).model as? InDGRM)
    let seen = model.represent(batch: rows)
    let shares = (0..<3).map { cluster in
      (0..<60).reduce(Float(0)) { $0 + seen.clusterWeights[$1, cluster] } / 60
    }
    let means = Matrix<Float>(rows: 60, columns: 18)
    means.copy(from: model.users.mean.output.rowBlock(0..<60))
    #expect(model.users.dimensions.count == 18)
    let worth = try #require(model.joinClusters(nothing, rows))
    #expect(!worth.areKept && worth.count == 3 && model.clusterCount == 1)
    let joined = model.represent(batch: rows)
    for user in 0..<60 {
      #expect(joined.clusterWeights[user, 0] == 1)
      for axis in 0..<6 {
        let mean = (0..<3).reduce(Float(0)) { $0 + shares[$1] * means[user, $1 * 6 + axis] }
        #expect(abs(joined.points[user, axis] - mean) < 1e-4)
      }
    }
    #expect(model.joinClusters(nothing, rows) == nil)
    // It comes back from a file as it is.
    let (before, stored) = (scores(model), model.tensors().first { $0.name == "cluster-centres" })
    #expect(stored == nil && before.buffer.allSatisfy(\.isFinite))
  }

  /// Few users are one cluster; where items start at random nothing tells.
  @Test func clustersAreMergedOnRequest() throws {
    let merged = try fit(["clusters=3", "merge-clusters=on", "start=factors"])
    #expect((merged.model as? InDGRM)?.clusterCount == 1)
    #expect(merged.settings.integer("clusters") == 1)
    #expect(
      merged.settings.reason(for: "clusters")?.description.contains("3 merged") ?? false)
    #expect(throws: ModelError.self) {
      try fit(["clusters=3", "merge-clusters=on", "start=random"])
    }
  }

  /// The model stays as it was, to the bit, where it ranks better by clusters.
  @Test func clustersThatServeAreKept() throws {
    let words = ["clusters=3", "start=random", "epochs=40", "kl-weight=0"]
    let model = try #require(try fit(words).model as? InDGRM)
    let joined = try #require(try fit(words).model as? InDGRM)
    _ = joined.joinClusters(nothing, rows)
    // Ranking strikes out of scores what is folded in.
    let (before, own, others) = (scores(model), scores(model), scores(joined))
    var held = nothing
    let apart = topItems(own, rows, rows: 0..<60, count: 12)
    let alike = topItems(others, rows, rows: 0..<60, count: 12)
    for user in 0..<60 {
      if let first = apart[user].first?.index, alike[user].first?.index != first {
        (held.truth[user], held.lengths[user]) = ([first], 1)
      }
    }
    try #require(held.truth.contains { !$0.isEmpty })
    let worth = try #require(model.joinClusters(held, rows))
    #expect(worth.areKept && model.clusterCount == 3)
    let after = scores(model)
    #expect(before.buffer.elementsEqual(after.buffer))
  }

  /// As many as were asked for stay; what is left to the data is joined, and says why.
  @Test func onlyWhatIsLeftToTheDataIsJoined() throws {
    let given = try fit(["clusters=2"], nothing)
    #expect(given.model.core is InDGRM && given.settings.integer("clusters") == 2)
    let auto = try fit([], nothing)
    #expect((auto.model.core as? InDGRM)?.clusterCount == 1)
    #expect(auto.settings.integer("clusters") == 1)
    let reason = try #require(auto.settings.reason(for: "clusters")).description
    #expect(reason.contains("over one weighting for all"), "\(reason)")
  }

  @Test func lengthIsNoDirectionOfTheStart() {
    let affinity = ClusterAffinity<Float>(clusters: 2, latent: 3)
    let histories = SparseRows(
      lists: (1...20).map { Array(0..<UInt32($0)) }, columnCount: 20)
    let points = Matrix<Float>(rows: 20, columns: 3)
    for row in 0..<20 {
      points[row, 0] = log(Float(row + 1))
      points[row, 1] = Float(row % 2)
      points[row, 2] = -0.5 * log(Float(row + 1)) + Float(row % 3)
    }
    affinity.removeLength(points, histories)
    let logs = (1...20).map { log(Double($0)) }
    let middle = logs.reduce(0, +) / 20
    for column in 0..<3 {
      let along = (0..<20).reduce(0.0) { $0 + (logs[$1] - middle) * Double(points[$1, column]) }
      #expect(abs(along) < 1e-4)
    }
    // What has nothing to do with it stays.
    let spread = (0..<20).map { points[$0, 1] }
    #expect((spread.max() ?? 0) - (spread.min() ?? 0) > 0.8)
  }
}
