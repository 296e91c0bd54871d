// Does a network begin as the item factors it starts from have it?

import DenseMath
import Glibc
import Support
import Testing

@testable import Fitting
@testable import InDGRMModel
@testable import Recommending

@Suite struct FactorStartTests {
  private let data = TrainingData(
    rows: SparseRows(lists: SmallData.twoTastes(users: 200, items: 40), columnCount: 40), seed: 3)

  private func settings(_ more: String...) throws -> ModelSettings {
    let settings = ["width=16", "latent=8", "clusters=2", "groups=2", "batch=200"] + more
    return try InDGRMFamily.resolve(
      Evidence(data.shape, ModelSettings(settings, for: InDGRMFamily.self)))
  }

  private func network(_ settings: ModelSettings) -> InDGRMNetwork<Float> {
    InDGRMNetwork(
      items: 40, users: 200, shape: NetworkShape(settings), objective: InDGRMObjective(settings),
      seed: 3)
  }

  /// The mean user's least squares, summed user by user.
  @Test func mapSolvesTheMeanUsersSystem() throws {
    let start = FactorStart("linear", data, dimensions: 8)
    let (q, map) = (start.factors, try start.foldIn())
    func factor(_ item: Int) -> [Double] { q.row(item).map { Double($0) } }
    var system = [[Double]](repeating: [Double](repeating: 0, count: 8), count: 8)
    func add(_ item: Int, _ weight: Double) {
      let own = factor(item)
      for row in 0..<8 {
        for column in 0..<8 { system[row][column] += weight * own[row] * own[column] }
      }
    }
    for item in 0..<40 { add(item, 0.3) }
    for user in 0..<200 { for item in data.rows.row(user) { add(Int(item), 1.0 / 200) } }
    let mean = data.rows.count / 200
    for row in 0..<8 { system[row][row] += 0.007 * (Double(mean) + 0.3 * 40) }
    for item in 0..<40 {
      for row in 0..<8 {
        let product = (0..<8).reduce(0) { $0 + system[row][$1] * Double(map[item, $1]) }
        #expect(abs(product - factor(item)[row]) < 1e-4)
      }
    }
  }

  /// The encoder's means point where the map does, whatever its depth.
  @Test(arguments: [0, 1, 4]) func encoderComputesTheMap(_ depth: Int) throws {
    let settings = try settings("depth=\(depth)")
    let (network, start) = (network(settings), FactorStart("linear", data, dimensions: 8))
    try start.apply(to: network)
    network.encoder.forward(data.rows, dropout: 0, seed: 3, step: 0)
    let means = network.encoder.means
    let expected = Matrix<Float>(rows: 200, columns: 8)
    multiply(
      sparse: data.rows, rows: 0..<200, dense: try start.foldIn(), into: expected,
      entryScale: nil)
    var sum = 0.0
    for user in 0..<200 {
      for cluster in 0..<2 {
        let own = means.row(user)[(8 * cluster)..<(8 * cluster + 8)].map { Double($0) }
        let other = expected.row(user).map { Double($0) }
        func product(_ a: [Double], _ b: [Double]) -> Double {
          zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        }
        sum += product(own, other) / (product(own, own) * product(other, other)).squareRoot()
      }
    }
    #expect(sum / 400 > 0.9)
  }

  /// Items of a user's taste that they do not have are above the other taste's before any training.
  @Test func ranksAtOnce() throws {
    let network = network(try settings())
    try FactorStart("linear", data, dimensions: 8).apply(to: network)
    network.parametersChanged()
    let scores = Matrix<Float>(rows: 200, columns: 40)
    network.score(data.rows, rows: 0..<200, into: scores)
    var right = 0
    for user in 0..<200 {
      let known = Set(data.rows.row(user))
      func mean(_ items: Range<Int>) -> Float {
        let unseen = items.filter { !known.contains(UInt32($0)) }
        return unseen.reduce(0) { $0 + scores[user, $1] } / Float(unseen.count)
      }
      let halves = (mean(1..<20), mean(20..<40))
      if (user % 2 == 0) == (halves.0 > halves.1) { right += 1 }
    }
    #expect(right >= 195)
  }

  /// Biases are halfway between the mean item's log odds and each item's own.
  @Test func biasesKnowPopularity() throws {
    let network = network(try settings())
    try FactorStart("linear", data, dimensions: 8).apply(to: network)
    let counts = data.rows.columnCounts()
    let (most, least) = (
      counts.firstIndex(of: counts.max() ?? 0) ?? 0, counts.firstIndex(of: counts.min() ?? 0) ?? 0
    )
    func logOdds(_ count: Int) -> Double { log((Double(count) + 0.5) / (200.5 - Double(count))) }
    let apart = Double(
      network.decoder.itemBias.value[0, most] - network.decoder.itemBias.value[0, least])
    #expect(abs(apart - (logOdds(counts[most]) - logOdds(counts[least])) / 2) < 1e-5)
  }

  /// Without the linear model only vectors are taken over, at the length they had.
  @Test(arguments: ["factors", "spectral"]) func vectorsAloneAreTakenOver(_ kind: String) throws {
    let (network, fresh) = (network(try settings()), network(try settings()))
    let start = FactorStart(kind, data, dimensions: 8)
    try start.apply(to: network)
    let moved = zip(network.parameters, fresh.parameters).filter {
      $0.0.value.array != $0.1.value.array
    }
    #expect(Set(moved.map(\.0.name)) == ["items", "encoder.input.weights"])
    for (own, before) in moved where own.name == "items" {
      let (a, b) = (own.value, before.value)
      #expect(abs(dot(a, a) / dot(b, b) - 1) < 1e-4)
      let share = a[3, 2] / start.factors[3, 2]
      for item in 0..<40 { #expect(abs(a[item, 5] - share * start.factors[item, 5]) < 1e-5) }
    }
  }
}
