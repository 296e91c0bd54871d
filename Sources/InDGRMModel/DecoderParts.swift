// How do the parts of a decoder whose items are cut become one?

import DenseMath
import Fitting
import Ranks
import Recommending
import Training

/// The decoders of this process's virtual parts of the items, which have in common what is no item's; one of all items
/// where they are not cut.
///
/// Of B users a part makes the scores of its items, B x m, and leaves the gradients of its item vectors and biases. Losses,
/// the gradients of z (B x d) and of the clusters' weights (B x K), and those of what parts have in common are added up by
/// the tree of the virtual ranks, in two sums.
final class DecoderParts<T: Real> {
  let parts: [Decoder<T>]
  private let itemCount: Int
  private let shape: NetworkShape
  private let cost: ReconstructionCost
  let ranks: VirtualRanks
  private let logits: [Workspace<T>]
  /// The ranking loss of the last backward pass.
  private(set) var rankingLoss = 0.0

  init(
    items: Int, shape: NetworkShape, objective: InDGRMObjective, seed: UInt64,
    cut ranks: VirtualRanks
  ) {
    (itemCount, self.shape, self.ranks) = (items, shape, ranks)
    cost = objective.cost
    var parts: [Decoder<T>] = []
    for part in ranks.itemParts(of: items) {
      parts.append(
        Decoder(
          of: part, sharing: parts.first, shape: shape, draws: objective.groupDraws, seed: seed))
    }
    self.parts = parts
    logits = parts.map { _ in Workspace() }
  }

  var isCut: Bool { ranks.count > 1 }

  var parameters: [Parameter<T>] {
    guard isCut else { return parts[0].parameters }
    return parts.flatMap { [$0.items, $0.itemBias] } + parts[0].shared
  }

  /// As `Decoder.prepareItems`.
  func prepareItems(seed: UInt64, step: UInt64?, candidates: Candidates<T>? = nil) {
    for part in parts { part.prepareItems(seed: seed, step: step, candidates: candidates) }
  }

  /// The sum of the vectors h_j of each user's items, B x d.
  ///
  /// - Parameters:
  ///   - entries: the users' items among those that are scored.
  ///   - scales: what each of them counts; nil for 1.
  func sums(_ entries: SparseRows, scales: [T]?) -> Matrix<T> {
    ranks.times(entries, scales: scales, parts.map { ($0.columns, $0.unitItems) })
  }

  /// The scores of each part's items, B x m, for users z (B x d) with cluster weights (B x K) and places for every group.
  func forward(_ z: Matrix<T>, weights: Matrix<T>, places: Matrix<T>?) -> [Matrix<T>] {
    zip(parts, logits).map { part, memory in
      let logits = memory.matrix(rows: z.rows, columns: part.unitItems.rows)
      part.forward(z, weights: weights, places: places, into: logits)
      return logits
    }
  }

  /// The loss of each user; scores become its gradients.
  ///
  /// - Parameters:
  ///   - targets: the users' items among all that are scored.
  ///   - scales: the weight of each user's gradient.
  func losses(_ logits: [Matrix<T>], targets: SparseRows, scales: [T]) -> [T] {
    guard isCut else { return cost.apply(logits[0], targets: targets, scales: scales) }
    return ranks.losses(
      cost, logits, targets: targets, columns: parts.map(\.columns), scales: scales)
  }

  /// As `Decoder.backward`, for the gradients of each part's scores.
  func backward(
    _ z: Matrix<T>, weights: Matrix<T>, places: Matrix<T>?, _ gradients: [Matrix<T>],
    usersOnly: Bool
  ) -> (users: Matrix<T>, weights: Matrix<T>) {
    guard isCut else {
      defer { rankingLoss = parts[0].groups.rankingLoss }
      return parts[0].backward(
        z, weights: weights, places: places, gradients[0], usersOnly: usersOnly)
    }
    let shared = usersOnly ? [] : parts[0].shared.map(\.gradient)
    let ranking = Matrix<T>(rows: 1, columns: 1)
    let sum = ranks.sum { rank in
      let place = rank - ranks.own.lowerBound
      let (dz, dWeights) = parts[place].backward(
        z, weights: weights, places: places, gradients[place], usersOnly: usersOnly)
      ranking.fill(T(parts[place].groups.rankingLoss))
      return Matrix<T>(joining: [dz, dWeights] + shared + [ranking])
    }
    let (dz, dWeights) = (
      Matrix<T>(rows: z.rows, columns: z.columns),
      Matrix<T>(rows: weights.rows, columns: weights.columns)
    )
    sum.take(apart: [dz, dWeights] + shared + [ranking])
    rankingLoss = Double(ranking[0, 0])
    return (dz, dWeights)
  }

  /// The best items of validation users, for the same.
  func best(
    _ z: Matrix<T>, weights: Matrix<T>, of held: ValidationUsers, rows: Range<Int>
  ) -> [[Ranked<T>]] {
    ranks.best(forward(z, weights: weights, places: nil), of: held, rows: rows)
  }

  /// A row for each item of all, of what parts have one for each of theirs; all processes get it.
  ///
  /// - Parameter rows: those of a part.
  func whole(_ rows: (Decoder<T>) -> Matrix<T>) -> Matrix<T> {
    guard isCut else { return rows(parts[0]) }
    let width = rows(parts[0]).columns
    let all = Matrix<T>(rows: itemCount, columns: width)
    for part in parts { all.rowBlock(part.range).copy(from: rows(part)) }
    ranks.group.gather(all.buffer, ranks.bounds(of: itemCount).map { $0 * width })
    return all
  }

  /// The decoder of all items, which all processes get.
  func joined() -> Decoder<T> {
    guard isCut else { return parts[0] }
    let decoder = Decoder<T>(items: itemCount, shape: shape, seed: 0, starts: false)
    for (own, source) in zip(decoder.shared, parts[0].shared) {
      own.value.copy(from: source.value)
    }
    decoder.items.value.copy(from: whole { $0.items.value })
    let biases = whole { Matrix(rows: $0.range.count, columns: 1, $0.itemBias.value.array) }
    _ = decoder.itemBias.value.buffer.update(from: biases.buffer)
    return decoder
  }

  /// The root mean square of the elements of all items' vectors.
  var deviation: T { ranks.deviation(parts.map(\.items), items: itemCount) }
}

extension Matrix {
  /// The elements of several in a row.
  fileprivate convenience init(joining parts: [Matrix<T>]) {
    self.init(rows: 1, columns: parts.reduce(0) { $0 + $1.count })
    var start = 0
    for part in parts {
      (pointer + start).update(from: part.pointer, count: part.count)
      start += part.count
    }
  }

  /// Gives several their elements back.
  fileprivate func take(apart parts: [Matrix<T>]) {
    var start = 0
    for part in parts {
      part.pointer.update(from: pointer + start, count: part.count)
      start += part.count
    }
  }
}
