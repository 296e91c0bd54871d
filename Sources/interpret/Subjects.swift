// Which model is measured, on which users?

import DenseMath
import Fitting
import InteractionData
import Interchange
import ModelCatalogue
import Recommending
import ToolKit

/// A fitted model with users it was trained on and users it was not.
final class Subjects {
  let stored: StoredModel
  let fitted: any RecommendationModel
  /// The model as one with representations, when it is one.
  let latent: (any LatentModel)?
  /// Histories of training users over the model's items, at most as many as asked for.
  let training: SparseRows
  /// How a latent model sees those users.
  private(set) lazy var seen = latent?.represent(training)
  /// The ids of those users.
  let trainingIDs: [String]
  /// Test users as they are folded in in the first round; of plain interactions the same users as above.
  let heldOut: FoldInCases
  /// Everything known of them, history and truth, over the model's items.
  let heldOutWhole: SparseRows
  let data: InteractionSet
  /// Where the data came from, read to the end.
  let stream: StreamReader
  /// Whether `heldOut` are users the model was not trained on.
  let isSplit: Bool

  /// Throws `FormatError`, `ModelError` and `ToolError` when there is nothing to measure.
  init(
    model: String, input: String, sample: Int, seed: UInt64, _ known: KnownShare,
    _ context: ToolContext
  )
    throws
  {
    stored = try StoredModel(InputFile.stream(model, expecting: [.model]))
    fitted = try ModelCatalogue.restore(stored)
    latent = fitted.core as? any LatentModel
    stream = try InputFile.stream(input, expecting: [.interactions])
    data = try InteractionSet.read(stream).0
    let plan = try SplitPlan(data)
    let map = ItemMap(from: data.items.ids, to: stored.items.ids)
    try known.refuseOthers(
      data.items, data.rows().columnCounts(), users: data.userCount, than: stored.items,
      { map[$0] }, stream.name)
    context.log.warn(of: stored, model, knowing: stream)
    isSplit = plan != nil
    let whole = plan?.training() ?? data.rows()
    let looked = Self.drawnIndices(whole.rowCount, sample, seed: seed)
    let numbers = plan?.trainingUsers() ?? Array(0..<data.userCount)
    let ids = data.users.ids
    trainingIDs = looked.map { ids[numbers[$0]] }
    training = Self.known(
      looked.count < whole.rowCount ? whole.rows(at: looked) : whole, map)
    guard training.rowCount > 1 else {
      throw ToolError(.badData, "\(stream.name): fewer than two users to look at; give it more")
    }
    if let plan {
      heldOut = FoldInCases(plan, role: .test, rounds: [0], items: map)
    } else {
      let users = Self.drawnIndices(data.userCount, sample, seed: seed)
      heldOut = FoldInCases(data, users: users, items: map)
    }
    heldOutWhole = Self.known(data.rows().rows(at: heldOut.users), map)
    if heldOut.unknownInteractions > 0 {
      context.log.notice(
        "\(heldOut.unknownInteractions) interactions of test users are with items the model does not know;"
          + " they are left out")
    }
  }

  /// Some of so many indices drawn at random, in their order.
  private static func drawnIndices(_ whole: Int, _ count: Int, seed: UInt64) -> [Int] {
    guard whole > count else { return Array(0..<whole) }
    var random = RandomStream(seed: seed, stage: RandomStage.measuredUsers, index: 0)
    return random.permutation(whole).prefix(count).sorted()
  }

  /// The rows in the model's numbering, without items it does not know.
  static func known(_ rows: SparseRows, _ items: ItemMap) -> SparseRows {
    var offsets = [0]
    var columns: [UInt32] = []
    for row in 0..<rows.rowCount {
      columns += rows.row(row).compactMap { items[$0] }.sorted()
      offsets.append(columns.count)
    }
    return SparseRows(offsets: offsets, columns: columns, columnCount: items.targetCount)
  }

  /// The report for people.
  func text(_ sections: [Section]) -> String {
    let name = stored.description["model"]?.string ?? "model"
    var text = "\(name): \(fitted.itemCount) items, \(training.rowCount) training users looked at"
    text += isSplit ? ", \(heldOut.count) test users\n" : "\n"
    for section in sections {
      text += "\n\(section.title)\n" + section.lines.map { "  \($0)\n" }.joined()
    }
    return text
  }

  /// The report for programs, one JSON object.
  func json(_ sections: [Section]) -> String {
    var members: [String: JSONValue] = [
      "version": .integer(1), "model": stored.description["model"] ?? .null,
      "items": .integer(fitted.itemCount), "trainingUsers": .integer(training.rowCount),
      "testUsers": isSplit ? .integer(heldOut.count) : .null,
    ]
    for section in sections { members[section.key] = section.value }
    return JSONValue.object(members).text + "\n"
  }
}

/// One measured part in both forms.
struct Section {
  let key: String
  let title: String
  let lines: [String]
  let value: JSONValue

  init(_ part: Part, _ title: String, lines: [String], value: JSONValue) {
    key = part.rawValue
    self.title = title
    self.lines = lines
    self.value = value
  }

  /// A part that a model does not have.
  static func absent(_ part: Part, _ title: String, because reason: String) -> Section {
    Section(part, title, lines: ["none: \(reason)"], value: .null)
  }
}

/// Lines of aligned columns, the first to the left, the others to the right.
func aligned(_ lines: [[String]]) -> [String] {
  let count = lines.map(\.count).max() ?? 0
  let widths = (0..<count).map { column in
    lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
  }
  return lines.map { line in
    line.enumerated().map { column, cell in
      let blanks = String(repeating: " ", count: widths[column] - cell.count)
      return column == 0 ? cell + blanks : blanks + cell
    }.joined(separator: "  ")
  }
}
