// Which doors between factors and item groups does a fitted InDGRM close?

import DenseMath
import Fitting
import Glibc
import Interchange
import Ranks
import Recommending
import Training

/// Factors are first turned among themselves to simple structure, so that each moves few groups. Then doors are closed by
/// how little passes them. The energy between a factor and a group is
/// E_gl = (sum_{j in g} n_j h_jl^2 / sum_{j in g} n_j) Var_i(z_il / |z_i|), n_j the interactions of item j, and w_g the
/// group's share of all interactions: along axes which users do not correlate along, w_g E_gl is what closing the door
/// takes out of all scores' second moments. What all users share (axis 0) stays open to every group. What is left of the
/// item vectors is fitted again (`PassingItems`), which costs less than cutting does in any basis (record 16).
///
/// Nothing is trained on afterwards: that was tried, and is no better or worse (record 16).
extension InDGRM {
  /// Shares of doors that are tried where that is left to the data.
  private static let shares = [0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.4, 0.3, 0.2, 0.1]
  /// The share that is closed where nobody can tell what it costs.
  static let usualShare = 0.7
  /// Factors that may speak of an item, on the average, which are tried where that is left to the data.
  private static let factorsOfItems = [30, 40, 50, 60, 80]
  /// Items beyond which neighbours of all are too dear to look for, so that groups stay as they were trained, factors are
  /// turned by the most frequent ones and speak of all items of a group alike.
  static let mostItems = 50_000
  /// Factors that are turned: those that users differ most along, beside what all users share.
  private static let mostFactors = 139
  /// Users, and items that each would be recommended first, by whose scores factors are turned beside the items, and what
  /// they count.
  static let (turningUsers, turningItems, pairWeight) = (250, 10, 0.5)
  /// What of the validation metric closed doors may cost, a standard error included.
  private static let cost = 0.005

  /// Closes as many doors as cost no more than half a per cent of the validation metric, a standard error included, or as
  /// the settings say, and leaves to each item as few factors as cost no more together; the model is in its canonical
  /// basis.
  ///
  /// - Parameters:
  ///   - share: of doors to close; nil leaves it to validation users (`usualShare` without any).
  ///   - itemFactors: that may speak of an item, on the average; nil leaves it to them (all without any).
  ///   - regroups: whether item groups are made anew, where they were not given and stand for nothing.
  /// - Returns: the share that is closed and the factors left to an item, `latentCount` for all that are open; where the
  ///   share is 0 there are no doors, and the term of groups stays. With bases of the groups each factor is one group's own.
  func closeDoors(
    _ data: TrainingData, share: Double?, itemFactors: Int?, regroups: Bool
  ) -> (share: Double, itemFactors: Int) {
    if shape.hasPlaceBases { return (1 - 1 / Double(shape.groups), shape.latent) }
    guard shape.mixesGroups, !shape.usesParts, share ?? 1 > 0 else { return (0, latentCount) }
    // Where nobody can find that no door may be closed there is no way back.
    let withoutDoors =
      share == nil && data.validation != nil ? (users, decoder, settings) : nil
    let histories = Self.sample(of: data)
    hangDoors(
      represent(histories), regroups: regroups && itemCount <= Self.mostItems, seed: data.seed)
    settings = settings.setting("doors", "fitted")
    let popularity = data.rows.columnCounts()
    let lists = firstItems(histories)
    simplify(represent(histories), lists, popularity)
    var doors = ClosingDoors(self, represent(histories), lists, popularity: popularity)
    let isAsked = share == nil || itemFactors == nil
    let judges = isAsked ? data.validation.map { ($0, open: ValidationProfile($0, self)) } : nil
    /// Whether validation users lose no more than they may.
    func bear(_ share: Double, _ itemFactors: Int? = nil) -> Bool {
      guard let judges else { return false }
      doors.close(share, self, itemFactors: itemFactors)
      return ValidationProfile(judges.0, self).loses(atMost: Self.cost, of: judges.open, errors: 1)
    }
    let isUnjudged = judges == nil
    guard
      let closed = share ?? (isUnjudged ? Self.usualShare : Self.shares.first { bear($0) })
    else {
      if let withoutDoors { (users, decoder, settings) = withoutDoors }
      (shape.usesDoors, shape.fitsItems) = (false, false)
      decoder.prepareItems(seed: 0, step: nil)
      return (0, latentCount)
    }
    let tried = itemCount <= Self.mostItems ? Self.factorsOfItems : []
    let left = itemFactors ?? tried.first { bear(closed, $0) } ?? latentCount
    doors.close(closed, self, itemFactors: left)
    return (closed, left)
  }

