// Does what says more count more, in every model that can tell, and nothing change where all say the same?

import DenseMath
import Glibc
import InteractionData
import Interchange
import Support
import Testing

@testable import FactorModels
@testable import Fitting
@testable import InDGRMModel
@testable import LinearModels
@testable import ModelCatalogue
@testable import Recommending

@Suite struct ConfidenceTests {
  init() throws { try BLAS.load() }

  /// Three users, three items.
  private let lists: [[UInt32]] = [[0, 1], [0, 2], [1, 2]]
  private let confidences: [Float] = [4, 1, 1, 2.25, 0.25, 1]
  private var rows: SparseRows {
    SparseRows(lists: lists, columnCount: 3).with(values: confidences)
  }

  private func data(_ confidences: [Float]?) -> TrainingData {
    var data = TrainingData(rows: SparseRows(lists: lists, columnCount: 3), seed: 1)
    data.confidences = confidences
    return data
  }

  /// x = c^1/2: X = [2 1 0; 1 0 1.5; 0 0.5 1], B_ij = -P_ij / P_jj with P = (X'X + 2 I)^-1 by Cramer's rule.
  @Test(arguments: [0, 3]) func regressionByHand(_ silent: Int) throws {
    // Users without interactions make them more than the items, so that the other way of solving is taken.
    let padded = SparseRows(
      offsets: rows.offsets + [Int](repeating: 6, count: silent), columns: rows.columns,
      values: rows.values, columnCount: 3)
    let weights = try ItemItemRegression(lambda: 2).fit(padded)
    let g: [[Double]] = [[7, 2, 1.5], [2, 3.25, 0.5], [1.5, 0.5, 5.25]]
    func minor(_ a: Int, _ b: Int) -> Double {
      let (r, c) = ((0..<3).filter { $0 != a }, (0..<3).filter { $0 != b })
      return (g[r[0]][c[0]] * g[r[1]][c[1]] - g[r[0]][c[1]] * g[r[1]][c[0]])
        * ((a + b) % 2 == 0 ? 1 : -1)
    }
    for i in 0..<3 {
      for j in 0..<3 {
        let expected = i == j ? 0 : -minor(i, j) / minor(j, j)
        #expect(abs(Double(weights[UInt32(i), UInt32(j)]) - expected) < 1e-5, "\(i) \(j)")
      }
    }
  }

  /// Over few neighbours that are all there are the solution is that over all, users weighted or not.
  @Test(arguments: [0.0, 0.5]) func fewNeighboursSolveTheSame(_ userWeight: Double) throws {
    let lists = (0..<60).map { user in
      (0..<12).filter { (user * 7 + $0 * $0 * 5 + user * $0) % 12 < 5 }.map { UInt32($0) }
    }
    let some = SparseRows(lists: lists, columnCount: 12)
    let rows = some.with(values: some.columns.indices.map { 0.5 + Float($0 % 4) / 2 })
    let dense = try ItemItemRegression(lambda: 2, dropout: 0.3, userWeight: userWeight).fit(rows)
    let sparse = try ItemItemRegression(
      lambda: 2, dropout: 0.3, userWeight: userWeight, neighbours: 11
    ).fit(rows)
    let plain = try ItemItemRegression(lambda: 2, dropout: 0.3, userWeight: userWeight).fit(some)
    var change: Float = 0
    for i in UInt32(0)..<12 {
      for j in UInt32(0)..<12 {
        #expect(abs(dense[i, j] - sparse[i, j]) < 1e-4)
        change = max(change, abs(dense[i, j] - plain[i, j]))
      }
    }
    #expect(change > 0.01)
  }

  /// c_01 = sqrt(4 x 1) = 2, c_0 = 4 + 1, c_1 = 1 + 0.25.
  @Test func similarityByHand() throws {
    let words = ["neighbours=2", "shrink=3"]
    let fitted = try ItemKNN.fit(
      data(confidences), ModelSettings(words, for: ItemKNN.self), TrainingMonitor())
    let scores = Matrix<Float>(rows: 1, columns: 3)
    fitted.model.score(
      SparseRows(lists: [[0]], columnCount: 3), rows: 0..<1, into: scores)
    #expect(abs(Double(scores[0, 1]) - 2 / ((5 * 1.25).squareRoot() + 3)) < 1e-6)
    #expect(abs(Double(scores[0, 2]) - 1.5 / ((5 * 3.25).squareRoot() + 3)) < 1e-6)
  }

