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
  private let passedMemory = Workspace<T>()
  /// The group of each item that is scored.
  private(set) var assignment: [Int] = []

  init(_ options: InDGRMOptions) {
    strengths = Parameter("doors", rows: options.groups, columns: options.latent)
    strengths.value.fill(1)
    strengths.rate = 0
  }

  /// Item vectors (M x d) with zeros where the doors of their groups are closed; hardens their membership (M x G).
  func pass(_ items: Matrix<T>, membership: Matrix<T>) -> Matrix<T> {
    let passed = passedMemory.matrix(rows: items.rows, columns: items.columns)
    passed.copy(from: items)
    assignment = (0..<items.rows).map { item in
      let shares = membership.row(item)
      var best = 0
      for group in shares.indices where shares[group] > shares[best] { best = group }
      for group in shares.indices { shares[group] = group == best ? 1 : 0 }
      return best
    }
    close(passed)
    return passed
  }

  /// Puts zeros where the doors of the items' groups are closed; one row for each item that passed last.
  func close(_ rows: Matrix<T>) {
    let open = Matrix<T>(rows: strengths.value.rows, columns: strengths.value.columns)
    for index in 0..<open.count { open.pointer[index] = strengths.value.pointer[index] > 0 ? 1 : 0 }
    for (item, group) in assignment.enumerated() {
      let (values, factors) = (rows.row(item), open.row(group))
      for index in values.indices { values[index] *= factors[index] }
    }
  }

  /// Whether a factor speaks about any group.
  func isAlive(_ factor: Int) -> Bool {
    (0..<strengths.value.rows).contains { strengths.value[$0, factor] > 0 }
  }
}
