// Are purity, NMI, AMI and ARI those of scikit-learn, and zero where they should be?

import DenseMath
import Testing

@testable import Interpretability

@Suite struct AgreementTests {
  /// Tables with mutual information, its expectation, NMI, AMI and ARI by scikit-learn.
  static let references: [([[Int]], [Double])] = [
    (
      [[5, 1, 0], [1, 4, 2], [0, 1, 6]],
      [
        0.4756959393950017, 0.12203451598935437, 0.4354261398506208, 0.36443066444200967,
        0.3640897755610973,
      ]
    ),
    ([[3, 3], [3, 3]], [0, 0.047984134028540765, 0, -0.07437520528573088, -0.1]),
    (
      [[10, 0, 0, 0], [0, 7, 1, 0], [2, 0, 9, 4]],
      [
        0.8013651214597399, 0.10864283586996101, 0.6739645458328511, 0.641178738979361,
        0.5604485219164118,
      ]
    ),
    (
      [[1, 1, 0], [0, 1, 1], [1, 0, 1]],
      [0.40546510810816416, 0.5440945442201528, 0.3690702464285424, -0.25, -0.25]
    ),
    (
      [[40, 3], [7, 50], [0, 12], [5, 5]],
      [
        0.3621947905420674, 0.012825962385643336, 0.3940207919459579, 0.3854459327137473,
        0.42757444765861174,
      ]
    ),
    ([[4, 0], [0, 6]], [0.6730116670092567, 0.0625070041834195, 1, 1, 1]),
  ]

  @Test(arguments: references) func equalsTheReference(_ counts: [[Int]], _ expected: [Double]) {
    let table = Contingency(counts)
    let found = [
      table.information, table.expectedInformation, table.normalisedInformation,
      table.adjustedInformation, table.adjustedRand,
    ]
    for (value, reference) in zip(found, expected) { #expect(abs(value - reference) < 1e-11) }
  }

  @Test func twoByTwoByHand() {
    // 3 pairs (a, x), 1 (a, y), 2 (b, y): purity (3 + 2) / 6, one group (3) / 6.
    let table = Contingency(
      [(0, 9), (0, 9), (0, 9), (0, 4), (7, 4), (7, 4)] as [(UInt32, UInt32)])
    #expect(table.counts == [[1, 3], [2, 0]])
    #expect(table.total == 6 && table.labels == (2, 2))
    #expect(abs(table.purity - 5.0 / 6) < 1e-15)
    #expect(abs(table.leastPurity - 0.5) < 1e-15)
    // Pairs together in both: C(3,2) + C(2,2) = 4; rows C(4,2) + C(2,2) = 7; columns 3 + 3 = 6; all 15.
    let expected = 7.0 * 6 / 15
    #expect(abs(table.adjustedRand - (4 - expected) / (6.5 - expected)) < 1e-14)
    // E[MI] of sizes (4, 2) and (3, 3): n_21 is 0, 1, 2 with chances 1/5, 3/5, 1/5.
    func information(_ cells: [[Int]]) -> Double { Contingency(cells).information }
    let mean =
      information([[1, 3], [2, 0]]) / 5 + information([[2, 2], [1, 1]]) * 3 / 5
      + information([[3, 1], [0, 2]]) / 5
    #expect(abs(table.expectedInformation - mean) < 1e-14)
  }

  @Test func randomLabelsAgreeByChanceOnly() {
    var random = RandomStream(seed: 5, stage: 1, index: 0)
    var (information, rand) = (0.0, 0.0)
    for _ in 0..<40 {
      let table = Contingency(
        (0..<300).map { _ in (UInt32(random.below(8)), UInt32(random.below(12))) })
      #expect(table.normalisedInformation > 0.03)
      information += table.adjustedInformation / 40
      rand += table.adjustedRand / 40
    }
    #expect(abs(information) < 0.005 && abs(rand) < 0.005)
  }

  @Test func degenerateGroupingsHaveValues() {
    let one = Contingency([[5]])
    #expect(one.adjustedInformation == 1 && one.adjustedRand == 1 && one.normalisedInformation == 1)
    let against = Contingency([[2, 3]])
    #expect(abs(against.adjustedInformation) < 1e-12 && against.normalisedInformation == 0)
    let alone = Contingency([[1, 0], [0, 1]])
    #expect(alone.adjustedInformation == 1 && alone.adjustedRand == 1)
    let none = Contingency([] as [(UInt32, UInt32)])
    #expect(none.total == 0 && none.purity == 0)
  }
}
