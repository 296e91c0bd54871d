// What can be asked of any fitted model, whatever it is made of?

import DenseMath
import InteractionData
import Interchange

/// A fitted model: it scores every item for users it may never have seen, from their interactions.
public protocol RecommendationModel: AnyObject {
  /// Items it knows; a fold-in row has this many columns.
  var itemCount: Int { get }

  /// Scores all items for the users in `rows`.
  ///
  /// - Parameters:
  ///   - foldIn: one row a user, columns in the model's item order.
  ///   - scores: `rows.count` x `itemCount`; a larger score ranks higher. Seen items are scored too.
  func score(_ foldIn: SparseRows, rows: Range<Int>, into scores: Matrix<Float>)

  /// Scores some items alone for all users of `foldIn`.
  ///
  /// - Parameter scores: one row a user, one column for each of `items`.
  func score(_ foldIn: SparseRows, items: [UInt32], into scores: Matrix<Float>)

  /// Accounts for the scores of some items for one user.
  ///
  /// The contributions of an explanation add up to its score.
  func explain(_ foldIn: [UInt32], items: [UInt32]) -> [Explanation]

  /// The group of each item and the groups' prototypes (G x d), for models that have them.
  var itemGroups: (assignment: [UInt32], prototypes: Matrix<Float>)? { get }

  /// The settings that were used, for the model file and for people.
  var settings: JSONValue { get }
  /// The tensors that make up the model.
  func tensors() -> [Tensor]
}

extension RecommendationModel {
  public var itemGroups: (assignment: [UInt32], prototypes: Matrix<Float>)? { nil }

  public func score(_ foldIn: SparseRows, items: [UInt32], into scores: Matrix<Float>) {
    let block = 250
    let all = Matrix<Float>(rows: min(block, foldIn.rowCount), columns: itemCount)
    for start in stride(from: 0, to: foldIn.rowCount, by: block) {
      let rows = start..<min(start + block, foldIn.rowCount)
      score(foldIn, rows: rows, into: all.rowBlock(0..<rows.count))
      for row in rows {
        for (place, item) in items.enumerated() {
          scores[row, place] = all[row - start, Int(item)]
        }
      }
    }
  }
}

/// Why one item has its score for one user.
public struct Explanation: Sendable, Equatable {
  /// What a contribution stands for.
  public enum Source: Sendable, Hashable {
    /// What all items have alike.
    case baseRate
    /// Popularity or another constant of the item.
    case itemBias
    /// A latent factor.
    case factor(Int)
    /// An item group's constant.
    case group(Int)
    /// What mixing several item groups adds or takes away.
    case groupMixture
    /// An item of the user's own.
    case item(UInt32)
    /// What no part of the user's history accounts for alone.
    case remainder
  }

  public struct Contribution: Sendable, Equatable {
    public let source: Source
    public let value: Double

    public init(source: Source, value: Double) {
      self.source = source
      self.value = value
    }
  }

  public struct Weighted: Sendable, Equatable {
    public let index: Int
    public let weight: Double

    public init(index: Int, weight: Double) {
      self.index = index
      self.weight = weight
    }
  }

  /// What an item group adds to a score.
  public struct GroupShare: Sendable, Equatable {
    public let index: Int
    /// The group's share in this score; shares add up to 1.
    public let weight: Double
    /// The shares' contributions, the item bias, the group mixture and own items add up to the score.
    public let contribution: Double
  }

  public let item: UInt32
  public var score: Double
  /// Parts that add up to the score.
  public var contributions: [Contribution]
  /// The user's clusters with their weights, heaviest first; empty for models without clusters.
  public var clusters: [Weighted] = []
  /// A second way to take the score apart: by the item's groups, heaviest first.
  public var groups: [GroupShare] = []
  /// The user's own items nearest to the recommended one (cosine of item vectors), nearest first.
  public var nearest: [Weighted] = []
  /// The user's own items with the change of the score when the item is left out, largest first.
  public var leaveOneOut: [Weighted] = []
}

