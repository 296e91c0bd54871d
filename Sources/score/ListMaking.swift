// How are lists made, block after block?

import InteractionData
import Interchange
import Recommending
import ToolKit

extension Score {
  func listMaker(
    _ shelf: Shelf, _ fitted: any RecommendationModel, _ popular: (any RecommendationModel)?,
    _ mask: [Bool]?
  ) throws -> ListMaker {
    ListMaker(
      model: Ranker(shelf.model, candidates: mask),
      popular: popular.map { own in
        Ranker(own, candidates: mask.map { Array($0.prefix(own.itemCount)) })
      },
      knownItems: fitted.itemCount, diversity: try shape.diversity(of: shelf, fitted, model),
      top: top, keepsSeen: keepSeen, fills: shape.fill)
  }

  /// Ranks for blocks of users and hands their lists on, in order.
  func rank(
    _ cases: FoldInCases, by maker: ListMaker, _ rules: PersonalRules?,
    _ body: (Range<Int>, [ListMaker.List]) throws -> Void
  ) throws {
    // Scores of a block take a quarter of a gigabyte at most.
    let block = min(512, max(1, (1 << 26) / max(cases.history.columnCount, 1)))
    for start in stride(from: 0, to: cases.count, by: block) {
      let range = start..<min(start + block, cases.count)
      try body(range, maker.lists(cases.history, rows: range, rules))
    }
  }

  /// What is left out for each case; nil where that is what it has of the model's items.
  func rules(
    _ personal: PersonalPairs, _ cases: FoldInCases, _ block: InteractionSet, _ shelf: Shelf,
    _ chosen: [Int]?, isPart: Bool
  ) throws -> PersonalRules? {
    guard !personal.isEmpty || shelf.cold != nil else { return nil }
    let seen =
      shelf.cold == nil
      ? cases.history
      : try selectCases(block, ItemMap(from: block.items.ids, to: shelf.items.ids), chosen).history
    return try personal.rules(
      users: cases.users.map { block.users.ids[$0] }, seen: seen, isPart: isPart)
  }

  func open(
    _ file: OutputFile, _ stored: StoredModel, _ shelf: Shelf, _ data: DataBlocks,
    _ stream: StreamReader, _ context: ToolContext
  ) throws -> RankingWriter {
    try RankingWriter(
      file, format: format, items: shelf.items,
      marksFillers: shape.fill, metadata: metadata(stored, data, shelf, digest: stream.digest),
      compression: output.compression > 0 ? output.compression : nil,
      provenance: context.provenance(
        from: [stream.provenance, stored.provenance], at: [input, model],
        details: ["model": .string(hexadecimal(stored.digest))]))
  }

  /// What the lists are of; which interactions, a part that is read in blocks does not know in time.
  func metadata(
    _ stored: StoredModel, _ data: DataBlocks, _ shelf: Shelf, digest: UInt64?
  ) -> JSONValue {
    // Nobody has chosen items that the model was not fitted to.
    let further = shelf.items.ids.count - stored.items.ids.count
    let counts = stored.description["item_interactions"]?.array.map {
      JSONValue.array($0 + [JSONValue](repeating: .integer(0), count: further))
    }
    let lists: JSONValue = [
      "model": stored.description["model"] ?? .null, "role": .string(role.rawValue),
      "split": data.metadata["split"] ?? .null,
      "interactions": data.shard == nil ? digest.map { .string(hexadecimal($0)) } ?? .null : .null,
      "top": .integer(top), "item_interactions": counts ?? .null,
      "training_users": stored.description["training_users"] ?? .null,
    ]
    return data.shard.map { lists.setting("shard", $0.note) } ?? lists
  }
}
