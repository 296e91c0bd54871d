// Do ranx, scipy and numpy give the same values? (Tests/References/ranx_check.py made them.)

import Foundation
import Testing

@testable import RankingMetrics

private struct Reference: Decodable {
  struct List: Decodable {
    let user: UInt32
    let round: Int
    let ranking: [UInt32]
    let truth: [UInt32]
    let foldIn: Int
  }
  struct Row: Decodable {
    let group: String
    let metric: Metric
    let n: Int
    let mean: Double
    let error: Double?
    let low: Double?
    let high: Double?
    let users: Int?
  }
  struct Paired: Decodable {
    let metric: Metric
    let n: Int
    let t, p, low, high, roundsT, roundsP: Double
  }
  struct Wilcoxon: Decodable {
    let differences: [Double]
    let p: Double
    let exact: Bool
  }
  struct Student: Decodable {
    let degrees, t, p, quantile99: Double
  }
  let cutoffs: [Int]
  let itemCount: Int
  let unscorable: [Int]
  let trainingCounts: [UInt32]
  let lists: [List]
  let otherRankings: [[UInt32]]
  let rows, otherRows: [Row]
  let pairedTests: [Paired]
  let wilcoxon: [Wilcoxon]
  let student: [Student]

  static func load() throws -> Reference {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../References/ranking_metrics.json")
    return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: file))
  }

  func evaluation(other: Bool) throws -> RankingEvaluation {
    let scorable = (0..<itemCount).map { !unscorable.contains($0) }
    let catalogue = try Catalogue(
      itemCount: itemCount, trainingCounts: trainingCounts, scorable: scorable)
    let lists = self.lists.enumerated().map { index, list in
      TestList(
        user: list.user, round: list.round,
        ranking: other ? otherRankings[index] : list.ranking, truth: list.truth,
        foldIn: list.foldIn)
    }
    return try evaluate(lists, catalogue, options(cutoffs: cutoffs))
  }
}

@Suite struct References {
  @Test(arguments: [false, true])
  func metricsAreThoseOfRanx(other: Bool) throws {
    let reference = try Reference.load()
    let report = try reference.evaluation(other: other).report
    let rows = other ? reference.otherRows : reference.rows
    #expect(rows.count == 4 * (7 * 7 + 3))
    #expect(rows.count == report.rows.count)
    for expected in rows {
      let name = "\(expected.group) \(expected.metric.rawValue)@\(expected.n)"
      let row = try #require(
        report.row(expected.metric, at: expected.n, group: expected.group), "\(name)")
      #expect(close(row.mean, expected.mean, within: 1e-9), "\(name)")
      #expect(close(row.standardError, expected.error, within: 1e-9), "error of \(name)")
      #expect(close(row.interval?.low, expected.low, within: 1e-9), "low end of \(name)")
      #expect(close(row.interval?.high, expected.high, within: 1e-9), "high end of \(name)")
      if let users = expected.users { #expect(row.users == users, "users of \(name)") }
    }
  }

  @Test func pairedTestsAreThoseOfScipy() throws {
    let reference = try Reference.load()
    let comparison = compare(
      try reference.evaluation(other: false), try reference.evaluation(other: true))
    #expect(comparison.rows.count == 4 * 7 * 7)
    #expect(!reference.pairedTests.isEmpty)
    for expected in reference.pairedTests {
      let row = try #require(
        comparison.rows.first {
          $0.group == "all" && $0.metric == expected.metric && $0.n == expected.n
        })
      #expect(close(row.users.t, expected.t, within: 1e-9))
      #expect(close(row.users.p, expected.p, within: 1e-12))
      #expect(close(row.users.interval?.low, expected.low, within: 1e-9))
      #expect(close(row.users.interval?.high, expected.high, within: 1e-9))
      #expect(close(row.rounds?.t, expected.roundsT, within: 1e-9))
      #expect(close(row.rounds?.p, expected.roundsP, within: 1e-9))
      #expect(row.pairedUsers == 40 && row.onlyInA == 0 && row.onlyInB == 0)
    }
  }

  @Test func signedRanksAreThoseOfScipy() throws {
    for expected in try Reference.load().wilcoxon {
      let zeros = [Double](repeating: 0, count: expected.differences.count)
      let test = wilcoxonSignedRank(zeros, expected.differences)
      #expect(test.isExact == expected.exact)
      #expect(close(test.p, expected.p, within: 1e-9))
    }
  }

  @Test func studentIsThatOfScipy() throws {
    for expected in try Reference.load().student {
      let p = studentTwoSidedTail(expected.t, degrees: expected.degrees)
      // Relative to p itself, as small as it may be.
      #expect(abs(p / expected.p - 1) < 1e-9, "t \(expected.t), df \(expected.degrees)")
      let quantile = studentTwoSidedQuantile(confidence: 0.99, degrees: expected.degrees)
      #expect(close(quantile, expected.quantile99, within: 1e-9))
    }
  }
}