  /// What sampled users would be recommended first, from the top on.
  private func firstItems(_ histories: SparseRows) -> [[Ranked<Float>]] {
    blocks(of: 0..<histories.rowCount).flatMap {
      firstItems(histories, rows: $0, count: PassingItems.reach)
    }
  }

  /// Turns the axes along which users differ most to simple structure: varimax of sqrt(n_j) h_jl, whose squares add up over
  /// the items of a group to what its factors have to say, and of the parts z_il h_jl of what users would be recommended
  /// first.
  ///
  /// Where axes cannot be turned they stay.
  private func simplify(
    _ sample: UserRepresentations, _ lists: [[Ranked<Float>]], _ popularity: [Int]
  ) {
    let axes = Array(1..<min(max(latentCount, 1), Self.mostFactors + 1))
    guard axes.count > 1 else { return }
    let (vectors, users) = (decoder.unitItems, directions(of: sample))
    func part(
      _ rows: Matrix<Float>, _ row: Int, into target: Matrix<Double>, _ place: Int,
      by weight: Double = 1
    ) {
      for axis in axes { target[place, axis - 1] = weight * Double(rows[row, axis]) }
    }
    // Rare items of large catalogues weigh next to nothing.
    let items = popularity.indices.sorted { (-popularity[$0], $0) < (-popularity[$1], $1) }
      .prefix(Self.mostItems)
    let loadings = Matrix<Double>(rows: items.count, columns: axes.count)
    for (place, item) in items.enumerated() {
      part(vectors, item, into: loadings, place, by: Double(popularity[item]).squareRoot())
    }
    let turned = stride(from: 0, to: lists.count, by: max(lists.count / Self.turningUsers, 1))
      .flatMap { user in lists[user].prefix(Self.turningItems).map { (user, Int($0.index)) } }
    let (left, right) = (
      Matrix<Double>(rows: turned.count, columns: axes.count),
      Matrix<Double>(rows: turned.count, columns: axes.count)
    )
    for (place, (user, item)) in turned.enumerated() {
      part(users, user, into: left, place)
      part(vectors, item, into: right, place)
    }
    let pairs = ProductPairs(left: left, right: right)
    guard let turn = varimax(loadings, pairs: pairs, weight: Self.pairWeight) else { return }
    self.turn(CanonicalBasis(turning: axes, by: turn, users: users))
  }

  /// Puts doors, all of them open, in the place of the term of groups, whose mean over users joins the items' biases.
  ///
  /// - Parameter regroups: whether groups are what they were not given as, and may be made anew.
  private func hangDoors(_ sample: UserRepresentations, regroups: Bool, seed: UInt64) {
    let shares = groupShares(sample)
    (shape.usesDoors, shape.fitsItems) = (true, true)
    let before = decoder
    decoder = Decoder(keeping: Array(0..<shape.clusters), of: before, shape: shape)
    before.forgetItems()
    add(shares, to: decoder.itemBias.value)
    if regroups { decoder.regroup(seed: seed) }
    decoder.prepareItems(seed: 0, step: nil)
    decoder.doors?.passing?.value.copy(from: decoder.unitItems)
  }

