// How does a user look from inside each item group?

import DenseMath
import Training

/// A vector of the user's own for every item group, made from the part of their history that lies in it
/// (f_phi of {x_i^(g)}, Eq. 14; after MacridVAE, Ma et al., 2019):
///
/// y_i^(g) = the direction of tanh(x_i^(g) E + b) W + c, where x_i^(g) has the entries x_il c_lg at unit
/// length. In training it is moved by Gaussian noise of 3/4 its own length.
///
/// With them the decoder scores log sum_g c_jg exp(a cos(h_j, y_i^(g)) + u_ig), u_ig what it expects of the
/// group as a whole: z tells which groups a user likes, y^(g) what they like in each. A batch costs G products
/// of B x d x M.
final class GroupParts<T: Real> {
  /// E and b, M x d and 1 x d.
  let input: SparseInput<T>
  /// W and c, d x d and 1 x d.
  let output: Dense<T>
  private let groups: Int
  private let latent: Int
  private let (meanMemory, meanNormMemory) = (Workspace<T>(), Workspace<T>())
  private let (noisyMemory, noisyNormMemory) = (Workspace<T>(), Workspace<T>())
  private let (vectorGradientMemory, meanGradientMemory) = (Workspace<T>(), Workspace<T>())
  private let (userMemory, userGradientMemory) = (Workspace<T>(), Workspace<T>())
  private let (itemMemory, itemGradientMemory) = (Workspace<T>(), Workspace<T>())
  private let (scoreMemory, mixtureMemory) = (Workspace<T>(), Workspace<T>())
  private let (shareMemory, shareGradientMemory) = (Workspace<T>(), Workspace<T>())
  private var masked = SparseRows(offsets: [0], columns: [], columnCount: 0)
  private var entries = SparseRows(offsets: [0], columns: [], columnCount: 0)
  /// Whether a batch's exponentials are kept for the way back; else those of a slab of users at a time are.
  private var isTraining = false

  private static var noise: Double { 0.75 }

  init(items: Int, shape: NetworkShape, seed: UInt64, starts: Bool) {
    (groups, latent) = (shape.groups, shape.latent)
    let rows = shape.groups * shape.batch
    // A seed of its own, so that dropout here is not the trunk's.
    input = SparseInput(
      "part-input", items: items, width: latent, batch: rows, seed: seed,
      stage: RandomStage.partInput,
      starts: starts)
    output = Dense(
      "part-output", inputs: latent, outputs: latent, batch: rows, seed: seed,
      stage: RandomStage.partOutput,
      initialisation: starts ? .glorot : .zero)
  }

  var parameters: [Parameter<T>] { input.parameters + output.parameters }

  /// y of at most a batch of users, (B G) x d, user by user; gone with the next call.
  ///
  /// - Parameters:
  ///   - batch: one row a user, over all items.
  ///   - entries: the same among the items that are scored.
  ///   - membership: c of those, S x G.
  ///   - training: the share of entries to drop, and the keys of what is drawn; nil for neither dropout nor
  ///     noise.
  func encode(
    _ batch: SparseRows, entries: SparseRows, membership: Matrix<T>,
    training: (dropout: Double, seed: UInt64, step: UInt64)?
  ) -> Matrix<T> {
    self.entries = entries
    isTraining = training != nil
    masked = parts(of: batch, membership)
    let rows = 0..<masked.rowCount
    let hidden = input.forward(
      masked, dropout: training?.dropout ?? 0, seed: (training?.seed ?? 0) ^ 0x5041_5254,
      step: training?.step ?? 0)
    tanhForward(hidden)
    let means = meanMemory.matrix(rows: rows.count, columns: latent)
    normaliseRows(
      output.forward(hidden), into: means,
      norms: meanNormMemory.matrix(rows: 1, columns: rows.count))
    guard let training else { return means }
    let noise = vectorGradientMemory.matrix(rows: rows.count, columns: latent)
    fillNormal(noise, seed: training.seed, stage: RandomStage.partNoise, index: training.step)
    scale(noise, by: T(Self.noise / Double(latent).squareRoot()))
    add(means, to: noise)
    let noisy = noisyMemory.matrix(rows: rows.count, columns: latent)
    normaliseRows(
      noise, into: noisy, norms: noisyNormMemory.matrix(rows: 1, columns: rows.count))
    return noisy
  }

