// Why does InDGRM recommend an item?

import DenseMath
import Fitting
import Glibc
import Interchange
import Ranks
import Recommending
import Training

/// A fitted InDGRM.
///
/// Its score is the unnormalised log probability
/// s_ij = a cos(h_j, z_i) + beta_j + log sum_g c_jg exp(u_ig), u_ig = o_i^(g) . z_i + b_g,
/// which an explanation takes apart exactly. With w_g the weight of group g in the sum
/// (w_g ~ c_jg exp(u_ig), sum 1), log sum_g c_jg exp(u_ig) = sum_g w_g u_ig - sum_g w_g log(w_g / c_jg):
/// - factor l: a z^_l h^_jl + sum_g w_g o_il^(g) z_il
/// - group g: w_g b_g
/// - group mixture: - sum_g w_g log(w_g / c_jg)
/// - base rate: the mean of beta_j over all items; item bias: beta_j less that
///
/// or, by groups: base rate, item bias, group mixture and w_g (a cos(h_j, z_i) + u_ig) for each group. A
/// neighbourhood expert adds w B_lj, and what its factorisation makes of l, for each of the user's own items l to either,
/// and its bias to the item's.
///
/// With doors the term of groups is gone: s_ij = a v_j . z_i / |z_i| + beta_j, v_jl = 0 where o_gl = 0, g the item's group.
///
/// With group parts a cos(h_j, y_i^(g)) stands inside the sum, beside u_ig: w_g is the weight of c_jg exp of both,
/// and factor l has sum_g w_g (a y^_il^(g) h^_jl + o_il^(g) z_il).
final class InDGRM: RecommendationModel {
  var users: UserEncoder
  var decoder: Decoder<Float>
  var clusters: UserClusters<Float>
  var affinity: ClusterAffinity<Float>?
  var shape: NetworkShape
  let itemCount: Int
  /// The parts that its encoder's first layer is cut into, and that items are ranked by.
  let ranks: VirtualRanks
  /// Further fits by other seeds, without an expert; scores and explanations are means over them and this one.
  private(set) var others: [InDGRM] = []
  var expert: NeighbourhoodExpert?
  /// The expert as it was chosen, where only a share of it is kept.
  var wholeExpert: NeighbourhoodExpert?
  var settings: JSONValue

  /// The part of a trained network that is kept: clusters that have users, and of each the dimensions
  /// that its ARD variances leave on. The encoder's trunk is the network's own; where items are cut each process keeps its
  /// parts of the first layer, and gets all of the decoder.
  ///
  /// - Parameter settings: what the network was trained with; sizes are added.
  init(_ network: InDGRMNetwork<Float>, settings: JSONValue) {
    let (kept, keeps) = network.kept()
    var shape = network.shape
    shape.clusters = kept.count
    (itemCount, ranks) = (network.itemCount, network.decoders.ranks)
    self.shape = shape
    network.encoder.trunk.input.addsInOrder = true
    users = UserEncoder(
      network.encoder, shape: network.shape, clusters: kept, keeps: keeps)
    decoder = Decoder(keeping: kept, of: network.decoders.joined(), shape: shape)
    clusters = UserClusters(keeping: kept, of: network.clusters)
    affinity = network.affinity.map { ClusterAffinity(keeping: kept, of: $0) }
    let dimensions = users.keptDimensions.map { kept in JSONValue.integer(kept.count { $0 }) }
    self.settings = settings.setting("clusters", .integer(kept.count))
      .setting("dimensions", .array(dimensions))
      .setting("latent", .integer(shape.latent))
      .setting("group-parts", .string(shape.usesParts ? "on" : "off"))
      .setting("groups", .integer(shape.groups)).setting("depth", .integer(shape.depth))
    decoder.prepareItems(seed: 0, step: nil)
  }

