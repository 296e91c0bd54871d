// How does a fitted InDGRM see a user, with the clusters and dimensions it has kept?

import DenseMath
import Fitting
import Interchange
import Recommending
import Training

/// The inference network of a fitted model: K* clusters, each with the mean of its own d^(k) dimensions.
///
/// Shared and cluster heads are added up into one matrix of sum_k d^(k) columns, and columns that the
/// ARD prior has switched off are gone, so that representing a user costs no more than what was kept.
final class UserEncoder {
  /// Which outputs of the heads are kept: cluster * d + dimension, ascending.
  let dimensions: [UInt32]
  /// The same as pairs.
  private let places: [(cluster: Int, dimension: Int)]
  let clusters: Int
  let latent: Int
  let trunk: Trunk<Float>
  let mean: Dense<Float>
  /// Not needed to score, but to go on training from the model.
  let logVariance: Dense<Float>
  let attentionHidden: Dense<Float>
  let attention: Dense<Float>
  private let batch: Int
  private let users: Matrix<Float>
  private let itemFeatures: HeadInputs<Float>?

  init(_ trunk: Trunk<Float>, shape: NetworkShape, dimensions: [UInt32]) {
    self.trunk = trunk
    self.dimensions = dimensions
    (clusters, latent, batch) = (shape.clusters, shape.latent, shape.batch)
    let latent = shape.latent
    places = dimensions.map { (Int($0) / latent, Int($0) % latent) }
    let (width, batch) = (shape.width, shape.batch)
    func dense(_ name: String, _ inputs: Int, _ outputs: Int) -> Dense<Float> {
      Dense(
        name, inputs: inputs, outputs: outputs, batch: batch, seed: 0, stage: 0,
        initialisation: .zero)
    }
    mean = dense("cluster-mean", shape.headInputs, dimensions.count)
    logVariance = dense("cluster-log-variance", shape.headInputs, dimensions.count)
    attentionHidden = dense("attention-hidden", width, 64)
    attention = dense("attention", 64, clusters)
    users = Matrix(rows: batch, columns: latent)
    itemFeatures =
      shape.usesItemFeatures ? HeadInputs(width: width, latent: latent, batch: batch) : nil
  }

  var parameters: [Parameter<Float>] {
    trunk.parameters
      + [mean, logVariance, attentionHidden, attention].flatMap(\.parameters)
  }

  /// What is kept of a trained encoder, whose trunk it has in common.
  ///
  /// - Parameters:
  ///   - clusters: the kept clusters, in order.
  ///   - keeps: whether a cluster keeps a dimension.
  convenience init(
    _ encoder: Encoder<Float>, shape: NetworkShape, clusters: [Int],
    keeps: (_ cluster: Int, _ dimension: Int) -> Bool
  ) {
    let d = shape.latent
    var (dimensions, sources): ([UInt32], [Int]) = ([], [])
    for (place, cluster) in clusters.enumerated() {
      for dimension in 0..<d where keeps(cluster, dimension) {
        dimensions.append(UInt32(place * d + dimension))
        sources.append(cluster * d + dimension)
      }
    }
    var kept = shape
    kept.clusters = clusters.count
    self.init(encoder.trunk, shape: kept, dimensions: dimensions)
    for (own, trained) in zip(attentionHidden.parameters, encoder.attentionHidden.parameters) {
      own.value.copy(from: trained.value)
    }
    for (own, trained) in zip(attention.parameters, encoder.attention.parameters) {
      for row in 0..<own.value.rows {
        for (place, cluster) in clusters.enumerated() {
          own.value[row, place] = trained.value[row, cluster]
        }
      }
    }
    for (head, shared, own) in [
      (mean, encoder.sharedMean, encoder.clusterMeans),
      (logVariance, encoder.sharedLogVariance, encoder.clusterLogVariances),
    ] {
      for (target, (shared, own)) in zip(
        head.parameters, zip(shared.parameters, own.parameters))
      {
        for row in 0..<target.value.rows {
          for (place, source) in sources.enumerated() {
            target.value[row, place] = shared.value[row, source % d] + own.value[row, source]
          }
        }
      }
    }
  }

  /// Brings an encoder back.
  ///
  /// Throws `ModelError` when the model's parts do not fit together.
  convenience init(_ stored: StoredModel, _ shape: NetworkShape) throws {
    let kept = try stored.keptDimensions(shape)
    let trunk = Trunk<Float>(
      "encoder", items: stored.items.ids.count, width: shape.width, depth: shape.depth,
      batch: shape.batch, seed: 0, stage: 0, starts: false)
    self.init(trunk, shape: shape, dimensions: kept)
    try stored.fill(parameters)
  }