  /// p = (sum c q q' + a0 Q'Q + r I)^-1 sum c q in two dimensions by Cramer's rule, r = lambda (sum c + 3 a0).
  @Test func factorsByHand() throws {
    var method = AlternatingLeastSquares(factors: 2, unobserved: 0.5, lambda: 0.1)
    let q = Matrix<Float>(rows: 3, columns: 2, [1, 0.5, -0.5, 1, 0.25, -1])
    let shared = method.shared(q)
    let (exact, stepped) = (
      Matrix<Float>(rows: 3, columns: 2), Matrix<Float>(rows: 3, columns: 2)
    )
    method.solve(rows, pulls: nil, given: q, shared, into: exact)
    method.conjugateSteps = 6
    method.approach(rows, pulls: nil, given: q, shared, stepped)
    for user in 0..<3 {
      var (a, b, c, x, y) = (0.0, 0.0, 0.0, 0.0, 0.0)
      var sum = 0.0
      for item in 0..<3 {
        let entry = (rows.offsets[user]..<rows.offsets[user + 1]).first {
          rows.columns[$0] == UInt32(item)
        }
        let own = Double(entry.map { confidences[$0] } ?? 0)
        let (first, second) = (Double(q[item, 0]), Double(q[item, 1]))
        a += (own + 0.5) * first * first
        b += (own + 0.5) * first * second
        c += (own + 0.5) * second * second
        x += own * first
        y += own * second
        sum += own
      }
      let ridge = 0.1 * (sum + 3 * 0.5)
      (a, c) = (a + ridge, c + ridge)
      let determinant = a * c - b * b
      let expected = [(x * c - y * b) / determinant, (a * y - b * x) / determinant]
      for factor in 0..<2 {
        #expect(abs(Double(exact[user, factor]) - expected[factor]) < 1e-5)
        #expect(abs(Double(stepped[user, factor]) - expected[factor]) < 1e-4)
      }
    }
  }

  /// Each cost by its formula, and its gradient by differences; confidences of 1 change no bit.
  @Test(arguments: ReconstructionCost.allCases) func costsByHand(_ cost: ReconstructionCost) {
    let start = [0.3, -0.7, 1.1, 0.2]
    let targets = SparseRows(lists: [[1, 2]], columnCount: 4)
    let weights: [Float] = [3, 0.5]
    func apply(_ scores: [Double], _ weights: [Float]?) -> (loss: Double, gradient: [Double]) {
      let matrix = Matrix<Double>(rows: 1, columns: 4, scores)
      let loss = cost.apply(matrix, targets: targets.with(values: weights), scales: [0.5])[0]
      return (loss, matrix.array)
    }
    let total = start.reduce(0) { $0 + exp($1) }
    let p = start.map { exp($0) / total }
    let expected =
      switch cost {
      case .multinomial: -3 * log(p[1]) - 0.5 * log(p[2])
      case .bernoulli:
        3 * log(1 + exp(-start[1])) + 0.5 * log(1 + exp(-start[2])) + log(1 + exp(start[0]))
          + log(1 + exp(start[3]))
      case .squared:
        (4 * p[0] * p[0] + 3 * pow(2 * p[1] - 1, 2) + 0.5 * pow(2 * p[2] - 1, 2)
          + 4 * p[3] * p[3]) / 2
      }
    let found = apply(start, weights)
    #expect(abs(found.loss - expected) < 1e-9)
    for place in 0..<4 {
      var (above, below) = (start, start)
      above[place] += 1e-5
      below[place] -= 1e-5
      let slope = (apply(above, weights).loss - apply(below, weights).loss) / 2e-5
      #expect(abs(found.gradient[place] - 0.5 * slope) < 1e-8, "\(place)")
    }
    let (plain, ones) = (apply(start, nil), apply(start, [1, 1]))
    #expect(plain.loss == ones.loss && plain.gradient == ones.gradient)
  }

  /// Every model that learns of interactions learns of confidences, whatever their scale; equal ones change no byte.
  @Test(arguments: [
    "item-knn", "ease", "edlae", "slim --neighbours=20", "ials --factors=4 --epochs=2",
    "mult-vae --width=8 --latent=4 --epochs=2", "recvae --width=8 --latent=4 --epochs=2",
    "macridvae --concepts=2 --latent=4 --epochs=2", "dglgm --width=8 --latent=4 --epochs=2",
    "indgrm --width=8 --latent=4 --epochs=2 --expert=linear --group-parts=off",
    "indgrm --width=8 --latent=4 --epochs=2 --cost=bernoulli --samples=0",
  ])
  func modelsLearnOfConfidences(_ model: String) throws {
    let words = model.split(separator: " ").map(String.init)
    let family = try ModelCatalogue.family(named: words[0])
    let settings = try ModelSettings(words.dropFirst().map { String($0.dropFirst(2)) }, for: family)
    func fit(_ confidence: (Int) -> Float?) throws -> [Float] {
      var set = try drifting(times: false, scheme: .users)
      if confidence(0) != nil { set.confidences = (0..<set.count).map { confidence($0) ?? 1 } }
      let task = try FittingTask(set, name: "test", seed: 20)
      return try family.fit(task.data, settings, TrainingMonitor()).model.tensors().flatMap {
        $0.type == .f32 ? Array($0.data.bindMemory(to: Float.self)) : []
      }
    }
    let plain = try fit { _ in nil }
    #expect(try fit { _ in 3 } == plain)
    let weighted = try fit { 1 + Float($0 % 3) }
    #expect(weighted != plain)
    #expect(try fit { 2 + 2 * Float($0 % 3) } == weighted)
  }
}
