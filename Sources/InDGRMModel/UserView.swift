// What does the decoder make of one user, term by term?

import DenseMath
import Fitting
import Glibc
import Recommending
import Training

/// One user's side of the decoder in double precision.
struct UserView {
  private let decoder: Decoder<Float>
  private let shape: NetworkShape
  private let z: [Double]
  private let unit: [Double]
  /// y^(g), G x d; empty without group parts.
  private let places: [[Double]]
  private let weights: [Double]
  /// o_i^(g), G x d.
  private var mapping: [[Double]] = []
  /// o_i^(g) . z + b_g.
  private var activity: [Double] = []
  /// The places in the bases of the groups, G x d; empty without those.
  private var coordinates: [[Double]] = []

  /// - Parameter row: the user's among those that are represented.
  init(_ decoder: Decoder<Float>, _ shape: NetworkShape, _ seen: UserRepresentations, row: Int) {
    self.decoder = decoder
    self.shape = shape
    z = seen.points.row(row).map(Double.init)
    weights = seen.clusterWeights.row(row).map(Double.init)
    let norm = z.reduce(0) { $0 + $1 * $1 }.squareRoot()
    unit = shape.usesCosine && norm > 0 ? z.map { $0 / norm } : z
    places =
      seen.groupPlaces.map { all in
        let own = all.row(row).map(Double.init)
        return (0..<shape.groups).map {
          Array(own[$0 * shape.latent..<($0 + 1) * shape.latent])
        }
      } ?? []
    guard shape.mixesGroups else { return }
    for group in 0..<shape.groups {
      var vector = [Double](repeating: 0, count: shape.latent)
      for (cluster, weight) in weights.enumerated() {
        let row = decoder.mapping.value.row(cluster * shape.groups + group)
        for index in vector.indices { vector[index] += weight * Double(row[index]) }
      }
      mapping.append(vector)
    }
    activity = mapping.enumerated().map { group, vector in
      let product = zip(vector, z).reduce(0) { $0 + $1.0 * $1.1 }
      return product + Double(decoder.groupBias.value[0, group])
    }
    guard let bases = decoder.bases else { return }
    coordinates = places.enumerated().map { group, place in
      let rotation = bases.rotation(group)
      return (0..<shape.latent).map { axis in
        place.indices.reduce(0.0) { $0 + place[$1] * Double(rotation[$1, axis]) }
      }
    }
  }

  func explain(_ item: UInt32) -> Explanation {
    if let bases = decoder.bases { return explain(item, bases) }
    let vector = decoder.scoredItems.row(Int(item))
    let scale = Double(decoder.scaleFactor)
    // What each factor says of the item, for all groups alike or for each.
    func agreement(_ place: [Double]) -> [Double] {
      place.indices.map { scale * place[$0] * Double(vector[$0]) }
    }
    let common = places.isEmpty ? agreement(unit) : [Double](repeating: 0, count: shape.latent)
    let byGroup = places.map(agreement)
    var factors = common
    var parts = [
      Explanation.Contribution(
        source: .itemBias, value: Double(decoder.itemBias.value[0, Int(item)]))
    ]
    var groups: [Explanation.GroupShare] = []
    let similarity = common.reduce(0, +)
    if let doors = decoder.doors {
      groups = [.init(index: doors.assignment[Int(item)], weight: 1, contribution: similarity)]
    } else if shape.usesGroups {
      let membership = decoder.groups.membership.row(Int(item)).map(Double.init)
      let preference = activity.enumerated().map { group, value in
        value + (byGroup.isEmpty ? 0 : byGroup[group].reduce(0, +))
      }
      let (weights, mixture) = mixture(membership, preference)
      for (group, weight) in weights {
        groups.append(
          .init(
            index: group, weight: weight, contribution: weight * (similarity + preference[group])))
        parts.append(
          .init(source: .group(group), value: weight * Double(decoder.groupBias.value[0, group])))
        for index in factors.indices {
          let own = byGroup.isEmpty ? 0 : byGroup[group][index]
          factors[index] += weight * (own + mapping[group][index] * z[index])
        }
      }
      parts.append(.init(source: .groupMixture, value: mixture))
    }
    // What a closed door keeps out is no part of the score.
    parts += factors.enumerated().filter { decoder.doors == nil || $1 != 0 }
      .map { .init(source: .factor($0), value: $1) }
    return explanation(of: item, parts, groups)
  }

  /// With bases of the groups: each factor is one group's, and so is what the user makes of the group as a whole.
  private func explain(_ item: UInt32, _ bases: PlaceBases<Float>) -> Explanation {
    let vector = Matrix<Float>(rows: 1, columns: shape.latent)
    gatherRows(decoder.scoredItems, [item], into: vector)
    let membership = decoder.groups.membership.row(Int(item)).map(Double.init)
    let scale = Double(decoder.scaleFactor)
    let turned = Matrix<Float>(rows: 1, columns: shape.latent)
    let agreements = (0..<shape.groups).map { group in
      multiply(vector, bases.rotation(group), into: turned)
      return turned.row(0).enumerated().map { scale * coordinates[group][$0] * Double($1) }
    }
    let preference = activity.indices.map { activity[$0] + agreements[$0].reduce(0, +) }
    let (weights, mixture) = mixture(membership, preference)
    var parts = [
      Explanation.Contribution(
        source: .itemBias, value: Double(decoder.itemBias.value[0, Int(item)]))
    ]
    var groups: [Explanation.GroupShare] = []
    var factors: [Explanation.Contribution] = []
    for (group, weight) in weights {
      let mean = Double(bases.means.value[0, group])
      groups.append(
        .init(index: group, weight: weight, contribution: weight * preference[group]))
      parts.append(.init(source: .group(group), value: weight * mean))
      let own = agreements[group] + [activity[group] - mean]
      factors += own.enumerated().filter { $1 != 0 }.map {
        .init(source: .factor($0 * shape.groups + group), value: weight * $1)
      }
    }
    parts.append(.init(source: .groupMixture, value: mixture))
    return explanation(of: item, parts + factors, groups)
  }

  /// log sum_g c_jg exp(u_g) as sum_g w_g u_g and the rest: the groups that have a weight w, and that rest.
  private func mixture(_ membership: [Double], _ preference: [Double]) -> (
    weights: [(group: Int, weight: Double)], rest: Double
  ) {
    let most = preference.max() ?? 0
    let terms = zip(membership, preference).map { $0 * exp($1 - most) }
    let total = terms.reduce(0, +)
    let weights = terms.indices.filter { terms[$0] > 0 }.map { ($0, terms[$0] / total) }
    return (weights, weights.reduce(0) { $0 - $1.1 * log($1.1 / membership[$1.0]) })
  }

  private func explanation(
    of item: UInt32, _ parts: [Explanation.Contribution], _ groups: [Explanation.GroupShare]
  ) -> Explanation {
    var explanation = Explanation(
      item: item, score: parts.reduce(0) { $0 + $1.value }, contributions: parts)
    explanation.clusters =
      weights.enumerated().map { .init(index: $0, weight: $1) }
      .sorted { ($0.weight, -$0.index) > ($1.weight, -$1.index) }
    explanation.groups = groups.sorted { ($0.weight, -$0.index) > ($1.weight, -$1.index) }
    return explanation
  }
}