  /// Which dimensions each cluster keeps, K* x d.
  var keptDimensions: [[Bool]] {
    var keeps = [[Bool]](repeating: .init(repeating: false, count: latent), count: clusters)
    for kept in dimensions { keeps[Int(kept) / latent][Int(kept) % latent] = true }
    return keeps
  }

  /// Represents at most a batch of users; the result is gone with the next call.
  ///
  /// - Parameters:
  ///   - affinity: added to the logits of the clusters' weights, B x K*.
  ///   - items: vectors h_j of all items, M x d.
  func represent(_ rows: SparseRows, affinity: Matrix<Float>?, items: Matrix<Float>)
    -> UserRepresentations
  {
    precondition(rows.rowCount <= batch, "more users than the encoder takes at a time")
    let features = trunk.forward(rows, dropout: 0, seed: 0, step: 0)
    let hidden = attentionHidden.forward(features)
    tanhForward(hidden)
    let weights = attention.forward(hidden)
    if let affinity { add(affinity, to: weights) }
    softmaxRows(weights)
    let means = mean.forward(
      itemFeatures?.join(features, trunk.input) { _ in
        let sums = Matrix<Float>(rows: rows.rowCount, columns: items.columns)
        self.trunk.input.times(rows, items, into: sums)
        return sums
      } ?? features)
    let z = users.rowBlock(0..<rows.rowCount)
    z.fill(0)
    for row in 0..<rows.rowCount {
      let (source, weight, target) = (means.row(row), weights.row(row), z.row(row))
      for (place, kept) in places.enumerated() {
        target[kept.dimension] += weight[kept.cluster] * source[place]
      }
    }
    return UserRepresentations(points: z, clusterWeights: weights)
  }

  /// The largest number of users at a time.
  var batchSize: Int { batch }
}

extension StoredModel {
  /// The outputs of the heads that a model keeps, cluster * d + dimension.
  ///
  /// Throws `ModelError` when there are none or they are out of range.
  func keptDimensions(_ shape: NetworkShape) throws -> [UInt32] {
    guard let kept = tensors["cluster-dimensions"]?.integers,
      kept.allSatisfy({ Int($0) < shape.clusters * shape.latent }),
      zip(kept, kept.dropFirst()).allSatisfy({ $0 < $1 })
    else {
      throw ModelError(.badData, "the model's cluster dimensions are unusable; fit the model again")
    }
    return Array(kept)
  }
}

extension StoredModel {
  /// The model with its heads taken apart again into a shared one and departures from it, so that training
  /// can go on from it: the shared head is the mean over clusters, and dimensions that were left out
  /// have the mean 0.
  ///
  /// Throws `ModelError` when the heads are unusable.
  func withSeparateHeads(_ shape: NetworkShape) throws -> StoredModel {
    guard let clusters = description["settings"]?["clusters"]?.int, clusters == shape.clusters
    else {
      throw ModelError(
        .badData, "the earlier model has another number of clusters; set clusters to its own")
    }
    let (kept, d) = (try keptDimensions(shape).map(Int.init), shape.latent)
    var result = self
    // With doors there is no other term of groups.
    if tensors["mapping"] == nil, shape.usesGroups {
      for (name, rows, columns) in [
        ("mapping", clusters * shape.groups, d), ("group-bias", 1, shape.groups),
      ] {
        result.tensors[name] = Matrix<Float>(rows: rows, columns: columns).tensor(name)
      }
    }
    for name in ["mean", "log-variance"] {
      for part in ["weights", "bias"] {
        let head = try floats("cluster-\(name).\(part)", [nil, kept.count])
        let shared = Matrix<Float>(rows: head.rows, columns: d)
        let own = Matrix<Float>(rows: head.rows, columns: clusters * d)
        var holders = [Float](repeating: 0, count: d)
        for output in kept { holders[output % d] += 1 }
        for row in 0..<head.rows {
          for (place, output) in kept.enumerated() {
            shared[row, output % d] += head[row, place] / holders[output % d]
          }
          if name == "mean" {
            for output in 0..<clusters * d { own[row, output] = -shared[row, output % d] }
          }
          for (place, output) in kept.enumerated() {
            own[row, output] = head[row, place] - shared[row, output % d]
          }
        }
        result.tensors["\(name).\(part)"] = shared.tensor("\(name).\(part)")
        result.tensors["cluster-\(name).\(part)"] = own.tensor("cluster-\(name).\(part)")
      }
    }
    return result
  }
}
