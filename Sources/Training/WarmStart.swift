// How does a network start from an earlier model?

import DenseMath
import Fitting
import Glibc
import Interchange
import Recommending

extension StoredModel {
  /// Copies an earlier model's values into parameters of the same names, or parts of them; where items come in another
  /// order or number, those of items both know. Another item starts as the mean of the known items nearest to it
  /// by the users they share, and its bias as what it would be by popularity.
  ///
  /// - Parameters:
  ///   - ids: the items of the new model, in order.
  ///   - users: the users to train on, with columns in that order.
  /// - Returns: how many items both know.
  /// - Throws: `ModelError` when a parameter has other sizes than can be matched.
  public func start(_ parameters: [Parameter<Float>], items ids: [String], users: SparseRows)
    throws -> Int
  {
    let places = IDPlaces(items.ids)
    let source = ids.map { places[$0] }
    let nearest = source.contains(nil) ? nearestColumns(of: users, count: 20) : nil
    // The earlier model's items that each of the new model starts from.
    let kin = source.enumerated().map { item, place in
      place.map { [$0] } ?? nearest?.row(item).compactMap { source[Int($0)] } ?? []
    }
    let (old, new) = (items.ids.count, ids.count)
    for parameter in parameters {
      let part = PartName.split(parameter.name)
      let (rows, columns) = (parameter.value.rows, parameter.value.columns)
      guard let tensor = tensors[part?.base ?? parameter.name], let values = tensor.floats,
        tensor.shape.count == 2
      else { throw unmatched(parameter.name) }
      let (oldRows, oldColumns) = (tensor.shape[0], tensor.shape[1])
      let count = parameter.items == .rows ? rows : columns
      guard parameter.items == nil || part != nil || count == new else {
        throw unmatched(parameter.name)
      }
      let first = parameter.firstItem
      switch parameter.items {
      case .rows:
        guard oldRows == old, oldColumns == columns else { throw unmatched(parameter.name) }
        for (row, kin) in kin[first..<first + rows].enumerated() where !kin.isEmpty {
          for column in 0..<columns {
            let sum = kin.reduce(0) { $0 + values[$1 * columns + column] }
            parameter.value[row, column] = sum / Float(kin.count)
          }
        }
      case .columns:
        guard oldColumns == old, oldRows == rows else { throw unmatched(parameter.name) }
        for (column, kin) in kin[first..<first + columns].enumerated() where !kin.isEmpty {
          for row in 0..<rows {
            let sum = kin.reduce(0) { $0 + values[row * old + $1] }
            parameter.value[row, column] = sum / Float(kin.count)
          }
        }
      case nil:
        guard oldRows == rows, oldColumns == columns else { throw unmatched(parameter.name) }
        _ = parameter.value.buffer.update(from: values)
      }
      if parameter.items != nil, parameter.value.count == count {
        let biases = Matrix<Float>(rows: 1, columns: new)
        for (item, place) in source.enumerated() {
          if let place { biases.pointer[item] += values[place] }
        }
        follow(users.logOdds(), biases, knowing: source.map { $0 != nil })
        parameter.value.pointer.update(from: biases.pointer + first, count: count)
      }
    }
    return source.count { $0 != nil }
  }

  /// Gives the items that are not known what least squares makes of the others' biases by their log odds: at 0, far
  /// above the others, they would be recommended to everybody.
  private func follow(_ logOdds: [Double], _ biases: Matrix<Float>, knowing isKnown: [Bool]) {
    let known = isKnown.indices.filter { isKnown[$0] }
    guard !known.isEmpty, known.count < isKnown.count else { return }
    let count = Double(known.count)
    let middle = known.reduce(0) { $0 + logOdds[$1] } / count
    let mean = known.reduce(0) { $0 + Double(biases.pointer[$1]) } / count
    var (spread, slope) = (0.0, 0.0)
    for item in known {
      spread += (logOdds[item] - middle) * (logOdds[item] - middle)
      slope += (logOdds[item] - middle) * (Double(biases.pointer[item]) - mean)
    }
    if spread > 0 { slope /= spread }
    for item in isKnown.indices where !isKnown[item] {
      biases.pointer[item] = Float(mean + slope * (logOdds[item] - middle))
    }
  }

  private func unmatched(_ name: String) -> ModelError {
    ModelError(
      .badData, "the earlier model's '\(name)' is missing or of another size; use its settings")
  }
}

extension SparseRows {
  /// log((n + 1/2) / (U - n + 1/2)) of every item, n of whose interactions come from U users.
  public func logOdds() -> [Double] { columnCounts().map { logOdds(Double($0)) } }

  public func logOdds(_ count: Double) -> Double {
    log((count + 0.5) / (Double(rowCount) - count + 0.5))
  }
}
