// What does a network compute before it has learnt anything?

import DenseMath
import FactorModels
import Fitting
import Glibc
import Recommending
import Training

/// The start of an InDGRM network from item factors Q, M x d, of weighted least squares or spectral.
///
/// Item vectors start as Q, and as much of the encoder's input layer as there is room for. With `linear` the whole
/// network is made a linear recommender. Given Q, a user's factors are (a0 Q'Q + sum_{i in x} q_i q_i' + ridge I)^-1
/// sum_{i in x} q_i; with S, the mean user's matrix, in place of each one's own they are the linear map x Q S^-1. Then
/// d of the encoder's units get Q S^-1 and d others its negative, and the posterior's mean takes the difference of each
/// pair, which swish and layer normalisation pass on but for a factor, since swish(t) - swish(-t) = t. Item biases
/// start on the way from the mean item's log odds to the item's own. Training then takes half as many epochs.
struct FactorStart {
  /// Q, M x d.
  let factors: Matrix<Float>
  private let rows: SparseRows
  private let isLinear: Bool
  private let method: AlternatingLeastSquares

  /// The root mean square of the first layer's outputs: short, since a user's place then takes a few epochs to
  /// be told from noise, without which small sets are learnt by heart.
  private static let inputLength: Float = 0.06
  /// The share of an item's own popularity in its bias.
  private static let popularityShare = 0.5
  /// What is left of random weights that the linear map has to get past.
  private static let leftOfNoise: Float = 0.3
  /// The weight of a pair of units in a latent dimension.
  private static let pairWeight: Float = 0.3
  /// Log variance of the posterior, small enough for its mean to be heard.
  private static let logVariance: Float = -2

  /// - Parameter start: as the option `start` has it once it is settled, but not `random`.
  init(_ start: String, _ data: TrainingData, dimensions: Int) {
    method = AlternatingLeastSquares(factors: dimensions)
    rows = data.rows
    isLinear = start == "linear"
    let ranks = data.itemRanks.count > 1 ? data.itemRanks : data.ranks
    factors =
      start == "spectral"
      ? spectralEmbedding(data.rows, dimensions: dimensions, seed: data.seed)
      : method.fit(data.rows, pulls: nil, rounds: 4, seed: data.seed, ranks: ranks) { _, _ in
        false
      }
  }

  /// Q with rows of unit length.
  var unitItems: Matrix<Float> {
    let units = Matrix<Float>(rows: factors.rows, columns: factors.columns)
    normaliseRows(factors, into: units, norms: Matrix<Float>(rows: 1, columns: factors.rows))
    return units
  }

  /// Q S^-1, M x d.
  ///
  /// Throws `ModelError` when S cannot be inverted.
  func foldIn() throws -> Matrix<Float> {
    let (items, d) = (factors.rows, factors.columns)
    let users = Double(max(rows.rowCount, 1))
    // S = Q' diag(a0 + n_i / U) Q + ridge I.
    let weighted = Matrix<Double>(rows: items, columns: d)
    let whole = Matrix<Double>(rows: items, columns: d)
    for (item, count) in rows.columnCounts().enumerated() {
      let weight = method.unobserved + Double(count) / users
      let (source, target, scaled) = (factors.row(item), whole.row(item), weighted.row(item))
      for index in source.indices {
        target[index] = Double(source[index])
        scaled[index] = weight * target[index]
      }
    }
    let matrix = Matrix<Double>(rows: d, columns: d)
    multiply(whole, transposeA: true, weighted, into: matrix)
    let ridge = method.ridge(Double(rows.count / max(rows.rowCount, 1)), of: items)
    for index in 0..<d { matrix[index, index] += ridge }
    do { try inverseSPD(matrix) } catch {
      throw ModelError(.internalFault, "the start has no solution; set start=random")
    }
    multiply(whole, matrix, into: weighted)
    let result = Matrix<Float>(rows: items, columns: d)
    for index in 0..<weighted.count { result.pointer[index] = Float(weighted.pointer[index]) }
    return result
  }
}

extension FactorStart {
  /// Starts a network that has not been trained.
  ///
  /// Throws `ModelError` when the linear map cannot be found.
  func apply(to network: InDGRMNetwork<Float>) throws {
    let decoders = network.decoders
    copy(factors, to: decoders.parts.map(\.items), deviation: decoders.deviation)
    if let input = network.decoder.parts?.input {
      copy(factors, to: input.parts, deviation: input.deviation)
    }
    let input = network.encoder.trunk.input
    if isLinear {
      for part in decoders.parts { startBiases(part.itemBias) }
      try makeLinear(network.encoder)
    } else {
      copy(factors, to: input.parts, deviation: input.deviation)
    }
  }

  private func makeLinear(_ encoder: Encoder<Float>) throws {
    let map = try foldIn()
    let pairs = min(map.columns, encoder.trunk.width / 2)
    scale(map, by: Self.inputLength / length(of: map))
    for part in encoder.trunk.input.parts {
      for (row, item) in part.rowItems.enumerated() {
        let (source, target) = (map.row(item), part.value.row(row))
        for pair in 0..<pairs {
          target[pair] = source[pair]
          target[pairs + pair] = -source[pair]
        }
      }
    }
    for layer in encoder.trunk.layers { scale(layer.weights.value, by: Self.leftOfNoise) }
    let head = encoder.sharedMean.weights.value
    scale(head, by: Self.leftOfNoise)
    for pair in 0..<pairs {
      head[pair, pair] += Self.pairWeight
      head[pairs + pair, pair] -= Self.pairWeight
    }
    encoder.sharedLogVariance.bias.value.fill(Self.logVariance)
  }

  /// The root mean square of what the map makes of histories of unit length; of the first users'.
  private func length(of map: Matrix<Float>) -> Float {
    let sample = 0..<min(rows.rowCount, 1000)
    let image = Matrix<Float>(rows: sample.count, columns: map.columns)
    multiply(sparse: rows, rows: sample, dense: map, into: image, entryScale: nil)
    for row in sample {
      let count = rows.offsets[row + 1] - rows.offsets[row]
      let target = image.rowBlock(row..<row + 1)
      scale(target, by: 1 / Float(max(count, 1)).squareRoot())
    }
    return max(Self.deviation(image), 1e-12)
  }

  private static func deviation(_ x: Matrix<Float>) -> Float {
    (dot(x, x) / Float(max(x.count, 1))).squareRoot()
  }

  /// Copies vectors into the first columns of items' rows at the length that the target has.
  ///
  /// - Parameter deviation: of the target.
  private func copy(
    _ vectors: Matrix<Float>, to parts: [Parameter<Float>], deviation: Float
  ) {
    let factor = deviation / max(Self.deviation(vectors), 1e-12)
    for part in parts {
      for (place, item) in part.rowItems.enumerated() {
        let (source, row) = (vectors.row(item), part.value.row(place))
        for column in 0..<min(source.count, row.count) { row[column] = factor * source[column] }
      }
    }
  }

  /// Between the mean item's log odds and every item's own.
  private func startBiases(_ biases: Parameter<Float>) {
    let middle = rows.logOdds(Double(rows.count) / Double(max(rows.columnCount, 1)))
    let odds = rows.logOdds()
    for place in 0..<biases.value.count {
      let own = odds[biases.firstItem + place]
      biases.value.pointer[place] = Float(middle + Self.popularityShare * (own - middle))
    }
  }
}
