// Are the hand-written gradients the derivatives of the loss?

import DenseMath
import Support
import Testing

@testable import Models

/// Compares every parameter's gradient with central differences in double precision.
///
/// - Parameter loss: a pass over a fixed batch with fixed random numbers; leaves the gradients.
private func check<Network: TrainableNetwork>(
  _ network: Network, step: Double = 1e-5, tolerance: Double = 2e-6, _ loss: () -> Double
) where Network.Scalar == Double {
  _ = loss()
  let gradients = network.parameters.map(\.gradient.array)
  for (parameter, gradient) in zip(network.parameters, gradients) where parameter.rate > 0 {
    // A spread of elements of each parameter, the first and the last among them.
    let count = parameter.value.count
    let picks = Set([0, count - 1] + (0..<12).map { ($0 * 7919 + 13) % count })
    for index in picks.sorted() {
      let value = parameter.value.pointer[index]
      parameter.value.pointer[index] = value + step
      let above = loss()
      parameter.value.pointer[index] = value - step
      let below = loss()
      parameter.value.pointer[index] = value
      let numeric = (above - below) / (2 * step)
      let scale = max(abs(numeric), abs(gradient[index]), 1e-2)
      #expect(
        abs(numeric - gradient[index]) / scale < tolerance,
        "\(parameter.name)[\(index)]: \(gradient[index]) but the difference quotient is \(numeric)")
    }
  }
}

private let rows: SparseRows = {
  let lists = SmallData.twoTastes(users: 7, items: 12)
  var offsets = [0]
  for list in lists { offsets.append((offsets.last ?? 0) + list.count) }
  return SparseRows(offsets: offsets, columns: lists.flatMap { $0 }, columnCount: 12)
}()

@Suite struct GradientTests {
  @Test func multVAE() {
    let network = MultVAENetwork<Double>(
      items: 12, width: 9, latent: 5, dropout: 0.3, beta: 0.4, batch: 7, seed: 3)
    check(network) {
      network.train(rows, step: 4, anneal: 0.7).reduce(0) { $0 + $1.value }
    }
  }

  @Test func macridVAE() {
    var options = MacridVAENetwork<Double>.Options()
    (options.concepts, options.latent, options.batch) = (3, 5, 7)
    (options.temperature, options.dropout, options.deviation) = (0.6, 0.3, 0.4)
    let network = MacridVAENetwork<Double>(items: 12, options: options, seed: 3)
    // Shares reach the encoder as single-precision values, so differences are coarser.
    check(network, step: 1e-3, tolerance: 2e-3) {
      network.train(rows, step: 4, anneal: 0.7).reduce(0) { $0 + $1.value }
    }
  }

  /// Everything on: composite prior, item groups, clusters; and each part switched off in turn.
  @Test(arguments: [
    "all", "no-groups", "inner-product", "no-old-prior", "draws", "shallow", "weights",
  ])
  func indgrm(_ variant: String) {
    var options = InDGRMOptions()
    options.width = 8
    options.depth = variant == "shallow" ? 0 : 2
    options.latent = 6
    options.clusters = 3
    options.groups = 4
    options.dropout = 0.3
    options.batch = 7
    options.klWeight = 0.05
    options.temperature = 0.7
    options.usesGroups = variant != "no-groups"
    options.usesCosine = variant != "inner-product"
    options.priorOld = variant == "no-old-prior" ? 0 : 0.75
    options.userWeight = variant == "weights" ? 0.5 : 0
    options.groupDraws = variant == "draws" ? 3 : 1
    let network = InDGRMNetwork<Double>(items: 12, users: 7, options: options, seed: 5)
    if variant == "privileged" {
      network.decoder.groups.privileged = PrivilegedGroups(
        (0..<12).map { $0 == 5 ? [] : [UInt32($0 % 4), UInt32($0 % 3)] }, count: 4, vectors: nil,
        weight: 3, triplets: 50)
    }
    for parameter in network.decoder.mapping.value.buffer.indices {
      network.decoder.mapping.value.pointer[parameter] *= 30
    }
    for cluster in network.clusters.logVariances.value.buffer.indices {
      network.clusters.logVariances.value.pointer[cluster] = 0.1 * Double(cluster % 5) - 0.3
    }
    network.epochEnded(1)
    // The older encoder must differ from the current one for its part of the prior to matter.
    for parameter in network.encoder.parameters {
      for index in parameter.value.buffer.indices {
        parameter.value.pointer[index] += 0.02 * Double(index % 7 - 3)
      }
    }
    check(network) {
      network.train(rows, step: 4, anneal: 0.8).reduce(0) { $0 + $1.value }
    }
  }

  /// A user's scores do not depend on the batch he is in.
  @Test func scoresDoNotDependOnTheBatch() {
    var options = InDGRMOptions()
    options.width = 16
    options.latent = 8
    options.clusters = 3
    options.groups = 4
    options.batch = 4
    let network = InDGRMNetwork<Float>(items: 12, users: 7, options: options, seed: 5)
    let together = Matrix<Float>(rows: 7, columns: 12)
    network.score(rows, rows: 0..<7, into: together)
    let alone = Matrix<Float>(rows: 1, columns: 12)
    for row in 0..<7 {
      network.score(rows, rows: row..<row + 1, into: alone)
      for item in 0..<12 { #expect(abs(alone[0, item] - together[row, item]) < 1e-4) }
    }
  }
}
