// How do a model's numbers get into its file and back?

import DenseMath
import Interchange

extension StoredModel {
  /// The tensor of what those get of whom nothing is known, one number an item.
  package static let popularityTensor = "popularity"

  /// Training interactions of each item; zeros where the model file does not tell.
  public var itemInteractions: [Int] {
    let counts = description["item_interactions"]?.array?.compactMap(\.int) ?? []
    guard counts.count == items.ids.count else { return items.ids.map { _ in 0 } }
    // Whatever a file says, sums and differences of counts must not overflow.
    return counts.map { min(max($0, 0), 1 << 40) }
  }

  /// A tensor of floats of a given shape (nil: any size in that dimension).
  ///
  /// Throws `ModelError` when it is missing or different.
  package func floats(_ name: String, _ shape: [Int?]) throws -> Matrix<Float> {
    guard let tensor = tensors[name], tensor.type == .f32, tensor.shape.count == shape.count,
      zip(tensor.shape, shape).allSatisfy({ $1 == nil || $0 == $1 })
    else {
      throw ModelError(
        .badData,
        "the model's tensor '\(name)' is missing or has another shape; fit the model again")
    }
    let columns = tensor.shape.last ?? 1
    let rows = columns > 0 ? tensor.count / columns : 0
    let values = UnsafeMutablePointer(
      mutating: tensor.data.bindMemory(to: Float.self).baseAddress)
    guard let values else { return Matrix(rows: rows, columns: columns) }
    return Matrix(rows: rows, columns: columns, memory: values, owner: tensor.owner)
  }
}

extension Matrix where T == Float {
  /// The matrix as a tensor that shares its memory.
  package func tensor(_ name: String, shape: [Int]? = nil) -> Tensor {
    Tensor(name, shape: shape ?? [rows, columns], floats: buffer)
  }
}
