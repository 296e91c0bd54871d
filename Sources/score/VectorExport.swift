// How do vectors reach an index of inner products?

import DenseMath
import InteractionData
import Interchange
import Recommending
import ToolKit

/// What a model's scores are products of, as numpy reads it.
struct NumpyVectors {
  private let model: any FactorisedModel
  private let items: RankingFactors
  private let chosen: [Int]
  private let ids: [String]

  var itemCount: Int { chosen.count }
  var width: Int { items.factors.columns }
  var hasShares: Bool { items.shares != nil }

  /// Nil for models whose scores have other parts as well.
  ///
  /// - Parameter mask: which items are wanted; nil for all.
  init?(_ model: any RecommendationModel, _ ids: [String], _ mask: [Bool]?) throws {
    guard let model = model as? any FactorisedModel, let items = model.itemFactors else {
      return nil
    }
    (self.model, self.items, self.ids) = (model, items, ids)
    chosen = ids.indices.filter { mask?[$0] ?? true }
  }

  /// Writes the archive; returns of how many users and rounds something is known.
  func write(_ cases: FoldInCases, _ users: [String], to file: OutputFile) throws -> Int {
    let known = (0..<cases.count).filter { !cases.history.row($0).isEmpty }
    let found = model.userFactors(cases.history.rows(at: known), rows: 0..<known.count)
    let archive = NumpyArchive(file)
    try archive.add("items", items.factors, rows: chosen)
    try archive.add("item_ids", chosen.map { ids[$0] })
    try archive.add("users", found.factors, rows: Array(known.indices))
    try archive.add("user_ids", known.map { users[cases.users[$0]] })
    if cases.rounds.contains(where: { $0 != nil }) {
      try archive.add("rounds", type: "|u1", known.map { cases.rounds[$0] ?? 255 })
    }
    if let own = items.shares, let theirs = found.shares {
      try archive.add("item_shares", own, rows: chosen)
      try archive.add("user_shares", theirs, rows: Array(known.indices))
    }
    try archive.finish()
    return known.count
  }
}

extension NumpyArchive {
  /// Adds some rows of a matrix.
  fileprivate func add(_ name: String, _ matrix: Matrix<Float>, rows: [Int]) throws {
    let chosen = Matrix<Float>(rows: rows.count, columns: matrix.columns)
    gatherRows(matrix, rows.map { UInt32($0) }, into: chosen)
    try add(
      name, type: "<f4", shape: [chosen.rows, chosen.columns], UnsafeRawBufferPointer(chosen.buffer)
    )
  }
}

extension Score {
  /// Writes what scores are products of.
  ///
  /// Throws `ToolError` (usage) for models whose scores are not, and (badData) for parts.
  func exportVectors(
    of block: InteractionSet, _ cases: FoldInCases, _ fitted: any RecommendationModel,
    _ stored: StoredModel, _ mask: [Bool]?, to file: OutputFile, _ data: DataBlocks,
    _ context: ToolContext
  ) throws {
    guard data.shard == nil else {
      throw ToolError(.badData, "\(input): is a part; merge the parts for vectors of all users")
    }
    guard let vectors = try NumpyVectors(fitted, stored.items.ids, mask) else {
      throw ToolError(
        .usage,
        "\(model): its scores are not products of a user's and an item's vector alone, so an index of"
          + " vectors cannot find the best; fit ials with --set recency-weight=0, or indgrm without expert"
          + " and members"
      )
    }
    let users = try vectors.write(cases, block.users.ids, to: file)
    try file.commit()
    context.log.notice(
      "vectors of \(users) users and rounds and of \(vectors.itemCount) items, \(vectors.width) numbers each"
        + (vectors.hasShares ? ", and shares for a second step" : ""),
      counts: ["users": users, "items": vectors.itemCount])
  }
}
