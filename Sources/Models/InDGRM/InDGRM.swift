// Why does InDGRM recommend an item?

import DenseMath
import Glibc
import Interchange

/// A fitted InDGRM.
///
/// Its score is the unnormalised log probability
/// s_ij = a cos(h_j, z_i) + beta_j + log sum_g c_jg exp(u_ig), u_ig = o_i^(g) . z_i + b_g,
/// which an explanation takes apart exactly. With w_g the weight of group g in the sum
/// (w_g ~ c_jg exp(u_ig), sum 1), log sum_g c_jg exp(u_ig) = sum_g w_g u_ig - sum_g w_g log(w_g / c_jg):
/// - factor l: a z^_l h^_jl + sum_g w_g o_il^(g) z_il
/// - group g: w_g b_g
/// - group mixture: - sum_g w_g log(w_g / c_jg)
/// - item bias: beta_j
///
/// or, by groups: item bias, group mixture and w_g (a cos(h_j, z_i) + u_ig) for each group. A neighbourhood
/// expert adds w B_lj for each of the user's own items l to either.
final class InDGRM: RecommendationModel {
  let network: InDGRMNetwork<Float>
  let expert: NeighbourhoodExpert?
  let settings: JSONValue

  init(_ network: InDGRMNetwork<Float>, expert: NeighbourhoodExpert?, settings: JSONValue) {
    self.network = network
    self.expert = expert
    self.settings = settings
  }

  var itemCount: Int { network.itemCount }
  func tensors() -> [Tensor] {
    network.parameters.map { $0.value.tensor($0.name) }
      + (expert?.weights.tensors(prefix: "expert-") ?? [])
  }

  var itemGroups: (assignment: [UInt32], prototypes: Matrix<Float>)? {
    guard network.options.usesGroups else { return nil }
    network.prepareScoring()
    let membership = network.decoder.groups.membership
    let assignment = (0..<itemCount).map { item -> UInt32 in
      let row = membership.row(item)
      var best = 0
      for group in row.indices where row[group] > row[best] { best = group }
      return UInt32(best)
    }
    return (assignment, network.decoder.groups.prototypes.value)
  }

  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    network.score(foldIn, rows: rows, into: scores)
    expert?.add(foldIn, rows: rows, to: scores)
  }

  func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation] {
    network.prepareScoring()
    let row = SparseRows(offsets: [0, foldIn.count], columns: foldIn, columnCount: itemCount)
    let (users, weights) = network.represent(row)
    let user = UserView(network, z: users.array, weights: weights.array)
    let without = leaveOneOutDifferences(self, foldIn, items: items)
    return items.enumerated().map { place, item in
      var explanation = user.explain(item)
      if let expert {
        let own = expert.weights.contributions(foldIn, to: item, scale: expert.strength)
        explanation.contributions += own
        explanation.score += own.reduce(0) { $0 + $1.value }
      }
      explanation.nearest = nearest(to: item, among: foldIn)
      explanation.leaveOneOut = without[place].falls
      return explanation
    }
  }

  /// The user's items by the cosine of their vectors to the item's.
  private func nearest(to item: UInt32, among foldIn: [UInt32]) -> [Explanation.Weighted] {
    let vectors = network.decoder.unitItems
    let target = vectors.row(Int(item))
    return foldIn.map { own in
      let vector = vectors.row(Int(own))
      var cosine = 0.0
      for index in target.indices { cosine += Double(target[index] * vector[index]) }
      return Explanation.Weighted(index: Int(own), weight: cosine)
    }.sorted { ($0.weight, -$0.index) > ($1.weight, -$1.index) }
  }
}

/// One user's side of the decoder in double precision.
private struct UserView {
  private let decoder: Decoder<Float>
  private let options: InDGRMOptions
  private let z: [Double]
  private let unit: [Double]
  private let weights: [Double]
  /// o_i^(g), G x d.
  private var mapping: [[Double]] = []
  /// o_i^(g) . z + b_g.
  private var activity: [Double] = []

  init(_ network: InDGRMNetwork<Float>, z values: [Float], weights shares: [Float]) {
    decoder = network.decoder
    options = network.options
    z = values.map(Double.init)
    weights = shares.map(Double.init)
    let norm = z.reduce(0) { $0 + $1 * $1 }.squareRoot()
    unit = options.usesCosine && norm > 0 ? z.map { $0 / norm } : z
    guard options.usesGroups else { return }
    for group in 0..<options.groups {
      var vector = [Double](repeating: 0, count: options.latent)
      for (cluster, weight) in weights.enumerated() {
        let row = decoder.mapping.value.row(cluster * options.groups + group)
        for index in vector.indices { vector[index] += weight * Double(row[index]) }
      }
      mapping.append(vector)
      activity.append(
        zip(vector, z).reduce(0) { $0 + $1.0 * $1.1 }
          + Double(decoder.groupBias.value[0, group]))
    }
  }

  func explain(_ item: UInt32) -> Explanation {
    let vector = decoder.unitItems.row(Int(item))
    let scale = Double(decoder.scaleFactor)
    var factors = (0..<options.latent).map { scale * unit[$0] * Double(vector[$0]) }
    var parts = [
      Explanation.Contribution(
        source: .itemBias, value: Double(decoder.itemBias.value[0, Int(item)]))
    ]
    var groups: [Explanation.GroupShare] = []
    let similarity = factors.reduce(0, +)
    if options.usesGroups {
      let membership = decoder.groups.membership.row(Int(item)).map(Double.init)
      let terms = zip(membership, activity).map { $0 * exp($1) }
      let total = terms.reduce(0, +)
      var mixture = 0.0
      for group in 0..<options.groups where terms[group] > 0 {
        let weight = terms[group] / total
        groups.append(
          .init(
            index: group, weight: weight, contribution: weight * (similarity + activity[group])))
        parts.append(
          .init(source: .group(group), value: weight * Double(decoder.groupBias.value[0, group])))
        mixture -= weight * log(weight / membership[group])
        for index in factors.indices { factors[index] += weight * mapping[group][index] * z[index] }
      }
      parts.append(.init(source: .groupMixture, value: mixture))
    }
    parts += factors.enumerated().map { .init(source: .factor($0), value: $1) }
    var explanation = Explanation(
      item: item, score: parts.reduce(0) { $0 + $1.value }, contributions: parts)
    explanation.clusters =
      weights.enumerated().map { .init(index: $0, weight: $1) }
      .sorted { ($0.weight, -$0.index) > ($1.weight, -$1.index) }
    explanation.groups = groups.sorted { ($0.weight, -$0.index) > ($1.weight, -$1.index) }
    return explanation
  }
}
