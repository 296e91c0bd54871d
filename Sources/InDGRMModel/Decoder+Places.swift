// How are items scored for users who stand at another place for every item group?

import DenseMath
import Training

extension Decoder {
  /// Users' places for every group, (B G) x d; nil without group parts. Needs `prepareItems`.
  ///
  /// - Parameters:
  ///   - batch: the users' items.
  ///   - entries: the same among the items that are scored.
  ///   - training: dropout, and the keys of what is drawn; nil at inference.
  func encodeParts(
    _ batch: SparseRows, entries: SparseRows,
    training: (dropout: Double, seed: UInt64, step: UInt64)? = nil
  ) -> Matrix<T>? {
    let places = parts?.encode(
      batch, entries: entries, membership: groups.membership, training: training)
    guard let bases else { return places }
    return places.map { bases.pass($0) }
  }

  /// Scores of some items with group parts, B x S.
  ///
  /// - Parameters:
  ///   - places: y, (B G) x d.
  ///   - activity: u, B x G.
  func forward(places: Matrix<T>, activity: Matrix<T>, part: Part, into logits: Matrix<T>) {
    guard let parts, let membership = part.membership else {
      preconditionFailure("users have places where there are group parts")
    }
    logits.fill(0)
    addRow(part.biases, to: logits)
    parts.forward(
      places, activity: activity, items: part.vectors, membership: membership,
      factor: scaleFactor, tiny: Self.tiny, addingTo: logits)
  }
}
