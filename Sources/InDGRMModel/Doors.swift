// Which factors speak about which item groups?

import DenseMath
import Training

/// The factor-to-group vectors o_g inside the similarity: where o_gl is 0 the door is closed, and factor l says nothing
/// about the items of group g; elsewhere it is how much it says.
///
/// An item is in the group it is most likely in (the mode of c_j of Eq. 6), so that zeros are exact for every item.
final class Doors<T: Real> {
  /// o, G x d; not updated by gradients.
  let strengths: Parameter<T>
  /// What of the items passes, fitted to the doors that are open (`PassingItems`), M x d; not updated by gradients. Nil in
  /// models of earlier versions, whose item vectors pass as they are.
  let passing: Parameter<T>?
  private let passedMemory = Workspace<T>()
  /// The group of each item that is scored.
  private(set) var assignment: [Int] = []

  init(_ shape: NetworkShape, items: Int) {
    strengths = Parameter("doors", rows: shape.groups, columns: shape.latent)
    strengths.value.fill(1)
    strengths.rate = 0
    passing =
      shape.fitsItems
      ? Parameter("passing-items", rows: items, columns: shape.latent, items: .rows) : nil
    passing?.rate = 0
  }

  var parameters: [Parameter<T>] { [strengths] + (passing.map { [$0] } ?? []) }

  /// Item vectors (M x d) with zeros where the doors of their groups are closed, or what was fitted in their place.
  ///
  /// - Parameter assignment: the group of each item.
  func pass(_ items: Matrix<T>, assignment: [Int]) -> Matrix<T> {
    self.assignment = assignment
    if let passing { return passing.value }
    let passed = passedMemory.matrix(rows: items.rows, columns: items.columns)
    for (item, group) in assignment.enumerated() {
      let (values, own, doors) = (items.row(item), passed.row(item), strengths.value.row(group))
      for index in own.indices { own[index] = doors[index] > 0 ? values[index] : 0 }
    }
    return passed
  }

  /// Whether a factor speaks about any group.
  func isAlive(_ factor: Int) -> Bool {
    (0..<strengths.value.rows).contains { strengths.value[$0, factor] > 0 }
  }
}
