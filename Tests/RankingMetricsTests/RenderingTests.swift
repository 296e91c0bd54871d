// Can people and programs read the reports?

import Foundation
import Testing

@testable import RankingMetrics

@Suite struct Rendering {
  func evaluation(_ seed: UInt64, rounds: Int = 2) throws -> RankingEvaluation {
    var random = SplitMix(state: seed)
    let lists = randomLists(&random, users: 20, rounds: rounds, items: 30, length: 20)
    let catalogue = try Catalogue(
      itemCount: 30, trainingCounts: (0..<30).map { UInt32($0 * 5) })
    var choice = options(cutoffs: [1, 5, 20])
    choice.bootstrapReplicates = 10
    return try evaluate(lists, catalogue, choice)
  }

  @Test func jsonReadsBackAsItIs() throws {
    let report = try evaluation(1).report
    let read = try JSONDecoder().decode(MetricsReport.self, from: Data(report.json().utf8))
    #expect(read == report)
    let lines = report.jsonLines().split(separator: "\n")
    let rows = try lines.map { try JSONDecoder().decode(MetricRow.self, from: Data($0.utf8)) }
    #expect(rows == report.rows)
  }

  @Test func comparisonReadsBackAsItIs() throws {
    let comparison = compare(
      try evaluation(1), try evaluation(2), nameA: "a \"quoted\\\" \u{1}name\n", nameB: "ü")
    #expect(comparison.rows.count == 7 * 7 * 3)
    let read = try JSONDecoder().decode(
      ComparisonReport.self, from: Data(comparison.json().utf8))
    #expect(read == comparison)
    let lines = comparison.jsonLines().split(separator: "\n")
    let rows = try lines.map { try JSONDecoder().decode(ComparisonRow.self, from: Data($0.utf8)) }
    #expect(rows == comparison.rows)
  }

  @Test func csvHasEqualRows() throws {
    let report = try evaluation(1).report
    let lines = report.csv().split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(lines.count == report.rows.count + 1)
    #expect(lines.allSatisfy { $0.count == 12 })
    #expect(lines[0].suffix(2) == ["round_0", "round_1"])
    for (line, row) in zip(lines.dropFirst(), report.rows) {
      #expect(Double(line[3]) == row.mean)
      #expect(Double(line[4]) == row.standardError)
    }
    let comparison = compare(try evaluation(1), try evaluation(2), nameA: "a, b", nameB: "\"")
    #expect(comparison.csv().contains(",\"a, b\",\"\"\"\","))
  }

  @Test func tableIsAligned() throws {
    let lists = [
      TestList(user: 1, round: 0, ranking: [0, 1], truth: [0, 8], foldIn: 9),
      TestList(user: 2, round: 0, ranking: [1, 2], truth: [2], foldIn: 9),
      TestList(user: 3, round: 0, ranking: [1, 2], truth: [], foldIn: 9),
    ]
    var choice = options(cutoffs: [1, 2])
    choice.metrics = [.recall, .hitRate, .coverage]
    let text = try evaluate(lists, Catalogue(itemCount: 4), choice).report.table()
    let expected = """
      2 users, 2 lists in 1 round; mean ± standard error over users
      left out: 1 list with an empty truth (1 user in all rounds)
      missed: 1 of 3 truth items cannot be scored (all of the truth in 0 lists)

      all: all users and items (2 users, 2 lists)
      metric               @1             @2
      recall    0.2500±0.2500  0.7500±0.2500
      hit-rate  0.5000±0.5000  1.0000±0.0000
      coverage         0.5000         0.7500

      near-cold-start: users and rounds with fewer than 5 interactions folded in (0 users, 0 lists)

      """
    #expect(text == expected)
  }

  @Test func comparisonTable() throws {
    let text = compare(try evaluation(1), try evaluation(2)).table()
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[2].hasPrefix("group"))
    #expect(Set(lines.dropFirst(2).filter { !$0.isEmpty }.map(\.count)).count == 1)
  }

  /// What stands beside each other adds up: b less a is the difference that is tested.
  @Test func differencesAddUp() throws {
    let comparison = compare(try evaluation(1), try evaluation(2))
    for row in comparison.rows {
      guard let a = row.pairedMeanA, let b = row.pairedMeanB else { continue }
      #expect(abs(b - a - row.users.meanDifference) < 1e-12)
      let verdict = row.verdict(confidence: 0.95)
      #expect(
        verdict
          == ((row.users.p ?? 1) >= 0.05
            ? "within chance" : row.users.meanDifference > 0 ? "b is higher" : "a is higher")
          || row.users.p == nil)
    }
  }

  @Test func listOfMetricsHasEveryFormula() {
    let text = metricList()
    for metric in Metric.allCases {
      #expect(text.contains(metric.rawValue) && text.contains(metric.formula))
    }
  }

  @Test func numbers() {
    #expect(fixed(0.12345, 4) == "0.1235" || fixed(0.12345, 4) == "0.1234")
    #expect(fixed(-0.5, 0) == "-1")
    #expect(fixed(-0.00001, 4) == "0.0000")
    #expect(fixed(12.5, 2) == "12.50")
    #expect(fixed(0.999999, 4) == "1.0000")
    #expect(fixed(.nan, 2) == "nan" && fixed(nil, 2) == "-")
    #expect(fixed(1e300, 4) == 1e300.description)
    #expect(probability(0.00001) == "<0.0001" && probability(0.05) == "0.0500")
    #expect(exact(.infinity, missing: "null") == "null")
  }
}