  /// Brings a model back.
  ///
  /// Throws `ModelError` when its parts do not fit together.
  init(_ stored: StoredModel, _ shape: NetworkShape, settings: JSONValue) throws {
    (itemCount, ranks) = (stored.items.ids.count, .one)
    self.shape = shape
    self.settings = settings
    users = try UserEncoder(stored, shape)
    decoder = Decoder(items: itemCount, shape: shape, seed: 0, starts: false)
    clusters = UserClusters(count: shape.clusters, latent: shape.latent, users: 1)
    let hasAffinity = shape.usesGroupAttention && stored.tensors["cluster-centres"] != nil
    affinity = hasAffinity ? ClusterAffinity(clusters: shape.clusters, latent: shape.latent) : nil
    try stored.fill(decoder.parameters + clusters.parameters + (affinity?.parameters ?? []))
    decoder.prepareItems(seed: 0, step: nil)
    expert = try NeighbourhoodExpert(stored)
  }

  /// Takes further members in.
  func join(_ members: [InDGRM]) {
    others = members
    settings = settings.setting("members", .integer(1 + members.count))
    guard !members.isEmpty else { return }
    settings = settings.setting(
      "member-clusters", .array(members.map { .integer($0.shape.clusters) }))
  }

  /// Fits the neighbourhood expert, when the settings ask for it, and notes its weight.
  ///
  /// Throws `ModelError`.
  func addExpert(_ data: TrainingData, _ chosen: ModelSettings) throws {
    expert = try NeighbourhoodExpert(data, chosen, beside: self)
    if let expert { settings = expert.noted(in: settings) }
  }

  func tensors() -> [Tensor] {
    let parameters =
      users.parameters + decoder.parameters + clusters.parameters + (affinity?.parameters ?? [])
    return parameters.filter { PartName.split($0.name) == nil }.map { $0.value.tensor($0.name) }
      + [
        Tensor(
          "cluster-dimensions", shape: [users.dimensions.count], integers: users.dimensions)
      ]
      + (expert?.tensors ?? [])
      + others.enumerated().flatMap { place, member in
        member.tensors().map { $0.named(Self.prefix(ofMember: place + 1) + $0.name) }
      }
  }

  func streamedTensors() -> [StreamedTensor] {
    users.trunk.input.streamed
      + others.enumerated().flatMap { place, member in
        member.streamedTensors().map { $0.named(Self.prefix(ofMember: place + 1) + $0.name) }
      }
  }

  /// What the names of a further member's tensors begin with.
  static func prefix(ofMember member: Int) -> String { "member\(member + 1)." }

  /// Represents at most a batch of users; the result is gone with the next call.
  func represent(batch: SparseRows) -> UserRepresentations {
    let near = affinity.map { $0.forward($0.directions(batch, items: decoder.unitItems)) }
    var seen = users.represent(batch, affinity: near, items: decoder.unitItems)
    if let places = decoder.encodeParts(batch, entries: batch) {
      seen.groupPlaces = Matrix(
        rows: batch.rowCount, columns: shape.groups * shape.latent, memory: places.pointer,
        owner: places)
    }
    return seen
  }

  /// y of some represented users, as the decoder takes them: a row for each group of each.
  func places(_ users: UserRepresentations, _ rows: Range<Int>) -> Matrix<Float>? {
    users.groupPlaces.map { byGroup($0.rowBlock(rows)) }
  }

  /// The same elements with a row for each group of each user, (B G) x d for B x (G d).
  func byGroup(_ places: Matrix<Float>) -> Matrix<Float> {
    Matrix(
      rows: places.rows * shape.groups, columns: shape.latent, memory: places.pointer,
      owner: places)
  }

  /// Ranges of at most as many rows as `represent(batch:)` takes.
  func blocks(of rows: Range<Int>) -> [Range<Int>] {
    let size = max(users.batchSize, 1)
    return stride(from: rows.lowerBound, to: rows.upperBound, by: size).map {
      $0..<min($0 + size, rows.upperBound)
    }
  }

