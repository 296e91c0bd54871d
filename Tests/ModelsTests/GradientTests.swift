// Are the hand-written gradients the derivatives of the loss?

import DenseMath
import Glibc
import Support
import Testing

@testable import Fitting
@testable import InDGRMModel
@testable import MultVAE
@testable import Recommending
@testable import Training

/// Compares every parameter's gradient with central differences in double precision.
///
/// - Parameter loss: a pass over a fixed batch with fixed random numbers; leaves the gradients.
private func check<Network: TrainableNetwork>(
  _ network: Network, step: Double = 1e-5, tolerance: Double = 2e-6, _ loss: () -> Double
) where Network.Scalar == Double {
  _ = loss()
  let gradients = network.parameters.map(\.wholeGradient)
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

extension Parameter<Double> {
  /// The gradient with zeros for the rows that were not touched.
  fileprivate var wholeGradient: [Double] {
    guard let touched else { return gradient.array }
    var whole = [Double](repeating: 0, count: value.count)
    for (place, row) in touched.enumerated() {
      for column in 0..<value.columns {
        whole[Int(row) * value.columns + column] = gradient[place, column]
      }
    }
    return whole
  }
}

private let rows: SparseRows = {
  let lists = SmallData.twoTastes(users: 7, items: 12)
  return SparseRows(lists: lists, columnCount: 12)
}()

/// The same with confidences.
private let confident = rows.with(
  values: rows.columns.indices.map { [0.5, 1, 2.5][$0 % 3] })

@Suite struct GradientTests {
  @Test(arguments: [rows, confident]) func multVAE(_ rows: SparseRows) {
    let network = MultVAENetwork<Double>(
      items: 12, width: 9, latent: 5, dropout: 0.3, beta: 0.4, batch: 7, seed: 3)
    check(network) {
      network.train(rows, step: 4, anneal: 0.7).reduce(0) { $0 + $1.value }
    }
  }

  @Test(arguments: [rows, confident]) func macridVAE(_ rows: SparseRows) {
    var options = MacridVAENetwork<Double>.Options()
    (options.concepts, options.latent, options.batch) = (3, 5, 7)
    (options.temperature, options.dropout, options.deviation) = (0.6, 0.3, 0.4)
    let network = MacridVAENetwork<Double>(items: 12, options: options, seed: 3)
    // Shares reach the encoder as single-precision values, so differences are coarser.
    check(network, step: 1e-3, tolerance: 2e-3) {
      network.train(rows, step: 4, anneal: 0.7).reduce(0) { $0 + $1.value }
    }
  }

  @Test(arguments: [rows, confident]) func dglgm(_ rows: SparseRows) {
    let network = DGLGMNetwork<Double>(
      items: 12, users: 7,
      shape: NetworkShape(width: 8, depth: 1, latent: 4, clusters: 3, batch: 7),
      objective: DGLGMObjective(dropout: 0.3, penalty: 20), seed: 5)
    for index in network.clusters.logVariances.value.buffer.indices {
      network.clusters.logVariances.value.pointer[index] = 0.1 * Double(index % 5) - 0.3
    }
    check(network) {
      network.train(rows, step: 4, anneal: 0.8).reduce(0) { $0 + $1.value }
    }
  }

  /// Everything on: composite prior, item groups, clusters; and each part switched off in turn.
  @Test(arguments: [
    "all", "no-groups", "inner-product", "no-old-prior", "draws", "shallow",
    "privileged", "bernoulli", "squared", "sampled", "group-attention",
    "item-features", "sampled-item-features", "parts", "sampled-parts", "bernoulli-parts",
    "confident", "bernoulli-confident", "squared-confident", "sampled-confident",
    "confident-parts", "bernoulli-confident-parts",
  ])
  func indgrm(_ variant: String) {
    let rows = variant.contains("confident") ? confident : rows
    let shape = shape(of: variant)
    let network = InDGRMNetwork<Double>(
      items: 12, users: 7, shape: shape, objective: objective(of: variant), seed: 5)
    if let affinity = network.affinity {
      fillNormal(affinity.centres.value, seed: 8, stage: 1, index: 0)
      affinity.origin.value.fill(0.05)
    }
    // Item vectors do not follow these parts of the loss, so their quotients would differ.
    if shape.usesGroupAttention || shape.usesItemFeatures { network.decoder.items.rate = 0 }
    if variant == "draws" {
      network.decoder.groups.drawCounts = (0..<12).map { $0 % 5 }
    }
    if variant.hasPrefix("sampled") {
      network.samplesItems(CandidateSampler(itemCounts: rows.columnCounts(), samples: 3))
    }
    if variant == "privileged" {
      network.decoder.groups.privileged = PrivilegedGroups(
        (0..<12).map { $0 == 5 ? [] : [UInt32($0 % 4), UInt32($0 % 3)] }, count: 4, vectors: nil,
        weight: 3, triplets: 50)
    }
    moveFromStart(network)
    // Shares reach the parts' encoder as single-precision values, so differences are coarser.
    let isCoarse = shape.usesParts
    check(network, step: isCoarse ? 1e-3 : 1e-5, tolerance: isCoarse ? 2e-3 : 2e-6) {
      network.train(rows, step: 4, anneal: 0.8).reduce(0) { $0 + $1.value }
    }
  }

  private func shape(of variant: String) -> NetworkShape {
    NetworkShape(
      width: 8, depth: variant == "shallow" ? 0 : 2, latent: 6, clusters: 3, groups: 4, batch: 7,
      temperature: 0.7, usesGroups: variant != "no-groups",
      usesParts: variant.hasSuffix("parts"), usesCosine: variant != "inner-product",
      usesGroupAttention: variant == "group-attention",
      usesItemFeatures: variant.hasSuffix("item-features"))
  }

  private func objective(of variant: String) -> InDGRMObjective {
    InDGRMObjective(
      dropout: 0.3, klWeight: 0.05, priorOld: variant == "no-old-prior" ? 0 : 0.75,
      cost: ReconstructionCost(rawValue: String(variant.prefix { $0 != "-" })) ?? .multinomial,
      groupDraws: variant == "draws" ? 3 : 1)
  }

  /// Away from where everything is small or equal, so that each term matters.
  private func moveFromStart(_ network: InDGRMNetwork<Double>) {
    for parameter in network.decoder.mapping.value.buffer.indices {
      network.decoder.mapping.value.pointer[parameter] *= 30
    }
    for cluster in network.clusters.logVariances.value.buffer.indices {
      network.clusters.logVariances.value.pointer[cluster] = 0.1 * Double(cluster % 5) - 0.3
    }
    // Where dropout leaves nothing of a part its direction is the biases', which must not be zero.
    for parameter in network.decoder.parts?.parameters ?? [] {
      for index in parameter.value.buffer.indices {
        parameter.value.pointer[index] += 0.2 * Double(index % 3) - 0.1
      }
    }
    network.epochEnded(1)
    // The older encoder must differ from the current one for its part of the prior to matter.
    for parameter in network.encoder.parameters {
      for index in parameter.value.buffer.indices {
        parameter.value.pointer[index] += 0.02 * Double(index % 7 - 3)
      }
    }
  }

  /// A user's scores do not depend on the batch they are in.
  @Test func scoresDoNotDependOnTheBatch() {
    let network = small(Float.self)
    let together = Matrix<Float>(rows: 7, columns: 12)
    network.score(rows, rows: 0..<7, into: together)
    let alone = Matrix<Float>(rows: 1, columns: 12)
    for row in 0..<7 {
      network.score(rows, rows: row..<row + 1, into: alone)
      for item in 0..<12 { #expect(abs(alone[0, item] - together[row, item]) < 1e-4) }
    }
  }

  private func small<T: Real>(_ type: T.Type, batch: Int = 4, innerSteps: Int = 0) -> InDGRMNetwork<
    T
  > {
    let shape = NetworkShape(
      width: 16, depth: 4, latent: 8, clusters: 3, groups: 4, batch: batch, temperature: 0.1,
      usesGroups: true, usesCosine: true, usesGroupAttention: true)
    return InDGRMNetwork(
      items: 12, users: 7, shape: shape,
      objective: InDGRMObjective(dropout: 0.5, klWeight: 0.0075, innerSteps: innerSteps), seed: 5)
  }

  /// What a model keeps scores like the network it was made from, when nothing is left out; and what is
  /// left out is the cluster without users and the dimensions without variance.
  @Test func modelsKeepWhatClustersUse() {
    let network = small(Float.self)
    let (expected, found) = (
      Matrix<Float>(rows: 7, columns: 12), Matrix<Float>(rows: 7, columns: 12)
    )
    network.score(rows, rows: 0..<7, into: expected)
    let whole = InDGRM(network, settings: .object([:]))
    whole.score(rows, rows: 0..<7, into: found)
    for index in 0..<84 {
      #expect(abs(expected.pointer[index] - found.pointer[index]) < 1e-4)
    }
    #expect(whole.settings["dimensions"]?.array?.compactMap(\.int) == [8, 8, 8])

    network.clusters.logWeights.value[0, 1] = -20
    network.clusters.logVariances.value[2, 3] = -9
    network.clusters.logVariances.value[2, 7] = -9
    let part = InDGRM(network, settings: .object([:]))
    #expect(part.settings["clusters"]?.int == 2)
    #expect(part.settings["dimensions"]?.array?.compactMap(\.int) == [8, 6])
    #expect(part.users.dimensions.contains(8 + 3) == false)
    // Zero means in the network's place give the same scores, once the lost cluster has no weight.
    for head in [network.encoder.clusterMeans] {
      for dimension in [3, 7] {
        for row in 0..<16 {
          head.weights.value[row, 2 * 8 + dimension] =
            -network.encoder.sharedMean.weights.value[row, dimension]
        }
        head.bias.value[0, 2 * 8 + dimension] =
          -network.encoder.sharedMean.bias.value[0, dimension]
      }
    }
    network.encoder.attention.bias.value[0, 1] = -60
    network.score(rows, rows: 0..<7, into: expected)
    part.score(rows, rows: 0..<7, into: found)
    for index in 0..<84 {
      #expect(abs(expected.pointer[index] - found.pointer[index]) < 1e-4)
    }
  }

  /// Over many draws the sum of exponentials over candidates has that over all items as its mean.
  @Test func sampledSoftmaxIsUnbiased() {
    let counts = (0..<200).map { 1 + 300 / ($0 + 1) }
    let sampler = CandidateSampler(itemCounts: counts, samples: 40)
    let batch = SparseRows(offsets: [0, 3], columns: [5, 90, 150], columnCount: 200)
    func score(_ item: Int) -> Double { Double((item * 37) % 19) / 6 }
    let exact = (0..<200).reduce(0.0) { $0 + exp(score($1)) }
    var (sum, size) = (0.0, 0)
    for step in 0..<4000 {
      let drawn: Candidates<Double> = sampler.draw(for: batch, seed: 3, step: UInt64(step))
      let places = drawn.targets.columns.map { drawn.items[Int($0)] }
      #expect(places == batch.columns && drawn.targets.offsets == batch.offsets)
      #expect(drawn.targets.row(0).map { drawn.items[Int($0)] } == [5, 90, 150])
      for (place, item) in drawn.items.enumerated() {
        sum += exp(score(Int(item)) + drawn.corrections[0, place])
      }
      size += drawn.items.count
    }
    #expect(abs(sum / 4000 / exact - 1) < 0.01)
    #expect(abs(Double(size) / 4000 - 42) < 2)
  }

  /// Inner steps bring a user's own bound down before the parameters move.
  @Test func innerStepsLowerTheLoss() {
    func loss(_ steps: Int) -> Double {
      let network = small(Double.self, batch: 7, innerSteps: steps)
      return (0..<20).reduce(0.0) { sum, step in
        sum + network.train(rows, step: UInt64(step), anneal: 1).reduce(0) { $0 + $1.value }
      }
    }
    #expect(loss(5) < loss(0) - 0.1)
  }
}
