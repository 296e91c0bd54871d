// Do several members score as their mean, and is each a fit of its own?

import DenseMath
import Interchange
import Support
import Synchronization
import Testing

@testable import Fitting
@testable import InDGRMModel
@testable import Recommending

@Suite struct MemberTests {
  private static let words = ["width=8", "latent=4", "clusters=2", "groups=3", "epochs=6"]
  private let data = TrainingData(
    rows: SparseRows(lists: SmallData.twoTastes(users: 60), columnCount: 12), seed: 3)

  private func fit(_ words: [String], _ monitor: TrainingMonitor = TrainingMonitor()) throws
    -> InDGRM
  {
    let settings = try ModelSettings(Self.words + words, for: InDGRMFamily.self)
    return try #require(try InDGRMFamily.fit(data, settings, monitor).model as? InDGRM)
  }

  private func scores(_ model: InDGRM) -> [Float] {
    let scores = Matrix<Float>(rows: 60, columns: 12)
    model.score(data.rows, rows: 0..<60, into: scores)
    return scores.array
  }

  @Test func scoresAreTheMeanOfMembersThatPartWays() throws {
    let (one, three) = (try fit([]), try fit(["members=3"]))
    #expect(three.others.count == 2 && three.settings["members"] == 3)
    let members = [three] + three.others
    // The first is the fit that is made alone.
    let first = Dictionary(uniqueKeysWithValues: one.tensors().map { ($0.name, Array($0.data)) })
    let all = Dictionary(uniqueKeysWithValues: three.tensors().map { ($0.name, Array($0.data)) })
    #expect(first.allSatisfy { all[$0.key] == $0.value })
    #expect(all.count == 3 * first.count)
    for name in first.keys where name.hasPrefix("encoder") {
      #expect(Set([name, "member2.\(name)", "member3.\(name)"].map { all[$0] }).count == 3)
    }
    // Alone, each of them scores by its own places and decoder.
    let alone = members.map { member in
      let scores = Matrix<Float>(rows: 60, columns: 12)
      member.score(member.represent(data.rows), into: scores)
      return scores.array
    }
    for (place, score) in scores(three).enumerated() {
      let mean = alone.reduce(0) { $0 + $1[place] } / 3
      #expect(abs(score - mean) < 1e-5)
    }
    #expect(scores(one) == alone[0])
  }

  /// Members that were made when a signal came are kept; the one at hand is not.
  @Test func aStopLeavesOutTheMemberAtHand() throws {
    for (stop, count) in [(1, 0), (7, 0), (13, 1)] {
      let heard = Counter()
      var monitor = TrainingMonitor(
        epochEnded: { _ in heard.add() }, shouldStop: { heard.count >= stop })
      monitor.trialEpochEnded = { _, _ in heard.add() }
      #expect(try fit(["members=3"], monitor).others.count == count)
    }
  }

  @Test func severalCannotBePutAside() throws {
    var monitor = TrainingMonitor()
    monitor.checkpoint = { _ in }
    #expect(throws: ModelError.self) { try fit(["members=2"], monitor) }
  }
}
