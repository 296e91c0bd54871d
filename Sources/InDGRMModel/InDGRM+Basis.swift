// How is a fitted InDGRM turned into a basis in which it can be read, and what of it is left out there?

import DenseMath
import Fitting
import Interchange
import Recommending

extension InDGRM {
  /// What users' variance may lose by axes that are left out, largest first.
  ///
  /// The last is for factors alone that are closed to every group: without them users' directions have other lengths.
  private static let losses = [0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 1e-6]
  /// What of the validation metric that may cost, two standard errors included.
  private static let cost = 0.001
  /// What is left out where there are no validation users.
  private static let usualLoss = 0.01
  /// Users that a basis is found by.
  private static let sample = 2000

  /// Turns the latent space into its canonical basis, which leaves every score as it is; with group parts each group's.
  ///
  /// - Parameter opensDoors: whether factors are asked for that every group shares, with group parts too.
  /// - Returns: whether there is one; not where users have no directions.
  @discardableResult
  func canonicalise(_ data: TrainingData, opensDoors: Bool = false) -> Bool {
    if shape.usesParts, !opensDoors, findPlaceBases(data) { return true }
    let sample = represent(Self.sample(of: data))
    guard let basis = CanonicalBasis(users: directions(of: sample)) else { return false }
    turn(basis)
    settings = settings.setting("basis", "canonical")
    return true
  }

  func turn(_ basis: CanonicalBasis) {
    decoder.turn(basis)
    clusters.turn(basis)
    if let affinity {
      basis.turn(affinity.centres.value)
      basis.turn(affinity.origin.value)
    }
    users = users.turned(basis, shape)
    decoder.prepareItems(seed: 0, step: nil)
  }

  /// Leaves out of each user cluster the axes along which the means of its users are least: as many as cost no more
  /// than a thousandth of the validation metric, or as the settings or an earlier fit say.
  ///
  /// - Parameter loss: the share of users' second moments that may be left out; nil chooses on validation users
  ///   (0.01 without any).
  /// - Returns: the share that was left out.
  func prune(_ data: TrainingData, loss given: Double?) -> Double {
    let loss =
      shape.hasPlaceBases
      ? leaveOutPlaces(data, loss: given) : shape.usesParts ? 0 : leaveOut(data, loss: given)
    let dimensions = keptDimensions.map { kept in JSONValue.integer(kept.count { $0 }) }
    settings = settings.setting("dimensions", .array(dimensions))
    return loss
  }

  private func leaveOut(_ data: TrainingData, loss given: Double?) -> Double {
    let whole = users
    let moments = clusterMoments(Self.sample(of: data))
    return bearableLoss(data, given) { loss in
      let kept = moments.map { Self.kept($0, loss: loss) }
      users =
        loss > 0
        ? whole.keeping(shape) { kept[$0][$1] && decoder.doors?.isAlive($1) ?? true } : whole
    }
  }

  /// Leaves out the largest share that costs no more than a thousandth of the validation metric, or the one given.
  ///
  /// - Parameters:
  ///   - given: the share; nil chooses on validation users (0.01 without any).
  ///   - leaveOut: leaves out a share of what there was before, nothing for 0.
  /// - Returns: the share that is left out.
  func bearableLoss(_ data: TrainingData, _ given: Double?, _ leaveOut: (Double) -> Void) -> Double
  {
    var loss = given ?? Self.usualLoss
    if given == nil, let validation = data.validation {
      let before = ValidationProfile(validation, self)
      let bearable = Self.losses.first {
        leaveOut($0)
        return ValidationProfile(validation, self).loses(atMost: Self.cost, of: before)
      }
      if let bearable { return bearable }
      loss = 0
    }
    leaveOut(loss)
    return loss
  }

  /// Which of a cluster's axes have all but a share of its users' second moments; the common one always.
  private static func kept(_ moments: [Double], loss: Double) -> [Bool] {
    var kept = [Bool](repeating: true, count: moments.count)
    let total = moments.dropFirst().reduce(0, +)
    var gone = 0.0
    for axis in moments.indices.dropFirst().sorted(by: { (moments[$0], $0) < (moments[$1], $1) }) {
      gone += moments[axis]
      if gone > loss * total { break }
      kept[axis] = false
    }
    return kept
  }

  /// sum_i q_ik mu_ikl^2 of every cluster's own means, K* x d.
  private func clusterMoments(_ histories: SparseRows) -> [[Double]] {
    var sums = [[Double]](
      repeating: .init(repeating: 0, count: shape.latent), count: shape.clusters)
    for block in blocks(of: 0..<histories.rowCount) {
      let seen = represent(batch: histories.rows(at: Array(block)))
      users.addMoments(weights: seen.clusterWeights, to: &sums)
    }
    return sums
  }

  /// Where sampled users stand: z, or with group parts their places for every group.
  func directions(of sample: UserRepresentations) -> Matrix<Float> {
    if let places = sample.groupPlaces {
      return Matrix(
        rows: places.rows * shape.groups, columns: shape.latent, memory: places.pointer,
        owner: places)
    }
    let unit = Matrix<Float>(rows: sample.points.rows, columns: shape.latent)
    normaliseRows(
      sample.points, into: unit, norms: Matrix<Float>(rows: 1, columns: sample.points.rows))
    return unit
  }

  /// The training users that bases and doors are found by, evenly spaced.
  static func sample(of data: TrainingData) -> SparseRows {
    data.spread(over: sample)
  }
}

extension Decoder<Float> {
  /// Turns item vectors, prototypes and factor-to-group vectors, and with group parts users' places.
  func turn(_ basis: CanonicalBasis) {
    basis.turn(items.value)
    basis.turn(mapping.value)
    basis.turn(groups.prototypes.value)
    if let passing = doors?.passing { basis.turn(passing.value) }
    guard let parts else { return }
    basis.turn(parts.output.weights.value)
    basis.turn(parts.output.bias.value)
  }
}