  /// Every user's history once for each group, entries weighted by the items' shares in it.
  private func parts(of batch: SparseRows, _ membership: Matrix<T>) -> SparseRows {
    let groups = groups
    var offsets = [0]
    offsets.reserveCapacity(groups * batch.rowCount + 1)
    for user in 0..<batch.rowCount {
      let size = batch.offsets[user + 1] - batch.offsets[user]
      for _ in 0..<groups { offsets.append((offsets.last ?? 0) + size) }
    }
    let (starts, entries) = (offsets, entries)
    return SparseRows(offsets: offsets, columnCount: batch.columnCount) { columns, values in
      Parallel.blocks(batch.rowCount, size: 8) { users in
        for user in users {
          for (at, entry) in (batch.offsets[user]..<batch.offsets[user + 1]).enumerated() {
            let shares = membership.row(Int(entries.columns[entry]))
            for group in 0..<groups {
              let place = starts[user * groups + group] + at
              columns[place] = batch.columns[entry]
              values[place] = Float(shares[group])
            }
          }
        }
      }
    }
  }

  /// Adds log (sum_g c_jg exp(a h_j . y_i^(g) + u_ig) + tiny) to scores (B x S).
  ///
  /// - Parameters:
  ///   - vectors: y, (B G) x d.
  ///   - activity: u, B x G.
  ///   - items: h_j, S x d.
  ///   - membership: c, S x G.
  ///   - factor: a.
  func forward(
    _ vectors: Matrix<T>, activity: Matrix<T>, items: Matrix<T>, membership: Matrix<T>, factor: T,
    tiny: T, addingTo scores: Matrix<T>
  ) {
    let users = activity.rows
    // [a y, u] . [h, 1] makes both terms in one product.
    let wide = userMemory.matrix(rows: users * groups, columns: latent + 1)
    widen(vectors, factor: factor, last: { activity.pointer[$0] }, into: wide)
    let wideItems = itemMemory.matrix(rows: items.rows, columns: latent + 1)
    widen(items, factor: 1, last: { _ in 1 }, into: wideItems)
    let kept = isTraining ? users : min(users, Self.slabSize)
    let all = scoreMemory.matrix(rows: kept * groups, columns: items.rows)
    let mixture = mixtureMemory.matrix(rows: users, columns: items.rows)
    let shares = shareMemory.matrix(rows: groups, columns: items.rows)
    transpose(membership, into: shares)
    for slab in slabs(users) {
      let own = all.rowBlock(rows(of: isTraining ? slab : 0..<slab.count))
      multiply(wide.rowBlock(rows(of: slab)), wideItems, transposeB: true, into: own)
      Parallel.blocks(slab.count, size: 2) { places in
        for place in places {
          let user = slab.lowerBound + place
          mixExponentials(
            own.rowBlock(rows(of: place..<place + 1)), weights: shares,
            into: mixture.rowBlock(user..<user + 1))
        }
      }
    }
    addLog(of: mixture, plus: tiny, to: scores)
  }

  /// [factor x, last], one column wider.
  private func widen(
    _ x: Matrix<T>, factor: T, last: (Int) -> T, into wide: Matrix<T>
  ) {
    Parallel.blocks(x.rows, size: 256) { rows in
      for row in rows {
        let (source, target) = (x.row(row), wide.row(row))
        for index in source.indices { target[index] = factor * source[index] }
        target[source.count] = last(row)
      }
    }
  }

  /// Users whose scores of all groups pass through the caches together.
  private func slabs(_ users: Int) -> [Range<Int>] {
    stride(from: 0, to: users, by: Self.slabSize).map { $0..<min($0 + Self.slabSize, users) }
  }

  private static var slabSize: Int { 32 }

  private func rows(of users: Range<Int>) -> Range<Int> {
    users.lowerBound * groups..<users.upperBound * groups
  }

