// What comes nearest when one latent dimension is altered?

import DenseMath
import Glibc
import Interchange
import Recommending
import ToolKit

/// A walk along one dimension of a user's representation or of an item's vector (Figures 10 to 12).
struct Traversal {
  let stored: StoredModel
  let inner: any InterpretableModel
  let factor: Int
  /// Steps to each side, and how far the last goes in standard deviations.
  let steps: Int
  let reach: Double
  let top: Int

  private var moves: [Double] {
    (-steps...steps).map { reach * Double($0) / Double(max(steps, 1)) }
  }

  /// The best items of a user as the dimension moves; deviations are those of `others`.
  func ofUser(_ history: [UInt32], others: SparseRows) -> [LearntThing] {
    let rows = SparseRows(lists: [history], columnCount: inner.itemCount)
    let moved = inner.represent(rows).rows(at: moves.map { _ in 0 })
    let crowd = inner.represent(others).points
    let deviation = spread((0..<crowd.rows).map { Double(crowd[$0, factor]) })
    for (place, move) in moves.enumerated() {
      moved.points[place, factor] += Float(move * deviation)
    }
    let scores = Matrix<Float>(rows: moves.count, columns: inner.itemCount)
    inner.score(moved, into: scores)
    let own = SparseRows(lists: moves.map { _ in history }, columnCount: inner.itemCount)
    let lists = topItems(scores, own, rows: 0..<moves.count, count: top).map { $0.map(\.index) }
    return describe(lists)
  }

  /// The items nearest to an item (by cosine) as the dimension of its vector moves.
  func ofItem(_ item: UInt32) -> [LearntThing] {
    let vectors = inner.factorVectors
    let unit = Matrix<Float>(rows: vectors.rows, columns: vectors.columns)
    normaliseRows(vectors, into: unit, norms: Matrix(rows: 1, columns: vectors.rows))
    let deviation = spread((0..<unit.rows).map { Double(unit[$0, factor]) })
    let altered = Matrix<Float>(rows: moves.count, columns: unit.columns)
    for (place, move) in moves.enumerated() {
      altered.rowBlock(place..<place + 1).copy(from: unit.rowBlock(Int(item)..<Int(item) + 1))
      altered[place, factor] += Float(move * deviation)
    }
    let pointed = Matrix<Float>(rows: moves.count, columns: unit.columns)
    normaliseRows(altered, into: pointed, norms: Matrix(rows: 1, columns: moves.count))
    let scores = Matrix<Float>(rows: moves.count, columns: unit.rows)
    multiply(pointed, unit, transposeB: true, into: scores)
    let itself = SparseRows(lists: moves.map { _ in [item] }, columnCount: inner.itemCount)
    return describe(
      topItems(scores, itself, rows: 0..<moves.count, count: top).map { $0.map(\.index) })
  }

  private func spread(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(max(values.count, 1))
    let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (square / Double(max(values.count, 1))).squareRoot()
  }

  /// What each step brings; + marks what is not there without a move.
  private func describe(_ lists: [[UInt32]]) -> [LearntThing] {
    let unmoved = Set(lists[steps])
    return zip(moves, lists).map { move, list in
      let names = list.map { item in
        (unmoved.contains(item) ? "" : "+ ") + stored.items.name(of: Int(item))
      }
      let sign = move > 0 ? "+" : ""
      return LearntThing(
        lines: [
          "factor \(factor) \(sign)\(fixed(move, 2)) deviations: \(names.joined(separator: ", "))"
        ],
        json: [
          "factor": .integer(factor), "deviations": .number(move),
          "items": .array(
            list.map {
              [
                "item": .string(stored.items.ids[Int($0)]),
                "title": .string(stored.items.name(of: Int($0))),
                "is_new": .bool(!unmoved.contains($0)),
              ]
            }),
        ])
    }
  }
}
