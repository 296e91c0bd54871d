// Which doors between factors and item groups does a fitted InDGRM close?

import DenseMath
import Fitting
import Glibc
import Interchange
import Recommending

/// Doors are closed by how little passes them. The energy between a factor and a group is
/// E_gl = (sum_{j in g} n_j h_jl^2 / sum_{j in g} n_j) Var_i(z_il / |z_i|), n_j the interactions of item j, and w_g the
/// group's share of all interactions: along principal axes, which users do not correlate along, w_g E_gl is what closing
/// the door takes out of all scores' second moments. What all users share (axis 0) stays open to every group.
///
/// The axes that some door is open for are then turned among themselves to simple structure, which costs nothing: the
/// rest of the space is closed as it was, and fewer factors say more of a score and move fewer groups (record 16).
///
/// Nothing is trained on afterwards: that was tried, and is no better or worse (record 16).
extension InDGRM {
  /// Shares of doors that are tried where that is left to the data.
  private static let shares = (1...19).map { 1 - Double($0) / 20 }
  /// The share that is closed where nobody can tell what it costs.
  static let usualShare = 0.7
  /// Items beyond which neighbours of all are too dear to look for, so that groups stay as they were trained, and factors
  /// are turned by the most frequent ones.
  private static let mostItems = 50_000
  /// What of the validation metric closed doors may cost, two standard errors included.
  private static let cost = 0.005

  /// Closes as many doors as cost no more than half a per cent of the validation metric, two standard errors included, or
  /// as the settings say; the model is in its canonical basis.
  ///
  /// - Parameters:
  ///   - given: the share of doors to close; nil leaves it to validation users (`usualShare` without any).
  ///   - regroups: whether item groups are made anew, where they were not given and stand for nothing.
  /// - Returns: the share that is closed; where it is 0 there are no doors, and the term of groups stays.
  func closeDoors(_ data: TrainingData, share given: Double?, regroups: Bool) -> Double {
    guard options.mixesGroups, !options.usesParts, given ?? 1 > 0 else {
      return 0
    }
    let withoutDoors = (decoder, settings)
    let sample = represent(Self.sample(of: data))
    hangDoors(sample, regroups: regroups && itemCount <= Self.mostItems, seed: data.seed)
    settings = settings.setting("doors", true)
    let judge = given == nil ? data.validation : nil
    let open = judge.map { (users: $0, profile: ValidationProfile($0, self)) }
    let shares = judge == nil ? [given ?? Self.usualShare] : Self.shares
    let popularity = data.rows.columnCounts()
    guard close(shares, sample, popularity, open) != nil else {
      (decoder, settings) = withoutDoors
      options.usesDoors = false
      return 0
    }
    simplify(sample, popularity)
    // What is least of all shares cost nothing in the other axes either.
    return close(shares, represent(Self.sample(of: data)), popularity, open) ?? shares.last ?? 0
  }

  /// Closes the largest of some shares of doors, given from the largest on, that costs validation users no more than it
  /// may; the first without any.
  ///
  /// - Parameter open: validation users, and what the model is worth to them with all doors open.
  /// - Returns: the share; nil where even the least costs too much, and then that one is closed.
  private func close(
    _ shares: [Double], _ sample: UserRepresentations, _ popularity: [Int],
    _ open: (users: ValidationUsers, profile: ValidationProfile)?
  ) -> Double? {
    let energies = DoorEnergies(self, sample, popularity: popularity)
    return shares.first { share in
      energies.close(share, decoder)
      guard let open else { return true }
      return ValidationProfile(open.users, self).loses(atMost: Self.cost, of: open.profile)
    }
  }

  /// Turns the axes that some door is open for to simple structure: varimax of sqrt(n_j) h_jl sd_l, whose squares add
  /// up over the items of a group to what passes its doors.
  ///
  /// Where axes cannot be turned they stay.
  private func simplify(_ sample: UserRepresentations, _ popularity: [Int]) {
    guard let doors = decoder.doors else { return }
    let axes = (1..<max(latentCount, 1)).filter { doors.isAlive($0) }
    let spread = DoorEnergies.spread(self, sample)
    let vectors = decoder.unitItems
    // Rare items of large catalogues weigh next to nothing.
    let items = popularity.indices.sorted { (-popularity[$0], $0) < (-popularity[$1], $1) }
      .prefix(Self.mostItems)
    let loadings = Matrix<Double>(rows: items.count, columns: axes.count)
    for (row, item) in items.enumerated() {
      let (vector, weight) = (vectors.row(item), Double(popularity[item]).squareRoot())
      for (place, axis) in axes.enumerated() {
        loadings[row, place] = weight * Double(vector[axis]) * spread[axis].squareRoot()
      }
    }
    guard axes.count > 1, let turn = varimax(loadings) else { return }
    self.turn(CanonicalBasis(turning: axes, by: turn, users: directions(of: sample)))
  }

  /// Puts doors, all of them open, in the place of the term of groups, whose mean over users joins the items' biases.
  ///
  /// - Parameter regroups: whether groups are what they were not given as, and may be made anew.
  private func hangDoors(_ sample: UserRepresentations, regroups: Bool, seed: UInt64) {
    let shares = groupShares(sample)
    options.usesDoors = true
    decoder = Decoder(keeping: Array(0..<options.clusters), of: decoder, options: options)
    add(shares, to: decoder.itemBias.value)
    if regroups { decoder.regroup(seed: seed) }
    decoder.prepareItems(seed: 0, step: nil)
  }