/// What a model is fitted to.
public struct TrainingData: Sendable {
  /// One row a training user, columns in the model's item order.
  public var rows: SparseRows
  public var validation: ValidationUsers?
  /// The item group of each item to start from (nil where it is in none), with the prototypes' number, when they
  /// are given.
  public var groups: (assignment: [UInt32?], count: Int)?
  public var seed: UInt64
  /// The categories of each item by number, how many there are, and their vectors (one row a category).
  public var categories: (lists: [[UInt32]], count: Int, vectors: Matrix<Float>?)?
  /// A run to go on with.
  public var resume: Checkpoint?
  /// The settings that an earlier fit to a part of these users ended with, where this one is to go by them.
  public var settled: JSONValue?
  /// An earlier model to start from, with the items and categories of this one in order.
  public var start: (model: StoredModel, items: [String], categories: [String])?

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

/// A `--model` of `fit`: how to fit it and how to bring it back from a file.
public protocol ModelFamily: SendableMetatype {
  /// The name after `--model`.
  static var name: String { get }
  /// One line for `fit --list`.
  static var summary: String { get }
  /// The settings it understands.
  static var options: [ModelOption] { get }
  /// Whether a run can be put aside, go on and start from an earlier model.
  static var trainsInEpochs: Bool { get }
  /// Whether it can start from given item groups.
  static var takesGroups: Bool { get }

  /// Fits a model.
  ///
  /// Throws `ModelError` when training fails (for example when the loss is not a number).
  static func fit(_ data: TrainingData, _ settings: ModelSettings, _ monitor: TrainingMonitor)
    throws
    -> any RecommendationModel

  /// Brings a model back.
  ///
  /// Throws `ModelError` when tensors are missing or of the wrong shape.
  static func restore(_ stored: StoredModel) throws -> any RecommendationModel
}

extension ModelFamily {
  public static var trainsInEpochs: Bool { false }
  public static var takesGroups: Bool { false }
}

/// Every model there is.
public enum ModelCatalogue {
  public static let families: [any ModelFamily.Type] = [
    Popularity.self, ItemKNN.self, EASE.self, EDLAE.self, SLIM.self, ImplicitALS.self,
    ExplainableFactorisation.self, MultVAEFamily.self, RecVAEFamily.self,
    MacridVAEFamily.self, DGLGMFamily.self,
    InDGRMFamily.self,
  ]

  /// The family of that name.
  ///
  /// Throws `ModelError` that lists the names when there is none.
  public static func family(named name: String) throws -> any ModelFamily.Type {
    if let family = families.first(where: { $0.name == name }) { return family }
    let names = families.map { $0.name }.joined(separator: ", ")
    throw ModelError(.usage, "there is no model '\(name)'; choose one of \(names)")
  }

  /// Brings back a model of any family.
  public static func restore(_ stored: StoredModel) throws -> any RecommendationModel {
    guard let name = stored.description["model"]?.string else {
      throw ModelError(.badData, "the model's name is missing; fit it again")
    }
    guard let family = families.first(where: { $0.name == name }) else {
      throw ModelError(.badData, "holds a model '\(name)' that is unknown here; use a newer indgrm")
    }
    return try family.restore(stored)
  }
}

/// A fit that failed or a model that cannot be used.
public struct ModelError: CategorisedError {
  public let category: FailureCategory
  public let description: String

  public init(_ category: FailureCategory, _ description: String) {
    self.category = category
    self.description = description
  }
}

extension StoredModel {
  /// Training interactions of each item; zeros where the model file does not tell.
  public var itemInteractions: [Int] {
    let counts = description["item_interactions"]?.array?.compactMap(\.int) ?? []
    guard counts.count == items.ids.count else { return items.ids.map { _ in 0 } }
    // Whatever a file says, sums and differences of counts must not overflow.
    return counts.map { min(max($0, 0), 1 << 40) }
  }

  /// Items by how many training users chose them; nil where the model file does not tell.
  public var popularity: (any RecommendationModel)? { Popularity(trainingOf: self) }

  /// A tensor of floats of a given shape (nil: any size in that dimension).
  ///
  /// Throws `ModelError` when it is missing or different.
  func floats(_ name: String, _ shape: [Int?]) throws -> Matrix<Float> {
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
  func tensor(_ name: String, shape: [Int]? = nil) -> Tensor {
    Tensor(name, shape: shape ?? [rows, columns], floats: buffer)
  }
}
