// How do parameters get into a checkpoint and back?

import DenseMath
import Fitting
import Interchange
import Recommending

extension Checkpoint {
  /// A copy of parameters under names that begin with `prefix`.
  public mutating func save<T>(
    _ prefix: String, _ parameters: [Parameter<T>], _ values: (Int) -> [T]
  ) {
    for (place, parameter) in parameters.enumerated() {
      let name = "\(prefix).\(parameter.name)"
      let values = values(place)
      tensors[name] = Tensor(name, shape: [values.count], floats: values.map { Float($0) })
    }
  }

  /// Fills a parameter with what was saved for it; false where nothing was.
  func fill<T>(_ parameter: Parameter<T>, _ prefix: String) -> Bool {
    let tensor = tensors["\(prefix).\(parameter.name)"]
    // Earlier versions saved some in double precision.
    let values = tensor?.floats.map { $0.map { T($0) } } ?? tensor?.doubles.map { $0.map { T($0) } }
    guard let values, values.count == parameter.value.count else { return false }
    _ = parameter.value.buffer.update(from: values)
    return true
  }

  /// The values saved for each parameter.
  ///
  /// Throws `ModelError` when they are missing or of another size.
  public func values<T>(_ prefix: String, _ parameters: [Parameter<T>]) throws -> [[T]] {
    try parameters.map { parameter in
      guard let found = tensors["\(prefix).\(parameter.name)"]?.floats,
        found.count == parameter.value.count
      else {
        throw ModelError(
          .badData, "the checkpoint has no fitting '\(prefix).\(parameter.name)'; start anew")
      }
      return found.map { T($0) }
    }
  }
}