  /// The mean over users of log sum_g c_jg exp(u_ig), 1 x M.
  private func groupShares(_ sample: UserRepresentations) -> Matrix<Float> {
    let sums = Matrix<Float>(rows: 1, columns: itemCount)
    let users = sample.points.rows
    for block in blocks(of: 0..<users) {
      let activity = decoder.groupActivity(
        sample.points.rowBlock(block), weights: sample.clusterWeights.rowBlock(block))
      exponentiate(activity)
      let mixture = Matrix<Float>(rows: block.count, columns: itemCount)
      multiply(activity, decoder.groups.membership, transposeB: true, into: mixture)
      let logs = Matrix<Float>(rows: block.count, columns: itemCount)
      addLog(of: mixture, plus: RankingFactors.leastShare, to: logs)
      let own = Matrix<Float>(rows: 1, columns: itemCount)
      columnSums(of: logs, into: own)
      add(own, to: sums)
    }
    scale(sums, by: 1 / Float(max(users, 1)))
    return sums
  }
}

extension Decoder<Float> {
  /// Places prototypes in the middle of items that go together by more than what all users share: of the groups of a
  /// normalised cut of the item vectors, the common axis left out.
  ///
  /// Trained prototypes only move whole groups up and down, which doors leave out of the score; groups of the cut are the
  /// same by other seeds and agree better with genres (record 17). Needs `prepareItems` and the canonical
  /// basis.
  fileprivate func regroup(seed: UInt64) {
    prepareItems(seed: 0, step: nil)
    let personal = Matrix<Float>(rows: unitItems.rows, columns: unitItems.columns)
    personal.copy(from: unitItems)
    for item in 0..<personal.rows { personal[item, 0] = 0 }
    guard let found = normalisedCut(personal, groups: groups.count, seed: seed) else { return }
    let directions = Matrix<Float>(rows: personal.rows, columns: personal.columns)
    normaliseRows(personal, into: directions, norms: Matrix(rows: 1, columns: personal.rows))
    groups.placePrototypes(amid: directions, of: found.map { [$0] })
  }
}

/// What passes the doors of a model.
private struct DoorEnergies {
  /// E_gl, G x d.
  private let energies: Matrix<Double>
  /// Groups and factors whose doors may be closed, by what passes them.
  private let order: [(group: Int, factor: Int)]

  /// - Parameter popularity: of each item.
  init(_ model: InDGRM, _ sample: UserRepresentations, popularity: [Int]) {
    let (groups, factors) = (model.options.groups, model.latentCount)
    let energies = Matrix<Double>(rows: groups, columns: factors)
    var sizes = [Double](repeating: 0, count: groups)
    let vectors = model.decoder.unitItems
    for (item, group) in (model.decoder.doors?.assignment ?? []).enumerated() {
      let (vector, count) = (vectors.row(item), Double(popularity[item]))
      sizes[group] += count
      for factor in 0..<factors {
        energies[group, factor] += count * Double(vector[factor] * vector[factor])
      }
    }
    let spread = Self.spread(model, sample)
    for group in 0..<groups {
      for factor in 0..<factors {
        energies[group, factor] *= spread[factor] / max(sizes[group], 1e-300)
      }
    }
    self.energies = energies
    order = (0..<groups).flatMap { group in
      (1..<max(factors, 1)).map { (group: group, factor: $0) }
    }.map { (pair: $0, size: sizes[$0.group] * energies[$0.group, $0.factor]) }
      .sorted {
        ($0.size, $0.pair.factor, $0.pair.group) < ($1.size, $1.pair.factor, $1.pair.group)
      }
      .map(\.pair)
  }

  /// Closes the doors that least passes, so large a share of all, and leaves at the others how much a factor moves the
  /// items of a group: a sqrt(E_gl).
  func close(_ share: Double, _ decoder: Decoder<Float>) {
    guard let strengths = decoder.doors?.strengths.value else { return }
    for index in 0..<strengths.count {
      let moved = Float(energies.pointer[index].squareRoot()) * decoder.scaleFactor
      strengths.pointer[index] = max(moved, .leastNormalMagnitude)
    }
    for (group, factor) in order.prefix(Int(share * Double(strengths.count))) {
      strengths[group, factor] = 0
    }
    decoder.prepareItems(seed: 0, step: nil)
  }

  /// The variance of users' directions along each axis.
  static func spread(_ model: InDGRM, _ sample: UserRepresentations) -> [Double] {
    let (users, factors) = (sample.points.rows, model.latentCount)
    var (sums, squares) = (
      [Double](repeating: 0, count: factors), [Double](repeating: 0, count: factors)
    )
    for block in model.blocks(of: 0..<users) {
      let directions = model.decoder.directions(sample.points.rowBlock(block))
      for row in 0..<block.count {
        for (factor, value) in directions.row(row).enumerated() {
          sums[factor] += Double(value)
          squares[factor] += Double(value * value)
        }
      }
    }
    let count = Double(max(users, 1))
    return zip(sums, squares).map { max($1 / count - ($0 / count) * ($0 / count), 0) }
  }
}
