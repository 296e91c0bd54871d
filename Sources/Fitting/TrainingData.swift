// What is a model fitted to?

import DenseMath
import Interchange
import Ranks
import Recommending

/// What a model is fitted to.
public struct TrainingData: Sendable {
  /// One row a training user, columns in the model's item order.
  public var rows: SparseRows
  /// When each interaction of `rows` was, in its order, in seconds; nil where nobody knows.
  public var times: [Int64]?
  /// How much each interaction of `rows` counts, in its order, 1 on average; nil where all count alike.
  public var confidences: [Float]?
  public var validation: ValidationUsers?
  /// The item group of each item to start from (nil where it is in none), with the prototypes' number, when they
  /// are given.
  public var groups: (assignment: [UInt32?], count: Int)?
  public var seed: UInt64
  /// The parts of each batch of a network, and the processes that share them.
  public var ranks = VirtualRanks.one
  /// The parts that the items of a network are cut into, and the processes that hold them; one of `ranks` and these
  /// is one.
  public var itemRanks = VirtualRanks.one
  /// The processes that make the model together.
  public var group: RankGroup { itemRanks.count > 1 ? itemRanks.group : ranks.group }
  /// The categories of each item by number, how many there are, and their vectors (one row a category).
  public var categories: (lists: [[UInt32]], count: Int, vectors: Matrix<Float>?)?
  /// A run to go on with.
  public var resume: Checkpoint?
  /// The settings that an earlier fit to a part of these users ended with, where this one is to go by them.
  public var settled: JSONValue?
  /// An earlier model to start from, with the items and categories of this one in order.
  public var start: (model: StoredModel, items: [String], categories: [String])?

  /// Throws `ModelError` (usage) where there are fewer items than parts of them.
  public func refuseTooManyItemRanks() throws {
    guard rows.columnCount >= itemRanks.count else {
      throw ModelError(
        .usage,
        "\(rows.columnCount) items cannot be cut for \(itemRanks.count) item ranks; give fewer")
    }
  }

  /// The rows with confidences as their values.
  public var weightedRows: SparseRows { rows.with(values: confidences) }

  /// At most so many users, evenly spaced over all.
  public func spread(over most: Int) -> SparseRows {
    let (count, wanted) = (rows.rowCount, min(rows.rowCount, most))
    return rows.rows(at: (0..<wanted).map { $0 * count / max(wanted, 1) })
  }

  public init(
    rows: SparseRows, validation: ValidationUsers? = nil,
    groups: (assignment: [UInt32?], count: Int)? = nil, seed: UInt64
  ) {
    self.rows = rows
    self.validation = validation
    self.groups = groups
    self.seed = seed
  }
}