  var itemGroups: (assignment: [UInt32], prototypes: Matrix<Float>)? {
    guard shape.usesGroups else { return nil }
    return (decoder.groups.assignment.map { UInt32($0) }, decoder.groups.prototypes.value)
  }

  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    average(into: scores) { $0.scoreAlone(foldIn, rows: rows, into: $1) }
    expert?.add(foldIn, rows: rows, to: scores)
  }

  /// The mean of what all members fill.
  private func average(into scores: Matrix<Float>, _ fill: (InDGRM, Matrix<Float>) -> Void) {
    fill(self, scores)
    guard !others.isEmpty else { return }
    let own = Matrix<Float>(rows: scores.rows, columns: scores.columns)
    for member in others {
      fill(member, own)
      addScaled(own, by: 1, to: scores)
    }
    scale(scores, by: 1 / Float(1 + others.count))
  }

  private func scoreAlone(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>) {
    for block in blocks(of: rows) {
      let seen = represent(batch: foldIn.rows(at: Array(block)))
      let first = block.lowerBound - rows.lowerBound
      let target = scores.rowBlock(first..<first + block.count)
      decoder.forward(
        seen.points, weights: seen.clusterWeights, places: places(seen, 0..<block.count),
        into: target)
    }
  }

  func score(_ foldIn: SparseRows, items: [UInt32], into scores: Matrix<Float>) {
    scoreWithoutLinear(foldIn, items: [(0..<foldIn.rowCount, items)], into: scores)
    guard let expert else { return }
    for row in 0..<foldIn.rowCount {
      for (place, item) in items.enumerated() {
        let parts = expert.linearContributions(Array(foldIn.row(row)), to: item)
        scores[row, place] += Float(parts.reduce(0) { $0 + $1.value }) + expert.bias[0, Int(item)]
      }
    }
  }

  /// All but what the linear expert and the bias beside it add.
  private func scoreWithoutLinear(
    _ foldIn: SparseRows, items: [ScoredRows], into scores: Matrix<Float>
  ) {
    average(into: scores) { $0.scoreAlone(foldIn, items: items, into: $1) }
    expert?.addFactors(foldIn, items: items, to: scores)
  }

  private func scoreAlone(_ foldIn: SparseRows, items: [ScoredRows], into scores: Matrix<Float>) {
    let parts = items.map { (rows: $0.rows, count: $0.items.count, part: decoder.part($0.items)) }
    for block in blocks(of: 0..<foldIn.rowCount) {
      let seen = represent(batch: foldIn.rows(at: Array(block)))
      for (rows, count, part) in parts where rows.overlaps(block) {
        let own = rows.clamped(to: block)
        let local = own.lowerBound - block.lowerBound..<own.upperBound - block.lowerBound
        let target =
          count == scores.columns
          ? scores.rowBlock(own) : Matrix<Float>(rows: own.count, columns: count)
        decoder.forward(
          seen.points.rowBlock(local), weights: seen.clusterWeights.rowBlock(local),
          places: places(seen, local), part: part, into: target)
        guard count < scores.columns else { continue }
        for row in own { _ = scores.row(row).update(from: target.row(row - own.lowerBound)) }
      }
    }
  }

  func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation] {
    explain([(foldIn, items)], known: [])[0]
  }

  func explain(
    _ users: [(history: [UInt32], items: [UInt32])], known: [KnownFalls]
  ) -> [[Explanation]] {
    let rows = SparseRows(lists: users.map(\.history), columnCount: itemCount)
    var views = users.map { _ in [UserView]() }
    for member in [self] + others {
      for block in member.blocks(of: 0..<users.count) {
        let seen = member.represent(batch: rows.rows(at: Array(block)))
        for user in block {
          views[user].append(
            UserView(member.decoder, member.shape, seen, row: user - block.lowerBound))
        }
      }
    }
    let without = leaveOneOutDifferences(users, known: known, itemCount: itemCount) {
      scoreWithoutLinear($0, items: $1, into: $2)
    }
    return users.indices.map {
      explain(
        users[$0].history, items: users[$0].items, views[$0], without: without[$0],
        known: known.isEmpty ? [:] : known[$0])
    }
  }

  /// - Parameters:
  ///   - views: what each member makes of the user.
  ///   - without: what the scores lose without each of their items, but for what the linear expert adds.
  ///   - known: those of which that has what the expert adds too.
  private func explain(
    _ foldIn: [UInt32], items: [UInt32], _ views: [UserView],
    without: [(score: Double, falls: [Explanation.Weighted])], known: KnownFalls
  ) -> [Explanation] {
    let own = expert?.contributions(foldIn, to: items)
    let baseRate = self.baseRate
    return items.enumerated().map { place, item in
      var explanation = Explanation(mean: views.map { $0.explain(item) }, factors: latentCount)
      // What is added to beta_j to make it popularity beyond the base rate.
      var shift = -baseRate
      if let expert {
        let parts = own?[place] ?? []
        let bias = Double(expert.bias[0, Int(item)])
        shift += bias
        explanation.contributions += parts
        explanation.score += parts.reduce(bias) { $0 + $1.value }
      }
      explanation.contributions = explanation.contributions.map {
        $0.source == .itemBias ? .init(source: .itemBias, value: $0.value + shift) : $0
      }
      explanation.contributions.insert(.init(source: .baseRate, value: baseRate), at: 0)
      explanation.nearest = nearest(to: item, among: foldIn)
      explanation.leaveOneOut = without[place].falls
      if let linear = expert?.linearContributions(foldIn, to: item), !linear.isEmpty {
        // What the linear expert loses without an item is what that item contributes.
        let falls = Dictionary(uniqueKeysWithValues: linear.map { ($0.source, $0.value) })
        explanation.leaveOneOut = explanation.leaveOneOut.map {
          let own = UInt32($0.index)
          let added = known[own] == nil ? falls[.item(own)] ?? 0 : 0
          return .init(index: $0.index, weight: $0.weight + added)
        }.sorted { ($0.weight, -$0.index) > ($1.weight, -$1.index) }
      }
      return explanation
    }
  }

  /// The mean of all items' biases.
  private var baseRate: Double {
    let rates = ([self] + others).map(\.decoder.itemBias.value.mean)
    return rates.reduce(0, +) / Double(rates.count) + (expert?.bias.mean ?? 0)
  }

  func bases(_ foldIn: [UInt32], items: [UInt32]) -> [ReasonBasis] {
    let own = expert?.contributions(foldIn, to: items)
    let (members, baseRate) = ([self] + others, self.baseRate)
    return items.enumerated().map { place, item in
      let biases = members.map { Double($0.decoder.itemBias.value[0, Int(item)]) }
      let bias = biases.reduce(0, +) / Double(biases.count)
      return ReasonBasis(
        item: item, popularity: bias + Double(expert?.bias[0, Int(item)] ?? 0) - baseRate,
        parts: own?[place] ?? [])
    }
  }

  /// The user's items by the cosine of their vectors, as they are scored, to the item's.
  private func nearest(to item: UInt32, among foldIn: [UInt32]) -> [Explanation.Weighted] {
    let vectors = decoder.scoredItems
    let target = vectors.row(Int(item))
    let length = target.reduce(0.0) { $0 + Double($1 * $1) }
    return foldIn.map { own in
      let vector = vectors.row(Int(own))
      var (product, square) = (0.0, 0.0)
      for index in target.indices {
        product += Double(target[index] * vector[index])
        square += Double(vector[index] * vector[index])
      }
      let lengths = (length * square).squareRoot()
      return Explanation.Weighted(index: Int(own), weight: lengths > 0 ? product / lengths : 0)
    }.sorted { ($0.weight, -$0.index) > ($1.weight, -$1.index) }
  }
}

