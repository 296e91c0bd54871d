// indgrm explain: why is an item recommended to a user?

import ArgumentParser
import DenseMath
import InteractionData
import Interchange
import Models
import ToolKit

@main
struct Explain: Tool {
  static let toolName = "explain"
  static let configuration = toolConfiguration(
    "Say why items are recommended to users.",
    discussion: """
      For each user the best items, or the items named, with the parts their scores are made of: they \
      add up to the score. Without --user or --users all users are explained. A user's history is all \
      the input holds of him. Holds the interactions and the model.
      """)

  @Argument(help: "Split or interactions to read; - is standard input.")
  var input = "-"

  @Option(help: ArgumentHelp("The fitted model.", valueName: "file"))
  var model: String

  @Option(help: ArgumentHelp("Explain for this user, repeatable.", valueName: "id"))
  var user: [String] = []

  @Option(help: ArgumentHelp("Explain for the users whose ids this file lists.", valueName: "file"))
  var users: String?

  @Option(
    help: ArgumentHelp("Explain this item, repeatable; otherwise the best ones.", valueName: "id"))
  var item: [String] = []

  @Option(help: ArgumentHelp("Items to explain for each user.", valueName: "n"))
  var top = 5

  @Option(help: ArgumentHelp("Parts, own items and clusters shown in text.", valueName: "n"))
  var show = 4

  @Option(help: "Text for people or one JSON object a recommendation.")
  var format: ExplanationFormat = .text

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "File to write, complete or not at all; - is standard output.", valueName: "file"))
  var output = "-"

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (1...10_000).contains(top), (1...10_000).contains(show) else {
      throw ValidationError("--top and --show must be between 1 and 10000")
    }
  }

  func execute(_ context: ToolContext) throws {
    try BLAS.open()
    let file = try OutputFile(output, binary: false)
    let stored = try StoredModel(InputFile.stream(model, expecting: [.model], mapped: true))
    let fitted = try ModelCatalogue.restore(stored)
    let (data, _) = try InteractionSet.read(InputFile.stream(input, expecting: [.interactions]))
    let wantedItems = try item.map { id in
      guard let index = stored.items.ids.firstIndex(of: id) else {
        throw ToolError(
          .badData, "item '\(id)' is not in the model; look with 'indgrm dump \(model)'")
      }
      return UInt32(index)
    }
    let chosen = try chosenUsers(data)
    let cases = FoldInCases(
      data, users: chosen, items: ItemMap(from: data.items.ids, to: stored.items.ids))
    let printer = ExplanationPrinter(
      file, format: format, show: show, model: stored, fitted: fitted)
    let progress = Progress("explained", unit: "users", total: cases.count, context.log)
    let scores = Matrix<Float>(rows: 1, columns: fitted.itemCount)
    for index in 0..<cases.count {
      let history = Array(cases.history.row(index))
      var items = wantedItems
      if items.isEmpty {
        fitted.score(cases.history, rows: index..<index + 1, into: scores)
        items = topItems(scores, cases.history, rows: index..<index + 1, count: top)[0].map(\.index)
      }
      try printer.write(
        user: data.users.ids[cases.users[index]], history: history,
        fitted.explain(history, items: items))
      progress.update(index + 1)
    }
    progress.finish()
    try file.commit()
  }

  private func chosenUsers(_ data: InteractionSet) throws -> [Int] {
    var wanted = user
    if let users { wanted += try InputFile.lines(users) }
    guard !wanted.isEmpty else { return Array(0..<data.userCount) }
    let places = Dictionary(zip(data.users.ids, data.users.ids.indices)) { first, _ in first }
    return try wanted.map { id in
      guard let place = places[id] else {
        throw ToolError(
          .badData, "user '\(id)' is not in the input; pipe a history in to explain it")
      }
      return place
    }
  }
}

/// The formats of `--format`.
enum ExplanationFormat: String, ExpressibleByArgument, CaseIterable {
  case text
  case jsonl
}