  /// The way back from the last `forward`, whose exponentials it uses up.
  ///
  /// - Parameters:
  ///   - gradient: of the scores, B x S.
  ///   - vectors: y, as `encode` gave it in training.
  ///   - dActivity: receives the gradient of u, B x G.
  ///   - dItems: receives an addition of the gradient of h, and `dMembership` the gradient of c, S x G;
  ///     nil leaves those and the parameters' gradients alone.
  /// - Returns: the derivative by log a; 0 without `dItems`.
  func backward(
    _ gradient: Matrix<T>, vectors: Matrix<T>, factor: T, tiny: T, activity dActivity: Matrix<T>,
    items dItems: Matrix<T>?, membership dMembership: Matrix<T>
  ) -> T {
    let (users, count) = (gradient.rows, gradient.columns)
    let wide = userMemory.matrix(rows: users * groups, columns: latent + 1)
    let wideItems = itemMemory.matrix(rows: count, columns: latent + 1)
    let all = scoreMemory.matrix(rows: users * groups, columns: count)
    let mixture = mixtureMemory.matrix(rows: users, columns: count)
    let shares = shareMemory.matrix(rows: groups, columns: count)
    let dWide = userGradientMemory.matrix(rows: users * groups, columns: latent + 1)
    let dWideItems = itemGradientMemory.matrix(rows: count, columns: latent + 1)
    let dShares = shareGradientMemory.matrix(rows: groups, columns: count)
    dShares.fill(0)
    divide(gradient, by: mixture, plus: tiny, into: mixture)
    for slab in slabs(users) {
      for user in slab {
        mixExponentialsBackward(
          mixture.rowBlock(user..<user + 1), exponentials: all.rowBlock(rows(of: user..<user + 1)),
          weights: shares, addingTo: dShares)
      }
      let own = all.rowBlock(rows(of: slab))
      multiply(own, wideItems, into: dWide.rowBlock(rows(of: slab)))
      guard dItems != nil else { continue }
      multiply(
        own, transposeA: true, wide.rowBlock(rows(of: slab)), into: dWideItems,
        beta: slab.lowerBound == 0 ? 0 : 1)
    }
    for row in 0..<users * groups { dActivity.pointer[row] = dWide[row, latent] }
    guard let dItems else { return 0 }
    Parallel.blocks(count, size: 256) { rows in
      for row in rows {
        let (source, target) = (dWideItems.row(row), dItems.row(row))
        for index in target.indices { target[index] += source[index] }
      }
    }
    let dVectors = vectorGradientMemory.matrix(rows: users * groups, columns: latent)
    Parallel.blocks(users * groups, size: 256) { rows in
      for row in rows {
        let (source, target) = (dWide.row(row), dVectors.row(row))
        for index in target.indices { target[index] = factor * source[index] }
      }
    }
    let along = dot(dVectors, vectors)
    backwardEncoder(vectors, dVectors, addingTo: dShares)
    transpose(dShares, into: dMembership)
    return along
  }

  /// From y to the parameters, and through the histories' weights to the shares c (G x S).
  private func backwardEncoder(
    _ vectors: Matrix<T>, _ dVectors: Matrix<T>, addingTo dShares: Matrix<T>
  ) {
    let rows = 0..<dVectors.rows
    let dMeans = meanGradientMemory.matrix(rows: rows.count, columns: latent)
    normaliseRowsBackward(
      vectors, dVectors, norms: noisyNormMemory.matrix(rows: 1, columns: rows.count), into: dMeans)
    normaliseRowsBackward(
      meanMemory.matrix(rows: rows.count, columns: latent), dMeans,
      norms: meanNormMemory.matrix(rows: 1, columns: rows.count), into: dVectors)
    let hidden = input.output.rowBlock(rows)
    let dHidden = output.backward(hidden, dVectors)
    tanhBackward(hidden, dHidden)
    input.backward(masked, dHidden)
    let found = input.entryGradients(masked, dHidden)
    let (masked, entries, groups) = (masked, entries, groups)
    Parallel.blocks(groups, size: 1) { part in
      for group in part {
        let target = dShares.row(group)
        for user in 0..<entries.rowCount {
          let first = masked.offsets[user * groups + group] - entries.offsets[user]
          for entry in entries.offsets[user]..<entries.offsets[user + 1] {
            target[Int(entries.columns[entry])] += found.pointer[first + entry]
          }
        }
      }
    }
  }
}