  /// The mean over users of log sum_g c_jg exp(u_ig), 1 x M.
  private func groupShares(_ sample: UserRepresentations) -> Matrix<Float> {
    let sums = Matrix<Float>(rows: 1, columns: itemCount)
    let users = sample.points.rows
    for block in blocks(of: 0..<users) {
      let activity = decoder.groupActivity(
        sample.points.rowBlock(block), weights: sample.clusterWeights.rowBlock(block))
      exponentiate(activity)
      for items in ranks.itemParts(of: itemCount).map(\.items) {
        let mixture = Matrix<Float>(rows: block.count, columns: items.count)
        multiply(
          activity, decoder.groups.membership.rowBlock(items), transposeB: true, into: mixture)
        let logs = Matrix<Float>(rows: block.count, columns: items.count)
        addLog(of: mixture, plus: RankingFactors.leastShare, to: logs)
        let own = Matrix<Float>(rows: 1, columns: items.count)
        columnSums(of: logs, into: own)
        add(own, to: sums.elements(items))
      }
    }
    ranks.group.gather(sums.buffer, ranks.bounds(of: itemCount))
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

/// Closes doors of a model whose basis is settled and whose doors are open.
private struct ClosingDoors {
  /// The model's users, with all factors.
  private let users: UserEncoder
  /// What passes the doors when they are open.
  private let energies: DoorEnergies
  /// Groups and factors whose doors may be closed, by what passes them.
  private let order: [(group: Int, factor: Int)]
  private let popularity: [Int]
  private let passing: PassingItems
  /// The doors that were closed last, the factors that may then speak, and what passes, where factors of single items were
  /// left out of it since.
  private var last: (share: Double, isAlive: [Bool], vectors: Matrix<Float>?)?

  /// - Parameters:
  ///   - lists: what the sampled users would be recommended first.
  ///   - popularity: of each item.
  init(
    _ model: InDGRM, _ sample: UserRepresentations, _ lists: [[Ranked<Float>]], popularity: [Int]
  ) {
    let directions = Matrix<Float>(rows: sample.points.rows, columns: model.latentCount)
    for block in model.blocks(of: 0..<directions.rows) {
      directions.rowBlock(block).copy(
        from: model.decoder.directions(sample.points.rowBlock(block)))
    }
    users = model.users
    passing = PassingItems(
      users: directions, lists: lists, items: model.decoder.unitItems,
      usesCosine: model.shape.usesCosine, ranks: model.ranks)
    let energies = DoorEnergies(model, DoorEnergies.spread(of: directions), popularity)
    order = (0..<model.shape.groups).flatMap { group in
      (1..<max(model.latentCount, 1)).map { (group: group, factor: $0) }
    }.map { (pair: $0, size: energies.sizes[$0.group] * energies.values[$0.group, $0.factor]) }
      .sorted {
        ($0.size, $0.pair.factor, $0.pair.group) < ($1.size, $1.pair.factor, $1.pair.group)
      }
      .map(\.pair)
    (self.energies, self.popularity) = (energies, popularity)
  }

  /// Closes the doors that least passes, so large a share of all, fits the items to those that stay open, takes the
  /// factors that none is left open for from the users, and leaves at the others how much a factor moves the items of a
  /// group: a sqrt(E_gl).
  ///
  /// - Parameter itemFactors: that may speak of an item, on the average, those of all items that move it least left out;
  ///   nil for as many as are open.
  mutating func close(_ share: Double, _ model: InDGRM, itemFactors: Int?) {
    guard let doors = model.decoder.doors, let vectors = doors.passing?.value else { return }
    let strengths = doors.strengths.value
    strengths.fill(1)
    for (group, factor) in order.prefix(Int(share * Double(strengths.count))) {
      strengths[group, factor] = 0
    }
    let groups = model.decoder.groups.assignment
    if last?.share != share {
      last = (share, passing.fit(into: vectors) { strengths[groups[$0], $1] > 0 }, nil)
    } else if let fitted = last?.vectors {
      vectors.copy(from: fitted)
    }
    guard var isAlive = last?.isAlive else { return }
    if let itemFactors, itemFactors < vectors.columns {
      if last?.vectors == nil {
        let fitted = Matrix<Float>(rows: vectors.rows, columns: vectors.columns)
        fitted.copy(from: vectors)
        last?.vectors = fitted
      }
      isAlive = silence(vectors, keeping: itemFactors)
    }
    let now = DoorEnergies(vectors, groups, energies.spread, popularity, count: strengths.rows)
    for index in 0..<strengths.count where strengths.pointer[index] > 0 {
      let moved = Float(now.values.pointer[index].squareRoot()) * model.decoder.scaleFactor
      // Of a group with items a door is open where something passes.
      let isEmpty = now.sizes[index / strengths.columns] == 0
      strengths.pointer[index] = isEmpty ? max(moved, .leastNormalMagnitude) : moved
    }
    model.users = users.keeping(model.shape) { isAlive[$1] }
    model.decoder.prepareItems(seed: 0, step: nil)
  }

  /// Leaves the factors out that move an item least, v_jl^2 Var_i, and fits the items to the others.
  ///
  /// - Parameter count: fewer than there are.
  private func silence(_ vectors: Matrix<Float>, keeping count: Int) -> [Bool] {
    let moved = Matrix<Float>(rows: vectors.rows, columns: vectors.columns)
    for item in 0..<moved.rows {
      let (values, own) = (vectors.row(item), moved.row(item))
      for factor in 1..<max(own.count, 1) {
        own[factor] = values[factor] * values[factor] * Float(energies.spread[factor])
      }
      // What all users share is left to every item.
      own[0] = .infinity
    }
    let least = moved.buffer.sorted(by: >)[count * vectors.rows]
    return passing.fit(into: vectors) { moved[$0, $1] > least }
  }
}

/// What passes between the factors and the groups of a model.
private struct DoorEnergies {
  /// E_gl, G x d.
  let values: Matrix<Double>
  /// Interactions of the items of each group.
  let sizes: [Double]
  /// Var_i(z_il / |z_i|).
  let spread: [Double]

  init(_ model: InDGRM, _ spread: [Double], _ popularity: [Int]) {
    self.init(
      model.decoder.unitItems, model.decoder.groups.assignment, spread, popularity,
      count: model.shape.groups)
  }

  init(
    _ vectors: Matrix<Float>, _ groups: [Int], _ spread: [Double], _ popularity: [Int], count: Int
  ) {
    let energies = Matrix<Double>(rows: count, columns: vectors.columns)
    var sizes = [Double](repeating: 0, count: count)
    for (item, group) in groups.enumerated() {
      let (vector, count) = (vectors.row(item), Double(popularity[item]))
      sizes[group] += count
      for factor in vector.indices {
        energies[group, factor] += count * Double(vector[factor] * vector[factor])
      }
    }
    for group in 0..<count {
      for factor in spread.indices {
        energies[group, factor] *= spread[factor] / max(sizes[group], 1e-300)
      }
    }
    (values, self.sizes, self.spread) = (energies, sizes, spread)
  }

  /// The variance of users' directions along each axis.
  static func spread(of directions: Matrix<Float>) -> [Double] {
    var (sums, squares) = (
      [Double](repeating: 0, count: directions.columns),
      [Double](repeating: 0, count: directions.columns)
    )
    for row in 0..<directions.rows {
      for (factor, value) in directions.row(row).enumerated() {
        sums[factor] += Double(value)
        squares[factor] += Double(value * value)
      }
    }
    let count = Double(max(directions.rows, 1))
    return zip(sums, squares).map { max($1 / count - ($0 / count) * ($0 / count), 0) }
  }
}