extension Explanation {
  /// The mean of what several members say of one item: of parts with the same source and of groups with the same
  /// number. Factors are each member's own, numbered on from those of the one before; clusters are the first's.
  fileprivate init(mean members: [Explanation], factors: Int) {
    self = members[0]
    guard members.count > 1 else { return }
    let share = 1 / Double(members.count)
    score = members.reduce(0) { $0 + $1.score } * share
    var sources: [Source] = []
    var sums: [Source: Double] = [:]
    for (number, member) in members.enumerated() {
      for part in member.contributions {
        var source = part.source
        if case .factor(let index) = source { source = .factor(number * factors + index) }
        if sums[source] == nil { sources.append(source) }
        sums[source, default: 0] += part.value * share
      }
    }
    contributions = sources.map { Contribution(source: $0, value: sums[$0] ?? 0) }
    let shares = Dictionary(grouping: members.flatMap(\.groups), by: \.index)
    groups = shares.map { index, all in
      GroupShare(
        index: index, weight: all.reduce(0) { $0 + $1.weight } * share,
        contribution: all.reduce(0) { $0 + $1.contribution } * share)
    }.sorted { ($0.weight, -$0.index) > ($1.weight, -$1.index) }
  }
}

extension Matrix {
  /// The mean of all values.
  fileprivate var mean: Double { buffer.reduce(0) { $0 + Double($1) } / Double(max(count, 1)) }
}
