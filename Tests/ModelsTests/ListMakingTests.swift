// Do items that nobody chose score as their like, and do lists become as diverse as is asked for?

import DenseMath
import Fitting
import Interchange
import Testing

@testable import Recommending

/// Scores an item by the number of its index times what the user has.
private final class Ramp: RecommendationModel {
  let itemCount: Int
  let settings = JSONValue.object([:])
  init(_ itemCount: Int) { self.itemCount = itemCount }
  func tensors() -> [Tensor] { [] }
  private func score(_ item: Int, _ owned: Int) -> Float { Float(item * owned + 1) }

  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    for (place, row) in rows.enumerated() {
      for item in 0..<itemCount { scores[place, item] = score(item, foldIn.row(row).count) }
    }
  }

  func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation] {
    items.map { item in
      let whole = Double(score(Int(item), foldIn.count))
      return Explanation(
        item: item, score: whole,
        contributions: [
          .init(source: .baseRate, value: 1), .init(source: .itemBias, value: whole - 1),
        ])
    }
  }
}

@Suite struct ListMakingTests {
  @Test func newItemsScoreAsTheirCategoriesDo() {
    // Forty items: even ones of category 0, odd ones of category 1, the last ten of both.
    let known = (0..<40).map { $0 < 30 ? [UInt32($0 % 2)] : [1, 0] }
    let model = ColdItems(Ramp(40), known: known, further: [[0], [1, 0], [0, 0], [1]])
    #expect(model.itemCount == 44)
    let history = SparseRows(lists: [[3], [1, 2]], columnCount: 40)
    let scores = Matrix<Float>(rows: 2, columns: 44)
    model.score(history, rows: 0..<2, into: scores)
    func mean(_ weights: [(Int, Double)], _ owned: Int) -> Double {
      let sum = weights.reduce(0) { $0 + $1.1 }
      return weights.reduce(0) { $0 + $1.1 * Double($1.0 * owned + 1) } / sum
    }
    // Fifteen of category 0 alone are not twenty: those of both come in, at the root of a half.
    let half = 0.5.squareRoot()
    let zero =
      stride(from: 0, to: 30, by: 2).map { ($0, 1.0) } + (30..<40).map { ($0, half) }
    // Ten of both; all others are as near to them as each other.
    let both = (30..<40).map { ($0, 1.0) } + (0..<30).map { ($0, half) }
    for (row, owned) in [(0, 1), (1, 2)] {
      for item in 0..<40 { #expect(scores[row, item] == Float(item * owned + 1)) }
      #expect(abs(Double(scores[row, 40]) - mean(zero, owned)) < 1e-3)
      #expect(abs(Double(scores[row, 41]) - mean(both, owned)) < 1e-3)
      #expect(scores[row, 42] == scores[row, 40])
    }
    for explanation in model.explain([1, 2], items: [5, 40, 41]) {
      #expect(abs(explanation.score - Double(scores[1, Int(explanation.item)])) < 1e-3)
      let sum = explanation.contributions.reduce(0) { $0 + $1.value }
      #expect(abs(sum - explanation.score) < 1e-9)
    }
    let vectors = Matrix<Float>(rows: 40, columns: 1)
    for item in 0..<40 { vectors[item, 0] = Float(item + 1) }
    #expect(abs(model.extended(vectors)[41, 0] - scores[0, 41]) < 1e-3)
    #expect(model.extended(vectors)[7, 0] == 8)
  }

  @Test func cosinesOfCategories() {
    #expect(categoryCosine([1, 5], [1, 5]) == 1)
    #expect(categoryCosine([1, 5], [2, 5]) == 0.5)
    #expect(categoryCosine([], [2]) == 0 && categoryCosine([1], [2]) == 0)
  }

  @Test func weightsGoFromScoresToDifference() {
    let categories: [[UInt32]] = [[0], [0], [0], [1], [2, 2], []]
    let pool = (0..<6).map { Ranked(index: UInt32($0), score: Float(10 - $0)) }
    func items(_ weight: Float, count: Int = 6) -> [UInt32] {
      let found = Diversity(weight: weight, .categories(categories)).lists(
        from: [pool, []], count: count)
      #expect(found[1].isEmpty)
      return found[0].map(\.index)
    }
    #expect(items(0) == [0, 1, 2, 3, 4, 5])
    #expect(items(1) == [0, 3, 4, 5, 1, 2])
    // 1 scores 0.8 of the range: 0.4 is less than the 0.2 of item 3 once its likeness is taken off.
    #expect(items(0.5, count: 3) == [0, 3, 4])
    #expect(items(0.1, count: 3) == [0, 1, 2])
    let vectors = Matrix<Float>(rows: 6, columns: 2)
    for item in 0..<6 {
      vectors[item, 0] = item < 3 ? 5 : 0
      vectors[item, 1] = item < 3 ? 0 : 0.1
    }
    let byVectors = Diversity(weight: 0.9, .vectors(vectors)).lists(from: [pool], count: 3)[0]
    #expect(byVectors.map(\.index) == [0, 3, 1])
    #expect(byVectors.map(\.score) == [10, 7, 9])
  }
}
